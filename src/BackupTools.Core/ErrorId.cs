namespace BackupTools.Core;

/// <summary>The stable identifiers of all errors. Their names are part of the interface: scripts test for them.</summary>
public enum ErrorId
{
    /// <summary>An argument has no meaning or contradicts another one.</summary>
    InvalidArgument,

    /// <summary>The source does not exist.</summary>
    SourceNotFound,

    /// <summary>The source is neither a SQLite database nor a directory.</summary>
    SourceNotSupported,

    /// <summary>The source cannot be read.</summary>
    SourceUnreadable,

    /// <summary>Other code in this process has the database open; touching it would drop that code's locks.</summary>
    DatabaseOpenInThisSession,

    /// <summary>The database stayed locked by other processes for longer than the wait.</summary>
    DatabaseBusy,

    /// <summary>The database could not be copied in the way that was asked for.</summary>
    CaptureFailed,

    /// <summary>A restore at this place was interrupted and has to be finished first.</summary>
    RestoreInterrupted,

    /// <summary>The store does not exist.</summary>
    StoreNotFound,

    /// <summary>There is something already where a store was to be made.</summary>
    StoreExists,

    /// <summary>The store itself is damaged, beyond single snapshots.</summary>
    StoreDamaged,

    /// <summary>The repository needs a password, and none was given.</summary>
    PasswordRequired,

    /// <summary>No key of the repository opens with the password.</summary>
    WrongPassword,

    /// <summary>The system lacks a library that is needed to read what is stored.</summary>
    LibraryMissing,

    /// <summary>The store cannot be written.</summary>
    StoreNotWritable,

    /// <summary>Another run holds the store's lock.</summary>
    StoreLocked,

    /// <summary>The store's file system cannot lock files.</summary>
    LockNotSupported,

    /// <summary>No snapshot fits what was asked for.</summary>
    SnapshotNotFound,

    /// <summary>More than one series fits what was asked for.</summary>
    SnapshotAmbiguous,

    /// <summary>The snapshot's manifest or listing is unreadable, contradictory or forged.</summary>
    SnapshotDamaged,

    /// <summary>The manifest is of a format version that this program does not know.</summary>
    FormatNotSupported,

    /// <summary>The payload is not what its manifest says.</summary>
    VerificationFailed,

    /// <summary>The snapshot holds nothing to restore.</summary>
    NothingToRestore,

    /// <summary>What stands at the target is of the other kind than the snapshot.</summary>
    TargetKindMismatch,

    /// <summary>Something stands at the target that this restore may not replace.</summary>
    TargetExists,

    /// <summary>Another process holds the target open.</summary>
    TargetInUse,

    /// <summary>The file system has too little free space.</summary>
    NotEnoughSpace,

    /// <summary>The retention policy would keep nothing by rule.</summary>
    RetentionPolicyEmpty,

    /// <summary>The snapshot was made, but parts of the source could not be read.</summary>
    SnapshotIncomplete,

    /// <summary>The snapshot was restored, but for entries that could not be.</summary>
    RestoreIncomplete,

    /// <summary>The system refused an operation on a file.</summary>
    InputOutput,

    /// <summary>The run was cancelled.</summary>
    Cancelled,
}
