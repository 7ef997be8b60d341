using System.Runtime.InteropServices;

namespace BackupTools.Reliability.Faults.Injection;

/// <summary>A system call that waits for an answer.</summary>
/// <param name="Id">What the answer is matched by.</param>
/// <param name="Thread">The thread that makes it.</param>
/// <param name="Number">Which call.</param>
/// <param name="Arguments">Its six arguments.</param>
internal sealed record CallNotice(ulong Id, int Thread, int Number, IReadOnlyList<long> Arguments);

/// <summary>A call that shall wait for an answer.</summary>
/// <param name="Number">Which call.</param>
/// <param name="FlagsArgument">Where it shall only with a flag that makes a file or empties it: the argument that has its flags.</param>
internal readonly record struct WatchedCall(int Number, int? FlagsArgument = null);

/// <summary>What becomes of a call.</summary>
/// <param name="IsPassed">Whether the system carries it out.</param>
/// <param name="Value">What it returns otherwise; a negative one is an error number.</param>
internal readonly record struct Answer(bool IsPassed, long Value)
{
    public static Answer Go { get; } = new(true, 0);

    /// <summary>None: the process is no more.</summary>
    public static Answer Gone { get; } = new(false, long.MinValue);

    public static Answer Fail(int error) => new(false, -error);

    public static Answer Return(long value) => new(false, value);
}

/// <summary>
/// The kernel's side of watching: https://man7.org/linux/man-pages/man2/seccomp_unotify.2.html, with the structures and
/// numbers of linux/seccomp.h and linux/filter.h.
/// </summary>
internal sealed unsafe class SeccompFilter : IDisposable
{
    private const int SetNoNewPrivileges = 38;
    private const int Seccomp = 317;
    private const int SetFilter = 1;
    private const int NewListener = 1 << 3;
    private const int WaitKillable = 1 << 5;
    private const uint Allow = 0x7fff0000;
    private const uint Notify = 0x7fc00000;
    private const uint ArchitectureX64 = 0xc000003e;
    private const nuint Receive = 0xc0502100;
    private const nuint Send = 0xc0182101;
    private const uint Continue = 1;

    private readonly nint _instructions;
    private readonly ushort _length;

    /// <summary>Writes a filter.</summary>
    /// <param name="calls">The calls that shall wait for an answer: each that does takes two switches of process.</param>
    public SeccompFilter(IEnumerable<WatchedCall> calls)
    {
        const ushort loadWord = 0x20;
        const ushort jumpIfEqual = 0x15;
        const ushort jumpIfSet = 0x45;
        const ushort leave = 0x06;
        const int arguments = 16;
        WatchedCall[] watched = [.. calls.OrderBy(static call => call.FlagsArgument is null)];
        int conditional = watched.Count(static call => call.FlagsArgument is not null);
        List<Instruction> program =
        [
            new(loadWord, 0, 0, 4),
            new(jumpIfEqual, 1, 0, ArchitectureX64),
            new(leave, 0, 0, Allow),
            new(loadWord, 0, 0, 0),
        ];

        // Jumps go forward only: all calls, leave, three instructions for each that depends on its flags, and the answer.
        int end = watched.Length + (3 * conditional) + 1;
        for (int i = 0; i < watched.Length; i++)
        {
            int aim = i < conditional ? watched.Length + 1 + (3 * i) : end;
            program.Add(new Instruction(jumpIfEqual, (byte)(aim - i - 1), 0, (uint)watched[i].Number));
        }

        program.Add(new Instruction(leave, 0, 0, Allow));
        for (int i = 0; i < conditional; i++)
        {
            program.Add(new Instruction(loadWord, 0, 0, (uint)(arguments + (sizeof(long) * watched[i].FlagsArgument!.Value))));
            program.Add(new Instruction(jumpIfSet, (byte)(3 * (conditional - i - 1) + 1), 0, SystemCall.MakingFlags));
            program.Add(new Instruction(leave, 0, 0, Allow));
        }

        program.Add(new Instruction(leave, 0, 0, Notify));
        _length = (ushort)program.Count;
        _instructions = Marshal.AllocHGlobal(_length * sizeof(Instruction));
        CollectionsMarshal.AsSpan(program).CopyTo(new Span<Instruction>((void*)_instructions, _length));
    }

    /// <summary>Why it could not be installed.</summary>
    public int Error { get; private set; }

    /// <summary>Installs it on the calling thread, whose children inherit it.</summary>
    /// <returns>The listener's descriptor, negative where that failed.</returns>
    public int Install()
    {
        Program filter = new() { Length = _length, Instructions = (Instruction*)_instructions };

        // Without the second flag, of Linux 5.19, a signal can interrupt a call that is being answered.
        int listener = Native.ProcessControl(SetNoNewPrivileges, 1, 0, 0, 0) != 0
            ? -1
            : (int)Native.Call(Seccomp, SetFilter, NewListener | WaitKillable, (nint)(&filter));
        Error = listener < 0 ? Marshal.GetLastPInvokeError() : 0;
        return listener;
    }

    public void Dispose() => Marshal.FreeHGlobal(_instructions);

    /// <summary>Waits for the next call.</summary>
    /// <returns><see langword="false"/> when there can be no more.</returns>
    public static bool WaitForCall(int listener)
    {
        const short readable = 1;
        Native.PollEntry entry = new() { Descriptor = listener, Wanted = readable };
        while (Native.Poll(&entry, 1, -1) < 0)
        {
        }

        return (entry.Happened & readable) != 0;
    }

    /// <summary>Takes the next call, if it still waits.</summary>
    public static bool TryReceive(int listener, out CallNotice notice)
    {
        Notification raw = default;
        if (Native.Control(listener, Receive, &raw) != 0)
        {
            notice = null!;
            return false;
        }

        notice = new CallNotice(
            raw.Id, raw.Thread, raw.Number, [raw.Argument0, raw.Argument1, raw.Argument2, raw.Argument3, raw.Argument4, raw.Argument5]);
        return true;
    }

    public static void Reply(int listener, CallNotice notice, Answer answer)
    {
        if (answer == Answer.Gone)
        {
            return;
        }

        Response response = new()
        {
            Id = notice.Id,
            Value = answer.IsPassed || answer.Value < 0 ? 0 : answer.Value,
            Error = answer.IsPassed || answer.Value >= 0 ? 0 : (int)answer.Value,
            Flags = answer.IsPassed ? Continue : 0,
        };

        // It fails where the process has been ended meanwhile.
        _ = Native.Control(listener, Send, &response);
    }

    /// <summary><c>struct sock_filter</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private readonly record struct Instruction(ushort Code, byte IfTrue, byte IfFalse, uint Value);

    /// <summary><c>struct sock_fprog</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Program
    {
        public ushort Length;
        public Instruction* Instructions;
    }

    /// <summary><c>struct seccomp_notif</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Notification
    {
        public ulong Id;
        public int Thread;
        public uint Flags;
        public int Number;
        public uint Architecture;
        public ulong Instruction;
        public long Argument0;
        public long Argument1;
        public long Argument2;
        public long Argument3;
        public long Argument4;
        public long Argument5;
    }

    /// <summary><c>struct seccomp_notif_resp</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Response
    {
        public ulong Id;
        public long Value;
        public int Error;
        public uint Flags;
    }
}
