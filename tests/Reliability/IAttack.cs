namespace BackupTools.Reliability;

/// <summary>
/// One way of trying to break what the program promises. Every implementation in this assembly with a constructor
/// without parameters is found and run.
/// </summary>
internal interface IAttack
{
    /// <summary>The word that names it on the command line.</summary>
    string Name { get; }

    /// <summary>Numbers of the invariants in docs/design.md that it attacks.</summary>
    IReadOnlyList<int> Invariants { get; }

    /// <summary>Whether it does one thing at a time, so that it is run beside others.</summary>
    bool IsSequential => false;

    /// <summary>Runs its cases, each through <see cref="AttackRun.Case"/>.</summary>
    void Run(AttackRun run);
}

/// <summary>The attacks there are.</summary>
internal static class Attacks
{
    /// <summary>All of them, by name.</summary>
    public static IReadOnlyList<IAttack> All { get; } =
    [
        .. typeof(IAttack).Assembly.GetTypes()
            .Where(static type => type is { IsClass: true, IsAbstract: false } && type.IsAssignableTo(typeof(IAttack)))
            .Where(static type => type.GetConstructor(Type.EmptyTypes) is not null)
            .Select(static type => (IAttack)Activator.CreateInstance(type)!)
            .OrderBy(static attack => attack.Name, StringComparer.Ordinal),
    ];
}
