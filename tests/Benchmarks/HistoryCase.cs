using System.Globalization;

namespace BackupTools.Benchmarks;

/// <summary>What snapshots of a changing database take in one kind of store.</summary>
/// <param name="Store">The kind of store.</param>
/// <param name="First">Bytes after the first snapshot.</param>
/// <param name="FewChanges">Bytes that the second one added, after 500 rows had changed here and there.</param>
/// <param name="All">Bytes after all.</param>
/// <param name="Snapshots">How many they are; a hundredth of the rows changes between each two.</param>
internal sealed record HistoryRow(string Store, long First, long FewChanges, long All, int Snapshots);

/// <summary>A history of snapshots of one database in a folder, in a repository of ours, and in one of restic's.</summary>
internal sealed class HistoryCase(CommandRunner runner, Tools tools, string backupTools)
{
    private const int FewChanges = 500;

    public IReadOnlyList<HistoryRow> Run(Workbench bench, int megabytes, int snapshots, TextWriter log)
    {
        string database = bench["history.db"];
        int rows = TestData.RowsFor(megabytes);
        TestData.MakeDatabase(runner, database, rows);
        string[] restic = ["restic", "--quiet", "--repo", bench["theirs"], "--cache-dir", bench["cache"]];
        List<(string Name, string Path, Action Init, Action Take)> stores =
        [
            ("folder", bench["folder"], () => { }, () => runner.Run(backupTools, "new", database, "--to", bench["folder"], "--keep", "0")),
            ("repository", bench["ours"], () => runner.Run(backupTools, "init", bench["ours"]),
                () => runner.Run(backupTools, "new", database, "--to", bench["ours"], "--keep", "0")),
        ];
        if (tools.Missing("restic") is null)
        {
            stores.Add(("restic", bench["theirs"], () => runner.Run([.. restic, "init"]), () => runner.Run([.. restic, "backup", database])));
        }

        Dictionary<string, List<long>> sizes = stores.ToDictionary(s => s.Name, _ => new List<long>());
        stores.ForEach(store => store.Init());
        for (int i = 0; i < snapshots; i++)
        {
            if (i > 0)
            {
                // Rows spread evenly: every change is on a page of its own, which is the worst that so many can do.
                int step = i == 1 ? Math.Max(1, rows / FewChanges) : 100;
                runner.Run("sqlite3", database, string.Create(
                    CultureInfo.InvariantCulture,
                    $"UPDATE note SET body = hex(randomblob(150 + id % 100)) WHERE id % {step} = {i % step}; PRAGMA wal_checkpoint(TRUNCATE);"));
            }

            foreach ((string name, string path, _, Action take) in stores)
            {
                take();
                sizes[name].Add(SizeOf(path));
                log.WriteLine($"  history, {bench.Name}, snapshot {i + 1}: {name} {sizes[name][^1] >> 20} MiB");
            }
        }

        return [.. stores.Select(s => new HistoryRow(
            s.Name, sizes[s.Name][0], sizes[s.Name][1] - sizes[s.Name][0], sizes[s.Name][^1], snapshots))];
    }

    private static long SizeOf(string path) =>
        new DirectoryInfo(path).EnumerateFiles("*", SearchOption.AllDirectories).Sum(file => file.Length);
}
