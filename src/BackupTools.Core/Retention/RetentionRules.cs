using System.Globalization;
using BackupTools.Core.Snapshots;

namespace BackupTools.Core.Retention;

/// <summary>
/// Decides what stays, series by series: restic's rules, or-ed. Sound snapshots (complete, no corruption found) are
/// counted first and by themselves, so that one which nobody can rely on never stands in for one that can be.
/// </summary>
internal static class RetentionRules
{
    /// <summary>Refuses a policy that says nothing, or nothing sensible.</summary>
    /// <exception cref="BackupException">
    /// <see cref="ErrorId.RetentionPolicyEmpty"/>, <see cref="ErrorId.InvalidArgument"/>.
    /// </exception>
    public static void Check(RetentionPolicy policy)
    {
        int?[] counts = [policy.Last, policy.Hourly, policy.Daily, policy.Weekly, policy.Monthly, policy.Yearly];
        if (counts.Any(count => count < 1))
        {
            throw new BackupException(
                ErrorId.InvalidArgument,
                "A number of snapshots to keep must be 1 or more. Nothing was removed. Leave a rule out to not use it.");
        }

        if (policy.Within is { } within && (within.Years < 0 || within.Months < 0 || within.Days < 0 || within.Hours < 0))
        {
            throw new BackupException(ErrorId.InvalidArgument, "The span to keep is negative. Nothing was removed.");
        }

        if (policy.Tags.Any(string.IsNullOrEmpty))
        {
            throw new BackupException(ErrorId.InvalidArgument, "A tag to keep is empty. Nothing was removed.");
        }

        if (counts.All(count => count is null) && policy.Within is null or { IsZero: true } && policy.Tags.Count == 0)
        {
            throw new BackupException(
                ErrorId.RetentionPolicyEmpty,
                "The retention policy keeps nothing by any rule. Nothing was removed. Give at least one rule, such as the " +
                "number of newest snapshots to keep.");
        }
    }

    /// <summary>Decides on all snapshots of a list.</summary>
    /// <param name="snapshots">The snapshots, oldest first.</param>
    /// <param name="policy">A policy that was checked.</param>
    /// <param name="now">What lies after this is in the future.</param>
    /// <returns>The decisions, in the order of the list.</returns>
    public static List<RetentionDecision> Decide(IReadOnlyList<StoredSnapshot> snapshots, RetentionPolicy policy, DateTime now)
    {
        Dictionary<StoredSnapshot, List<string>> reasons = new(ReferenceEqualityComparer.Instance);
        List<StoredSnapshot> counted = [];
        foreach (StoredSnapshot snapshot in snapshots)
        {
            string? untouchable = WhyUntouchable(snapshot, now);
            reasons.Add(snapshot, untouchable is null ? [] : [untouchable]);
            if (untouchable is null)
            {
                counted.Add(snapshot);
            }
        }

        SeriesOfStore all = new(snapshots.Select(snapshot => snapshot.Manifest.Series));
        foreach (IGrouping<SnapshotSeries, StoredSnapshot> series in counted.GroupBy(snapshot => all.Of(snapshot.Manifest.Series)))
        {
            DecideSeries([.. series.Reverse()], policy, (snapshot, reason) => reasons[snapshot].Add(reason));
        }

        return
        [
            .. snapshots.Select(snapshot => reasons[snapshot] is { Count: > 0 } kept
                ? new RetentionDecision(snapshot, RetentionAction.Keep, kept)
                : new RetentionDecision(snapshot, RetentionAction.Remove, ["no rule keeps it"])),
        ];
    }

    /// <summary>What <c>new --keep N</c> removes after it made a snapshot.</summary>
    /// <param name="snapshots">All snapshots of the store, oldest first, the new one among them or not.</param>
    /// <param name="made">The new snapshot.</param>
    /// <param name="keep">How many complete ones of the series stay; 0 keeps all.</param>
    /// <returns>What to remove, oldest first.</returns>
    public static IReadOnlyList<StoredSnapshot> DecideKeep(
        IReadOnlyList<StoredSnapshot> snapshots, StoredSnapshot made, int keep) =>
        keep == 0 || !IsSound(made)
            ? []
            : Surplus(
                [.. snapshots.Where(snapshot => snapshot.ManifestPath != made.ManifestPath)], made.Manifest.Series, keep - 1);

    /// <summary>What <c>new --keep N</c> would remove if it made a sound snapshot of a series now.</summary>
    public static IReadOnlyList<StoredSnapshot> PlanKeep(
        IReadOnlyList<StoredSnapshot> snapshots, SnapshotSeries series, int keep) =>
        keep == 0 ? [] : Surplus(snapshots, series, keep - 1);

    /// <summary>Complete, and no corruption was found in it.</summary>
    public static bool IsSound(StoredSnapshot snapshot) =>
        snapshot.State == SnapshotState.Complete && snapshot.Manifest.Check?.Result != CheckResult.Corrupt;

    private static List<StoredSnapshot> Surplus(IReadOnlyList<StoredSnapshot> snapshots, SnapshotSeries series, int keep)
    {
        DateTime now = DateTime.UtcNow;
        SeriesOfStore all = new(snapshots.Select(snapshot => snapshot.Manifest.Series).Append(series));
        List<StoredSnapshot> others =
        [
            .. snapshots.Where(snapshot => all.Of(snapshot.Manifest.Series) == series
                && snapshot.Manifest.Origin != ManifestOrigin.Restic
                && WhyUntouchable(snapshot, now) is null),
        ];

        // Unsound ones count for nothing, and go with the sound ones of their age.
        List<StoredSnapshot> sound = [.. others.Where(IsSound)];
        if (sound.Count <= keep)
        {
            return [];
        }

        DateTime newestToGo = sound[sound.Count - keep - 1].Manifest.CreatedAt;
        HashSet<StoredSnapshot> staying = new(sound.Skip(sound.Count - keep), ReferenceEqualityComparer.Instance);
        return
        [
            .. others.Where(snapshot =>
                snapshot.Manifest.CreatedAt <= newestToGo && snapshot.Manifest.Tags.Count == 0 && !staying.Contains(snapshot)),
        ];
    }

    private static string? WhyUntouchable(StoredSnapshot snapshot, DateTime now) =>
        snapshot.State == SnapshotState.Damaged ? "it cannot be read"
        : snapshot.Manifest.Origin == ManifestOrigin.Oxios ? "another program's backup"
        : snapshot.Manifest.CreatedAt > now ? "in the future"
        : null;

    private static void DecideSeries(
        List<StoredSnapshot> newestFirst, RetentionPolicy policy, Action<StoredSnapshot, string> keep)
    {
        List<StoredSnapshot> sound = newestFirst.FindAll(IsSound);
        int newestSound = newestFirst.FindIndex(IsSound);

        // Those that came after the last sound one may hold what no other has: they are counted by themselves.
        List<StoredSnapshot> trailing = newestFirst[..(newestSound < 0 ? newestFirst.Count : newestSound)];
        List<StoredSnapshot> unsound = newestSound < 0 ? [] : newestFirst[newestSound..].FindAll(snapshot => !IsSound(snapshot));
        foreach (RetentionRule rule in RetentionRule.Of(policy))
        {
            Apply(rule, sound, unsound, keep);
            Apply(rule, trailing, [], keep);
        }

        KeepWithin(newestFirst, sound.Count > 0 ? sound[0] : newestFirst[0], policy.Within, keep);
        foreach (StoredSnapshot snapshot in newestFirst)
        {
            foreach (string tag in policy.Tags.Where(snapshot.Manifest.Tags.Contains))
            {
                keep(snapshot, $"tag {tag}");
            }
        }

        if (sound.Count > 0)
        {
            keep(sound[0], "newest complete snapshot of its series");
        }

        if (trailing.Count > 0)
        {
            keep(trailing[0], "newest snapshot of its series");
        }
    }

    private static void KeepWithin(
        List<StoredSnapshot> newestFirst, StoredSnapshot latest, CalendarDuration? within, Action<StoredSnapshot, string> keep)
    {
        if (within is not { IsZero: false } duration)
        {
            return;
        }

        DateTime bound = duration.SubtractFrom(latest.Manifest.CreatedAt);
        foreach (StoredSnapshot snapshot in newestFirst.TakeWhile(snapshot => snapshot.Manifest.CreatedAt > bound))
        {
            keep(snapshot, $"within {duration}");
        }
    }

    // The newest of each period, as far as the count goes. Counts are of periods that have snapshots, so gaps use none
    // up. Where the count outlasts the list, the oldest is kept too: the history is to reach as far back as allowed.
    // Only what is left of the count after that goes to periods that have no sound snapshot at all.
    private static void Apply(
        RetentionRule rule, List<StoredSnapshot> snapshots, List<StoredSnapshot> others, Action<StoredSnapshot, string> keep)
    {
        int left = rule.Count;
        string? last = null;
        HashSet<string> periods = [];
        for (int i = 0; i < snapshots.Count && left > 0; i++)
        {
            string? key = rule.Key?.Invoke(snapshots[i].Manifest.CreatedAt);
            bool isNew = key is null || key != last;
            if (!isNew && i < snapshots.Count - 1)
            {
                continue;
            }

            keep(snapshots[i], isNew ? Reason(rule, key) : $"oldest {Reason(rule, key)}");
            last = key;
            left--;
            if (key is not null)
            {
                periods.Add(key);
            }
        }

        foreach (StoredSnapshot snapshot in others)
        {
            string? key = rule.Key?.Invoke(snapshot.Manifest.CreatedAt);
            if (left > 0 && (key is null || periods.Add(key)))
            {
                keep(snapshot, Reason(rule, key));
                left--;
            }
        }
    }

    private static string Reason(RetentionRule rule, string? key) => key is null
        ? string.Create(CultureInfo.InvariantCulture, $"{rule.Name} {rule.Count}")
        : $"{rule.Name} {key}";
}
