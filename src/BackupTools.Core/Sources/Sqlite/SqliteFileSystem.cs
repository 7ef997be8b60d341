using System.Runtime.InteropServices;

namespace BackupTools.Core.Sources.Sqlite;

/// <summary><c>sqlite3_file</c> with what is ours behind it.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct SqliteFile
{
    public SqliteFileMethods* Methods;
    public nint Target;
}

/// <summary><c>sqlite3_io_methods</c>, version 1.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct SqliteFileMethods
{
    public int Version;
    public delegate* unmanaged[Cdecl]<SqliteFile*, int> Close;
    public delegate* unmanaged[Cdecl]<SqliteFile*, byte*, int, long, int> Read;
    public delegate* unmanaged[Cdecl]<SqliteFile*, byte*, int, long, int> Write;
    public delegate* unmanaged[Cdecl]<SqliteFile*, long, int> Truncate;
    public delegate* unmanaged[Cdecl]<SqliteFile*, int, int> Sync;
    public delegate* unmanaged[Cdecl]<SqliteFile*, long*, int> Size;
    public delegate* unmanaged[Cdecl]<SqliteFile*, int, int> Lock;
    public delegate* unmanaged[Cdecl]<SqliteFile*, int, int> Unlock;
    public delegate* unmanaged[Cdecl]<SqliteFile*, int*, int> CheckReservedLock;
    public delegate* unmanaged[Cdecl]<SqliteFile*, int, void*, int> Control;
    public delegate* unmanaged[Cdecl]<SqliteFile*, int> SectorSize;
    public delegate* unmanaged[Cdecl]<SqliteFile*, int> Characteristics;
}

/// <summary><c>sqlite3_vfs</c>, version 3, which SQLite has had since 3.7.6.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct SqliteFileSystem
{
    public int Version;
    public int FileSize;
    public int MaxPath;
    public SqliteFileSystem* Next;
    public byte* Name;
    public void* Data;
    public delegate* unmanaged[Cdecl]<SqliteFileSystem*, byte*, SqliteFile*, int, int*, int> Open;
    public delegate* unmanaged[Cdecl]<SqliteFileSystem*, byte*, int, int> Delete;
    public delegate* unmanaged[Cdecl]<SqliteFileSystem*, byte*, int, int*, int> Access;
    public delegate* unmanaged[Cdecl]<SqliteFileSystem*, byte*, int, byte*, int> FullPath;
    public void* OpenLibrary;
    public void* LibraryError;
    public void* LibrarySymbol;
    public void* CloseLibrary;
    public delegate* unmanaged[Cdecl]<SqliteFileSystem*, int, byte*, int> Randomness;
    public delegate* unmanaged[Cdecl]<SqliteFileSystem*, int, int> Sleep;
    public delegate* unmanaged[Cdecl]<SqliteFileSystem*, double*, int> CurrentTime;
    public delegate* unmanaged[Cdecl]<SqliteFileSystem*, int, byte*, int> LastError;
    public void* CurrentTimeInt64;
    public delegate* unmanaged[Cdecl]<SqliteFileSystem*, byte*, nint, int> SetSystemCall;
    public delegate* unmanaged[Cdecl]<SqliteFileSystem*, byte*, nint> GetSystemCall;
    public void* NextSystemCall;
}
