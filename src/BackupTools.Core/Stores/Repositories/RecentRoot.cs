using BackupTools.Restic;

namespace BackupTools.Core.Stores.Repositories;

/// <summary>
/// The root of the snapshot that was looked at last, as long as memory is not needed for something else: planning a restore
/// and carrying it out look at the same one, and the tree that tells of a large database's pieces takes a while to read. A
/// snapshot's id stands for all that is in it, so it never changes.
/// </summary>
internal sealed class RecentRoot
{
    private (ObjectId Snapshot, WeakReference<PayloadRoot> Root)? _last;
    private readonly Lock _gate = new();

    /// <summary>Gives out the root of a snapshot.</summary>
    /// <param name="snapshot">The snapshot's id.</param>
    /// <param name="find">Finds the root where it is not known.</param>
    public PayloadRoot GetOrFind(ObjectId snapshot, Func<PayloadRoot> find)
    {
        lock (_gate)
        {
            if (_last is { } last && last.Snapshot == snapshot && last.Root.TryGetTarget(out PayloadRoot? known))
            {
                return known;
            }
        }

        PayloadRoot root = find();
        lock (_gate)
        {
            _last = (snapshot, new WeakReference<PayloadRoot>(root));
        }

        return root;
    }
}
