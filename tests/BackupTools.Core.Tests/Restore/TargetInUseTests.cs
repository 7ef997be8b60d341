using System.Diagnostics;
using BackupTools.Core.Snapshots;
using BackupTools.Core.Sources.Sqlite;

namespace BackupTools.Core.Tests.Restore;

/// <summary>Targets that other processes, or this one, have open.</summary>
public sealed class TargetInUseTests : IDisposable
{
    private readonly RestoreScene _scene = new();

    public void Dispose() => _scene.Dispose();

    [SkippableFact]
    public void A_database_that_another_process_holds_open_is_refused_with_its_name()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "only Linux tells who holds a file open");
        string source = _scene.MakeDatabase("app.db", 10, wal: true);
        StoredSnapshot snapshot = _scene.Take(source);
        using Process holder = Hold(source);
        try
        {
            BackupException error = Assert.Throws<BackupException>(() => _scene.Restore(snapshot, source));
            Assert.Equal(ErrorId.TargetInUse, error.Id);
            Assert.Contains("sleep", error.Message, StringComparison.Ordinal);
            Assert.Contains($"process {holder.Id}", error.Message, StringComparison.Ordinal);
            Assert.Equal(["app.db", "backups"], RestoreScene.Names(_scene[""]));

            Assert.NotNull(_scene.Restore(snapshot, source, request => request with { Force = true }).Previous);
            Assert.Single(_scene.Observer.Warnings, warning => warning.Contains($"process {holder.Id}", StringComparison.Ordinal));
        }
        finally
        {
            holder.Kill();
        }
    }

    [SkippableFact]
    public void A_database_that_this_session_has_open_is_refused_and_its_locks_stay()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "the lock table of Linux is looked at");
        string source = _scene.MakeDatabase("app.db", 10);
        StoredSnapshot snapshot = _scene.Take(source);
        using SqliteConnection other = TestDatabase.Open(source);
        other.Execute("BEGIN EXCLUSIVE");
        string inode = ":" + RestoreScene.Shell("stat", "-c", "%i", source).Trim() + " ";
        Assert.Contains(inode, File.ReadAllText("/proc/locks"), StringComparison.Ordinal);

        Assert.Equal(ErrorId.DatabaseOpenInThisSession, _scene.RestoreFails(snapshot.SnapshotPath, source));

        Assert.Contains(inode, File.ReadAllText("/proc/locks"), StringComparison.Ordinal);
    }

    [SkippableTheory]
    [InlineData("app.db")]
    [InlineData("app.db-wal")]
    public void A_tree_with_a_database_in_use_is_refused(string held)
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "only Linux tells who holds a file open");
        string source = _scene.MakeTree("state", ("sub/note", "n"));
        string database = _scene.MakeCrashed("crashed.db", 3, 2);
        foreach (string suffix in (string[])["", "-wal", "-shm"])
        {
            File.Move(database + suffix, Path.Join(source, "sub", "app.db") + suffix);
        }

        StoredSnapshot snapshot = _scene.Take(source);
        string before = RestoreScene.Describe(source);
        using Process holder = Process.Start(
            new ProcessStartInfo("sh", ["-c", "exec 3<\"$1\"; echo ready; cat", "sh", Path.Join(source, "sub", held)])
            {
                RedirectStandardOutput = true,
                RedirectStandardInput = true,
            })!;
        Assert.Equal("ready", holder.StandardOutput.ReadLine());

        BackupException error = Assert.Throws<BackupException>(() => _scene.Restore(snapshot, source));
        Assert.Equal(ErrorId.TargetInUse, error.Id);
        Assert.Contains("process ", error.Message, StringComparison.Ordinal);
        Assert.Equal(before, RestoreScene.Describe(source));

        // Another path to the same place hides nothing.
        Directory.CreateSymbolicLink(_scene["way"], _scene[""]);
        Assert.Equal(ErrorId.TargetInUse, _scene.RestoreFails(snapshot.SnapshotPath, _scene["way", "state"]));

        holder.StandardInput.Close();
        holder.WaitForExit();
        Assert.NotNull(_scene.Restore(snapshot, source).Previous);
    }

    private static Process Hold(string path)
    {
        ProcessStartInfo start = new("sh", ["-c", "exec 3<\"$1\"; echo ready; exec sleep 600", "sh", path]) { RedirectStandardOutput = true };
        Process process = Process.Start(start)!;
        Assert.Equal("ready", process.StandardOutput.ReadLine());
        while (File.ReadAllText($"/proc/{process.Id}/comm") != "sleep\n")
        {
            Thread.Yield();
        }

        return process;
    }
}
