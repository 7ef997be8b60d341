namespace BackupTools.Core.FileSystem;

/// <summary>Why the system refused an operation, in terms that are the same on every system.</summary>
internal enum FileSystemError
{
    Other,
    NotFound,
    AccessDenied,
    Exists,
    NotADirectory,
    IsADirectory,
    DirectoryNotEmpty,
    TooManyLinks,
    NoSpace,
    ReadOnly,
    Busy,
    OtherFileSystem,
    NotSupported,
    NameTooLong,
    NoAttribute,
    WouldBlock,

    /// <summary>This process, or the system, can open no more files: that says nothing of the one that was to be opened.</summary>
    TooManyOpenFiles,

    /// <summary>The file system has no such names, or has this one under another.</summary>
    NameRefused,
}

/// <summary>An operation on a file that the system refused.</summary>
internal sealed class FileSystemException : IOException
{
    public FileSystemException(FileSystemError error, string operation, string path, string reason, int code = 0)
        : base($"{operation} '{path}': {reason}")
    {
        Error = error;
        Operation = operation;
        Path = path;
        Reason = reason;
        Code = code;
    }

    public FileSystemError Error { get; }

    public string Operation { get; }

    public string Path { get; }

    /// <summary>The system's words alone, such as "Permission denied".</summary>
    public string Reason { get; }

    /// <summary>The system's own number (errno).</summary>
    public int Code { get; }
}
