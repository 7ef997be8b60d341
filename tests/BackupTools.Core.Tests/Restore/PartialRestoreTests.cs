using BackupTools.Core.Restore;
using BackupTools.Core.Snapshots;

namespace BackupTools.Core.Tests.Restore;

/// <summary>Restores of a part of a tree, or over a part of one.</summary>
public sealed class PartialRestoreTests : IDisposable
{
    private readonly RestoreScene _scene = new();

    public void Dispose() => _scene.Dispose();

    [Fact]
    public void An_overlay_keeps_what_the_snapshot_lacks_and_what_it_replaces()
    {
        string source = _scene.MakeTree("state", ("a/both", "new"), ("a/added/deep", "new"), ("turns", "file"), ("d/x", "in directory"));
        StoredSnapshot snapshot = _scene.Take(source);
        string target = _scene.MakeTree("target", ("a/both", "old"), ("a/mine", "old"), ("turns/into", "old"), ("d", "old file"), ("rest", "old"));

        RestoreResult result = _scene.Restore(snapshot, target, request => request with { Overlay = true });

        Assert.Equal("new", File.ReadAllText(Path.Join(target, "a/both")));
        Assert.Equal("new", File.ReadAllText(Path.Join(target, "a/added/deep")));
        Assert.Equal("old", File.ReadAllText(Path.Join(target, "a/mine")));
        Assert.Equal("file", File.ReadAllText(Path.Join(target, "turns")));
        Assert.Equal("in directory", File.ReadAllText(Path.Join(target, "d/x")));
        Assert.Equal("old", File.ReadAllText(Path.Join(target, "rest")));
        string safety = result.Previous!;
        Assert.Equal("old", File.ReadAllText(Path.Join(safety, "a/both")));
        Assert.Equal("old", File.ReadAllText(Path.Join(safety, "turns/into")));
        Assert.Equal("old file", File.ReadAllText(Path.Join(safety, "d")));
        Assert.Equal(["a", "d", "turns"], RestoreScene.Names(safety));
        Assert.Equal(["both"], RestoreScene.Names(Path.Join(safety, "a")));
        Assert.Equal(Directory.GetLastWriteTimeUtc(Path.Join(source, "a")), Directory.GetLastWriteTimeUtc(Path.Join(target, "a")));
    }

    [Fact]
    public void An_overlay_takes_names_as_long_as_the_system_does()
    {
        // With the suffix of a database's sidecar such a name is too long for any file.
        string name = new('n', 255);
        string source = _scene.MakeTree("state", (name, "new"));
        StoredSnapshot snapshot = _scene.Take(source);
        string target = _scene.MakeTree("target", (name, "old"));

        RestoreResult result = _scene.Restore(snapshot, target, request => request with { Overlay = true });

        Assert.Equal("new", File.ReadAllText(Path.Join(target, name)));
        Assert.Equal("old", File.ReadAllText(Path.Join(result.Previous!, name)));
    }

    [Fact]
    public void An_overlay_of_many_files_is_exact()
    {
        string source = _scene.MakeTree("state", [.. Enumerable.Range(0, 1500).Select(i => ($"d{i % 7}/f{i}", $"new {i}"))]);
        StoredSnapshot snapshot = _scene.Take(source);
        string target = _scene.MakeTree("target", [.. Enumerable.Range(0, 1500).Where(i => i % 3 == 0).Select(i => ($"d{i % 7}/f{i}", $"old {i}"))]);
        string old = RestoreScene.Describe(target);

        RestoreResult result = _scene.Restore(snapshot, target, request => request with { Overlay = true });

        Assert.Equal(RestoreScene.Describe(source), RestoreScene.Describe(target));
        Assert.Equal(RestoreScene.FilesOf(old), RestoreScene.FilesOf(RestoreScene.Describe(result.Previous!)));
    }

    [Fact]
    public void A_part_is_restored_with_the_directories_above_it()
    {
        string source = _scene.MakeTree("state", ("a/b/wanted.txt", "1"), ("a/b/other.bin", "2"), ("c/also.txt", "3"), ("d/no.bin", "4"));
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(Path.Join(source, "a"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        StoredSnapshot snapshot = _scene.Take(source);
        string target = _scene["part"];

        RestoreResult result = _scene.Restore(snapshot, target, request => request with { Include = ["*.txt"] });

        Assert.Equal(["a", "c"], RestoreScene.Names(target));
        Assert.Equal(["wanted.txt"], RestoreScene.Names(Path.Join(target, "a", "b")));
        Assert.Equal(2, result.EntryCount);
        Assert.Equal(2, result.Bytes);
        Assert.Equal(Directory.GetLastWriteTimeUtc(Path.Join(source, "a")), Directory.GetLastWriteTimeUtc(Path.Join(target, "a")));
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(File.GetUnixFileMode(Path.Join(source, "a")), File.GetUnixFileMode(Path.Join(target, "a")));
        }
    }

    [Fact]
    public void A_part_onto_a_standing_tree_needs_an_overlay()
    {
        string source = _scene.MakeTree("state", ("a/one", "1"), ("a/two", "2"));
        StoredSnapshot snapshot = _scene.Take(source);
        File.WriteAllText(Path.Join(source, "a/one"), "changed");
        File.WriteAllText(Path.Join(source, "a/two"), "changed");

        Assert.Equal(ErrorId.TargetExists, _scene.RestoreFails(snapshot.SnapshotPath, source, request => request with { Include = ["one"] }));
        Assert.Equal("changed", File.ReadAllText(Path.Join(source, "a/one")));

        RestoreResult result = _scene.Restore(snapshot, source, request => request with { Include = ["one"], Overlay = true });
        Assert.Equal("1", File.ReadAllText(Path.Join(source, "a/one")));
        Assert.Equal("changed", File.ReadAllText(Path.Join(source, "a/two")));
        Assert.Equal("changed", File.ReadAllText(Path.Join(result.Previous!, "a/one")));
    }

    [Fact]
    public void A_pattern_that_fits_nothing_is_an_error()
    {
        StoredSnapshot snapshot = _scene.Take(_scene.MakeTree("state", ("a/one", "1")));
        Assert.Equal(
            ErrorId.NothingToRestore,
            _scene.RestoreFails(snapshot.SnapshotPath, _scene["part"], request => request with { Include = ["*.typo"] }));
        Assert.False(Directory.Exists(_scene["part"]));
    }

    [SkippableFact]
    public void A_part_holds_the_content_of_hard_links_whose_first_name_is_not_in_it()
    {
        Skip.If(OperatingSystem.IsWindows(), "hard links are made by ln");
        string source = _scene.MakeTree("state", ("a/first", "shared"), ("b/x", "x"));
        RestoreScene.Shell("ln", Path.Join(source, "a", "first"), Path.Join(source, "b", "later"));
        RestoreScene.Shell("ln", Path.Join(source, "a", "first"), Path.Join(source, "b", "last"));
        StoredSnapshot snapshot = _scene.Take(source);

        RestoreResult result = _scene.Restore(snapshot, _scene["part"], request => request with { Include = ["b"] });

        Assert.Equal(["last", "later", "x"], RestoreScene.Names(_scene["part", "b"]));
        Assert.Equal("shared", File.ReadAllText(_scene["part", "b", "later"]));
        Assert.Equal("2", RestoreScene.Shell("stat", "-c", "%h", _scene["part", "b", "last"]).Trim());
        Assert.True(result.Verified);
    }
}
