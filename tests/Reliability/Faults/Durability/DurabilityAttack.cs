using System.Globalization;
using BackupTools.Reliability.Faults.Scenes;

namespace BackupTools.Reliability.Faults.Durability;

/// <summary>
/// Follows in a trace of a run what a power cut could still take, and proves that nothing depends on it: at the rename
/// that publishes a snapshot, at each step of a restore's swap, at each deletion of a removal.
/// </summary>
internal sealed class DurabilityAttack : IAttack
{
    public string Name => "durability";

    public IReadOnlyList<int> Invariants => [1, 2];

    public void Run(AttackRun run)
    {
        foreach (bool hasSyncFileSystem in (bool[])[true, false])
        {
            string kind = hasSyncFileSystem ? "with syncfs" : "with fsync alone";
            Workers.ForEach(run, AllScenes.For(run), make =>
            {
                Scene scene = make();
                if ((Trace.Obstacle ?? scene.Obstacle) is { } obstacle)
                {
                    run.Skip($"{kind}, {scene.Name}", obstacle);
                }
                else
                {
                    run.Case(kind, scene.Name, () => Prove(run, kind, scene, hasSyncFileSystem));
                }
            });
        }
    }

    private static void Prove(AttackRun run, string kind, Scene scene, bool hasSyncFileSystem)
    {
        using Stage stage = new(scene);
        IReadOnlyList<TracedCall> calls = stage.Trace(hasSyncFileSystem);
        Assert.False(!hasSyncFileSystem && calls.Any(static call => call.Name == "syncfs"), "the file system was synced as a whole");
        DurabilityProof proof = DurabilityProof.Of(calls, stage.Place, hasSyncFileSystem);
        Assert.True(proof.Steps > 0, "no step was recognised");
        Assert.True(proof.Problem is null, proof.Problem);

        // The proof must see it where a sync is missing; one that can be spared is no fault.
        int needed = 0;
        TracedCall[] syncs = [.. calls.Where(static call => call.Name is "fsync" or "fdatasync" or "syncfs")];
        foreach (TracedCall sync in syncs)
        {
            needed += DurabilityProof.Of([.. calls.Where(call => call != sync)], stage.Place, hasSyncFileSystem).Problem is null ? 0 : 1;
        }

        Assert.True(needed > 0, "the proof would not see that a sync is missing");
        run.Tell(kind, string.Create(
            CultureInfo.InvariantCulture,
            $"{scene.Name}: {proof.Changes} changes, {proof.Steps} steps that depend on what is durable, {syncs.Length} syncs; without any one of {needed} of them it would not hold"));
    }
}
