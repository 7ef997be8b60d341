using System.Globalization;
using BackupTools.Reliability.Faults.Scenes;

namespace BackupTools.Reliability.Faults.FullDisk;

/// <summary>
/// Gives the store, the target, or both too little room, by a little and by much: the run says so and changes nothing,
/// and with room enough the next one succeeds.
/// </summary>
internal sealed class FullDiskAttack : IAttack
{
    private static readonly (string Name, string Directory, Func<Scene, bool> Fits)[] s_disks =
    [
        ("full store", "store", static scene => scene is not RestoreScene),
        ("full target", "there", static scene => scene is RestoreScene),
        ("store, target and source on one full disk", string.Empty, static _ => true),
    ];

    public string Name => "full-disk";

    public IReadOnlyList<int> Invariants => [1, 2, 5, 9];

    public void Run(AttackRun run)
    {
        bool isSmall = run.Dose == Dose.Small;
        (string Kind, string Directory, Func<Scene> Make)[] plays =
        [
            .. s_disks.Where(disk => !isSmall || disk.Directory.Length == 0)
                .SelectMany(disk => AllScenes.For(run).Where((make, i) => disk.Fits(make()) && (!isSmall || (i % 2 == 0 && !make().IsLong)))
                    .Select(make => ($"{disk.Name}: {make().Name}", disk.Directory, make))),
        ];
        int full = 0;
        Workers.ForEach(run, plays, play => Interlocked.Add(ref full, Play(run, play.Kind, play.Directory, play.Make())));
        run.Tell("room", string.Create(CultureInfo.InvariantCulture, $"{full} runs had too little"));
    }

    /// <returns>How many runs had too little room.</returns>
    private static int Play(AttackRun run, string kind, string directory, Scene scene)
    {
        int full = 0;
        if (Mount.Obstacle is { } obstacle)
        {
            run.Skip(kind, obstacle);
        }
        else if (run.Wants(kind))
        {
            run.Prepare(kind, () =>
            {
                using FullDiskStage stage = new(scene, directory);
                foreach (Room room in run.Dose.Choose<Room[]>([Room.Pages], [Room.Pages, Room.Inodes], [Room.Pages, Room.Inodes]))
                {
                    int most = run.OnlyCase is null ? run.Dose.Choose(3, room == Room.Inodes ? 3 : 5, int.MaxValue) : int.MaxValue;
                    foreach (int free in Spread.Over(0, stage.FindEnough(room), most))
                    {
                        run.Case(kind, string.Create(CultureInfo.InvariantCulture, $"{free} {room}"), () => full += stage.Try(room, free) ? 1 : 0);
                    }
                }
            });
        }

        return full;
    }
}
