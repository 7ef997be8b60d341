namespace BackupTools.Reliability.Faults.Scenes;

/// <summary>The scenes that faults are tried on.</summary>
internal static class AllScenes
{
    /// <summary>Makes each of them; every worker needs its own.</summary>
    public static IReadOnlyList<Func<Scene>> Makers { get; } =
    [
        NewScene.DatabaseWithLog,
        NewScene.DatabaseWithHotJournal,
        NewScene.Tree,
        NewScene.Keep,
        RestoreScene.DatabaseWithSidecars,
        RestoreScene.DatabaseAlone,
        RestoreScene.DatabaseToNothing,
        RestoreScene.Tree,
        RestoreScene.TreeToNothing,
        RestoreScene.Overlay,
        RestoreScene.MountPoint,
        static () => new PruneScene(),
        NewScene.DatabaseToRepository,
        NewScene.TreeToRepository,
        NewScene.KeepInRepository,
        RestoreScene.DatabaseFromRepository,
        RestoreScene.TreeFromRepository,
        static () => new PruneScene(isRepository: true),
        static () => new RepairScene(),
        static () => new InitScene(),
        static () => new InitScene(wasInterrupted: true),
    ];

    /// <summary>
    /// Those that an attack plays: variants of others only where that is killed, traced, or asked for, and in the long dose.
    /// </summary>
    public static IReadOnlyList<Func<Scene>> For(AttackRun run)
    {
        bool hasVariants = run.OnlyCase is not null
            || run.Dose.Choose(false, run.Attack is KilledAnywhereAttack or Durability.DurabilityAttack, true);
        return [.. Makers.Where(make => hasVariants || !make().IsVariant)];
    }
}
