using System.Reflection;
using System.Runtime.Loader;

namespace BackupTools.Loading;

/// <summary>
/// Holds the core and all that it needs, SQLite included, apart from what PowerShell and other modules have loaded:
/// another version of a package there disturbs neither side.
/// </summary>
internal sealed class CoreLoadContext : AssemblyLoadContext
{
    private readonly AssemblyDependencyResolver _resolver;

    private CoreLoadContext(string corePath)
        : base("BackupTools") => _resolver = new AssemblyDependencyResolver(corePath);

    /// <summary>The core's name, as this assembly refers to it.</summary>
    public const string CoreName = "BackupTools.Core";

    /// <summary>Makes a context for the core that lies below this assembly.</summary>
    public static CoreLoadContext Create()
    {
        string directory = Path.GetDirectoryName(typeof(CoreLoadContext).Assembly.Location)!;
        return new CoreLoadContext(Path.Join(directory, "lib", CoreName + ".dll"));
    }

    protected override Assembly? Load(AssemblyName assemblyName) =>
        _resolver.ResolveAssemblyToPath(assemblyName) is { } path ? LoadFromAssemblyPath(path) : null;

    // PowerShell would look for native libraries in places of its own only.
    protected override nint LoadUnmanagedDll(string unmanagedDllName) =>
        _resolver.ResolveUnmanagedDllToPath(unmanagedDllName) is { } path ? LoadUnmanagedDllFromPath(path) : 0;
}
