using System.Globalization;

namespace BackupTools.Restic.Backends;

/// <content>Making a repository.</content>
/// <remarks>
/// Until it has its own name, the config is called after the key that belongs to it. So whatever is interrupted, the next
/// creation knows which key was never of any use, and removes no other. In the order of the steps, each durable before
/// the next: the directories, the config under that name, the key, the config's own name.
/// </remarks>
public sealed partial class LocalBackend
{
    // Added to the name of another's unfinished config before its key is removed.
    private const string FencedMark = "-gone";

    /// <inheritdoc/>
    public void Create(ReadOnlyMemory<byte> key, ReadOnlyMemory<byte> config)
    {
        RefuseExistingConfig();
        RepositoryFile keyFile = new(RepositoryFileType.Key, ObjectId.Hash(key.Span));
        string begun = Path.Join(Location, ConfigName + TemporaryMark + keyFile.Id);
        Stack<string> made = new();
        bool isBegun = false;
        try
        {
            MakeDirectories(made);
            WriteTemporary(begun, Location, config, CancellationToken.None);
            isBegun = true;
            RemoveUnfinished(except: begun);
            SyncDirectory(Location);
            SyncAbove(made);
            RefuseExistingConfig();
            RefuseExistingKeys();
            Write(keyFile, key, CancellationToken.None);
            GiveName(begun, config);
            SyncDirectory(Location);
        }
        catch (Exception e)
        {
            bool isTaken = isBegun && e is IOException && !File.Exists(begun) && !HasConfig(config);
            TakeBack(begun, config, made);
            if (isTaken)
            {
                throw new RepositoryException(
                    RepositoryError.AlreadyExists,
                    $"Another process makes a repository in '{Location}' at the same time, and has taken the place.",
                    e);
            }

            if (HasConfig(config))
            {
                throw new IOException($"{e.Message} It could not be taken back: the repository is there, and its password opens it.", e);
            }

            throw;
        }
    }

    /// <summary>
    /// Full paths of the files that a creation has left which was interrupted, or which is at work just now: the next one
    /// removes them.
    /// </summary>
    public IReadOnlyList<string> ListUnfinished() => [.. FindBegun().SelectMany(begun => FindKeyFiles(begun).Prepend(begun))];

    private IEnumerable<string> FindBegun() => !Directory.Exists(Location) ? [] : Directory
        .EnumerateFiles(Location, ConfigName + TemporaryMark + "*")
        .Where(static path => GetKeyId(path) is not null);

    private IEnumerable<string> FindKeyFiles(string begun)
    {
        string keys = GetDirectory(RepositoryFileType.Key);
        string id = GetKeyId(begun)!;
        return !Directory.Exists(keys) ? [] : Directory.EnumerateFiles(keys, id + "*").Where(path =>
            Path.GetFileName(path) == id || Path.GetFileName(path).StartsWith(id + TemporaryMark, StringComparison.Ordinal));
    }

    private static string? GetKeyId(string begun)
    {
        string name = Path.GetFileName(begun)[(ConfigName + TemporaryMark).Length..];
        string id = name.EndsWith(FencedMark, StringComparison.Ordinal) ? name[..^FencedMark.Length] : name;
        return ObjectId.TryParse(id, out _) ? id : null;
    }

    // Directories may be there: those of a creation that was interrupted are.
    private void MakeDirectories(Stack<string> made)
    {
        Stack<string> missing = new();
        for (string? path = Location; path is not null && !Directory.Exists(path); path = Path.GetDirectoryName(path))
        {
            missing.Push(path);
        }

        foreach (string path in missing)
        {
            // What is above is not the repository's: it gets what modes new directories have.
            Make(path, path == Location ? CreateDirectory : static above => Directory.CreateDirectory(above));
        }

        foreach (RepositoryFileType type in Enum.GetValues<RepositoryFileType>().Where(static type => type != RepositoryFileType.Config))
        {
            Make(GetDirectory(type), CreateDirectory);
        }

        // So that no later run has to make one, and to wait until its name is durable.
        string data = GetDirectory(RepositoryFileType.Pack);
        for (int i = 0; i < 256; i++)
        {
            Make(Path.Join(data, i.ToString("x2", CultureInfo.InvariantCulture)), CreateDirectory);
        }

        SyncDirectory(data);

        void Make(string path, Action<string> create)
        {
            if (!Directory.Exists(path))
            {
                create(path);
                made.Push(path);
            }
        }
    }

    private void SyncAbove(IEnumerable<string> made)
    {
        foreach (string path in made.Where(path => path.Length <= Location.Length).Append(Location).Distinct())
        {
            SyncDirectory(Path.GetDirectoryName(path) ?? path);
        }
    }

    // Whoever is at work there finds the name of its config gone, and gives up. So no key is removed whose config may still
    // get its name; and what is removed here can be told from the new name until it is.
    private void RemoveUnfinished(string except)
    {
        foreach (string begun in FindBegun().Where(path => path != except).ToArray())
        {
            if (!begun.EndsWith(FencedMark, StringComparison.Ordinal))
            {
                try
                {
                    File.Move(begun, begun + FencedMark, overwrite: true);
                }
                catch (FileNotFoundException)
                {
                    continue;
                }
            }

            RefuseExistingConfig();
            RemoveBegun(begun);
        }
    }

    private void RemoveBegun(string begun)
    {
        foreach (string file in FindKeyFiles(begun).ToArray())
        {
            File.Delete(file);
        }

        // Even if none was there: it may have been removed by a run that was interrupted then.
        if (Directory.Exists(GetDirectory(RepositoryFileType.Key)))
        {
            SyncDirectory(GetDirectory(RepositoryFileType.Key));
        }

        // Under both names: another process may just have given it the second one.
        foreach (string path in FindBegun().Where(path => GetKeyId(path) == GetKeyId(begun)).ToArray())
        {
            File.Delete(path);
        }
    }

    private void GiveName(string begun, ReadOnlyMemory<byte> config)
    {
        try
        {
            File.Move(begun, GetPath(RepositoryFile.Config));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException && HasConfig(config))
        {
            // Where a rename is refused, a second name is given, and then the first one removed.
            TryDelete(begun);
        }
    }

    // In the other order, and durable step by step: what cannot be taken back is removed by the next creation.
    private void TakeBack(string begun, ReadOnlyMemory<byte> config, Stack<string> made)
    {
        try
        {
            if (HasConfig(config))
            {
                File.Delete(begun);
                File.Move(GetPath(RepositoryFile.Config), begun);
                SyncDirectory(Location);
            }

            RemoveBegun(begun);

            // Another's that is at work there needs them.
            bool isAlone = !FindBegun().Any() && !File.Exists(GetPath(RepositoryFile.Config));
            while (isAlone && made.TryPop(out string? directory))
            {
                Directory.Delete(directory);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Why it is taken back is the error to tell.
        }
    }

    // It is encrypted with a number of its own: no two are equal.
    private bool HasConfig(ReadOnlyMemory<byte> config)
    {
        try
        {
            return ReadWhole(RepositoryFile.Config, config.Length).AsSpan().SequenceEqual(config.Span);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private void RefuseExistingConfig()
    {
        try
        {
            OpenToRead(GetPath(RepositoryFile.Config)).Dispose();
        }
        catch (FileNotFoundException)
        {
            return;
        }

        throw new RepositoryException(
            RepositoryError.AlreadyExists, $"There is a repository in '{Location}' already. It was left as it is.");
    }

    private void RefuseExistingKeys()
    {
        if (List(RepositoryFileType.Key, CancellationToken.None).Any())
        {
            throw new RepositoryException(
                RepositoryError.AlreadyExists,
                $"'{Location}' has keys of a repository, but no config. If another program was making one there and that was "
                + "interrupted, remove the folder and try again; if there are packs, its config has been lost: get it back "
                + "from elsewhere. Nothing was changed.");
        }
    }
}
