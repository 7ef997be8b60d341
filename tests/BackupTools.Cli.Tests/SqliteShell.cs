using System.Diagnostics;
using System.Globalization;

namespace BackupTools.Cli.Tests;

/// <summary>Databases made, changed and read by the sqlite3 shell: another program than the one under test.</summary>
internal static class SqliteShell
{
    private static readonly Lazy<bool> s_exists = new(() =>
    {
        try
        {
            using Process process = Process.Start(new ProcessStartInfo("sqlite3", ["-version"]) { RedirectStandardOutput = true })!;
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    });

    public static void SkipWhereMissing() => Skip.IfNot(s_exists.Value, "the sqlite3 shell is not installed");

    /// <summary>Makes a database of two accounts whose sum never changes, and a table of events.</summary>
    public static void CreateAccounts(TemporaryDirectory directory, string path, string journalMode = "wal") => Run(
        directory,
        path,
        $"PRAGMA journal_mode={journalMode};" +
        "CREATE TABLE account(id INTEGER PRIMARY KEY, amount INTEGER NOT NULL);" +
        "INSERT INTO account VALUES (1, 400), (2, 600);" +
        "CREATE TABLE event(id INTEGER PRIMARY KEY, what TEXT NOT NULL);" +
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)" +
        " INSERT INTO event(what) SELECT hex(randomblob(40)) FROM n;");

    public static string Run(TemporaryDirectory directory, string path, string sql) =>
        BackupToolsProcess.RunOther(directory, "sqlite3", "-bail", "-cmd", ".timeout 20000", path, sql).Expect(0).Output.Trim();

    public static long Number(TemporaryDirectory directory, string path, string sql) =>
        long.Parse(Run(directory, path, sql), CultureInfo.InvariantCulture);

    /// <summary>All of a database's content as text; the file itself is left alone.</summary>
    public static string Dump(TemporaryDirectory directory, string path)
    {
        string copy = directory[$"dump-{Guid.NewGuid():N}.db"];
        foreach (string suffix in (string[])["", "-wal"])
        {
            if (File.Exists(path + suffix))
            {
                File.Copy(path + suffix, copy + suffix);
            }
        }

        return Run(directory, copy, ".dump");
    }
}

/// <summary>Another process that commits to a database of accounts all the time.</summary>
internal sealed class LiveWriter : IDisposable
{
    private readonly Process _process;
    private readonly Thread _feeder;
    private readonly Task<string> _error;
    private volatile bool _stop;

    public LiveWriter(TemporaryDirectory directory, string path)
    {
        long before = SqliteShell.Number(directory, path, "SELECT count(*) FROM event");
        _process = Process.Start(new ProcessStartInfo("sqlite3", ["-bail", path])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        _process.OutputDataReceived += (_, _) => { };
        _process.BeginOutputReadLine();
        _error = _process.StandardError.ReadToEndAsync();
        _feeder = new Thread(Feed);
        _feeder.Start();
        while (SqliteShell.Number(directory, path, "SELECT count(*) FROM event") == before)
        {
            Assert.False(_process.HasExited, "the writer ended");
        }
    }

    /// <summary>Ends the writer; every commit must have succeeded.</summary>
    public void Dispose()
    {
        _stop = true;
        _feeder.Join();
        _process.WaitForExit();
        Assert.Equal(string.Empty, _error.Result);
        Assert.Equal(0, _process.ExitCode);
        _process.Dispose();
    }

    private void Feed()
    {
        using StreamWriter input = _process.StandardInput;
        try
        {
            input.WriteLine(".timeout 20000");
            while (!_stop)
            {
                input.WriteLine(
                    "BEGIN IMMEDIATE; UPDATE account SET amount = amount - 7 WHERE id = 1;" +
                    "INSERT INTO event(what) VALUES ('moved'); UPDATE account SET amount = amount + 7 WHERE id = 2; COMMIT;");
                input.Flush();
            }
        }
        catch (IOException)
        {
            // The writer ended by itself; its error tells why.
        }
    }
}
