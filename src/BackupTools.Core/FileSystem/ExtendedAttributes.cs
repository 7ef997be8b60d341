using System.Runtime.InteropServices;
using System.Text;

namespace BackupTools.Core.FileSystem;

/// <summary>Extended attributes on Linux, POSIX ACLs among them (<c>system.posix_acl_access</c> and its like).</summary>
internal static unsafe class ExtendedAttributes
{
    private static readonly List<KeyValuePair<string, byte[]>> s_none = [];

    /// <summary>All attributes of an open file or directory, in bytewise order of their names.</summary>
    public static List<KeyValuePair<string, byte[]>> Read(int descriptor, string path) =>
        Posix.IsMac
            ? s_none
            : ReadAll(
                path,
                (buffer, size) => Posix.ListAttributes(descriptor, buffer, size),
                (name, buffer, size) => Posix.GetAttribute(descriptor, name, buffer, size),
                firstList: Posix.ListAttributes(descriptor, null, 0));

    /// <summary>All attributes of a symbolic link itself.</summary>
    public static List<KeyValuePair<string, byte[]>> ReadOfLink(EntryName link, string path)
    {
        if (Posix.IsMac)
        {
            return s_none;
        }

        fixed (byte* pinned = link.Terminated)
        {
            byte* pointer = pinned;
            return ReadAll(
                path,
                (buffer, size) => Posix.ListAttributesOfPath(pointer, buffer, size),
                (name, buffer, size) => Posix.GetAttributeOfPath(pointer, name, buffer, size),
                firstList: Posix.ListAttributesOfPath(pointer, null, 0));
        }
    }

    public static void Write(int descriptor, string name, ReadOnlySpan<byte> value, string path)
    {
        fixed (byte* namePointer = EntryName.FromText(name).Terminated)
        fixed (byte* valuePointer = value)
        {
            if (Posix.IsMac || Posix.SetAttribute(descriptor, namePointer, valuePointer, value.Length, 0) != 0)
            {
                PosixErrors.Throw($"setting the attribute {name} of", path);
            }
        }
    }

    public static void WriteOfLink(EntryName link, string name, ReadOnlySpan<byte> value, string path)
    {
        fixed (byte* linkPointer = link.Terminated)
        fixed (byte* namePointer = EntryName.FromText(name).Terminated)
        fixed (byte* valuePointer = value)
        {
            if (Posix.IsMac || Posix.SetAttributeOfPath(linkPointer, namePointer, valuePointer, value.Length, 0) != 0)
            {
                PosixErrors.Throw($"setting the attribute {name} of", path);
            }
        }
    }

    private delegate nint ListCall(byte* buffer, nint size);

    private delegate nint GetCall(byte* name, byte* buffer, nint size);

    private static List<KeyValuePair<string, byte[]>> ReadAll(string path, ListCall list, GetCall get, nint firstList)
    {
        if (firstList == 0 || (firstList < 0 && IsUnsupported()))
        {
            return s_none;
        }

        byte[] names = Fetch(list, path) ?? [];
        List<KeyValuePair<string, byte[]>> attributes = [];
        int start = 0;
        while (start < names.Length)
        {
            int length = names.AsSpan(start).IndexOf((byte)0);
            fixed (byte* name = &names[start])
            {
                byte* pointer = name;
                // One that vanished since the list was taken is no attribute any more.
                if (Fetch((buffer, size) => get(pointer, buffer, size), path) is { } value)
                {
                    attributes.Add(new(Encoding.UTF8.GetString(names, start, length), value));
                }
            }

            start += length + 1;
        }

        attributes.Sort(static (a, b) => string.CompareOrdinal(a.Key, b.Key));
        return attributes;
    }

    private static byte[]? Fetch(ListCall call, string path)
    {
        while (true)
        {
            nint size = call(null, 0);
            if (size >= 0)
            {
                byte[] buffer = new byte[size + 1];
                fixed (byte* pointer = buffer)
                {
                    size = call(pointer, buffer.Length);
                }

                if (size >= 0)
                {
                    return buffer[..(int)size];
                }
            }

            const int outOfRange = 34;
            if (PosixErrors.Classify(Marshal.GetLastPInvokeError()) == FileSystemError.NoAttribute)
            {
                return null;
            }

            if (Marshal.GetLastPInvokeError() != outOfRange)
            {
                PosixErrors.Throw("reading the attributes of", path);
            }
        }
    }

    private static bool IsUnsupported() =>
        PosixErrors.Classify(Marshal.GetLastPInvokeError()) == FileSystemError.NotSupported;
}
