using static BackupTools.Core.Tests.Sources.Sqlite.Malicious.DatabaseForge;

namespace BackupTools.Core.Tests.Sources.Sqlite.Malicious;

/// <summary>Honest databases beside which a log or a journal lies that no SQLite wrote.</summary>
internal static class MaliciousLogs
{
    private const uint Huge = MaliciousDatabase.Huge;

    public static IEnumerable<MaliciousDatabase> Logs()
    {
        (string Name, uint PageSize, uint Page, uint Commit)[] frames =
        [
            ("a log of an honest frame", PageSize, 1, 0),
            ("a log that makes 4 billion pages of it", PageSize, 1, Huge),
            ("a log that makes 2 billion pages of it", PageSize, 1, 0x7fffffff),
            ("a log that makes a million pages of it", PageSize, 1, 1_000_000),
            ("a log with a page of number 0", PageSize, 0, 3),
            ("a log with a page of number 4 billion", PageSize, Huge, 3),
            ("a log of other pages", 512, 1, 3),
            ("a log of pages of no size", 0, 1, 3),
            ("a log of pages of 2 GiB", 0x80000000, 1, 3),
        ];
        foreach (bool hasMemory in (bool[])[false, true])
        {
            string suffix = hasMemory ? ", beside shared memory of garbage" : string.Empty;
            foreach ((string name, uint pageSize, uint page, uint commit) in frames)
            {
                yield return new(name + suffix, (path, _) =>
                {
                    DatabaseForge.Make(path, 100, wal: true);
                    byte[] bytes = File.ReadAllBytes(path);
                    byte[] first = bytes[..PageSize];
                    if (commit > 1)
                    {
                        Put(first, 28, commit);
                    }

                    uint pages = (uint)(bytes.Length / PageSize);
                    LogForge.Write(path + "-wal", pageSize, (page, commit == 0 ? pages : commit, first));
                    if (hasMemory)
                    {
                        Garbage(path + "-shm", 65536);
                    }
                });
            }

            yield return new("a log of garbage" + suffix, (path, _) =>
            {
                DatabaseForge.Make(path, 100, wal: true);
                Garbage(path + "-wal", 100_000);
                if (hasMemory)
                {
                    Garbage(path + "-shm", 65536);
                }
            });
        }

        yield return new("a log beside shared memory that is empty", static (path, _) =>
        {
            DatabaseForge.Make(path, 100, wal: true);
            Garbage(path + "-wal", 100_000);
            File.WriteAllBytes(path + "-shm", []);
        });
    }

    public static IEnumerable<MaliciousDatabase> Journals()
    {
        (string Name, Action<string, string> Write)[] journals =
        [
            ("a journal of 4 billion records", static (path, _) => JournalForge.Write(path, records: Huge, pages: 10)),
            ("a journal that makes 4 billion pages of it", static (path, _) => JournalForge.Write(path, pages: Huge)),
            ("a journal that makes a million pages of it", static (path, _) => JournalForge.Write(path, pages: 1_000_000)),
            ("a journal of no sectors", static (path, _) => JournalForge.Write(path, sectorSize: 0)),
            ("a journal of sectors of 2 GiB", static (path, _) => JournalForge.Write(path, sectorSize: 0x80000000)),
            ("a journal of pages of 2 GiB", static (path, _) => JournalForge.Write(path, pageSize: 0x80000000)),
            ("a journal of pages of 512 bytes", static (path, _) => JournalForge.Write(path, pageSize: 512, pages: 10)),
            ("a journal of page 0", static (path, _) => JournalForge.Write(path, page: 0, pages: 10)),
            ("a journal of page 4 billion", static (path, _) => JournalForge.Write(path, page: Huge, pages: 10)),
            ("a journal of garbage", static (path, _) => Garbage(path, 100_000)),
            ("a journal whose super-journal is another's file", static (path, canary) => JournalForge.Write(path, pages: 10, super: canary)),
            ("a journal whose super-journal is another's file, upwards", static (path, canary) =>
                JournalForge.Write(path, pages: 10, super: Path.Join(Path.GetDirectoryName(path), "..", Path.GetRelativePath(Path.GetDirectoryName(Path.GetDirectoryName(path))!, canary)))),
            ("a journal whose super-journal is relative", static (path, _) => JournalForge.Write(path, pages: 10, super: "../../x")),
            ("a journal whose super-journal never ends", static (path, _) => JournalForge.Write(path, pages: 10, super: "/dev/zero")),
            ("a journal whose super-journal has a name of 64 KiB", static (path, _) => JournalForge.Write(path, pages: 10, super: new string('x', 65536))),
            ("a journal whose super-journal's sum is wrong", static (path, canary) => JournalForge.Write(path, pages: 10, super: canary, sumFits: false)),
            ("a journal whose super-journal has a NUL in its name", static (path, canary) => JournalForge.Write(path, pages: 10, super: canary + "\0x")),
        ];
        foreach ((string name, Action<string, string> write) in journals)
        {
            yield return new(name, (path, canary) =>
            {
                DatabaseForge.Make(path, 100);
                write(path + "-journal", canary);
            });
        }
    }

    private static void Garbage(string path, int length)
    {
        byte[] bytes = new byte[length];
        new Random(length).NextBytes(bytes);
        File.WriteAllBytes(path, bytes);
    }
}
