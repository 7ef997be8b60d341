using BackupTools.Core.FileSystem;

namespace BackupTools.Core.Sources.Directories;

/// <summary>
/// The files that other code in this process holds open, looked up anew a few times a second: a walk over many files
/// cannot ask for each.
/// </summary>
internal sealed class SessionFiles
{
    private const long MaxAgeMilliseconds = 250;

    private readonly Lock _gate = new();
    private HashSet<FileIdentity> _open = [];
    private long _validUntil;

    public bool IsOpenElsewhere(FileIdentity identity)
    {
        if (OperatingSystem.IsWindows())
        {
            return false;
        }

        long now = Environment.TickCount64;
        if (now >= Interlocked.Read(ref _validUntil))
        {
            lock (_gate)
            {
                if (now >= _validUntil)
                {
                    _open = OpenDatabases.IdentitiesOpenInThisProcess();
                    Interlocked.Exchange(ref _validUntil, now + MaxAgeMilliseconds);
                }
            }
        }

        return _open.Contains(identity) && OpenDatabases.IsOpenElsewhereInThisProcess(identity);
    }
}
