using System.Runtime.InteropServices;

namespace BackupTools.Cli;

/// <summary>
/// Turns the first Ctrl-C or SIGTERM into a cancellation, so that the run can clean up; the second one ends the
/// process at once.
/// </summary>
internal sealed class Interruption : IDisposable
{
    private readonly CancellationTokenSource _source = new();
    private readonly PosixSignalRegistration _interrupt;
    private readonly PosixSignalRegistration _terminate;
    private int _count;

    public Interruption()
    {
        _interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal);
        _terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal);
    }

    public CancellationToken Token => _source.Token;

    public void Dispose()
    {
        _interrupt.Dispose();
        _terminate.Dispose();
        _source.Dispose();
    }

    private void OnSignal(PosixSignalContext context)
    {
        // What is left to the system's default action ends the process.
        context.Cancel = Interlocked.Increment(ref _count) == 1;
        if (context.Cancel)
        {
            _source.Cancel();
        }
    }
}
