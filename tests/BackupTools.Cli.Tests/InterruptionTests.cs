using System.Text.Json;

namespace BackupTools.Cli.Tests;

public class InterruptionTests
{
    [SkippableTheory]
    [InlineData(BackupToolsProcess.Terminate)]
    [InlineData(BackupToolsProcess.HangUp)]
    public void A_signal_to_end_during_a_big_copy_leaves_no_trace_and_no_further_source_is_tried(int signal)
    {
        Skip.If(OperatingSystem.IsWindows(), "Windows has no such signals");
        using TemporaryDirectory directory = new();
        Samples.Snapshot(directory);
        string[] before = Entries(directory);

        // Holes take no space in the source; copying and hashing them takes seconds.
        using (FileStream big = File.Create(directory["source", "big"]))
        {
            big.SetLength(8L << 30);
        }

        using BackupToolsProcess run = BackupToolsProcess.Start(directory, "new", "source", "source", "--to", "backups", "--json");
        while (Entries(directory).Length == before.Length && !run.HasExited)
        {
            Thread.Yield();
        }

        run.Send(signal);
        JsonElement error = Assert.Single(run.Wait().Expect(130).Objects);
        Assert.Equal("Cancelled", error.Text("error_id"));
        Assert.Equal(before, Entries(directory));
    }

    private static string[] Entries(TemporaryDirectory directory) =>
        [.. Directory.EnumerateFileSystemEntries(directory["backups"]).Order(StringComparer.Ordinal)];
}
