using BackupTools.Restic.Backends;
using BackupTools.Restic.Keys;
using BackupTools.Restic.Locks;

namespace BackupTools.Restic.Tests;

/// <summary>A repository of a test's own, which both programs use.</summary>
internal sealed class RepositoryScene : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    // restic remarks on a cache directory that is not there.
    public RepositoryScene() => Restic = new ResticProgram(Path, Directory.CreateDirectory(_directory["cache"]).FullName);

    public string Path => _directory["repository"];

    public ResticProgram Restic { get; }

    /// <summary>
    /// Keys that open at once: for tests, passwords need no protection. The format is one that the restic beside it opens.
    /// </summary>
    public static RepositoryOptions Options { get; } =
        new() { Version = InstalledRestic.Format, Scrypt = new ScryptParameters(1024, 8, 1) };

    public string this[params string[] parts] => _directory[parts];

    public Repository Create(RepositoryOptions? options = null) =>
        Repository.Create(new LocalBackend(Path), ResticProgram.Password, options ?? Options);

    public Repository Open(RepositoryOptions? options = null) =>
        Repository.Open(new LocalBackend(Path), ResticProgram.Password, options ?? Options);

    /// <summary>Has restic create the repository, of the newest format that it knows or of another.</summary>
    public void CreateWithRestic(int? version = null) => Restic.Run(
        version is null || version == InstalledRestic.Format
            ? ["init"]
            : ["init", "--repository-version", version.Value.ToString(System.Globalization.CultureInfo.InvariantCulture)]);

    /// <summary>Opens the repository, locks it and loads its index.</summary>
    public LockedRepository OpenLocked(
        RepositoryLockMode mode = RepositoryLockMode.Shared, RepositoryOptions? options = null) => new(Open(options), mode);

    public void Dispose() => _directory.Dispose();
}

/// <summary>A repository that is open and locked, and its index loaded.</summary>
internal sealed class LockedRepository : IDisposable
{
    public LockedRepository(Repository repository, RepositoryLockMode mode)
    {
        Repository = repository;
        Lock = repository.Lock(mode, TimeSpan.FromSeconds(30));
        Assert.Empty(repository.LoadIndex());
    }

    public Repository Repository { get; }

    public RepositoryLock Lock { get; }

    public void Dispose()
    {
        Lock.Dispose();
        Repository.Dispose();
    }
}
