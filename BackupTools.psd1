@{
    RootModule           = 'module/BackupTools.psm1'
    # The version of everything here; the build reads it from this line.
    ModuleVersion        = '0.1.0'
    GUID                 = '323749e7-0531-40b5-b15f-d697c12399f7'
    Author               = 'The BackupTools contributors'
    CompanyName          = 'The BackupTools contributors'
    Copyright            = 'Copyright (c) 2026 The BackupTools contributors. MIT licence.'
    Description          = 'Verified snapshots of live SQLite databases, and of directories that hold them: taken, listed, tested, restored and thinned out, from PowerShell on Windows, Linux and macOS.'
    PowerShellVersion    = '7.6'
    CompatiblePSEditions = @('Core')
    CmdletsToExport      = @('Initialize-SnapshotRepository', 'New-Snapshot', 'Restore-Snapshot', 'Get-SnapshotManifest', 'Test-Snapshot', 'Remove-OldSnapshot', 'Repair-SnapshotRepository')
    FunctionsToExport    = @()
    AliasesToExport      = @()
    VariablesToExport    = @()
    TypesToProcess       = @('module/BackupTools.Types.ps1xml')
    FormatsToProcess     = @('module/BackupTools.Format.ps1xml')
    PrivateData          = @{
        PSData = @{
            Tags = @('Backup', 'Restore', 'Snapshot', 'SQLite', 'Retention', 'PSEdition_Core', 'Windows', 'Linux', 'MacOS')
        }
    }
}
