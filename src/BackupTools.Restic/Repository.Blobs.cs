using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using BackupTools.Restic.Backends;
using BackupTools.Restic.Blobs;
using BackupTools.Restic.Indexes;
using BackupTools.Restic.Packs;
using BackupTools.Restic.Trees;

namespace BackupTools.Restic;

/// <content>Blobs and trees.</content>
public sealed partial class Repository
{
    private readonly Lock _saverLock = new();
    private volatile BlobSaver? _saver;

    /// <summary>What has been added since the repository was opened; whole after <see cref="Flush"/>.</summary>
    public AddedBlobs Added => _saver?.Added ?? default;

    /// <summary>
    /// Saves a blob, unless the repository has it. Its id is known at once; compressing, encrypting and writing go on in the
    /// background, so the content may be overwritten after the call, and a failure there is thrown by a later call. Waits
    /// where the background falls behind.
    /// </summary>
    /// <param name="type">What it is.</param>
    /// <param name="content">The content.</param>
    /// <param name="cancellation">Stops the waiting.</param>
    public SavedBlob SaveBlob(BlobType type, ReadOnlySpan<byte> content, CancellationToken cancellation = default)
    {
        RequireIndex();
        BlobHandle blob = new(type, ObjectId.Hash(content));
        if (!_index.TryReserve(blob))
        {
            return new SavedBlob(blob.Id, IsNew: false);
        }

        try
        {
            GetSaver().Save(blob, content, cancellation);
            return new SavedBlob(blob.Id, IsNew: true);
        }
        catch
        {
            _index.Release(blob);
            throw;
        }
    }

    /// <summary>Saves a tree.</summary>
    /// <param name="tree">The tree; finished by this call.</param>
    /// <param name="cancellation">Stops the waiting.</param>
    public SavedBlob SaveTree(TreeBuilder tree, CancellationToken cancellation = default) =>
        SaveBlob(BlobType.Tree, tree.Finish().Span, cancellation);

    /// <summary>Waits until all that was saved is durable: packs first, then the index that tells of them.</summary>
    /// <param name="cancellation">Stops it.</param>
    public void Flush(CancellationToken cancellation = default)
    {
        _saver?.Flush(cancellation);
        SaveIndex(cancellation);
    }

    /// <summary>Whether the index, or what is being saved, has a blob.</summary>
    /// <param name="type">What it is.</param>
    /// <param name="id">Its id.</param>
    public bool ContainsBlob(BlobType type, ObjectId id)
    {
        RequireIndex();
        return _index.Contains(new BlobHandle(type, id));
    }

    /// <summary>How long a blob's content is, if the index has it.</summary>
    /// <param name="type">What it is.</param>
    /// <param name="id">Its id.</param>
    /// <param name="length">The length.</param>
    /// <returns>Whether the index has it.</returns>
    public bool TryGetBlobLength(BlobType type, ObjectId id, out int length)
    {
        RequireIndex();
        bool found = _index.TryFind(new BlobHandle(type, id), out BlobLocation location);
        length = found ? location.Blob.ContentLength : 0;
        return found;
    }

    /// <summary>Loads a blob; what comes back has been verified by its id.</summary>
    /// <param name="type">What it is.</param>
    /// <param name="id">Its id.</param>
    /// <exception cref="RepositoryException"><see cref="RepositoryError.BlobNotFound"/>.</exception>
    /// <exception cref="RepositoryDataException">It is damaged, and there is no other copy.</exception>
    public byte[] LoadBlob(BlobType type, ObjectId id)
    {
        TryGetBlobLength(type, id, out int length);
        byte[] content = GC.AllocateUninitializedArray<byte>(length);
        LoadBlob(type, id, content);
        return content;
    }

    /// <summary>Loads a blob into a buffer; what comes back has been verified by its id.</summary>
    /// <param name="type">What it is.</param>
    /// <param name="id">Its id.</param>
    /// <param name="destination">Where to; at least as long as <see cref="TryGetBlobLength"/> tells.</param>
    /// <returns>The content's length.</returns>
    /// <exception cref="RepositoryException"><see cref="RepositoryError.BlobNotFound"/>.</exception>
    /// <exception cref="RepositoryDataException">It is damaged, and there is no other copy.</exception>
    public int LoadBlob(BlobType type, ObjectId id, Span<byte> destination)
    {
        RequireIndex();
        BlobHandle blob = new(type, id);
        if (!_index.TryFind(blob, out BlobLocation first))
        {
            throw new RepositoryException(
                RepositoryError.BlobNotFound,
                $"{blob} is in no index of the repository '{Backend.Location}'.");
        }

        if (TryLoad(first, destination, out RepositoryDataException? damage))
        {
            return first.Blob.ContentLength;
        }

        foreach (BlobLocation copy in _index.FindAll(blob).Where(l => l != first))
        {
            if (TryLoad(copy, destination, out _))
            {
                return copy.Blob.ContentLength;
            }
        }

        throw damage;
    }

    /// <summary>Loads a tree; its nodes are decoded as they are asked for.</summary>
    /// <param name="id">The tree's id.</param>
    public IEnumerable<TreeNode> LoadTree(ObjectId id) => TreeReader.Read(LoadBlob(BlobType.Tree, id));

    private bool TryLoad(
        BlobLocation location, Span<byte> destination, [NotNullWhen(false)] out RepositoryDataException? damage)
    {
        PackBlob blob = location.Blob;
        RepositoryFile pack = new(RepositoryFileType.Pack, location.Pack);
        byte[] ciphertext = ArrayPool<byte>.Shared.Rent((int)blob.Length);
        try
        {
            Span<byte> stored = ciphertext.AsSpan(0, (int)blob.Length);
            if (Backend.Read(pack, blob.Offset, stored) < stored.Length)
            {
                throw new RepositoryDataException("The pack is truncated.");
            }

            Decoder.Decode(blob, stored, destination[..blob.ContentLength]);
            damage = null;
            return true;
        }
        catch (Exception e) when (e is RepositoryDataException or FileNotFoundException)
        {
            string reason = e is FileNotFoundException ? "The pack is missing." : e.Message;
            damage = new RepositoryDataException($"{blob.Handle} in {pack} cannot be read: {reason}", e);
            return false;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(ciphertext);
        }
    }

    private BlobSaver GetSaver()
    {
        if (_saver is null)
        {
            lock (_saverLock)
            {
                _saver ??= StartSaver(_index);
            }
        }

        return _saver;
    }

    /// <summary>Starts what saves blobs in the background.</summary>
    /// <param name="index">What is told of the packs; the repository's own index is written when it gets full.</param>
    internal BlobSaver StartSaver(MasterIndex index)
    {
        PackWriter writer = new(Backend, Key, Decoder, index);
        return new BlobSaver(Key, Compresses ? _zstandard : null, _options, (pack, cancellation) =>
        {
            RequireLock();
            writer.Write(pack, cancellation);
            if (index == _index)
            {
                SaveIndexIfFull(cancellation);
            }
        });
    }
}
