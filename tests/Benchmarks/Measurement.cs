using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace BackupTools.Benchmarks;

/// <summary>One measured run of a command, or of several one after the other.</summary>
/// <param name="Seconds">Wall time from the first start to the last exit.</param>
/// <param name="PeakKilobytes">The largest resident set of any process among them.</param>
/// <param name="PeakIsBound">Whether the peak is only known to be no larger than that.</param>
internal sealed record Measurement(double Seconds, long PeakKilobytes, bool PeakIsBound);

/// <summary>
/// The system tells the largest resident set of all children that a process ever had. So each measured command runs
/// below a process of its own: this program, started again with <see cref="Switch"/>.
/// </summary>
internal static partial class MeasuringChild
{
    public const string Switch = "--measure";

    /// <summary>Parts commands that run one after the other.</summary>
    public const string Then = ";;";

    private const int RusageChildren = -1;

    /// <summary>Runs the commands and writes what they took into a file.</summary>
    /// <param name="arguments">The file, then the commands.</param>
    /// <returns>The exit code of the command that failed, or 0.</returns>
    public static int Run(ReadOnlySpan<string> arguments)
    {
        string result = arguments[0];
        List<ProcessStartInfo> commands = [];
        foreach (Range range in arguments[1..].Split(Then))
        {
            ReadOnlySpan<string> command = arguments[1..][range];
            commands.Add(new ProcessStartInfo(command[0], command[1..].ToArray()));
        }

        long start = Stopwatch.GetTimestamp();
        foreach (ProcessStartInfo command in commands)
        {
            using Process process = Process.Start(command)!;
            process.WaitForExit();
            if (process.ExitCode != 0)
            {
                return process.ExitCode;
            }
        }

        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        long own = OwnPeakKilobytes();
        long peak = PeakOfChildrenKilobytes();
        File.WriteAllText(result, string.Create(CultureInfo.InvariantCulture, $"{seconds:R} {peak} {own}"));
        return 0;
    }

    public static Measurement Read(string result)
    {
        string[] fields = File.ReadAllText(result).Split(' ');
        long peak = long.Parse(fields[1], CultureInfo.InvariantCulture);

        // A child begins as a copy of its parent, which counts: what is smaller than the parent cannot be told.
        bool isBound = peak <= long.Parse(fields[2], CultureInfo.InvariantCulture);
        return new Measurement(double.Parse(fields[0], CultureInfo.InvariantCulture), peak, isBound);
    }

    private static long OwnPeakKilobytes()
    {
        const string Label = "VmHWM:";
        string line = File.ReadLines("/proc/self/status").First(l => l.StartsWith(Label, StringComparison.Ordinal));
        return long.Parse(line.AsSpan(Label.Length).TrimEnd("kB").Trim(), CultureInfo.InvariantCulture);
    }

    private static unsafe long PeakOfChildrenKilobytes()
    {
        // struct rusage: two timevals of two longs each, then ru_maxrss (getrusage(2)); longer than it needs to be.
        long* usage = stackalloc long[32];
        if (GetResourceUsage(RusageChildren, usage) != 0)
        {
            throw new InvalidOperationException($"getrusage failed with {Marshal.GetLastPInvokeError()}.");
        }

        return usage[4];
    }

    [LibraryImport("libc", EntryPoint = "getrusage", SetLastError = true)]
    private static unsafe partial int GetResourceUsage(int who, long* usage);
}
