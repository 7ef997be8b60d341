using System.Management.Automation;
using BackupTools.Core;

namespace BackupTools;

/// <summary>Turns PowerShell's paths (drives, relative to its location, patterns) into the file system's.</summary>
internal static class PathResolver
{
    private const string FileSystem = "FileSystem";

    /// <summary>The file or directory that a path names as it stands.</summary>
    /// <exception cref="ItemException">It names none in the file system.</exception>
    public static string ResolveLiteral(this PathIntrinsics paths, string path)
    {
        try
        {
            string resolved = paths.GetUnresolvedProviderPathFromPSPath(path, out ProviderInfo provider, out _);
            RequireFileSystem(path, provider);
            return resolved;
        }
        catch (Exception e) when (IsPathError(e))
        {
            throw new ItemException(Errors.PathNotResolved(path, e));
        }
    }

    /// <summary>All files and directories that a path with or without wildcards stands for.</summary>
    /// <param name="paths">PowerShell's paths.</param>
    /// <param name="pattern">The path.</param>
    /// <param name="nothing">Which error it is to match nothing; <see langword="null"/> where it is none.</param>
    /// <exception cref="ItemException">It stands for nothing, or for something outside the file system.</exception>
    public static IReadOnlyCollection<string> ResolvePattern(this PathIntrinsics paths, string pattern, ErrorId? nothing)
    {
        IReadOnlyCollection<string> found;
        try
        {
            found = paths.GetResolvedProviderPathFromPSPath(pattern, out ProviderInfo provider);
            RequireFileSystem(pattern, provider);
        }
        catch (ItemNotFoundException) when (!WildcardPattern.ContainsWildcardCharacters(pattern))
        {
            // The core tells better than PowerShell what is missing there.
            return [paths.ResolveLiteral(pattern)];
        }
        catch (ItemNotFoundException)
        {
            found = [];
        }
        catch (Exception e) when (IsPathError(e))
        {
            throw new ItemException(Errors.PathNotResolved(pattern, e));
        }

        return found.Count > 0 || nothing is not { } id ? found : throw new ItemException(Errors.NothingMatches(pattern, id));
    }

    private static void RequireFileSystem(string path, ProviderInfo provider)
    {
        if (provider.Name != FileSystem)
        {
            throw new ItemException(Errors.PathNotInFileSystem(path, provider.Name));
        }
    }

    private static bool IsPathError(Exception e) => e is SessionStateException or ProviderInvocationException
        or ArgumentException or NotSupportedException or InvalidOperationException or IOException or UnauthorizedAccessException;
}
