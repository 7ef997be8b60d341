namespace BackupTools.Core.Retention;

/// <summary>A span of calendar time in restic's form, such as <c>1y2m10d4h</c>; m is months.</summary>
/// <param name="Years">Years.</param>
/// <param name="Months">Months.</param>
/// <param name="Days">Days.</param>
/// <param name="Hours">Hours.</param>
public readonly record struct CalendarDuration(int Years, int Months, int Days, int Hours);
