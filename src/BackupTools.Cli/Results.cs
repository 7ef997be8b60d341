using System.Text.Json;
using BackupTools.Core.Restore;
using BackupTools.Core.Retention;
using BackupTools.Core.Snapshots;
using BackupTools.Core.Stores;
using BackupTools.Core.Verification;

namespace BackupTools.Cli;

/// <summary>Results as JSON, one object a line; <see cref="ResultText"/> has them for people.</summary>
internal static class Results
{
    public static void Write(Output output, InitializedRepository made) => Write(output, () => ResultText.Of(made), json =>
    {
        json.WriteString("status", "initialized");
        json.WriteString("path", made.Path);
        json.WriteString("id", made.Id);
        json.WriteNumber("format_version", made.FormatVersion);
        json.WriteBoolean("compressed", made.IsCompressed);
    });

    public static void Write(Output output, RepairedRepository repaired) => Write(output, () => ResultText.Of(repaired), json =>
    {
        json.WriteString("status", "repaired");
        json.WriteString("path", repaired.Store);
        json.WriteNumber("packs", repaired.Packs);
        json.WriteNumber("pieces", repaired.Blobs);
        WriteList(json, "problems", repaired.Problems);
    });

    public static void Write(Output output, NewSnapshotResult made)
    {
        if (!output.Json)
        {
            output.WriteBlock(ResultText.Of(made));
            return;
        }

        output.WriteJson(json =>
        {
            ManifestText.WriteProperties(json, made.Snapshot.Manifest);
            json.WriteString("manifest_path", made.Snapshot.ManifestPath);
            json.WriteString("snapshot_path", made.Snapshot.SnapshotPath);
            WriteList(json, "removed", made.Removed.Select(snapshot => snapshot.SnapshotPath));
        });
    }

    public static void Write(Output output, RestorePlan plan) => Write(output, () => ResultText.Of(plan), json =>
    {
        json.WriteString("status", "planned");
        json.WriteString("from", plan.Snapshot.SnapshotPath);
        json.WriteString("to", plan.Target);
        json.WriteString("previous", plan.Previous);
        json.WriteNumber("bytes", plan.Bytes);
        WriteList(json, "steps", plan.Steps);
    });

    public static void Write(Output output, RestoreResult restored) => Write(output, () => ResultText.Of(restored), json =>
    {
        json.WriteString("status", "restored");
        json.WriteString("from", restored.From);
        json.WriteString("to", restored.To);
        json.WriteString("previous", restored.Previous);
        json.WriteNumber("bytes", restored.Bytes);
        if (restored.EntryCount is { } entries)
        {
            json.WriteNumber("entry_count", entries);
        }

        json.WriteBoolean("verified", restored.Verified);
    });

    public static void Write(Output output, VerifyResult verified) => Write(output, () => ResultText.Of(verified), json =>
    {
        json.WriteString("snapshot", verified.Snapshot);
        json.WriteString("level", Word(verified.Level));
        json.WriteString("result", Word(verified.Result));
        WriteList(json, "problems", verified.Problems);
    });

    public static void Write(Output output, IReadOnlyList<RetentionDecision> decisions, bool isPlan)
    {
        if (!output.Json)
        {
            output.WriteText(ResultText.Of(decisions, isPlan));
            return;
        }

        foreach (RetentionDecision decision in decisions)
        {
            output.WriteJson(json =>
            {
                json.WriteString("snapshot", decision.Snapshot.SnapshotPath);
                json.WriteString("action", Word(decision.Action));
                WriteList(json, "reasons", decision.Reasons);
            });
        }
    }

    public static void WriteListed(Output output, StoredSnapshot snapshot) => output.WriteJson(json =>
    {
        ManifestText.WriteProperties(json, snapshot.Manifest);
        json.WriteString("manifest_path", snapshot.ManifestPath);
        json.WriteString("snapshot_path", snapshot.SnapshotPath);
        json.WriteString("state", Word(snapshot.State));
    });

    /// <summary>An enumeration's value as users write and read it.</summary>
    // Written out, because every listing needs it, and the general way reflects on the type.
    public static string Word(SnapshotState value) => value switch
    {
        SnapshotState.Complete => "complete",
        SnapshotState.Incomplete => "incomplete",
        SnapshotState.Damaged => "damaged",
        _ => Word((Enum)value),
    };

    public static string Word(Enum value) => value.ToString().ToLowerInvariant();

    private static void Write(Output output, Func<string> text, Action<Utf8JsonWriter> writeProperties)
    {
        if (output.Json)
        {
            output.WriteJson(writeProperties);
        }
        else
        {
            output.WriteText(text());
        }
    }

    private static void WriteList(Utf8JsonWriter json, string name, IEnumerable<string> values)
    {
        json.WriteStartArray(name);
        foreach (string value in values)
        {
            json.WriteStringValue(value);
        }

        json.WriteEndArray();
    }
}
