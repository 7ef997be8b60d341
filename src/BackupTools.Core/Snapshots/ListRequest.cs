using BackupTools.Core.Stores;

namespace BackupTools.Core.Snapshots;

/// <summary>Which snapshots are meant. Absent conditions fit all; those given must all fit.</summary>
public sealed record SnapshotFilter
{
    /// <summary>The series' name.</summary>
    public string? Name { get; init; }

    /// <summary>The source's path; a relative one is made full first.</summary>
    public string? Source { get; init; }

    /// <summary>The host.</summary>
    public string? Host { get; init; }

    /// <summary>Taken at or after this time (UTC).</summary>
    public DateTime? Since { get; init; }

    /// <summary>Taken before this time (UTC).</summary>
    public DateTime? Before { get; init; }

    /// <summary>Tags, all of which the snapshot must carry.</summary>
    public IReadOnlyList<string> Tags { get; init; } = [];
}

/// <summary>What <c>list</c> and <c>Get-SnapshotManifest</c> ask for.</summary>
public sealed record ListRequest
{
    /// <summary>A store, a payload or a manifest.</summary>
    public required string Path { get; init; }

    /// <summary>Which snapshots.</summary>
    public SnapshotFilter Filter { get; init; } = new();

    /// <summary>How many of each series, counted from the newest; absent means all.</summary>
    public int? Latest { get; init; }

    /// <summary>
    /// Where the password comes from, for a store that is a repository; by default from the environment. The caller disposes
    /// it, after the last request that uses it.
    /// </summary>
    public RepositoryCredential? Credential { get; init; }
}
