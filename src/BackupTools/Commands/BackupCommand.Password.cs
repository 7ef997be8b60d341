using System.Management.Automation;
using System.Management.Automation.Host;
using System.Security;
using BackupTools.Core.Stores;

namespace BackupTools.Commands;

/// <content>Where the password comes from, for a store that is a repository.</content>
public abstract partial class BackupCommand
{
    // Not of the core's types: PowerShell looks at this class before it knows where the core is.
    private IDisposable? _repository;
    private Func<Func<SecureString?>, SecureString?>? _onPipeline;

    /// <summary>The repository's password, with any user name.</summary>
    [Parameter]
    [Credential]
    [ValidateNotNull]
    public PSCredential? Credential { get; set; }

    /// <summary>The repository's password.</summary>
    [Parameter]
    [PasswordTransformation]
    [ValidateNotNull]
    public SecureString? Password { get; set; }

    /// <summary>The file that holds the repository's password.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? PasswordFile { get; set; }

    /// <summary>The program, with arguments, that writes the repository's password to its standard output.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? PasswordCommand { get; set; }

    // Whether the password is going to be that of a new repository.
    private protected virtual bool IsPasswordNew => false;

    // One for all items: a repository that is used again stays open until the cmdlet has come to its end.
    private protected RepositoryCredential Repository => (RepositoryCredential)(_repository ??= new RepositoryCredential
    {
        Password = Credential?.Password ?? Password,
        PasswordFile = PasswordFile,
        PasswordCommand = PasswordCommand,
        Prompt = path => Ask($"The repository '{path}' needs its password.", "Password"),
        Confirm = IsPasswordNew ? _ => Ask("Nothing opens the repository without it.", "The same once more") : null,
    });

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        object?[] ways = [Credential, Password, PasswordFile, PasswordCommand];
        if (ways.Count(way => way is not null) > 1)
        {
            ThrowTerminatingError(Errors.MoreThanOnePassword());
        }

        try
        {
            PasswordFile = PasswordFile is null ? null : SessionState.Path.ResolveLiteral(PasswordFile);
        }
        catch (ItemException e)
        {
            ThrowTerminatingError(e.Error);
        }
    }

    // PowerShell's own console takes the end of a redirected input for Ctrl-C: a scheduled script would end there and then,
    // without an error. Other hosts, such as those of jobs, pass questions on.
    private bool CanAsk => Host.Name != "ConsoleHost" || !Console.IsInputRedirected;

    // Called by the core, on the worker thread.
    private SecureString? Ask(string message, string field) => _onPipeline?.Invoke(() =>
    {
        if (!CanAsk)
        {
            return null;
        }

        try
        {
            FieldDescription description = new(field);
            description.SetParameterType(typeof(SecureString));
            return Host.UI.Prompt(string.Empty, message, [description])?[field]?.BaseObject as SecureString;
        }
        catch (Exception e) when (e is InvalidOperationException or NotImplementedException or NotSupportedException or HostException)
        {
            // Nobody is there: -NonInteractive, or a host without anybody to ask.
            return null;
        }
    });
}
