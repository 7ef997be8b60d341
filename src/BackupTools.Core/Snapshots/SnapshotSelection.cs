using System.Globalization;
using System.Text;

namespace BackupTools.Core.Snapshots;

/// <summary>Which snapshots of a store are meant.</summary>
internal static class SnapshotSelection
{
    /// <summary>Whether a snapshot fits all conditions of a filter.</summary>
    public static bool Matches(SnapshotFilter filter, SnapshotManifest manifest) =>
        (filter.Name is null || manifest.Name == filter.Name)
        && (filter.Source is null || IsSource(filter.Source, manifest.Source))
        && (filter.Host is null || manifest.Host == filter.Host)
        && (filter.Since is not { } since || manifest.CreatedAt >= since.ToUniversalTime())
        && (filter.Before is not { } before || manifest.CreatedAt < before.ToUniversalTime())
        && filter.Tags.All(tag => manifest.Tags.Contains(tag));

    /// <summary>
    /// The snapshot to restore: the one that was named, or a store's newest complete one of its only series, at or
    /// before a time where one is given.
    /// </summary>
    /// <exception cref="BackupException">
    /// <see cref="ErrorId.SnapshotNotFound"/>, or <see cref="ErrorId.SnapshotAmbiguous"/>, which lists the series.
    /// </exception>
    public static StoredSnapshot ForRestore(
        LocatedSnapshots located, SnapshotFilter filter, DateTime? asOf, ProgressTracker tracker)
    {
        DateTime? until = asOf?.ToUniversalTime();
        if (located.Named is { } named)
        {
            bool fits = Matches(filter, named.Manifest) && (until is null || named.Manifest.CreatedAt <= until);
            return fits ? named : throw new BackupException(
                ErrorId.SnapshotNotFound,
                $"The snapshot '{named.SnapshotPath}' is not one of the name, source, host or time asked for. Nothing was " +
                "changed. Name the store to have one chosen, or leave these conditions out.",
                named.SnapshotPath);
        }

        string store = located.Store.Path;
        SnapshotIndex fitting = located.Store.Index(manifest => Matches(filter, manifest));
        List<SnapshotEntry> candidates =
            [.. fitting.Entries.Where(entry => entry.State != SnapshotState.Damaged && (until is null || entry.CreatedAt <= until))];
        List<IGrouping<SnapshotSeries, SnapshotEntry>> series = [.. candidates.GroupBy(static entry => entry.Series)];
        if (series.Count > 1)
        {
            throw Ambiguous(store, series);
        }

        DateTime now = DateTime.UtcNow;
        SnapshotEntry newest = candidates.LastOrDefault(entry => entry.State == SnapshotState.Complete && entry.CreatedAt <= now)
            ?? throw NotFound(store, fitting, until, tracker);
        StoredSnapshot? chosen = fitting.Read(newest, tracker);
        if (chosen is null || chosen.State != SnapshotState.Complete || chosen.Manifest.Id != newest.Id)
        {
            throw new BackupException(
                ErrorId.SnapshotNotFound,
                $"The snapshot '{newest.File}' was removed or changed while the store '{store}' was read. Nothing was changed. Try again.",
                store);
        }

        WarnOfPassedOver(fitting, chosen, until, now, tracker);
        return chosen;
    }

    private static void WarnOfPassedOver(
        SnapshotIndex fitting, StoredSnapshot chosen, DateTime? until, DateTime now, ProgressTracker tracker)
    {
        foreach (SnapshotEntry entry in fitting.Entries)
        {
            DateTime time = entry.CreatedAt;
            if (time <= chosen.Manifest.CreatedAt || time > until || fitting.Read(entry, tracker) is not { } snapshot)
            {
                continue;
            }

            string? reason =
                time > now ? "is dated in the future"
                : snapshot.State == SnapshotState.Incomplete ? "is incomplete; name it itself to restore it"
                : snapshot.State == SnapshotState.Damaged ? $"is damaged: {snapshot.Damage}"
                : null;
            if (reason is not null)
            {
                tracker.Warn($"The newer snapshot '{snapshot.SnapshotPath}' was passed over: it {reason}.", snapshot.SnapshotPath);
            }
        }

        if (chosen.Manifest.Check?.Result == CheckResult.Corrupt)
        {
            tracker.Warn(
                $"The newest complete snapshot, '{chosen.SnapshotPath}', holds a database that was corrupt when it was " +
                "taken; an older one may be sound.",
                chosen.SnapshotPath);
        }
    }

    private static bool IsSource(string asked, string recorded)
    {
        if (asked == recorded)
        {
            return true;
        }

        if (asked.Length == 0 || recorded.Length == 0)
        {
            return false;
        }

        StringComparison comparison = OperatingSystem.IsWindows() ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal;
        string full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(asked));
        return string.Equals(full, Path.TrimEndingDirectorySeparator(recorded), comparison);
    }

    private static BackupException Ambiguous(string store, List<IGrouping<SnapshotSeries, SnapshotEntry>> series)
    {
        StringBuilder text = new();
        text.Append(CultureInfo.InvariantCulture, $"The store '{store}' holds {series.Count} series that fit. Nothing was changed. ");
        text.Append("Leave one by its name, source or host: ");
        string separator = string.Empty;
        foreach (IGrouping<SnapshotSeries, SnapshotEntry> group in series.OrderBy(group => group.Key.Name, StringComparer.Ordinal))
        {
            text.Append(CultureInfo.InvariantCulture, $"{separator}name '{group.Key.Name}', source '{group.Key.Source}', host '{group.Key.Host}'");
            text.Append(CultureInfo.InvariantCulture, $" ({group.Count()}, newest {UtcTimeText.Format(group.Last().CreatedAt)})");
            separator = "; ";
        }

        return new BackupException(ErrorId.SnapshotAmbiguous, text.ToString(), store);
    }

    private static BackupException NotFound(string store, SnapshotIndex fitting, DateTime? until, ProgressTracker tracker)
    {
        int damaged = fitting.Entries.Count(static entry => entry.State == SnapshotState.Damaged);
        int incomplete = fitting.Entries.Count(static entry => entry.State == SnapshotState.Incomplete);
        string time = until is { } bound ? $" at or before {UtcTimeText.Format(bound)}" : string.Empty;
        string others = damaged + incomplete == 0 ? string.Empty : string.Create(
            CultureInfo.InvariantCulture,
            $" ({incomplete} incomplete, {damaged} damaged; an incomplete one is restored when it is named itself)");

        // A disk that does not give a manifest is no loss yet: what it said has to be told.
        string damage = fitting.Entries.LastOrDefault(static entry => entry.State == SnapshotState.Damaged) is { } newest
            && fitting.Read(newest, tracker) is { Damage: { } problem } snapshot
            ? $" The newest damaged one is '{snapshot.SnapshotPath}': {problem}."
            : string.Empty;
        return new BackupException(
            ErrorId.SnapshotNotFound,
            $"The store '{store}' holds no complete snapshot that fits{time}{others}.{damage} Nothing was changed. {CommandNames.List} shows what it holds.",
            store);
    }
}
