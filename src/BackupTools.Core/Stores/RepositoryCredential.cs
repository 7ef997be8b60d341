using System.Security;
using BackupTools.Core.Stores.Repositories;

namespace BackupTools.Core.Stores;

/// <summary>
/// Where the password of a repository comes from, and the repositories that were opened with it: finding a key out of a
/// password takes half a second, so those that are used again stay open until this is disposed. What is named wins over
/// the environment (<c>BACKUPTOOLS_PASSWORD</c>, <c>…_FILE</c>, <c>…_COMMAND</c>, then restic's variables), and that over
/// asking.
/// </summary>
public sealed class RepositoryCredential : IDisposable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, OpenRepository> _open = new(StringComparer.Ordinal);

    /// <summary>The password itself.</summary>
    public SecureString? Password { get; init; }

    /// <summary>A file that holds it; white space around it does not count.</summary>
    public string? PasswordFile { get; init; }

    /// <summary>A program, with arguments, that writes it to its standard output.</summary>
    public string? PasswordCommand { get; init; }

    /// <summary>
    /// Whether a program may be run to get it. Not where nobody has asked for anything yet, as while a command line is being
    /// typed: then there is no password.
    /// </summary>
    public bool MayRunCommand { get; init; } = true;

    /// <summary>
    /// Asks somebody for the password of a repository, given by its path; <see langword="null"/> where nobody can be asked.
    /// </summary>
    public Func<string, SecureString?>? Prompt { get; init; }

    /// <summary>
    /// Asks for it once more, where it is going to be that of a new repository: an answer that was mistyped opens nothing later.
    /// </summary>
    public Func<string, SecureString?>? Confirm { get; init; }

    /// <summary>Reads a variable of the environment.</summary>
    internal Func<string, string?> ReadVariable { get; init; } = Environment.GetEnvironmentVariable;

    /// <summary>Closes what was opened, and forgets the keys.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            foreach (OpenRepository repository in _open.Values)
            {
                repository.Dispose();
            }

            _open.Clear();
        }
    }

    /// <summary>Opens a repository, or takes one that is open.</summary>
    internal OpenRepository Open(string path, CancellationToken cancellation)
    {
        lock (_gate)
        {
            if (!_open.TryGetValue(path, out OpenRepository? repository))
            {
                using SecretText password = GetPassword(path, cancellation);
                repository = OpenRepository.Open(path, password.Span);
                _open.Add(path, repository);
            }

            return repository;
        }
    }

    /// <summary>Closes a repository that must not be used again, because something failed in the midst of writing.</summary>
    internal void Close(OpenRepository repository)
    {
        lock (_gate)
        {
            if (_open.Remove(repository.Path))
            {
                repository.Dispose();
            }
        }
    }

    /// <summary>Gets the password.</summary>
    /// <exception cref="BackupException"><see cref="ErrorId.PasswordRequired"/>, <see cref="ErrorId.InvalidArgument"/>.</exception>
    internal SecretText GetPassword(string path, CancellationToken cancellation)
    {
        RefuseMoreThanOne("The password is given", Password, PasswordFile, PasswordCommand);
        SecretText? secret =
            (Password is null ? null : SecretText.From(Password))
            ?? Read(PasswordFile, PasswordCommand, path, cancellation)
            ?? ReadEnvironment("BACKUPTOOLS_PASSWORD", path, cancellation)
            ?? ReadEnvironment("RESTIC_PASSWORD", path, cancellation)
            ?? Ask(path);
        if (secret is null)
        {
            throw new BackupException(
                ErrorId.PasswordRequired,
                $"The repository '{path}' needs its password. Nothing was changed. Name a file or a program that has it, or " +
                "set BACKUPTOOLS_PASSWORD_FILE or another of its variables.",
                path);
        }

        if (secret.IsEmpty)
        {
            secret.Dispose();
            throw new BackupException(
                ErrorId.PasswordRequired, $"The password given for the repository '{path}' is empty. Nothing was changed.", path);
        }

        return secret;
    }

    // As restic has it: a file or a program wins over the variable that holds the password itself.
    private SecretText? ReadEnvironment(string variable, string path, CancellationToken cancellation)
    {
        string? file = NonEmpty(variable + "_FILE");
        string? command = NonEmpty(variable + "_COMMAND");
        RefuseMoreThanOne($"{variable}_FILE and {variable}_COMMAND are set, so the password is given", file, command);
        return Read(file, command, path, cancellation) ?? (NonEmpty(variable) is { } password ? SecretText.From(password) : null);
    }

    private string? NonEmpty(string variable) => ReadVariable(variable) is { Length: > 0 } value ? value : null;

    private static void RefuseMoreThanOne(string what, params ReadOnlySpan<object?> ways)
    {
        int given = 0;
        foreach (object? way in ways)
        {
            given += way is null ? 0 : 1;
        }

        if (given > 1)
        {
            throw new BackupException(ErrorId.InvalidArgument, $"{what} in more than one way. Nothing was changed. Choose one.");
        }
    }

    private SecretText? Read(string? file, string? command, string path, CancellationToken cancellation)
    {
        if (file is null)
        {
            return command is null ? null
                : MayRunCommand ? Repositories.PasswordCommand.Run(command, path, cancellation)
                : throw new BackupException(
                    ErrorId.PasswordRequired, $"A program has the password of the repository '{path}', and may not be run now.", path);
        }

        try
        {
            using FileStream stream = new(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
            return SecretText.ReadAsync(stream, cancellation).GetAwaiter().GetResult();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            throw new BackupException(
                ErrorId.PasswordRequired,
                $"The file '{file}' with the password of the repository '{path}' cannot be read: {e.Message.TrimEnd('.')}. " +
                "Nothing was changed.",
                file,
                e);
        }
    }

    private SecretText? Ask(string path)
    {
        SecretText? password = Answer(Prompt, path);
        if (password is null || password.IsEmpty || Confirm is null)
        {
            return password;
        }

        using SecretText? again = Answer(Confirm, path);
        if (again is not null && again.Span.SequenceEqual(password.Span))
        {
            return password;
        }

        password.Dispose();
        throw new BackupException(
            ErrorId.PasswordRequired, $"The two passwords for the repository '{path}' are not the same. Nothing was changed. Try again.", path);
    }

    private static SecretText? Answer(Func<string, SecureString?>? ask, string path)
    {
        using SecureString? answer = ask?.Invoke(path);
        return answer is null ? null : SecretText.From(answer);
    }
}
