using BackupTools.Core.FileSystem;

namespace BackupTools.Core.Stores.Repositories;

/// <summary>Where a source stands in a snapshot's tree: under its full path, as restic lays it out.</summary>
internal static class SourcePath
{
    /// <summary>The components of a full path of any system; none for the root. A drive's letter is one.</summary>
    public static IReadOnlyList<EntryName> Components(string path)
    {
        bool isWindows = path.Length >= 2 && (path[1] == ':' || path.StartsWith(@"\\", StringComparison.Ordinal));
        string[] parts = path.Split(isWindows ? ['\\', '/'] : ['/'], StringSplitOptions.RemoveEmptyEntries);
        if (isWindows && parts.Length > 0)
        {
            parts[0] = parts[0].TrimEnd(':');
        }

        return [.. parts.Select(EntryName.FromText)];
    }

    /// <summary>The deepest directory that several paths have in common; a single path itself.</summary>
    public static string CommonAncestor(IReadOnlyList<string> paths)
    {
        if (paths.Count == 1)
        {
            return paths[0];
        }

        char separator = paths.Count > 0 && paths[0].Contains('\\', StringComparison.Ordinal) && !paths[0].StartsWith('/') ? '\\' : '/';
        string[] common = paths.Count == 0 ? [] : paths[0].Split(separator);
        foreach (string path in paths.Skip(1))
        {
            string[] parts = path.Split(separator);
            int same = common.Zip(parts).TakeWhile(static pair => pair.First == pair.Second).Count();
            common = common[..same];
        }

        string ancestor = string.Join(separator, common);
        return ancestor.Length > 0 ? ancestor : separator.ToString();
    }
}
