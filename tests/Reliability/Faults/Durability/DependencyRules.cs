namespace BackupTools.Reliability.Faults.Durability;

/// <summary>
/// Which call of a run depends on what has been made durable before: fed with the calls in order, and with paths below
/// the place of a scene.
/// </summary>
/// <param name="place">Where the scene plays.</param>
/// <param name="isOrdered">
/// Whether the file system never keeps a later change of names and forgets an earlier one, as those do that keep a
/// journal and that syncfs is good for.
/// </param>
internal sealed class DependencyRules(string place, bool isOrdered)
{
    private const string Store = "store";
    private const string Home = "there";
    private const string Partial = ".partial-";
    private const string ManifestSuffix = ".manifest.json";

    private bool _isMade;
    private bool _isPublished;
    private bool _isRemoving;
    private bool _isTouched;
    private bool _isPlaced;
    private bool _areSidecarsGoing;
    private bool _arePacksGoing;

    /// <summary>What must be durable when a call begins.</summary>
    /// <returns>Whether a path counts, or <see langword="null"/> where nothing depends on the call.</returns>
    public Func<string, bool>? Find(TracedCall call)
    {
        (string? from, string? to) = call.Name switch
        {
            "renameat" or "renameat2" or "linkat" => (call.OfPath(0, 1), call.OfPath(2, 3)),
            "rename" => (call.OfText(0), call.OfText(1)),
            "unlinkat" => (call.OfPath(0, 1), null),
            "unlink" or "rmdir" => (call.OfText(0), null),
            _ => ((string?)null, null),
        };
        if (from is null || !from.StartsWith(place + "/", StringComparison.Ordinal))
        {
            return null;
        }

        string name = from[(place.Length + 1)..];
        string? newName = to is not null && to.StartsWith(place + "/", StringComparison.Ordinal) ? to[(place.Length + 1)..] : null;
        return name.StartsWith(Store + "/", StringComparison.Ordinal) ? InStore(name, newName)
            : name.StartsWith(Home + "/", StringComparison.Ordinal) ? AtTarget(name, newName, call.Name == "linkat")
            : null;
    }

    /// <summary>What must be durable when the run tells success.</summary>
    public bool MustLast(string path)
    {
        // A partial name that is gone, or not, is the next run's business, and so is a pack that nothing refers to.
        return _isMade ? IsOfEmptyRepository(path)
            : path.StartsWith(Home, StringComparison.Ordinal) ? !IsWork(path) && !path.EndsWith("/state", StringComparison.Ordinal)
            : path == Store ? _isPublished
            : IsData(path) && !(_arePacksGoing && path.StartsWith(Store + "/data", StringComparison.Ordinal));
    }

    private static bool IsData(string path) =>
        path.StartsWith(Store + "/", StringComparison.Ordinal)
        && !path.EndsWith("/.backuptools.lock", StringComparison.Ordinal)
        && !path.StartsWith(Store + "/locks", StringComparison.Ordinal)
        && !path.Split('/')[1].EndsWith("-scratch", StringComparison.Ordinal);

    // Directories that are empty are not synced each by itself: without them it is whole, too, as tests of the format show.
    private static bool IsOfEmptyRepository(string path) =>
        path is "." or Store or Store + "/config" or Store + "/data" or Store + "/keys" || path.StartsWith(Store + "/keys/", StringComparison.Ordinal);

    private static bool IsTemporary(string path) => path.Contains("-tmp-", StringComparison.Ordinal);

    private static bool IsWork(string path) => path.Contains(".backuptools-restore", StringComparison.Ordinal);

    private static bool IsStage(string path) => IsWork(path) && !path.EndsWith(".jsonl", StringComparison.Ordinal);

    private Func<string, bool>? InStore(string name, string? newName)
    {
        if ((InInitialization(name, newName) ?? InRepository(name, newName)) is { } depends)
        {
            return depends;
        }

        string file = Path.GetFileName(name);
        string? newFile = newName is null ? null : Path.GetFileName(newName);
        if (newFile is not null && file == Partial + newFile && newFile.EndsWith(ManifestSuffix, StringComparison.Ordinal))
        {
            // It is published: all that the manifest names, it itself, and all names must be there to stay.
            _isPublished = true;
            return static path => path is "." or Store || IsData(path);
        }

        if (newFile is not null && newFile == Partial + file && file.EndsWith(ManifestSuffix, StringComparison.Ordinal))
        {
            // It goes. What was published before must not go with it.
            bool wasPublished = _isPublished;
            _isPublished = false;
            _isRemoving = true;
            return wasPublished ? static path => path == Store : null;
        }

        if (newName is null && _isRemoving && !file.StartsWith(Partial, StringComparison.Ordinal))
        {
            // The first of its files goes: that it has no manifest any more must last.
            _isRemoving = false;
            return static path => path == Store;
        }

        if (newName is null && file.StartsWith(Partial, StringComparison.Ordinal) && file.EndsWith(ManifestSuffix, StringComparison.Ordinal))
        {
            // The last trace of it goes: no file of it may come back.
            return static path => path == Store;
        }

        if (newName is null && _isPublished && name.Split('/').Length == 2)
        {
            // Other names of the store change, and are not synced: what was published is by now.
            _isPublished = false;
            return static path => path == Store;
        }

        return null;
    }

    // A config makes the repository. Until it does, its other name tells which key the next run has to remove.
    private Func<string, bool>? InInitialization(string name, string? newName)
    {
        const string config = Store + "/config";
        const string keys = Store + "/keys";
        bool isUnfinished = name.StartsWith(config + "-tmp-", StringComparison.Ordinal);
        _isMade |= isUnfinished && newName == config;
        return newName == config ? path => path == name || IsOfEmptyRepository(path)
            : newName is not null && newName.StartsWith(keys + "/", StringComparison.Ordinal) ? static path => path is "." or Store
            : isUnfinished && newName is null ? static path => path == keys
            : null;
    }

    // A snapshot is published by its own file, and what it refers to is found by the index.
    private Func<string, bool>? InRepository(string name, string? newName)
    {
        const string snapshots = Store + "/snapshots";
        const string index = Store + "/index";
        const string data = Store + "/data";
        bool Is(string? path, string room) => path is not null && path.StartsWith(room + "/", StringComparison.Ordinal);
        _arePacksGoing |= newName is null && Is(name, data);
        return Is(newName, snapshots) ? path => (IsData(path) && path != snapshots) || path == Store
            : Is(newName, index) ? path => path == data || Is(path, data) || path == name
            : newName is not null ? null
            : Is(name, index) && !IsTemporary(name) ? static path => path == index || path == snapshots
            : Is(name, data) && !IsTemporary(name) ? static path => path == index || path == snapshots
            : null;
    }

    private Func<string, bool>? AtTarget(string name, string? newName, bool isSecondName)
    {
        if (newName is null)
        {
            return AtRemoval(name);
        }

        if (IsWork(name) && IsWork(newName))
        {
            // It is put together, and nobody depends on it yet.
            return null;
        }

        if (IsStage(name))
        {
            // The new comes: all of it must be there to stay; so must the record, where it tells of this step.
            bool isAlone = !_isTouched;
            _isPlaced = true;
            bool isWhole = !Path.GetDirectoryName(name)!.Contains(".backuptools-restore", StringComparison.Ordinal);
            return path => path == name
                || path.StartsWith(name + "/", StringComparison.Ordinal)
                || (!isAlone && IsRecord(path))
                || (!isAlone && isWhole && path == Home);
        }

        if (!_isTouched)
        {
            // What stands there is touched for the first time: the record that tells so must be there to stay.
            _isTouched = true;
            string home = Path.GetDirectoryName(newName)!;
            return path => IsRecord(path) || path == Home || path == home;
        }

        // Where it goes to must be there to stay, and what went before must have arrived.
        return isOrdered || isSecondName
            ? IsRecord
            : path => IsRecord(path) || name.StartsWith(path + "/", StringComparison.Ordinal) || newName.StartsWith(path + "/", StringComparison.Ordinal);
    }

    private Func<string, bool>? AtRemoval(string name)
    {
        if (IsWork(name) && _isPlaced)
        {
            // The means to undo it go: all that was moved must stay where it is.
            _isPlaced = false;
            return static path => path.StartsWith(Home, StringComparison.Ordinal) && !IsWork(path);
        }

        if (!IsWork(name) && !_areSidecarsGoing)
        {
            // Sidecars of the old go: it must be aside, with second names of them.
            _areSidecarsGoing = true;
            return static path => path == Home;
        }

        return null;
    }

    private static bool IsRecord(string path) => path.EndsWith(".backuptools-restore.jsonl", StringComparison.Ordinal);
}
