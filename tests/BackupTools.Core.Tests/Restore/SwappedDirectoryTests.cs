using BackupTools.Core.Restore;

namespace BackupTools.Core.Tests.Restore;

/// <summary>
/// Overlays that fail, or are killed, while a directory of the target is taken away under them, and a link, another
/// directory or nothing is put in its place: at a chosen step, so that each case is the same each time.
/// </summary>
public sealed class SwappedDirectoryTests
{
    /// <summary>What is put in the directory's place, and after how many moves: one of each kind of move, and the last.</summary>
    public static TheoryData<string, int> Swaps() => new()
    {
        { "link", 1 },
        { "link", 2 },
        { "link", 3 },
        { "link", 7 },
        { "link", 11 },
        { "directory", 2 },
        { "directory", 11 },
        { "file", 2 },
        { "file", 11 },
        { "nothing", 2 },
        { "nothing", 11 },
    };

    [Theory]
    [MemberData(nameof(Swaps))]
    public void A_failed_overlay_tells_what_it_could_not_undo_and_keeps_it(string replacement, int moves)
    {
        using SwappedSituation swapped = new(replacement);
        BackupException error = swapped.Fail(moves);
        Assert.Equal(ErrorId.RestoreInterrupted, error.Id);
        Assert.Contains(swapped.RecordPath, error.Message, StringComparison.Ordinal);
        Assert.True(File.Exists(swapped.RecordPath));
        Assert.True(RestoreIntent.ExistsFor(swapped.Situation.Target));
        Assert.Equal(ErrorId.RestoreInterrupted, Assert.Throws<BackupException>(() => swapped.Situation.Scene.Take(swapped.Situation.Target)).Id);
        swapped.AssertNothingIsLost();
        if (moves >= 2)
        {
            string kept = Assert.Single(swapped.Situation.SafetyCopies());
            Assert.Equal("old", File.ReadAllText(Path.Join(kept, "a", "same")));
            Assert.Contains(kept, error.Message, StringComparison.Ordinal);
            Assert.Contains("'a/same'", error.Message, StringComparison.Ordinal);
        }

        // What does not lie in that directory is as it was.
        Assert.Equal("150", RestoreScene.CountLive(Path.Join(swapped.Situation.Target, "app")));
        Assert.False(File.Exists(Path.Join(swapped.Situation.Target, "b")));
        Assert.Equal("was a directory", File.ReadAllText(Path.Join(swapped.Situation.Target, "type", "inside")));
    }

    [Theory]
    [MemberData(nameof(Swaps))]
    public void Once_the_directory_is_back_the_next_restore_undoes_the_rest(string replacement, int moves)
    {
        using SwappedSituation swapped = new(replacement);
        string old = swapped.Situation.State();
        swapped.Fail(moves);
        swapped.SetRight();
        Assert.True(swapped.Recover());
        Assert.Equal(old, swapped.Situation.State());
        Assert.Empty(swapped.Situation.SafetyCopies());
        Assert.Empty(swapped.Situation.Leftovers());
        swapped.Situation.Restore(static _ => { });
        swapped.Situation.AssertRestored($"after {moves} moves");
    }

    [Theory]
    [MemberData(nameof(Swaps))]
    public void Where_the_directory_does_not_come_back_the_next_restore_keeps_what_was_replaced_and_goes_on(string replacement, int moves)
    {
        using SwappedSituation swapped = new(replacement);
        swapped.Fail(moves);
        swapped.AssertNextRestoreGoesOn(moves >= 2);
    }

    [Theory]
    [InlineData("link")]
    [InlineData("directory")]
    [InlineData("file")]
    [InlineData("nothing")]
    public void A_killed_overlay_whose_directory_was_swapped_since_is_settled_by_the_next_restore(string replacement)
    {
        using SwappedSituation swapped = new(replacement);

        // After "staged", "recorded" and "batch recorded" come the moves.
        Assert.True(DyingRestore.Start(swapped.Situation.Request, 8));
        swapped.Swap();
        swapped.AssertNextRestoreGoesOn(isKept: true);
    }

    [Theory]
    [InlineData("link")]
    [InlineData("directory")]
    public void What_replaced_a_restored_directory_is_not_taken_for_it_and_removed(string replacement)
    {
        using SwappedSituation swapped = new(replacement, "c");
        swapped.Fail(11);
        if (replacement == "directory")
        {
            Assert.Equal("foreign", File.ReadAllText(Path.Join(swapped.Situation.Target, "c", "same")));
        }
        else
        {
            Assert.NotNull(new FileInfo(Path.Join(swapped.Situation.Target, "c")).LinkTarget);
        }

        Assert.False(File.Exists(Path.Join(swapped.Situation.Target, "b")));
        Assert.Empty(swapped.Situation.Leftovers());
    }

    [Fact]
    public void A_target_that_is_gone_is_restored_anew_and_what_was_replaced_stays_in_the_safety_copy()
    {
        using Situation situation = new("overlay");
        Assert.True(DyingRestore.Start(situation.Request, 8));
        Directory.Move(situation.Target, situation.Scene["elsewhere"]);
        situation.Restore(static _ => { });
        Assert.Equal("old", File.ReadAllText(Path.Join(Assert.Single(situation.SafetyCopies()), "a", "same")));
        Assert.Equal("new", File.ReadAllText(Path.Join(situation.Target, "a", "same")));
        Assert.Empty(situation.Leftovers());
    }

    [Fact]
    public void A_target_that_has_become_a_link_is_settled_and_restored_to_where_it_leads()
    {
        using Situation situation = new("overlay");
        Assert.True(DyingRestore.Start(situation.Request, 8));
        Directory.Move(situation.Target, situation.Scene["elsewhere"]);
        Directory.CreateDirectory(situation.Scene["other"]);
        Directory.CreateSymbolicLink(situation.Target, situation.Scene["other"]);
        situation.Restore(static _ => { });
        Assert.Equal("old", File.ReadAllText(Path.Join(situation.SafetyCopies()[0], "a", "same")));
        Assert.Equal("new", File.ReadAllText(situation.Scene["other", "a", "same"]));
        Assert.Empty(situation.Leftovers());
    }

    [Fact]
    public void A_restore_killed_while_it_removed_its_stage_does_not_take_the_old_state_for_what_it_placed()
    {
        using Situation situation = new("overlay");
        string old = situation.State();
        Assert.True(DyingRestore.Start(situation.Request, 12));
        string record = situation.Scene[RestoreNames.Record("target")];
        string stage = situation.Leftovers().Single(name => !name.EndsWith(".jsonl", StringComparison.Ordinal));
        byte[] lines = File.ReadAllBytes(record);
        RestoreIntent.Recover(situation.Target, new ProgressTracker(new RecordingObserver()));
        Assert.Equal(old, situation.State());

        // As a kill leaves it that comes when most of the stage is removed.
        File.WriteAllBytes(record, lines);
        Directory.CreateDirectory(situation.Scene[stage, "a", "deep"]);
        RestoreIntent.Recover(situation.Target, new ProgressTracker(new RecordingObserver()));
        Assert.Equal(old, situation.State());
        Assert.Empty(situation.Leftovers());
    }

    [Fact]
    public void No_snapshot_is_taken_through_a_link_of_a_place_in_between()
    {
        using Situation situation = new("overlay");
        Assert.True(DyingRestore.Start(situation.Request, 8));
        Directory.CreateSymbolicLink(situation.Scene["link"], situation.Target);
        Assert.Equal(
            ErrorId.RestoreInterrupted, Assert.Throws<BackupException>(() => situation.Scene.Take(situation.Scene["link"])).Id);
    }
}
