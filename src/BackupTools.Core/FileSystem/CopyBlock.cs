using System.Collections.Concurrent;

namespace BackupTools.Core.FileSystem;

/// <summary>A block of bytes on its way to the hash and to a file, where a direct write can take it from.</summary>
internal sealed class CopyBlock
{
    /// <summary>Bytes that it holds at most.</summary>
    public const int Size = 1024 * 1024;

    private const int MaxKept = 32;

    private static readonly ConcurrentBag<CopyBlock> s_kept = [];

    private readonly byte[] _memory = GC.AllocateUninitializedArray<byte>(Size + FileHandle.DirectAlignment, pinned: true);
    private readonly int _start;
    private int _count;
    private int _users;

    private unsafe CopyBlock()
    {
        // Pinned, so what is aligned stays so.
        fixed (byte* memory = _memory)
        {
            _start = (int)(-(nint)memory & (FileHandle.DirectAlignment - 1));
        }
    }

    /// <summary>All of its room.</summary>
    public Span<byte> Span => _memory.AsSpan(_start, Size);

    /// <summary>What was put into it.</summary>
    public ReadOnlySpan<byte> Content => _memory.AsSpan(_start, _count);

    /// <summary>Where in the file that belongs.</summary>
    public long Offset { get; private set; }

    /// <summary>A block, of which as many are kept for the next copy as a few workers use at a time.</summary>
    public static CopyBlock Rent() => s_kept.TryTake(out CopyBlock? block) ? block : new CopyBlock();

    public void Return()
    {
        if (s_kept.Count < MaxKept)
        {
            s_kept.Add(this);
        }
    }

    /// <summary>Says what it holds, and how many will release it.</summary>
    public void Begin(int count, long offset, int users)
    {
        _count = count;
        Offset = offset;
        _users = users;
    }

    /// <summary>One user is done with it.</summary>
    /// <returns>Whether that was the last one.</returns>
    public bool Release() => Interlocked.Decrement(ref _users) == 0;
}
