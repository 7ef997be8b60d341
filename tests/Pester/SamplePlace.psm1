# A directory as the help's examples expect it, and new sessions of PowerShell that work in it.

$script:Root = [System.IO.Path]::GetFullPath("$PSScriptRoot/../..")
$script:PowerShell = [System.Environment]::ProcessPath

# A database of three pages with the tables "notes" (3 rows) and "users" (2 rows), compressed.
$script:Database = @'
H4sIAAAAAAACA+2TsUrEQBCGZ3ZP706wsljsprwDsfEFjLpoMHfRuOE8uzXZ04CXQLKCYOXj+FjWdhYWVm5WRa3svftg/oEf5p9imLPTqLCGZl
U915Z2gAEi7BIBQMcVh2/Yp/cFwt90YDvD9XYYLwAfnSwMI7YqhMB7qy9vzG1j6sYL309koCSpYC+S5K1BqeeGlDxXdJKEoyCZ0rGcDmkSqqM4
VZTEk/AgxW4b99D3eWVlTeOF/crz1qDIKRwreSiTn4FbZM2d/dgzjl2lUTRsb8PxCfAVn11b8t/ocQ7CXhd13mccNhuTVWXeQ2fOirqxa/43Xw
DfnCxZALpMXNU6MytsQ+f6HZ93FF8ABgAA
'@

function Write-SampleDatabase {
    <#
    .SYNOPSIS
        Writes a small SQLite database.
    #>
    param([string] $LiteralPath)

    $compressed = [System.IO.MemoryStream]::new([System.Convert]::FromBase64String($script:Database))
    $content = [System.IO.Compression.GZipStream]::new($compressed, [System.IO.Compression.CompressionMode]::Decompress)
    $file = [System.IO.File]::Create($LiteralPath)
    try {
        $content.CopyTo($file)
    }
    finally {
        $file.Dispose()
        $content.Dispose()
    }
}

function Initialize-ModulePlace {
    <#
    .SYNOPSIS
        Makes a place for PSModulePath that holds the module of this checkout under its name.
    #>
    param([string] $LiteralPath)

    $module = New-Item -ItemType Directory -Path "$LiteralPath/BackupTools" -Force
    Copy-Item -LiteralPath "$script:Root/BackupTools.psd1" -Destination $module
    $link = $IsWindows ? 'Junction' : 'SymbolicLink'
    New-Item -ItemType $link -Path "$module/module" -Target "$script:Root/module" | Out-Null
}

function Initialize-SamplePlace {
    <#
    .SYNOPSIS
        Makes app.db, the directory "state" with databases in it, and the store "backups" with three snapshots of the
        one and two of the other.
    #>
    param([string] $LiteralPath, [string] $ModulePlace)

    New-Item -ItemType Directory -Path "$LiteralPath/state/notes", "$LiteralPath/state/cache" -Force | Out-Null
    foreach ($name in 'app.db', 'state/users.db', 'state/sessions[1].db') {
        Write-SampleDatabase -LiteralPath "$LiteralPath/$name"
    }

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

    $script = [System.IO.Path]::ChangeExtension([System.IO.Path]::GetTempFileName(), '.ps1')
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

Export-ModuleMember -Function Write-SampleDatabase, Initialize-ModulePlace, Initialize-SamplePlace, Invoke-Session, Invoke-Program
