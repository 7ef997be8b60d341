using System.Management.Automation;
using System.Reflection;
using System.Runtime.Loader;

namespace BackupTools.Loading;

/// <summary>Tells the runtime where the core is, as long as the module is imported somewhere in the process.</summary>
/// <remarks>
/// PowerShell looks at the public types of this assembly before it calls <see cref="OnImport"/>: none of them may need
/// the core to be laid out, neither as a base, nor as an interface, nor as a field of an enumeration or structure of it.
/// </remarks>
public sealed class ModuleInitializer : IModuleAssemblyInitializer, IModuleAssemblyCleanup
{
    private static readonly Lock s_gate = new();
    private static readonly Lazy<CoreLoadContext> s_context = new(CoreLoadContext.Create);
    private static int s_imports;

    /// <summary>Called by PowerShell in each runspace that imports the module.</summary>
    public void OnImport()
    {
        lock (s_gate)
        {
            if (s_imports++ == 0)
            {
                AssemblyLoadContext.Default.Resolving += Resolve;
            }
        }
    }

    /// <summary>Called by PowerShell where the module is removed from a runspace.</summary>
    /// <param name="psModuleInfo">The module.</param>
    public void OnRemove(PSModuleInfo psModuleInfo)
    {
        lock (s_gate)
        {
            if (s_imports > 0 && --s_imports == 0)
            {
                AssemblyLoadContext.Default.Resolving -= Resolve;
            }
        }
    }

    private static Assembly? Resolve(AssemblyLoadContext context, AssemblyName name) =>
        name.Name == CoreLoadContext.CoreName ? s_context.Value.LoadFromAssemblyName(name) : null;
}
