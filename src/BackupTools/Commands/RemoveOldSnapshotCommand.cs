using System.Management.Automation;
using BackupTools.Completion;
using BackupTools.Core;
using BackupTools.Core.Retention;
using BackupTools.Core.Snapshots;
using BackupTools.Output;
using CoreDecision = BackupTools.Core.Retention.RetentionDecision;

namespace BackupTools.Commands;

/// <summary>Removes the snapshots of a store that a retention policy does not keep.</summary>
[Cmdlet(VerbsCommon.Remove, "OldSnapshot", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium, DefaultParameterSetName = PathSet)]
[OutputType(typeof(RetentionDecision))]
public sealed class RemoveOldSnapshotCommand : BackupCommand
{
    /// <summary>Stores; wildcards are resolved.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ParameterSetName = PathSet)]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[] Path { get; set; } = [];

    /// <summary>Stores, taken as they stand.</summary>
    [Parameter(Mandatory = true, ValueFromPipelineByPropertyName = true, ParameterSetName = LiteralPathSet)]
    [Alias("PSPath", "FullName")]
    [ValidateNotNullOrEmpty]
    public string[] LiteralPath { get; set; } = [];

    /// <summary>Only the series of this name.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(NameCompleter))]
    public string? Name { get; set; }

    /// <summary>Only the series of this source.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(SourceCompleter))]
    public string? Source { get; set; }

    /// <summary>Only the series of this host.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(HostNameCompleter))]
    public string? HostName { get; set; }

    /// <summary>Keeps the newest so many.</summary>
    [Parameter]
    [Alias("Keep")]
    [ValidateRange(1, int.MaxValue)]
    public int? KeepLast { get; set; }

    /// <summary>Keeps the newest of each of so many hours.</summary>
    [Parameter]
    [ValidateRange(1, int.MaxValue)]
    public int? KeepHourly { get; set; }

    /// <summary>Keeps the newest of each of so many days.</summary>
    [Parameter]
    [ValidateRange(1, int.MaxValue)]
    public int? KeepDaily { get; set; }

    /// <summary>Keeps the newest of each of so many weeks.</summary>
    [Parameter]
    [ValidateRange(1, int.MaxValue)]
    public int? KeepWeekly { get; set; }

    /// <summary>Keeps the newest of each of so many months.</summary>
    [Parameter]
    [ValidateRange(1, int.MaxValue)]
    public int? KeepMonthly { get; set; }

    /// <summary>Keeps the newest of each of so many years.</summary>
    [Parameter]
    [ValidateRange(1, int.MaxValue)]
    public int? KeepYearly { get; set; }

    /// <summary>Keeps all taken within this time before the newest, such as <c>1y2m10d4h</c>; m is months.</summary>
    [Parameter]
    [PeriodTransformation]
    [ValidateNotNullOrEmpty]
    public string? KeepWithin { get; set; }

    /// <summary>Keeps all that carry one of these tags.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(TagCompleter))]
    public string[] KeepTag { get; set; } = [];

    /// <summary>Emits the decision on each snapshot.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord() => ForEachPath(Path, LiteralPath, ErrorId.StoreNotFound, Thin);

    private void Thin(string store)
    {
        PruneRequest request = new()
        {
            Store = store,
            Filter = new SnapshotFilter { Name = Name, Source = ResolveSource(Source), Host = HostName },
            Policy = new RetentionPolicy
            {
                Last = KeepLast,
                Hourly = KeepHourly,
                Daily = KeepDaily,
                Weekly = KeepWeekly,
                Monthly = KeepMonthly,
                Yearly = KeepYearly,
                Within = CalendarDuration.TryParse(KeepWithin, out CalendarDuration within) ? within : null,
                Tags = KeepTag,
            },
            Credential = Repository,
        };
        PrunePlan plan = Run(store, (observer, stop) => SnapshotPruner.Plan(request, observer, stop));
        bool isWhatIf = false;
        List<CoreDecision> confirmed = [.. plan.Decisions.Select(decision => Confirm(decision, ref isWhatIf))];
        IReadOnlyList<CoreDecision> done = confirmed.Exists(decision => decision.Action == RetentionAction.Remove) || ShouldReclaim(plan)
            ? Run(store, (observer, stop) => SnapshotPruner.Run(plan with { Decisions = confirmed }, observer, stop))
            : isWhatIf ? plan.Decisions : confirmed;
        if (PassThru)
        {
            WriteObject(done.Select(decision => decision.ToOutput()), enumerateCollection: true);
        }
    }

    // What was forgotten before may have left something, where nothing is to be removed now.
    private bool ShouldReclaim(PrunePlan plan) =>
        plan.Reclaims
        && plan.Decisions.All(decision => decision.Action == RetentionAction.Keep)
        && ShouldProcess(
            $"Give back the room in '{plan.Request.Store}' of what no snapshot needs any more.",
            $"Give back the room in '{plan.Request.Store}' of what no snapshot needs any more?",
            null);

    private CoreDecision Confirm(CoreDecision decision, ref bool isWhatIf)
    {
        if (decision.Action == RetentionAction.Keep)
        {
            return decision;
        }

        string snapshot = $"'{decision.Snapshot.SnapshotPath}' ({Display.Size(decision.Snapshot.Manifest.Bytes)})";
        string reasons = string.Join(", ", decision.Reasons);
        if (ShouldProcess($"Remove {snapshot}: {reasons}.", $"Remove {snapshot}? {reasons}", null, out ShouldProcessReason reason))
        {
            return decision;
        }

        isWhatIf |= reason == ShouldProcessReason.WhatIf;
        return decision with { Action = RetentionAction.Keep, Reasons = ["it was not confirmed"] };
    }
}
