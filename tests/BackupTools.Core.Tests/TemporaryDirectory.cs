using System.Diagnostics;

namespace BackupTools.Core.Tests;

/// <summary>A directory of a test's own, removed with everything in it at the end.</summary>
internal sealed class TemporaryDirectory : IDisposable
{
    public TemporaryDirectory() => Path = Directory.CreateTempSubdirectory("backuptools-test-").FullName;

    public string Path { get; }

    public string this[params string[] parts] => System.IO.Path.Join([Path, .. parts]);

    public void Dispose()
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.Delete(Path, recursive: true);
            return;
        }

        // .NET garbles names that are no UTF-8 and then cannot delete them; and tests take permissions away.
        using Process remove = Process.Start("sh", ["-c", "chmod -R u+rwX \"$1\"; rm -rf \"$1\"", "sh", Path]);
        remove.WaitForExit();
        Assert.Equal(0, remove.ExitCode);
    }
}
