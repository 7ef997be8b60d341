BeforeAll {
    . "$PSScriptRoot/Scene.ps1"
    $place = Join-Path $TestDrive 'get'
    $app = New-Database -Path (Join-Path $place 'app.db') -Row 1
    $state = Join-Path $place 'state'
    $null = New-Database -Path (Join-Path $state 'data/inner.db')
    $store = Join-Path $place 'backups'
    $made = @(
        New-Snapshot $app $store -Tag nightly
        New-Snapshot $app $store -Tag nightly, kept
        New-Snapshot $state $store -HostName other
    )
}

Describe 'Get-SnapshotManifest' {
    It 'lists a store, oldest first' {
        (Get-SnapshotManifest -Path $store).Id | Should -Be $made.Id
        (Get-SnapshotManifest -LiteralPath $store).Id | Should -Be $made.Id
        ($store | Get-SnapshotManifest).Id | Should -Be $made.Id
        (Get-Item -LiteralPath $store | Get-SnapshotManifest).Id | Should -Be $made.Id
    }

    It 'lists ./backups of PowerShell''s location by default' {
        Push-Location -LiteralPath $place
        try {
            (Get-SnapshotManifest).Id | Should -Be $made.Id
        }
        finally {
            Pop-Location
        }
    }

    It 'gives each snapshot once, whatever names it' {
        (Get-SnapshotManifest -Path "$store/app-*").Id | Sort-Object | Should -Be $made[0, 1].Id
        (Get-ChildItem -LiteralPath $store | Get-SnapshotManifest).Id | Sort-Object | Should -Be ($made.Id | Sort-Object)
        (Get-SnapshotManifest -Path $store, $made[0].SnapshotPath, $made[0].ManifestPath) | Should -HaveCount 3
    }

    It 'gives the same as the one who made it' {
        $again = Get-SnapshotManifest -Path $made[1].ManifestPath
        ($again | ConvertTo-Json -Depth 5) | Should -Be ($made[1] | ConvertTo-Json -Depth 5)
    }

    It 'chooses by <what>' -ForEach @(
        @{ what = 'name'; filter = { @{ Name = 'state' } }; expected = 2 }
        @{ what = 'source'; filter = { @{ Source = $app } }; expected = 0, 1 }
        @{ what = 'host'; filter = { @{ HostName = 'other' } }; expected = 2 }
        @{ what = 'tag'; filter = { @{ Tag = 'kept' } }; expected = 1 }
        @{ what = 'tags'; filter = { @{ Tag = 'kept', 'nightly' } }; expected = 1 }
        @{ what = 'newest of each series'; filter = { @{ Latest = 1 } }; expected = 1, 2 }
        @{ what = 'time, from'; filter = { @{ Since = $made[1].CreatedAt } }; expected = 1, 2 }
        @{ what = 'time, until'; filter = { @{ Before = $made[1].CreatedAt } }; expected = 0 }
        @{ what = 'local time'; filter = { @{ Since = [datetime]::SpecifyKind($made[1].CreatedAt.ToLocalTime(), 'Unspecified') } }; expected = 1, 2 }
        @{ what = 'the future'; filter = { @{ Since = [datetime]::Now.AddDays(1) } }; expected = @() }
    ) {
        $filters = & $filter
        @((Get-SnapshotManifest -Path $store @filters).Id) | Should -Be @($expected | ForEach-Object { $made[$_].Id })
    }

    It 'warns of a damaged one and shows it' {
        $copy = Join-Path $place 'damaged'
        Copy-Item -LiteralPath $store -Destination $copy -Recurse
        Set-Content -LiteralPath (Join-Path $copy ([System.IO.Path]::GetFileName($made[0].ManifestPath))) -Value '{'
        $listed = Get-SnapshotManifest -Path $copy -WarningVariable warned -WarningAction SilentlyContinue
        @($listed.State) | Should -Be @('Damaged', 'Complete', 'Complete')
        $warned | Should -HaveCount 1
    }

    It 'is no error that a pattern matches nothing, but one that a store is missing' {
        Get-SnapshotManifest -Path "$place/none*" -ErrorAction Stop | Should -BeNullOrEmpty
        Get-SnapshotManifest -Path "$place/none" -ErrorAction SilentlyContinue -ErrorVariable failed | Should -BeNullOrEmpty
        $failed.FullyQualifiedErrorId | Should -Be 'StoreNotFound,BackupTools.Commands.GetSnapshotManifestCommand'
        $failed[0].CategoryInfo.Category | Should -Be 'ObjectNotFound'
    }

    It 'changes nothing in the store' {
        $before = Get-TreeState -Path $store
        $null = Get-SnapshotManifest -Path $store
        Get-TreeState -Path $store | Should -Be $before
    }
}
