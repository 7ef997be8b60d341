using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using BackupTools.Core.FileSystem;

namespace BackupTools.Core.Sources.Sqlite;

/// <summary>
/// A file system for SQLite (https://sqlite.org/vfs.html) that holds nothing but the copies being made, each a
/// <see cref="CopyTarget"/>, without locks, journals and syncs: nobody else can open one, and none outlives a crash.
/// </summary>
internal static unsafe class CopyFiles
{
    private const int Ok = SqliteNative.Ok;
    private const int CannotOpen = SqliteNative.CannotOpen;
    private const int Full = 13;
    private const int NotFound = SqliteNative.NotFound;
    private const int ReadError = 10 | (1 << 8);
    private const int ShortRead = 10 | (2 << 8);
    private const int WriteError = 10 | (3 << 8);
    private const int OpenMainDatabase = 0x100;
    private const int MaxName = 512;

    private static readonly ConcurrentDictionary<string, CopyTarget> s_targets = new();
    private static readonly SqliteFileMethods* s_methods = CreateMethods();
    private static readonly Lazy<string> s_name = new(Register);
    private static long s_lastName;

    /// <summary>Makes a target known, so that SQLite can open it.</summary>
    /// <returns>Where SQLite finds it.</returns>
    public static DatabaseUri Add(CopyTarget target, out string name)
    {
        SqliteEngine.EnsureLoaded();
        name = "/copy-" + Interlocked.Increment(ref s_lastName);
        s_targets[name] = target;
        return DatabaseUri.Create(OperatingSystem.IsWindows() ? name[1..] : name, "mode=rw&vfs=" + s_name.Value);
    }

    /// <summary>Forgets a target, after SQLite has closed it.</summary>
    public static void Remove(string name) => s_targets.TryRemove(name, out _);

    // More than one copy of this library can be loaded beside one SQLite, so the name is this one's own.
    private static string Register()
    {
        string name = "backuptools-" + Guid.NewGuid().ToString("N");
        SqliteFileSystem* methods = (SqliteFileSystem*)NativeMemory.AllocZeroed((nuint)sizeof(SqliteFileSystem));
        methods->Version = 1;
        methods->FileSize = sizeof(SqliteFile);
        methods->MaxPath = MaxName;
        methods->Name = (byte*)Marshal.StringToCoTaskMemUTF8(name);
        methods->Open = &Open;
        methods->Delete = &Delete;
        methods->Access = &Access;
        methods->FullPath = &FullPath;
        methods->Randomness = &Randomness;
        methods->Sleep = &Sleep;
        methods->CurrentTime = &CurrentTime;
        methods->LastError = &LastError;
        int result = SqliteNative.RegisterFileSystem(methods, 0);
        return result == Ok ? name : throw new SqliteException(result, "the file system for copies cannot be registered");
    }

    private static SqliteFileMethods* CreateMethods()
    {
        SqliteFileMethods* methods = (SqliteFileMethods*)NativeMemory.AllocZeroed((nuint)sizeof(SqliteFileMethods));
        methods->Version = 1;
        methods->Close = &Close;
        methods->Read = &Read;
        methods->Write = &Write;
        methods->Truncate = &Truncate;
        methods->Sync = &Ignore;
        methods->Size = &Size;
        methods->Lock = &Ignore;
        methods->Unlock = &Ignore;
        methods->CheckReservedLock = &CheckReservedLock;
        methods->Control = &Control;
        methods->SectorSize = &SectorSize;
        methods->Characteristics = &Characteristics;
        return methods;
    }

    private static CopyTarget Target(SqliteFile* file) => (CopyTarget)GCHandle.FromIntPtr(file->Target).Target!;

    // Nothing may be thrown through SQLite: it gets a code, and the target keeps what happened.
    private static int Fail(SqliteFile* file, Exception e, int code)
    {
        Target(file).Error ??= e;
        return e is FileSystemException { Error: FileSystemError.NoSpace } ? Full : code;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Open(SqliteFileSystem* system, byte* name, SqliteFile* file, int flags, int* outFlags)
    {
        file->Methods = null;
        string? text = Marshal.PtrToStringUTF8((nint)name);
        if ((flags & OpenMainDatabase) == 0 || text is null || !s_targets.TryGetValue(text, out CopyTarget? target))
        {
            return CannotOpen;
        }

        file->Target = GCHandle.ToIntPtr(GCHandle.Alloc(target));
        file->Methods = s_methods;
        if (outFlags is not null)
        {
            *outFlags = flags;
        }

        return Ok;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Close(SqliteFile* file)
    {
        GCHandle.FromIntPtr(file->Target).Free();
        return Ok;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Read(SqliteFile* file, byte* buffer, int count, long offset)
    {
        try
        {
            Span<byte> span = new(buffer, count);
            int read = Target(file).Read(span, offset);
            span[read..].Clear();
            return read == count ? Ok : ShortRead;
        }
        catch (Exception e)
        {
            return Fail(file, e, ReadError);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Write(SqliteFile* file, byte* bytes, int count, long offset)
    {
        try
        {
            Target(file).Write(new ReadOnlySpan<byte>(bytes, count), offset);
            return Ok;
        }
        catch (Exception e)
        {
            return Fail(file, e, WriteError);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Truncate(SqliteFile* file, long length)
    {
        try
        {
            Target(file).Truncate(length);
            return Ok;
        }
        catch (Exception e)
        {
            return Fail(file, e, WriteError);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Size(SqliteFile* file, long* length)
    {
        *length = Target(file).Length;
        return Ok;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Ignore(SqliteFile* file, int argument) => Ok;

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int CheckReservedLock(SqliteFile* file, int* result)
    {
        *result = 0;
        return Ok;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Control(SqliteFile* file, int operation, void* argument) => NotFound;

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int SectorSize(SqliteFile* file) => 4096;

    // As SQLite's own files: else it would write neighbouring pages along with each.
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Characteristics(SqliteFile* file) => 0x1000;

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Delete(SqliteFileSystem* system, byte* name, int syncDirectory) => Ok;

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Access(SqliteFileSystem* system, byte* name, int flags, int* result)
    {
        *result = 0;
        return Ok;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int FullPath(SqliteFileSystem* system, byte* name, int size, byte* result)
    {
        ReadOnlySpan<byte> path = MemoryMarshal.CreateReadOnlySpanFromNullTerminated(name);
        if (path.Length >= size)
        {
            return CannotOpen;
        }

        path.CopyTo(new Span<byte>(result, size));
        result[path.Length] = 0;
        return Ok;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Randomness(SqliteFileSystem* system, int count, byte* buffer)
    {
        Random.Shared.NextBytes(new Span<byte>(buffer, count));
        return count;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Sleep(SqliteFileSystem* system, int microseconds) => 0;

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int CurrentTime(SqliteFileSystem* system, double* julianDay)
    {
        const double julianDayOfYear1970 = 2440587.5;
        *julianDay = julianDayOfYear1970 + (DateTime.UtcNow - DateTime.UnixEpoch).TotalDays;
        return Ok;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int LastError(SqliteFileSystem* system, int size, byte* buffer) => 0;
}
