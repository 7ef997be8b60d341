using System.Globalization;
using BackupTools.Core.Snapshots;

namespace BackupTools.Core.Sources.Directories;

/// <summary>What could not be read or was left out: the first ones by name, all by number, so that memory stays flat.</summary>
internal sealed class ProblemList
{
    private const int MaxNamed = 10_000;

    private readonly List<SnapshotProblem> _named = [];
    private long _count;

    public bool IsEmpty => _count == 0;

    public void Add(SnapshotProblem problem)
    {
        _count++;
        if (_named.Count < MaxNamed)
        {
            _named.Add(problem);
        }
    }

    public IReadOnlyList<SnapshotProblem> ToList() => _count == _named.Count
        ? _named
        : [.. _named, new SnapshotProblem(".", string.Create(CultureInfo.InvariantCulture, $"and {_count - _named.Count} more"))];
}
