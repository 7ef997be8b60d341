using System.Text.RegularExpressions;
using BackupTools.Core.Restore;

namespace BackupTools.Core.Tests.Restore;

/// <summary>
/// Restores that fail, or are killed, at each of their steps. After a failure everything is as it was. After a kill the
/// target is the old or the new one, or the record tells of it; and the next restore finishes or undoes it.
/// </summary>
public sealed class InterruptedRestoreTests
{
    [Theory]
    [InlineData("database")]
    [InlineData("database with log")]
    [InlineData("directory")]
    [InlineData("overlay")]
    [InlineData("mount point")]
    [InlineData("overlay of a mount point")]
    public void A_failure_at_any_step_leaves_everything_as_it_was(string kind)
    {
        if (!Situation.IsPossible(kind))
        {
            return;
        }

        foreach (int step in StepsToTry(kind))
        {
            using Situation situation = new(kind);
            string before = situation.Everything();
            int left = step;
            Assert.Throws<TimeoutException>(() => situation.Restore(_ =>
            {
                if (left-- == 0)
                {
                    throw new TimeoutException();
                }
            }));

            Assert.True(before == situation.Everything(), $"at step {step}:\n{before}\nbecame\n{situation.Everything()}");
        }
    }

    [Theory]
    [InlineData("database")]
    [InlineData("database with log")]
    [InlineData("directory")]
    [InlineData("overlay")]
    [InlineData("mount point")]
    [InlineData("overlay of a mount point")]
    public void A_kill_at_any_step_is_finished_or_undone_by_the_next_restore(string kind)
    {
        if (!Situation.IsPossible(kind))
        {
            return;
        }

        bool wasUndone = false;
        foreach (int step in StepsToTry(kind))
        {
            using Situation situation = new(kind);
            string old = situation.State();
            Assert.True(DyingRestore.Start(situation.Request, step));
            bool isTouched = WithoutRoot(situation.State()) != WithoutRoot(old);
            if (isTouched && !RestoreIntent.ExistsFor(situation.Target))
            {
                situation.AssertRestored($"step {step}, without a record");
            }

            Assert.True(RestoreIntent.Recover(situation.Target, new ProgressTracker(new RecordingObserver())));
            Assert.False(RestoreIntent.ExistsFor(situation.Target));
            Assert.Empty(situation.Leftovers());
            bool isOld = situation.State() == old;
            wasUndone |= isOld;
            if (!isOld)
            {
                situation.AssertRestored($"step {step}");
            }

            // And the next restore works as if nothing had been.
            int copies = situation.SafetyCopies().Length;
            Assert.Equal(isOld ? 0 : 1, copies);
            situation.Restore(static _ => { });
            Assert.Equal(copies + 1, situation.SafetyCopies().Length);
            situation.AssertRestored($"after step {step}");
        }

        Assert.True(wasUndone);
    }

    [Fact]
    public void Between_old_and_new_a_database_is_always_whole()
    {
        for (int step = 0; ; step++)
        {
            using Situation situation = new("database");
            if (!DyingRestore.Start(situation.Request, step))
            {
                break;
            }

            Assert.Contains(RestoreScene.Count(situation.Target), (string[])["3", "100"]);
        }
    }

    [Fact]
    public void An_old_database_with_a_log_is_never_seen_without_it_nor_a_new_one_with_it()
    {
        for (int step = 0; ; step++)
        {
            using Situation situation = new("database with log");
            if (!DyingRestore.Start(situation.Request, step))
            {
                break;
            }

            if (File.Exists(situation.Target))
            {
                Assert.Contains(RestoreScene.CountLive(situation.Target), (string[])["150", "3"]);
            }
        }
    }

    [Fact]
    public void An_application_that_starts_between_loses_nothing_of_the_old_database()
    {
        for (int step = 0; ; step++)
        {
            using Situation situation = new("database with log");
            if (!DyingRestore.Start(situation.Request, step))
            {
                break;
            }

            if (!File.Exists(situation.Target))
            {
                TestDatabase.Execute(situation.Target, "CREATE TABLE made_meanwhile(x)");
                RestoreIntent.Recover(situation.Target, new ProgressTracker(new RecordingObserver()));
                Assert.Equal("150", RestoreScene.CountLive(Assert.Single(situation.SafetyCopies())));
                Assert.Equal("0", TestDatabase.Scalar(situation.Target, "SELECT count(*) FROM made_meanwhile"));
            }
        }
    }

    [Fact]
    public void No_snapshot_is_taken_of_a_place_in_between()
    {
        using Situation situation = new("database with log");
        Assert.True(DyingRestore.Start(situation.Request, 3));
        BackupException error = Assert.Throws<BackupException>(() => situation.Scene.Take(situation.Target));
        Assert.Equal(ErrorId.RestoreInterrupted, error.Id);
    }

    [Fact]
    public void A_run_killed_while_staging_leaves_what_the_next_one_removes_and_hinders_no_snapshot()
    {
        using Situation situation = new("directory");
        Assert.True(DyingRestore.Start(situation.Request, 0));
        Assert.NotEmpty(situation.Leftovers());
        Assert.False(RestoreIntent.ExistsFor(situation.Target));
        situation.Restore(static _ => { });
        Assert.Empty(situation.Leftovers());
    }

    [Fact]
    public void Two_restores_do_not_work_on_one_target_at_once()
    {
        using Situation situation = new("directory");
        string before = situation.State();
        ErrorId? second = null;
        situation.Restore(step =>
        {
            if (step == "staged")
            {
                second = Assert.Throws<BackupException>(() => situation.Restore(static _ => { })).Id;
                Assert.Equal(before, situation.State());
            }
        });
        Assert.Equal(ErrorId.TargetInUse, second);
        situation.AssertRestored("the first one");
    }

    [Fact]
    public void A_record_that_cannot_be_followed_stops_the_restore_and_changes_nothing()
    {
        foreach (string text in (string[])
        [
            "nonsense\n",
            "{\"version\":99,\"swap\":\"Directory\",\"stage\":\".x.backuptools-restore-1\"}\n",
            "{\"version\":1,\"swap\":\"Directory\",\"stage\":\"../precious\"}\n",
            "{\"version\":1,\"swap\":\"Directory\",\"stage\":\"precious\"}\n",
            "{\"version\":1,\"swap\":\"Database\",\"stage\":\".x.backuptools-restore-1\"}\n{\"safety\":\"../precious\"}\n",
        ])
        {
            using Situation situation = new("directory");
            situation.Scene.MakeTree("precious", ("file", "content"));
            File.WriteAllText(situation.Scene[RestoreNames.Record("target")], text);
            string before = RestoreScene.Describe(situation.Scene[""]);
            Assert.Equal(ErrorId.RestoreInterrupted, Assert.Throws<BackupException>(() => situation.Restore(static _ => { })).Id);
            Assert.Equal(before, RestoreScene.Describe(situation.Scene[""]));
        }
    }

    [Fact]
    public void A_record_cut_off_in_its_first_line_hinders_nothing()
    {
        using Situation situation = new("directory");
        File.WriteAllText(situation.Scene[RestoreNames.Record("target")], "{\"version\":1,\"sw");
        situation.Restore(static _ => { });
        situation.AssertRestored("after the cut");
        Assert.Empty(situation.Leftovers());
    }

    [Fact]
    public void A_record_is_followed_after_a_restart_that_gave_the_file_system_another_number()
    {
        bool wasFinished = false;
        for (int step = 1; ; step++)
        {
            using Situation situation = new("directory");
            string old = situation.State();
            if (!DyingRestore.Start(situation.Request, step))
            {
                break;
            }

            string record = situation.Scene[RestoreNames.Record("target")];
            File.WriteAllText(record, Regex.Replace(File.ReadAllText(record), "\"exchanged\":\\[([0-9]+),", "\"exchanged\":[1$1,"));
            RestoreIntent.Recover(situation.Target, new ProgressTracker(new RecordingObserver()));
            if (situation.State() != old)
            {
                situation.AssertRestored($"step {step}");
                wasFinished = true;
            }

            Assert.Empty(situation.Leftovers());
        }

        Assert.True(wasFinished);
    }

    // Of a step that comes often, the first, one between and the last.
    private static List<int> StepsToTry(string kind)
    {
        List<string> steps = [];
        using Situation situation = new(kind);
        situation.Restore(steps.Add);
        Assert.True(steps.Count > 2);
        return
        [
            .. steps
                .Select(static (name, index) => (name, index))
                .GroupBy(static step => step.name, static step => step.index)
                .SelectMany(static indices => (int[])[indices.First(), indices.ElementAt(indices.Count() / 2), indices.Last()])
                .Distinct()
                .Order(),
        ];
    }

    // A record within the target changes the time of the target itself.
    private static string WithoutRoot(string state) =>
        string.Join('\n', state.Split('\n').Where(static line => !line.StartsWith("|d|", StringComparison.Ordinal)));
}
