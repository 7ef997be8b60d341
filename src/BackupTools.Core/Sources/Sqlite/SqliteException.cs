namespace BackupTools.Core.Sources.Sqlite;

/// <summary>An error that SQLite reported.</summary>
internal sealed class SqliteException : Exception
{
    public SqliteException(int code, string message)
        : base(message) => Code = code;

    /// <summary>The extended result code (https://sqlite.org/rescode.html).</summary>
    public int Code { get; }

    public int PrimaryCode => Code & 0xff;

    /// <summary>Whether the system refused to open or to read a file: that says nothing of what stands in it.</summary>
    public bool IsOfTheSystem => PrimaryCode is SqliteNative.CannotOpen or SqliteNative.InputOutput;

    /// <summary>
    /// Whether the engine lacks something that the schema names, does not know its syntax, or comes to a value or pattern
    /// beyond its limits: then it cannot tell whether the database is sound. A schema in a newer syntax is reported with the code for corruption.
    /// </summary>
    public bool IsBeyondThisEngine =>
        PrimaryCode == SqliteNative.TooBig
        || (PrimaryCode == SqliteNative.Error
            && (Message.Contains("no such collation", StringComparison.Ordinal)
                || Message.Contains("no such function", StringComparison.Ordinal)
                || Message.Contains("no such module", StringComparison.Ordinal)
                || Message.Contains("unknown function", StringComparison.Ordinal)
                || Message.Contains("unknown tokenizer", StringComparison.Ordinal)
                || Message.Contains("no such tokenizer", StringComparison.Ordinal)
                || Message.Contains("pattern too complex", StringComparison.Ordinal)
                || Message.Contains("unsafe use of", StringComparison.Ordinal)
                || Message.Contains("unsupported file format", StringComparison.Ordinal)))
        || (Message.Contains("malformed database schema", StringComparison.Ordinal)
            && (Message.Contains("syntax error", StringComparison.Ordinal)
                || Message.Contains("unknown table option", StringComparison.Ordinal)
                || Message.Contains("no such", StringComparison.Ordinal)
                || Message.Contains("unknown function", StringComparison.Ordinal)));
}
