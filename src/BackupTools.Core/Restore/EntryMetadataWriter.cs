using System.Globalization;
using BackupTools.Core.FileSystem;
using BackupTools.Core.Snapshots;

namespace BackupTools.Core.Restore;

/// <summary>
/// Gives restored entries the owners, modes, attributes and times of the listing. Owners are set by number: names are
/// for people, and on another machine the same name may be somebody else. What this user may not set is counted and
/// told once.
/// </summary>
internal sealed class EntryMetadataWriter
{
    private const int PermissionBits = 0x1ff;
    private const int SetIdBits = 0xc00;
    private const uint Unchanged = uint.MaxValue;

    // A version and no entries: setting this removes an access control list.
    private static readonly byte[] s_noAcl = [2, 0, 0, 0];

    private readonly uint _ownUser;
    private readonly TargetTraits _traits;
    private readonly Lock _gate = new();
    private bool _isExact = true;
    private readonly Dictionary<string, (long Count, string First, string Reason)> _notKept = [];

    private EntryMetadataWriter(TargetTraits traits)
    {
        _ownUser = OperatingSystem.IsWindows() ? 0 : Posix.EffectiveUser();
        _traits = traits;
    }

    /// <summary>For directories that stand already, where <see cref="Reapply"/> looks at what each one has.</summary>
    /// <param name="isExact">Whether a mode that cannot be set is an error, and not told.</param>
    public static EntryMetadataWriter ForStanding(bool isExact) => new(TargetTraits.OfStanding) { _isExact = isExact };

    /// <summary>
    /// Looks at how new files come out in a directory of ours, so that only what differs has to be set. Access lists
    /// that the directory inherited from above are taken off it, because its entries would inherit them too.
    /// </summary>
    public static EntryMetadataWriter For(DirectoryHandle stage)
    {
        if (OperatingSystem.IsWindows())
        {
            return new EntryMetadataWriter(TargetTraits.OfWindows);
        }

        foreach ((string name, _) in stage.GetAttributes())
        {
            if (name is "system.posix_acl_default" or "system.posix_acl_access")
            {
                stage.SetAttribute(name, s_noAcl);
            }
        }

        TargetTraits traits = TargetTraits.Probe(stage);
        if (traits.KeepsModes)
        {
            stage.SetMode(0x1c0);
        }

        return new EntryMetadataWriter(traits);
    }

    /// <summary>The mode to create a file with, so that it mostly needs no change afterwards.</summary>
    public static int CreationMode(ListingEntry entry) =>
        entry.ExtendedAttributes.Count > 0 || entry.Mode is not { } mode ? 0x180 : mode & PermissionBits;

    public void Apply(FileHandle file, ListingEntry entry)
    {
        if (!OperatingSystem.IsWindows())
        {
            bool isOwned = SetOwner(entry, _traits.User, _traits.Group, file, static (file, uid, gid) => file.SetOwner(uid, gid), out bool changed);
            foreach ((string name, byte[] value) in entry.ExtendedAttributes)
            {
                SetAttribute(entry, name, () => file.SetAttribute(name, value));
            }

            int mode = ModeOf(entry, isOwned);
            if (changed || entry.ExtendedAttributes.Count > 0 || mode != (CreationMode(entry) & _traits.Mode))
            {
                SetMode(entry, mode, file.SetMode, file.GetStatus);
            }
        }

        SetModified(entry, () => file.SetModified(entry.Modified));
    }

    /// <summary>Sets what a directory has; its entries must be complete, because they change its time.</summary>
    public void Apply(DirectoryHandle parent, EntryName name, DirectoryHandle directory, ListingEntry entry) =>
        Apply(parent, name, directory, entry, _traits.User, _traits.Group);

    /// <summary>Makes a standing directory what the entry says; of its attributes, only access lists are taken away.</summary>
    public void Reapply(DirectoryHandle parent, EntryName name, DirectoryHandle directory, ListingEntry entry)
    {
        FileStatus status = directory.GetStatus();
        foreach ((string attribute, _) in directory.GetAttributes())
        {
            if (attribute is "system.posix_acl_default" or "system.posix_acl_access"
                && !entry.ExtendedAttributes.Any(other => other.Key == attribute))
            {
                directory.SetAttribute(attribute, s_noAcl);
            }
        }

        Apply(parent, name, directory, entry, status.Uid, status.Gid);
    }

    private void Apply(
        DirectoryHandle parent, EntryName name, DirectoryHandle directory, ListingEntry entry, uint currentUser, uint currentGroup)
    {
        if (!OperatingSystem.IsWindows())
        {
            bool isOwned = SetOwner(
                entry, currentUser, currentGroup, parent, (parent, uid, gid) => parent.SetOwner(name, uid, gid), out _);
            foreach ((string attribute, byte[] value) in entry.ExtendedAttributes)
            {
                SetAttribute(entry, attribute, () => directory.SetAttribute(attribute, value));
            }

            SetMode(entry, ModeOf(entry, isOwned), directory.SetMode, directory.GetStatus);
        }

        SetModified(entry, () => parent.SetModified(name, entry.Modified));
    }

    public void ApplyToLink(DirectoryHandle parent, ListingEntry entry)
    {
        EntryName name = entry.Path.Name;
        if (!OperatingSystem.IsWindows())
        {
            SetOwner(entry, _traits.User, _traits.Group, parent, (parent, uid, gid) => parent.SetOwner(name, uid, gid), out _);
            foreach ((string attribute, byte[] value) in entry.ExtendedAttributes)
            {
                SetAttribute(entry, attribute, () => parent.SetLinkAttribute(name, attribute, value));
            }
        }

        SetModified(entry, () => parent.SetModified(name, entry.Modified));
    }

    /// <summary>Tells what could not be kept.</summary>
    public void Report(ProgressTracker tracker)
    {
        foreach (string warning in _traits.Warnings)
        {
            tracker.Warn(warning);
        }

        foreach ((string what, (long count, string first, string reason)) in _notKept)
        {
            tracker.Warn(string.Create(
                CultureInfo.InvariantCulture,
                $"{what} of {count} restored {(count == 1 ? "entry" : "entries")} could not be set ({reason}), the first being '{first}'."));
        }
    }

    private bool SetOwner<T>(
        ListingEntry entry, uint currentUser, uint currentGroup, T what, Action<T, uint, uint> set, out bool changed)
    {
        changed = false;
        if (entry.Uid is not { } uid || entry.Gid is not { } gid || (uid == currentUser && gid == currentGroup))
        {
            return true;
        }

        try
        {
            set(what, uid == currentUser ? Unchanged : uid, gid);
            changed = true;
            return true;
        }
        catch (FileSystemException e) when (e.Error is FileSystemError.AccessDenied or FileSystemError.NotSupported || e.Code == PosixErrors.InvalidArgument)
        {
            NotKept("The owner", entry, e.Reason);
            return uid == _ownUser;
        }
    }

    private void SetAttribute(ListingEntry entry, string name, Action set)
    {
        try
        {
            set();
        }
        catch (FileSystemException e) when (e.Error is FileSystemError.AccessDenied or FileSystemError.NotSupported or FileSystemError.NoSpace or FileSystemError.Other)
        {
            NotKept($"The extended attribute {name}", entry, e.Reason);
        }
    }

    // A program that runs as its owner must not come to run as another user.
    private static int ModeOf(ListingEntry entry, bool isOwned)
    {
        int mode = entry.Mode ?? (entry.Type == EntryType.Directory ? 0x1c0 : 0x180);
        return isOwned ? mode : mode & ~SetIdBits;
    }

    private void SetMode(ListingEntry entry, int mode, Action<int> set, Func<FileStatus> look)
    {
        if (_traits.KeepsModes)
        {
            try
            {
                set(mode);
            }
            catch (FileSystemException e) when (e.Error is FileSystemError.AccessDenied or FileSystemError.NotSupported && (!_isExact || look().Mode == mode))
            {
                // Of what stands already nobody tried whether the file system has modes.
                if (look().Mode != mode)
                {
                    NotKept("The mode", entry, e.Reason);
                }
            }
        }
        else if (mode != _traits.Mode)
        {
            NotKept("The mode", entry, $"the file system has its own: {Convert.ToString(_traits.Mode, 8)}");
        }
    }

    private void SetModified(ListingEntry entry, Action set)
    {
        try
        {
            set();
        }
        catch (FileSystemException e) when (e.Error is FileSystemError.AccessDenied or FileSystemError.NotSupported)
        {
            NotKept("The time", entry, e.Reason);
        }
    }

    private void NotKept(string what, ListingEntry entry, string reason)
    {
        lock (_gate)
        {
            (long count, string first, string known) = _notKept.GetValueOrDefault(what, (0, entry.Path.Text, reason));
            _notKept[what] = (count + 1, first, known);
        }
    }
}
