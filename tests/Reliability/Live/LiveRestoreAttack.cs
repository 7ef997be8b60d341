using System.Diagnostics;

namespace BackupTools.Reliability.Live;

/// <summary>
/// Restores onto a database while a process has it open, idle or writing: refused, and nothing changed; and done as soon
/// as nobody has.
/// </summary>
internal sealed class LiveRestoreAttack : IAttack
{
    private const string Kind = "restore onto an open database";

    public string Name => "live-restore";

    public IReadOnlyList<int> Invariants => [5, 6];

    public bool IsSequential => true;

    public void Run(AttackRun run)
    {
        foreach (string journalMode in run.Dose.Choose<string[]>(["wal"], ["wal", "delete"], ["wal", "delete"]))
        {
            run.Case(Kind, journalMode + ", writing", () => Attack(run.Seed, journalMode, Write));
            run.Case(Kind, journalMode + ", idle", () => Attack(run.Seed, journalMode, static (scene, _, attack) => Hold(scene, "PRAGMA user_version;", attack)));
            run.Case(Kind, journalMode + ", in a read transaction", () => Attack(
                run.Seed, journalMode, static (scene, _, attack) => Hold(scene, "BEGIN; SELECT count(*) FROM credit;", attack)));
        }
    }

    private static void Attack(int seed, string journalMode, Action<LiveScene, LiveDatabase, Action> withUser)
    {
        using LiveScene scene = new(seed);
        LiveDatabase database = scene.Add("app.db", journalMode, 500, WriterHabit.Small);
        Command.Run(scene.Source, "new", "app.db", "--to", scene["store"]).Expect(0);
        database.Start();
        database.WaitForCommits(50, CancellationToken.None);
        withUser(scene, database, () =>
        {
            string inode = Inode(database.Path);
            CommandResult refused = Command.Run(scene.Source, "restore", scene["store"], "--to", database.Path, "--json").Expect(1);
            Assert.Equal("TargetInUse", Assert.Single(refused.Objects).GetProperty("error_id").GetString());
            Assert.Equal(inode, Inode(database.Path));
            Assert.Empty(Directory.GetFiles(scene.Source, "*.pre-restore-*"));
            Assert.Empty(Directory.GetFiles(scene.Source, ".*"));
        });
        long[] commits = LedgerSchema.Check(database.Path);
        Assert.True(commits[0] >= 50, "The refused restore took commits away.");
        Command.Run(scene.Source, "restore", scene["store"], "--to", database.Path).Expect(0);
        Assert.Equal(0, LedgerSchema.Check(database.Path)[0]);
        string kept = Assert.Single(Directory.GetFiles(scene.Source, "app.pre-restore-*.db"));
        Assert.Equal(commits, LedgerSchema.Check(kept));
    }

    private static void Write(LiveScene scene, LiveDatabase database, Action attack)
    {
        attack();
        database.WaitForCommits(database.Commits + 10, CancellationToken.None);
        database.Stop();
        database.CheckWriters();
    }

    private static void Hold(LiveScene scene, string statement, Action attack)
    {
        scene.Databases[0].Stop();
        Skip.IfNot(Tool.Runs("sqlite3", "-version"), "Needs sqlite3, to hold a database open.");
        using Process holder = Process.Start(new ProcessStartInfo("sqlite3", [scene.Databases[0].Path])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        holder.StandardInput.WriteLine(statement);
        holder.StandardInput.Flush();
        holder.StandardOutput.ReadLine();
        try
        {
            attack();
        }
        finally
        {
            holder.StandardInput.Close();
            holder.WaitForExit();
        }
    }

    private static string Inode(string path) => Tool.Run("stat", ["--format=%i", path]);
}
