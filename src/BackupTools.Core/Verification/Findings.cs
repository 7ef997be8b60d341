using System.Globalization;

namespace BackupTools.Core.Verification;

/// <summary>Collects what a verification finds, from any thread; the worst decides.</summary>
internal sealed class Findings
{
    private const int MaxTold = 100;

    private readonly Lock _gate = new();
    private readonly List<string> _problems = [];
    private long _untold;
    private VerifyOutcome _outcome = VerifyOutcome.Ok;

    /// <summary>Whether anything has failed so far.</summary>
    public bool HasFailed
    {
        get
        {
            lock (_gate)
            {
                return _outcome == VerifyOutcome.Failed;
            }
        }
    }

    public void FailAll(IEnumerable<string> problems)
    {
        foreach (string problem in problems)
        {
            Fail(problem);
        }
    }

    public void Fail(string problem) => Add(problem, VerifyOutcome.Failed);

    public void CannotTell(string problem) => Add(problem, VerifyOutcome.Unverifiable);

    public VerifyResult ToResult(string snapshot, VerifyLevel level)
    {
        lock (_gate)
        {
            List<string> problems = [.. _problems];
            if (_untold > 0)
            {
                problems.Add(string.Create(CultureInfo.InvariantCulture, $"and {_untold} more"));
            }

            return new VerifyResult(snapshot, level, _outcome, problems);
        }
    }

    private void Add(string problem, VerifyOutcome outcome)
    {
        lock (_gate)
        {
            // What could not be told matters less than what is wrong.
            _outcome = _outcome == VerifyOutcome.Failed ? VerifyOutcome.Failed : outcome;
            if (_problems.Count < MaxTold)
            {
                _problems.Add(problem);
            }
            else
            {
                _untold++;
            }
        }
    }
}
