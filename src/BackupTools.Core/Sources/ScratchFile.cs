namespace BackupTools.Core.Sources;

/// <summary>Empty private files for SQLite to fill; it would make them with other permissions itself.</summary>
internal static class ScratchFile
{
    public static string Create(string directory, string name)
    {
        string path = Path.Join(directory, name);
        FileStreamOptions options = new() { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        using FileStream stream = new(path, options);
        return path;
    }
}
