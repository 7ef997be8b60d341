using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace BackupTools.Reliability.Live;

/// <summary>A database with its writers, each a process of its own.</summary>
internal sealed class LiveDatabase : IDisposable
{
    /// <summary>The journal mode of a database whose writer switches it.</summary>
    public const string Switched = "switched";

    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(10);

    private readonly string _ledgerPath;
    private readonly Ledger _ledger;
    private readonly int _seed;
    private readonly WriterHabit[] _habits;
    private readonly Process?[] _processes;
    private readonly StringBuilder _errors = new();

    /// <summary>Makes the database; <see cref="Start"/> starts its writers.</summary>
    /// <param name="path">Full path.</param>
    /// <param name="ledgerPath">A file for the writers' numbers, elsewhere.</param>
    /// <param name="journalMode">Its journal mode, in lower case, or <see cref="Switched"/>.</param>
    /// <param name="seed">What the writers' choices begin with.</param>
    /// <param name="rows">Rows of a kilobyte to begin with.</param>
    /// <param name="habits">A writer for each.</param>
    public LiveDatabase(string path, string ledgerPath, string journalMode, int seed, int rows, params WriterHabit[] habits)
    {
        Path = path;
        JournalMode = journalMode;
        _ledgerPath = ledgerPath;
        _seed = seed;
        _habits = habits;
        _processes = new Process?[habits.Length];
        LedgerSchema.Create(path, journalMode == Switched ? "wal" : journalMode, rows);
        _ledger = new Ledger(ledgerPath);
    }

    public string Path { get; }

    public string JournalMode { get; }

    /// <summary>Whether snapshots are being taken: what writers note is kept apart by it.</summary>
    public bool IsBeside
    {
        set => _ledger.IsBeside = value;
    }

    /// <summary>All transactions that were confirmed.</summary>
    public long Commits => Acknowledged().Sum();

    /// <summary>What all writers say, the largest of them.</summary>
    public long Largest(Entry entry) => Enumerable.Range(0, _habits.Length).Max(writer => _ledger[writer, entry]);

    /// <summary>What all writers say, together.</summary>
    public long Total(Entry entry) => Enumerable.Range(0, _habits.Length).Sum(writer => _ledger[writer, entry]);

    /// <summary>What the first writer says.</summary>
    public long First(Entry entry) => _ledger[0, entry];

    /// <summary>Starts the writers, and waits until each has the database open.</summary>
    public void Start()
    {
        _ledger.IsStopped = false;
        for (int slot = 0; slot < _habits.Length; slot++)
        {
            _processes[slot] = StartWriter(slot);
        }

        foreach (Process? process in _processes)
        {
            AwaitReady(process!);
        }
    }

    /// <summary>Kills one writer wherever it stands, and starts it again: it goes on from its last commit.</summary>
    public void Restart(int slot)
    {
        Process process = _processes[slot]!;
        process.Kill();
        process.WaitForExit();
        process.Dispose();
        _processes[slot] = StartWriter(slot);
        AwaitReady(_processes[slot]!);
    }

    /// <summary>Numbers of the last confirmed transactions: a snapshot that begins now holds at least these.</summary>
    public long[] Acknowledged() => Read(Entry.Acknowledged);

    /// <summary>Numbers of the last begun transactions: a snapshot that has ended holds no later ones.</summary>
    public long[] Begun() => Read(Entry.Begun);

    /// <summary>Waits until the writers together have committed so often.</summary>
    public void WaitForCommits(long count, CancellationToken cancellation) => Wait(() => Commits >= count, cancellation);

    /// <summary>Waits until the writer of large transactions is in the middle of one.</summary>
    public void WaitForMidway(CancellationToken cancellation)
    {
        int large = Array.IndexOf(_habits, WriterHabit.Large);
        Wait(() => _ledger[large, Entry.IsMidway] != 0, cancellation);
    }

    /// <summary>Kills all writers.</summary>
    public void Kill()
    {
        // All at once: one that goes on would recover at once what another left.
        foreach (Process? process in _processes)
        {
            process!.Kill();
        }

        End();
    }

    /// <summary>Ends the writers as an application ends, each after at least one transaction.</summary>
    public void Stop()
    {
        Wait(() => Acknowledged().All(static commits => commits > 0), CancellationToken.None);
        _ledger.IsStopped = true;
        foreach (Process? process in _processes)
        {
            Assert.True(process!.WaitForExit(s_patience), "A writer does not end.");
            Assert.Equal(0, process.ExitCode);
        }

        End();
    }

    /// <summary>Fails where any statement of a writer failed.</summary>
    public void CheckWriters()
    {
        lock (_errors)
        {
            Assert.True(Total(Entry.Failures) == 0, $"{Total(Entry.Failures)} statements of writers failed:\n{_errors}");
        }
    }

    /// <summary>Fails unless a copy of the database is one transaction's view from within a time.</summary>
    /// <param name="copy">Full path of the copy.</param>
    /// <param name="notBefore">What was confirmed before.</param>
    /// <param name="notAfter">What was begun afterwards.</param>
    public void Check(string copy, long[] notBefore, long[] notAfter)
    {
        long[] commits = LedgerSchema.Check(copy);
        for (int writer = 0; writer < _habits.Length; writer++)
        {
            Assert.InRange(commits[writer], notBefore[writer], notAfter[writer]);
        }
    }

    public void Dispose()
    {
        foreach (Process? process in _processes)
        {
            if (process is { HasExited: false })
            {
                process.Kill();
                process.WaitForExit();
            }
        }

        End();
        _ledger.Dispose();
    }

    private static void AwaitReady(Process process) => Assert.Equal("ready", process.StandardOutput.ReadLine());

    private static void Wait(Func<bool> condition, CancellationToken cancellation)
    {
        long start = Environment.TickCount64;
        while (!condition())
        {
            cancellation.ThrowIfCancellationRequested();
            Assert.True(Environment.TickCount64 - start < s_patience.TotalMilliseconds, "The writers do not get on.");
            Thread.Sleep(1);
        }
    }

    private Process StartWriter(int slot)
    {
        ProcessStartInfo start = new(
            System.IO.Path.Join(AppContext.BaseDirectory, "reliability"),
            [
                LiveWriter.Command, Path, _ledgerPath, slot.ToString(CultureInfo.InvariantCulture), _habits[slot].ToString(), JournalMode,
                _seed.ToString(CultureInfo.InvariantCulture), (_habits.Length > 1).ToString(),
            ])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        Process process = Process.Start(start)!;
        process.ErrorDataReceived += (_, line) =>
        {
            lock (_errors)
            {
                _errors.AppendLine(line.Data);
            }
        };
        process.BeginErrorReadLine();
        return process;
    }

    private long[] Read(Entry entry) => [.. Enumerable.Range(0, _habits.Length).Select(writer => _ledger[writer, entry])];

    private void End()
    {
        for (int slot = 0; slot < _processes.Length; slot++)
        {
            _processes[slot]?.WaitForExit();
            _processes[slot]?.Dispose();
            _processes[slot] = null;
        }
    }
}
