using BackupTools.Core.FileSystem;
using BackupTools.Reliability.Faults.Scenes;
using BackupTools.Reliability.Hostile;

namespace BackupTools.Reliability.Places;

/// <summary>Restores to a file system that lacks something.</summary>
internal static class TargetCases
{
    public static void TwoNames(Arena arena, MountedImage image, ImageFormat format)
    {
        MakeTwo(arena["source"], "Readme", "README");
        arena.Run("new", "source", "--to", "store").Expect(0);
        string target = Path.Join(image.Path, "target");
        CommandResult restored = arena.Run("restore", "store", "--to", target);
        if (!format.IgnoresCase)
        {
            restored.Expect(0);
            Assert.Equal(["README", "Readme"], Directory.GetFiles(target).Select(Path.GetFileName).Order(StringComparer.Ordinal));
            return;
        }

        restored.Expect(1);
        AssertBothTold(restored, format);
        Assert.Empty(Directory.EnumerateFileSystemEntries(image.Path));

        Directory.CreateDirectory(target);
        File.WriteAllText(Path.Join(target, "old"), "as it was");
        foreach (string[] options in (string[][])[[], ["--overlay"]])
        {
            AssertBothTold(arena.Run(["restore", "store", "--to", target, .. options]).Expect(1), format);
            Assert.Equal(["target"], Directory.EnumerateFileSystemEntries(image.Path).Select(Path.GetFileName));
            Assert.Equal(["old"], Directory.EnumerateFileSystemEntries(target).Select(Path.GetFileName));
            Assert.Equal("as it was", File.ReadAllText(Path.Join(target, "old")));
        }

        // One of them alone goes there, and what stands under the other name is kept.
        File.WriteAllText(Path.Join(target, "README"), "stood there");
        arena.Run("restore", "store", "--to", target, "--overlay", "--include", "Readme").Expect(0);
        Assert.Equal("Readme", File.ReadAllText(Path.Join(target, "readme")));
        string safety = Directory.GetDirectories(image.Path, "target.pre-restore-*").Single();
        Assert.Equal("stood there", File.ReadAllText(Path.Join(safety, "readme")));
        Assert.Equal("as it was", File.ReadAllText(Path.Join(target, "old")));
    }

    public static void StandingInOtherCase(Arena arena, MountedImage image, ImageFormat format)
    {
        Materials.ClosedDatabase(arena["app.db"], 70, "wal");
        arena.Run("new", "app.db", "--to", "store").Expect(0);
        Materials.DatabaseWithLog(Path.Join(image.Path, "App.db"), 40);
        arena.Run("restore", "store", "--to", Path.Join(image.Path, "app.db")).Expect(0);
        Materials.AssertContent(Path.Join(image.Path, "app.db"), 70);
        string safety = Directory.GetFiles(image.Path, "*.pre-restore-*").Single(static path => path.EndsWith(".db", StringComparison.Ordinal));
        Assert.False(File.Exists(Path.Join(image.Path, "app.db-wal")), "the old log stands beside the new database");

        // With its log, which a snapshot takes in.
        arena.Run("new", safety, "--to", "kept").Expect(0);
        arena.Run("restore", "kept", "--to", "kept.db").Expect(0);
        Materials.AssertContent(arena["kept.db"], 40);
    }

    public static void Tree(Arena arena, MountedImage image, ImageFormat format)
    {
        MakeTree(arena["source"]);
        arena.Run("new", "source", "--to", "store").Expect(0);
        string target = Path.Join(image.Path, "target");
        for (int i = 0; i < 2; i++)
        {
            CommandResult restored = arena.Run("restore", "store", "--to", target).Expect(format.HasLinks ? 0 : 3);
            Assert.Equal(!format.HasModes, restored.Error.Contains("The mode of", StringComparison.Ordinal));
            Assert.Equal(!format.HasModes && !format.HasLinks, restored.Error.Contains("The owner of", StringComparison.Ordinal));
            Assert.Equal(!format.HasLinks, restored.Error.Contains("symbolic links", StringComparison.Ordinal));
            Assert.Equal(!format.HasLinks, restored.Error.Contains("hard links", StringComparison.Ordinal));
            Assert.Equal(!format.KeepsNames, restored.Error.Contains("changes names", StringComparison.Ordinal));
            AssertContent(target);
        }

        AssertContent(Directory.GetDirectories(image.Path, "target.pre-restore-*").Single());
        File.WriteAllText(Path.Join(target, "note"), "changed");
        arena.Run("restore", "store", "--to", target, "--overlay").Expect(format.HasLinks ? 0 : 3);
        AssertContent(target);
        Assert.Contains(
            Directory.GetDirectories(image.Path, "target.pre-restore-*"),
            static safety => File.ReadAllText(Path.Join(safety, "note")) == "changed");
        Assert.DoesNotContain(Directory.EnumerateFileSystemEntries(image.Path), static path => Path.GetFileName(path).StartsWith('.'));
    }

    public static void RefusedNames(Arena arena, MountedImage image, ImageFormat format)
    {
        foreach (byte[] name in format.Refused)
        {
            MakeNamed(arena, "source", name);
            arena.Run("new", "source", "--to", "store").Expect(0);
            string target = Path.Join(image.Path, "target");
            CommandResult restored = arena.Run("restore", "store", "--to", target).Expect(1);
            Assert.Contains("takes no such name", restored.Error, StringComparison.Ordinal);
            Assert.Empty(Directory.EnumerateFileSystemEntries(image.Path));
        }
    }

    /// <summary>Makes a directory with two files that differ in their names' case.</summary>
    public static void MakeTwo(string source, string one, string other)
    {
        foreach (string path in (string[])[one, other])
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.Join(source, path))!);
            File.WriteAllText(Path.Join(source, path), path);
        }
    }

    /// <summary>Makes a directory with one file, two levels below, of a name that no text need be.</summary>
    public static void MakeNamed(Arena arena, string source, byte[] name)
    {
        Tool.Run("rm", ["-rf", arena[source]]);
        Directory.CreateDirectory(arena[source, "sub"]);
        using DirectoryHandle directory = DirectoryHandle.Open(arena[source, "sub"]);
        using FileHandle file = directory.CreateFile(EntryName.FromBytes(name), 0x180);
        file.Write("content"u8);
    }

    /// <summary>Makes a tree with links of both kinds, a mode and an owner of its own, and databases.</summary>
    public static void MakeTree(string source)
    {
        Directory.CreateDirectory(Path.Join(source, "sub"));
        File.WriteAllText(Path.Join(source, "note"), "Welcome");
        File.WriteAllText(Path.Join(source, "sub", "script"), "run");
        Tool.Run("ln", [Path.Join(source, "note"), Path.Join(source, "sub", "again")]);
        File.CreateSymbolicLink(Path.Join(source, "link"), "note");
        File.CreateSymbolicLink(Path.Join(source, "dangling"), "nowhere");
        Materials.DatabaseWithLog(Path.Join(source, "live.db"), 300);
        Tool.Run("chmod", ["510", Path.Join(source, "sub", "script")]);
        Tool.Run("chown", ["1234:1234", Path.Join(source, "sub", "script")]);
    }

    /// <summary>Fails where a tree did not come back whole; its database has no log then, and more in itself.</summary>
    public static void AssertSame(string source, string target)
    {
        TreeImage.Of(source).Select(WithoutDatabase).AssertSame(TreeImage.Of(target).Select(WithoutDatabase), "what comes back");
        Materials.AssertContent(Path.Join(target, "live.db"), 300);
    }

    /// <summary>Fails where such a tree is not there, but for its symbolic links and metadata.</summary>
    public static void AssertContent(string target)
    {
        Assert.Equal("Welcome", File.ReadAllText(Path.Join(target, "note")));
        Assert.Equal("Welcome", File.ReadAllText(Path.Join(target, "sub", "again")));
        Assert.Equal("run", File.ReadAllText(Path.Join(target, "sub", "script")));
        Materials.AssertContent(Path.Join(target, "live.db"), 300);
    }

    private static string? WithoutDatabase(string path) => path.StartsWith("live.db", StringComparison.Ordinal) ? null : path;

    private static void AssertBothTold(CommandResult result, ImageFormat format)
    {
        Assert.Contains("same name", result.Error, StringComparison.Ordinal);
        Assert.All(["Readme", format.KeepsNames ? "README" : "readme"], name => Assert.Contains(name, result.Error, StringComparison.Ordinal));
    }
}
