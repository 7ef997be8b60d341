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
    private static readonly Lazy<bool> s_registered = new(Register);

    private static SqliteFileSystem* s_system;
    private static nint s_changeOwner;

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

    private static bool Register()
    {
        SqliteEngine.EnsureLoaded();
        s_system = SqliteNative.FindFileSystem(null);
        SqliteFileSystem* methods = (SqliteFileSystem*)NativeMemory.AllocZeroed((nuint)sizeof(SqliteFileSystem));
        Unsafe.CopyBlock(methods, s_system, (uint)sizeof(SqliteFileSystem));
        byte* name = (byte*)NativeMemory.Alloc((nuint)Name.Length);
        Name.CopyTo(new Span<byte>(name, Name.Length));
        methods->Next = null;
        methods->Name = name;
        methods->Open = &Open;
        methods->Delete = &RefuseToDelete;
        InterceptChangeOwner();
        int result = SqliteNative.RegisterFileSystem(methods, 0);
        return result == SqliteNative.Ok
            ? true
            : throw new SqliteException(result, "SQLite takes no file system of ours");
    }

    // Other code in this process may use the same library: for it nothing changes.
    private static void InterceptChangeOwner()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        SqliteSystemCall.Replace(
            "fchown\0"u8, (nint)(delegate* unmanaged[Cdecl]<int, uint, uint, int>)&ChangeOwner, ref s_changeOwner);
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int ChangeOwner(int descriptor, uint uid, uint gid) =>
        t_keepsOwners ? 0 : ((delegate* unmanaged[Cdecl]<int, uint, uint, int>)s_changeOwner)(descriptor, uid, gid);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Open(SqliteFileSystem* system, byte* name, SqliteFile* file, int flags, int* flagsOut)
    {
        const int writing = SqliteNative.OpenReadWrite | SqliteNative.OpenCreate;
        if ((flags & (MainDatabase | MainJournal | SuperJournal | Log)) != 0)
        {
            flags = (flags & ~writing) | SqliteNative.OpenReadOnly;
        }

        return s_system->Open(s_system, name, file, flags, flagsOut);
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int RefuseToDelete(SqliteFileSystem* system, byte* name, int syncDirectory) => IoErrorDelete;
}
