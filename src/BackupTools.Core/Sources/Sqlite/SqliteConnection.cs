using System.Runtime.InteropServices;
using System.Text;

namespace BackupTools.Core.Sources.Sqlite;

/// <summary>A connection to one database file, used by one thread at a time.</summary>
internal sealed unsafe class SqliteConnection : IDisposable
{
    /// <summary>SQLite's counters begin anew above this.</summary>
    public const int MostPageVisits = int.MaxValue;

    private nint _handle;

    private SqliteConnection(nint handle) => _handle = handle;

    public nint Handle => _handle;

    /// <summary>Opens a database.</summary>
    /// <param name="uri">The file and how to open it.</param>
    /// <param name="flags">Open flags beside those for URIs.</param>
    /// <param name="vfs">Which way to the files, NUL-terminated; empty means SQLite's own.</param>
    /// <exception cref="SqliteException">It cannot be opened.</exception>
    public static SqliteConnection Open(DatabaseUri uri, int flags, ReadOnlySpan<byte> vfs = default)
    {
        SqliteEngine.EnsureLoaded();
        fixed (byte* name = uri.Terminated)
        fixed (byte* vfsName = vfs)
        {
            int result = SqliteNative.Open(
                name, out nint handle, flags | SqliteNative.OpenUri | SqliteNative.OpenNoMutex, vfsName);
            SqliteConnection connection = new(handle);
            if (result != SqliteNative.Ok)
            {
                // The code says why with the extended part (such as CANTOPEN_SYMLINK) only on the connection.
                Exception error = handle == 0
                    ? new SqliteException(result, "out of memory")
                    : connection.ErrorOf(SqliteNative.ErrorCode(handle));
                connection.Dispose();
                throw error;
            }

            _ = SqliteNative.ExtendedResultCodes(handle, 1);
            connection.Configure(SqliteNative.ConfigDefensive, 1);
            connection.Configure(SqliteNative.ConfigTrustedSchema, 0);
            return connection;
        }
    }

    /// <summary>Runs a statement for its effect.</summary>
    public void Execute(string sql, string? text = null)
    {
        foreach (object _ in Query(sql, static (_, _) => string.Empty, text))
        {
        }
    }

    /// <summary>The first column of the first row as a number.</summary>
    public long QueryInt64(string sql)
    {
        foreach (long value in Query(sql, static (statement, _) => SqliteNative.ColumnInt64(statement, 0)))
        {
            return value;
        }

        return 0;
    }

    /// <summary>The first two columns of all rows as texts.</summary>
    public IReadOnlyList<(string First, string Second)> QueryTexts(string sql) =>
        [.. Query(sql, static (statement, columns) => (Text(statement, 0), columns > 1 ? Text(statement, 1) : string.Empty))];

    /// <summary>Stops what runs on this connection when the token is cancelled, until the result is disposed.</summary>
    public CancellationTokenRegistration InterruptOn(CancellationToken cancellation) =>
        cancellation.UnsafeRegister(static state => SqliteNative.InterruptAll(((SqliteConnection)state!)._handle), this);

    /// <summary>Stops what runs on this connection; from any thread.</summary>
    public void Interrupt() => SqliteNative.InterruptAll(_handle);

    public void SetLimit(int what, int value) => _ = SqliteNative.Limit(_handle, what, value);

    /// <summary>
    /// How many times a page was looked at, modulo <see cref="MostPageVisits"/> + 1; from any thread while the connection is
    /// open and attaches nothing.
    /// </summary>
    public int CountPageVisits()
    {
        int hits = 0;
        int misses = 0;
        int highest;
        _ = SqliteNative.Status(_handle, SqliteNative.StatusCacheHits, &hits, &highest, 0);
        _ = SqliteNative.Status(_handle, SqliteNative.StatusCacheMisses, &misses, &highest, 0);
        return unchecked(hits + misses) & MostPageVisits;
    }

    /// <summary>What SQLite last had to say.</summary>
    public string LastMessage => Marshal.PtrToStringUTF8((nint)SqliteNative.ErrorMessage(_handle)) ?? string.Empty;

    public void Check(int result)
    {
        if (result is not (SqliteNative.Ok or SqliteNative.Row or SqliteNative.Done))
        {
            throw ErrorOf(result);
        }
    }

    /// <summary>
    /// What to throw for a code that SQLite gave just now: of a read that the system refused, what the system said.
    /// </summary>
    /// <returns><see cref="SqliteException"/> or <see cref="FileSystem.FileSystemException"/>.</returns>
    public Exception ErrorOf(int code)
    {
        SqliteException error = new(code, LastMessage);
        return error.PrimaryCode == SqliteNative.InputOutput && SqliteConfinement.RefusedRead is { } refusal ? refusal : error;
    }

    public void Dispose()
    {
        nint handle = Interlocked.Exchange(ref _handle, 0);
        if (handle != 0)
        {
            _ = SqliteNative.Close(handle);
        }
    }

    private void Configure(int option, int value)
    {
        // An old engine that does not know an option says so, and there is nothing to switch then.
        int after;
        _ = SqliteNative.Configure(_handle, option, value, &after, 0, 0, 0, 0, value, &after);
    }

    private static string Text(nint statement, int column)
    {
        byte* text = SqliteNative.ColumnText(statement, column);
        return text is null ? string.Empty : Encoding.UTF8.GetString(text, SqliteNative.ColumnBytes(statement, column));
    }

    private List<T> Query<T>(string sql, Func<nint, int, T> read, string? text = null)
    {
        List<T> rows = [];
        byte[] bytes = Encoding.UTF8.GetBytes(sql);
        nint statement;
        fixed (byte* pointer = bytes)
        {
            Check(SqliteNative.Prepare(_handle, pointer, bytes.Length, out statement, null));
        }

        try
        {
            if (text is not null)
            {
                byte[] value = Encoding.UTF8.GetBytes(text);
                fixed (byte* pointer = value)
                {
                    // SQLITE_TRANSIENT: SQLite takes a copy.
                    Check(SqliteNative.BindText(statement, 1, pointer, value.Length, -1));
                }
            }

            int columns = SqliteNative.ColumnCount(statement);
            int result;
            while ((result = SqliteNative.Step(statement)) == SqliteNative.Row)
            {
                rows.Add(read(statement, columns));
            }

            Check(result);
            return rows;
        }
        finally
        {
            _ = SqliteNative.Finalize(statement);
        }
    }
}
