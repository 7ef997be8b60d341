using BackupTools.Core.Restore;
using BackupTools.Core.Snapshots;

namespace BackupTools.Core.Tests.Restore;

/// <summary>A snapshot, and a target where something else stands, in one of the ways that a restore has to treat apart.</summary>
internal sealed class Situation : IDisposable
{
    private readonly string _kind;
    private readonly string _old;
    private readonly string? _mounted;

    public Situation(string kind)
    {
        _kind = kind;
        bool isDatabase = kind.StartsWith("database", StringComparison.Ordinal);
        Target = Scene[isDatabase ? "target.db" : "target"];
        string source = isDatabase
            ? Scene.MakeDatabase("source.db", 3)
            : Scene.MakeTree("source", ("a/deep/one", "new one"), ("a/same", "new"), ("b", "new b"), ("type", "a file"), ("c/x", "new x"));
        if (!isDatabase)
        {
            TestDatabase.Execute(Path.Join(source, "app"), "CREATE TABLE t(x)", "INSERT INTO t VALUES(1)");
        }

        StoredSnapshot snapshot = Scene.Take(source);
        Request = new RestoreRequest
        {
            Snapshot = snapshot.SnapshotPath,
            Target = Target,
            Overlay = kind.StartsWith("overlay", StringComparison.Ordinal),
        };
        if (kind.EndsWith("mount point", StringComparison.Ordinal))
        {
            Directory.CreateDirectory(Target);
            RestoreScene.Shell("mount", "-t", "tmpfs", "tmpfs", Target);
            _mounted = Target;
        }

        if (kind == "database")
        {
            Scene.MakeDatabase("target.db", 100);
        }
        else if (kind == "database with log")
        {
            Scene.MakeCrashed("target.db", 100, 50);
        }
        else
        {
            Scene.MakeTree("target", ("a/deep/old", "old"), ("a/same", "old"), ("type/inside", "was a directory"), ("only-old", "stays in an overlay"));
            string stale = Scene.MakeCrashed("app.db", 100, 50);
            foreach (string suffix in (string[])["", "-wal", "-shm"])
            {
                File.Move(stale + suffix, Path.Join(Target, "app" + suffix));
            }

            RestoreScene.Shell("touch", "-h", "-d", "2001-02-03T04:05:06.123456789Z", Path.Join(Target, "a", "deep"), Path.Join(Target, "a"), Target);
            RestoreScene.Shell("chmod", "0750", Path.Join(Target, "a"));
        }

        _old = State();
    }

    public RestoreScene Scene { get; } = new();

    public string Target { get; }

    public RestoreRequest Request { get; }

    public static bool IsPossible(string kind) => !kind.EndsWith("mount point", StringComparison.Ordinal)
        || (OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess);

    public void Restore(Action<string> reached) =>
        SnapshotRestorer.Run(
            SnapshotRestorer.Plan(Request, Scene.Observer, CancellationToken.None), Scene.Observer, reached, CancellationToken.None);

    /// <summary>All that the target is: a tree, or a database with its sidecars.</summary>
    public string State()
    {
        if (Directory.Exists(Target))
        {
            // Safety copies within it are no part of it.
            string text = RestoreScene.Describe(Target);
            return string.Join('\n', text.Split('\n').Where(line => !line.Contains(".pre-restore-", StringComparison.Ordinal) && !line.Contains(".backuptools-restore", StringComparison.Ordinal)));
        }

        return RestoreScene.Shell("sh", "-c", "cd \"$1\" && for f in target.db target.db-*; do test -e $f && sha256sum $f && stat -c '%a %u %.9Y' $f; done; true", "sh", Scene[""]);
    }

    /// <summary>All that there is beside the store, so that nothing can hide.</summary>
    public string Everything() => RestoreScene.Shell(
        "sh",
        "-c",
        "cd \"$1\" && find . -path ./backups -prune -o -mindepth 1 -printf '%p|%y|%#m|%T@|%n\\n' | LC_ALL=C sort; find . -path ./backups -prune -o -type f -exec sha256sum {} + | LC_ALL=C sort",
        "sh",
        Scene[""]);

    public string[] Leftovers() =>
        [.. RestoreScene.Names(Scene[""]).Concat(Directory.Exists(Target) ? RestoreScene.Names(Target) : []).Where(static name => name.Contains("backuptools-restore", StringComparison.Ordinal))];

    /// <summary>Oldest first.</summary>
    public string[] SafetyCopies()
    {
        string home = _mounted ?? Scene[""];
        return
        [
            .. RestoreScene.Names(home)
                .Where(static name => name.Contains(".pre-restore-", StringComparison.Ordinal)
                    && !name.EndsWith("-wal", StringComparison.Ordinal)
                    && !name.EndsWith("-shm", StringComparison.Ordinal))
                .OrderBy(static name => name.Replace(".db", string.Empty, StringComparison.Ordinal), StringComparer.Ordinal)
                .Select(name => Path.Join(home, name)),
        ];
    }

    /// <summary>The target is what the snapshot holds, and what stood there first is in the oldest safety copy.</summary>
    public void AssertRestored(string when)
    {
        string safety = SafetyCopies()[0];
        if (_kind.StartsWith("database", StringComparison.Ordinal))
        {
            Assert.Equal("3", RestoreScene.CountLive(Target));
            Assert.Equal(_kind == "database" ? "100" : "150", CountKept(safety));
            return;
        }

        Assert.True(File.ReadAllText(Path.Join(Target, "a", "deep", "one")) == "new one", when);
        Assert.Equal("new", File.ReadAllText(Path.Join(Target, "a", "same")));
        Assert.Equal("a file", File.ReadAllText(Path.Join(Target, "type")));
        Assert.Equal("1", TestDatabase.Scalar(Path.Join(Target, "app"), "SELECT count(*) FROM t"));
        Assert.False(File.Exists(Path.Join(Target, "app-wal")), when);
        Assert.Equal("old", File.ReadAllText(Path.Join(safety, "a", "same")));
        Assert.Equal("was a directory", File.ReadAllText(Path.Join(safety, "type", "inside")));
        Assert.Equal("150", CountKept(Path.Join(safety, "app")));
        Assert.Equal(Request.Overlay, File.Exists(Path.Join(Target, "only-old")));
        Assert.Equal(!Request.Overlay, File.Exists(Path.Join(safety, "only-old")));
        Assert.Equal(Request.Overlay, File.Exists(Path.Join(Target, "a", "deep", "old")));
        if (!Request.Overlay && _mounted is null)
        {
            Assert.Equal(_old, RestoreScene.Describe(safety));
        }
    }

    // Counted in a copy: opening the safety copy itself would write its log back.
    private string CountKept(string database)
    {
        string copy = Scene["count", "kept.db"];
        Directory.CreateDirectory(Scene["count"]);
        foreach (string suffix in (string[])["", "-wal"])
        {
            File.Delete(copy + suffix);
            if (File.Exists(database + suffix))
            {
                File.Copy(database + suffix, copy + suffix);
            }
        }

        string count = RestoreScene.CountLive(copy);
        Directory.Delete(Scene["count"], recursive: true);
        return count;
    }

    public void Dispose()
    {
        if (_mounted is not null)
        {
            RestoreScene.Shell("umount", _mounted);
        }

        Scene.Dispose();
    }
}
