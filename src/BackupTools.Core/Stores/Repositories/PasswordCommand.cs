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
        List<string> words = Split(command);
        if (words.Count == 0)
        {
            throw new BackupException(ErrorId.InvalidArgument, "The password command is empty. Nothing was changed.");
        }

        ProcessStartInfo start = new(words[0], words.Skip(1)) { RedirectStandardOutput = true, UseShellExecute = false };
        try
        {
            using Process process = Process.Start(start) ?? throw new Win32Exception();
            using CancellationTokenRegistration kill = cancellation.Register(() => Kill(process));
            using MemoryStream output = new();
            process.StandardOutput.BaseStream.CopyTo(output);
            process.WaitForExit();
            cancellation.ThrowIfCancellationRequested();
            SecretText password = SecretText.From(output.ToArray());
            Array.Clear(output.GetBuffer());
            if (process.ExitCode == 0)
            {
                return password;
            }

            password.Dispose();
            throw Failed(words[0], repository, string.Create(CultureInfo.InvariantCulture, $"it ended with exit code {process.ExitCode}"), null);
        }
        catch (Win32Exception e)
        {
            throw Failed(words[0], repository, e.Message, e);
        }
    }

    /// <summary>Parts a command at white space; quotation marks of either kind keep parts together.</summary>
    internal static List<string> Split(string command)
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

        return words;
    }

    private static void Kill(Process process)
    {
        try
        {
            process.Kill(entireProcessTree: true);
        }
        catch (Exception e) when (e is InvalidOperationException or Win32Exception)
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
