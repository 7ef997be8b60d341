using System.Globalization;
using System.Text;

namespace BackupTools.Reliability.Faults.Injection;

/// <summary>A file call as it was made: which one, on what, and what it means with its arguments.</summary>
/// <param name="Call">Which call.</param>
/// <param name="Traits">What it does.</param>
/// <param name="Path">Full path of what it is about.</param>
/// <param name="Other">Full path of the second thing, such as a rename's new name.</param>
internal sealed record FileCall(SystemCall Call, CallTraits Traits, string Path, string? Other)
{
    private const int CurrentDirectory = -100;

    /// <summary>Makes a call's arguments readable while the process waits in it.</summary>
    public static FileCall? Read(CallNotice notice)
    {
        SystemCall call = SystemCalls.Watched[notice.Number];
        IReadOnlyList<long> a = notice.Arguments;
        (string? path, string? other) = call.Shape switch
        {
            CallShape.Descriptor => (OfDescriptor(notice, a[0]), null),
            CallShape.Path => (OfPath(notice, CurrentDirectory, a[0]), null),
            CallShape.At => (OfPath(notice, a[0], a[1]), null),
            CallShape.TwoPaths => (OfPath(notice, CurrentDirectory, a[0]), OfPath(notice, CurrentDirectory, a[1])),
            CallShape.TwoAt => (OfPath(notice, a[0], a[1]), OfPath(notice, a[2], a[3])),
            CallShape.TextAt => (OfPath(notice, a[1], a[2]), null),
            CallShape.TextPath => (OfPath(notice, CurrentDirectory, a[1]), null),
            CallShape.FromTo => (OfDescriptor(notice, a[2]), null),
            _ => (OfDescriptor(notice, a[0]), null),
        };
        return path is null ? null : new FileCall(call, TraitsOf(call, a), path, other);
    }

    /// <summary>The call with paths below a root.</summary>
    public string Describe(string root)
    {
        string text = $"{Call.Name}({Shorten(Path, root)}";
        return Other is null ? text + ")" : $"{text}, {Shorten(Other, root)})";
    }

    private static CallTraits TraitsOf(SystemCall call, IReadOnlyList<long> arguments)
    {
        const long clone = 0x40049409;
        const long cloneRange = 0x4020940d;
        if (call.Name == "ioctl")
        {
            return arguments[1] is clone or cloneRange ? CallTraits.Changes | CallTraits.Allocates : CallTraits.None;
        }

        if (!call.Traits.HasFlag(CallTraits.Opens) || call.Name == "creat")
        {
            return call.Traits;
        }

        return call.FlagsArgument is { } flags && (arguments[flags] & SystemCall.MakingFlags) != 0
            ? SystemCall.OpensAndMakes
            : SystemCall.OpensAlone;
    }

    private static string Shorten(string path, string root) =>
        path.StartsWith(root + "/", StringComparison.Ordinal) ? path[(root.Length + 1)..] : path;

    private static string? OfDescriptor(CallNotice notice, long descriptor) =>
        LinkTarget(string.Create(CultureInfo.InvariantCulture, $"/proc/{notice.Thread}/fd/{(int)descriptor}"));

    private static string? OfPath(CallNotice notice, long directory, long address)
    {
        // utimensat and its like may be given no path: then the descriptor itself is meant.
        string? path = address == 0 ? string.Empty : ProcessMemory.ReadText(notice.Thread, (nint)address);
        if (path is null || path.StartsWith('/'))
        {
            return path is null ? null : System.IO.Path.GetFullPath(path);
        }

        string? below = (int)directory == CurrentDirectory
            ? LinkTarget(string.Create(CultureInfo.InvariantCulture, $"/proc/{notice.Thread}/cwd"))
            : OfDescriptor(notice, directory);
        return below is null ? null : path.Length == 0 ? below : System.IO.Path.GetFullPath(path, below);
    }

    private static unsafe string? LinkTarget(string link)
    {
        const int longest = 4096;
        byte* target = stackalloc byte[longest];
        int length = (int)Native.ReadLink(link, target, longest);
        return length > 0 && target[0] == '/' ? Encoding.UTF8.GetString(target, length) : null;
    }
}

/// <summary>The memory of a process that waits in a call.</summary>
internal static unsafe class ProcessMemory
{
    /// <summary>Reads what is there.</summary>
    public static byte[]? Read(int process, nint address, int length)
    {
        byte[] buffer = new byte[length];
        fixed (byte* pointer = buffer)
        {
            Native.Piece local = new() { Address = (nint)pointer, Length = (nuint)length };
            Native.Piece remote = new() { Address = address, Length = (nuint)length };
            nint count = Native.ReadMemory(process, &local, 1, &remote, 1, 0);
            return count < 0 ? null : buffer[..(int)count];
        }
    }

    /// <summary>Reads a text that ends with a zero.</summary>
    public static string? ReadText(int process, nint address)
    {
        const int page = 4096;
        List<byte> text = [];
        while (true)
        {
            // Never over the end of a page: the next one need not be there.
            int length = page - (int)(address % page);
            byte[]? piece = Read(process, address, length);
            if (piece is null || piece.Length == 0)
            {
                return null;
            }

            int end = Array.IndexOf(piece, (byte)0);
            text.AddRange(end < 0 ? piece : piece[..end]);
            if (end >= 0)
            {
                return Encoding.UTF8.GetString([.. text]);
            }

            address += piece.Length;
        }
    }
}
