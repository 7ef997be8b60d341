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

    /// <summary>Those that a run plays: the small dose does without variants of others, where none of them is asked for.</summary>
    public static IReadOnlyList<Func<Scene>> For(AttackRun run) =>
        [.. Makers.Where(make => run.Dose != Dose.Small || run.OnlyCase is not null || !make().IsVariant)];
}
