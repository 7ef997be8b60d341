BeforeAll {
    . "$PSScriptRoot/Scene.ps1"

    function Invoke-Unattended {
        # Runs lines by -File or by -Command, where nobody can be asked.
        param([string] $By, [string] $Line)
        $text = "Import-Module '$ModuleManifest'`n$Line"
        if ($By -eq '-Command') {
            return Invoke-ChildPowerShell -Command $text
        }

        $file = Join-Path $place 'script.ps1'
        Set-Content -LiteralPath $file -Value $text
        Invoke-ChildPowerShell -File $file
    }
}

Describe 'Under -NonInteractive, by <by>' -ForEach @(@{ by = '-File' }, @{ by = '-Command' }) {
    BeforeEach {
        $place = Join-Path $TestDrive ([guid]::NewGuid())
        $database = New-Database -Path (Join-Path $place 'app.db')
        $store = Join-Path $place 'store'
        $target = Join-Path $place 'out.db'
        $null = New-Snapshot $database $store
    }

    It 'ends with 0 where all is done' {
        $answer = Invoke-Unattended -By $by -Line "New-Snapshot '$database' '$store'; Restore-Snapshot '$store' '$target' -Confirm:`$false; Remove-OldSnapshot '$store' -Keep 1"
        $answer.ExitCode | Should -Be 0
        $answer.Error | Should -BeNullOrEmpty
        Test-Path -LiteralPath $target | Should -BeTrue
        Get-SnapshotManifest $store | Should -HaveCount 1
    }

    It 'makes an error of a question that nobody can answer: <what>' -ForEach @(
        @{ what = 'Restore-Snapshot'; line = { "Restore-Snapshot '$store' '$target'" } }
        @{ what = 'New-Snapshot -Confirm'; line = { "New-Snapshot '$database' '$store' -Confirm" } }
        @{ what = 'Remove-OldSnapshot -Confirm'; line = { "New-Snapshot '$database' '$store' -Keep 0; Remove-OldSnapshot '$store' -Keep 1 -Confirm" } }
    ) {
        $answer = Invoke-Unattended -By $by -Line ('$ErrorActionPreference = ''Stop''; ' + (& $line))
        $answer.ExitCode | Should -Be 1
        $answer.Error | Should -Not -BeNullOrEmpty
        Test-Path -LiteralPath $target | Should -BeFalse
    }

    It 'tells of the question also where errors do not stop the script' {
        $answer = Invoke-Unattended -By $by -Line "Restore-Snapshot '$store' '$target'"
        $answer.Error | Should -Match 'NonInteractive'
        Test-Path -LiteralPath $target | Should -BeFalse
    }

    It 'ends with 1 at the first bad source where errors stop the script, and takes no other' {
        $answer = Invoke-Unattended -By $by -Line "`$ErrorActionPreference = 'Stop'; '$place/none.db', '$database' | New-Snapshot -Destination '$store'"
        $answer.ExitCode | Should -Be 1
        $answer.Error | Should -Match 'none\.db'
        Get-SnapshotManifest $store | Should -HaveCount 1
    }

    It 'takes all good ones and ends with 1 where the script looks at its errors' {
        $answer = Invoke-Unattended -By $by -Line @"
            '$place/none.db', '$database' | New-Snapshot -Destination '$store' -ErrorAction Continue -ErrorVariable failed
            if (`$failed) { exit 1 }
"@
        $answer.ExitCode | Should -Be 1
        Get-SnapshotManifest $store | Should -HaveCount 2
    }

    It 'is an error, not a question, to leave out what is needed' {
        $answer = Invoke-Unattended -By $by -Line "`$ErrorActionPreference = 'Stop'; Restore-Snapshot '$store'"
        $answer.ExitCode | Should -Be 1
        $answer.Error | Should -Match 'Destination'
    }
}
