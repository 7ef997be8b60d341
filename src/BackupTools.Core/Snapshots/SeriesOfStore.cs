namespace BackupTools.Core.Snapshots;

/// <summary>
/// The series that a store's snapshots count in. ai-memory's manifests name no host: they count with the only host that has
/// snapshots of that name and source; where several hosts have, nobody knows whose they are, and they count by themselves.
/// </summary>
internal sealed class SeriesOfStore
{
    private readonly Dictionary<(string Name, string Source), string?> _hosts = [];

    /// <summary>Learns of the hosts.</summary>
    /// <param name="all">The series of all snapshots, and of one that is going to be made.</param>
    public SeriesOfStore(IEnumerable<SnapshotSeries> all)
    {
        foreach (SnapshotSeries series in all.Where(static series => series.Host.Length > 0))
        {
            (string Name, string Source) key = (series.Name, series.Source);
            if (!_hosts.TryAdd(key, series.Host) && _hosts[key] != series.Host)
            {
                _hosts[key] = null;
            }
        }
    }

    /// <summary>The series that one counts in.</summary>
    public SnapshotSeries Of(SnapshotSeries series) =>
        series.Host.Length == 0 && _hosts.GetValueOrDefault((series.Name, series.Source)) is { } host
            ? series with { Host = host }
            : series;
}
