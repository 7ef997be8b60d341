using System.Runtime.InteropServices;

namespace BackupTools.Core.Sources.Sqlite;

/// <summary>
/// Chooses the SQLite library: the system's where it is newer than the bundled one, so that a database that a newer
/// SQLite wrote can be checked and counted. Both copy pages alike.
/// </summary>
internal static unsafe class SqliteEngine
{
    private static readonly Lazy<nint> s_library = new(Choose);

    static SqliteEngine() =>
        NativeLibrary.SetDllImportResolver(
            typeof(SqliteEngine).Assembly,
            static (name, _, _) => name == SqliteNative.Library ? s_library.Value : 0);

    /// <summary>Version of the library that is used, such as <c>3.40.1</c>.</summary>
    public static string Version => Marshal.PtrToStringUTF8((nint)SqliteNative.Version()) ?? string.Empty;

    /// <summary>The same as a number, such as 3040001.</summary>
    public static int VersionNumber => SqliteNative.VersionNumber();

    /// <summary>Makes sure that the choice is made before the first call.</summary>
    public static void EnsureLoaded()
    {
        // The static constructor does it.
    }

    private static nint Choose()
    {
        string systemName = OperatingSystem.IsWindows() ? "winsqlite3.dll"
            : OperatingSystem.IsMacOS() ? "/usr/lib/libsqlite3.dylib"
            : "libsqlite3.so.0";
        bool hasSystem = NativeLibrary.TryLoad(systemName, out nint system) && IsUsable(system);
        bool hasBundled = NativeLibrary.TryLoad(
            SqliteNative.Library, typeof(SqliteEngine).Assembly, null, out nint bundled);
        if (hasSystem && (!hasBundled || VersionOf(system) > VersionOf(bundled)))
        {
            return system;
        }

        // Zero lets the runtime try once more and say in its own words what is missing.
        return hasBundled ? bundled : 0;
    }

    private static int VersionOf(nint library) =>
        ((delegate* unmanaged[Cdecl]<int>)NativeLibrary.GetExport(library, "sqlite3_libversion_number"))();

    // A build without mutexes must not be used from several threads.
    private static bool IsUsable(nint library) =>
        NativeLibrary.TryGetExport(library, "sqlite3_threadsafe", out nint threadSafe)
        && ((delegate* unmanaged[Cdecl]<int>)threadSafe)() != 0
        && NativeLibrary.TryGetExport(library, "sqlite3_backup_step", out _);
}
