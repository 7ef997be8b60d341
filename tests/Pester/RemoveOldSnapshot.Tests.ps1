BeforeAll {
    . "$PSScriptRoot/Scene.ps1"
}

Describe 'Remove-OldSnapshot' {
    BeforeEach {
        $place = Join-Path $TestDrive ([guid]::NewGuid())
        $database = New-Database -Path (Join-Path $place 'app.db')
        $store = Join-Path $place 'store'
        $made = 1..4 | ForEach-Object { New-Snapshot $database $store -Tag "number$_" }
    }

    It 'removes what no rule keeps, and emits nothing without -PassThru' {
        Remove-OldSnapshot -Path $store -KeepLast 2 | Should -BeNullOrEmpty
        (Get-SnapshotManifest $store).Id | Should -Be $made[2, 3].Id
    }

    It 'tells each decision with -PassThru' {
        $decisions = Remove-OldSnapshot $store -Keep 1 -KeepTag number2 -PassThru
        $decisions[0].GetType().FullName | Should -Be 'BackupTools.RetentionDecision'
        $decisions.Snapshot | Should -Be $made.SnapshotPath
        $decisions.Action | Should -Be @('Remove', 'Keep', 'Remove', 'Keep')
        $decisions | ForEach-Object { $_.Reasons | Should -Not -BeNullOrEmpty }
        (Get-SnapshotManifest $store).Id | Should -Be $made[1, 3].Id
    }

    It 'knows the rule <rule>' -ForEach @(
        @{ rule = 'KeepHourly' }, @{ rule = 'KeepDaily' }, @{ rule = 'KeepWeekly' }, @{ rule = 'KeepMonthly' }, @{ rule = 'KeepYearly' }
    ) {
        $policy = @{ $rule = 3 }
        Remove-OldSnapshot $store @policy
        (Get-SnapshotManifest $store).Id | Should -Contain $made[3].Id
        @(Get-SnapshotManifest $store).Count | Should -BeLessThan 4
    }

    It 'keeps all within a time: <period>' -ForEach @(@{ period = '1y2m10d4h' }, @{ period = [timespan]::FromDays(7) }) {
        Remove-OldSnapshot $store -KeepWithin $period
        Get-SnapshotManifest $store | Should -HaveCount 4
    }

    It 'takes a time as it is typed, though to PowerShell it is a number, and refuses a bare one' {
        Remove-OldSnapshot $store -KeepWithin 7d
        Get-SnapshotManifest $store | Should -HaveCount 4
        { Remove-OldSnapshot $store -KeepWithin 7 } | Should -Throw -ErrorId 'ParameterArgumentTransformationError*'
    }

    It 'decides on the series that is named alone' {
        $other = 1..2 | ForEach-Object { New-Snapshot $database $store -Name other -HostName elsewhere }
        Remove-OldSnapshot $store -Keep 1 -Name other
        Get-SnapshotManifest $store | Should -HaveCount 5
        (Get-SnapshotManifest $store -Name other).Id | Should -Be $other[1].Id
        Remove-OldSnapshot $store -Keep 1 -HostName elsewhere -Source $database
        Get-SnapshotManifest $store | Should -HaveCount 5
    }

    It 'takes stores through the pipeline' {
        Get-Item -LiteralPath $store | Remove-OldSnapshot -Keep 2
        Get-SnapshotManifest $store | Should -HaveCount 2
        $store | Remove-OldSnapshot -Keep 1
        Get-SnapshotManifest $store | Should -HaveCount 1
        $null = New-Snapshot $database $store
        Remove-OldSnapshot -LiteralPath $store -Keep 1
        Get-SnapshotManifest $store | Should -HaveCount 1
    }

    It 'runs in the pipeline of the one that it thins after, without waiting for its lock' {
        $watch = [System.Diagnostics.Stopwatch]::StartNew()
        New-Snapshot $database $store -LockTimeout 5s | ForEach-Object { Remove-OldSnapshot $store -Keep 1 }
        Get-SnapshotManifest $store | Should -HaveCount 1
        $watch.Elapsed.TotalSeconds | Should -BeLessThan 30
    }

    Context 'what goes wrong' {
        It 'refuses a policy that keeps nothing' {
            Remove-OldSnapshot $store -ErrorAction SilentlyContinue -ErrorVariable failed
            $failed.FullyQualifiedErrorId | Should -Be 'RetentionPolicyEmpty,BackupTools.Commands.RemoveOldSnapshotCommand'
            { Remove-OldSnapshot $store -KeepLast 0 } | Should -Throw -ErrorId 'ParameterArgumentValidationError,*'
            Get-SnapshotManifest $store | Should -HaveCount 4
        }

        It 'is an error to name <what>' -ForEach @(
            @{ what = 'a store that is not there'; path = { "$place/none" } }
            @{ what = 'a pattern that matches nothing'; path = { "$place/none*" } }
            @{ what = 'a snapshot'; path = { $made[0].SnapshotPath } }
        ) {
            Remove-OldSnapshot -Path (& $path) -Keep 1 -ErrorAction SilentlyContinue -ErrorVariable failed
            $failed.FullyQualifiedErrorId | Should -Be 'StoreNotFound,BackupTools.Commands.RemoveOldSnapshotCommand'
        }
    }

    Context '-WhatIf and -Confirm' {
        It 'changes nothing with -WhatIf, and names each snapshot with size and reason' {
            $before = Get-TreeState -Path $store
            $told = Invoke-ChildPowerShell -Command "Import-Module '$ModuleManifest'; (Remove-OldSnapshot '$store' -Keep 2 -WhatIf -PassThru).Action -join ' '"
            Get-TreeState -Path $store | Should -Be $before
            $lines = $told.Output.Trim() -split '\r?\n'
            $lines | Should -HaveCount 3
            $lines[0] | Should -BeLike "What if: *$($made[0].SnapshotPath)*KiB*"
            $lines[1] | Should -BeLike "What if: *$($made[1].SnapshotPath)*KiB*"
            $lines[2] | Should -Be 'Remove Remove Keep Keep'
        }

        It 'asks for each with -Confirm, and removes what was agreed to' {
            $told = Invoke-ChildPowerShell -Answer 'N', 'Y' -Command "Import-Module '$ModuleManifest'; (Remove-OldSnapshot '$store' -Keep 2 -Confirm -PassThru).Action -join ' '"
            ($told.Output.Trim() -split '\r?\n')[-1] | Should -Be 'Keep Remove Keep Keep'
            (Get-SnapshotManifest $store).Id | Should -Be $made[0, 2, 3].Id
        }
    }
}
