using System.Diagnostics;
using System.Globalization;

namespace BackupTools.Benchmarks;

/// <summary>A scratch directory on one place, with the data made there so far.</summary>
internal sealed class Workbench : IDisposable
{
    private readonly CommandRunner _runner;
    private readonly Options _options;
    private readonly Dictionary<string, string> _made = [];

    public Workbench(string name, string parent, CommandRunner runner, Options options)
    {
        _runner = runner;
        _options = options;
        Name = name;
        Directory.CreateDirectory(parent);
        Root = Path.Join(parent, "backuptools-benchmarks-" + Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
        Directory.CreateDirectory(Root);
    }

    /// <summary>What the report calls the place.</summary>
    public string Name { get; }

    public string Root { get; }

    public string this[string name] => Path.Join(Root, name);

    public string Database => Data("app.db", path => TestData.MakeDatabase(_runner, path, Rows));

    public int Rows => TestData.RowsFor(_options.DatabaseMegabytes);

    public string SmallFiles => Data(
        "files", path => TestData.MakeSmallFiles(path, _options.Files, 16 * 1024, _runner.Cancellation));

    public string LargeFiles => Data(
        "large", path => TestData.MakeLargeFiles(path, _options.LargeFiles, _options.LargeFileMegabytes, _runner.Cancellation));

    public string SmallDatabase => Data("small.db", path => TestData.MakeDatabase(_runner, path, 100));

    public string TinyFiles(int count) => Data(
        "tiny" + count.ToString(CultureInfo.InvariantCulture),
        path => TestData.MakeSmallFiles(path, count, 64, _runner.Cancellation));

    /// <summary>Removes data that is not needed any more.</summary>
    public void Drop(string path)
    {
        _runner.Run("rm", "-rf", path);
        _made.Remove(Path.GetFileName(path));
    }

    /// <summary>Removes what was made so far, to leave room for what comes.</summary>
    public void DropAllBut(string? name)
    {
        foreach (string path in Directory.EnumerateFileSystemEntries(Root).Where(p => Path.GetFileName(p) != name).ToList())
        {
            Drop(path);
        }
    }

    // Not with the runner, which starts nothing any more once the run is cancelled; and not with Directory.Delete, which
    // stops at whatever a program that was stopped amid its work still adds or makes unreadable.
    public void Dispose()
    {
        using Process remove = Process.Start("rm", ["-rf", Root]);
        remove.WaitForExit();
    }

    private string Data(string name, Action<string> make)
    {
        if (!_made.TryGetValue(name, out string? path))
        {
            path = this[name];
            make(path);
            TestData.Warm(path, _runner.Cancellation);
            _made[name] = path;
        }

        return path;
    }
}
