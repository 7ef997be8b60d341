namespace BackupTools.Core.Sources.Sqlite;

/// <summary>
/// The system calls of SQLite's own file system on Unix, which it lets be replaced (https://sqlite.org/c3ref/vfs.html):
/// for the whole process, so a replacement does what the call did wherever nothing else is asked of it.
/// </summary>
internal static unsafe class SqliteSystemCall
{
    private const string Refusal = "its system calls cannot be replaced";

    /// <summary>Puts another function in a call's place.</summary>
    /// <param name="call">Its name, NUL-terminated.</param>
    /// <param name="ours">The other function, of the same type.</param>
    /// <param name="before">Receives what stands there, before ours can be called.</param>
    /// <exception cref="SqliteException">SQLite has no such call, or does not let it go.</exception>
    public static void Replace(ReadOnlySpan<byte> call, nint ours, ref nint before)
    {
        if (!TryReplace(call, ours, ref before))
        {
            throw new SqliteException(SqliteNative.NotFound, Refusal);
        }
    }

    /// <summary>The same for a call that not every build of SQLite makes.</summary>
    /// <returns>Whether this one does.</returns>
    public static bool TryReplace(ReadOnlySpan<byte> call, nint ours, ref nint before)
    {
        SqliteEngine.EnsureLoaded();
        SqliteFileSystem* system = SqliteNative.FindFileSystem(null);
        fixed (byte* name = call)
        {
            Volatile.Write(ref before, system->GetSystemCall(system, name));
            if (before == 0)
            {
                return false;
            }

            int result = system->SetSystemCall(system, name, ours);
            return result == SqliteNative.Ok ? true : throw new SqliteException(result, Refusal);
        }
    }
}
