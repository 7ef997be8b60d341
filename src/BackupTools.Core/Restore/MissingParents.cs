using BackupTools.Core.FileSystem;

namespace BackupTools.Core.Restore;

/// <summary>The directories above a target that a restore makes, and takes away again where it fails.</summary>
internal static class MissingParents
{
    private const int AsTheMaskAllows = 0x1ff;

    /// <summary>Makes a directory and those above it where they are missing.</summary>
    /// <returns>What was made, from above.</returns>
    public static IReadOnlyList<string> Make(string path)
    {
        Stack<string> missing = [];
        for (string? parent = path; parent is not null && !Directory.Exists(parent); parent = Path.GetDirectoryName(parent))
        {
            missing.Push(parent);
        }

        List<string> made = [];
        try
        {
            foreach (string directory in missing)
            {
                using DirectoryHandle above = DirectoryHandle.Open(Path.GetDirectoryName(directory)!);
                above.CreateDirectory(EntryName.FromText(Path.GetFileName(directory)), AsTheMaskAllows);
                made.Add(directory);
                above.Sync();
            }
        }
        catch
        {
            Remove(made);
            throw;
        }

        return made;
    }

    /// <summary>Removes what was made, unless somebody uses it already.</summary>
    public static void Remove(IReadOnlyList<string> made)
    {
        try
        {
            foreach (string directory in made.Reverse())
            {
                Directory.Delete(directory);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Somebody uses them already.
        }
    }
}
