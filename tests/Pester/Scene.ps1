# What the test files share; each begins with: BeforeAll { . "$PSScriptRoot/Scene.ps1" }

# The module under test: the checkout's, or a staged one.
$ModuleManifest = $env:BACKUPTOOLS_MODULE ? $env:BACKUPTOOLS_MODULE : [System.IO.Path]::GetFullPath("$PSScriptRoot/../../BackupTools.psd1")
$ModuleDirectory = [System.IO.Path]::GetDirectoryName($ModuleManifest)
Import-Module -Name $ModuleManifest

function New-Database {
    # Makes a database with a table of so many rows; returns its path.
    [Diagnostics.CodeAnalysis.SuppressMessageAttribute('PSUseShouldProcessForStateChangingFunctions', '', Justification = 'Makes a file for a test')]
    [CmdletBinding()]
    [OutputType([string])]
    param([Parameter(Mandatory)][string] $Path, [int] $Row = 3, [string] $JournalMode = 'delete')
    $null = New-Item -ItemType Directory -Force -Path ([System.IO.Path]::GetDirectoryName($Path))
    Invoke-Sqlite -Path $Path -Sql "PRAGMA journal_mode = $JournalMode;
        CREATE TABLE item (id INTEGER PRIMARY KEY, text TEXT);
        WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < $Row)
        INSERT INTO item SELECT i, 'row ' || i FROM n WHERE $Row > 0;" | Out-Null
    $Path
}

function Invoke-Sqlite {
    # Runs SQL by the sqlite3 program, in another process.
    [CmdletBinding()]
    [OutputType([string])]
    param([Parameter(Mandatory)][string] $Path, [Parameter(Mandatory)][string] $Sql)
    $output = $Sql | sqlite3 -bail $Path 2>&1
    if ($LASTEXITCODE -ne 0) {
        throw "sqlite3: $output"
    }

    $output
}

function Get-RowCount {
    # Counts the rows of a database that New-Database made.
    [CmdletBinding()]
    [OutputType([int])]
    param([Parameter(Mandatory)][string] $Path)
    [int](Invoke-Sqlite -Path $Path -Sql 'SELECT count(*) FROM item;')
}

function Get-TreeState {
    # All files below a directory with their content and times, as one text: what must not change.
    [CmdletBinding()]
    [OutputType([string])]
    param([Parameter(Mandatory)][string] $Path)
    if (-not (Test-Path -LiteralPath $Path)) {
        return 'none'
    }

    (Get-ChildItem -LiteralPath $Path -Recurse -Force | Sort-Object -Property FullName | ForEach-Object {
        $hash = $_.PSIsContainer ? 'directory' : (Get-FileHash -LiteralPath $_.FullName).Hash
        '{0} {1} {2}' -f $_.FullName, $_.LastWriteTimeUtc.Ticks, $hash
    }) -join "`n"
}

function Invoke-ChildPowerShell {
    # Runs a script in a PowerShell of its own; answers go to its prompts, without them it cannot ask.
    [CmdletBinding()]
    param([string] $File, [string] $Command, [string[]] $Answer, [string] $WorkingDirectory = $PWD.ProviderPath)
    $start = [System.Diagnostics.ProcessStartInfo]::new([System.Environment]::ProcessPath)
    $start.WorkingDirectory = $WorkingDirectory
    $start.RedirectStandardInput = $start.RedirectStandardOutput = $start.RedirectStandardError = $true
    $start.ArgumentList.Add('-NoProfile')
    if (-not $Answer) {
        $start.ArgumentList.Add('-NonInteractive')
    }

    if ($File) {
        $start.ArgumentList.Add('-File')
        $start.ArgumentList.Add($File)
    }
    else {
        $start.ArgumentList.Add('-Command')
        $start.ArgumentList.Add($Command)
    }

    $start.Environment['NO_COLOR'] = '1'
    $process = [System.Diagnostics.Process]::Start($start)
    $output = $process.StandardOutput.ReadToEndAsync()
    $errors = $process.StandardError.ReadToEndAsync()
    foreach ($line in $Answer) {
        $process.StandardInput.WriteLine($line)
    }

    $process.StandardInput.Close()
    if (-not $process.WaitForExit(60000)) {
        $process.Kill($true)
        throw 'The PowerShell did not end: it hangs.'
    }

    $process.WaitForExit()
    [pscustomobject]@{ ExitCode = $process.ExitCode; Output = $output.Result; Error = $errors.Result }
}
