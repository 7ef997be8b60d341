using System.Collections.Concurrent;

namespace BackupTools.Reliability.Faults.Injection;

/// <summary>A run of backuptools with a fault at one of its file calls.</summary>
/// <param name="Result">What it said and how it ended.</param>
/// <param name="Calls">The calls below the root that the fault could have struck, in the order in which they were made.</param>
/// <param name="Struck">The call that it struck first; <see langword="null"/> where the run made fewer.</param>
internal sealed record FaultRun(CommandResult Result, IReadOnlyList<FileCall> Calls, FileCall? Struck)
{
    // Far beyond what any of these runs takes: longer is a hang.
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(10);

    /// <summary>Runs it.</summary>
    /// <param name="root">Only calls on what lies below are counted and struck; it is the working directory, too.</param>
    /// <param name="fault">The fault.</param>
    /// <param name="arguments">The arguments of backuptools.</param>
    /// <param name="output">A file for what it says; <c>.err</c> beside it for its errors.</param>
    public static FaultRun Run(string root, Fault fault, IReadOnlyList<string> arguments, string output)
    {
        FaultStriker striker = new(root, fault);
        using WatchedProcess process = WatchedProcess.Start(
            Command.BackupTools, [Command.BackupTools, .. arguments], root, output, fault.Watched(), striker.Decide);
        int? exitCode = process.Wait(s_patience);
        CommandResult result = new(
            string.Join(' ', arguments), exitCode ?? -1, File.ReadAllText(output), File.ReadAllText(output + ".err"));
        Assert.True(exitCode is not null, $"it did not end within {s_patience}: {result}");
        return new FaultRun(result, [.. striker.Calls], striker.Struck);
    }
}

/// <summary>Counts the calls of a process and strikes the one that the fault names.</summary>
internal sealed class FaultStriker(string root, Fault fault)
{
    private const int PidfdGetDescriptor = 438;
    private const string Pwrite = "pwrite64";

    private bool _isGone;

    public ConcurrentQueue<FileCall> Calls { get; } = new();

    public FileCall? Struck { get; private set; }

    /// <summary>What becomes of a call; called by the listener's thread alone.</summary>
    public Answer Decide(WatchedProcess process, CallNotice notice)
    {
        if (_isGone)
        {
            return Answer.Gone;
        }

        if (FileCall.Read(notice) is not { } call || !IsBelowRoot(call) || !fault.Strikes(call.Traits))
        {
            return Answer.Go;
        }

        Calls.Enqueue(call);
        bool isDue = Calls.Count == fault.At || (fault.Kind == FaultKind.FailOnwards && Calls.Count > fault.At);
        if (!isDue || fault.Kind == FaultKind.None)
        {
            return Answer.Go;
        }

        Struck ??= call;
        switch (fault.Kind)
        {
            case FaultKind.Kill:
                return Kill(process);
            case FaultKind.Tear:
                WriteHalf(process, notice);
                return Kill(process);
            case FaultKind.Shorten:
                return WriteHalf(process, notice) is { } half ? Answer.Return(half) : Answer.Go;
            default:
                return Answer.Fail((int)fault.Error);
        }
    }

    private bool IsBelowRoot(FileCall call) => IsBelowRoot(call.Path) || (call.Other is { } other && IsBelowRoot(other));

    private bool IsBelowRoot(string path) => path == root || path.StartsWith(root + "/", StringComparison.Ordinal);

    // The call is never answered, so it is not carried out before the process is gone.
    private Answer Kill(WatchedProcess process)
    {
        _isGone = true;
        process.Kill();
        return Answer.Gone;
    }

    private static unsafe long? WriteHalf(WatchedProcess process, CallNotice notice)
    {
        int half = (int)(notice.Arguments[2] / 2);
        if (half == 0 || ProcessMemory.Read(notice.Thread, (nint)notice.Arguments[1], half) is not { } bytes)
        {
            return null;
        }

        int descriptor = (int)Native.Call(PidfdGetDescriptor, process.Descriptor, (nint)notice.Arguments[0], 0);
        Assert.True(descriptor >= 0, "the descriptor could not be had");
        fixed (byte* pointer = bytes)
        {
            nint written = SystemCalls.Watched[notice.Number].Name == Pwrite
                ? Native.WriteAt(descriptor, pointer, bytes.Length, notice.Arguments[3])
                : Native.Write(descriptor, pointer, bytes.Length);
            _ = Native.Close(descriptor);
            Assert.Equal(bytes.Length, written);
        }

        return half;
    }
}
