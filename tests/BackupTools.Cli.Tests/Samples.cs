using System.Text.Json;

namespace BackupTools.Cli.Tests;

/// <summary>Sources and stores that several tests need.</summary>
internal static class Samples
{
    /// <summary>Makes a directory <c>source</c> with a file.</summary>
    public static void Source(TemporaryDirectory directory)
    {
        Directory.CreateDirectory(directory["source", "sub"]);
        File.WriteAllText(directory["source", "note"], "Welcome");
        File.WriteAllText(directory["source", "sub", "leaf"], "green");
    }

    /// <summary>Makes it, and a snapshot of it in the store <c>backups</c>.</summary>
    public static JsonElement Snapshot(TemporaryDirectory directory)
    {
        Source(directory);
        return Assert.Single(BackupToolsProcess.Run(directory, "new", "source", "--to", "backups", "--json").Expect(0).Objects);
    }

    /// <summary>Makes a database that opens, with a page in the middle overwritten.</summary>
    public static void CorruptDatabase(TemporaryDirectory directory, string path)
    {
        SqliteShell.CreateAccounts(directory, path, "delete");
        using FileStream file = File.OpenWrite(directory[path]);
        Assert.True(file.Length > 20 * 4096);
        file.Position = 10 * 4096;
        file.Write(new byte[4096]);
    }

    /// <summary>Locks the store <c>backups</c> as another run would.</summary>
    public static FileStream HoldLock(TemporaryDirectory directory) =>
        new(directory["backups", ".backuptools.lock"], FileMode.Open, FileAccess.ReadWrite, FileShare.None);
}
