<#
.SYNOPSIS
Runs all Pester tests beside this file, and writes what came of them to a file as JSON.
.DESCRIPTION
The test project BackupTools.Pester runs this in a PowerShell of its own and compares the counts with those committed in
expected-counts.json.
#>
[CmdletBinding()]
param(
    # Where to write the counts and what failed.
    [Parameter(Mandatory)]
    [string] $ResultPath
)

$ErrorActionPreference = 'Stop'
$missing = @(
    if (-not (Get-Module -ListAvailable -Name Pester | Where-Object Version -GE ([version]'5.5'))) { 'Pester 5.5 or newer is not installed' }
    if (-not (Get-Command -Name sqlite3 -CommandType Application -ErrorAction Ignore)) { 'the sqlite3 program is not on PATH' }
    if ($PSVersionTable.PSVersion -lt [version]'7.6') { "this is PowerShell $($PSVersionTable.PSVersion); the module needs 7.6" }
)
$result = [ordered]@{
    powershell = "$($PSVersionTable.PSVersion)"
    pester     = ''
    missing    = $missing
    total      = 0
    passed     = 0
    failed     = 0
    skipped    = 0
    failures   = @()
}
if (-not $missing) {
    Import-Module -Name Pester -MinimumVersion 5.5
    $configuration = New-PesterConfiguration
    $configuration.Run.Path = $PSScriptRoot
    $configuration.Run.PassThru = $true
    $configuration.Output.Verbosity = 'Normal'
    $configuration.Output.RenderMode = 'Plaintext'
    $run = Invoke-Pester -Configuration $configuration
    $result.pester = "$((Get-Module -Name Pester).Version)"
    $result.total = $run.TotalCount
    $result.passed = $run.PassedCount
    $result.failed = $run.FailedCount + $run.FailedBlocksCount + $run.FailedContainersCount
    $result.skipped = $run.SkippedCount
    $result.failures = @(
        $run.Failed | ForEach-Object { "$($_.ExpandedPath): $($_.ErrorRecord)" }
        @($run.FailedBlocks) + @($run.FailedContainers) | ForEach-Object { "$($_): $($_.ErrorRecord)" }
    )
}

ConvertTo-Json -InputObject $result | Set-Content -LiteralPath $ResultPath
