using System.Diagnostics;
using System.Globalization;

namespace BackupTools.Benchmarks;

/// <summary>What a process that committed all the time went through.</summary>
/// <param name="Commits">Commits that succeeded.</param>
/// <param name="Failed">Commits that did not.</param>
/// <param name="MedianMilliseconds">The usual commit.</param>
/// <param name="SlowestMilliseconds">The slowest one, whether it succeeded or not.</param>
internal sealed record WriterResult(int Commits, int Failed, double MedianMilliseconds, double SlowestMilliseconds);

/// <summary>
/// Another process, the sqlite3 command, that commits one small change after the other to a database and is asked
/// after each whether it came through.
/// </summary>
internal sealed class Writer : IDisposable
{
    private readonly Process _sqlite;
    private readonly Thread _thread;
    private readonly List<double> _milliseconds = [];
    private volatile bool _stop;
    private int _failed;
    private Exception? _error;

    public Writer(string database, int rows)
    {
        _sqlite = Process.Start(new ProcessStartInfo("sqlite3", [database])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;

        // Read, so that a full pipe never stops it; what it says shows as failed commits.
        _sqlite.ErrorDataReceived += (_, _) => { };
        _sqlite.BeginErrorReadLine();
        _sqlite.StandardInput.AutoFlush = true;
        _thread = new Thread(() => Write(rows)) { Name = "writer" };
        _thread.Start();
    }

    public WriterResult Stop()
    {
        _stop = true;
        _thread.Join();
        if (_error is not null)
        {
            throw new InvalidOperationException("The writer stopped: " + _error.Message, _error);
        }

        return new WriterResult(_milliseconds.Count - _failed, _failed, Statistics.Median(_milliseconds), _milliseconds.Max());
    }

    public void Dispose()
    {
        _stop = true;
        _thread.Join();
        _sqlite.StandardInput.Close();
        _sqlite.WaitForExit();
        _sqlite.Dispose();
    }

    private void Write(int rows)
    {
        Random random = new(2);
        try
        {
            // Every commit reaches the disk, as SQLite does it where nothing else is said.
            _sqlite.StandardInput.WriteLine("PRAGMA synchronous = FULL; PRAGMA busy_timeout = 5000;");
            _ = _sqlite.StandardOutput.ReadLine();
            for (int commits = 0; !_stop;)
            {
                int row = random.Next(1, rows + 1);
                long start = Stopwatch.GetTimestamp();
                _sqlite.StandardInput.WriteLine(string.Create(
                    CultureInfo.InvariantCulture, $"UPDATE note SET stars = stars + 1 WHERE id = {row};\nSELECT total_changes();"));
                string? changes = _sqlite.StandardOutput.ReadLine();
                _milliseconds.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
                if (changes == (commits + 1).ToString(CultureInfo.InvariantCulture))
                {
                    commits++;
                }
                else
                {
                    _failed++;
                }

                // A busy application, not one that does nothing else.
                Thread.Sleep(1);
            }
        }
        catch (Exception e) when (e is IOException or InvalidOperationException)
        {
            _error = e;
        }
    }
}
