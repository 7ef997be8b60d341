namespace BackupTools.Core.Sources.Sqlite;

/// <summary>
/// The system calls of SQLite's own file system on Unix, which it lets be replaced (https://sqlite.org/c3ref/vfs.html):
/// for the whole process, so a replacement does what the call did wherever nothing else is asked of it.
/// </summary>
internal static unsafe class SqliteSystemCall
{
    /// <summary>Puts another function in a call's place.</summary>
    /// <param name="call">Its name, NUL-terminated.</param>
    /// <param name="ours">The other function, of the same type.</param>
    /// <param name="before">Receives what stands there, before ours can be called.</param>
    /// <exception cref="SqliteException">SQLite has no such call, or does not let it go.</exception>
    public static void Replace(ReadOnlySpan<byte> call, nint ours, ref nint before)
    {
        SqliteEngine.EnsureLoaded();
        SqliteFileSystem* system = SqliteNative.FindFileSystem(null);
        fixed (byte* name = call)
        {
            Volatile.Write(ref before, system->GetSystemCall(system, name));
            int result = before == 0 ? SqliteNative.NotFound : system->SetSystemCall(system, name, ours);
            if (result != SqliteNative.Ok)
            {
                throw new SqliteException(result, "its system calls cannot be replaced");
            }
        }
    }
}
