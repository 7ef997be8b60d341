using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace BackupTools.Core.Stores.Repositories;

/// <summary>Runs the program that tells a password. Neither what it says nor its arguments get into messages.</summary>
internal static class PasswordCommand
{
    /// <summary>Runs it and reads its standard output.</summary>
    /// <exception cref="BackupException">It could not be run, or failed.</exception>
    public static SecretText Run(string command, string repository, CancellationToken cancellation)
    {
        List<string> words = Split(command)
            ?? throw new BackupException(ErrorId.InvalidArgument, "A quotation mark of the password command is not closed. Nothing was changed.");
        if (words.Count == 0)
        {
            throw new BackupException(ErrorId.InvalidArgument, "The password command is empty. Nothing was changed.");
        }

        try
        {
            string program = Locate(words[0]) ?? throw Failed(words[0], repository, "it is not found on PATH", null);
            return Run(new ProcessStartInfo(program, words.Skip(1)), cancellation, out string? problem)
                ?? throw Failed(words[0], repository, problem, null);
        }
        catch (Exception e) when (e is Win32Exception or IOException or InvalidDataException)
        {
            throw Failed(words[0], repository, e.Message, e);
        }
    }

    /// <summary>Parts a command at white space; quotation marks of either kind keep parts together.</summary>
    /// <returns><see langword="null"/> where a quotation mark is not closed.</returns>
    internal static List<string>? Split(string command)
    {
        List<string> words = [];
        StringBuilder word = new();
        bool hasWord = false;
        char quote = '\0';
        foreach (char c in command)
        {
            if (c == quote)
            {
                quote = '\0';
            }
            else if (quote == '\0' && c is '"' or '\'')
            {
                quote = c;
                hasWord = true;
            }
            else if (quote == '\0' && char.IsWhiteSpace(c))
            {
                if (hasWord)
                {
                    words.Add(word.ToString());
                }

                word.Clear();
                hasWord = false;
            }
            else
            {
                word.Append(c);
                hasWord = true;
            }
        }

        if (hasWord)
        {
            words.Add(word.ToString());
        }

        return quote == '\0' ? words : null;
    }

    // A program that is named without a directory comes from PATH alone. Left to itself, .NET would take it from the
    // directory that the run happens to be in, where others may put one of that name.
    private static string? Locate(string program)
    {
        if (Path.GetFileName(program) != program)
        {
            return Path.GetFullPath(program);
        }

        string[] names = OperatingSystem.IsWindows() ? [program, program + ".exe"] : [program];
        return (Environment.GetEnvironmentVariable("PATH") ?? string.Empty)
            .Split(Path.PathSeparator)
            .Where(Path.IsPathFullyQualified)
            .SelectMany(directory => names.Select(name => Path.Join(directory, name)))
            .FirstOrDefault(IsProgram);
    }

    private static bool IsProgram(string path)
    {
        const UnixFileMode execute = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
        return File.Exists(path) && (OperatingSystem.IsWindows() || (File.GetUnixFileMode(path) & execute) != 0);
    }

    private static SecretText? Run(ProcessStartInfo start, CancellationToken cancellation, out string problem)
    {
        start.RedirectStandardOutput = true;
        start.UseShellExecute = false;
        using Process process = Process.Start(start) ?? throw new Win32Exception();
        SecretText? password = null;
        try
        {
            password = SecretText.ReadAsync(process.StandardOutput.BaseStream, cancellation).GetAwaiter().GetResult();
            process.WaitForExitAsync(cancellation).GetAwaiter().GetResult();
        }
        catch
        {
            password?.Dispose();
            Kill(process);
            throw;
        }

        problem = string.Create(CultureInfo.InvariantCulture, $"it ended with exit code {process.ExitCode}");
        if (process.ExitCode == 0)
        {
            return password;
        }

        password.Dispose();
        return null;
    }

    private static void Kill(Process process)
    {
        try
        {
            process.Kill(entireProcessTree: true);
        }
        catch (Exception e) when (e is InvalidOperationException or Win32Exception or AggregateException)
        {
            // It has ended.
        }
    }

    private static BackupException Failed(string program, string repository, string reason, Exception? cause) => new(
        ErrorId.PasswordRequired,
        $"The password of the repository '{repository}' could not be had from the program '{program}': {reason}. Nothing was " +
        "changed. Run the password command by hand to see what it says.",
        repository,
        cause);
}
