using System.Runtime.InteropServices;

namespace BackupTools.Reliability.Faults.Injection;

/// <summary>
/// A process whose file calls stop at a seccomp filter until a listener answers them: counted over all its threads,
/// whatever library makes them. The filter is installed on a thread of its own, which does nothing but start the
/// process: between the two there is nothing that could wait for a call of its own to be answered.
/// </summary>
internal sealed unsafe class WatchedProcess : IDisposable
{
    private const int PidfdOpen = 434;
    private const int GetThread = 186;
    private const int NoListener = -2;

    private readonly Thread _listenerThread;
    private int _listener = -1;
    private int _starter;
    private int _id;
    private int _processDescriptor = -1;

    private WatchedProcess(Func<WatchedProcess, CallNotice, Answer> answer) =>
        _listenerThread = new Thread(() => Listen(answer)) { IsBackground = true };

    public int Id => _id;

    /// <summary>A descriptor of the process itself.</summary>
    public int Descriptor => _processDescriptor;

    /// <summary>Why no process can be watched here; <see langword="null"/> where one can.</summary>
    public static string? Obstacle { get; } = FindObstacle();

    /// <summary>Starts a program.</summary>
    /// <param name="program">Full path.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="directory">Where it runs.</param>
    /// <param name="output">A file for standard output; standard error goes beside it, with <c>.err</c>.</param>
    /// <param name="calls">The calls that are watched.</param>
    /// <param name="answer">Decides on each of them, on another thread.</param>
    public static WatchedProcess Start(
        string program,
        IReadOnlyList<string> arguments,
        string directory,
        string output,
        IEnumerable<WatchedCall> calls,
        Func<WatchedProcess, CallNotice, Answer> answer)
    {
        WatchedProcess watched = new(answer);
        using SpawnOrder order = new(program, arguments, directory, output);
        using SeccompFilter filter = new(calls);
        int spawned = 0;
        Thread starter = new(() =>
        {
            watched._starter = (int)Native.Call(GetThread, 0, 0, 0);
            int listener = filter.Install();
            Volatile.Write(ref watched._listener, listener >= 0 ? listener : NoListener);
            if (listener >= 0)
            {
                spawned = order.Start(out watched._id);
            }
        });
        watched._listenerThread.Start();
        starter.Start();
        starter.Join();
        if (watched._listener < 0 || spawned != 0)
        {
            throw new InvalidOperationException(
                $"{program} could not be started and watched: {Marshal.GetPInvokeErrorMessage(spawned != 0 ? spawned : filter.Error)}");
        }

        watched._processDescriptor = (int)Native.Call(PidfdOpen, watched._id, 0, 0);
        Assert.True(watched._processDescriptor >= 0, "no descriptor of the process");
        return watched;
    }

    /// <summary>Waits for its end.</summary>
    /// <returns>The exit code as a shell tells it, or <see langword="null"/> where it took too long and was ended.</returns>
    public int? Wait(TimeSpan patience)
    {
        Native.PollEntry entry = new() { Descriptor = _processDescriptor, Wanted = 1 };
        int ended;
        long start = Environment.TickCount64;
        do
        {
            // A signal to this process, such as for the end of any child, cuts waiting short.
            ended = Native.Poll(&entry, 1, (int)Math.Max(0, patience.TotalMilliseconds - (Environment.TickCount64 - start)));
        }
        while (ended < 0);
        if (ended == 0)
        {
            Kill();
        }

        int status;
        Assert.Equal(_id, Native.Wait(_id, &status, 0));
        int signal = status & 0x7f;
        return ended == 0 ? null : signal == 0 ? (status >> 8) & 0xff : 128 + signal;
    }

    /// <summary>Ends it at once.</summary>
    public void Kill()
    {
        // It may be at work before its starter has been told its number.
        SpinWait.SpinUntil(() => Volatile.Read(ref _id) > 0);
        _ = Native.Kill(_id, Native.Killed);
    }

    public void Dispose() => _ = Native.Close(_processDescriptor);

    private static string? FindObstacle()
    {
        if (!OperatingSystem.IsLinux() || RuntimeInformation.OSArchitecture != Architecture.X64)
        {
            return "Processes are watched on Linux on x86-64 only.";
        }

        try
        {
            using TemporaryDirectory directory = new();
            using WatchedProcess process = Start("/bin/sh", ["sh", "-c", ":"], directory.Path, directory["out"], Fault.None.Watched(), static (_, _) => Answer.Go);
            return process.Wait(TimeSpan.FromSeconds(30)) == 0 ? null : "A watched process does not run here.";
        }
        catch (InvalidOperationException e)
        {
            return "Processes cannot be watched here: " + e.Message;
        }
    }

    private void Listen(Func<WatchedProcess, CallNotice, Answer> answer)
    {
        SpinWait spin = default;
        int listener;
        while ((listener = Volatile.Read(ref _listener)) == -1)
        {
            spin.SpinOnce();
        }

        if (listener == NoListener)
        {
            return;
        }

        // Ends when the last thread that the filter holds has ended.
        while (SeccompFilter.WaitForCall(listener))
        {
            if (SeccompFilter.TryReceive(listener, out CallNotice notice))
            {
                SeccompFilter.Reply(listener, notice, notice.Thread == _starter ? Answer.Go : answer(this, notice));
            }
        }

        _ = Native.Close(listener);
    }
}
