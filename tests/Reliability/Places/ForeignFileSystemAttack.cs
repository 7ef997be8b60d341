using BackupTools.Reliability.Faults.Scenes;
using BackupTools.Reliability.Hostile;

namespace BackupTools.Reliability.Places;

/// <summary>
/// Puts stores, targets and sources on file systems that take two names for one, take fewer names, or have no modes and
/// no links: nothing is merged or lost in silence, and what could not be kept is told.
/// </summary>
internal sealed class ForeignFileSystemAttack : IAttack
{
    private delegate void Case(Arena arena, MountedImage image, ImageFormat format);

    public string Name => "foreign-file-systems";

    public IReadOnlyList<int> Invariants => [1, 2, 5, 7, 9];

    public bool IsSequential => true;

    public void Run(AttackRun run)
    {
        (string Id, Func<ImageFormat, bool> Fits, Case Body)[] cases =
        [
            ("folder store, sources that differ in case", static _ => true, StoreCases.TwoSources),
            ("folder store, names in a tree that differ in case", static _ => true, StoreCases.TwoNames),
            ("folder store, databases in a tree that differ in case", static _ => true, StoreCases.ManyDatabases),
            ("folder store, a tree with links, modes and owners", static format => format.KeepsNames, StoreCases.Tree),
            ("folder store, names that are refused", static format => format.Refused.Count > 0, StoreCases.RefusedNames),
            ("repository", static _ => true, StoreCases.Repository),
            ("target, names that differ in case", static _ => true, TargetCases.TwoNames),
            ("target, a database that stands there in other case", static format => format.IgnoresCase, TargetCases.StandingInOtherCase),
            ("target, a tree with links, modes and owners", static _ => true, TargetCases.Tree),
            ("target, names that are refused", static format => format.Refused.Count > 0, TargetCases.RefusedNames),
            ("source", static format => format.KeepsNames, SourceCase),
        ];
        if (run.Dose == Dose.Small)
        {
            cases = [.. cases.Where(static one => one.Id.EndsWith("that differ in case", StringComparison.Ordinal) || one.Body == TargetCases.Tree)];
        }

        foreach (ImageFormat format in ForeignFormats.All.Where(format => run.Dose != Dose.Small || !format.HasLinks))
        {
            if (Arena.Obstacle is { } obstacle)
            {
                run.Skip(format.Name, obstacle);
                continue;
            }

            if (!run.Wants(format.Name))
            {
                continue;
            }

            run.Prepare(format.Name, () =>
            {
                using MountedImage image = MountedImage.Create(format);
                foreach ((string id, _, Case body) in cases.Where(one => one.Fits(format)))
                {
                    run.Case(format.Name, id, () => Play(image, format, body));
                }
            });
        }

        LackingCalls.Run(run);
    }

    private static void Play(MountedImage image, ImageFormat format, Case body)
    {
        try
        {
            using Arena arena = new();
            body(arena, image, format);
        }
        finally
        {
            Tool.Run("find", [image.Path, "-mindepth", "1", "-delete"]);
        }
    }

    // What lies there is taken as it is, and stays so.
    private static void SourceCase(Arena arena, MountedImage image, ImageFormat format)
    {
        string source = Path.Join(image.Path, "Source");
        Directory.CreateDirectory(Path.Join(source, "Sub"));
        File.WriteAllText(Path.Join(source, "Sub", "Note"), "on another file system");
        Materials.DatabaseWithLog(Path.Join(source, "Live.db"), 100);

        // Made elsewhere: a file removed there stays, hidden, as long as any process that is just being started has it open.
        Materials.ClosedDatabase(arena["Closed.db"], 50, "wal");
        Tool.Run("mv", [arena["Closed.db"], source]);
        TreeImage before = TreeImage.Of(source);
        arena.Run("new", source, Path.Join(source, "Closed.db"), "--to", "store").Expect(0);
        before.AssertSame(TreeImage.Of(source), "the source");
        arena.Run("restore", "store", "--name", "Source", "--to", "target").Expect(0);
        Materials.AssertContent(arena["target", "Live.db"], 100);
        Materials.AssertContent(arena["target", "Closed.db"], 50);
        Assert.Equal("on another file system", File.ReadAllText(arena["target", "Sub", "Note"]));
        arena.Run("verify", "store", "--level", "rehearse").Expect(0);
    }
}
