using BackupTools.Core.Restore;

namespace BackupTools.Core.Tests.Restore;

/// <summary>An overlay, and somebody who takes a directory of its target away and puts something else in its place.</summary>
internal sealed class SwappedSituation : IDisposable
{
    private readonly string _replacement;
    private readonly string _directory;
    private readonly string _away;
    private readonly string _outside;
    private readonly string _before;

    /// <param name="replacement">What is put there: a link, a directory, a file, nothing.</param>
    /// <param name="name">The directory.</param>
    public SwappedSituation(string replacement, string name = "a")
    {
        _replacement = replacement;
        _directory = Path.Join(Situation.Target, name);
        _away = Situation.Scene["away"];
        _outside = Situation.Scene.MakeTree("outside", ("same", "outside"), ("deep/one", "outside"), ("deep/old", "outside"));
        _before = RestoreScene.Describe(_outside);
    }

    public Situation Situation { get; } = new("overlay");

    public string RecordPath => Situation.Scene[RestoreNames.Record("target")];

    /// <summary>Lets the overlay make so many moves, swaps the directory, and lets the overlay fail.</summary>
    public BackupException Fail(int moves)
    {
        int left = moves;
        Exception error = Record.Exception(() => Situation.Restore(step =>
        {
            if (step == "moved" && --left == 0)
            {
                Swap();
                throw new TimeoutException();
            }
        }));
        return error as BackupException ?? new BackupException(ErrorId.InputOutput, error.ToString());
    }

    public void Swap()
    {
        Directory.Move(_directory, _away);
        switch (_replacement)
        {
            case "link":
                Directory.CreateSymbolicLink(_directory, _outside);
                break;
            case "directory":
                Directory.CreateDirectory(_directory);
                File.WriteAllText(Path.Join(_directory, "same"), "foreign");
                break;
            case "file":
                File.WriteAllText(_directory, "foreign");
                break;
        }
    }

    /// <summary>Puts the directory back.</summary>
    public void SetRight()
    {
        switch (_replacement)
        {
            case "directory":
                Directory.Delete(_directory, recursive: true);
                break;
            case "link" or "file":
                File.Delete(_directory);
                break;
        }

        Directory.Move(_away, _directory);
    }

    public bool Recover() => RestoreIntent.Recover(Situation.Target, new ProgressTracker(new RecordingObserver()));

    /// <summary>Whatever stood there is there, in the target, in its safety copies or in the directory that was taken away.</summary>
    public void AssertNothingIsLost()
    {
        Assert.Equal(_before, RestoreScene.Describe(_outside));
        string[] places = [Situation.Target, _away, .. Situation.SafetyCopies()];
        string[] contents = [.. places.Where(Directory.Exists).SelectMany(Files).Select(File.ReadAllText)];
        string[] wanted = [.. _replacement is "directory" or "file" ? ["foreign"] : Array.Empty<string>(), "old", "was a directory", "stays in an overlay"];
        Assert.All(wanted, text => Assert.Contains(text, contents));
        Assert.Equal("old", File.ReadAllText(Path.Join(_away, "deep", "old")));
    }

    /// <summary>The next restore settles what it can, tells what it cannot, and does its own work.</summary>
    public void AssertNextRestoreGoesOn(bool isKept)
    {
        int warnings = Situation.Scene.Observer.Warnings.Count();
        Situation.Restore(static _ => { });
        AssertNothingIsLost();
        Assert.Empty(Situation.Leftovers());
        Assert.False(RestoreIntent.ExistsFor(Situation.Target));
        string[] safetyCopies = Situation.SafetyCopies();
        if (isKept)
        {
            Assert.Equal(2, safetyCopies.Length);
            Assert.Equal("old", File.ReadAllText(Path.Join(safetyCopies[0], "a", "same")));
            Assert.Contains(
                Situation.Scene.Observer.Warnings.Skip(warnings),
                warning => warning.Contains("'a/same'", StringComparison.Ordinal) && warning.Contains(safetyCopies[0], StringComparison.Ordinal));
        }

        Assert.Equal("new", File.ReadAllText(Path.Join(Situation.Target, "a", "same")));
        Assert.Equal("new one", File.ReadAllText(Path.Join(Situation.Target, "a", "deep", "one")));
        Assert.Equal("1", TestDatabase.Scalar(Path.Join(Situation.Target, "app"), "SELECT count(*) FROM t"));
        Assert.Null(new FileInfo(_directory).LinkTarget);
    }

    public void Dispose() => Situation.Dispose();

    private static IEnumerable<string> Files(string directory) => Directory.EnumerateFiles(
        directory, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint });
}
