BeforeAll {
    . "$PSScriptRoot/Scene.ps1"
}

Describe 'Names that look like patterns' {
    BeforeEach {
        $place = Join-Path $TestDrive ([guid]::NewGuid())
        $store = Join-Path $place 'store'
        $bracketed = New-Database -Path (Join-Path $place 'x[1].db') -Row 1
        $plain = New-Database -Path (Join-Path $place 'x1.db') -Row 2
    }

    It 'takes files from Get-ChildItem as they stand' {
        $made = Get-ChildItem -LiteralPath $place -Filter *.db | New-Snapshot -Destination $store
        $made | Should -HaveCount 2
        $made.Source | Sort-Object | Should -Be ($bracketed, $plain | Sort-Object)
    }

    It 'takes -LiteralPath as it stands, and -Path as a pattern' {
        (New-Snapshot -LiteralPath $bracketed -Destination $store).Source | Should -Be $bracketed
        (New-Snapshot -Path $bracketed -Destination $store).Source | Should -Be $plain
        (New-Snapshot -Path ([WildcardPattern]::Escape($bracketed)) -Destination $store).Source | Should -Be $bracketed
        ($bracketed | New-Snapshot -Destination $store).Source | Should -Be $plain
    }

    It 'says where a pattern matches nothing that -LiteralPath takes brackets' {
        Remove-Item -LiteralPath $plain
        New-Snapshot -Path $bracketed -Destination $store -ErrorAction SilentlyContinue -ErrorVariable failed
        $failed[0].Exception.Message | Should -Match '-LiteralPath'
    }

    It 'takes objects of .NET, which have no PSPath' {
        ([System.IO.FileInfo]::new($bracketed) | New-Snapshot -Destination $store).Source | Should -Be $bracketed
        ([pscustomobject]@{ FullName = $bracketed; Name = 'not the series'' name' } | New-Snapshot -Destination $store).Name | Should -Be 'x[1]'
    }

    It 'goes all the way through with them' {
        $odd = Join-Path $place 'store [2]'
        $made = New-Snapshot -LiteralPath $bracketed -Destination $odd
        (Get-SnapshotManifest -LiteralPath $odd).Id | Should -Be $made.Id
        $made | Test-Snapshot -Quiet | Should -BeTrue
        Get-ChildItem -LiteralPath $odd -Filter *.db | Test-Snapshot -Quiet | Should -BeTrue
        $target = Join-Path $place 'out [3].db'
        ($made | Restore-Snapshot -Destination $target -Confirm:$false).To | Should -Be $target
        Get-RowCount -Path $target | Should -Be 1
        $null = New-Snapshot -LiteralPath $bracketed -Destination $odd
        Get-Item -LiteralPath $odd | Remove-OldSnapshot -Keep 1
        Get-SnapshotManifest -LiteralPath $odd | Should -HaveCount 1
    }
}

Describe 'Objects that went through <way>' -ForEach @(
    @{
        way  = 'a job'
        make = {
            Start-Job -ScriptBlock {
                Import-Module -Name $using:ModuleManifest
                New-Snapshot -Path $using:source -Destination $using:store -Tag one, two
            } | Receive-Job -Wait -AutoRemoveJob
        }
    }
    @{
        way  = 'Export-Clixml'
        make = {
            New-Snapshot -Path $source -Destination $store -Tag one, two | Export-Clixml -LiteralPath "$store.xml"
            Import-Clixml -LiteralPath "$store.xml"
        }
    }
) {
    BeforeAll {
        $place = Join-Path $TestDrive ([guid]::NewGuid())
        $store = Join-Path $place 'store'
        $source = Join-Path $place 'state'
        $null = New-Database -Path (Join-Path $source 'data/inner.db')
        $object = & $make
    }

    It 'are as they were' {
        $object.PSObject.TypeNames[0] | Should -Be 'Deserialized.BackupTools.SnapshotManifest'
        $live = Get-SnapshotManifest $store
        $object.Id | Should -Be $live.Id
        $object.CreatedAt | Should -Be $live.CreatedAt
        $object.CreatedAt | Should -BeOfType [datetime]
        $object.CreatedAt.Kind | Should -Be 'Utc'
        $object.State | Should -Be 'Complete'
        $object.Tags | Should -Be @('one', 'two')
        $object.Sections.Name | Should -Be $live.Sections.Name
        $object.Sections[0].EntryCount | Should -Be $live.Sections[0].EntryCount
        $object.Check.Result | Should -Be 'Ok'
        $object.Bytes | Should -BeOfType [long]
    }

    It 'are tested' {
        ($object | Test-Snapshot).Result | Should -Be 'Ok'
        (Test-Snapshot -InputObject $object).Result | Should -Be 'Ok'
        $object, $object | Test-Snapshot -Quiet | Should -BeTrue
    }

    It 'are restored, from what their id says and nothing else' {
        $target = Join-Path $place 'restored'
        ($object | Restore-Snapshot -Destination $target -Confirm:$false).To | Should -Be $target
        Test-Path -LiteralPath "$target/data/inner.db" | Should -BeTrue
        $forged = $object | Select-Object -Property *
        $forged.Id = '01900000-0000-7000-8000-000000000000'
        $forged | Restore-Snapshot -Destination $target -Confirm:$false -ErrorAction SilentlyContinue -ErrorVariable failed
        $failed.FullyQualifiedErrorId | Should -Be 'SnapshotDamaged,BackupTools.Commands.RestoreSnapshotCommand'
    }

    It 'are shown as they were' {
        $shown = ($object | Out-String).Trim() -split '\r?\n'
        $shown[0] | Should -Match '^\W*CreatedAt.*Name.*Kind.*Size.*Entries.*State'
    }
}
