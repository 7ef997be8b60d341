using System.Text.Json;
using BackupTools.Reliability.Faults.Scenes;
using BackupTools.Reliability.Hostile;

namespace BackupTools.Reliability.Places;

/// <summary>File systems that have no locks, or cannot sync a directory: what they answer is put in place of the kernel's answer.</summary>
internal static class LackingCalls
{
    private const string Kind = "calls that a file system lacks";

    public static void Run(AttackRun run)
    {
        if (!OperatingSystem.IsLinux() || !Tool.Runs("strace", "-V"))
        {
            run.Skip(Kind, "It needs strace, on Linux.");
            return;
        }

        foreach (string error in (string[])["EOPNOTSUPP", "ENOSYS", "ENOLCK"])
        {
            run.Case(Kind, $"flock says {error}", () => NoLocks(error));
        }

        run.Case(Kind, "fsync of a directory says EINVAL", NoDirectorySync);
        run.Case(Kind, "modes and links say EPERM", NoModesAndLinks);
    }

    // Writers refuse; readers go without.
    private static void NoLocks(string error)
    {
        using Arena arena = new();
        Materials.ClosedDatabase(arena["app.db"], 10, "delete");
        arena.Run("new", "app.db", "--to", "store").Expect(0);
        TreeImage before = TreeImage.Of(arena["store"]);
        string inject = $"inject=flock:error={error}";
        foreach (string[] writer in (string[][])[["new", "app.db", "--to", "store", "--json"], ["prune", "store", "--keep-last", "1", "--json"]])
        {
            CommandResult refused = Trace(arena, inject, "flock", writer).Expect(1);
            Assert.Equal("LockNotSupported", refused.Objects[0].GetProperty("error_id").GetString());
            before.AssertSame(TreeImage.Of(arena["store"]), "the store");
        }

        Trace(arena, inject, "flock", "verify", "store").Expect(0);
        Trace(arena, inject, "flock", "restore", "store", "--to", "restored.db").Expect(0);
        Materials.AssertContent(arena["restored.db"], 10);
    }

    private static void NoDirectorySync()
    {
        using Arena arena = new();
        Materials.ClosedDatabase(arena["app.db"], 10, "delete");
        Directory.CreateDirectory(arena["store"]);
        string[] directories = [arena["store"], arena.Path];
        string[] inject = ["inject=fsync:error=EINVAL", .. directories.SelectMany(static path => (string[])["-P", path])];
        for (int i = 0; i < 2; i++)
        {
            JsonElement made = Trace(arena, inject, "fsync", "new", "app.db", "--to", "store", "--keep", "1", "--json").Expect(0).Objects[0];
            Assert.Equal("app", made.GetProperty("name").GetString());
        }

        StoreState state = StoreState.Read(arena["store"]);
        Assert.Single(state.Snapshots);
        state.AssertSound();
        state.AssertTidy();
        for (int i = 0; i < 2; i++)
        {
            Trace(arena, inject, "fsync", "restore", "store", "--to", "restored.db").Expect(0);
        }

        Materials.AssertContent(arena["restored.db"], 10);
    }

    // As vfat does, which no kernel has to have.
    private static void NoModesAndLinks()
    {
        using Arena arena = new();
        TargetCases.MakeTree(arena["source"]);
        Materials.ClosedDatabase(arena["app.db"], 10, "delete");
        const string calls = "fchmod,symlinkat,linkat,renameat2";
        string[] inject = ["inject=fchmod,symlinkat,linkat:error=EPERM", "-e", "inject=renameat2:error=EINVAL"];
        Trace(arena, inject, calls, "new", "source", "app.db", "--to", "store").Expect(0);
        arena.Run("verify", "store", "--level", "rehearse").Expect(0);
        for (int i = 0; i < 2; i++)
        {
            CommandResult restored = Trace(arena, inject, calls, "restore", "store", "--name", "source", "--to", "target").Expect(3);
            Assert.All(["The mode of", "2 symbolic links", "hard links"], told => Assert.Contains(told, restored.Error, StringComparison.Ordinal));
            TargetCases.AssertContent(arena["target"]);
            CommandResult database = Trace(arena, inject, calls, "restore", "store", "--name", "app", "--to", "restored.db").Expect(0);
            Assert.Contains("mode of the restored database", database.Error, StringComparison.Ordinal);
            Materials.AssertContent(arena["restored.db"], 10);
        }

        TargetCases.AssertContent(Directory.GetDirectories(arena.Path, "target.pre-restore-*").Single());
        Tool.Run("chmod", ["711", arena["target"], arena["target", "sub"]]);
        CommandResult overlaid = Trace(arena, inject, calls, "restore", "store", "--name", "source", "--to", "target", "--overlay").Expect(3);
        Assert.Contains("The mode of", overlaid.Error, StringComparison.Ordinal);
        TargetCases.AssertContent(arena["target"]);
        arena.Run("restore", "store", "--name", "source", "--to", "whole").Expect(0);
        TargetCases.AssertSame(arena["source"], arena["whole"]);
    }

    private static CommandResult Trace(Arena arena, string inject, string call, params string[] arguments) =>
        Trace(arena, [inject], call, arguments);

    private static CommandResult Trace(Arena arena, string[] inject, string call, params string[] arguments)
    {
        string log = arena["trace"];
        CommandResult result = Command.RunOther(
            arena.Path,
            "strace",
            ["-f", "-qq", "-o", log, "-e", $"trace={call}", "-e", .. inject, Command.BackupTools, .. arguments]);
        Assert.Contains("INJECTED", File.ReadAllText(log), StringComparison.Ordinal);
        File.Delete(log);
        return result;
    }
}
