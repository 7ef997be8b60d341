BeforeAll {
    . "$PSScriptRoot/Scene.ps1"
}

Describe 'Restore-Snapshot' {
    BeforeEach {
        $place = Join-Path $TestDrive ([guid]::NewGuid())
        $database = New-Database -Path (Join-Path $place 'app.db')
        $store = Join-Path $place 'store'
        $target = Join-Path $place 'restored.db'
        $made = New-Snapshot $database $store
    }

    It 'restores from <what>' -ForEach @(
        @{ what = 'the store'; path = { $store } }
        @{ what = 'the payload'; path = { $made.SnapshotPath } }
        @{ what = 'the manifest'; path = { $made.ManifestPath } }
        @{ what = 'a pattern'; path = { "$store/app-*.db" } }
    ) {
        $result = Restore-Snapshot -Path (& $path) -Destination $target -Confirm:$false
        $result.GetType().FullName | Should -Be 'BackupTools.RestoreResult'
        $result.Status | Should -Be 'Restored'
        $result.From | Should -Be $made.SnapshotPath
        $result.To | Should -Be $target
        $result.Previous | Should -BeNullOrEmpty
        $result.Verified | Should -BeTrue
        $result.EntryCount | Should -Be 3
        Get-RowCount -Path $target | Should -Be 3
    }

    It 'takes the manifest through the pipeline, and by parameter' {
        ($made | Restore-Snapshot -Destination $target -Confirm:$false).From | Should -Be $made.SnapshotPath
        (Restore-Snapshot -InputObject $made -Destination $target -Confirm:$false).Previous | Should -Not -BeNullOrEmpty
    }

    It 'takes files through the pipeline' {
        (Get-Item -LiteralPath $made.SnapshotPath | Restore-Snapshot -Destination $target -Confirm:$false).From | Should -Be $made.SnapshotPath
        ($made.ManifestPath | Restore-Snapshot -Destination $target -Confirm:$false).From | Should -Be $made.SnapshotPath
        ([pscustomobject]@{ ManifestPath = $made.ManifestPath } | Restore-Snapshot -Destination $target -Confirm:$false).From |
            Should -Be $made.SnapshotPath
    }

    It 'keeps what stood there' {
        $null = Invoke-Sqlite -Path $database -Sql 'DELETE FROM item;'
        $result = Restore-Snapshot $store $database -Confirm:$false
        Get-RowCount -Path $database | Should -Be 3
        Get-RowCount -Path $result.Previous | Should -Be 0
    }

    It 'chooses by time and series' {
        $null = New-Database -Path (Join-Path $place 'other.db') -Row 7
        $other = New-Snapshot (Join-Path $place 'other.db') $store -HostName elsewhere
        (Restore-Snapshot $store $target -Name other -Confirm:$false).From | Should -Be $other.SnapshotPath
        (Restore-Snapshot $store $target -HostName elsewhere -Confirm:$false).From | Should -Be $other.SnapshotPath
        (Restore-Snapshot -LiteralPath $store -Destination $target -Source $database -Confirm:$false).From | Should -Be $made.SnapshotPath
        Push-Location -LiteralPath $place
        try {
            (Restore-Snapshot store $target -Source app.db -Confirm:$false).From | Should -Be $made.SnapshotPath
        }
        finally {
            Pop-Location
        }

        Restore-Snapshot $store $target -Name app -AsOf ([datetime]::Now.AddDays(-1)) -ErrorAction SilentlyContinue -ErrorVariable failed
        $failed.FullyQualifiedErrorId | Should -Be 'SnapshotNotFound,BackupTools.Commands.RestoreSnapshotCommand'
        (Restore-Snapshot $store $target -Name app -AsOf ([datetime]::Now) -Confirm:$false).From | Should -Be $made.SnapshotPath
        $zoned = [datetimeoffset]::new($made.CreatedAt).ToOffset([timespan]::FromHours(5))
        (Restore-Snapshot $store $target -Name app -AsOf $zoned -Confirm:$false).From | Should -Be $made.SnapshotPath
        Restore-Snapshot $store $target -Name app -AsOf $zoned.AddMilliseconds(-1) -ErrorAction SilentlyContinue -ErrorVariable failed
        $failed.FullyQualifiedErrorId | Should -Be 'SnapshotNotFound,BackupTools.Commands.RestoreSnapshotCommand'
    }

    It 'restores parts of a tree, over a standing one' {
        $source = Join-Path $place 'tree'
        $null = New-Item -ItemType Directory -Path "$source/conf", "$source/data"
        'one' | Set-Content -LiteralPath "$source/conf/a"
        'two' | Set-Content -LiteralPath "$source/data/b"
        $tree = New-Snapshot $source $store
        'changed' | Set-Content -LiteralPath "$source/conf/a"
        'more' | Set-Content -LiteralPath "$source/conf/new"
        $null = $tree | Restore-Snapshot -Destination $source -Include 'conf/' -Overlay -Confirm:$false
        Get-Content -LiteralPath "$source/conf/a" | Should -Be 'one'
        Test-Path -LiteralPath "$source/conf/new" | Should -BeTrue
        $null = $tree | Restore-Snapshot -Destination "$place/part" -Include 'conf/' -Confirm:$false
        (Get-ChildItem -LiteralPath "$place/part" -Recurse -File).Name | Should -Be 'a'
    }

    It 'restores what does not fit its hash only with -SkipVerify' {
        $bytes = [System.IO.File]::ReadAllBytes($made.SnapshotPath)
        $bytes[-1] = $bytes[-1] -bxor 1
        [System.IO.File]::WriteAllBytes($made.SnapshotPath, $bytes)
        Restore-Snapshot $store $target -Confirm:$false -ErrorAction SilentlyContinue -ErrorVariable failed
        $failed.FullyQualifiedErrorId | Should -Be 'VerificationFailed,BackupTools.Commands.RestoreSnapshotCommand'
        Test-Path -LiteralPath $target | Should -BeFalse
        (Restore-Snapshot $store $target -SkipVerify -Confirm:$false -WarningAction SilentlyContinue).Verified | Should -BeFalse
    }

    It 'replaces a database that is held open only with -Force' -Skip:(-not $IsLinux) {
        $start = [System.Diagnostics.ProcessStartInfo]::new('sqlite3', [string[]]@($database))
        $start.RedirectStandardInput = $start.RedirectStandardOutput = $true
        $holder = [System.Diagnostics.Process]::Start($start)
        try {
            $holder.StandardInput.WriteLine('SELECT count(*) FROM item;')
            $holder.StandardInput.Flush()
            $holder.StandardOutput.ReadLine() | Should -Be '3'
            Restore-Snapshot $store $database -Confirm:$false -ErrorAction SilentlyContinue -ErrorVariable failed
            $failed.FullyQualifiedErrorId | Should -Be 'TargetInUse,BackupTools.Commands.RestoreSnapshotCommand'
            (Restore-Snapshot $store $database -Force -Confirm:$false -WarningAction SilentlyContinue).Status | Should -Be 'Restored'
        }
        finally {
            $holder.StandardInput.Close()
            $holder.WaitForExit()
        }
    }

    Context 'what goes wrong' {
        It 'refuses more than one snapshot before anything changes: <what>' -ForEach @(
            @{ what = 'manifests'; items = { $made, (New-Snapshot $database $store) } }
            @{ what = 'a pattern'; items = { "$store/app-*" } }
            @{ what = 'a good and a bad path'; items = { $store, "$place/none*" } }
        ) {
            { & $items | Restore-Snapshot -Destination $target -Confirm:$false -ErrorAction SilentlyContinue } |
                Should -Throw -ErrorId 'MoreThanOneSnapshot,BackupTools.Commands.RestoreSnapshotCommand'
            Test-Path -LiteralPath $target | Should -BeFalse
        }

        It 'is an error that nothing came through the pipeline' {
            @() | Restore-Snapshot -Destination $target -Confirm:$false -ErrorAction SilentlyContinue -ErrorVariable failed
            $failed.FullyQualifiedErrorId | Should -Be 'NothingToRestore,BackupTools.Commands.RestoreSnapshotCommand'
        }

        It 'refuses a manifest whose file is of another snapshot by now' {
            $content = Get-Content -LiteralPath $made.ManifestPath -Raw
            Set-Content -LiteralPath $made.ManifestPath -Value $content.Replace($made.Id, '01900000-0000-7000-8000-000000000000')
            $made | Restore-Snapshot -Destination $target -Confirm:$false -ErrorAction SilentlyContinue -ErrorVariable failed
            $failed | Should -HaveCount 1
            $failed[0].FullyQualifiedErrorId | Should -Be 'SnapshotDamaged,BackupTools.Commands.RestoreSnapshotCommand'
            Test-Path -LiteralPath $target | Should -BeFalse
        }

        It 'is an error to name <what>' -ForEach @(
            @{ what = 'a store that is not there'; path = 'none'; id = 'StoreNotFound' }
            @{ what = 'a pattern that matches nothing'; path = 'none*'; id = 'SnapshotNotFound' }
            @{ what = 'a file that is no snapshot'; path = 'text'; id = 'SnapshotNotFound' }
        ) {
            'text' | Set-Content -LiteralPath "$place/text"
            Restore-Snapshot -Path "$place/$path" -Destination $target -Confirm:$false -ErrorAction SilentlyContinue -ErrorVariable failed
            $failed | Should -HaveCount 1
            $failed[0].FullyQualifiedErrorId | Should -Be "$id,BackupTools.Commands.RestoreSnapshotCommand"
        }

        It 'is an error to have a series for a manifest' {
            { Restore-Snapshot -InputObject $made -Name app -Destination $target -Confirm:$false } |
                Should -Throw -ErrorId 'AmbiguousParameterSet,BackupTools.Commands.RestoreSnapshotCommand'
        }

        It 'lists the series where it cannot choose' {
            $null = New-Snapshot $database $store -Name second
            Restore-Snapshot $store $target -Confirm:$false -ErrorAction SilentlyContinue -ErrorVariable failed
            $failed.FullyQualifiedErrorId | Should -Be 'SnapshotAmbiguous,BackupTools.Commands.RestoreSnapshotCommand'
            $failed[0].Exception.Message | Should -Match 'second'
        }

        It 'refuses a target of the other kind' {
            $null = New-Item -ItemType Directory -Path "$place/standing"
            'x' | Set-Content -LiteralPath "$place/standing/x"
            Restore-Snapshot $store "$place/standing" -Confirm:$false -ErrorAction SilentlyContinue -ErrorVariable failed
            $failed.FullyQualifiedErrorId | Should -Be 'TargetKindMismatch,BackupTools.Commands.RestoreSnapshotCommand'
        }
    }

    Context '-WhatIf and -Confirm' {
        It 'changes nothing with -WhatIf, and names snapshot, size, target and safety copy' {
            $before = Get-TreeState -Path $place
            $told = Invoke-ChildPowerShell -Command "Import-Module '$ModuleManifest'; Restore-Snapshot '$store' '$database' -WhatIf"
            Get-TreeState -Path $place | Should -Be $before
            $told.ExitCode | Should -Be 0
            $told.Output | Should -BeLike "What if: *$($made.SnapshotPath)*KiB*$database*pre-restore*"
        }

        It 'asks by itself: <answer> restores <count>' -ForEach @(@{ answer = 'N'; count = 0 }, @{ answer = 'Y'; count = 1 }) {
            $told = Invoke-ChildPowerShell -Command "Import-Module '$ModuleManifest'; Restore-Snapshot '$store' '$target'" -Answer $answer
            $told.Output | Should -Match ([regex]::Escape($target))
            @(Get-ChildItem -Path $target -ErrorAction Ignore) | Should -HaveCount $count
        }
    }
}
