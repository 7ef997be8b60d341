using System.Globalization;

namespace BackupTools.Core.Retention;

/// <summary>
/// A rule that keeps the newest snapshot of each of so many periods. Each rule has its own keys, and they are of UTC:
/// the same list gives the same decisions wherever it is looked at.
/// </summary>
/// <param name="Name">Its word in reasons.</param>
/// <param name="Count">How many periods that have snapshots.</param>
/// <param name="Key">The period of a time, as text; <see langword="null"/> where each snapshot is its own period.</param>
internal sealed record RetentionRule(string Name, int Count, Func<DateTime, string>? Key)
{
    /// <summary>The rules of a policy, finest first.</summary>
    public static List<RetentionRule> Of(RetentionPolicy policy)
    {
        List<RetentionRule> rules = [];
        Add("last", policy.Last, null);
        Add("hourly", policy.Hourly, time => Format(time, "yyyy-MM-dd HH"));
        Add("daily", policy.Daily, time => Format(time, "yyyy-MM-dd"));
        Add("weekly", policy.Weekly, time =>
            string.Create(CultureInfo.InvariantCulture, $"{ISOWeek.GetYear(time):D4}-W{ISOWeek.GetWeekOfYear(time):D2}"));
        Add("monthly", policy.Monthly, time => Format(time, "yyyy-MM"));
        Add("yearly", policy.Yearly, time => Format(time, "yyyy"));
        return rules;

        void Add(string name, int? count, Func<DateTime, string>? key)
        {
            if (count is { } periods)
            {
                rules.Add(new RetentionRule(name, periods, key));
            }
        }
    }

    private static string Format(DateTime time, string format) => time.ToString(format, CultureInfo.InvariantCulture);
}
