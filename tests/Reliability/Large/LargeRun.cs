using System.Globalization;
using BackupTools.Benchmarks;

namespace BackupTools.Reliability.Large;

/// <summary>
/// Commands on something large, each a case: it does its work, and its memory is bounded and does not grow with the size,
/// but for what a store's snapshots take each. What it took is told, and decides nothing.
/// </summary>
internal sealed class LargeRun : IDisposable
{
    /// <summary>The most that any command may have in memory.</summary>
    private const int MostMegabytes = 200;

    /// <summary>What the runtime takes more or less from run to run.</summary>
    private const int SwingMegabytes = 30;

    private readonly AttackRun _run;
    private readonly string _kind;
    private readonly TemporaryDirectory _directory = new();
    private readonly Dictionary<string, double> _smaller = [];
    private readonly double _growth;
    private string _size = string.Empty;

    private LargeRun(AttackRun run, string kind, double growth)
    {
        _run = run;
        _kind = kind;
        _growth = growth;
    }

    public string Path => _directory.Path;

    public string this[params string[] parts] => _directory[parts];

    /// <summary>Makes and measures something at a tenth of its size and at its full one, each in a directory of its own.</summary>
    /// <param name="run">Where cases are counted.</param>
    /// <param name="kind">The kind of the cases.</param>
    /// <param name="full">Full size, in whatever unit.</param>
    /// <param name="unit">What is large, as it follows the number.</param>
    /// <param name="gigabytes">What the full one takes in space.</param>
    /// <param name="measure">Makes and measures one of a size.</param>
    /// <param name="growth">Megabytes that the full one may take beyond the other.</param>
    public static void AtTwoSizes(
        AttackRun run, string kind, int full, string unit, int gigabytes, Action<LargeRun, int> measure, double growth = 0)
    {
        if (run.Dose != Dose.Long)
        {
            run.Skip(kind, "Only in the long dose.");
            return;
        }

        long free = new DriveInfo(System.IO.Path.GetTempPath()).AvailableFreeSpace >> 30;
        if (free < gigabytes + 10)
        {
            run.Skip(kind, string.Create(CultureInfo.InvariantCulture, $"Needs {gigabytes + 10} GiB of free space in {System.IO.Path.GetTempPath()}, and {free} are there."));
            return;
        }

        Dictionary<string, double> smaller = [];
        foreach (int size in new[] { full / 10, full })
        {
            using LargeRun large = new(run, kind, growth) { _size = string.Create(CultureInfo.InvariantCulture, $"{size:N0} {unit}") };
            foreach ((string step, double megabytes) in smaller)
            {
                large._smaller[step] = megabytes;
            }

            measure(large, size);
            smaller = large._smaller;
        }
    }

    /// <summary>Runs backuptools and measures it.</summary>
    /// <param name="step">What it does, unique among the steps.</param>
    /// <param name="check">Fails where what it did is wrong.</param>
    /// <param name="arguments">Its arguments.</param>
    public void Step(string step, Action<CommandResult> check, params string[] arguments) => _run.Case(_kind, $"{_size}, {step}", () =>
    {
        string result = _directory["measured"];
        File.Delete(result);
        CommandResult done = Command.RunOther(
            Path,
            System.IO.Path.Join(AppContext.BaseDirectory, "reliability"),
            [MeasuringChild.Switch, result, Command.BackupTools, .. arguments]).Expect(0);
        check(done);
        Measurement measured = MeasuringChild.Read(result);
        double megabytes = measured.PeakKilobytes / 1000.0;
        _run.Tell(_kind, string.Create(
            CultureInfo.InvariantCulture,
            $"{_size}: {step} {measured.Seconds:0.00} s, {(measured.PeakIsBound ? "at most " : string.Empty)}{megabytes:0} MB"));
        Assert.True(megabytes <= MostMegabytes + _growth, string.Create(CultureInfo.InvariantCulture, $"{megabytes:0} MB"));
        if (_smaller.TryGetValue(step, out double smaller))
        {
            Assert.True(megabytes <= smaller + SwingMegabytes + _growth, string.Create(
                CultureInfo.InvariantCulture, $"{megabytes:0} MB instead of {smaller:0} MB at a tenth of the size"));
        }

        _smaller[step] = megabytes;
    });

    /// <summary>Deletes a tree, however large.</summary>
    public void Delete(string name) => Tool.Run("rm", ["-rf", _directory[name]]);

    public void Dispose() => _directory.Dispose();
}
