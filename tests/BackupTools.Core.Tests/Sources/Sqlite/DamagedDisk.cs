using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using BackupTools.Core.FileSystem;
using BackupTools.Core.Snapshots;
using BackupTools.Core.Sources.Sqlite;

namespace BackupTools.Core.Tests.Sources.Sqlite;

/// <summary>One reading call, by what it asks for.</summary>
internal readonly record struct DiskRead(long Offset, int Count);

/// <summary>
/// A disk of which one place after the other cannot be read: the kernel answers a read of just that many bytes at just
/// that offset with EIO, by a seccomp filter on the thread that reads. Filters are inherited by the threads that a thread
/// makes and never go away, so all of it runs in a process of its own.
/// </summary>
internal static unsafe partial class DamagedDisk
{
    public const string Command = "damaged";

    private const string Refused = "refused ";
    private const int NoFilter = 3;

    /// <summary>Captures a database as often as there are reads, each of them failing in turn.</summary>
    /// <returns>For each what came of it: <c>refused</c> and the file that could not be read, or how it was captured.</returns>
    public static IReadOnlyList<string> Capture(string database, IEnumerable<DiskRead> reads) => Start("capture", database, reads);

    /// <summary>Checks a copy and counts its rows in the same way.</summary>
    /// <returns>For each <c>refused</c> and the file that could not be read, or the result of the check.</returns>
    public static IReadOnlyList<string> Check(string database, IEnumerable<DiskRead> reads) => Start("check", database, reads);

    /// <summary>What is told of a file that could not be read.</summary>
    public static string RefusalOf(string path) => Refused + path;

    /// <summary>What the process of its own does.</summary>
    public static int Run(string[] arguments)
    {
        Func<string, string> action = arguments[0] == "capture" ? Capture : Check;
        foreach (string read in arguments[2..])
        {
            string[] numbers = read.Split('+');
            long offset = long.Parse(numbers[0], CultureInfo.InvariantCulture);
            uint count = uint.Parse(numbers[1], CultureInfo.InvariantCulture);
            string? outcome = null;
            Thread thread = new(() => outcome = Install(offset, count) ? Try(() => action(arguments[1])) : null);
            thread.Start();
            thread.Join();
            if (outcome is null)
            {
                return NoFilter;
            }

            Console.Out.WriteLine(outcome);
        }

        return 0;
    }

    private static string[] Start(string action, string database, IEnumerable<DiskRead> reads)
    {
        Skip.IfNot(
            OperatingSystem.IsLinux() && RuntimeInformation.ProcessArchitecture == Architecture.X64, "Needs Linux on x86-64, to let reads fail.");
        ProcessStartInfo start = new("dotnet") { RedirectStandardOutput = true };
        foreach (string argument in (string[])["exec", typeof(DamagedDisk).Assembly.Location, Command, action, database])
        {
            start.ArgumentList.Add(argument);
        }

        int count = 0;
        foreach (DiskRead read in reads)
        {
            start.ArgumentList.Add(string.Create(CultureInfo.InvariantCulture, $"{read.Offset}+{read.Count}"));
            count++;
        }

        using Process process = Process.Start(start)!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Skip.If(process.ExitCode == NoFilter, "Needs a kernel that takes seccomp filters.");
        Assert.Equal(0, process.ExitCode);
        string[] lines = output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(count, lines.Length);
        return lines;
    }

    private static string Try(Func<string> action)
    {
        try
        {
            return action().ReplaceLineEndings(" ");
        }
        catch (Exception e) when ((e as FileSystemException ?? e.InnerException as FileSystemException) is { Code: 5 } refusal)
        {
            return Refused + refusal.Path;
        }
        catch (Exception e)
        {
            return e.ToString().ReplaceLineEndings(" ");
        }
    }

    private static string Capture(string database)
    {
        using TemporaryDirectory scratch = new();
        File.WriteAllBytes(scratch["copy.db"], []);
        using DirectoryHandle directory = DirectoryHandle.Open(Path.GetDirectoryName(database)!);
        DatabaseLocation location = new(directory, EntryName.FromText(Path.GetFileName(database)), Encoding.UTF8.GetBytes(database));
        return DatabaseCapture.Run(
            location, scratch["copy.db"], CaptureMethod.Exact, new ProgressTracker(new RecordingObserver()), CancellationToken.None).Method.ToString();
    }

    private static string Check(string database)
    {
        SnapshotCheck check = DatabaseInspector.Check(database, CheckLevel.Full, CancellationToken.None);
        return DatabaseInspector.Count(database, CancellationToken.None).Uncounted is [var uncounted, ..]
            ? uncounted.Reason
            : $"{check.Result} {check.Detail}".Trim();
    }

    // linux/seccomp.h and linux/filter.h: load a word of the call's description, leave where it is another, answer.
    private static bool Install(long offset, uint count)
    {
        const int setNoNewPrivileges = 38;
        const int setSeccomp = 22;
        const int filterMode = 2;
        const uint load = 0x20;
        const uint jumpIfEqual = 0x15;
        const uint leave = 0x06;
        const uint allow = 0x7fff0000;
        const uint inputOutputError = 0x00050000 | 5;
        const uint architectureX64 = 0xc000003e;
        const uint readAt = 17;
        (uint Place, uint Value)[] conditions =
        [
            (4, architectureX64),
            (0, readAt),
            (16 + (2 * sizeof(long)), count),
            (16 + (3 * sizeof(long)), (uint)offset),
            (16 + (3 * sizeof(long)) + 4, (uint)(offset >> 32)),
        ];
        List<ulong> program = [];
        for (int i = 0; i < conditions.Length; i++)
        {
            program.Add(Instruction(load, 0, conditions[i].Place));
            program.Add(Instruction(jumpIfEqual, (byte)((2 * (conditions.Length - i - 1)) + 1), conditions[i].Value));
        }

        program.Add(Instruction(leave, 0, inputOutputError));
        program.Add(Instruction(leave, 0, allow));
        fixed (ulong* instructions = program.ToArray())
        {
            nint* header = stackalloc nint[] { program.Count, (nint)instructions };
            return Control(setNoNewPrivileges, 1, 0, 0, 0) == 0 && Control(setSeccomp, filterMode, (nint)header, 0, 0) == 0;
        }
    }

    private static ulong Instruction(uint code, byte elseSkip, uint value) => code | ((ulong)elseSkip << 24) | ((ulong)value << 32);

    [LibraryImport("libc", EntryPoint = "prctl", SetLastError = true)]
    private static partial int Control(int option, nint a, nint b, nint c, nint d);
}
