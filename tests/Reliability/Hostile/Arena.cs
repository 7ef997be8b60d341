using System.Globalization;
using BackupTools.Reliability.Faults.Scenes;

namespace BackupTools.Reliability.Hostile;

/// <summary>
/// A place for one case, with something beside it that nobody may read or touch. Every run of the command there has a
/// limit of memory and of time, and is looked at for what no input may bring about.
/// </summary>
internal sealed class Arena : IDisposable
{
    /// <summary>What stands in files that no run was told of.</summary>
    public const string Secret = "SECRET-OUTSIDE";

    private const int MegabytesOfMemory = 400;
    private const int SecondsOfPatience = 120;

    private static readonly Lazy<string?> s_obstacle = new(static () =>
        !OperatingSystem.IsLinux() || !Tool.Runs("prlimit", "--version") || !Tool.Runs("timeout", "--version")
            ? "Limits of memory and time need prlimit and timeout, on Linux."
            : null);

    private readonly TemporaryDirectory _directory = new();
    private readonly TreeImage _outside;

    public Arena()
    {
        Directory.CreateDirectory(this["outside", "sub"]);
        File.WriteAllText(this["outside", "canary"], Secret);
        File.WriteAllText(this["outside", "sub", "canary"], Secret);
        TestDatabase.Execute(this["outside", "app.db"], "CREATE TABLE t(x)", $"INSERT INTO t VALUES('{Secret}')");
        _outside = TreeImage.Of(this["outside"]);
    }

    /// <summary>Why no arena can be had here.</summary>
    public static string? Obstacle => s_obstacle.Value;

    public string Path => _directory.Path;

    public string this[params string[] parts] => _directory[parts];

    /// <summary>Copies a file or a tree to a name here, links as links.</summary>
    public void Take(string from, string name) => Tool.Run("cp", ["-a", from, this[name]]);

    /// <summary>
    /// Runs backuptools: it must end in time and within its memory, by one of the documented codes, with no error that
    /// it does not know, and nothing outside read or changed.
    /// </summary>
    public CommandResult Run(params string[] arguments)
    {
        CommandResult result = Command.RunOther(
            Path,
            "prlimit",
            [
                string.Create(CultureInfo.InvariantCulture, $"--data={MegabytesOfMemory}000000"),
                "timeout", "-s", "KILL", SecondsOfPatience.ToString(CultureInfo.InvariantCulture),
                Command.BackupTools, .. arguments,
            ],
            new Dictionary<string, string> { ["BACKUPTOOLS_DEBUG"] = "1" });
        result.Expect(0, 1, 3, 4);
        string said = result.Output + result.Error;
        Assert.False(said.Contains("Unexpected error", StringComparison.Ordinal), $"an error that is not known: {result}");
        Assert.False(said.Contains(Secret, StringComparison.Ordinal), $"what stands outside was read: {result}");
        _outside.AssertSame(TreeImage.Of(this["outside"]), "what stands outside");
        return result;
    }

    /// <summary>Fails where something here, but for what was named, holds what stands outside, or has come to be here.</summary>
    public void AssertNothingElse(params string[] expected)
    {
        string[] strangers =
        [
            .. Directory.EnumerateFileSystemEntries(Path).Select(static path => System.IO.Path.GetFileName(path)!)
                .Where(name => name != "outside" && !expected.Any(one => name == one || name.StartsWith(one + ".pre-restore-", StringComparison.Ordinal))),
        ];
        Assert.True(strangers.Length == 0, "came to be beside: " + string.Join(", ", strangers));
        foreach (string name in expected.Where(name => System.IO.Path.Exists(this[name])))
        {
            string found = Tool.Run("grep", ["-r", "-l", "-a", "-F", Secret, this[name]], mayFail: true);
            Assert.True(found.Length == 0, "hold what stands outside: " + found);
        }
    }

    public void Dispose() => _directory.Dispose();
}
