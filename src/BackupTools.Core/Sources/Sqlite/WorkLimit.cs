using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace BackupTools.Core.Sources.Sqlite;

/// <summary>
/// Ends what SQLite does with a database that was made to keep it at work for ever: pages whose children are each other
/// many times over, or expressions in the schema that make huge values of small ones. Measured by the work and not by
/// time, since an honest database on a slow disk takes what it takes.
/// </summary>
internal sealed unsafe class WorkLimit : IDisposable
{
    /// <summary>What is wrong with a database that goes beyond it.</summary>
    public const string Reason = "its pages lead to each other without an end";

    // No look at a record costs less than some bytes of file, and finding one costs at most some twenty pages.
    private const long VisitsPerByte = 16;
    private const long FreeVisits = 1_000_000;

    // A vacuum makes a database smaller, but for what a page cannot be filled with.
    private const long OutputPerByte = 2;
    private const long FreeOutput = 16 * 1024 * 1024;

    private const int LargestValue = 1_000_000_000;
    private const int SmallValue = 1024 * 1024;
    private const int LongestPattern = 1000;
    private const int StepsBetweenLooks = 10_000;

    private static readonly TimeSpan s_interval = TimeSpan.FromMilliseconds(100);

    private readonly Lock _gate = new();
    private readonly SqliteConnection _connection;
    private readonly Timer? _timer;
    private readonly GCHandle _self;
    private readonly string? _output;
    private readonly long _mostOutput;
    private long _left;
    private int _last;
    private bool _isDisposed;

    private WorkLimit(SqliteConnection connection, long bytes, string? output)
    {
        _connection = connection;
        _output = output;
        _mostOutput = FreeOutput + (OutputPerByte * bytes);
        _left = FreeVisits + (VisitsPerByte * bytes);

        // No value that is stored in a database is larger than its file.
        connection.SetLimit(SqliteNative.LimitLength, (int)Math.Clamp(bytes, SmallValue, LargestValue));
        connection.SetLimit(SqliteNative.LimitLikePattern, LongestPattern);
        if (output is null)
        {
            _timer = new Timer(static state => ((WorkLimit)state!).LookAndInterrupt(), this, s_interval, s_interval);
        }
        else
        {
            _self = GCHandle.Alloc(this);
            SqliteNative.ProgressHandler(connection.Handle, StepsBetweenLooks, &LookAtStep, GCHandle.ToIntPtr(_self));
        }
    }

    /// <summary>Whether the work was ended.</summary>
    public bool IsExceeded { get; private set; }

    /// <summary>Watches queries, until it is disposed, which must be before the connection is.</summary>
    /// <remarks>From outside: SQLite counts and checks whole trees without coming up for air.</remarks>
    /// <param name="connection">A connection that attaches nothing.</param>
    /// <param name="bytes">Bytes of the database and its log.</param>
    public static WorkLimit OnQueries(SqliteConnection connection, long bytes) => new(connection, bytes, output: null);

    /// <summary>Watches a vacuum, until it is disposed, which must be before the connection is.</summary>
    /// <remarks>From within, on SQLite's own thread: a vacuum attaches a database and detaches it again.</remarks>
    /// <param name="connection">The connection.</param>
    /// <param name="bytes">Bytes of the database and its log.</param>
    /// <param name="output">The file that it writes.</param>
    public static WorkLimit OnVacuum(SqliteConnection connection, long bytes, string output) => new(connection, bytes, output);

    public void Dispose()
    {
        lock (_gate)
        {
            _isDisposed = true;
        }

        _timer?.Dispose();
        if (_self.IsAllocated)
        {
            SqliteNative.ProgressHandler(_connection.Handle, 0, null, 0);
            _self.Free();
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int LookAtStep(nint self) => ((WorkLimit)GCHandle.FromIntPtr(self).Target!).IsBeyond() ? 1 : 0;

    private void LookAndInterrupt()
    {
        lock (_gate)
        {
            if (!_isDisposed && !IsExceeded && IsBeyond())
            {
                _connection.Interrupt();
            }
        }
    }

    private bool IsBeyond()
    {
        int now = _connection.CountPageVisits();
        _left -= (now - _last) & SqliteConnection.MostPageVisits;
        _last = now;
        IsExceeded = _left < 0 || (_output is not null && new FileInfo(_output).Length > _mostOutput);
        return IsExceeded;
    }
}
