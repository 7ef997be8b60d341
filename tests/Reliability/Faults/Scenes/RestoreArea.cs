using System.Text.RegularExpressions;

namespace BackupTools.Reliability.Faults.Scenes;

/// <summary>The directory of a restore's target, told apart: target, safety copies, a restore's own files, the rest.</summary>
internal sealed partial class RestoreArea
{
    private readonly TreeImage _durableTarget;

    private RestoreArea(TreeImage target, TreeImage durableTarget, IReadOnlyList<TreeImage> safetyCopies, IReadOnlyList<string> work, TreeImage rest)
    {
        Target = target;
        _durableTarget = durableTarget;
        SafetyCopies = safetyCopies;
        Work = work;
        Rest = rest;
    }

    /// <summary>The target, a database with its sidecars.</summary>
    public TreeImage Target { get; }

    /// <summary>Each safety copy, under the names that its parts had at the target.</summary>
    public IReadOnlyList<TreeImage> SafetyCopies { get; }

    /// <summary>What a restore works with: its record and what it puts together.</summary>
    public IReadOnlyList<string> Work { get; }

    /// <summary>All else.</summary>
    public TreeImage Rest { get; }

    /// <summary>Looks at it.</summary>
    /// <param name="home">The directory that holds the target.</param>
    /// <param name="target">The target's name.</param>
    /// <param name="isWithin">Whether the restore works within the target, because that cannot be renamed.</param>
    /// <param name="isByEntry">Whether directories of safety copies are made anew, with times of their own.</param>
    public static RestoreArea Look(string home, string target, bool isWithin, bool isByEntry)
    {
        TreeImage all = TreeImage.Of(home);
        string within = isWithin ? target + "/" : string.Empty;
        SortedSet<string> stamps = new(StringComparer.Ordinal);
        List<string> work = [];
        foreach (string path in all.Paths)
        {
            string name = FirstName(path, within);
            if (SafetyName().Match(name) is { Success: true } match)
            {
                stamps.Add(match.Groups["stamp"].Value);
            }
            else if (IsWork(name))
            {
                work.Add(path);
            }
        }

        TreeImage whole = all.Select(path => IsTarget(path, within, target) ? path : null);
        return new RestoreArea(
            whole,
            isWithin ? whole.Select(path => path == target ? null : path) : whole,
            [.. stamps.Select(stamp => SafetyCopy(all, within, stamp, isByEntry))],
            work,
            all.Select(path => path.StartsWith(target, StringComparison.Ordinal) || SafetyName().IsMatch(FirstName(path, within)) || IsWork(FirstName(path, within)) ? null : path));
    }

    /// <summary>
    /// Whether the target, the safety copies and the rest are those of another time; of a target within which a restore
    /// works but for its own time, which that changes until the next restore sets it right.
    /// </summary>
    public bool Shows(RestoreArea other) =>
        _durableTarget.Equals(other._durableTarget) && Rest.Equals(other.Rest) && SafetyCopies.SequenceEqual(other.SafetyCopies);

    /// <summary>Fails with what differs.</summary>
    /// <param name="actual">What stands there.</param>
    /// <param name="withOwnTime">Whether a target within which a restore works must have its own time, too.</param>
    public void AssertShown(RestoreArea actual, bool withOwnTime = true)
    {
        (withOwnTime ? Target : _durableTarget).AssertSame(withOwnTime ? actual.Target : actual._durableTarget, "the target");
        Rest.AssertSame(actual.Rest, "what stands beside the target");
        Assert.Equal(SafetyCopies.Count, actual.SafetyCopies.Count);
        for (int i = 0; i < SafetyCopies.Count; i++)
        {
            SafetyCopies[i].AssertSame(actual.SafetyCopies[i], "the safety copy");
        }
    }

    private static TreeImage SafetyCopy(TreeImage all, string within, string stamp, bool isByEntry)
    {
        TreeImage copy = all.Select(path => AsItWas(path, within, stamp));
        return isByEntry ? copy.WithBareDirectories() : copy;
    }

    private static string FirstName(string path, string within)
    {
        string below = path.StartsWith(within, StringComparison.Ordinal) ? path[within.Length..] : string.Empty;
        return below.Split('/')[0];
    }

    private static bool IsWork(string name) => name.StartsWith('.') && name.Contains(".backuptools-restore", StringComparison.Ordinal);

    private static bool IsTarget(string path, string within, string target)
    {
        string name = FirstName(path, within);
        return path.Split('/')[0] is var first
            && (first == target || (first.StartsWith(target + "-", StringComparison.Ordinal)))
            && !IsWork(name)
            && !SafetyName().IsMatch(name);
    }

    private static string? AsItWas(string path, string within, string stamp)
    {
        Match match = SafetyName().Match(FirstName(path, within));
        if (!match.Success || match.Groups["stamp"].Value != stamp)
        {
            return null;
        }

        string rest = path[(within.Length + match.Length)..];
        return match.Groups["stem"].Value + match.Groups["end"].Value + rest;
    }

    [GeneratedRegex(@"^(?<stem>.+)\.pre-restore-(?<stamp>\d{4}-\d\d-\d\dT\d{6}Z(-\d+)?)(?<end>[^/]*)$")]
    private static partial Regex SafetyName();
}
