using System.Globalization;

namespace BackupTools.Reliability.Faults.Injection;

/// <summary>What happens at a call.</summary>
internal enum FaultKind
{
    /// <summary>Nothing: the calls are only told.</summary>
    None,

    /// <summary>The process is killed before the call is carried out.</summary>
    Kill,

    /// <summary>Half of the bytes are written, then the process is killed.</summary>
    Tear,

    /// <summary>Half of the bytes are written, and that is what the call returns.</summary>
    Shorten,

    /// <summary>The call fails.</summary>
    Fail,

    /// <summary>The call fails, and all of its sort after it.</summary>
    FailOnwards,
}

/// <summary>The errors that a file system or a limit gives.</summary>
internal enum SystemError
{
    None = 0,
    EIO = 5,
    EACCES = 13,
    EMFILE = 24,
    ENOSPC = 28,
    EROFS = 30,
}

/// <summary>One fault, at one call of a run.</summary>
/// <param name="Kind">What happens.</param>
/// <param name="At">At which of the calls that it can strike, from 1 on.</param>
/// <param name="Error">The error, where a call fails.</param>
/// <param name="Reading">Whether it strikes reading rather than changing.</param>
internal sealed record Fault(FaultKind Kind, int At, SystemError Error = SystemError.None, bool Reading = false)
{
    public static Fault None { get; } = new(FaultKind.None, 0);

    /// <summary>The calls that have to be looked at so that it strikes the right one.</summary>
    public IEnumerable<WatchedCall> Watched()
    {
        foreach (SystemCall call in SystemCalls.Watched.Values)
        {
            bool isMakingStruck = Strikes(SystemCall.OpensAndMakes);
            if (call.FlagsArgument is { } flags && !Strikes(SystemCall.OpensAlone))
            {
                if (isMakingStruck)
                {
                    yield return new WatchedCall(call.Number, flags);
                }
            }
            else if (call.Name == "ioctl" ? isMakingStruck : call.Traits.HasFlag(CallTraits.Opens) || Strikes(call.Traits))
            {
                yield return new WatchedCall(call.Number);
            }
        }
    }

    /// <summary>Whether a call of these traits is one that it can strike; none of them strikes a call that it only counts.</summary>
    public bool Strikes(CallTraits traits)
    {
        if (Kind == FaultKind.None)
        {
            return traits != CallTraits.None;
        }

        if (Reading)
        {
            return traits.HasFlag(CallTraits.Reads);
        }

        bool changes = traits.HasFlag(CallTraits.Changes);
        return Kind switch
        {
            FaultKind.Tear or FaultKind.Shorten => traits.HasFlag(CallTraits.Writes),
            FaultKind.Fail or FaultKind.FailOnwards => Error switch
            {
                SystemError.EMFILE => traits.HasFlag(CallTraits.Opens),
                SystemError.EACCES => traits.HasFlag(CallTraits.Names),
                SystemError.EROFS => changes && traits.HasFlag(CallTraits.Names),
                SystemError.ENOSPC => traits.HasFlag(CallTraits.Allocates) || traits.HasFlag(CallTraits.Syncs),
                _ => changes,
            },
            _ => changes,
        };
    }

    /// <summary>As the id of a case.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{At}");
}
