using System.Collections.Concurrent;
using System.Diagnostics;
using Xunit.Sdk;

namespace BackupTools.Reliability;

/// <summary>A case that did not hold.</summary>
/// <param name="Kind">The kind of case.</param>
/// <param name="Id">Which one, as <c>--case</c> takes it.</param>
/// <param name="Problem">What was wrong.</param>
internal sealed record FailedCase(string Kind, string Id, string Problem);

/// <summary>What was counted of one kind of case.</summary>
internal sealed class KindCount(string kind)
{
    private int _held;
    private int _failed;

    public string Kind => kind;

    public int Held => _held;

    public int Failed => _failed;

    public int Cases => _held + _failed;

    public void Count(bool held) => Interlocked.Increment(ref held ? ref _held : ref _failed);
}

/// <summary>One run of one attack: how much is asked of it, and what came out. Safe for several threads.</summary>
internal sealed class AttackRun(IAttack attack, Dose dose, int seed, CancellationToken cancellation)
{
    // Whoever stops this by a key stops the processes that it watches, too, and those may end first: what came of that is
    // no failure.
    private static readonly TimeSpan s_stopping = TimeSpan.FromMilliseconds(200);

    private readonly Lock _gate = new();
    private readonly List<KindCount> _kinds = [];
    private readonly ConcurrentQueue<FailedCase> _failures = new();
    private readonly ConcurrentQueue<(string Kind, string Text)> _skips = new();
    private readonly ConcurrentQueue<(string Kind, string Text)> _figures = new();
    private readonly Stopwatch _clock = new();

    public IAttack Attack => attack;

    public Dose Dose => dose;

    /// <summary>What random choices begin with; the same seed makes the same choices.</summary>
    public int Seed => seed;

    public CancellationToken Cancellation => cancellation;

    /// <summary>How long a case that is bounded by time alone may take in the long dose.</summary>
    public TimeSpan LongTime { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>The one case to run, as <c>kind/id</c>, or all of one kind; all there are where it is <see langword="null"/>.</summary>
    public string? OnlyCase { get; init; }

    /// <summary>Counts by kind, in the order in which the kinds came.</summary>
    public IReadOnlyList<KindCount> Kinds
    {
        get
        {
            lock (_gate)
            {
                return [.. _kinds];
            }
        }
    }

    public IReadOnlyCollection<FailedCase> Failures => _failures;

    /// <summary>What could not be run here, and why.</summary>
    public IReadOnlyCollection<(string Kind, string Text)> Skips => _skips;

    /// <summary>What was measured on the way.</summary>
    public IReadOnlyCollection<(string Kind, string Text)> Figures => _figures;

    /// <summary>Hears of each failure when it happens, on whatever thread.</summary>
    public Action<AttackRun, FailedCase> OnFailure { get; init; } = static (_, _) => { };

    /// <summary>How long it took, or has taken until now.</summary>
    public TimeSpan Elapsed => _clock.Elapsed;

    /// <summary>Whether it came to its end, and was not stopped on the way.</summary>
    public bool IsDone { get; private set; }

    /// <summary>Runs all of the attack; what it throws outside of its cases is a failure, too.</summary>
    /// <exception cref="OperationCanceledException">It was stopped; what it has counted until then stands.</exception>
    public void Run()
    {
        _clock.Start();
        try
        {
            Guard("the attack itself", "all", () => attack.Run(this), isCase: false);
            IsDone = true;
        }
        finally
        {
            _clock.Stop();
        }
    }

    /// <summary>Whether a case is to be run; for an attack that has to prepare something for it.</summary>
    public bool Wants(string kind, string id) => OnlyCase is null || OnlyCase == kind || OnlyCase == $"{kind}/{id}";

    /// <summary>Whether any case of a kind is to be run.</summary>
    public bool Wants(string kind) => OnlyCase is null || OnlyCase == kind || OnlyCase.StartsWith(kind + "/", StringComparison.Ordinal);

    /// <summary>
    /// Runs one case and counts it: whatever it throws, a failed assertion above all, makes it a failure;
    /// <c>Skip.If</c> makes it a skipped one.
    /// </summary>
    /// <param name="kind">The kind of case: a row of the table.</param>
    /// <param name="id">Which one: with the kind and the seed, all that is needed to repeat it.</param>
    /// <param name="body">The case.</param>
    public void Case(string kind, string id, Action body)
    {
        if (!Wants(kind, id))
        {
            return;
        }

        cancellation.ThrowIfCancellationRequested();
        Guard(kind, id, body, isCase: true);
    }

    /// <summary>Does what cases of a kind need: what it throws is a failure of that kind, and the attack goes on.</summary>
    public void Prepare(string kind, Action body) => Guard(kind, "all", body, isCase: false);

    /// <summary>Tells that cases of a kind cannot be run here.</summary>
    public void Skip(string kind, string reason)
    {
        if (!_skips.Contains((kind, reason)))
        {
            _skips.Enqueue((kind, reason));
        }
    }

    /// <summary>Tells a figure that is worth knowing and decides nothing.</summary>
    public void Tell(string kind, string text) => _figures.Enqueue((kind, text));

    private void Guard(string kind, string id, Action body, bool isCase)
    {
        try
        {
            body();
            if (isCase)
            {
                Of(kind).Count(held: true);
            }
        }
        catch (Xunit.SkipException e)
        {
            Skip(kind, e.Message);
        }
        catch (Exception) when (cancellation.WaitHandle.WaitOne(s_stopping))
        {
            throw new OperationCanceledException(cancellation);
        }
        catch (Exception e)
        {
            Of(kind).Count(held: false);
            FailedCase failure = new(kind, id, e is XunitException ? e.Message : e.ToString());
            _failures.Enqueue(failure);
            OnFailure(this, failure);
        }
    }

    private KindCount Of(string kind)
    {
        lock (_gate)
        {
            KindCount? count = _kinds.Find(one => one.Kind == kind);
            if (count is null)
            {
                count = new KindCount(kind);
                _kinds.Add(count);
            }

            return count;
        }
    }
}
