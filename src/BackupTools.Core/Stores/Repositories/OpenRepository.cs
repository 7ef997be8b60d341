using BackupTools.Restic;
using BackupTools.Restic.Backends;
using BackupTools.Restic.Maintenance;

namespace BackupTools.Core.Stores.Repositories;

/// <summary>An open repository with its index, which is read again only when others have written one since.</summary>
internal sealed class OpenRepository : IDisposable
{
    private readonly Lock _gate = new();
    private readonly HashSet<string> _told = [];
    private HashSet<ObjectId>? _loaded;

    private OpenRepository(string path, Repository repository)
    {
        Path = path;
        Repository = repository;
    }

    /// <summary>Full path of the repository.</summary>
    public string Path { get; }

    public Repository Repository { get; }

    /// <summary>Where the payload of the snapshot begins that was looked at last.</summary>
    public RecentRoot RecentRoot { get; } = new();

    /// <summary>The index files that are damaged, as of the last reading.</summary>
    public IReadOnlyList<Damage> IndexDamages { get; private set; } = [];

    /// <summary>Opens a repository.</summary>
    /// <param name="path">Its full path.</param>
    /// <param name="password">One of its passwords.</param>
    /// <exception cref="BackupException">It is none, is damaged, or has another password.</exception>
    public static OpenRepository Open(string path, ReadOnlySpan<char> password)
    {
        try
        {
            return new OpenRepository(path, Repository.Open(new LocalBackend(path), password));
        }
        catch (RepositoryDataException e)
        {
            throw new BackupException(
                ErrorId.StoreDamaged,
                $"The repository '{path}' cannot be opened: {e.Message} Nothing was changed. Get what is damaged back from elsewhere.",
                path,
                e);
        }
        catch (Exception e) when (RepositoryErrors.IsMine(e))
        {
            throw RepositoryErrors.From(e, path, "Nothing was changed.");
        }
    }

    /// <summary>Whether a warning is new: it need not be told again for each source of a run.</summary>
    public bool IsNews(string warning)
    {
        lock (_gate)
        {
            return _told.Add(warning);
        }
    }

    /// <summary>Reads the index where it is not known, or has changed. Snapshots have to be listed before.</summary>
    /// <returns>Whether it was read.</returns>
    public bool LoadIndex(CancellationToken cancellation)
    {
        lock (_gate)
        {
            HashSet<ObjectId> there = [.. Repository.Backend.List(RepositoryFileType.Index, cancellation).Select(static file => file.Id)];
            if (_loaded is not null && _loaded.SetEquals(there))
            {
                return false;
            }

            IndexDamages = Repository.LoadIndex(null, cancellation);
            _loaded = there;
            return true;
        }
    }

    /// <summary>Has the index read again when it is needed next: this process has written some of it.</summary>
    public void ForgetIndex()
    {
        lock (_gate)
        {
            _loaded = null;
        }
    }

    public void Dispose() => Repository.Dispose();
}
