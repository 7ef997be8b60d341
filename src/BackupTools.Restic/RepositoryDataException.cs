namespace BackupTools.Restic;

/// <summary>
/// Stored data is not what was written: damaged, truncated, forged, or encrypted with another key.
/// </summary>
public sealed class RepositoryDataException : Exception
{
    /// <summary>Says nothing of what is wrong.</summary>
    public RepositoryDataException()
    {
    }

    /// <summary>Says what is wrong.</summary>
    public RepositoryDataException(string message)
        : base(message)
    {
    }

    /// <summary>Says what is wrong, and what led to it.</summary>
    public RepositoryDataException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }

    /// <summary>Whether the index lacks something, so that making it anew from the packs may help.</summary>
    public bool IsIndexIncomplete { get; init; }
}
