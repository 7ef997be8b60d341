namespace BackupTools.Restic;

/// <summary>
/// A snapshot's file has its name, which alone says that it is there, and could not be made durable, nor taken back: it is
/// there, for as long as no power cut takes it.
/// </summary>
public sealed class UnconfirmedFileException : IOException
{
    /// <summary>Says nothing of which.</summary>
    public UnconfirmedFileException()
    {
    }

    /// <summary>Says which.</summary>
    public UnconfirmedFileException(string message)
        : base(message)
    {
    }

    /// <summary>Says which, and why it is not durable.</summary>
    public UnconfirmedFileException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }
}
