using System.Globalization;
using BackupTools.Core.FileSystem;
using BackupTools.Reliability.Faults.Scenes;
using BackupTools.Reliability.Hostile;

namespace BackupTools.Reliability.Places;

/// <summary>Stores on a file system that lacks something.</summary>
internal static class StoreCases
{
    private const string Lock = ".backuptools.lock";

    // Both are kept apart, or refused because no name comes back as it was given.
    public static void TwoSources(Arena arena, MountedImage image, ImageFormat format)
    {
        string store = Path.Join(image.Path, "Store");
        string[] sources = ["App.db", "app.db", "State", "state"];
        Materials.ClosedDatabase(arena[sources[0]], 10, "delete");
        Materials.ClosedDatabase(arena[sources[1]], 20, "delete");
        foreach (string name in sources[2..])
        {
            Directory.CreateDirectory(arena[name]);
            File.WriteAllText(arena[name, "note"], name);
        }

        if (!format.KeepsNames)
        {
            CommandResult refused = arena.Run(["new", .. sources, "--to", store]).Expect(1);
            Assert.Contains("another name", refused.Error, StringComparison.Ordinal);
            Assert.Equal([Lock], Names(store));
            return;
        }

        for (int i = 0; i < 2; i++)
        {
            CommandResult taken = arena.Run(["new", .. sources, "--to", store]).Expect(0);
            Assert.Equal(!format.HasModes, taken.Error.Contains("not private", StringComparison.Ordinal));
        }

        Assert.Equal(8, arena.Run("list", store, "--json").Expect(0).Objects.Count);
        arena.Run("verify", store, "--level", "rehearse").Expect(0);
        arena.Run("prune", store, "--keep-last", "1").Expect(0);
        StoreState state = StoreState.Read(store);
        Assert.Equal(4, state.Snapshots.Count);
        state.AssertSound();
        state.AssertTidy();
        arena.Run("new", "App.db", "--to", store, "--keep", "1").Expect(0);
        for (int i = 0; i < sources.Length; i++)
        {
            arena.Run("restore", store, "--name", Path.GetFileNameWithoutExtension(sources[i]), "--to", $"restored/{i}").Expect(0);
        }

        Materials.AssertContent(arena["restored", "0"], 10);
        Materials.AssertContent(arena["restored", "1"], 20);
        Assert.Equal("State", File.ReadAllText(arena["restored", "2", "note"]));
        Assert.Equal("state", File.ReadAllText(arena["restored", "3", "note"]));
    }

    public static void TwoNames(Arena arena, MountedImage image, ImageFormat format)
    {
        string store = Path.Join(image.Path, "Store");
        (string One, string Other)[] pairs = [("Readme", "README"), ("Dir/x", "dir/y"), ("MIXED/x", "mixed"), ("é", "É")];
        foreach ((string one, string other) in pairs)
        {
            string source = $"source-{one[0]}";
            TargetCases.MakeTwo(arena[source], one, other);
            CommandResult taken = arena.Run("new", source, "--to", store);
            if (!format.IgnoresCase)
            {
                taken.Expect(0);
                continue;
            }

            taken.Expect(1);
            string[] first = [.. new[] { one, other }.Select(static path => path.Split('/')[0])];
            Assert.All(first, name => Assert.Contains(format.KeepsNames ? name : first[0], taken.Error, format.KeepsNames ? StringComparison.Ordinal : StringComparison.OrdinalIgnoreCase));
            Assert.Equal([Lock], Names(store));
        }
    }

    // Workers put them into the payload side by side: none may take another's name.
    public static void ManyDatabases(Arena arena, MountedImage image, ImageFormat format)
    {
        string store = Path.Join(image.Path, "Store");
        Directory.CreateDirectory(arena["source"]);
        for (int i = 0; i < 6; i++)
        {
            string name = string.Create(CultureInfo.InvariantCulture, $"data{i}.db");
            Materials.ClosedDatabase(arena["source", name], 10 + i, "delete");
            Materials.ClosedDatabase(arena["source", name.ToUpperInvariant()], 100 + i, "delete");
        }

        CommandResult taken = arena.Run("new", "source", "--to", store).Expect(format.IgnoresCase ? 1 : 0);
        if (format.IgnoresCase)
        {
            Assert.Equal([Lock], Names(store));
            Assert.False(format.KeepsNames && !taken.Error.Contains("same name", StringComparison.Ordinal), taken.Error);
            return;
        }

        arena.Run("verify", store, "--level", "rehearse").Expect(0);
    }

    public static void Tree(Arena arena, MountedImage image, ImageFormat format)
    {
        string store = Path.Join(image.Path, "Store");
        TargetCases.MakeTree(arena["source"]);
        CommandResult taken = arena.Run("new", "source", "--to", store).Expect(0);
        Assert.Equal(!format.HasModes, taken.Error.Contains("not private", StringComparison.Ordinal));
        arena.Run("verify", store, "--level", "rehearse").Expect(0);
        arena.Run("restore", store, "--to", "target").Expect(0);
        TargetCases.AssertSame(arena["source"], arena["target"]);
    }

    public static void RefusedNames(Arena arena, MountedImage image, ImageFormat format)
    {
        string store = Path.Join(image.Path, "Store");
        foreach (byte[] name in format.Refused)
        {
            TargetCases.MakeNamed(arena, "source", name);
            CommandResult taken = arena.Run("new", "source", "--to", store).Expect(1);
            Assert.Contains("takes no such name", taken.Error, StringComparison.Ordinal);
            Assert.Contains(EntryName.FromBytes(name).Text.Split('\n')[0], taken.Error, StringComparison.Ordinal);
            Assert.Equal([Lock], Names(store));
        }
    }

    // A repository keeps names in its own files: nothing is too much for it.
    public static void Repository(Arena arena, MountedImage image, ImageFormat format)
    {
        string store = Path.Join(image.Path, "Repository");
        RepositoryState.Create(image.Path, "Repository");
        arena.Run("init", Path.Join(image.Path, "Made")).Expect(0);
        TargetCases.MakeTree(arena["source"]);
        File.WriteAllText(arena["source", "NOTE"], "differs in case");
        Materials.ClosedDatabase(arena["LIVE.db"], 10, "delete");
        Materials.ClosedDatabase(arena["live.db"], 20, "delete");
        for (int i = 0; i < 2; i++)
        {
            arena.Run("new", "source", "LIVE.db", "live.db", "--to", store).Expect(0);
        }

        arena.Run("prune", store, "--keep-last", "1").Expect(0);
        StoreState state = StoreState.Read(store);
        Assert.Equal(3, state.Snapshots.Count);
        state.AssertSound(Core.Verification.VerifyLevel.Rehearse);
        state.AssertTidy();
        arena.Run("restore", store, "--name", "LIVE", "--to", "restored.db").Expect(0);
        Materials.AssertContent(arena["restored.db"], 10);
        arena.Run("restore", store, "--name", "source", "--to", "target").Expect(0);
        TargetCases.AssertSame(arena["source"], arena["target"]);
    }

    private static IEnumerable<string> Names(string store) =>
        Directory.EnumerateFileSystemEntries(store).Select(static path => Path.GetFileName(path)!);
}
