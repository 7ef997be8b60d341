using System.Diagnostics;
using BackupTools.Restic.Cryptography;

namespace BackupTools.Restic.Keys;

/// <summary>How hard it is to try a password.</summary>
/// <param name="N">Memory and work; a power of two.</param>
/// <param name="R">Block size.</param>
/// <param name="P">How often all is done.</param>
internal readonly record struct ScryptParameters(int N, int R, int P)
{
    /// <summary>restic's: the most of memory below 60 MiB, and then half a second of work for one core.</summary>
    public static ScryptParameters Calibrate()
    {
        const int n = 32768;
        const int r = 8;
        Span<byte> key = stackalloc byte[RepositoryKey.Length];
        long start = Stopwatch.GetTimestamp();
        Scrypt.DeriveKey("calibration"u8, "calibration"u8, n, r, 1, key);
        double milliseconds = Stopwatch.GetElapsedTime(start).TotalMilliseconds;

        // On a machine that is busy just now, one round would be found to be enough, and stay so for good.
        return new ScryptParameters(n, r, Math.Clamp((int)(500 / milliseconds), 3, 16));
    }
}
