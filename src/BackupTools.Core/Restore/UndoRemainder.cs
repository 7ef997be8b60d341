using System.Globalization;
using BackupTools.Core.FileSystem;

namespace BackupTools.Core.Restore;

/// <summary>What an undo had to leave as it is, for people: how much of each kind, and the first of them by name.</summary>
/// <param name="safetyPath">The safety copy.</param>
internal sealed class UndoRemainder(string safetyPath)
{
    private const int Named = 5;

    private readonly Some _kept = new();
    private readonly Some _placed = new();
    private readonly Some _attributes = new();

    /// <summary>Whether everything is as it was before the swap.</summary>
    public bool IsEmpty => _kept.Count + _placed.Count + _attributes.Count == 0;

    /// <summary>Whether anything that was replaced stays in the safety copy.</summary>
    public bool IsKept => _kept.Count > 0;

    /// <summary>What was replaced could not be put back.</summary>
    public void AddKept(TreePath path, string reason) => _kept.Add(path, reason);

    /// <summary>What was put there could not be taken out again.</summary>
    public void AddPlaced(TreePath path, string reason) => _placed.Add(path, reason);

    /// <summary>What a directory's attributes were could not be set again.</summary>
    public void AddAttributes(TreePath path, string reason) => _attributes.Add(path, reason);

    /// <exception cref="IncompleteUndoException">Something is left.</exception>
    public void ThrowUnlessEmpty()
    {
        if (!IsEmpty)
        {
            throw new IncompleteUndoException(ToString());
        }
    }

    /// <summary>The sentences that tell of it.</summary>
    public override string ToString() => string.Join(' ', ((string?[])
    [
        _kept.Describe($"of what was replaced could not be put back and stays in '{safetyPath}'"),
        _placed.Describe("of what was put there could not be taken out again"),
        _attributes.Describe("of the directories whose owner, mode and time were to be set back could not be reached"),
    ]).OfType<string>());

    private sealed class Some
    {
        private readonly List<(string Path, string Reason)> _first = [];

        public long Count { get; private set; }

        public void Add(TreePath path, string reason)
        {
            Count++;
            if (_first.Count < Named)
            {
                _first.Add((path.Text, reason));
            }
        }

        public string? Describe(string what)
        {
            if (Count == 0)
            {
                return null;
            }

            IEnumerable<string> named = _first.GroupBy(
                static one => one.Reason, static one => $"'{one.Path}'", static (reason, paths) => $"{string.Join(", ", paths)} ({reason})");
            string more = Count > _first.Count ? string.Create(CultureInfo.InvariantCulture, $", and {Count - _first.Count} more") : string.Empty;
            return string.Create(CultureInfo.InvariantCulture, $"{Count} {what}: {string.Join(", ", named)}{more}.");
        }
    }
}
