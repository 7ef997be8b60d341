#Requires -Version 7.4

<#
.SYNOPSIS
    Builds, tests and packages the PowerShell module.
.DESCRIPTION
    Nothing here is needed to build or test: `dotnet build` and `dotnet test` do without PowerShell. This script adds
    what only a release needs: the help that PowerShell reads, the package, and its installation.

    Clean    removes what builds made.
    Build    builds the solution; the module's binaries come to lie in module/.
    Test     builds, and runs all tests, those by Pester among them.
    Docs     makes module/en-US from docs/en-US: MAML by PlatyPS (skipped where it is missing), and the about topics.
    Package  builds, and puts the module together as artifacts/BackupTools/<version>/.
    Install  packages, and copies the package to where PowerShell finds it.
.EXAMPLE
    ./build.ps1 -Task Package
.EXAMPLE
    ./build.ps1 -Task Install -Scope AllUsers
#>
[CmdletBinding(SupportsShouldProcess)]
param(
    # What to do; several are done in the order given.
    [ValidateSet('Clean', 'Build', 'Test', 'Docs', 'Package', 'Install')]
    [string[]] $Task = 'Build',

    # The configuration to build.
    [ValidateSet('Debug', 'Release')]
    [string] $Configuration = 'Release',

    # For whom to install.
    [ValidateSet('CurrentUser', 'AllUsers')]
    [string] $Scope = 'CurrentUser',

    # Take what is built already.
    [switch] $NoBuild,

    # Where Docs writes.
    [string] $HelpPath = "$PSScriptRoot/module/en-US",

    # Where Package writes; the version's directory is made in it.
    [string] $PackagePath = "$PSScriptRoot/artifacts/BackupTools"
)

$ErrorActionPreference = 'Stop'
Set-StrictMode -Version 3.0

Import-Module -Name "$PSScriptRoot/docs/HelpText.psm1" -Force

# The systems that the package holds a native SQLite library for.
$script:Platforms = 'win-x64', 'win-arm64', 'linux-x64', 'linux-arm64', 'osx-x64', 'osx-arm64'

# What the build puts into module/, as .gitignore has it.
$script:Binaries = '*.dll', '*.pdb', '*.json', 'lib'

function Invoke-Dotnet {
    param([string[]] $Arguments)

    & dotnet @Arguments
    if ($LASTEXITCODE -ne 0) {
        throw "dotnet $($Arguments -join ' ') failed with exit code $LASTEXITCODE."
    }
}

function Clear-Output {
    [CmdletBinding(SupportsShouldProcess)]
    param()

    $left = @(
        "$PSScriptRoot/artifacts"
        $script:Binaries | ForEach-Object { "$PSScriptRoot/module/$_" }
        'src', 'tests' | ForEach-Object { "$PSScriptRoot/$_/*/bin", "$PSScriptRoot/$_/*/obj" }
    )
    foreach ($path in Get-Item -Path $left -ErrorAction Ignore) {
        if ($PSCmdlet.ShouldProcess($path.FullName, 'Remove')) {
            Remove-Item -LiteralPath $path.FullName -Recurse -Force
        }
    }
}

function Build-Solution {
    param([string] $Configuration)

    Invoke-Dotnet -Arguments 'build', "$PSScriptRoot/BackupTools.sln", '-c', $Configuration, '-nologo', '-v', 'quiet'
}

function Test-Solution {
    param([string] $Configuration)

    Invoke-Dotnet -Arguments 'test', "$PSScriptRoot/BackupTools.sln", '-c', $Configuration, '-nologo', '--no-build'
}

function Get-ModuleVersion {
    (Import-PowerShellDataFile -LiteralPath "$PSScriptRoot/BackupTools.psd1").ModuleVersion
}

function New-Package {
    [CmdletBinding(SupportsShouldProcess)]
    param([string] $Path)

    if (-not $PSCmdlet.ShouldProcess($Path, 'Package')) {
        return
    }

    Remove-Item -LiteralPath $Path -Recurse -Force -ErrorAction Ignore
    New-Item -ItemType Directory -Path "$Path/module" -Force | Out-Null
    Copy-Item -Path "$PSScriptRoot/BackupTools.psd1", "$PSScriptRoot/LICENSE" -Destination $Path
    $parts = '*.psm1', '*.ps1xml', '*.dll', 'en-US', 'lib' | ForEach-Object { "$PSScriptRoot/module/$_" }
    Copy-Item -Path $parts -Destination "$Path/module" -Recurse
    Remove-Unused -Library "$Path/module/lib"
    Write-Output "Packaged as $Path"
}

function Remove-Unused {
    [Diagnostics.CodeAnalysis.SuppressMessageAttribute('PSUseShouldProcessForStateChangingFunctions', '', Justification = 'Works on the package alone.')]
    param([string] $Library)

    Get-ChildItem -LiteralPath $Library -Recurse -File -Include '*.pdb', '*.xml' | Remove-Item
    Get-ChildItem -LiteralPath "$Library/runtimes" -Directory | Where-Object Name -NotIn $script:Platforms | Remove-Item -Recurse
    $missing = @($script:Platforms | Where-Object { -not (Test-Path -Path "$Library/runtimes/$_/native/*e_sqlite3*") })
    if ($missing) {
        Write-Warning "The package has no native SQLite library for: $($missing -join ', ')."
    }
}

function Copy-Package {
    param([string] $Path, [string] $Destination)

    if (Test-Path -LiteralPath $Destination) {
        try {
            Remove-Item -LiteralPath $Destination -Recurse -Force
        }
        catch {
            throw "'$Destination' cannot be replaced: $($_.Exception.Message) Close the sessions that use the module, and try again."
        }
    }

    New-Item -ItemType Directory -Path (Split-Path -Path $Destination) -Force | Out-Null
    Copy-Item -LiteralPath $Path -Destination $Destination -Recurse
    Write-Output "Installed as $Destination"
}

# Where PowerShell looks for modules.
function Get-ModuleRoot {
    param([string] $Scope)

    if ($IsWindows) {
        $base = [Environment]::GetFolderPath($Scope -eq 'AllUsers' ? 'ProgramFiles' : 'MyDocuments')
        return "$base/PowerShell/Modules"
    }

    if ($Scope -eq 'AllUsers') {
        return '/usr/local/share/powershell/Modules'
    }

    $data = $env:XDG_DATA_HOME ? $env:XDG_DATA_HOME : "$HOME/.local/share"
    "$data/powershell/Modules"
}

foreach ($name in $Task) {
    if ($name -in 'Build', 'Test', 'Package', 'Install' -and -not $NoBuild) {
        Build-Solution -Configuration $Configuration
    }

    if ($name -in 'Package', 'Install') {
        $version = Get-ModuleVersion
        New-Package -Path "$PackagePath/$version"
    }

    switch ($name) {
        'Clean' { Clear-Output }
        'Test' { Test-Solution -Configuration $Configuration }
        'Install' { Copy-Package -Path "$PackagePath/$version" -Destination "$(Get-ModuleRoot -Scope $Scope)/BackupTools/$version" }
        'Docs' { Export-Help -Destination $HelpPath }
    }
}
