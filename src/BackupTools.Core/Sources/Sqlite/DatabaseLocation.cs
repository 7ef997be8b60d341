using System.Text;
using BackupTools.Core.FileSystem;

namespace BackupTools.Core.Sources.Sqlite;

/// <summary>
/// Where a live database stands: its directory by handle, for our own looks, and its full path, which SQLite needs.
/// That both lead to the same file is proven at each opening (<see cref="DatabaseCapture"/>).
/// </summary>
/// <param name="Directory">The directory that holds it.</param>
/// <param name="Name">Its name there.</param>
/// <param name="FullPath">Its path as bytes, with no symbolic link in it.</param>
internal sealed record DatabaseLocation(DirectoryHandle Directory, EntryName Name, byte[] FullPath)
{
    /// <summary>The path for messages.</summary>
    public string Text => Encoding.UTF8.GetString(FullPath);
}
