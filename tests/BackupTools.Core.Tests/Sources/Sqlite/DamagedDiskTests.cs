using System.Buffers.Binary;
using BackupTools.Core.Snapshots;

namespace BackupTools.Core.Tests.Sources.Sqlite;

/// <summary>Each read of a database's files that SQLite makes fails with EIO in turn: that says nothing of what stands in it.</summary>
public sealed class DamagedDiskTests : DatabaseCaptureScene
{
    private const int PageSize = 4096;
    private const int LogHeader = 32;
    private const int FrameHeader = 24;
    private const string Fill = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<30) INSERT INTO t SELECT zeroblob(i * 300) FROM n";

    [SkippableTheory]
    [InlineData("delete")]
    [InlineData("wal")]
    public void A_page_that_cannot_be_read_for_a_copy_is_told_as_that_and_not_as_corruption(string journalMode)
    {
        string path = Make("PRAGMA page_size=4096", $"PRAGMA journal_mode={journalMode}", "CREATE TABLE t(x)", Fill);

        IReadOnlyList<string> outcomes = DamagedDisk.Capture(path, [new DiskRead(0, 100), .. Pages(path)]);

        Assert.All(outcomes, outcome => Assert.Equal(DamagedDisk.RefusalOf(path), outcome));
        Assert.Equal(CaptureMethod.Exact, Capture(path).Result.Method);
    }

    [SkippableFact]
    public void A_log_that_cannot_be_read_beside_its_users_is_told_as_that_and_not_as_corruption()
    {
        string path = CrashedWal(keepSharedMemory: true);
        DiskRead[] frames = [.. Frames(path)];

        IReadOnlyList<string> outcomes = DamagedDisk.Capture(path, [new DiskRead(0, LogHeader), .. frames]);

        Assert.All(outcomes, outcome => Assert.Equal(DamagedDisk.RefusalOf(path + "-wal"), outcome));
        Assert.NotEmpty(frames);
    }

    [SkippableFact]
    public void A_page_that_cannot_be_read_by_a_check_is_told_as_that_and_not_as_corruption()
    {
        // With overflow pages, pages that tell whose others are, and free ones.
        string path = Make(
            "PRAGMA page_size=4096", "PRAGMA auto_vacuum=incremental", "CREATE TABLE t(x)", "CREATE INDEX i ON t(length(x))", Fill, Fill, "DELETE FROM t WHERE length(x) % 600 = 0");
        DiskRead[] pages = [.. Pages(path)];

        IReadOnlyList<string> outcomes = DamagedDisk.Check(path, pages);

        Assert.All(outcomes, outcome => Assert.True(outcome == DamagedDisk.RefusalOf(path) || outcome == nameof(CheckResult.Ok), outcome));
        int firstFree = (int)BinaryPrimitives.ReadUInt32BigEndian(File.ReadAllBytes(path).AsSpan(32)) - 1;
        Assert.Equal(DamagedDisk.RefusalOf(path), outcomes[firstFree]);
        Assert.True(outcomes.Count(outcome => outcome == DamagedDisk.RefusalOf(path)) > pages.Length / 2);
    }

    private static IEnumerable<DiskRead> Pages(string path) =>
        Enumerable.Range(0, (int)(new FileInfo(path).Length / PageSize)).Select(static page => new DiskRead((long)page * PageSize, PageSize));

    // As SQLite reads a log to find out what is in it: whole frames.
    private static IEnumerable<DiskRead> Frames(string path)
    {
        const int frame = FrameHeader + PageSize;
        return Enumerable.Range(0, (int)((new FileInfo(path + "-wal").Length - LogHeader) / frame))
            .Select(static number => new DiskRead(LogHeader + ((long)number * frame), frame));
    }
}
