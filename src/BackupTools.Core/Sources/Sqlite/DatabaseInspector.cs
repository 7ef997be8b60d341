using System.Globalization;
using BackupTools.Core.Snapshots;

namespace BackupTools.Core.Sources.Sqlite;

/// <summary>What a look into a database copy tells.</summary>
/// <param name="Info">Header facts; its capture, journal mode and lock time are the copier's to fill in.</param>
/// <param name="Sections">Tables with row counts; empty where it could not be read.</param>
/// <param name="Check">The check.</param>
/// <param name="Uncounted">Tables that this engine cannot count (virtual tables of unknown modules), with the reason.</param>
internal sealed record DatabaseInspection(
    SqliteInfo Info,
    IReadOnlyList<SnapshotSection> Sections,
    SnapshotCheck Check,
    IReadOnlyList<SnapshotProblem> Uncounted);

/// <summary>Looks into a database copy that nobody writes: opened immutable, so that no sidecar appears beside it.</summary>
internal static class DatabaseInspector
{
    private const int MaxProblems = 20;

    /// <summary>Checks a copy and counts its tables.</summary>
    /// <param name="path">Full path of the copy.</param>
    /// <param name="level">How thoroughly to check.</param>
    /// <param name="cancellation">Stops it.</param>
    public static DatabaseInspection Inspect(string path, CheckLevel level, CancellationToken cancellation)
    {
        SnapshotCheck check = Check(path, level, cancellation);
        (IReadOnlyList<SnapshotSection> sections, IReadOnlyList<SnapshotProblem> uncounted) = Count(path, cancellation);
        return new DatabaseInspection(ReadInfo(path), sections, check, uncounted);
    }

    /// <summary>What the header says.</summary>
    public static SqliteInfo ReadInfo(string path)
    {
        using FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
        byte[] header = new byte[DatabaseFile.HeaderLength];
        int length = stream.ReadAtLeast(header, header.Length, throwOnEndOfStream: false);
        if (length < header.Length || !DatabaseFile.HasMagic(header))
        {
            return new SqliteInfo { EngineVersion = SqliteEngine.Version };
        }

        int pageSize = DatabaseFile.PageSize(header);
        return new SqliteInfo
        {
            PageSize = pageSize,
            PageCount = pageSize == 0 ? 0 : stream.Length / pageSize,
            JournalMode = DatabaseFile.IsWal(header) ? "wal" : "delete",
            UserVersion = DatabaseFile.UserVersion(header),
            ApplicationId = DatabaseFile.ApplicationId(header),
            EngineVersion = SqliteEngine.Version,
        };
    }

    /// <summary>Runs SQLite's check.</summary>
    public static SnapshotCheck Check(string path, CheckLevel level, CancellationToken cancellation)
    {
        string name = CultureInfo.InvariantCulture.TextInfo.ToLower(level.ToString());
        if (level == CheckLevel.None)
        {
            return new SnapshotCheck(name, CheckResult.Skipped);
        }

        string pragma = level == CheckLevel.Full ? "integrity_check" : "quick_check";
        try
        {
            IReadOnlyList<(string Text, string)> rows = Ask(
                path,
                connection => connection.QueryTexts(string.Create(CultureInfo.InvariantCulture, $"PRAGMA {pragma}({MaxProblems})")),
                cancellation);
            foreach ((string text, _) in rows)
            {
                ThrowIfOfTheSystem(path, text);
            }

            return rows is [("ok", _)]
                ? new SnapshotCheck(name, CheckResult.Ok)
                : new SnapshotCheck(name, CheckResult.Corrupt, string.Join("; ", rows.Select(static row => row.Text)));
        }
        catch (SqliteException e) when (!e.IsOfTheSystem)
        {
            return new SnapshotCheck(
                name, e.IsBeyondThisEngine ? CheckResult.Unverifiable : CheckResult.Corrupt, e.Message);
        }
    }

    // The check goes on where the system does not give it a page, and tells SQLite's code for that as one more problem.
    private static void ThrowIfOfTheSystem(string path, string problem)
    {
        const string mark = "unable to get the page. error code=";
        int start = problem.IndexOf(mark, StringComparison.Ordinal) + mark.Length;
        if (start >= mark.Length
            && int.TryParse(problem[start..].Split('\n')[0], NumberStyles.None, CultureInfo.InvariantCulture, out int code)
            && new SqliteException(code, $"'{path}' could not be checked: {problem}") is { IsOfTheSystem: true } refusal)
        {
            throw refusal;
        }
    }

    /// <summary>Counts the rows of each table.</summary>
    public static (IReadOnlyList<SnapshotSection> Sections, IReadOnlyList<SnapshotProblem> Uncounted) Count(
        string path, CancellationToken cancellation)
    {
        List<SnapshotSection> sections = [];
        List<SnapshotProblem> uncounted = [];
        try
        {
            _ = Ask(path, connection =>
            {
                foreach ((string table, _) in connection.QueryTexts(
                    "SELECT name FROM sqlite_master WHERE type='table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name"))
                {
                    cancellation.ThrowIfCancellationRequested();
                    try
                    {
                        string quoted = table.Replace("\"", "\"\"", StringComparison.Ordinal);
                        sections.Add(new SnapshotSection(table, connection.QueryInt64($"SELECT count(*) FROM \"{quoted}\"")));
                    }
                    catch (SqliteException e) when (e.PrimaryCode != SqliteNative.Interrupt && !e.IsOfTheSystem)
                    {
                        uncounted.Add(new SnapshotProblem(table, "its rows cannot be counted: " + e.Message));
                    }
                }

                return true;
            }, cancellation);
        }
        catch (SqliteException e) when (!e.IsOfTheSystem)
        {
            uncounted.Add(new SnapshotProblem(".", "the tables cannot be counted: " + e.Message));
        }

        return (sections, uncounted);
    }

    private static T Ask<T>(string path, Func<SqliteConnection, T> question, CancellationToken cancellation)
    {
        using SqliteConfinement confinement = SqliteConfinement.ToDirectoryOf(path);
        try
        {
            using SqliteConnection connection =
                SqliteConnection.Open(DatabaseUri.Create(path, "mode=ro&immutable=1"), SqliteNative.OpenReadOnly);
            using CancellationTokenRegistration interrupt = connection.InterruptOn(cancellation);
            using WorkLimit limit = WorkLimit.OnQueries(connection, new FileInfo(path).Length);
            cancellation.ThrowIfCancellationRequested();
            return Ask(connection, question, limit, cancellation);
        }
        catch (SqliteException) when (SqliteConfinement.RefusedRead is { } refusal)
        {
            throw refusal;
        }
        catch (SqliteException e) when (e.IsOfTheSystem)
        {
            throw new SqliteException(e.Code, $"'{path}' could not be checked: {e.Message}");
        }
    }

    private static T Ask<T>(
        SqliteConnection connection, Func<SqliteConnection, T> question, WorkLimit limit, CancellationToken cancellation)
    {
        try
        {
            connection.Execute("PRAGMA cell_size_check=ON");
            T answer = question(connection);

            // A check goes on behind a page that it could not read, and a count behind a table.
            return SqliteConfinement.RefusedRead is { } refusal ? throw refusal : answer;
        }
        catch (SqliteException)
        {
            cancellation.ThrowIfCancellationRequested();
            if (limit.IsExceeded)
            {
                throw new SqliteException(SqliteNative.Corrupt, WorkLimit.Reason);
            }

            throw;
        }
    }
}
