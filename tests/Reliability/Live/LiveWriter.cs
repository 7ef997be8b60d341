using System.Diagnostics;
using BackupTools.Core.Sources.Sqlite;
using static BackupTools.Reliability.Live.LedgerSchema;

namespace BackupTools.Reliability.Live;

/// <summary>
/// A writer, as a process of its own: this program, started with <see cref="Command"/>. It ends when the ledger says so,
/// or with whoever started it.
/// </summary>
internal sealed class LiveWriter : IDisposable
{
    public const string Command = "live-writer";
    private const int RowsToKeep = 200;
    private const int LargeRows = 1000;

    private readonly string _path;
    private readonly Ledger _ledger;
    private readonly int _slot;
    private readonly WriterHabit _habit;
    private readonly string _journalMode;
    private readonly int _seed;
    private readonly bool _hasOthers;
    private SqliteConnection _connection;
    private Random _choices;
    private long _number;
    private int _change;

    private LiveWriter(string path, Ledger ledger, int slot, WriterHabit habit, string journalMode, int seed, bool hasOthers)
    {
        _path = path;
        _ledger = ledger;
        _slot = slot;
        _habit = habit;
        _journalMode = journalMode;
        _seed = seed;
        _hasOthers = hasOthers;
        _choices = new Random(seed);
        _connection = Connect();
        if (habit == WriterHabit.Chores)
        {
            // Killed, it may have left this in any state.
            Guarded(() => _connection.Execute(Format($"DROP TABLE IF EXISTS extra{slot}")));
        }

        // Its own last transaction before it was killed may be committed without its knowing.
        _number = _connection.QueryInt64(Format($"SELECT commits FROM writer WHERE id={slot}"));
        _ledger.Raise(slot, Entry.Begun, _number);
        _ledger.Raise(slot, Entry.Acknowledged, _number);
        _ledger[slot, Entry.IsMidway] = 0;
    }

    /// <summary>Runs it: database, ledger, number, habit, journal mode, seed, whether there are other writers.</summary>
    public static int Run(string[] arguments)
    {
        Thread parent = new(static () =>
        {
            Console.In.ReadToEnd();
            Environment.Exit(1);
        }) { IsBackground = true };
        parent.Start();
        using Ledger ledger = new(arguments[1]);
        using LiveWriter writer = new(
            arguments[0],
            ledger,
            int.Parse(arguments[2], System.Globalization.CultureInfo.InvariantCulture),
            Enum.Parse<WriterHabit>(arguments[3]),
            arguments[4],
            int.Parse(arguments[5], System.Globalization.CultureInfo.InvariantCulture),
            bool.Parse(arguments[6]));
        Console.Out.WriteLine("ready");
        while (!ledger.IsStopped)
        {
            writer.Turn();
            writer.LetOthers();
        }

        return 0;
    }

    public void Dispose() => _connection.Dispose();

    private void Turn()
    {
        long start = Stopwatch.GetTimestamp();
        bool isLarge = _habit == WriterHabit.Large;
        Guarded(isLarge ? LargeTransaction : SmallTransaction);
        bool isBeside = _ledger.IsBeside;
        _ledger.Raise(
            _slot, isBeside ? Entry.SlowestBeside : Entry.SlowestAlone, (long)Stopwatch.GetElapsedTime(start).TotalMicroseconds);
        _ledger.Add(_slot, isBeside ? Entry.CommitsBeside : Entry.CommitsAlone);
        FileInfo log = new(_path + "-wal");
        _ledger.Raise(_slot, isBeside ? Entry.LogBeside : Entry.LogAlone, log.Exists ? log.Length : 0);
        switch (_habit)
        {
            case WriterHabit.Large:
                Guarded(() => _connection.Execute("PRAGMA incremental_vacuum(300)"));
                break;
            case WriterHabit.Chores:
                Guarded(Chore);
                break;
            case WriterHabit.Switch when _number % 20 == 0:
                Guarded(SwitchJournalMode);
                break;
            case WriterHabit.Reopen:
            case WriterHabit.Replace:
                Guarded(Reopen);
                break;
        }
    }

    // Whoever waits for a lock looks ten times a second: without a pause one writer keeps all others waiting for minutes.
    private void LetOthers()
    {
        if (_hasOthers)
        {
            Thread.Sleep(_choices.Next(4));
        }
    }

    private void SmallTransaction() => Transaction(() =>
    {
        Move();
        _connection.Execute(Format($"INSERT INTO log(writer, number, note) VALUES({_slot}, {_number}, randomblob(200))"));
        int removed = 0;
        if (_number % RowsToKeep == 0)
        {
            removed = Remove(Format($"number <= {_number - RowsToKeep}"));
        }

        return (1, removed);
    });

    private void LargeTransaction() => Transaction(() =>
    {
        Move();
        if (_number % 3 == 0)
        {
            return (0, Remove("1"));
        }

        int half = _choices.Next(LargeRows / 2, LargeRows);
        for (int i = 0; i < 2; i++)
        {
            _connection.Execute(Format(
                $"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<{half}) INSERT INTO log(writer, number, note) SELECT {_slot}, {_number}, randomblob(1000) FROM n"));
            _ledger[_slot, Entry.IsMidway] = 1;
        }

        return (2 * half, 0);
    });

    private void Transaction(Func<(int Added, int Removed)> change)
    {
        _number++;

        // A transaction of a number does the same in each run with the same seed, whatever else goes on.
        _choices = new Random(unchecked((((_seed * 397) ^ _slot) * 397) ^ (int)_number));
        _ledger.Raise(_slot, Entry.Begun, _number);
        _connection.Execute("BEGIN IMMEDIATE");
        (int added, int removed) = change();
        _connection.Execute(Format(
            $"UPDATE writer SET commits={_number}, added=added+{added}, removed=removed+{removed} WHERE id={_slot}"));
        _connection.Execute("COMMIT");
        _ledger[_slot, Entry.IsMidway] = 0;
        _ledger[_slot, Entry.Acknowledged] = _number;
    }

    private void Move()
    {
        int amount = _choices.Next(1, 100);
        _connection.Execute(Format($"UPDATE credit SET amount=amount-{amount} WHERE id={_choices.Next(Accounts) + 1}"));
        _connection.Execute(Format($"UPDATE debit SET amount=amount+{amount} WHERE id={_choices.Next(Accounts) + 1}"));
    }

    private int Remove(string condition)
    {
        _connection.Execute(Format($"DELETE FROM log WHERE writer={_slot} AND {condition}"));
        return (int)_connection.QueryInt64("SELECT changes()");
    }

    private void Chore()
    {
        string[] statements = _choices.Next(6) switch
        {
            0 => ["PRAGMA wal_checkpoint(PASSIVE)"],
            1 => ["PRAGMA wal_checkpoint(TRUNCATE)"],
            2 => ["VACUUM"],
            _ => ChangeOfSchema(Format($"extra{_slot}")),
        };
        foreach (string statement in statements)
        {
            _connection.Execute(statement);
        }

        _ledger.Add(_slot, Entry.Chores);
    }

    private string[] ChangeOfSchema(string table) => (_change++ % 3) switch
    {
        0 => [$"CREATE TABLE {table}(a, b)", $"INSERT INTO {table} SELECT id, amount FROM credit"],
        1 => [$"ALTER TABLE {table} ADD COLUMN c DEFAULT 'later'", $"CREATE INDEX {table}_a ON {table}(a, c)"],
        _ => [$"DROP TABLE {table}"],
    };

    private void SwitchJournalMode()
    {
        string mode = _choices.Next(4) switch { 0 => "truncate", 1 => "persist", _ => "wal" };
        try
        {
            bool isSwitched = _connection.QueryTexts("PRAGMA journal_mode=" + mode) is [var (answer, _)] && answer == mode;
            _ledger.Add(_slot, isSwitched ? Entry.Chores : Entry.PutOff);
        }
        catch (SqliteException e) when (e.PrimaryCode is SqliteNative.Busy or SqliteNative.Locked)
        {
            // SQLite leaves a log only when nobody else has the database open, and does not wait for that.
            _ledger.Add(_slot, Entry.PutOff);
        }
    }

    private void Reopen()
    {
        _connection.Dispose();
        if (_habit == WriterHabit.Replace && _number % 20 == 0)
        {
            File.Copy(_path, _path + ".new", overwrite: true);
            File.Move(_path + ".new", _path, overwrite: true);
            _ledger.Add(_slot, Entry.Chores);
        }

        _connection = Connect();
    }

    private SqliteConnection Connect()
    {
        SqliteConnection connection = Open(_path);
        if (_habit != WriterHabit.Switch && _journalMode != "wal")
        {
            connection.Execute("PRAGMA journal_mode=" + _journalMode);
        }

        if (_habit == WriterHabit.Large)
        {
            // Dirty pages go to the file or the log before the commit.
            connection.Execute("PRAGMA cache_size=20");
        }

        return connection;
    }

    private void Guarded(Action action)
    {
        try
        {
            action();
        }
        catch (SqliteException e)
        {
            _ledger.Add(_slot, Entry.Failures);
            Console.Error.WriteLine($"{_habit}: {e.Code} {e.Message}");
            try
            {
                _connection.Execute("ROLLBACK");
            }
            catch (SqliteException)
            {
                // There was none to roll back.
            }
        }
    }
}
