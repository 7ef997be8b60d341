using System.Management.Automation;

namespace BackupTools;

/// <summary>One item of the pipeline failed; the others go on.</summary>
internal sealed class ItemException : Exception
{
    public ItemException(ErrorRecord error)
        : base(error.Exception.Message, error.Exception) => Error = error;

    /// <summary>What to tell.</summary>
    public ErrorRecord Error { get; }
}
