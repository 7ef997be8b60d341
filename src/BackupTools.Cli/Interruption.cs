using System.Runtime.InteropServices;

namespace BackupTools.Cli;

/// <summary>
/// Turns the first Ctrl-C, SIGTERM or SIGHUP into a cancellation, so that the run can clean up; a second Ctrl-C or SIGTERM
/// ends the process at once.
/// </summary>
internal sealed class Interruption : IDisposable
{
    private readonly CancellationTokenSource _source = new();
    private readonly PosixSignalRegistration _interrupt;
    private readonly PosixSignalRegistration _terminate;
    private readonly PosixSignalRegistration _hangUp;
    private int _count;

    public Interruption()
    {
        _interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal);
        _terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal);
        _hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, OnSignal);
    }

    public CancellationToken Token => _source.Token;

    public void Dispose()
    {
        _interrupt.Dispose();
        _terminate.Dispose();
        _hangUp.Dispose();
        _source.Dispose();
    }

    private void OnSignal(PosixSignalContext context)
    {
        // A terminal that goes away is told by the system and by the shell: that is no second request.
        bool isFirst = Interlocked.Increment(ref _count) == 1;

        // What is left to the system's default action ends the process.
        context.Cancel = isFirst || context.Signal == PosixSignal.SIGHUP;
        if (context.Cancel)
        {
            _source.Cancel();
        }
    }
}
