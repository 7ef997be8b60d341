using System.Globalization;

namespace BackupTools.Reliability.Hostile;

/// <summary>
/// Swaps files, directories and databases for links to what is none of the source's, and links in a target, thousands of
/// times while a run is at it: what stands outside is in no snapshot, a restore changes nothing there, and what it replaced is
/// kept.
/// </summary>
internal sealed class RaceAttack : IAttack
{
    private const double Share = 1.0 / 4;
    private const int Pairs = 24;

    private long _swaps;
    private long _noticed;
    private long _settled;

    public string Name => "races";

    public IReadOnlyList<int> Invariants => [3, 7, 9];

    public void Run(AttackRun run)
    {
        if (Arena.Obstacle is { } obstacle)
        {
            run.Skip("races", obstacle);
            return;
        }

        CaseSeries.Play(run, "a file swapped for a link", (1, 8), Share, _ => TakeWhileSwapped(static (path, _) => File.WriteAllText(path, "inside"), "canary"));
        CaseSeries.Play(run, "a directory swapped for a link", (1, 8), Share, _ => TakeWhileSwapped(
            static (path, i) =>
            {
                Directory.CreateDirectory(path);
                File.WriteAllText(Path.Join(path, i % 2 == 0 ? "canary" : "inside"), "inside");
            },
            string.Empty));
        CaseSeries.Play(run, "a database swapped for a link", (1, 8), Share, _ => TakeWhileSwapped(
            static (path, i) => TestDatabase.Execute(path, $"PRAGMA journal_mode={(i % 2 == 0 ? "wal" : "delete")}", "CREATE TABLE t(x)", "INSERT INTO t VALUES('inside')"),
            "app.db"));
        CaseSeries.Play(run, "a target's directory swapped for a link", (1, 8), Share, _ => RestoreWhileSwapped());
        run.Tell("races", string.Create(CultureInfo.InvariantCulture, $"{_swaps} swaps, noticed by {_noticed} of the runs; {_settled} restores settled by the next"));
    }

    private void TakeWhileSwapped(Action<string, int> make, string outside)
    {
        using Arena arena = new();
        Directory.CreateDirectory(arena["source"]);
        List<(string One, string Other)> pairs = [];
        for (int i = 0; i < Pairs; i++)
        {
            string name = string.Create(CultureInfo.InvariantCulture, $"e{i}");
            make(arena["source", name], i);
            File.CreateSymbolicLink(arena["source", name + "x"], outside.Length == 0 ? arena["outside"] : arena["outside", outside]);
            pairs.Add((name, name + "x"));
        }

        int exitCode;
        using (Swapper swapper = new(arena["source"], pairs))
        {
            exitCode = arena.Run("new", "source", "--to", "store").ExitCode;
            Count(swapper, exitCode);
        }

        arena.AssertNothingElse("store", "source");
        if (exitCode != 1)
        {
            arena.Run("verify", "store", "--level", "rehearse").Expect(exitCode == 4 ? 4 : 0);
        }
    }

    private void RestoreWhileSwapped()
    {
        using Arena arena = new();
        List<(string One, string Other)> pairs = [];
        for (int i = 0; i < Pairs; i++)
        {
            string name = string.Create(CultureInfo.InvariantCulture, $"e{i}");
            Directory.CreateDirectory(arena["source", name, "sub"]);
            File.WriteAllText(arena["source", name, "canary"], "inside");
            File.WriteAllText(arena["source", name, "sub", "canary"], "inside");
            Directory.CreateDirectory(arena["target", name, "sub"]);
            File.WriteAllText(arena["target", name, "canary"], Old(i));
            File.CreateSymbolicLink(arena["target", name + "x"], arena["outside"]);
            pairs.Add((name, name + "x"));
        }

        arena.Run("new", "source", "--to", "store").Expect(0);
        int exitCode;
        using (Swapper swapper = new(arena["target"], pairs))
        {
            exitCode = arena.Run("restore", "store", "--to", "target", "--overlay").ExitCode;
            Count(swapper, exitCode);
        }

        if (Directory.EnumerateFileSystemEntries(arena.Path, ".target.*").Any())
        {
            // It could neither go on nor back while names changed. The next run can, with names as they happen to be now.
            Assert.Equal(1, exitCode);
            _settled++;
            CommandResult next = arena.Run("restore", "store", "--to", "target", "--overlay").Expect(0);
            Assert.True(!Directory.EnumerateFileSystemEntries(arena.Path, ".target.*").Any(), $"something was left: {next}");
        }

        arena.AssertNothingElse("store", "source", "target");
        AssertAllIsKept(arena);
    }

    private static string Old(int number) => string.Create(CultureInfo.InvariantCulture, $"old {number}.");

    // In the target, whatever its directories are called by now, or in a safety copy.
    private static void AssertAllIsKept(Arena arena)
    {
        string[] places = [.. Directory.GetDirectories(arena.Path, "target*")];
        HashSet<string> found = [.. Tool.Run("grep", ["-r", "-h", "-o", "old [0-9]*[.]", .. places], mayFail: true).Split('\n')];
        string[] lost = [.. Enumerable.Range(0, Pairs).Select(Old).Where(old => !found.Contains(old))];
        Assert.True(lost.Length == 0, "lost: " + string.Join(", ", lost));
    }

    private void Count(Swapper swapper, int exitCode)
    {
        Assert.True(swapper.Swaps > 0, "nothing was swapped");
        Interlocked.Add(ref _swaps, swapper.Swaps);
        if (exitCode != 0)
        {
            Interlocked.Increment(ref _noticed);
        }
    }
}
