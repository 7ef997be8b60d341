using System.Security;

namespace BackupTools.Cli;

/// <summary>Asks for a password on the terminal, where there is one; what is typed is not shown.</summary>
internal sealed class PasswordPrompt(Output output, CancellationToken cancellation)
{
    private const char EndOfTransmission = '\u0004';

    /// <summary>Asks.</summary>
    /// <param name="question">The question, with the blank before the answer.</param>
    /// <returns>The answer; <see langword="null"/> where nobody can be asked, or did not want to say.</returns>
    public SecureString? Ask(string question)
    {
        if (Console.IsInputRedirected || Console.IsErrorRedirected)
        {
            return null;
        }

        // Prepares the terminal, which takes a while that begins to show what is typed ahead.
        _ = Console.KeyAvailable;
        output.WriteQuestion(question);
        try
        {
            // Nothing ends the reading of a key; a run that is cancelled leaves it behind, and the end of the process has
            // the terminal show what is typed again.
            Task<SecureString?> reading = Task.Factory.StartNew(
                Read, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
            reading.Wait(cancellation);
            return reading.Result;
        }
        finally
        {
            output.EndQuestion();
        }
    }

    private static SecureString? Read()
    {
        SecureString answer = new();
        while (true)
        {
            ConsoleKeyInfo key;
            try
            {
                key = Console.ReadKey(intercept: true);
            }
            catch (Exception e) when (e is InvalidOperationException or IOException)
            {
                // The terminal is gone.
                answer.Dispose();
                return null;
            }

            switch (key)
            {
                case { Key: ConsoleKey.Enter }:
                    return answer;
                case { KeyChar: EndOfTransmission } when answer.Length == 0:
                    answer.Dispose();
                    return null;
                case { Key: ConsoleKey.Backspace } when answer.Length > 0:
                    answer.RemoveAt(answer.Length - 1);
                    break;
                case { Key: ConsoleKey.U, Modifiers: ConsoleModifiers.Control }:
                    answer.Clear();
                    break;
                case var _ when !char.IsControl(key.KeyChar):
                    answer.AppendChar(key.KeyChar);
                    break;
            }
        }
    }
}
