using System.Globalization;
using BackupTools.Core.Snapshots;

namespace BackupTools.Core.Sources.Directories;

/// <summary>Sums the checks of a tree's databases up: the worst is the tree's.</summary>
internal sealed class DatabaseChecks(CheckLevel level)
{
    private const int MaxNamed = 20;

    private readonly List<string> _corrupt = [];
    private readonly List<string> _unverifiable = [];
    private long _corruptCount;
    private long _unverifiableCount;

    public void Add(ListingEntry entry)
    {
        switch (entry.Check?.Result)
        {
            case CheckResult.Corrupt:
                Note(_corrupt, ref _corruptCount, entry);
                break;
            case CheckResult.Unverifiable:
                Note(_unverifiable, ref _unverifiableCount, entry);
                break;
        }
    }

    public SnapshotCheck Summarize()
    {
        string name = CultureInfo.InvariantCulture.TextInfo.ToLower(level.ToString());
        if (_corruptCount > 0)
        {
            return new SnapshotCheck(name, CheckResult.Corrupt, string.Join("; ", _corrupt));
        }

        if (_unverifiableCount > 0)
        {
            return new SnapshotCheck(name, CheckResult.Unverifiable, string.Join("; ", _unverifiable));
        }

        return new SnapshotCheck(name, level == CheckLevel.None ? CheckResult.Skipped : CheckResult.Ok);
    }

    private static void Note(List<string> named, ref long count, ListingEntry entry)
    {
        count++;
        if (named.Count < MaxNamed)
        {
            named.Add($"{entry.Path}: {entry.Check!.Detail}");
        }
    }
}
