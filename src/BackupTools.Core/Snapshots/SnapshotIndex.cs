namespace BackupTools.Core.Snapshots;

/// <summary>What is kept of a snapshot while all of a store's are sorted and chosen from.</summary>
/// <param name="File">What the store reads it by: the name of its manifest, or of another program's directory.</param>
/// <param name="Id">Its id, where it has one.</param>
/// <param name="CreatedAt">Its time.</param>
/// <param name="Series">Its series.</param>
/// <param name="State">Its state.</param>
/// <param name="Held">All of it, where it was not let go.</param>
internal sealed record SnapshotEntry(
    string File, string Id, DateTime CreatedAt, SnapshotSeries Series, SnapshotState State, StoredSnapshot? Held);

/// <summary>
/// The snapshots of a store, oldest first. Of a few all is held; of more only what sorting and choosing needs, and a manifest
/// is read again when its turn comes, so that memory does not grow with what is in them.
/// </summary>
internal sealed class SnapshotIndex
{
    /// <summary>How many snapshots are held as they were read.</summary>
    public const int HeldSnapshots = 256;

    private readonly Func<string, StoredSnapshot?> _read;

    private SnapshotIndex(List<SnapshotEntry> entries, Func<string, StoredSnapshot?> read)
    {
        Entries = entries;
        _read = read;
    }

    /// <summary>The snapshots, oldest first.</summary>
    public IReadOnlyList<SnapshotEntry> Entries { get; }

    /// <summary>Sorts what a store reads.</summary>
    /// <param name="snapshots">The snapshots in any order, each read when it is asked for.</param>
    /// <param name="read">Reads one again by its <see cref="SnapshotEntry.File"/>.</param>
    /// <param name="held">How many of them are held.</param>
    public static SnapshotIndex Sort(
        IEnumerable<StoredSnapshot> snapshots, Func<string, StoredSnapshot?> read, int held = HeldSnapshots)
    {
        Dictionary<SnapshotSeries, SnapshotSeries> series = [];
        List<SnapshotEntry> entries = [];
        foreach (StoredSnapshot snapshot in snapshots)
        {
            entries.Add(Describe(snapshot, series, entries.Count < held));
        }

        SeriesOfStore all = new(series.Keys);
        for (int i = 0; i < entries.Count; i++)
        {
            SnapshotSeries counted = all.Of(entries[i].Series);
            if (!ReferenceEquals(counted, entries[i].Series))
            {
                entries[i] = entries[i] with { Series = series[counted] };
            }
        }

        entries.Sort(CompareAge);
        return new SnapshotIndex(entries, read);
    }

    /// <summary>Snapshots that are sorted already, all of them held.</summary>
    public static SnapshotIndex Of(IEnumerable<StoredSnapshot> snapshots)
    {
        Dictionary<SnapshotSeries, SnapshotSeries> series = [];
        return new SnapshotIndex([.. snapshots.Select(snapshot => Describe(snapshot, series, isHeld: true))], static _ => null);
    }

    /// <summary>The snapshot of an entry; one that is no longer what it was when the store was read is told.</summary>
    /// <returns><see langword="null"/> where it was removed since.</returns>
    public StoredSnapshot? Read(SnapshotEntry entry, ProgressTracker tracker)
    {
        if (entry.Held is { } held)
        {
            return held;
        }

        StoredSnapshot? snapshot = _read(entry.File);
        if (snapshot is null)
        {
            tracker.Verbose($"'{entry.File}' was removed meanwhile.");
        }
        else if (snapshot.Manifest.Id != entry.Id || snapshot.Manifest.CreatedAt != entry.CreatedAt)
        {
            tracker.Warn("The manifest was changed while the store was read; it is taken as it is now.", snapshot.ManifestPath);
        }

        return snapshot;
    }

    /// <summary>All snapshots but those that were removed since.</summary>
    public IEnumerable<StoredSnapshot> ReadAll(ProgressTracker tracker) =>
        Entries.Select(entry => Read(entry, tracker)).OfType<StoredSnapshot>();

    /// <summary>The same with only the newest so many of each series.</summary>
    public SnapshotIndex NewestOfEach(int count)
    {
        Dictionary<SnapshotSeries, int> seen = [];
        List<SnapshotEntry> newest = [];
        for (int i = Entries.Count - 1; i >= 0; i--)
        {
            int before = seen.GetValueOrDefault(Entries[i].Series);
            seen[Entries[i].Series] = before + 1;
            if (before < count)
            {
                newest.Add(Entries[i]);
            }
        }

        newest.Reverse();
        return new SnapshotIndex(newest, _read);
    }

    private static SnapshotEntry Describe(
        StoredSnapshot snapshot, Dictionary<SnapshotSeries, SnapshotSeries> known, bool isHeld)
    {
        SnapshotManifest manifest = snapshot.Manifest;
        SnapshotSeries series = manifest.Series;
        if (!known.TryAdd(series, series))
        {
            series = known[series];
        }

        string path = manifest.Origin == ManifestOrigin.Oxios ? snapshot.SnapshotPath : snapshot.ManifestPath;
        return new SnapshotEntry(
            Path.GetFileName(path), manifest.Id, manifest.CreatedAt, series, snapshot.State, isHeld ? snapshot : null);
    }

    private static int CompareAge(SnapshotEntry left, SnapshotEntry right)
    {
        int order = left.CreatedAt.CompareTo(right.CreatedAt);
        if (order != 0)
        {
            return order;
        }

        // Of two in one instant the one with the higher number came later, though -2 sorts before the plain name.
        if (SnapshotStem.TryParseManifest(left.File, out SnapshotStem? leftStem)
            && SnapshotStem.TryParseManifest(right.File, out SnapshotStem? rightStem))
        {
            order = string.CompareOrdinal(leftStem.Name, rightStem.Name);
            order = order != 0 ? order : leftStem.Stamp.CompareTo(rightStem.Stamp);
            order = order != 0 ? order : leftStem.Sequence.CompareTo(rightStem.Sequence);
        }

        return order != 0 ? order : string.CompareOrdinal(left.File, right.File);
    }
}
