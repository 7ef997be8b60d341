BeforeAll {
    . "$PSScriptRoot/Scene.ps1"

    function Stop-Pipeline {
        # Stops a pipeline as Ctrl-C does.
        [Diagnostics.CodeAnalysis.SuppressMessageAttribute('PSUseShouldProcessForStateChangingFunctions', '', Justification = 'Ends a pipeline for a test')]
        param([powershell] $Shell)
        if (-not $Shell.BeginStop($null, $null).AsyncWaitHandle.WaitOne(20000)) {
            throw 'The pipeline did not stop.'
        }

        $Shell.InvocationStateInfo.State | Should -Be 'Stopped'
    }

    function New-LargeFile {
        # Makes a file that takes longer to copy than anybody here waits; it takes no space itself.
        [Diagnostics.CodeAnalysis.SuppressMessageAttribute('PSUseShouldProcessForStateChangingFunctions', '', Justification = 'Makes a file for a test')]
        param([string] $Path)
        $file = [System.IO.File]::Create($Path)
        $file.SetLength(6GB)
        $file.Dispose()
    }

    function Start-Pipeline {
        # Begins a script in another runspace, until something shows that it has come as far as wanted.
        [Diagnostics.CodeAnalysis.SuppressMessageAttribute('PSUseShouldProcessForStateChangingFunctions', '', Justification = 'Begins a pipeline for a test')]
        param([string] $Script, [scriptblock] $Until)
        $shell = [powershell]::Create()
        $null = $shell.AddScript("Import-Module -Name '$ModuleManifest'; $Script")
        $handle = $shell.BeginInvoke()
        $watch = [System.Diagnostics.Stopwatch]::StartNew()
        while (-not (& $Until)) {
            if ($handle.IsCompleted -or $watch.Elapsed.TotalSeconds -gt 30) {
                throw "The pipeline did not come as far as wanted: $($shell.Streams.Error)"
            }

            Start-Sleep -Milliseconds 20
        }

        $shell
    }
}

Describe 'A stopped pipeline' {
    BeforeEach {
        $place = Join-Path $TestDrive ([guid]::NewGuid())
        $store = Join-Path $place 'store'
        $free = New-Database -Path (Join-Path $place 'free.db')
        $null = New-Snapshot $free $store
        $isLocked = {
            New-Snapshot $free $store -Keep 0 -LockTimeout 0s -ErrorAction SilentlyContinue -ErrorVariable failed | Out-Null
            "$($failed.FullyQualifiedErrorId)" -match '^StoreLocked'
        }
    }

    It 'ends New-Snapshot while it copies, leaves no trace and lets go of the store' {
        $source = Join-Path $place 'big'
        $null = New-Item -ItemType Directory -Path $source
        New-LargeFile -Path "$source/large"
        $shell = Start-Pipeline -Script "New-Snapshot '$source' '$store'" -Until $isLocked
        $before = @(Get-SnapshotManifest $store).Count
        Stop-Pipeline -Shell $shell
        & $isLocked | Should -BeFalse
        @(Get-SnapshotManifest $store -Name big) | Should -HaveCount 0
        @(Get-SnapshotManifest $store).Count | Should -Be ($before + 1)
        Get-ChildItem -LiteralPath $store -Force -Filter '.partial*' | Should -BeNullOrEmpty
        $shell.Dispose()
    }

    It 'ends New-Snapshot while it waits for the store' {
        $lock = [System.IO.File]::Open("$store/.backuptools.lock", 'Open', 'ReadWrite', 'None')
        try {
            $waiting = Join-Path $place 'waiting'
            $shell = Start-Pipeline -Script "Set-Content -LiteralPath '$waiting' -Value 1; New-Snapshot '$free' '$store' -LockTimeout 10min" -Until { Test-Path -LiteralPath $waiting }
            Stop-Pipeline -Shell $shell
            $shell.Streams.Error | Should -BeNullOrEmpty
            $shell.Dispose()
        }
        finally {
            $lock.Dispose()
        }

        & $isLocked | Should -BeFalse
    }

    It 'ends by an interrupt of the whole process, with nothing left behind' -Skip:(-not $IsLinux) {
        $source = Join-Path $place 'big'
        $null = New-Item -ItemType Directory -Path $source
        New-LargeFile -Path "$source/large"
        Set-Content -LiteralPath "$place/script.ps1" -Value "Import-Module '$ModuleManifest'; New-Snapshot '$source' '$store'; 'not reached'"
        $start = [System.Diagnostics.ProcessStartInfo]::new([System.Environment]::ProcessPath, [string[]]@('-NoProfile', '-File', "$place/script.ps1"))
        $start.RedirectStandardOutput = $true
        $process = [System.Diagnostics.Process]::Start($start)
        while (-not $process.HasExited -and -not (& $isLocked)) {
            Start-Sleep -Milliseconds 20
        }

        /bin/kill -INT $process.Id
        $ended = $process.WaitForExit(20000)
        $process.Kill($true)
        $ended | Should -BeTrue
        $process.StandardOutput.ReadToEnd() | Should -Not -Match 'not reached'
        & $isLocked | Should -BeFalse
        Get-ChildItem -LiteralPath $store -Force -Filter '.partial*' | Should -BeNullOrEmpty
    }

    It 'goes down with what comes after it' {
        $null = New-Snapshot $free $store
        @(Get-SnapshotManifest $store | Select-Object -First 1) | Should -HaveCount 1
        Get-ChildItem -LiteralPath $place -Filter *.db | New-Snapshot -Destination $store | Select-Object -First 1 | Should -Not -BeNullOrEmpty
        & $isLocked | Should -BeFalse
    }
}

Describe 'Progress' {
    It 'is told as an activity with a step below it, and seldom' {
        $source = Join-Path $TestDrive 'slow'
        $null = New-Item -ItemType Directory -Path $source
        New-LargeFile -Path "$source/large"
        $shell = [powershell]::Create()
        $null = $shell.AddScript("Import-Module -Name '$ModuleManifest'; New-Snapshot '$source' '$TestDrive/slowstore'")
        $watch = [System.Diagnostics.Stopwatch]::StartNew()
        $handle = $shell.BeginInvoke()
        while ($shell.Streams.Progress.Count -lt 4 -and -not $handle.IsCompleted) {
            Start-Sleep -Milliseconds 50
        }

        $records = @($shell.Streams.Progress)
        $elapsed = $watch.Elapsed.TotalSeconds
        Stop-Pipeline -Shell $shell
        $shell.Dispose()
        $records[0].Activity | Should -Be 'New-Snapshot'
        $records[0].StatusDescription | Should -Be $source
        $records[1].ParentActivityId | Should -Be $records[0].ActivityId
        $records[1].StatusDescription | Should -Match 'iB'
        $records.Count | Should -BeLessOrEqual (1 + $elapsed / 0.2)
    }

    It 'is not told of what is over in a moment' {
        $database = New-Database -Path (Join-Path $TestDrive 'quick/app.db')
        $shell = [powershell]::Create()
        $null = $shell.AddScript("Import-Module -Name '$ModuleManifest'; New-Snapshot '$database' '$TestDrive/quick/store'")
        $null = $shell.Invoke()
        @($shell.Streams.Progress | Where-Object { $_.Activity -eq 'New-Snapshot' }) | Should -HaveCount 0
        $shell.Dispose()
    }
}
