# A directory as the help's examples expect it, and new sessions of PowerShell that work in it.

$script:Root = [System.IO.Path]::GetFullPath("$PSScriptRoot/../..")

# The module under test: the checkout's, or a staged one.
$script:Module = $env:BACKUPTOOLS_MODULE ? [System.IO.Path]::GetDirectoryName($env:BACKUPTOOLS_MODULE) : $script:Root
$script:PowerShell = [System.Environment]::ProcessPath

function Copy-SampleDatabase {
    <#
    .SYNOPSIS
        Puts a small SQLite database somewhere.
    #>
    param([string] $Destination)

    [System.IO.File]::Copy("$script:Root/tests/Fixtures/app.db", $Destination)
}

function Initialize-ModulePlace {
    <#
    .SYNOPSIS
        Makes a place for PSModulePath that holds the module under its name.
    #>
    param([string] $LiteralPath)

    $module = New-Item -ItemType Directory -Path "$LiteralPath/BackupTools" -Force
    Copy-Item -LiteralPath "$script:Module/BackupTools.psd1" -Destination $module
    $link = $IsWindows ? 'Junction' : 'SymbolicLink'
    New-Item -ItemType $link -Path "$module/module" -Target "$script:Module/module" | Out-Null
}

function Initialize-SamplePlace {
    <#
    .SYNOPSIS
        Makes app.db, the directory "state" with databases in it, and the store "backups" with three snapshots of the
        one and two of the other, and a file with a password.
    #>
    param([string] $LiteralPath, [string] $ModulePlace)

    New-Item -ItemType Directory -Path "$LiteralPath/state/notes", "$LiteralPath/state/cache" -Force | Out-Null
    foreach ($name in 'app.db', 'state/users.db', 'state/sessions[1].db') {
        Copy-SampleDatabase -Destination "$LiteralPath/$name"
    }

    [System.IO.File]::WriteAllText("$LiteralPath/password.txt", "correct horse`n")
    [System.IO.File]::WriteAllText("$LiteralPath/state/notes/today.txt", "Buy milk.`n")
    [System.IO.File]::WriteAllText("$LiteralPath/state/cache/page.tmp", "Made anew when missing.`n")
    $code = @'
New-Snapshot -LiteralPath app.db, state
New-Snapshot -LiteralPath app.db -Tag before-upgrade
New-Snapshot -LiteralPath state, app.db
'@
    $taken = Invoke-Session -Code $code -Location $LiteralPath -ModulePlace $ModulePlace
    if ($taken.ExitCode -ne 0 -or $taken.ErrorText) {
        throw "The sample's snapshots could not be taken: $($taken.ErrorText)"
    }
}

function Invoke-Session {
    <#
    .SYNOPSIS
        Runs code in a new session of PowerShell that nobody can answer; all is confirmed beforehand.
    #>
    param([string] $Code, [string] $Location, [string] $ModulePlace)

    $script = "$([System.IO.Path]::GetTempPath())$([System.IO.Path]::GetRandomFileName()).ps1"
    $preamble = "`$ConfirmPreference = 'None'; `$ProgressPreference = 'SilentlyContinue'; `$PSStyle.OutputRendering = 'PlainText'"
    [System.IO.File]::WriteAllText($script, "$preamble`n$Code`n")
    $modulePath = $env:PSModulePath
    if ($ModulePlace) {
        $env:PSModulePath = $ModulePlace + [System.IO.Path]::PathSeparator + $modulePath
    }

    try {
        Invoke-Program -FilePath $script:PowerShell -Argument '-NoProfile', '-NonInteractive', '-File', $script -Location $Location
    }
    finally {
        $env:PSModulePath = $modulePath
        Remove-Item -LiteralPath $script
    }
}

function Invoke-Program {
    <#
    .SYNOPSIS
        Runs a program and returns what it wrote and its exit code.
    #>
    param([string] $FilePath, [string[]] $Argument, [string] $Location = $PWD.ProviderPath)

    $start = [System.Diagnostics.ProcessStartInfo]::new($FilePath)
    $start.WorkingDirectory = $Location
    $start.RedirectStandardInput = $true
    $start.RedirectStandardOutput = $true
    $start.RedirectStandardError = $true
    foreach ($word in $Argument) {
        $start.ArgumentList.Add($word)
    }

    $process = [System.Diagnostics.Process]::Start($start)
    try {
        $process.StandardInput.Close()
        $output = $process.StandardOutput.ReadToEndAsync()
        $errors = $process.StandardError.ReadToEndAsync()
        $process.WaitForExit()
        [pscustomobject] @{
            ExitCode   = $process.ExitCode
            OutputText = $output.GetAwaiter().GetResult().TrimEnd()
            ErrorText  = $errors.GetAwaiter().GetResult().TrimEnd()
        }
    }
    finally {
        $process.Dispose()
    }
}

Export-ModuleMember -Function Copy-SampleDatabase, Initialize-ModulePlace, Initialize-SamplePlace, Invoke-Session, Invoke-Program
