namespace BackupTools.Restic;

/// <summary>Why something could not be done with a repository.</summary>
public enum RepositoryError
{
    /// <summary>There is no repository at that place.</summary>
    NotFound,

    /// <summary>There already is a repository at that place.</summary>
    AlreadyExists,

    /// <summary>No key opens with that password.</summary>
    WrongPassword,

    /// <summary>The repository's format is newer than what is known here.</summary>
    UnsupportedVersion,

    /// <summary>Something compressed must be read, and the system has no Zstandard library.</summary>
    ZstandardMissing,

    /// <summary>Others hold the repository.</summary>
    Locked,

    /// <summary>This process's own lock was removed, or could not be kept fresh.</summary>
    LockLost,

    /// <summary>What has to be read is in no index.</summary>
    BlobNotFound,
}

/// <summary>Something could not be done with a repository. What is damaged is a <see cref="RepositoryDataException"/>.</summary>
public sealed class RepositoryException : Exception
{
    /// <summary>Creates the error.</summary>
    /// <param name="error">Why.</param>
    /// <param name="message">What failed and what to do.</param>
    /// <param name="innerException">What led to it, if anything did.</param>
    public RepositoryException(RepositoryError error, string message, Exception? innerException = null)
        : base(message, innerException) => Error = error;

    /// <summary>Why.</summary>
    public RepositoryError Error { get; }
}
