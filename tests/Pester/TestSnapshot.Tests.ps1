BeforeAll {
    . "$PSScriptRoot/Scene.ps1"
}

Describe 'Test-Snapshot' {
    BeforeEach {
        $place = Join-Path $TestDrive ([guid]::NewGuid())
        $database = New-Database -Path (Join-Path $place 'app.db')
        $store = Join-Path $place 'store'
        $made = New-Snapshot $database $store
    }

    It 'finds a good snapshot good at level <level>' -ForEach @(@{ level = 'Manifest' }, @{ level = 'Hash' }, @{ level = 'Rehearse' }) {
        $result = Test-Snapshot -Path $store -Level $level
        $result.GetType().FullName | Should -Be 'BackupTools.SnapshotTestResult'
        $result.Snapshot | Should -Be $made.SnapshotPath
        $result.Level | Should -Be $level
        $result.Result | Should -Be 'Ok'
        $result.Problems | Should -BeNullOrEmpty
    }

    It 'takes stores, payloads, manifests, files and manifest objects' {
        $null = New-Snapshot $database $store
        Test-Snapshot $store | Should -HaveCount 2
        (Test-Snapshot -LiteralPath $made.SnapshotPath).Snapshot | Should -Be $made.SnapshotPath
        (Test-Snapshot -Path "$store/*.manifest.json") | Should -HaveCount 2
        (Get-ChildItem -Path "$store/*.db" | Test-Snapshot) | Should -HaveCount 2
        ($made | Test-Snapshot).Snapshot | Should -Be $made.SnapshotPath
        (Get-SnapshotManifest $store | Test-Snapshot).Result | Should -Be @('Ok', 'Ok')
        (Test-Snapshot -InputObject (Get-SnapshotManifest $store)) | Should -HaveCount 2
    }

    It 'finds a changed byte' {
        $bytes = [System.IO.File]::ReadAllBytes($made.SnapshotPath)
        $bytes[-1] = $bytes[-1] -bxor 1
        [System.IO.File]::WriteAllBytes($made.SnapshotPath, $bytes)
        $result = Test-Snapshot $store
        $result.Result | Should -Be 'Failed'
        $result.Problems | Should -Not -BeNullOrEmpty
        Test-Snapshot $store -Quiet | Should -BeFalse
        Test-Snapshot $store -Level Manifest -Quiet | Should -BeTrue
    }

    Context '-Quiet gives one truth value for all input' {
        It 'true for good ones' {
            $null = New-Snapshot $database $store
            $answer = @(Get-SnapshotManifest $store | Test-Snapshot -Quiet)
            $answer | Should -HaveCount 1
            $answer[0] | Should -BeOfType [bool]
            $answer[0] | Should -BeTrue
        }

        It 'false where one is bad' {
            $bad = New-Snapshot $database $store
            Remove-Item -LiteralPath $bad.SnapshotPath -Force
            @(Get-ChildItem -Path "$store/*.manifest.json" | Test-Snapshot -Quiet) | Should -Be @($false)
        }

        It 'false for none: <what>' -ForEach @(
            @{ what = 'an empty pipeline'; test = { @() | Test-Snapshot -Quiet -ErrorAction SilentlyContinue } }
            @{ what = 'an empty store'; test = { Test-Snapshot (New-Item -ItemType Directory -Path "$place/empty").FullName -Quiet -ErrorAction SilentlyContinue } }
            @{ what = 'a missing store'; test = { Test-Snapshot "$place/none" -Quiet -ErrorAction SilentlyContinue } }
            @{ what = 'a pattern that matches nothing'; test = { Test-Snapshot "$place/none*" -Quiet -ErrorAction SilentlyContinue } }
        ) {
            @(& $test) | Should -Be @($false)
        }

        It 'false for what cannot be told' {
            $backup = Join-Path $place 'foreign'
            $null = New-Item -ItemType Directory -Path "$backup/one/data"
            'x' | Set-Content -LiteralPath "$backup/one/data/file"
            '{ "version": 1, "created_at": "2026-01-01T00:00:00Z", "oxios_version": "1.0", "sections": [ { "name": "data", "entry_count": 1 } ] }' |
                Set-Content -LiteralPath "$backup/one/manifest.json"
            (Test-Snapshot "$backup/one").Result | Should -Be 'Unverifiable'
            @(Test-Snapshot "$backup/one" -Quiet) | Should -Be @($false)
        }
    }

    It 'is an error that there is nothing to test: <what>' -ForEach @(
        @{ what = 'a missing store'; test = { Test-Snapshot "$place/none" -ErrorAction SilentlyContinue -ErrorVariable script:failed }; id = 'StoreNotFound' }
        @{ what = 'a pattern'; test = { Test-Snapshot "$place/none*" -ErrorAction SilentlyContinue -ErrorVariable script:failed }; id = 'SnapshotNotFound' }
        @{ what = 'a pipeline'; test = { @() | Test-Snapshot -ErrorAction SilentlyContinue -ErrorVariable script:failed }; id = 'SnapshotNotFound' }
    ) {
        & $test | Should -BeNullOrEmpty
        $script:failed.FullyQualifiedErrorId | Should -Be "$id,BackupTools.Commands.TestSnapshotCommand"
    }

    It 'refuses a manifest whose file is of another snapshot by now' {
        $content = Get-Content -LiteralPath $made.ManifestPath -Raw
        Set-Content -LiteralPath $made.ManifestPath -Value $content.Replace($made.Id, '01900000-0000-7000-8000-000000000000')
        $made | Test-Snapshot -ErrorAction SilentlyContinue -ErrorVariable failed | Should -BeNullOrEmpty
        $failed.FullyQualifiedErrorId | Should -Be 'SnapshotDamaged,BackupTools.Commands.TestSnapshotCommand'
    }

    It 'gives the first result while others are in work' {
        1..3 | ForEach-Object { $null = New-Snapshot $database $store }
        (Test-Snapshot $store | Select-Object -First 1).Result | Should -Be 'Ok'
        (New-Snapshot $database $store -LockTimeout 0s).State | Should -Be 'Complete'
    }
}
