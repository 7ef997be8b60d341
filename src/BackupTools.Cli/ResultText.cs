using System.Globalization;
using System.Text;
using BackupTools.Core.Restore;
using BackupTools.Core.Retention;
using BackupTools.Core.Snapshots;
using BackupTools.Core.Stores;
using BackupTools.Core.Verification;

namespace BackupTools.Cli;

/// <summary>Results in the lines that a person wants; whatever comes from outside is escaped.</summary>
internal static class ResultText
{
    private const int LabelColumns = 10;
    private const string Gap = "  ";
    private const string Unknown = "-";

    public static string Of(InitializedRepository made)
    {
        StringBuilder text = new();
        AppendLabelled(text, "Created", made.Path);
        AppendLabelled(text, "Id", made.Id);
        AppendLabelled(text, "Format", $"restic {Number(made.FormatVersion)}, {(made.IsCompressed ? "compressed" : "not compressed")}");
        return End(text);
    }

    public static string Of(RepairedRepository repaired)
    {
        StringBuilder text = new();
        AppendLabelled(text, "Repaired", repaired.Store);
        AppendLabelled(text, "Packs", Number(repaired.Packs));
        AppendLabelled(text, "Pieces", Number(repaired.Blobs));
        foreach (string problem in repaired.Problems)
        {
            AppendLabelled(text, "Problem", problem);
        }

        return End(text);
    }

    public static string Of(NewSnapshotResult made)
    {
        SnapshotManifest manifest = made.Snapshot.Manifest;
        StringBuilder text = new();
        AppendLabelled(text, "Snapshot", made.Snapshot.SnapshotPath);
        if (made.Snapshot.ManifestPath != made.Snapshot.SnapshotPath)
        {
            // A repository keeps the manifest within the snapshot.
            AppendLabelled(text, "Manifest", made.Snapshot.ManifestPath);
        }

        AppendLabelled(text, "SHA-256", manifest.Sha256 ?? "none");
        AppendLabelled(text, "Bytes", Number(manifest.Bytes));
        AppendLabelled(text, "Entries", Number(manifest.EntryCount));
        if (manifest.Check is SnapshotCheck check)
        {
            string detail = check.Detail is null ? string.Empty : $": {check.Detail}";
            AppendLabelled(text, "Check", $"{check.Level}, {Results.Word(check.Result)}{detail}");
        }

        AppendProblems(text, "Unread", manifest.Errors);
        AppendProblems(text, "Skipped", manifest.Skipped);
        foreach (StoredSnapshot removed in made.Removed)
        {
            AppendLabelled(text, "Removed", removed.SnapshotPath);
        }

        return End(text);
    }

    public static string Of(RestorePlan plan)
    {
        StringBuilder text = new();
        AppendLabelled(text, "Planned", plan.Target);
        AppendLabelled(text, "From", plan.Snapshot.SnapshotPath);
        AppendLabelled(text, "Previous", plan.Previous ?? "nothing stands there");
        AppendLabelled(text, "Bytes", Number(plan.Bytes));
        for (int i = 0; i < plan.Steps.Count; i++)
        {
            text.Append(CultureInfo.InvariantCulture, $"{i + 1,3}. ").AppendLine(TerminalText.Escape(plan.Steps[i]));
        }

        return End(text);
    }

    public static string Of(RestoreResult restored)
    {
        StringBuilder text = new();
        AppendLabelled(text, "Restored", restored.To);
        AppendLabelled(text, "From", restored.From);
        if (restored.Previous is not null)
        {
            AppendLabelled(text, "Previous", restored.Previous);
        }

        AppendLabelled(text, "Bytes", Number(restored.Bytes));
        AppendLabelled(text, "Entries", Number(restored.EntryCount));
        AppendLabelled(text, "Verified", restored.Verified ? "yes" : "no");
        return End(text);
    }

    public static string Of(VerifyResult verified)
    {
        string result = Results.Word(verified.Result).PadRight(nameof(VerifyOutcome.Unverifiable).Length);
        string level = Results.Word(verified.Level).PadRight(nameof(VerifyLevel.Manifest).Length);
        StringBuilder text = new();
        text.Append(result).Append(Gap).Append(level).Append(Gap).AppendLine(TerminalText.Escape(verified.Snapshot));
        foreach (string problem in verified.Problems)
        {
            text.Append("    ").AppendLine(TerminalText.Escape(problem));
        }

        return End(text);
    }

    public static string Of(IReadOnlyList<RetentionDecision> decisions, bool isPlan)
    {
        StringBuilder text = new();
        foreach (RetentionDecision decision in decisions)
        {
            text.Append(Results.Word(decision.Action).PadRight(nameof(RetentionAction.Remove).Length)).Append(Gap)
                .Append(TerminalText.Escape(decision.Snapshot.SnapshotPath)).Append(Gap)
                .Append('(').Append(TerminalText.Escape(string.Join(", ", decision.Reasons))).AppendLine(")");
        }

        int removed = decisions.Count(decision => decision.Action == RetentionAction.Remove);
        string kept = Number(decisions.Count - removed);
        text.AppendLine(isPlan
            ? $"Would keep {kept} and remove {Number(removed)}."
            : $"Kept {kept}, removed {Number(removed)}.");
        return End(text);
    }

    /// <summary>Snapshots as a table, from their <see cref="Row"/>s.</summary>
    public static string Table(IEnumerable<string[]> snapshots)
    {
        string[] header = ["CREATED", "NAME", "KIND", "SIZE", "ENTRIES", "STATE", "SNAPSHOT"];
        bool[] isNumber = [false, false, false, true, true, false, false];
        List<string[]> rows = [header];
        rows.AddRange(snapshots);
        int[] columns = new int[header.Length];
        foreach (string[] row in rows)
        {
            for (int column = 0; column < row.Length; column++)
            {
                columns[column] = Math.Max(columns[column], TerminalText.Width(row[column]));
            }
        }

        StringBuilder text = new();
        foreach (string[] row in rows)
        {
            for (int column = 0; column < row.Length - 1; column++)
            {
                string fill = new(' ', columns[column] - TerminalText.Width(row[column]));
                text.Append(isNumber[column] ? fill : row[column]).Append(isNumber[column] ? row[column] : fill).Append(Gap);
            }

            text.AppendLine(row[^1]);
        }

        return End(text);
    }

    /// <summary>A snapshot's row in a table; times in UTC, as in its manifest.</summary>
    public static string[] Row(StoredSnapshot snapshot)
    {
        SnapshotManifest manifest = snapshot.Manifest;
        bool isKnown = snapshot.State != SnapshotState.Damaged;
        return
        [
            manifest.CreatedAt == default ? Unknown : Time(manifest.CreatedAt),
            TerminalText.Escape(manifest.Name),
            TerminalText.Escape(manifest.Kind),
            isKnown && manifest.Bytes is { } bytes ? TerminalText.Size(bytes) : Unknown,
            isKnown ? Number(manifest.EntryCount) : Unknown,
            Results.Word(snapshot.State),
            TerminalText.Escape(snapshot.SnapshotPath.Length > 0 ? snapshot.SnapshotPath : snapshot.ManifestPath),
        ];
    }

    private static void AppendProblems(StringBuilder text, string label, IReadOnlyList<SnapshotProblem> problems)
    {
        // All of them stand in the manifest; a screen full of them would hide the rest.
        const int Shown = 10;
        foreach (SnapshotProblem problem in problems.Take(Shown))
        {
            AppendLabelled(text, label, $"{problem.Path}: {problem.Reason}");
        }

        if (problems.Count > Shown)
        {
            AppendLabelled(text, label, $"and {Number(problems.Count - Shown)} more; the manifest lists them");
        }
    }

    private static void AppendLabelled(StringBuilder text, string label, string value) =>
        text.Append($"{label}:".PadRight(LabelColumns)).AppendLine(TerminalText.Escape(value));

    // Three digits of the seven; formats of one's own would load a culture with all its names.
    private static string Time(DateTime time) => time.ToUniversalTime().ToString("O", CultureInfo.InvariantCulture)[..23] + "Z";

    private static string Number(long? value) => value is { } known ? Number(known) : Unknown;

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);

    private static string End(StringBuilder text) => text.ToString().TrimEnd('\r', '\n');
}
