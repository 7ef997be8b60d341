using System.Globalization;
using BackupTools.Reliability.Faults.Scenes;

namespace BackupTools.Reliability.Places.PowerCuts;

/// <summary>
/// Takes what a disk holds while runs write to it, at many instants, and looks at each as after a power cut: the file system
/// recovers its journal, what was not written is lost, and what holds for killed runs has to hold there.
/// </summary>
internal sealed class PowerCutAttack : IAttack
{
    public string Name => "power-cut";

    public IReadOnlyList<int> Invariants => [1, 2, 5, 6];

    public void Run(AttackRun run)
    {
        ReflinkPlace? images = null;
        try
        {
            run.Prepare("disks", () => images = new ReflinkPlace());
            if (images is not null)
            {
                Play(run, images);
            }
        }
        finally
        {
            images?.Dispose();
        }
    }

    private static void Play(AttackRun run, ReflinkPlace images)
    {
        DiskFormat[] formats = run.Dose == Dose.Small
            ? [DiskFormats.Ext4]
            : [DiskFormats.Ext4, DiskFormats.Ext4WriteBack, DiskFormats.Xfs, DiskFormats.Btrfs];
        (DiskFormat Format, Scene Scene)[] plays =
        [
            .. formats.SelectMany(format => AllScenes.For(run)
                .Where((_, i) => run.OnlyCase is not null || IsWanted(run.Dose, format, i))
                .Select(make => (format, make()))),
        ];
        Workers.ForEach(run, plays, play =>
        {
            string kind = $"{play.Format.Name}: {play.Scene.Name}";
            if (run.Wants(kind))
            {
                run.Prepare(kind, () => Play(run, kind, images, play.Format, play.Scene));
            }
        });
    }

    // In the bounded dose the others than ext4 share the scenes.
    private static bool IsWanted(Dose dose, DiskFormat format, int scene) =>
        dose.Choose(scene is 0 or 4, format == DiskFormats.Ext4 || scene % 3 == format.Name.Length % 3, true);

    private static void Play(AttackRun run, string kind, ReflinkPlace images, DiskFormat format, Scene scene)
    {
        Skip.IfNot(Tool.Exists(format.Maker), $"It needs {format.Maker}.");
        using PowerCutStage stage = new(images, format, scene);
        int states = 0;
        for (int round = 1; round <= run.Dose.Choose(1, 1, 10); round++)
        {
            List<PowerCut> cuts = stage.Run();
            states += cuts.Count;
            foreach (int chosen in Spread.Over(0, cuts.Count - 1, run.Dose.Choose(3, 6, 40)))
            {
                PowerCut cut = cuts[chosen];
                string when = cut.IsTold ? "told" : string.Create(CultureInfo.InvariantCulture, $"state {cut.Number} of {cuts.Count}");
                string id = string.Create(CultureInfo.InvariantCulture, $"run {round}, {when}");
                run.Case(kind, id, () => stage.Check(cut));
            }

            cuts.ForEach(static cut => File.Delete(cut.Image));
        }

        run.Tell(kind, string.Create(CultureInfo.InvariantCulture, $"{states} states of the disk"));
    }
}
