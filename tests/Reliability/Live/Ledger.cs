using System.IO.MemoryMappedFiles;

namespace BackupTools.Reliability.Live;

/// <summary>What a writer tells of itself, number by number.</summary>
internal enum Entry
{
    /// <summary>Number of the last transaction that it began.</summary>
    Begun,

    /// <summary>Number of the last transaction whose commit SQLite confirmed.</summary>
    Acknowledged,

    /// <summary>Whether it is in the middle of a large transaction, with part of it written.</summary>
    IsMidway,

    /// <summary>Statements that failed: there must be none.</summary>
    Failures,

    /// <summary>The slowest transaction while no snapshot was taken, in microseconds.</summary>
    SlowestAlone,

    /// <summary>The same while snapshots were taken.</summary>
    SlowestBeside,

    /// <summary>The largest log seen while no snapshot was taken, in bytes.</summary>
    LogAlone,

    /// <summary>The same while snapshots were taken.</summary>
    LogBeside,

    /// <summary>Transactions while no snapshot was taken.</summary>
    CommitsAlone,

    /// <summary>Transactions while snapshots were taken.</summary>
    CommitsBeside,

    /// <summary>Checkpoints, vacuums, changes of the schema and of the journal mode that went through.</summary>
    Chores,

    /// <summary>Changes of the journal mode that SQLite put off, because others had the database open.</summary>
    PutOff,
}

/// <summary>
/// Numbers that writers and whoever watches them share in a mapped file: what a writer noted before it was killed is
/// there all the same.
/// </summary>
internal sealed class Ledger : IDisposable
{
    public const int MaxWriters = 8;
    private const int EntriesPerWriter = 16;
    private const int Shared = MaxWriters * EntriesPerWriter;
    private const int StopFlag = Shared;
    private const int BesideFlag = Shared + 1;

    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;

    public Ledger(string path)
    {
        const long size = (Shared + EntriesPerWriter) * sizeof(long);
        _file = MemoryMappedFile.CreateFromFile(path, FileMode.OpenOrCreate, null, size);
        _view = _file.CreateViewAccessor();
    }

    /// <summary>Whether writers are to end.</summary>
    public bool IsStopped
    {
        get => Read(StopFlag) != 0;
        set => Write(StopFlag, value ? 1 : 0);
    }

    /// <summary>Whether snapshots are being taken.</summary>
    public bool IsBeside
    {
        get => Read(BesideFlag) != 0;
        set => Write(BesideFlag, value ? 1 : 0);
    }

    public long this[int writer, Entry entry]
    {
        get => Read((writer * EntriesPerWriter) + (int)entry);
        set => Write((writer * EntriesPerWriter) + (int)entry, value);
    }

    public void Add(int writer, Entry entry) => this[writer, entry]++;

    public void Raise(int writer, Entry entry, long value) => this[writer, entry] = Math.Max(this[writer, entry], value);

    public void Dispose()
    {
        _view.Dispose();
        _file.Dispose();
    }

    // Other processes read in the order in which this one writes.
    private long Read(int index)
    {
        long value = _view.ReadInt64(index * sizeof(long));
        Interlocked.MemoryBarrier();
        return value;
    }

    private void Write(int index, long value)
    {
        Interlocked.MemoryBarrier();
        _view.Write(index * sizeof(long), value);
        Interlocked.MemoryBarrier();
    }
}
