using BackupTools.Core.Durability;
using BackupTools.Core.FileSystem;
using BackupTools.Core.Sources.Sqlite;

namespace BackupTools.Core.Restore;

/// <summary>
/// Puts a staged database in the place of a standing one. Without sidecars: the old one gets its safety copy's name as a
/// second name, then one rename replaces it, so at every instant the target is the old or the new one. With sidecars:
/// they get their second names first, then the old database leaves, then its sidecars, then the new one comes. Between,
/// there is no database at the target, because an old one without its log and a new one with the old log would both
/// look whole.
/// </summary>
internal sealed class DatabaseSwap
{
    private readonly DirectoryHandle _parent;
    private readonly EntryName _target;
    private readonly EntryName _stage;
    private readonly EntryName _safety;
    private readonly IReadOnlyList<string> _sidecars;

    private DatabaseSwap(DirectoryHandle parent, EntryName target, string stage, string safety, IReadOnlyList<string> sidecars)
    {
        _parent = parent;
        _target = target;
        _stage = EntryName.FromText(stage);
        _safety = EntryName.FromText(safety);
        _sidecars = sidecars;
    }

    /// <summary>The files that SQLite left beside a database.</summary>
    public static List<string> SidecarsOf(DirectoryHandle parent, EntryName database) =>
        [.. DatabaseFile.SidecarSuffixes.Where(suffix => parent.TryGetStatus(DatabaseFile.Sidecar(database, suffix), out _))];

    /// <summary>Installs the stage; on failure everything is as it was, but for the stage and the record.</summary>
    /// <param name="parent">The directory of the target.</param>
    /// <param name="target">The target's name.</param>
    /// <param name="stage">The stage's name.</param>
    /// <param name="safety">A free name for the safety copy.</param>
    /// <param name="record">The record to write beforehand.</param>
    /// <param name="reached">Is told of each step.</param>
    /// <returns>Whether there is a safety copy of a database (not of sidecars alone).</returns>
    public static bool Install(
        DirectoryHandle parent, EntryName target, string stage, string safety, RestoreRecord record, Action<string> reached)
    {
        List<string> sidecars = SidecarsOf(parent, target);
        bool stands = parent.TryGetStatus(target, out _);
        DatabaseSwap swap = new(parent, target, stage, safety, sidecars);
        if (!stands && sidecars.Count == 0)
        {
            parent.InstallNew(swap._stage, target);
            return false;
        }

        record.Add(new RecordLine { Safety = safety, Sidecars = sidecars });
        record.Flush();
        parent.Sync();
        try
        {
            reached("recorded");
            if (sidecars.Count == 0)
            {
                swap.ReplaceAlone(reached);
            }
            else
            {
                swap.ReplaceWithSidecars(stands, reached);
            }

            reached("installed");
            parent.Sync();
        }
        catch (Exception e)
        {
            RollbackException.Guard(e, () =>
            {
                swap.TakeBack();
                swap.Undo();
            });
            throw;
        }

        return stands;
    }

    /// <summary>Finishes or undoes what a dead run had begun; what it leaves behind is the stage, if anything.</summary>
    /// <returns>Whether the new database stands.</returns>
    public static bool Settle(DirectoryHandle parent, EntryName target, string stage, RecordLine line)
    {
        DatabaseSwap swap = new(parent, target, stage, line.Safety!, line.Sidecars ?? []);
        if (!parent.TryGetStatus(swap._stage, out _) && parent.TryGetStatus(target, out FileStatus standing))
        {
            bool isOld = parent.TryGetStatus(swap._safety, out FileStatus safety) && IsSame(safety, standing);
            if (!isOld)
            {
                return true;
            }
        }

        swap.Undo();
        return false;
    }

    private static bool IsSame(in FileStatus one, in FileStatus other) =>
        one.Identity == other.Identity && one.Identity != default;

    private void ReplaceAlone(Action<string> reached)
    {
        if (_parent.TryLink(_target, _safety))
        {
            _parent.Sync();
            reached("linked");
            _parent.Rename(_stage, _parent, _target, RenameMode.Replace);
            return;
        }

        _parent.RenameToFreeName(_target, _parent, _safety);
        _parent.Sync();
        reached("aside");
        _parent.RenameToFreeName(_stage, _parent, _target);
    }

    private void ReplaceWithSidecars(bool stands, Action<string> reached)
    {
        // If some program made an empty database at the target meanwhile, SQLite would remove the log that it finds
        // beside it; under a second name the log survives that.
        bool linked = true;
        foreach (string suffix in _sidecars)
        {
            linked &= _parent.TryLink(DatabaseFile.Sidecar(_target, suffix), DatabaseFile.Sidecar(_safety, suffix));
        }

        _parent.Sync();
        reached("sidecars linked");
        if (stands)
        {
            _parent.RenameToFreeName(_target, _parent, _safety);
            _parent.Sync();
            reached("aside");
        }

        foreach (string suffix in _sidecars)
        {
            EntryName from = DatabaseFile.Sidecar(_target, suffix);
            if (linked || _parent.TryGetStatus(DatabaseFile.Sidecar(_safety, suffix), out _))
            {
                _parent.DeleteFile(from);
            }
            else
            {
                _parent.RenameToFreeName(from, _parent, DatabaseFile.Sidecar(_safety, suffix));
            }
        }

        _parent.Sync();
        reached("sidecars aside");
        _parent.RenameToFreeName(_stage, _parent, _target);
    }

    // Only for the run itself, which knows that a missing stage means that it stands at the target.
    private void TakeBack()
    {
        if (_parent.TryGetStatus(_stage, out _))
        {
            return;
        }

        if (_sidecars.Count == 0 && _parent.TryGetStatus(_safety, out _))
        {
            _parent.Rename(_safety, _parent, _target, RenameMode.Replace);
        }
        else
        {
            _parent.RenameToFreeName(_target, _parent, _stage);
        }

        _parent.Sync();
    }

    private void Undo()
    {
        bool stands = _parent.TryGetStatus(_target, out FileStatus standing);
        bool isKept = _parent.TryGetStatus(_safety, out FileStatus kept);
        if (stands && isKept && !IsSame(standing, kept))
        {
            // Somebody made another database at the target since; the old one stays whole where it is.
            return;
        }

        foreach (string suffix in _sidecars)
        {
            EntryName safety = DatabaseFile.Sidecar(_safety, suffix);
            EntryName target = DatabaseFile.Sidecar(_target, suffix);
            if (!_parent.TryGetStatus(safety, out FileStatus saved))
            {
                continue;
            }

            if (!_parent.TryGetStatus(target, out FileStatus beside))
            {
                _parent.RenameToFreeName(safety, _parent, target);
            }
            else if (IsSame(saved, beside))
            {
                _parent.DeleteFile(safety);
            }
        }

        _parent.Sync();
        if (isKept && !stands)
        {
            _parent.RenameToFreeName(_safety, _parent, _target);
        }
        else if (isKept)
        {
            _parent.DeleteFile(_safety);
        }

        _parent.Sync();
    }
}
