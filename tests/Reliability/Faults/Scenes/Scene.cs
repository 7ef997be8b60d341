using BackupTools.Reliability.Faults.Injection;

namespace BackupTools.Reliability.Faults.Scenes;

/// <summary>A run that is struck, what stands before it, and what must hold after it.</summary>
internal abstract class Scene
{
    /// <summary>What is run on what: a kind of case is called after it.</summary>
    public abstract string Name { get; }

    /// <summary>The arguments of the command that is struck; paths are relative to the place.</summary>
    public abstract IReadOnlyList<string> Arguments { get; }

    /// <summary>Why it cannot be played here; <see langword="null"/> where it can.</summary>
    public virtual string? Obstacle => null;

    /// <summary>Whether playing it takes long, so that fewer of its calls are struck.</summary>
    public virtual bool IsLong => false;

    /// <summary>Whether it is much like another one, so that it need not be played by each attack in each dose.</summary>
    public virtual bool IsVariant => false;

    /// <summary>Whether a call is one of many alike: but in the long dose, the first, the middle and the last of them are struck.</summary>
    public virtual bool IsOneOfMany(FileCall call) => false;

    /// <summary>Makes what stands before, in an empty directory.</summary>
    public abstract void Build(string place);

    /// <summary>Remembers what stands before and, after a run that nothing struck, what shall stand then.</summary>
    public abstract void Remember(string place, bool isAfter);

    /// <summary>What the copy of the place needs before a run, such as a mount.</summary>
    public virtual void Enter(string place)
    {
    }

    /// <summary>Takes that away.</summary>
    public virtual void Leave(string place)
    {
    }

    /// <summary>Fails where an invariant was broken by a run, or where running the command again does not put it right.</summary>
    /// <param name="place">Where it ran.</param>
    /// <param name="run">What it said, and what struck it.</param>
    /// <param name="fault">What was to strike it.</param>
    public abstract void Check(string place, FaultRun run, Fault fault);

    /// <summary>Fails unless what a run told that succeeded stands there, after whatever came then.</summary>
    public abstract void CheckTold(string place);

    /// <summary>Does within this process what the command does, and fails unless it succeeds.</summary>
    public abstract void RunDirectly(string place);

    /// <summary>Runs the command again, which nothing strikes now; after every eighth call as a process of its own.</summary>
    protected void RunAgain(string place, Fault fault)
    {
        if (fault.At % 8 == 0)
        {
            Command.Run(place, [.. Arguments]).Expect(0);
        }
        else
        {
            RunDirectly(place);
        }
    }
}
