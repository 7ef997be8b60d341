namespace BackupTools;

/// <summary>How databases are copied.</summary>
public enum CaptureMethod
{
    /// <summary>Page for page.</summary>
    Exact,

    /// <summary>Rebuilt compactly.</summary>
    Vacuum,
}

/// <summary>How thoroughly a captured database is checked.</summary>
public enum CheckLevel
{
    /// <summary>Not at all.</summary>
    None,

    /// <summary>Every page and record, not the agreement of indexes.</summary>
    Quick,

    /// <summary>The indexes too.</summary>
    Full,
}

/// <summary>How thoroughly a snapshot is tested. Each level includes the ones before.</summary>
public enum TestLevel
{
    /// <summary>The manifest parses, names resolve, sizes fit.</summary>
    Manifest,

    /// <summary>Every byte is read again and compared by hash.</summary>
    Hash,

    /// <summary>Restored into a scratch place, each database opened and checked, counts compared.</summary>
    Rehearse,
}
