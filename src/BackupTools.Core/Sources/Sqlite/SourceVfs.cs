using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace BackupTools.Core.Sources.Sqlite;

/// <summary>
/// SQLite's own way to the system's files (https://sqlite.org/vfs.html), for a source: it opens nothing for writing,
/// makes nothing, deletes nothing and gives nothing another owner. A read-only connection does all of that to a log or
/// a journal: it makes a log that vanished since it was looked for, hands what it opens as root to the database's
/// owner, and deletes a log beside an empty file.
/// </summary>
/// <remarks>
/// Shared memory is opened below this, and given to the database's owner there too; so that call passes by while a
/// connection to a source reads.
/// </remarks>
internal static unsafe class SourceVfs
{
    private const int MainDatabase = 0x100;
    private const int MainJournal = 0x800;
    private const int SuperJournal = 0x4000;
    private const int Log = 0x80000;
    private const int IoErrorDelete = 10 | (10 << 8);
    private static readonly Lazy<nint> s_registered = new(Register);

    private static Methods* s_system;
    private static delegate* unmanaged[Cdecl]<int, uint, uint, int> s_changeOwner;

    [ThreadStatic]
    private static bool t_keepsOwners;

    /// <summary>The name to open a source with.</summary>
    public static ReadOnlySpan<byte> Name => "backuptools-source\0"u8;

    /// <summary>The name of SQLite's own, for what a connection to a source is to write elsewhere.</summary>
    public static string SystemName
    {
        get
        {
            EnsureRegistered();
            return Marshal.PtrToStringUTF8((nint)s_system->Name)!;
        }
    }

    public static void EnsureRegistered() => _ = s_registered.Value;

    /// <summary>Lets SQLite read a source on this thread without giving what it opens to the database's owner.</summary>
    public static void KeepingOwners(Action action)
    {
        t_keepsOwners = true;
        try
        {
            action();
        }
        finally
        {
            t_keepsOwners = false;
        }
    }

    private static nint Register()
    {
        SqliteEngine.EnsureLoaded();
        s_system = (Methods*)SqliteNative.FindVfs(null);
        Methods* methods = (Methods*)NativeMemory.AllocZeroed((nuint)sizeof(Methods));
        Unsafe.CopyBlock(methods, s_system, (uint)sizeof(Methods));
        byte* name = (byte*)NativeMemory.Alloc((nuint)Name.Length);
        Name.CopyTo(new Span<byte>(name, Name.Length));
        methods->Next = 0;
        methods->Name = name;
        methods->Open = &Open;
        methods->Delete = &RefuseToDelete;
        InterceptChangeOwner();
        int result = SqliteNative.RegisterVfs((nint)methods, 0);
        return result == SqliteNative.Ok
            ? (nint)methods
            : throw new SqliteException(result, "SQLite takes no file system of ours");
    }

    // Other code in this process may use the same library: for it nothing changes.
    private static void InterceptChangeOwner()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        fixed (byte* call = "fchown\0"u8)
        {
            s_changeOwner = (delegate* unmanaged[Cdecl]<int, uint, uint, int>)s_system->GetSystemCall((nint)s_system, call);
            if (s_changeOwner is not null)
            {
                delegate* unmanaged[Cdecl]<int, uint, uint, int> ours = &ChangeOwner;
                _ = s_system->SetSystemCall((nint)s_system, call, (nint)ours);
            }
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int ChangeOwner(int descriptor, uint uid, uint gid) =>
        t_keepsOwners ? 0 : s_changeOwner(descriptor, uid, gid);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Open(nint vfs, byte* name, nint file, int flags, int* flagsOut)
    {
        const int writing = SqliteNative.OpenReadWrite | SqliteNative.OpenCreate;
        if ((flags & (MainDatabase | MainJournal | SuperJournal | Log)) != 0)
        {
            flags = (flags & ~writing) | SqliteNative.OpenReadOnly;
        }

        return s_system->Open((nint)s_system, name, file, flags, flagsOut);
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int RefuseToDelete(nint vfs, byte* name, int syncDirectory) => IoErrorDelete;

    // sqlite3_vfs in version 3 of the structure, which SQLite has had since 3.7.6.
    [StructLayout(LayoutKind.Sequential)]
    private struct Methods
    {
        public int Version;
        public int FileSize;
        public int MaxPath;
        public nint Next;
        public byte* Name;
        public nint Data;
        public delegate* unmanaged[Cdecl]<nint, byte*, nint, int, int*, int> Open;
        public delegate* unmanaged[Cdecl]<nint, byte*, int, int> Delete;
        public Inherited Inherited;
        public delegate* unmanaged[Cdecl]<nint, byte*, nint, int> SetSystemCall;
        public delegate* unmanaged[Cdecl]<nint, byte*, nint> GetSystemCall;
        public nint NextSystemCall;
    }

    // From xAccess to xCurrentTimeInt64.
    [InlineArray(11)]
    private struct Inherited
    {
        private nint _method;
    }
}
