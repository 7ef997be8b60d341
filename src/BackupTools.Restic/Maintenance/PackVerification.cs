using BackupTools.Restic.Blobs;
using BackupTools.Restic.Packs;

namespace BackupTools.Restic.Maintenance;

/// <summary>Reads a pack whole and verifies everything in it.</summary>
internal static class PackVerification
{
    /// <summary>Reads a pack.</summary>
    /// <param name="repository">The repository.</param>
    /// <param name="pack">The pack.</param>
    /// <param name="length">How long its file is.</param>
    /// <param name="blobs">What the index says is in it.</param>
    /// <param name="damaged">Called for each blob that cannot be read.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <returns>What is wrong with it.</returns>
    public static List<string> Verify(
        Repository repository,
        ObjectId pack,
        long length,
        IEnumerable<PackBlob> blobs,
        Action<PackBlob> damaged,
        CancellationToken cancellation)
    {
        List<string> problems = [];
        List<PackBlob> ordered = [.. blobs.OrderBy(blob => blob.Offset)];
        using PackWindow window = new(repository.Backend, pack, length, hash: true);
        using ScratchBuffer buffer = new();
        for (int i = 0; i < ordered.Count; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            PackBlob blob = ordered[i];
            try
            {
                if (i > 0 && blob.Offset < ordered[i - 1].End)
                {
                    throw new RepositoryDataException("The index says that it overlaps with another.");
                }

                ReadOnlySpan<byte> ciphertext = window.Get(blob.Offset, (int)blob.Length);
                repository.Decoder.Decode(blob, ciphertext, buffer.Get(blob.ContentLength));
            }
            catch (RepositoryDataException e)
            {
                problems.Add($"{blob.Handle}: {e.Message}");
                damaged(blob);
            }
        }

        if (window.FinishHash() != pack)
        {
            problems.Add("Its content is not what its name says.");
        }

        VerifyHeader(repository, pack, length, ordered, problems);
        return problems;
    }

    private static void VerifyHeader(
        Repository repository, ObjectId pack, long length, List<PackBlob> indexed, List<string> problems)
    {
        try
        {
            List<PackBlob> header = PackReader.ReadHeader(repository.Backend, repository.Key, pack, length);

            // In the order in which they lie there, nearly always.
            if (!header.SequenceEqual(indexed) && !header.ToHashSet().SetEquals(indexed))
            {
                problems.Add("Its header and the index do not tell the same blobs.");
            }
        }
        catch (RepositoryDataException e)
        {
            problems.Add($"Its header cannot be read: {e.Message}");
        }
    }
}
