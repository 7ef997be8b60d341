namespace BackupTools.Core.Tests;

/// <summary>A directory of a test's own, removed with everything in it at the end.</summary>
internal sealed class TemporaryDirectory : IDisposable
{
    public TemporaryDirectory() => Path = Directory.CreateTempSubdirectory("backuptools-test-").FullName;

    public string Path { get; }

    public string this[params string[] parts] => System.IO.Path.Join([Path, .. parts]);

    public void Dispose()
    {
        // Tests take permissions away; rm as the owner needs them back.
        if (!OperatingSystem.IsWindows())
        {
            foreach (string directory in Directory.EnumerateDirectories(Path, "*", SearchOption.AllDirectories))
            {
                if (new DirectoryInfo(directory).LinkTarget is null)
                {
                    File.SetUnixFileMode(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
                }
            }
        }

        Directory.Delete(Path, recursive: true);
    }
}
