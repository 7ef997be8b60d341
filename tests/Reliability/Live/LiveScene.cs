using System.Diagnostics;
using System.Text.Json;
using BackupTools.Reliability.Faults.Scenes;

namespace BackupTools.Reliability.Live;

/// <summary>A directory with live databases, snapshots taken of it, and what they are held against.</summary>
internal sealed class LiveScene : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly List<LiveDatabase> _databases = [];
    private readonly string _before;
    private readonly int _seed;
    private int _count;

    public LiveScene(int seed)
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Compares what stat of GNU tells.");
        _seed = seed;
        Directory.CreateDirectory(Source);
        _before = DescribeSource();
    }

    /// <summary>The directory that runs are started in.</summary>
    public string Path => _directory.Path;

    /// <summary>The directory that writers work in.</summary>
    public string Source => _directory["source"];

    public IReadOnlyList<LiveDatabase> Databases => _databases;

    /// <summary>The longest time that writers had to wait for a copy, in milliseconds; where no journal made them wait, none.</summary>
    public long? LockedMs { get; private set; }

    /// <summary>The longest time that taking a snapshot took.</summary>
    public TimeSpan Slowest { get; private set; }

    public int Snapshots => _count;

    public string this[params string[] parts] => _directory[parts];

    /// <summary>Makes a database in the source.</summary>
    public LiveDatabase Add(string name, string journalMode, int rows, params WriterHabit[] habits)
    {
        string path = System.IO.Path.Join(Source, name);
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        LiveDatabase database = new(path, _directory[$"ledger{_databases.Count}"], journalMode, _seed, rows, habits);
        _databases.Add(database);
        return database;
    }

    /// <summary>Takes a snapshot of one database beside its writers, and fails unless it restores to a sound state of its time.</summary>
    public void SnapshotDatabase(LiveDatabase database, string store, params string[] options)
    {
        long[] notBefore = database.Acknowledged();
        CommandResult made = New([database.Path, "--to", store, .. options]);
        long[] notAfter = database.Begun();
        JsonElement manifest = Assert.Single(made.Objects);
        Assert.Equal("ok", manifest.GetProperty("check").GetProperty("result").GetString());
        JsonElement sqlite = manifest.GetProperty("sqlite");
        Assert.NotEqual("raw", sqlite.GetProperty("capture").GetString());
        if (sqlite.TryGetProperty("locked_ms", out JsonElement locked))
        {
            LockedMs = Math.Max(LockedMs ?? 0, locked.GetInt64());
        }

        string restored = Restore(manifest);
        database.Check(restored, notBefore, notAfter);
        File.Delete(restored);
    }

    /// <summary>Takes a snapshot of the whole directory beside all writers, and fails unless each database in it is sound and of its time.</summary>
    public void SnapshotDirectory(string store)
    {
        long[][] notBefore = [.. _databases.Select(static database => database.Acknowledged())];
        CommandResult made = New([Source, "--to", store]);
        long[][] notAfter = [.. _databases.Select(static database => database.Begun())];
        JsonElement manifest = Assert.Single(made.Objects);
        Assert.Equal("ok", manifest.GetProperty("check").GetProperty("result").GetString());
        Assert.Equal(_databases.Count, manifest.GetProperty("entry_count").GetInt64());
        string restored = Restore(manifest);
        Assert.Equal(
            _databases.Select(database => System.IO.Path.GetRelativePath(Source, database.Path)).Order(StringComparer.Ordinal),
            Directory.EnumerateFiles(restored, "*", SearchOption.AllDirectories)
                .Select(file => System.IO.Path.GetRelativePath(restored, file)).Order(StringComparer.Ordinal));
        for (int i = 0; i < _databases.Count; i++)
        {
            _databases[i].Check(System.IO.Path.Join(restored, System.IO.Path.GetRelativePath(Source, _databases[i].Path)), notBefore[i], notAfter[i]);
        }

        Directory.Delete(restored, recursive: true);
    }

    /// <summary>
    /// Ends the writers, uses each database once more as its application does, and fails where any writer failed or the
    /// source holds a file that the applications did not leave there.
    /// </summary>
    public void End()
    {
        foreach (LiveDatabase database in _databases)
        {
            database.Stop();
        }

        foreach (LiveDatabase database in _databases)
        {
            database.CheckWriters();

            // What a snapshot kept the last writer from removing goes with the next last user.
            using (BackupTools.Core.Sources.Sqlite.SqliteConnection last = LedgerSchema.Open(database.Path))
            {
                last.Execute("UPDATE ballast SET note=x'00' WHERE id=1");
            }

            LedgerSchema.Check(database.Path);
        }

        string[] databases = [.. _databases.Select(static database => database.Path)];
        string[] journals =
        [
            .. _databases.Where(static database => database.JournalMode is "truncate" or "persist" or LiveDatabase.Switched)
                .Select(static database => database.Path + "-journal"),
        ];
        string[] files = Directory.GetFiles(Source, "*", SearchOption.AllDirectories);
        Assert.Empty(files.Except([.. databases, .. journals]));
        Assert.Empty(databases.Except(files));
        Assert.Equal(_before, DescribeSource());
    }

    public void Dispose()
    {
        foreach (LiveDatabase database in _databases)
        {
            database.Dispose();
        }

        _directory.Dispose();
    }

    /// <summary>Kills a run that takes a snapshot after a time, and fails unless the store has one more snapshot or none.</summary>
    /// <returns>Whether it was killed before it had ended.</returns>
    public bool KillSnapshot(LiveDatabase database, string store, TimeSpan after)
    {
        int before = Count(store);
        using Process process = Process.Start(new ProcessStartInfo(
            Command.BackupTools, ["new", database.Path, "--to", _directory[store], "--keep", "0"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        bool ended = process.WaitForExit(after);
        process.Kill();
        process.WaitForExit();
        Assert.InRange(Count(store), ended ? before + 1 : before, before + 1);
        return !ended;
    }

    /// <summary>Fails where anything lies in a store that no snapshot owns.</summary>
    public void CheckNothingPartial(string store) => Assert.Empty(RepositoryState.Is(_directory[store])
        ? RepositoryState.Leftovers(_directory[store])
        : Directory.EnumerateFileSystemEntries(_directory[store], ".partial-*"));

    /// <summary>Makes a repository, or names a folder store that the first run makes.</summary>
    public string MakeStore(bool isRepository)
    {
        if (isRepository)
        {
            RepositoryState.Create(Path, "repository");
        }

        return isRepository ? "repository" : "store";
    }

    /// <summary>Looks at a repository as a whole when all is done: nothing is left in it, and restic finds it sound.</summary>
    public void CheckStore(AttackRun run, string kind, string store)
    {
        if (_count > 0 && RepositoryState.Is(_directory[store]))
        {
            run.Case("the repository after: " + kind, "all", () =>
            {
                CheckNothingPartial(store);
                RepositoryState.AssertSound(_directory[store]);
            });
        }
    }

    private int Count(string store)
    {
        if (!Directory.Exists(_directory[store]))
        {
            return 0;
        }

        IReadOnlyList<JsonElement> listed = Command.Run(_directory.Path, "list", store, "--json").Expect(0).Objects;
        Assert.All(listed, static one => Assert.Equal("complete", one.GetProperty("state").GetString()));
        return listed.Count;
    }

    private CommandResult New(string[] arguments)
    {
        Interlocked.Increment(ref _count);
        long start = Stopwatch.GetTimestamp();
        CommandResult result = Command.Run(_directory.Path, ["new", .. arguments, "--keep", "2", "--json"]);
        TimeSpan elapsed = Stopwatch.GetElapsedTime(start);
        Slowest = elapsed > Slowest ? elapsed : Slowest;
        return result.Expect(0);
    }

    private string Restore(JsonElement manifest)
    {
        string restored = _directory[$"restored-{Guid.NewGuid():N}"];
        Command.Run(_directory.Path, "restore", manifest.GetProperty("snapshot_path").GetString()!, "--to", restored).Expect(0);
        return restored;
    }

    // Writers change its time.
    private string DescribeSource() => Tool.Run("stat", ["--format=%u %g %a %i", Source]);
}
