namespace BackupTools.Core;

/// <summary>
/// An error that an admin can act on: what failed, on which path, what was left as it was, what to do.
/// </summary>
public sealed class BackupException : Exception
{
    /// <summary>Creates the error.</summary>
    /// <param name="id">The stable identifier.</param>
    /// <param name="message">What failed, what was left as it was, what to do.</param>
    /// <param name="path">The path it is about, if any.</param>
    /// <param name="innerException">What the system said, if it did.</param>
    public BackupException(ErrorId id, string message, string? path = null, Exception? innerException = null)
        : base(message, innerException)
    {
        Id = id;
        Path = path;
    }

    /// <summary>The stable identifier that scripts may test for.</summary>
    public ErrorId Id { get; }

    /// <summary>The path that the error is about, if any.</summary>
    public string? Path { get; }
}
