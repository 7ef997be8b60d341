using System.Security.Cryptography;
using BackupTools.Core.Snapshots;
using BackupTools.Core.Tests.Restore;
using BackupTools.Core.Verification;

namespace BackupTools.Core.Tests.Verification;

public sealed class SnapshotVerifierTests : IDisposable
{
    private readonly RestoreScene _scene = new();

    public void Dispose() => _scene.Dispose();

    [Theory]
    [InlineData(VerifyLevel.Manifest)]
    [InlineData(VerifyLevel.Hash)]
    [InlineData(VerifyLevel.Rehearse)]
    public void Sound_snapshots_are_ok_at_every_level_and_nothing_is_left_or_changed(VerifyLevel level)
    {
        StoredSnapshot database = _scene.Take(_scene.MakeDatabase("app.db", 100, wal: true));
        StoredSnapshot tree = _scene.Take(MakeState());
        string before = RestoreScene.Describe(_scene.Store);
        string scratch = _scene.MakeTree("scratch");
        foreach (StoredSnapshot snapshot in (StoredSnapshot[])[database, tree])
        {
            VerifyResult result = SnapshotVerifier.Verify(
                new VerifyRequest { Snapshot = snapshot.SnapshotPath, Level = level, Scratch = scratch }, _scene.Observer, CancellationToken.None).Single();
            Assert.Empty(result.Problems);
            Assert.Equal(VerifyOutcome.Ok, result.Result);
            Assert.Equal(snapshot.SnapshotPath, result.Snapshot);
        }

        Assert.Equal(before, RestoreScene.Describe(_scene.Store));
        Assert.Empty(RestoreScene.Names(scratch));
    }

    [Fact]
    public void A_flipped_byte_is_found_from_the_level_of_hashes_on()
    {
        StoredSnapshot database = _scene.Take(_scene.MakeDatabase("app.db", 1000));
        StoredSnapshot tree = _scene.Take(MakeState());
        RestoreScene.Flip(database.SnapshotPath);
        RestoreScene.Flip(Path.Join(tree.SnapshotPath, "a", "one"));
        foreach (StoredSnapshot snapshot in (StoredSnapshot[])[database, tree])
        {
            Assert.Equal(VerifyOutcome.Ok, _scene.Verify(snapshot, VerifyLevel.Manifest).Result);
            Assert.Equal(VerifyOutcome.Failed, _scene.Verify(snapshot, VerifyLevel.Hash).Result);
            Assert.Equal(VerifyOutcome.Failed, _scene.Verify(snapshot, VerifyLevel.Rehearse).Result);
        }

        Assert.Contains("a/one", Assert.Single(_scene.Verify(tree).Problems), StringComparison.Ordinal);
    }

    [Fact]
    public void All_damaged_files_of_a_tree_are_told_not_only_the_first()
    {
        StoredSnapshot tree = _scene.Take(_scene.MakeTree("state", [.. Enumerable.Range(0, 50).Select(i => ($"f{i:D2}", $"content {i}"))]));
        RestoreScene.Flip(Path.Join(tree.SnapshotPath, "f07"));
        RestoreScene.Flip(Path.Join(tree.SnapshotPath, "f31"));
        foreach (VerifyLevel level in (VerifyLevel[])[VerifyLevel.Hash, VerifyLevel.Rehearse])
        {
            string problems = string.Join('\n', _scene.Verify(tree, level).Problems);
            Assert.Contains("f07", problems, StringComparison.Ordinal);
            Assert.Contains("f31", problems, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Sizes_and_names_are_compared_without_reading()
    {
        StoredSnapshot tree = _scene.Take(MakeState());
        AssertFails(tree, "a/one", payload => File.AppendAllText(Path.Join(payload, "a", "one"), "x"));
        tree = _scene.Take(_scene["state"]);
        AssertFails(tree, "a/one", payload => File.Delete(Path.Join(payload, "a", "one")));
        tree = _scene.Take(_scene["state"]);
        AssertFails(tree, "a/added", payload => File.WriteAllText(Path.Join(payload, "a", "added"), "x"));
        tree = _scene.Take(_scene["state"]);
        AssertFails(tree, "added", payload => Directory.CreateDirectory(Path.Join(payload, "added", "below")));
        tree = _scene.Take(_scene["state"]);
        AssertFails(tree, "empty", payload => Directory.Delete(Path.Join(payload, "empty")));
        StoredSnapshot database = _scene.Take(_scene.MakeDatabase("app.db", 10));
        AssertFails(database, "bytes", payload => File.AppendAllText(payload, "x"));
    }

    [Fact]
    public void A_payload_that_is_gone_fails()
    {
        StoredSnapshot database = _scene.Take(_scene.MakeDatabase("app.db", 10));
        File.Delete(database.SnapshotPath);
        Assert.Equal(VerifyOutcome.Failed, _scene.VerifyAll(database.ManifestPath, VerifyLevel.Manifest).Single().Result);
        StoredSnapshot tree = _scene.Take(MakeState());
        Directory.Delete(tree.SnapshotPath, recursive: true);
        Assert.Equal(VerifyOutcome.Failed, _scene.VerifyAll(tree.ManifestPath, VerifyLevel.Manifest).Single().Result);
    }

    [Fact]
    public void A_changed_listing_fails_at_every_level()
    {
        StoredSnapshot tree = _scene.Take(MakeState());
        string listing = Path.Join(_scene.Store, tree.Manifest.Listing);
        File.WriteAllText(listing, File.ReadAllText(listing).Replace("\"modified\":\"20", "\"modified\":\"19", StringComparison.Ordinal));
        Assert.All(Enum.GetValues<VerifyLevel>(), level => Assert.Equal(VerifyOutcome.Failed, _scene.Verify(tree, level).Result));
    }

    [Fact]
    public void A_rehearsal_finds_counts_that_are_not_the_manifests()
    {
        string source = _scene.MakeDatabase("app.db", 10);
        StoredSnapshot database = _scene.Take(source);
        TestDatabase.Execute(source, "DELETE FROM t WHERE x=5");
        byte[] changed = File.ReadAllBytes(source);
        File.WriteAllBytes(database.SnapshotPath, changed);
        Rewrite(database, database.Manifest.Sha256!, Convert.ToHexStringLower(SHA256.HashData(changed)));
        Assert.Equal(VerifyOutcome.Ok, _scene.Verify(database, VerifyLevel.Hash).Result);

        VerifyResult result = _scene.Verify(database, VerifyLevel.Rehearse);

        Assert.Equal(VerifyOutcome.Failed, result.Result);
        Assert.Equal("the table 't' has 9 rows, the manifest says 10", Assert.Single(result.Problems));

        StoredSnapshot tree = _scene.Take(MakeState());
        Assert.Contains(tree.Manifest.Sections, section => section is { Name: "a", EntryCount: 2 });
        Rewrite(tree, "\"name\": \"a\",\n      \"entry_count\": 2", "\"name\": \"a\",\n      \"entry_count\": 3");
        Assert.Equal(VerifyOutcome.Ok, _scene.Verify(tree, VerifyLevel.Hash).Result);
        Assert.Contains("the section 'a' has 2 entries, the manifest says 3", _scene.Verify(tree, VerifyLevel.Rehearse).Problems);
    }

    [Fact]
    public void A_rehearsal_finds_a_corrupt_database_whose_hash_fits()
    {
        StoredSnapshot database = _scene.Take(_scene.MakeDatabase("app.db", 3000));
        byte[] content = File.ReadAllBytes(database.SnapshotPath);
        content.AsSpan(4096, 2048).Fill(0x5a);
        File.WriteAllBytes(database.SnapshotPath, content);
        Rewrite(database, database.Manifest.Sha256!, Convert.ToHexStringLower(SHA256.HashData(content)));
        Assert.Equal(VerifyOutcome.Ok, _scene.Verify(database, VerifyLevel.Hash).Result);
        VerifyResult result = _scene.Verify(database, VerifyLevel.Rehearse);
        Assert.Equal(VerifyOutcome.Failed, result.Result);
        Assert.Contains(result.Problems, problem => problem.Contains("corrupt", StringComparison.Ordinal));
    }

    [Fact]
    public void A_database_that_was_corrupt_at_its_source_fails()
    {
        string source = _scene.MakeDatabase("app.db", 3000);
        using (FileStream stream = File.OpenWrite(source))
        {
            stream.Position = 4096;
            stream.Write(new byte[2048]);
        }

        StoredSnapshot database = _scene.Take(source);
        Assert.Equal(CheckResult.Corrupt, database.Manifest.Check!.Result);
        Assert.Equal(VerifyOutcome.Failed, _scene.Verify(database, VerifyLevel.Manifest).Result);
    }

    [Fact]
    public void Raw_captures_are_unverifiable()
    {
        string state = _scene.MakeTree("state", ("note", "n"));
        File.WriteAllBytes(Path.Join(state, "broken.db"), [.. "SQLite format 3\0"u8, .. RandomNumberGenerator.GetBytes(5000)]);
        StoredSnapshot tree = _scene.Take(state);
        Assert.Equal(SnapshotState.Incomplete, tree.State);
        Assert.All(Enum.GetValues<VerifyLevel>(), level => Assert.Equal(VerifyOutcome.Unverifiable, _scene.Verify(tree, level).Result));
    }

    [Fact]
    public void A_store_means_all_its_snapshots_and_one_damaged_hides_no_other()
    {
        string source = _scene.MakeDatabase("app.db", 10);
        StoredSnapshot first = _scene.Take(source);
        StoredSnapshot second = _scene.Take(source);
        File.WriteAllText(first.ManifestPath, "{ nonsense");
        Dictionary<string, VerifyOutcome> results = _scene.VerifyAll(_scene.Store, VerifyLevel.Hash).ToDictionary(result => result.Snapshot, result => result.Result);
        Assert.Equal(2, results.Count);
        Assert.Equal(VerifyOutcome.Ok, results[second.SnapshotPath]);
        Assert.Equal(VerifyOutcome.Failed, results[first.SnapshotPath]);
    }

    [Fact]
    public void A_store_without_snapshots_is_an_error()
    {
        Directory.CreateDirectory(_scene.Store);
        BackupException error = Assert.Throws<BackupException>(() => _scene.VerifyAll(_scene.Store, VerifyLevel.Hash).ToList());
        Assert.Equal(ErrorId.SnapshotNotFound, error.Id);
    }

    [Fact]
    public void Results_come_one_by_one_and_the_store_is_free_between_them()
    {
        string source = _scene.MakeDatabase("app.db", 10);
        _scene.Take(source);
        _scene.Take(source);
        int count = 0;
        foreach (VerifyResult result in _scene.VerifyAll(_scene.Store, VerifyLevel.Hash))
        {
            Assert.Equal(VerifyOutcome.Ok, result.Result);
            _scene.Take(source, request => request with { LockTimeout = TimeSpan.Zero });
            count++;
        }

        Assert.Equal(2, count);
    }

    [SkippableFact]
    public void Databases_with_names_that_are_no_text_are_rehearsed()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "names are any bytes on Linux alone");
        string state = _scene.MakeTree("state");
        string plain = _scene.MakeDatabase("app.db", 10);
        RestoreScene.Shell("bash", "-c", "mv \"$1\" \"$2/\"$'b\\xffd;?#% \\n.db'", "sh", plain, state);
        StoredSnapshot tree = _scene.Take(state);
        Assert.Empty(_scene.Verify(tree, VerifyLevel.Rehearse).Problems);
    }

    [Fact]
    public void Another_manifest_than_the_expected_one_is_an_error()
    {
        StoredSnapshot database = _scene.Take(_scene.MakeDatabase("app.db", 10));
        VerifyRequest request = new() { Snapshot = database.SnapshotPath, ExpectedId = "another" };
        BackupException error = Assert.Throws<BackupException>(
            () => SnapshotVerifier.Verify(request, _scene.Observer, CancellationToken.None).ToList());
        Assert.Equal(ErrorId.SnapshotDamaged, error.Id);
    }

    [Fact]
    public void A_cancelled_rehearsal_leaves_no_scratch()
    {
        StoredSnapshot tree = _scene.Take(_scene.MakeTree("state", [.. Enumerable.Range(0, 2000).Select(i => ($"f{i}", $"{i}"))]));
        string scratch = _scene.MakeTree("scratch");
        using CancellationTokenSource stop = new();
        RecordingObserver observer = new() { Progressed = _ => stop.Cancel() };
        VerifyRequest request = new() { Snapshot = tree.SnapshotPath, Level = VerifyLevel.Rehearse, Scratch = scratch };
        Assert.ThrowsAny<OperationCanceledException>(() => SnapshotVerifier.Verify(request, observer, stop.Token).ToList());
        Assert.Empty(RestoreScene.Names(scratch));
    }

    private static void Rewrite(StoredSnapshot snapshot, string old, string changed)
    {
        string text = File.ReadAllText(snapshot.ManifestPath);
        Assert.Contains(old, text, StringComparison.Ordinal);
        File.WriteAllText(snapshot.ManifestPath, text.Replace(old, changed, StringComparison.Ordinal));
    }

    private string MakeState()
    {
        string state = _scene.MakeTree("state", ("a/one", "one"), ("a/two", "two"), ("root", "r"));
        Directory.CreateDirectory(Path.Join(state, "empty"));
        TestDatabase.Execute(Path.Join(state, "data"), "PRAGMA journal_mode=WAL", "CREATE TABLE t(x)", "INSERT INTO t VALUES(1)");
        if (!OperatingSystem.IsWindows())
        {
            RestoreScene.Shell("ln", Path.Join(state, "root"), Path.Join(state, "root2"));
            File.CreateSymbolicLink(Path.Join(state, "link"), "nowhere");
        }

        return state;
    }

    private void AssertFails(StoredSnapshot snapshot, string named, Action<string> damage)
    {
        Assert.Equal(VerifyOutcome.Ok, _scene.Verify(snapshot, VerifyLevel.Manifest).Result);
        damage(snapshot.SnapshotPath);
        VerifyResult result = _scene.Verify(snapshot, VerifyLevel.Manifest);
        Assert.Equal(VerifyOutcome.Failed, result.Result);
        Assert.Contains(result.Problems, problem => problem.Contains(named, StringComparison.Ordinal));
    }
}
