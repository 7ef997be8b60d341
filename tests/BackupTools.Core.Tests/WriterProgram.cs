using System.Diagnostics;
using System.Globalization;
using BackupTools.Core.Sources.Sqlite;

namespace BackupTools.Core.Tests;

/// <summary>
/// What runs when this assembly is started as a program: a writer that moves amounts between two tables, one
/// transaction after the other, until its standard input ends. The sum over both tables never changes.
/// </summary>
internal static class WriterProgram
{
    /// <summary>The sum over both tables at any commit.</summary>
    public const int Sum = 20_000;

    private const int Accounts = 100;

    /// <summary>Makes a database for the writer.</summary>
    public static void CreateDatabase(string path, string journalMode) => TestDatabase.Execute(
        path,
        $"PRAGMA journal_mode={journalMode}",
        "CREATE TABLE credit(id INTEGER PRIMARY KEY, amount INT)",
        "CREATE TABLE debit(id INTEGER PRIMARY KEY, amount INT)",
        "CREATE TABLE log(id INTEGER PRIMARY KEY, note TEXT)",
        $"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<{Accounts}) INSERT INTO credit SELECT i, 100 FROM n",
        "INSERT INTO debit SELECT id, 100 FROM credit",
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<3000) INSERT INTO log SELECT i, hex(randomblob(500)) FROM n");

    private static int Main(string[] arguments)
    {
        return arguments switch
        {
            ["write", var path] => Write(path, WriterHabit.KeepOpen),
            ["reopen", var path] => Write(path, WriterHabit.Reopen),
            ["replace", var path] => Write(path, WriterHabit.Replace),
            ["probe", var path] => Probe(path),
            ["hold", var path] => Hold(path),
            ["restore", .. var rest] => Restore.DyingRestore.Run(rest),
            [Sources.Sqlite.DamagedDisk.Command, .. var rest] => Sources.Sqlite.DamagedDisk.Run(rest),
            _ => 2,
        };
    }

    /// <summary>Keeps a database for itself, as its own settings can say, until standard input ends.</summary>
    private static int Hold(string path)
    {
        using SqliteConnection connection = TestDatabase.Open(path);
        connection.Execute("PRAGMA locking_mode=EXCLUSIVE");
        connection.Execute("INSERT INTO log(note) VALUES('held')");
        Console.WriteLine("writing");
        Console.In.ReadToEnd();
        return 0;
    }

    /// <summary>Whether nobody holds a lock that keeps a writer out: 0, or 1 where somebody does.</summary>
    private static int Probe(string path)
    {
        using SqliteConnection connection = TestDatabase.Open(path);
        try
        {
            connection.Execute("BEGIN EXCLUSIVE");
            return 0;
        }
        catch (SqliteException)
        {
            return 1;
        }
    }

    private static int Write(string path, WriterHabit habit)
    {
        bool stop = false;
        Thread input = new(() =>
        {
            Console.In.ReadToEnd();
            Volatile.Write(ref stop, true);
        }) { IsBackground = true };
        input.Start();

        SqliteConnection connection = Open();
        int commits = 0;
        int failures = 0;
        while (!Volatile.Read(ref stop))
        {
            int amount = 1 + (commits % 7);
            int account = 1 + (commits % Accounts);
            try
            {
                connection.Execute("BEGIN IMMEDIATE");
                connection.Execute(string.Create(CultureInfo.InvariantCulture, $"UPDATE credit SET amount=amount-{amount} WHERE id={account}"));
                connection.Execute(string.Create(CultureInfo.InvariantCulture, $"UPDATE debit SET amount=amount+{amount} WHERE id={account}"));
                connection.Execute("INSERT INTO log(note) VALUES(hex(randomblob(200)))");
                connection.Execute("COMMIT");
                commits++;
                connection = Next();
            }
            catch (SqliteException)
            {
                failures++;
            }

            if (commits == 1)
            {
                Console.Out.WriteLine("writing");
            }
        }

        connection.Dispose();
        Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{commits} {failures}"));
        return 0;

        SqliteConnection Open()
        {
            SqliteConnection opened = TestDatabase.Open(path);
            opened.Execute("PRAGMA busy_timeout=120000");
            return opened;
        }

        SqliteConnection Next()
        {
            if (habit == WriterHabit.KeepOpen)
            {
                return connection;
            }

            connection.Dispose();
            if (habit == WriterHabit.Replace && commits % 128 == 0)
            {
                File.Copy(path, path + ".new", overwrite: true);
                File.Move(path + ".new", path, overwrite: true);
            }

            return Open();
        }
    }
}

/// <summary>What an application does with its database after each commit.</summary>
public enum WriterHabit
{
    /// <summary>It keeps it open.</summary>
    KeepOpen,

    /// <summary>It closes it and opens it anew.</summary>
    Reopen,

    /// <summary>The same, and every 128th time it renames a copy onto it before.</summary>
    Replace,
}

/// <summary>The writer as another process.</summary>
internal sealed class WriterProcess : IDisposable
{
    private readonly Process _process;

    private WriterProcess(Process process) => _process = process;

    /// <summary>Starts a writer and waits for its first commit.</summary>
    public static WriterProcess Start(string database, WriterHabit habit = WriterHabit.KeepOpen)
    {
        string command = habit switch
        {
            WriterHabit.Reopen => "reopen",
            WriterHabit.Replace => "replace",
            _ => "write",
        };
        WriterProcess writer = new(Run(command, database));
        Assert.Equal("writing", writer._process.StandardOutput.ReadLine());
        return writer;
    }

    /// <summary>Starts a process that keeps a database for itself.</summary>
    public static WriterProcess Hold(string database)
    {
        WriterProcess holder = new(Run("hold", database));
        Assert.Equal("writing", holder._process.StandardOutput.ReadLine());
        return holder;
    }

    /// <summary>Lets a database go that was kept.</summary>
    public void LetGo()
    {
        _process.StandardInput.Close();
        _process.WaitForExit();
    }

    /// <summary>Whether another process can lock a database to write it.</summary>
    public static bool CanWrite(string database)
    {
        using Process probe = Run("probe", database);
        probe.WaitForExit();
        return probe.ExitCode == 0;
    }

    /// <summary>Ends it and tells how many transactions were committed and how many failed.</summary>
    public (int Commits, int Failures) Stop()
    {
        _process.StandardInput.Close();
        string[] counts = _process.StandardOutput.ReadLine()!.Split(' ');
        _process.WaitForExit();
        return (int.Parse(counts[0], CultureInfo.InvariantCulture), int.Parse(counts[1], CultureInfo.InvariantCulture));
    }

    public void Kill()
    {
        _process.Kill();
        _process.WaitForExit();
    }

    private static Process Run(params string[] arguments) => Process.Start(
        new ProcessStartInfo(
            Environment.ProcessPath is { } host && Path.GetFileNameWithoutExtension(host) == "dotnet" ? host : "dotnet",
            ["exec", typeof(WriterProgram).Assembly.Location, .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            Kill();
        }

        _process.Dispose();
    }
}
