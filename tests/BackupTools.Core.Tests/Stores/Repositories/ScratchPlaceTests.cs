namespace BackupTools.Core.Tests.Stores.Repositories;

/// <summary>
/// The place where databases lie on their way into a repository. It is told by the environment, which is the whole process's: so
/// no other test runs beside these.
/// </summary>
[Collection(nameof(ScratchPlaceTests))]
[CollectionDefinition(nameof(ScratchPlaceTests), DisableParallelization = true)]
public sealed class ScratchPlaceTests : IDisposable
{
    private readonly RepositoryScene _scene = new();

    public void Dispose() => _scene.Dispose();

    [Fact]
    public void Nothing_of_a_database_lies_open_anywhere_once_it_is_taken()
    {
        using TemporaryDirectory scratch = new();
        string? before = Environment.GetEnvironmentVariable("TMPDIR");
        Environment.SetEnvironmentVariable("TMPDIR", scratch.Path);
        try
        {
            string dead = Directory.CreateDirectory(Path.Join(
                scratch.Path, $".backuptools-scratch-{Core.Stores.PartialName.ThisHost}-0123456789ab")).FullName;
            File.WriteAllText(Path.Join(dead, "1.db"), "what a run left that was killed");
            _scene.Take(_scene.MakeDatabase("app.db", 500));
            Assert.Empty(Directory.GetFileSystemEntries(scratch.Path));
        }
        finally
        {
            Environment.SetEnvironmentVariable("TMPDIR", before);
        }

        Assert.DoesNotContain(_scene.Files("."), static file => file.EndsWith(".db", StringComparison.Ordinal));
    }
}
