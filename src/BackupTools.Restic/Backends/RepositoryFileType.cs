namespace BackupTools.Restic.Backends;

/// <summary>The kinds of file that a repository consists of.</summary>
public enum RepositoryFileType
{
    /// <summary>The one file that makes a place a repository; it has no id.</summary>
    Config,

    /// <summary>A key: what opens the repository with one of its passwords.</summary>
    Key,

    /// <summary>A lock: that a process is using the repository.</summary>
    Lock,

    /// <summary>A snapshot: which tree was captured, when, where and by whom.</summary>
    Snapshot,

    /// <summary>An index: which blobs lie where in which packs.</summary>
    Index,

    /// <summary>A pack: blobs, and a header that lists them.</summary>
    Pack,
}
