BeforeAll {
    . "$PSScriptRoot/Scene.ps1"
}

Describe 'New-Snapshot' {
    BeforeEach {
        $place = Join-Path $TestDrive ([guid]::NewGuid())
        $database = New-Database -Path (Join-Path $place 'app.db') -JournalMode wal
        $store = Join-Path $place 'store'
    }

    It 'emits the manifest of what it made' {
        $made = New-Snapshot -Path $database -Destination $store -Tag nightly, two -Comment 'before the update' -HostName here -Name mine
        $made.GetType().FullName | Should -Be 'BackupTools.SnapshotManifest'
        $made.Kind | Should -Be 'sqlite'
        $made.Name | Should -Be 'mine'
        $made.HostName | Should -BeNullOrEmpty
        $made.Host | Should -Be 'here'
        $made.State | Should -Be 'Complete'
        $made.EntryCount | Should -Be 3
        $made.Sections.Name | Should -Be 'item'
        $made.Tags | Should -Be @('nightly', 'two')
        $made.Comment | Should -Be 'before the update'
        $made.CreatedAt.Kind | Should -Be 'Utc'
        $made.Sha256 | Should -Be (Get-FileHash -LiteralPath $made.SnapshotPath).Hash
        $file = Get-Content -LiteralPath $made.ManifestPath -Raw | ConvertFrom-Json
        $file.id | Should -Be $made.Id
        $file.snapshot | Should -Be $made.Snapshot
    }

    It 'has every property of the manifest file, in Pascal case' {
        $made = New-Snapshot -Path $database -Destination $store
        $names = (Get-Content -LiteralPath $made.ManifestPath -Raw | ConvertFrom-Json -AsHashtable).Keys |
            ForEach-Object { ($_ -split '_' | ForEach-Object { $_.Substring(0, 1).ToUpperInvariant() + $_.Substring(1) }) -join '' }
        $names | Should -Not -BeNullOrEmpty
        $names | Where-Object { $_ -notin $made.PSObject.Properties.Name } | Should -BeNullOrEmpty
    }

    It 'writes to ./backups of PowerShell''s location, not the process''s' {
        Push-Location -LiteralPath $place
        try {
            $made = New-Snapshot app.db
        }
        finally {
            Pop-Location
        }

        $made.ManifestPath | Should -BeLike "$place*backups*"
        [System.Environment]::CurrentDirectory | Should -Not -Be $place
    }

    It 'takes a directory with its databases, sections, and what is left out' {
        $source = Join-Path $place 'state'
        $null = New-Database -Path (Join-Path $source 'data/inner.db')
        'x' | Set-Content -LiteralPath (Join-Path $source 'data/a.tmp')
        'x' | Set-Content -LiteralPath (Join-Path $source 'b.log')
        $null = New-Item -ItemType Directory -Path "$source/cache"
        'Signature: 8a477f597d28d172789f06886806bc55' | Set-Content -LiteralPath "$source/cache/CACHEDIR.TAG"
        'junk' | Set-Content -LiteralPath "$source/cache/junk"
        Set-Content -LiteralPath "$place/patterns" -Value '*.log'
        Push-Location -LiteralPath $place
        try {
            $made = New-Snapshot state $store -Exclude '*.tmp' -ExcludeFrom patterns -ExcludeCache -Section data
        }
        finally {
            Pop-Location
        }

        $made.Kind | Should -Be 'directory'
        $made.Sections.Name | Should -Contain 'data'
        (Get-ChildItem -LiteralPath $made.SnapshotPath -Recurse -File).Name | Should -Be @('CACHEDIR.TAG', 'inner.db')
        $made.Removed | Should -BeNullOrEmpty
    }

    It 'copies compactly and checks thoroughly where told to' {
        $made = New-Snapshot $database $store -Capture Vacuum -Check Full
        $made.Sqlite.Capture | Should -Be 'Vacuum'
        $made.Check.Level | Should -Be 'full'
        $made.Check.Result | Should -Be 'Ok'
        (New-Snapshot $database $store -Check None).Check.Result | Should -Be 'Skipped'
    }

    It 'keeps so many and tells which it removed' {
        $first = New-Snapshot $database $store -Keep 2
        $null = New-Snapshot $database $store -Keep 2
        $third = New-Snapshot $database $store -Keep 2
        $third.Removed | Should -Be @($first.SnapshotPath)
        Get-SnapshotManifest $store | Should -HaveCount 2
    }

    It 'takes every source of a pattern, and each item of an array' {
        $null = New-Database -Path (Join-Path $place 'other.db')
        (New-Snapshot -Path "$place/*.db" -Destination $store).Name | Should -Be @('app', 'other')
        (New-Snapshot -Path "$place/app.db", "$place/other.db" -Destination $store).Name | Should -Be @('app', 'other')
    }

    It 'reads drives of PowerShell, in sources and destinations' {
        $null = New-PSDrive -Name bt -PSProvider FileSystem -Root $place
        try {
            $made = New-Snapshot -Path bt:/app.db -Destination bt:/elsewhere
            (Get-SnapshotManifest bt:/elsewhere).Id | Should -Be $made.Id
            (Restore-Snapshot bt:/elsewhere bt:/out.db -Confirm:$false).To | Should -Be (Join-Path $place 'out.db')
        }
        finally {
            Remove-PSDrive -Name bt
        }
    }

    It 'takes a wait with its unit, and refuses a bare number: <wait>' -ForEach @(
        @{ wait = '5min'; good = $true }
        @{ wait = '00:00:10'; good = $true }
        @{ wait = [timespan]::FromSeconds(3); good = $true }
        @{ wait = 30; good = $false }
        @{ wait = 30s; good = $false }
        @{ wait = '30'; good = $false }
        @{ wait = '-00:00:01'; good = $false }
    ) {
        if ($good) {
            (New-Snapshot $database $store -LockTimeout $wait).State | Should -Be 'Complete'
        }
        else {
            { New-Snapshot $database $store -LockTimeout $wait } | Should -Throw -ErrorId 'ParameterArgumentTransformationError,BackupTools.Commands.NewSnapshotCommand'
        }
    }

    It 'takes a wait as it is typed, though to PowerShell it is a number' {
        (New-Snapshot $database $store -LockTimeout 30s).State | Should -Be 'Complete'
        { New-Snapshot $database $store -LockTimeout 30 } | Should -Throw -ErrorId 'ParameterArgumentTransformationError*'
    }

    Context 'what goes wrong' {
        It 'is an error to name <what>' -ForEach @(
            @{ what = 'a source that is not there'; path = 'nothing.db'; id = 'SourceNotFound' }
            @{ what = 'a pattern that matches nothing'; path = 'nothing*.db'; id = 'SourceNotFound' }
            @{ what = 'a file that is no database'; path = 'text.txt'; id = 'SourceNotSupported' }
            @{ what = 'something of another provider'; path = 'Env:/PATH'; id = 'PathNotInFileSystem' }
            @{ what = 'a drive that is not there'; path = 'nowhere:/app.db'; id = 'PathNotResolved' }
        ) {
            'text, and longer than a database header is' | Set-Content -LiteralPath (Join-Path $place 'text.txt')
            $target = $path -match ':' ? $path : (Join-Path $place $path)
            New-Snapshot -Path $target -Destination $store -ErrorAction SilentlyContinue -ErrorVariable failed | Should -BeNullOrEmpty
            $failed | Should -HaveCount 1
            $failed[0].FullyQualifiedErrorId | Should -Be "$id,BackupTools.Commands.NewSnapshotCommand"
            $failed[0].TargetObject | Should -Be $target
            $failed[0].Exception.Message | Should -Match 'othing was changed'
            Test-Path -LiteralPath $store | Should -BeFalse
        }

        It 'is an error that nothing came through the pipeline' {
            Get-ChildItem -Path "$place/*.none" | New-Snapshot -Destination $store -ErrorAction SilentlyContinue -ErrorVariable failed
            $failed.FullyQualifiedErrorId | Should -Be 'SourceNotFound,BackupTools.Commands.NewSnapshotCommand'
        }

        It 'does not stop the other items' {
            $made = "$place/nothing.db", $database, "$place/none*", "$place" | New-Snapshot -Destination $store -ErrorAction SilentlyContinue -ErrorVariable failed
            $made.Kind | Should -Be @('sqlite', 'directory')
            $failed | Should -HaveCount 2
        }

        It 'is an error that the store is locked, of the category that says so' {
            $null = New-Snapshot $database $store
            $lock = [System.IO.File]::Open("$store/.backuptools.lock", 'Open', 'ReadWrite', 'None')
            try {
                New-Snapshot $database $store -LockTimeout 0s -ErrorAction SilentlyContinue -ErrorVariable failed
            }
            finally {
                $lock.Dispose()
            }

            $failed.FullyQualifiedErrorId | Should -Be 'StoreLocked,BackupTools.Commands.NewSnapshotCommand'
            $failed.CategoryInfo.Category | Should -Be 'ResourceBusy'
        }

        It 'emits an incomplete snapshot, and then the error' {
            $source = Join-Path $place 'raw'
            $null = New-Item -ItemType Directory -Path $source
            [System.IO.File]::WriteAllBytes("$source/secret.db", [byte[]](1..200))
            [System.IO.File]::WriteAllBytes("$source/secret.db-wal", [byte[]](0x37, 0x7f, 0x06, 0x82, 1, 2, 3))
            $made = New-Snapshot $source $store -ErrorAction SilentlyContinue -ErrorVariable failed
            $made.State | Should -Be 'Incomplete'
            $made.Incomplete | Should -BeTrue
            $failed.FullyQualifiedErrorId | Should -Be 'SnapshotIncomplete,BackupTools.Commands.NewSnapshotCommand'
            $failed.TargetObject | Should -Be $made.SnapshotPath
        }

        It 'emits the snapshot of a corrupt database, and then the error' {
            $null = Invoke-Sqlite -Path $database -Sql "PRAGMA journal_mode = delete; INSERT INTO item (text) SELECT hex(randomblob(2000)) FROM item, item i;"
            $file = [System.IO.File]::Open($database, 'Open', 'ReadWrite')
            $file.Position = 4096 * 2
            $file.Write([byte[]](,255 * 4096), 0, 4096)
            $file.Dispose()
            $made = New-Snapshot $database $store -ErrorAction SilentlyContinue -ErrorVariable failed
            $made.Check.Result | Should -Be 'Corrupt'
            $failed.FullyQualifiedErrorId | Should -Be 'SourceCorrupt,BackupTools.Commands.NewSnapshotCommand'
        }
    }

    Context '-WhatIf, -Confirm and what is told' {
        It 'changes nothing with -WhatIf, and names source, size and what would be removed' {
            $old = New-Snapshot $database $store
            $before = Get-TreeState -Path $place
            $told = Invoke-ChildPowerShell -Command "Import-Module '$ModuleManifest'; New-Snapshot '$database' '$store' -Keep 1 -WhatIf"
            Get-TreeState -Path $place | Should -Be $before
            $told.Output | Should -BeLike "What if: *$database*KiB*$store*$($old.SnapshotPath)*"
        }

        It 'does not make the store with -WhatIf, nor where $WhatIfPreference says so' {
            New-Snapshot $database $store -WhatIf | Should -BeNullOrEmpty
            & {
                $WhatIfPreference = $true
                New-Snapshot $database $store
            } | Should -BeNullOrEmpty
            Test-Path -LiteralPath $store | Should -BeFalse
        }

        It 'asks with -Confirm: <answer> makes <count>' -ForEach @(@{ answer = 'N'; count = 0 }, @{ answer = 'Y'; count = 1 }) {
            $told = Invoke-ChildPowerShell -Command "Import-Module '$ModuleManifest'; New-Snapshot '$database' '$store' -Confirm" -Answer $answer
            $told.Output | Should -Match ([regex]::Escape($database))
            @(Get-ChildItem -Path "$store/*.manifest.json" -ErrorAction Ignore) | Should -HaveCount $count
        }

        It 'asks with the same words where $ConfirmPreference wants it' {
            $told = Invoke-ChildPowerShell -Command "Import-Module '$ModuleManifest'; `$ConfirmPreference = 'Medium'; New-Snapshot '$database' '$store'" -Answer 'N'
            $told.Output | Should -Match 'KiB'
            Test-Path -LiteralPath $store | Should -BeFalse
        }

        It 'tells its decisions to -Verbose and risks as warnings' {
            $lines = New-Snapshot $database $store -Verbose 4>&1
            @($lines | Where-Object { $_ -is [System.Management.Automation.VerboseRecord] }).Count | Should -BeGreaterThan 0
            1..48 | ForEach-Object { $null = New-Snapshot $database $store }
            $null = New-Snapshot $database $store -WarningVariable warned -WarningAction SilentlyContinue
            "$warned" | Should -Match '-Keep 0'
        }

        It 'stops at a warning where the preference says so, with its locks released' {
            1..48 | ForEach-Object { $null = New-Snapshot $database $store }
            { New-Snapshot $database $store -WarningAction Stop } | Should -Throw
            (New-Snapshot $database $store -Keep 0 -LockTimeout 0s).State | Should -Be 'Complete'
        }
    }

    It 'takes whole transactions beside a writer' {
        $null = Invoke-Sqlite -Path $database -Sql 'CREATE TABLE twin (id INTEGER PRIMARY KEY, text TEXT); INSERT INTO twin SELECT * FROM item;'
        $start = [System.Diagnostics.ProcessStartInfo]::new('sqlite3', [string[]]@($database))
        $start.RedirectStandardInput = $start.RedirectStandardOutput = $true
        $writer = [System.Diagnostics.Process]::Start($start)
        $writer.StandardInput.AutoFlush = $true
        $feeding = [System.Threading.CancellationTokenSource]::new()
        $feed = Start-ThreadJob -ScriptBlock {
            while (-not ($using:feeding).IsCancellationRequested) {
                ($using:writer).StandardInput.WriteLine("BEGIN; INSERT INTO item (text) VALUES ('x'); INSERT INTO twin (text) VALUES ('x'); COMMIT; SELECT count(*) FROM item;")
                $null = ($using:writer).StandardOutput.ReadLine()
            }
        }
        try {
            $made = 1..5 | ForEach-Object { New-Snapshot $database $store }
        }
        finally {
            $feeding.Cancel()
            $null = $feed | Wait-Job
            $failures = $feed.ChildJobs.Error
            $feed | Remove-Job
            $writer.StandardInput.Close()
            $writer.WaitForExit()
        }

        $failures | Should -BeNullOrEmpty
        $writer.ExitCode | Should -Be 0
        foreach ($snapshot in $made) {
            $snapshot.Check.Result | Should -Be 'Ok'
            @($snapshot.Sections.EntryCount | Select-Object -Unique) | Should -HaveCount 1
        }

        $made[-1].EntryCount | Should -BeGreaterThan $made[0].EntryCount
    }
}
