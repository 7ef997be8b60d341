namespace BackupTools.Reliability.Faults.Durability;

/// <summary>
/// What of a tree a power cut could still take, by the strictest reading of POSIX: a file's content and metadata until
/// the file is synced, a name until its directory is; or all of it until the file system is.
/// </summary>
internal sealed class DurableState(string root)
{
    // The line where each file or directory was last changed, of those that are not durable.
    private readonly Dictionary<string, int> _changedFiles = [];
    private readonly Dictionary<string, int> _changedDirectories = [];

    // Symbolic links made by the run: they come with their names, and there is no call that syncs their times.
    private readonly HashSet<string> _links = [];

    /// <summary>How many changes were made.</summary>
    public int Changes { get; private set; }

    /// <summary>Takes in the next call.</summary>
    public void Apply(TracedCall call)
    {
        switch (call.Name)
        {
            case "write" or "pwrite64" or "writev" or "pwritev" or "pwritev2" or "ftruncate" or "fallocate" or "fchmod" or "fchown" or "fsetxattr":
                ChangeFile(call.OfDescriptor(0), call);
                break;
            case "sendfile":
                ChangeFile(call.OfDescriptor(0), call);
                break;
            case "copy_file_range" or "splice":
                ChangeFile(call.OfDescriptor(2), call);
                break;
            case "utimensat" or "fchmodat" or "fchownat" when !_links.Contains(call.OfPath(0, 1) ?? string.Empty):
                ChangeFile(call.OfPath(0, 1), call);
                break;
            case "setxattr" or "lsetxattr" or "chmod":
                ChangeFile(call.OfText(0), call);
                break;
            case "openat" when call.Arguments[2].Contains("O_CREAT", StringComparison.Ordinal):
                Make(call.OfDescriptor(call.Arguments.Count - 1), call);
                break;
            case "open" when call.Arguments[1].Contains("O_CREAT", StringComparison.Ordinal):
                Make(call.OfDescriptor(call.Arguments.Count - 1), call);
                break;
            case "mkdirat":
                Make(call.OfPath(0, 1), call);
                break;
            case "mkdir":
                Make(call.OfText(0), call);
                break;
            case "symlinkat":
                ChangeName(call.OfPath(1, 2), call);
                _links.Add(call.OfPath(1, 2) ?? string.Empty);
                break;
            case "linkat":
                ChangeName(call.OfPath(2, 3), call);
                break;
            case "unlinkat":
                Remove(call.OfPath(0, 1), call);
                break;
            case "unlink" or "rmdir":
                Remove(call.OfText(0), call);
                break;
            case "renameat" or "renameat2":
                Rename(call.OfPath(0, 1), call.OfPath(2, 3), call.Arguments[^1] == "RENAME_EXCHANGE", call);
                break;
            case "rename":
                Rename(call.OfText(0), call.OfText(1), false, call);
                break;
            case "fsync" or "fdatasync":
                Sync(call.OfDescriptor(0), call);
                break;
            case "syncfs":
                SyncAll(call);
                break;
        }
    }

    /// <summary>What would be lost of what a filter names, were the power cut when a call begins.</summary>
    public IReadOnlyList<string> Lost(Func<string, bool> counts) =>
    [
        .. _changedFiles.Keys.Where(counts).Select(path => $"{Shorten(path)} (content)"),
        .. _changedDirectories.Keys.Where(counts).Select(path => $"{Shorten(path)} (names in it)"),
    ];

    public string Shorten(string path) => path == root ? "." : path[(root.Length + 1)..];

    private bool IsBelow(string? path) => path is not null && (path == root || path.StartsWith(root + "/", StringComparison.Ordinal));

    private void ChangeFile(string? path, TracedCall call)
    {
        if (IsBelow(path))
        {
            _changedFiles[path!] = call.End;
            Changes++;
        }
    }

    private void Make(string? path, TracedCall call)
    {
        ChangeFile(path, call);
        ChangeName(path, call);
    }

    private void ChangeName(string? path, TracedCall call)
    {
        if (IsBelow(path) && path != root)
        {
            _changedDirectories[Path.GetDirectoryName(path)!] = call.End;
            Changes++;
        }
    }

    private void Remove(string? path, TracedCall call)
    {
        if (IsBelow(path))
        {
            _changedFiles.Remove(path!);
            _changedDirectories.Remove(path!);
            ChangeName(path, call);
        }
    }

    private void Rename(string? from, string? to, bool exchanged, TracedCall call)
    {
        if (!IsBelow(from) || !IsBelow(to))
        {
            return;
        }

        Move(_changedFiles, from!, to!, exchanged);
        Move(_changedDirectories, from!, to!, exchanged);
        ChangeName(from, call);
        ChangeName(to, call);
    }

    private static void Move(Dictionary<string, int> changed, string from, string to, bool exchanged)
    {
        (string Path, int Line)[] old = [.. changed.Select(static pair => (pair.Key, pair.Value))];
        changed.Clear();
        foreach ((string path, int line) in old)
        {
            string? moved = Rebase(path, from, to);
            string? replaced = moved is null ? Rebase(path, to, from) : null;
            if (replaced is null || exchanged)
            {
                changed[moved ?? replaced ?? path] = line;
            }
        }
    }

    private static string? Rebase(string path, string from, string to) =>
        path == from ? to : path.StartsWith(from + "/", StringComparison.Ordinal) ? to + path[from.Length..] : null;

    // A sync covers what had ended before it began.
    private void Sync(string? path, TracedCall call)
    {
        if (path is null)
        {
            return;
        }

        foreach (Dictionary<string, int> changed in (Dictionary<string, int>[])[_changedFiles, _changedDirectories])
        {
            if (changed.TryGetValue(path, out int line) && line < call.Begin)
            {
                changed.Remove(path);
            }
        }
    }

    private void SyncAll(TracedCall call)
    {
        foreach (Dictionary<string, int> changed in (Dictionary<string, int>[])[_changedFiles, _changedDirectories])
        {
            foreach (string path in changed.Where(pair => pair.Value < call.Begin).Select(static pair => pair.Key).ToArray())
            {
                changed.Remove(path);
            }
        }
    }
}
