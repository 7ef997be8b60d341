namespace BackupTools.Core.Restore;

/// <summary>
/// What was restored to where nothing stood could not be made durable, nor taken back: it stands there whole, for as long as
/// no power cut takes it.
/// </summary>
internal sealed class UnconfirmedInstallException(Exception cause, Exception undoing) : IOException(undoing.Message, undoing)
{
    /// <summary>Why it is not durable.</summary>
    public Exception Cause { get; } = cause;
}
