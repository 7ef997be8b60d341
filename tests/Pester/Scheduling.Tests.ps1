#Requires -Modules @{ ModuleName = 'Pester'; ModuleVersion = '5.5.0' }

# The files that about_BackupTools_Scheduling tells to save, with its paths put elsewhere, run as systemd and cron do.

BeforeDiscovery {
    $script:schedulers = @(
        @{ Scheduler = 'systemd' }
        @{ Scheduler = 'cron' }
    )
}

BeforeAll {
    Import-Module -Name "$PSScriptRoot/MarkdownCode.psm1", "$PSScriptRoot/SamplePlace.psm1" -Force
    $topic = [System.IO.Path]::GetFullPath("$PSScriptRoot/../../docs/en-US/about_BackupTools_Scheduling.md")
    $saved = @{}
    Get-MarkdownCode -LiteralPath $topic | Where-Object File | ForEach-Object { $saved[$_.File] = $_.Code }
}

Describe 'Scheduling on Linux' -Skip:(-not $IsLinux) {
    BeforeAll {
        $moduleplace = (New-Item -ItemType Directory -Path "$TestDrive/modules").FullName
        Initialize-ModulePlace -LiteralPath $moduleplace
        $place = Join-Path -Path $TestDrive -ChildPath 'place'
        $paths = [ordered] @{
            '/usr/local/lib/backup/backup.ps1' = "$place/backup.ps1"
            '/var/lib/app/app.db'              = "$place/app.db"
            '/var/lib/app/state'               = "$place/state"
            '/var/backups/app'                 = "$place/store"
            '/var/log/backup.log'              = "$place/backup.log"
            '/usr/bin/pwsh'                    = [System.Environment]::ProcessPath
        }

        function Get-Saved {
            param([string] $File)

            $text = $saved[$File]
            $paths.Keys | ForEach-Object { $text = $text.Replace($_, $paths[$_]) }
            $text
        }

        # As the schedulers start it: with next to no environment, by systemd without a shell.
        function Invoke-Scheduled {
            param([string] $Scheduler, [string] $ModulePath = $moduleplace)

            $environment = '-i', 'PATH=/usr/bin:/bin', 'SHELL=/bin/sh', "HOME=$TestDrive", 'LOGNAME=root', "PSModulePath=$ModulePath"
            if ($Scheduler -eq 'systemd') {
                $null = (Get-Saved -File '/etc/systemd/system/backup.service') -match '(?m)^ExecStart=(.+)$'
                $command = -split $Matches[1]
            }
            else {
                $null = (Get-Saved -File '/etc/cron.d/backup') -match '(?m)^(?:\S+ ){5}root (.+)$'
                $command = '/bin/sh', '-c', $Matches[1]
            }

            Invoke-Program -FilePath '/usr/bin/env' -Argument ($environment + $command) -Location '/'
        }

        function Save-BackupScript {
            param([scriptblock] $Edit = { $args[0] })

            $text = Get-Saved -File '/usr/local/lib/backup/backup.ps1'
            [System.IO.File]::WriteAllText("$place/backup.ps1", (& $Edit $text))
        }

        function Get-Taken {
            Get-ChildItem -Path "$place/store/*.manifest.json" -ErrorAction Ignore | ForEach-Object { $_.Name -replace '-\d{4}-.*' }
        }
    }

    BeforeEach {
        Remove-Item -LiteralPath $place -Recurse -Force -ErrorAction Ignore
        New-Item -ItemType Directory -Path "$place/state" | Out-Null
        Copy-SampleDatabase -Destination "$place/app.db"
        Copy-SampleDatabase -Destination "$place/state/users.db"
        Save-BackupScript
    }

    It 'The topic names every path that is put elsewhere here' {
        $all = $saved.Values -join "`n"
        $paths.Keys | Where-Object { -not $all.Contains($_) } | Should -BeNullOrEmpty
    }

    It 'systemd finds nothing wrong with the units' {
        if (-not (Get-Command -Name systemd-analyze -CommandType Application -ErrorAction Ignore)) {
            Set-ItResult -Skipped -Because 'systemd-analyze is not installed'
        }

        $units = foreach ($file in $saved.Keys | Where-Object { $_ -like '/etc/systemd/*' }) {
            $unit = "$place/$(Split-Path -Path $file -Leaf)"
            [System.IO.File]::WriteAllText($unit, (Get-Saved -File $file) + "`n")
            $unit
        }
        @($units).Count | Should -Be 3
        $run = Invoke-Program -FilePath 'systemd-analyze' -Argument (@('verify', '--man=no') + ($units -replace '@\.', '@backup.'))
        $run.ErrorText -split "`n" | Where-Object { $_ -match 'backup' } | Should -BeNullOrEmpty
    }

    Context 'By <Scheduler>' -ForEach $script:schedulers {
        It 'Takes all sources and exits with 0' {
            $run = Invoke-Scheduled -Scheduler $Scheduler
            $run.ErrorText | Should -BeNullOrEmpty
            $run.ExitCode | Should -Be 0
            Get-Taken | Should -Be 'app', 'state'
        }

        It 'Takes the others and exits with 1 where a source is missing' {
            Remove-Item -LiteralPath "$place/app.db"
            $run = Invoke-Scheduled -Scheduler $Scheduler
            $run.ExitCode | Should -Be 1
            $run.ErrorText | Should -Match 'app\.db'
            Get-Taken | Should -Be 'state'
        }

        It 'Exits with 1 where the module is missing' {
            $run = Invoke-Scheduled -Scheduler $Scheduler -ModulePath $place
            $run.ExitCode | Should -Be 1
            $run.ErrorText | Should -Match 'BackupTools'
        }
    }

    It 'Exits with 1 and removes nothing where a database is corrupt' {
        (Invoke-Scheduled -Scheduler systemd).ExitCode | Should -Be 0
        Save-BackupScript -Edit { $args[0].Replace('KeepLast = 24', 'KeepLast = 1') }
        $file = [System.IO.File]::OpenWrite("$place/app.db")
        $file.Position = 1024
        $file.Write([byte[]]::new(1024), 0, 1024)
        $file.Dispose()
        $run = Invoke-Scheduled -Scheduler systemd
        $run.ErrorText | Should -Match 'corruption that is in the source.*app\.db'
        $run.ExitCode | Should -Be 1
        @(Get-Taken).Count | Should -Be 4
    }

    It 'Thins out the store by its policy' {
        Save-BackupScript -Edit { $args[0].Replace('KeepLast = 24', 'KeepLast = 1') }
        1..2 | ForEach-Object { (Invoke-Scheduled -Scheduler systemd).ExitCode | Should -Be 0 }
        $run = Invoke-Scheduled -Scheduler systemd
        $run.ExitCode | Should -Be 0

        # The oldest stays as long as there are fewer than 14 days.
        $run.OutputText | Should -Match 'Removed: .*app-'
        Get-Taken | Should -Be 'app', 'app', 'state', 'state'
    }

    It 'Exits with 1 where another run holds the store for too long' {
        if (-not (Get-Command -Name flock -CommandType Application -ErrorAction Ignore)) {
            Set-ItResult -Skipped -Because 'flock is not installed'
        }

        (Invoke-Scheduled -Scheduler systemd).ExitCode | Should -Be 0
        Save-BackupScript -Edit { $args[0].Replace('5min', '100ms') }
        $run = Invoke-Program -FilePath flock -Argument (
            @("$place/store/.backuptools.lock", 'env', "PSModulePath=$moduleplace") +
            @($paths['/usr/bin/pwsh'], '-NoProfile', '-NonInteractive', '-File', "$place/backup.ps1"))
        $run.ExitCode | Should -Be 1
        $run.ErrorText | Should -Match 'locked'
        @(Get-Taken).Count | Should -Be 2
    }

    It 'Writes all to the log and prints nothing for cron to mail unless something failed' {
        $run = Invoke-Scheduled -Scheduler cron
        $run.OutputText + $run.ErrorText | Should -BeNullOrEmpty
        Get-Content -LiteralPath "$place/backup.log" -Raw | Should -Match 'Taken: .*app-'
        Remove-Item -LiteralPath "$place/app.db"
        (Invoke-Scheduled -Scheduler cron).ErrorText | Should -Not -BeNullOrEmpty
        Get-Content -LiteralPath "$place/backup.log" -Raw | Should -Match 'does not exist'
    }

    It 'Would not take the others if the first error stopped it, as the topic says' {
        Save-BackupScript -Edit { $args[0].Replace('-ErrorAction Continue -ErrorVariable failed', '-ErrorVariable failed') }
        Remove-Item -LiteralPath "$place/app.db"
        $run = Invoke-Scheduled -Scheduler systemd
        $run.ExitCode | Should -Be 1
        Get-Taken | Should -BeNullOrEmpty
    }
}
