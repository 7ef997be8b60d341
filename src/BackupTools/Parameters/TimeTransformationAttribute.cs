using System.Management.Automation;

namespace BackupTools;

/// <summary>Takes a time with its zone too, which PowerShell does not turn into a <see cref="DateTime"/> by itself.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class TimeTransformationAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData) =>
        (inputData is PSObject wrapped ? wrapped.BaseObject : inputData) is DateTimeOffset time ? time.UtcDateTime : inputData;
}
