using System.Diagnostics;
using System.Globalization;
using BackupTools.Core.Restore;

namespace BackupTools.Core.Tests.Restore;

/// <summary>A restore in a process of its own that is killed at one of its steps, as by a power cut.</summary>
internal static class DyingRestore
{
    private const int Killed = 137;

    /// <summary>Starts one and waits for its end.</summary>
    /// <returns>Whether it came as far as that step.</returns>
    public static bool Start(RestoreRequest request, int step)
    {
        using Process process = Process.Start(new ProcessStartInfo("dotnet")
        {
            ArgumentList =
            {
                "exec", typeof(DyingRestore).Assembly.Location, "restore", request.Snapshot, request.Target,
                request.Overlay ? "overlay" : "replace", step.ToString(CultureInfo.InvariantCulture),
            },
        })!;
        process.WaitForExit();
        Assert.True(process.ExitCode is 0 or Killed, $"exit code {process.ExitCode}");
        return process.ExitCode == Killed;
    }

    /// <summary>What that process does.</summary>
    public static int Run(string[] arguments)
    {
        RestoreRequest request = new() { Snapshot = arguments[0], Target = arguments[1], Overlay = arguments[2] == "overlay" };
        int left = int.Parse(arguments[3], CultureInfo.InvariantCulture);
        RecordingObserver observer = new();
        RestorePlan plan = SnapshotRestorer.Plan(request, observer, CancellationToken.None);
        void Reached(string step)
        {
            if (left-- == 0)
            {
                Process.GetCurrentProcess().Kill();
                Thread.Sleep(Timeout.Infinite);
            }
        }

        SnapshotRestorer.Run(plan, observer, Reached, CancellationToken.None);
        return 0;
    }
}
