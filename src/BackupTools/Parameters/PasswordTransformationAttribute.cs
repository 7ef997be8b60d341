using System.Management.Automation;
using System.Security;

namespace BackupTools;

/// <summary>
/// Takes a secure string and nothing else. PowerShell's own error for a text would repeat it, and the text would stay in
/// the session's history anyway.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class PasswordTransformationAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData) =>
        (inputData is PSObject wrapped ? wrapped.BaseObject : inputData) is SecureString password
            ? password
            : throw new ArgumentTransformationMetadataException(
                "A password is a secure string, as Read-Host -AsSecureString returns it, and no text.");
}
