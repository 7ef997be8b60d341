using BackupTools.Restic.Snapshots;

namespace BackupTools.Restic.Tests;

/// <summary>Several passwords open one repository.</summary>
public sealed class KeyTests : IDisposable
{
    private const string Second = "second \u00fc\u2603";

    private readonly RepositoryScene _scene = new();
    private readonly Dictionary<string, byte[]> _files = new() { ["file"] = SampleTree.MakeContent(1, 300_000) };

    public void Dispose() => _scene.Dispose();

    [Fact]
    public void A_password_that_was_added_opens_what_was_there_and_the_first_one_still_does()
    {
        SnapshotRecord saved = Make();
        using (Repository repository = _scene.Open())
        {
            Assert.NotEqual(repository.KeyId, repository.AddKey(Second));
        }

        Assert.NotEqual(AssertOpens(ResticProgram.Password, saved), AssertOpens(Second, saved));
        Assert.Equal(RepositoryError.WrongPassword, Assert.Throws<RepositoryException>(() => Open("third")).Error);
        Assert.Throws<ArgumentException>(() => _scene.Open().AddKey(string.Empty));
    }

    [Fact]
    public void A_password_whose_key_is_gone_or_damaged_opens_nothing_and_the_others_do()
    {
        SnapshotRecord saved = Make();
        ObjectId first;
        using (Repository repository = _scene.Open())
        {
            first = repository.KeyId;
            repository.AddKey(Second);
        }

        string file = _scene["repository", "keys", first.ToString()];
        byte[] content = File.ReadAllBytes(file);
        File.SetAttributes(file, FileAttributes.Normal);
        File.WriteAllBytes(file, content[..(content.Length / 2)]);
        AssertOpens(Second, saved);
        RepositoryException error = Assert.Throws<RepositoryException>(() => Open(ResticProgram.Password));
        Assert.Equal(RepositoryError.WrongPassword, error.Error);
        Assert.Contains(first.ToString(), error.Message, StringComparison.Ordinal);

        File.Delete(file);
        AssertOpens(Second, saved);
        Assert.Equal(RepositoryError.WrongPassword, Assert.Throws<RepositoryException>(() => Open(ResticProgram.Password)).Error);
    }

    [SkippableFact]
    public void Passwords_that_restic_adds_and_removes_count_here_and_ours_there()
    {
        InstalledRestic.SkipWhereMissing();
        SnapshotRecord saved = Make();
        ObjectId first;
        using (Repository repository = _scene.Open())
        {
            first = repository.KeyId;
            repository.AddKey(Second);
        }

        File.WriteAllText(_scene["third"], "third\n");
        Dictionary<string, string> asSecond = new() { ["RESTIC_PASSWORD"] = Second };
        _scene.Restic.Run(["key", "add", "--new-password-file", _scene["third"]], asSecond);
        AssertOpens("third", saved);
        _scene.Restic.Run(["key", "remove", first.ToString()], asSecond);
        Assert.Equal(RepositoryError.WrongPassword, Assert.Throws<RepositoryException>(() => Open(ResticProgram.Password)).Error);
        AssertOpens(Second, saved);
        AssertOpens("third", saved);
        _scene.Restic.Run(["restore", saved.Id.ToString(), "--target", _scene["restored"]], new() { ["RESTIC_PASSWORD"] = "third" });
        Assert.Equal(_files["file"], File.ReadAllBytes(_scene["restored", "sample", "file"]));
    }

    private SnapshotRecord Make()
    {
        _scene.Create().Dispose();
        using LockedRepository open = _scene.OpenLocked();
        return SampleTree.Save(open.Repository, _files);
    }

    private Repository Open(string password) =>
        Repository.Open(new Backends.LocalBackend(_scene.Path), password, RepositoryScene.Options);

    private ObjectId AssertOpens(string password, SnapshotRecord saved)
    {
        using Repository repository = Open(password);
        repository.LoadIndex();
        SampleTree.AssertSame(
            _files.ToDictionary(static file => "/sample/" + file.Key, static file => file.Value), SampleTree.Load(repository, saved.Id));
        return repository.KeyId;
    }
}
