using System.ComponentModel;
using System.Globalization;

namespace BackupTools;

/// <summary>What the format views call; not for scripts.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public static class Display
{
    private static readonly string[] s_units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];

    /// <summary>A number of bytes in the unit that suits it.</summary>
    /// <param name="bytes">The number, where it is known.</param>
    /// <returns>For instance <c>1.5 MiB</c>.</returns>
    public static string Size(long? bytes)
    {
        if (bytes is not { } known)
        {
            return "size unknown";
        }

        double value = known;
        int unit = 0;
        while (value >= 1023.95 && unit < s_units.Length - 1)
        {
            value /= 1024;
            unit++;
        }

        return string.Create(CultureInfo.CurrentCulture, $"{value.ToString(unit == 0 ? "0" : "0.0", CultureInfo.CurrentCulture)} {s_units[unit]}");
    }
}
