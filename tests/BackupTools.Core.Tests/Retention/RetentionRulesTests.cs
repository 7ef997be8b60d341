using System.Globalization;
using BackupTools.Core.Retention;
using BackupTools.Core.Snapshots;
using FsCheck;
using FsCheck.Fluent;
using static BackupTools.Core.Tests.Retention.MadeUp;

namespace BackupTools.Core.Tests.Retention;

public sealed class RetentionRulesTests
{
    // What `restic forget --dry-run` of 0.14.0 keeps of these, in UTC: the last column holds positions in the list.
    private static readonly string[] s_times =
    [
        "2023-01-25 02:03", "2024-12-29 18:19", "2025-07-21 23:09", "2025-10-12 17:40", "2026-01-10 16:48",
        "2026-01-12 09:51", "2026-01-22 20:00", "2026-02-20 13:50", "2026-02-21 15:12", "2026-02-22 12:05",
        "2026-02-24 11:39", "2026-03-03 12:39", "2026-03-15 13:33", "2026-03-15 15:51", "2026-03-18 19:06",
        "2026-03-26 00:17", "2026-03-29 00:09", "2026-03-29 07:15", "2026-03-29 23:30", "2026-03-30 15:43",
        "2026-03-30 19:24", "2026-03-30 20:51", "2026-03-30 21:12", "2026-03-30 21:45", "2026-03-30 22:03",
        "2026-03-31 03:23", "2026-03-31 03:36", "2026-03-31 10:19", "2026-03-31 11:39", "2026-03-31 11:56",
        "2026-03-31 12:57", "2026-03-31 13:07", "2026-03-31 14:10", "2026-03-31 14:12", "2026-03-31 15:07",
        "2026-03-31 15:08", "2026-03-31 15:26", "2026-03-31 15:27", "2026-03-31 15:29", "2026-03-31 15:30",
    ];

    [Theory]
    [InlineData("last 3", "37 38 39")]
    [InlineData("hourly 5", "29 30 31 33 39")]
    [InlineData("hourly 100", "0-21 23 24 26 27 29 30 31 33 39")]
    [InlineData("daily 7", "11 13 14 15 18 24 39")]
    [InlineData("daily 100", "0-11 13 14 15 18 24 39")]
    [InlineData("weekly 4", "13 14 18 39")]
    [InlineData("weekly 100", "0-6 9 10 11 13 14 18 39")]
    [InlineData("monthly 3", "6 10 39")]
    [InlineData("monthly 50", "0-3 6 10 39")]
    [InlineData("yearly 1", "39")]
    [InlineData("yearly 10", "0 1 3 39")]
    [InlineData("within 1m", "12-39")]
    [InlineData("within 1y2m3d4h", "2-39")]
    [InlineData("within 30h", "19-39")]
    [InlineData("last 2 daily 3 yearly 2", "3 18 24 38 39")]
    [InlineData("hourly 2 weekly 3 monthly 4 within 2d", "3 6 10 14 18-39")]
    public void The_rules_keep_what_restic_keeps(string policy, string expected)
    {
        List<StoredSnapshot> snapshots = [.. s_times.Select(time => Snapshot(DateTime.ParseExact(
            time, "yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal)))];

        List<RetentionDecision> decisions = RetentionRules.Decide(snapshots, ParsePolicy(policy), Now);

        List<int> kept = [];
        foreach (string range in expected.Split(' '))
        {
            int[] bounds = [.. range.Split('-').Select(text => int.Parse(text, CultureInfo.InvariantCulture))];
            kept.AddRange(Enumerable.Range(bounds[0], bounds[^1] - bounds[0] + 1));
        }

        Assert.Equal(
            kept, decisions.Select((decision, index) => (decision, index)).Where(pair => pair.decision.Action == RetentionAction.Keep).Select(pair => pair.index));
        Assert.All(decisions, decision => Assert.NotEmpty(decision.Reasons));
    }

    [Fact]
    public void Weeks_and_months_of_one_name_do_not_meet()
    {
        List<StoredSnapshot> snapshots =
            [.. Enumerable.Range(1, 25).Select(day => Snapshot(new DateTime(2026, 1, day, 12, 0, 0, DateTimeKind.Utc)))];

        List<RetentionDecision> decisions =
            RetentionRules.Decide(snapshots, new RetentionPolicy { Weekly = 4, Monthly = 24, Yearly = 3 }, Now);

        Assert.Equal([1, 4, 11, 18, 25], Kept(decisions).Select(snapshot => snapshot.Manifest.CreatedAt.Day));
        Assert.Contains("weekly 2026-W01", decisions[3].Reasons);
        Assert.Contains("oldest monthly 2026-01", decisions[0].Reasons);
    }

    [Fact]
    public void A_week_belongs_to_its_ISO_year()
    {
        List<StoredSnapshot> snapshots =
        [
            Snapshot(new DateTime(2025, 12, 28, 12, 0, 0, DateTimeKind.Utc)),
            Snapshot(new DateTime(2025, 12, 29, 12, 0, 0, DateTimeKind.Utc)),
            Snapshot(new DateTime(2026, 1, 4, 12, 0, 0, DateTimeKind.Utc)),
        ];

        List<RetentionDecision> decisions = RetentionRules.Decide(snapshots, new RetentionPolicy { Weekly = 2 }, Now);

        Assert.Equal(["weekly 2025-W52"], decisions[0].Reasons);
        Assert.Equal(RetentionAction.Remove, decisions[1].Action);
        Assert.Contains("weekly 2026-W01", decisions[2].Reasons);
    }

    [Fact]
    public void What_cannot_be_relied_on_never_stands_in_for_what_can()
    {
        StoredSnapshot sound = DaysAgo(1.1);
        StoredSnapshot incompleteOfThatDay = DaysAgo(1.05, SnapshotState.Incomplete);
        StoredSnapshot corruptOfThatDay = DaysAgo(1.01, check: CheckResult.Corrupt);
        StoredSnapshot newest = DaysAgo(0.1);

        List<RetentionDecision> decisions = RetentionRules.Decide(
            [sound, incompleteOfThatDay, corruptOfThatDay, newest], new RetentionPolicy { Daily = 2 }, Now);

        Assert.Equal([sound, newest], Kept(decisions));
    }

    [Fact]
    public void Incomplete_ones_after_the_newest_sound_one_are_counted_by_themselves()
    {
        StoredSnapshot[] snapshots =
        [
            DaysAgo(9), DaysAgo(8), DaysAgo(3, SnapshotState.Incomplete), DaysAgo(2, SnapshotState.Incomplete),
            DaysAgo(1, check: CheckResult.Corrupt),
        ];

        List<RetentionDecision> decisions = RetentionRules.Decide(snapshots, new RetentionPolicy { Last = 2 }, Now);

        Assert.Equal([snapshots[0], snapshots[1], snapshots[3], snapshots[4]], Kept(decisions));
    }

    [Fact]
    public void Tags_and_spans_keep_beside_the_counts()
    {
        StoredSnapshot[] snapshots = [DaysAgo(400, tags: ["release", "x"]), DaysAgo(300, tags: ["y"]), DaysAgo(5), DaysAgo(1)];

        List<RetentionDecision> decisions = RetentionRules.Decide(
            snapshots,
            new RetentionPolicy { Last = 1, Tags = ["release"], Within = new CalendarDuration(0, 0, 4, 1) },
            Now);

        Assert.Equal([["tag release"], ["no rule keeps it"], ["within 4d1h"], ["last 1", "within 4d1h", "newest complete snapshot of its series"]], decisions.Select(decision => decision.Reasons));
    }

    [Fact]
    public void What_is_dated_in_the_future_stays_and_counts_for_nothing()
    {
        StoredSnapshot[] snapshots = [DaysAgo(3), DaysAgo(2), DaysAgo(-1), DaysAgo(-400 * 365)];

        List<RetentionDecision> decisions = RetentionRules.Decide(
            snapshots, new RetentionPolicy { Last = 1, Within = new CalendarDuration(0, 0, 0, 1) }, Now);

        Assert.Equal(snapshots[1..], Kept(decisions));
        Assert.Equal(["in the future"], decisions[2].Reasons);
    }

    [Fact]
    public void Damaged_and_foreign_ones_stay()
    {
        StoredSnapshot[] snapshots =
        [
            DaysAgo(9, SnapshotState.Damaged), Snapshot(Now.AddDays(-8), origin: ManifestOrigin.Oxios),
            Snapshot(Now.AddDays(-7), origin: ManifestOrigin.AiMemory), DaysAgo(1),
        ];

        List<RetentionDecision> decisions = RetentionRules.Decide(snapshots, new RetentionPolicy { Last = 1 }, Now);

        Assert.Equal([snapshots[0], snapshots[1], snapshots[3]], Kept(decisions));
    }

    [Fact]
    public void Each_series_is_counted_by_itself()
    {
        StoredSnapshot[] snapshots =
        [
            Snapshot(Now.AddDays(-4), host: "one"), Snapshot(Now.AddDays(-3), host: "one"),
            Snapshot(Now.AddDays(-2), host: "two"), Snapshot(Now.AddDays(-1), name: "other", host: "two"),
        ];

        Assert.Equal(snapshots[1..], Kept(RetentionRules.Decide(snapshots, new RetentionPolicy { Last = 1 }, Now)));
    }

    [Fact]
    public void A_policy_that_says_nothing_is_refused()
    {
        Assert.Equal(ErrorId.RetentionPolicyEmpty, Refused(new RetentionPolicy()));
        Assert.Equal(ErrorId.RetentionPolicyEmpty, Refused(new RetentionPolicy { Within = default(CalendarDuration) }));
        Assert.Equal(ErrorId.InvalidArgument, Refused(new RetentionPolicy { Last = 0 }));
        Assert.Equal(ErrorId.InvalidArgument, Refused(new RetentionPolicy { Daily = 3, Weekly = -1 }));
        Assert.Equal(ErrorId.InvalidArgument, Refused(new RetentionPolicy { Tags = [""] }));
        RetentionRules.Check(new RetentionPolicy { Tags = ["x"] });

        static ErrorId Refused(RetentionPolicy policy) =>
            Assert.Throws<BackupException>(() => RetentionRules.Check(policy)).Id;
    }

    [Fact]
    public void Whatever_the_list_what_must_stay_stays_and_a_second_run_removes_nothing()
    {
        Prop.ForAll(Lists().ToArbitrary(), Policies().ToArbitrary(), (snapshots, policy) =>
        {
            List<RetentionDecision> decisions = RetentionRules.Decide(snapshots, policy, Now);
            List<StoredSnapshot> kept = Kept(decisions);
            HashSet<StoredSnapshot> removed = new(snapshots.Except(kept, ReferenceEqualityComparer.Instance).Cast<StoredSnapshot>());

            Assert.DoesNotContain(removed, snapshot =>
                snapshot.State == SnapshotState.Damaged || snapshot.Manifest.CreatedAt > Now || snapshot.Manifest.Origin == ManifestOrigin.Oxios);
            foreach (IGrouping<SnapshotSeries, StoredSnapshot> series in snapshots
                .Where(snapshot => RetentionRules.IsSound(snapshot) && snapshot.Manifest.CreatedAt <= Now)
                .GroupBy(snapshot => snapshot.Manifest.Series))
            {
                Assert.DoesNotContain(series.Last(), removed);
            }

            Assert.All(
                RetentionRules.Decide(kept, policy, Now), decision => Assert.Equal(RetentionAction.Keep, decision.Action));
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Keep_leaves_the_newest_and_all_that_is_tagged()
    {
        StoredSnapshot[] snapshots =
        [
            DaysAgo(9, tags: ["x"]), DaysAgo(8), DaysAgo(7, SnapshotState.Incomplete), DaysAgo(6), DaysAgo(5, SnapshotState.Damaged),
            DaysAgo(4, SnapshotState.Incomplete), DaysAgo(3), Snapshot(Now.AddDays(-2), host: "another"), DaysAgo(1),
        ];
        StoredSnapshot made = snapshots[^1];

        Assert.Equal([snapshots[1], snapshots[2], snapshots[3]], RetentionRules.DecideKeep(snapshots, made, 2));
        Assert.Equal(snapshots[6], Assert.Single(RetentionRules.DecideKeep(snapshots, made, 1).Except(RetentionRules.DecideKeep(snapshots, made, 2)), RetentionRules.IsSound));
        Assert.Equal(RetentionRules.DecideKeep(snapshots, made, 2), RetentionRules.PlanKeep(snapshots[..^1], made.Manifest.Series, 2));
        Assert.Empty(RetentionRules.DecideKeep(snapshots, made, 0));
        Assert.Empty(RetentionRules.DecideKeep(snapshots, made, 48));
        Assert.Empty(RetentionRules.DecideKeep(snapshots, snapshots[5], 1));
        Assert.Empty(RetentionRules.DecideKeep(snapshots, DaysAgo(0, check: CheckResult.Corrupt), 1));
    }

    private static List<StoredSnapshot> Kept(List<RetentionDecision> decisions) =>
        [.. decisions.Where(decision => decision.Action == RetentionAction.Keep).Select(decision => decision.Snapshot)];

    private static RetentionPolicy ParsePolicy(string text)
    {
        string[] words = text.Split(' ');
        RetentionPolicy policy = new();
        for (int i = 0; i < words.Length; i += 2)
        {
            _ = int.TryParse(words[i + 1], NumberStyles.None, CultureInfo.InvariantCulture, out int count);
            policy = words[i] switch
            {
                "last" => policy with { Last = count },
                "hourly" => policy with { Hourly = count },
                "daily" => policy with { Daily = count },
                "weekly" => policy with { Weekly = count },
                "monthly" => policy with { Monthly = count },
                "yearly" => policy with { Yearly = count },
                _ => policy with { Within = CalendarDuration.TryParse(words[i + 1], out CalendarDuration span) ? span : null },
            };
        }

        return policy;
    }

    private static Gen<List<StoredSnapshot>> Lists() =>
        (from hours in Gen.Choose(-48, 20_000)
         from state in Gen.Frequency((8, Gen.Constant(SnapshotState.Complete)), (3, Gen.Constant(SnapshotState.Incomplete)), (1, Gen.Constant(SnapshotState.Damaged)))
         from check in Gen.Frequency((6, Gen.Constant(CheckResult.Ok)), (2, Gen.Constant(CheckResult.Corrupt)), (1, Gen.Constant(CheckResult.Unverifiable)))
         from host in Gen.Elements("one", "two")
         from tag in Gen.Elements("x", "y", "z")
         select Snapshot(Now.AddHours(-hours), state, check, host: host, tags: tag))
        .ListOf()
        .Select(list => list.OrderBy(snapshot => snapshot.Manifest.CreatedAt).ToList());

    private static Gen<RetentionPolicy> Policies()
    {
        Gen<int?> count = Gen.Frequency((2, Gen.Constant<int?>(null)), (3, Gen.Choose(1, 12).Select(value => (int?)value)));
        return from last in count
               from hourly in count
               from daily in count
               from weekly in count
               from monthly in count
               from yearly in count
               from days in count
               from tagged in Gen.Elements(true, false)
               select new RetentionPolicy
               {
                   Last = last,
                   Hourly = hourly,
                   Daily = daily,
                   Weekly = weekly,
                   Monthly = monthly,
                   Yearly = yearly,
                   Within = days is { } span ? new CalendarDuration(0, 0, span, 0) : null,
                   Tags = tagged ? ["x"] : [],
               };
    }
}
