namespace BackupTools.Core.Restore;

/// <summary>A swap failed, and then so did undoing it.</summary>
internal sealed class RollbackException(Exception cause, Exception undoing) : IOException(undoing.Message, undoing)
{
    /// <summary>Why the swap failed in the first place.</summary>
    public Exception Cause { get; } = cause;

    /// <summary>Runs an undo on behalf of a failure that the caller throws on.</summary>
    public static void Guard(Exception cause, Action undo)
    {
        try
        {
            undo();
        }
        catch (Exception e)
        {
            throw new RollbackException(cause, e);
        }
    }
}

/// <summary>An undo that went through but for what the message tells.</summary>
internal sealed class IncompleteUndoException(string left) : IOException(left);
