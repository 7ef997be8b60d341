namespace BackupTools.Reliability;

/// <summary>How much of an attack is run.</summary>
internal enum Dose
{
    /// <summary>Seconds, on every change.</summary>
    Small,

    /// <summary>Minutes, by one command.</summary>
    Bounded,

    /// <summary>As long as it takes or is told, by hand.</summary>
    Long,
}

internal static class DoseExtensions
{
    /// <summary>A number for each dose.</summary>
    public static T Choose<T>(this Dose dose, T small, T bounded, T @long) => dose switch
    {
        Dose.Small => small,
        Dose.Bounded => bounded,
        _ => @long,
    };
}
