using System.Globalization;
using BackupTools.Restic.Backends;

namespace BackupTools.Restic.Locks;

/// <summary>The locks in a repository, and how to get one, by restic's protocol.</summary>
internal sealed class LockFiles(IRepositoryBackend backend, UnpackedFiles files)
{
    /// <summary>How long a new lock has to stand before it counts, so that two that come at once see each other.</summary>
    public static readonly TimeSpan Settling = TimeSpan.FromMilliseconds(200);

    private static readonly TimeSpan s_maxPause = TimeSpan.FromSeconds(5);

    /// <summary>Writes a lock.</summary>
    public LockRecord Save(LockRecord record) =>
        record with { Id = files.Save(RepositoryFileType.Lock, LockJson.Write(record).Span, CancellationToken.None) };

    /// <summary>Removes a lock.</summary>
    public void Remove(ObjectId id) => backend.Remove(new RepositoryFile(RepositoryFileType.Lock, id));

    /// <summary>Whether a lock is there.</summary>
    public bool Exists(ObjectId id) => backend.List(RepositoryFileType.Lock, CancellationToken.None).Any(f => f.Id == id);

    /// <summary>All locks that can be read.</summary>
    public List<LockRecord> List(CancellationToken cancellation) =>
        [.. backend.List(RepositoryFileType.Lock, cancellation).Select(f => TryLoad(f.Id, out _)).OfType<LockRecord>()];

    /// <summary>Waits until the repository is free, and locks it.</summary>
    /// <param name="mode">How.</param>
    /// <param name="settling">How long the lock has to stand before this comes back.</param>
    /// <param name="timeout">How long to wait for others.</param>
    /// <param name="cancellation">Stops the waiting.</param>
    public LockRecord Acquire(RepositoryLockMode mode, TimeSpan settling, TimeSpan timeout, CancellationToken cancellation)
    {
        long deadline = Environment.TickCount64 + (long)timeout.TotalMilliseconds;
        TimeSpan pause = TimeSpan.FromMilliseconds(100);
        while (true)
        {
            string? conflict = FindConflict(mode, default, cancellation);
            if (conflict is null)
            {
                LockRecord record = Save(LockHolder.CreateRecord(mode));
                conflict = Settle(record, mode, settling, cancellation);
                if (conflict is null)
                {
                    return record;
                }
            }

            long left = deadline - Environment.TickCount64;
            if (left <= 0)
            {
                throw InUse(conflict);
            }

            // By chance, so that two that back off from each other do not meet again.
            double milliseconds = Math.Min(left, pause.TotalMilliseconds * (0.5 + Random.Shared.NextDouble()));
            Pause(TimeSpan.FromMilliseconds(milliseconds), cancellation);
            pause = pause * 2 < s_maxPause ? pause * 2 : s_maxPause;
        }
    }

    /// <summary>That others hold it.</summary>
    public RepositoryException InUse(string conflict) => new(
        RepositoryError.Locked,
        $"The repository '{backend.Location}' is in use: {conflict}. Nothing was changed. Try again later.");

    /// <summary>Waits.</summary>
    public static void Pause(TimeSpan time, CancellationToken cancellation)
    {
        cancellation.WaitHandle.WaitOne(time);
        cancellation.ThrowIfCancellationRequested();
    }

    private string? Settle(LockRecord record, RepositoryLockMode mode, TimeSpan settling, CancellationToken cancellation)
    {
        string? conflict = null;
        bool settled = false;
        try
        {
            Pause(settling, cancellation);
            conflict = FindConflict(mode, record.Id, cancellation);
            settled = conflict is null;
            return conflict;
        }
        finally
        {
            if (!settled)
            {
                Remove(record.Id);
            }
        }
    }

    /// <summary>Looks for a lock that forbids ours; removes those of dead processes.</summary>
    public string? FindConflict(RepositoryLockMode mode, ObjectId own, CancellationToken cancellation)
    {
        foreach (StoredFile file in backend.List(RepositoryFileType.Lock, cancellation))
        {
            // Some places leave an empty file where writing was interrupted.
            if (file.Id == own || file.Length == 0)
            {
                continue;
            }

            if (TryLoad(file.Id, out string? problem) is not LockRecord other)
            {
                if (problem is not null)
                {
                    return problem;
                }
            }
            else if (mode == RepositoryLockMode.Exclusive || other.IsExclusive)
            {
                if (!LockHolder.IsDead(other))
                {
                    return Describe(other);
                }

                Remove(file.Id);
            }
        }

        return null;
    }

    private LockRecord? TryLoad(ObjectId id, out string? problem)
    {
        problem = null;
        try
        {
            return LockJson.Read(id, files.Load(RepositoryFileType.Lock, id));
        }
        catch (FileNotFoundException)
        {
            // Released, or made anew under another name.
            return null;
        }
        catch (RepositoryDataException e)
        {
            problem = $"{e.Message} If nothing is using the repository, remove that file";
            return null;
        }
    }

    private static string Describe(LockRecord other) => string.Create(
        CultureInfo.InvariantCulture,
        $"process {other.ProcessId} on {other.HostName}, by {other.UserName}, holds it{(other.IsExclusive ? " exclusively" : string.Empty)} since {other.Time.ToDateTime():yyyy-MM-dd HH:mm:ss} UTC (lock {other.Id})");
}
