using System.Text.Json.Serialization;

namespace BackupTools.Core.Restore;

/// <summary>One line of an intent record. Which members a line has tells what it says.</summary>
internal sealed record RecordLine
{
    /// <summary>First line: the record's format.</summary>
    public int? Version { get; init; }

    /// <summary>First line: how the new takes the old one's place.</summary>
    public SwapKind? Swap { get; init; }

    /// <summary>First line: where the new is put together.</summary>
    public string? Stage { get; init; }

    /// <summary>First line of a record within the target: the target's time before anything was made in it.</summary>
    public string? Modified { get; init; }

    /// <summary>From here on what stands at the target is touched; the safety copy's name.</summary>
    public string? Safety { get; init; }

    /// <summary>Of a database: which files beside it are moved with it (<c>-wal</c> and its like).</summary>
    public IReadOnlyList<string>? Sidecars { get; init; }

    /// <summary>Of a directory: that it is exchanged with the stage in one step, and which one the stage is: device and inode.</summary>
    public IReadOnlyList<ulong>? Exchanged { get; init; }

    /// <summary>A path below the target that is about to be moved into the safety copy.</summary>
    public byte[]? Aside { get; init; }

    /// <summary>A path below the stage that is about to be moved to the target.</summary>
    public byte[]? Place { get; init; }

    /// <summary>With <see cref="Place"/> and <see cref="Was"/>: which file or directory it is, where the system tells.</summary>
    public ulong? Inode { get; init; }

    /// <summary>A directory of the target whose metadata is about to change.</summary>
    public byte[]? Was { get; init; }

    /// <summary>With <see cref="Was"/>: the metadata it had, as a listing line.</summary>
    public string? Entry { get; init; }

    /// <summary>Everything is in place; what is left is to clean up.</summary>
    public bool? Done { get; init; }
}

/// <summary>How the new takes the old one's place.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<SwapKind>))]
internal enum SwapKind
{
    /// <summary>A database with its sidecars.</summary>
    Database,

    /// <summary>A directory as a whole.</summary>
    Directory,

    /// <summary>Entry by entry: into a standing tree, or into a directory that cannot be renamed.</summary>
    Entries,
}

/// <summary>The JSON form of the record.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(RecordLine))]
internal sealed partial class RecordJson : JsonSerializerContext;
