using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using BackupTools.Restic.Keys;

namespace BackupTools.Restic.Locks;

/// <summary>
/// Whether the process that holds a lock has died. A process's number says so only where it means the same process as when
/// the lock was written: on the same machine, since the same boot, in the same process namespace. restic's locks tell the
/// machine's name alone, and containers and machines may share one. So in the locks written here, the time's fraction of a
/// second, of which nobody makes use, stands for boot, namespace and number together.
/// </summary>
internal static class LockHolder
{
    /// <summary>restic's bound: a living process makes its lock anew every five minutes.</summary>
    public static readonly TimeSpan StaleAfter = TimeSpan.FromMinutes(30);

    // Beyond this a living process would have made its lock anew.
    private static readonly TimeSpan s_refreshOverdue = TimeSpan.FromMinutes(6);

    /// <summary>A lock of this process, made now.</summary>
    public static LockRecord CreateRecord(RepositoryLockMode mode)
    {
        DateTime now = DateTime.UtcNow;
        long seconds = (now.Ticks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerSecond;
        int processId = Environment.ProcessId;
        int fraction = GetMark(processId) ?? (int)(now.Ticks % TimeSpan.TicksPerSecond) * 100;
        return new LockRecord
        {
            Time = RepositoryTime.FromUnix(seconds, fraction),
            IsExclusive = mode == RepositoryLockMode.Exclusive,
            HostName = HostIdentity.HostName,
            UserName = HostIdentity.UserName,
            ProcessId = processId,
            UserId = HostIdentity.UserId,
            GroupId = HostIdentity.GroupId,
        };
    }

    /// <summary>Whether a lock is a dead process's.</summary>
    public static bool IsDead(LockRecord record)
    {
        TimeSpan age = DateTime.UtcNow - record.Time.ToDateTime();
        if (age > StaleAfter)
        {
            return true;
        }

        if (record.HostName != HostIdentity.HostName || record.ProcessId <= 0)
        {
            return false;
        }

        // Other systems do not tell the boot, and have no namespaces.
        bool isSameProcess = OperatingSystem.IsLinux()
            ? GetMark(record.ProcessId) == record.Time.Nanoseconds
            : age > s_refreshOverdue && record.Time.ToDateTime() > ProcessTable.BootTime;
        return isSameProcess && !ProcessTable.IsRunning(record.ProcessId);
    }

    /// <summary>What stands for a process of this boot and namespace; null where the system does not tell these.</summary>
    internal static int? GetMark(int processId)
    {
        if (ProcessTable.Identity is not string identity)
        {
            return null;
        }

        byte[] hash = SHA256.HashData(
            Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{identity} {processId}")));
        return (int)(BitConverter.ToUInt32(hash) % 1_000_000_000);
    }
}
