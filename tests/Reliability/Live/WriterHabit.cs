namespace BackupTools.Reliability.Live;

/// <summary>What a writer does all the time, without a pause.</summary>
internal enum WriterHabit
{
    /// <summary>Small transactions.</summary>
    Small,

    /// <summary>Large ones, beyond SQLite's cache: the database grows, and shrinks by incremental vacuum.</summary>
    Large,

    /// <summary>Small ones with checkpoints, vacuums and changes of the schema in between.</summary>
    Chores,

    /// <summary>Small ones; the database is closed and opened anew after each.</summary>
    Reopen,

    /// <summary>The same, and now and then a copy is renamed onto the database in between.</summary>
    Replace,

    /// <summary>Small ones, and the journal mode is switched in between.</summary>
    Switch,
}
