using System.ComponentModel;
using System.Runtime.InteropServices;

namespace BackupTools.Cli;

/// <summary>
/// Standard output or error as the system has it. The base library's own stream sets up a terminal before it writes, with
/// its settings, signals and encodings, which takes as long as listing a store does.
/// </summary>
/// <param name="descriptor">1 or 2.</param>
internal sealed partial class UnixStandardStream(int descriptor) : Stream
{
    // The same on all Unixes but for the last.
    private const int Interrupted = 4;
    private const int BrokenPipe = 32;
    private static readonly int s_wouldBlock = OperatingSystem.IsLinux() ? 11 : 35;

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            nint written = Write(descriptor, buffer, (nuint)buffer.Length);
            if (written >= 0)
            {
                buffer = buffer[(int)written..];
                continue;
            }

            int error = Marshal.GetLastPInvokeError();
            switch (error)
            {
                case Interrupted:
                    break;
                case var _ when error == s_wouldBlock:
                    // Somebody else made the pipe non-blocking, and whoever reads it is slow.
                    Thread.Sleep(1);
                    break;
                case BrokenPipe:
                    // Whoever listened has heard enough; that is no failure of the run.
                    return;
                default:
                    throw new IOException(
                        $"{(descriptor == 1 ? "Standard output" : "Standard error")} cannot be written: " +
                        $"{new Win32Exception(error).Message}. What was done until then stands.");
            }
        }
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    private static partial nint Write(int descriptor, ReadOnlySpan<byte> buffer, nuint length);
}
