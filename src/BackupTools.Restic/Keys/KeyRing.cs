using System.Text;
using BackupTools.Restic.Backends;
using BackupTools.Restic.Cryptography;

namespace BackupTools.Restic.Keys;

/// <summary>A repository's keys: one file for each password.</summary>
internal sealed class KeyRing(IRepositoryBackend backend)
{
    private const int MaxFileLength = 1 << 20;

    /// <summary>Adds a password.</summary>
    public ObjectId Add(RepositoryKey master, ReadOnlySpan<char> password, ScryptParameters parameters)
    {
        ReadOnlyMemory<byte> file = Make(master, password, parameters);
        ObjectId id = ObjectId.Hash(file.Span);
        backend.Write(new RepositoryFile(RepositoryFileType.Key, id), file, CancellationToken.None);
        return id;
    }

    /// <summary>Makes the content of a key's file; its hash is the key's id.</summary>
    public static ReadOnlyMemory<byte> Make(RepositoryKey master, ReadOnlySpan<char> password, ScryptParameters parameters)
    {
        if (password.IsEmpty)
        {
            throw new ArgumentException("A password must not be empty.", nameof(password));
        }

        using WipedMemory bytes = Encode(password, out int length);
        return KeyFile.Write(master, bytes.Span[..length], parameters);
    }

    /// <summary>Opens with a password, whichever key it is for.</summary>
    /// <param name="password">The password.</param>
    /// <param name="accept">Reads the config with the key found; throws where that key is not for it.</param>
    /// <exception cref="RepositoryException"><see cref="RepositoryError.WrongPassword"/>.</exception>
    public T Open<T>(ReadOnlySpan<char> password, Func<ObjectId, RepositoryKey, T> accept)
    {
        using WipedMemory bytes = Encode(password, out int length);
        List<string> damages = [];
        RepositoryDataException? refusal = null;
        foreach (StoredFile stored in backend.List(RepositoryFileType.Key, CancellationToken.None))
        {
            if (TryOpen(stored.Id, bytes.Span[..length], damages) is RepositoryKey key)
            {
                try
                {
                    return accept(stored.Id, key);
                }
                catch (RepositoryDataException e)
                {
                    // An initialisation that was interrupted leaves a key that opens, and opens nothing.
                    refusal = e;
                    key.Dispose();
                }
            }
        }

        if (refusal is not null)
        {
            throw refusal;
        }

        string otherwise = damages.Count == 0 ? string.Empty : $" Damaged: {string.Join(' ', damages)}";
        throw new RepositoryException(
            RepositoryError.WrongPassword, $"No key of the repository '{backend.Location}' opens with that password.{otherwise}");
    }

    private RepositoryKey? TryOpen(ObjectId id, ReadOnlySpan<byte> password, List<string> damages)
    {
        try
        {
            byte[] file = backend.ReadWhole(new RepositoryFile(RepositoryFileType.Key, id), MaxFileLength);
            if (KeyFile.Open(file, password) is RepositoryKey key)
            {
                return key;
            }

            if (ObjectId.Hash(file) != id)
            {
                damages.Add($"key {id}: It is not what was written.");
            }
        }
        catch (RepositoryDataException e)
        {
            damages.Add($"key {id}: {e.Message}");
        }
        catch (FileNotFoundException)
        {
            // Removed since it was listed.
        }

        return null;
    }

    private static WipedMemory Encode(ReadOnlySpan<char> password, out int length)
    {
        WipedMemory bytes = new(Math.Max(1, Encoding.UTF8.GetMaxByteCount(password.Length)));
        length = Encoding.UTF8.GetBytes(password, bytes.Span);
        return bytes;
    }
}
