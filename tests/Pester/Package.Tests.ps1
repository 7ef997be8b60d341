#Requires -Modules @{ ModuleName = 'Pester'; ModuleVersion = '5.5.0' }

# The package that build.ps1 makes: what is in it, that it is found and works, and that it can be published.

BeforeAll {
    Import-Module -Name "$PSScriptRoot/SamplePlace.psm1" -Force
    $root = [System.IO.Path]::GetFullPath("$PSScriptRoot/../..")
    $version = (Import-PowerShellDataFile -LiteralPath "$root/BackupTools.psd1").ModuleVersion

    # What is built already is packaged: these tests may be running from a build themselves.
    $place = (New-Item -ItemType Directory -Path "$TestDrive/modules").FullName
    $script:packaged = Invoke-Program -FilePath ([System.Environment]::ProcessPath) -Argument @(
        '-NoProfile', '-NonInteractive', '-File', "$root/build.ps1", '-Task', 'Package', '-NoBuild', '-PackagePath', "$place/BackupTools")
    $script:package = "$place/BackupTools/$version"
}

Describe 'The package' {
    It 'Is made without complaint' {
        $packaged.ErrorText | Should -BeNullOrEmpty
        $packaged.OutputText | Should -Not -Match 'WARNING'
        $packaged.ExitCode | Should -Be 0
    }

    It 'Holds what the module needs and nothing else' {
        $files = Get-ChildItem -LiteralPath $package -Recurse -File |
            ForEach-Object { [System.IO.Path]::GetRelativePath($package, $_.FullName).Replace('\', '/') } |
            Sort-Object -Culture ''
        $expected = @(
            'BackupTools.psd1'
            'LICENSE'
            'module/BackupTools.dll'
            'module/BackupTools.Format.ps1xml'
            'module/BackupTools.psm1'
            'module/BackupTools.Types.ps1xml'
            'module/en-US/about_BackupTools.help.txt'
            'module/en-US/about_BackupTools_Repositories.help.txt'
            'module/en-US/about_BackupTools_Scheduling.help.txt'
            'module/en-US/BackupTools.dll-Help.xml'
            'module/lib/BackupTools.Core.deps.json'
            'module/lib/BackupTools.Core.dll'
            'module/lib/BackupTools.Restic.dll'
            'module/lib/runtimes/linux-arm64/native/libe_sqlite3.so'
            'module/lib/runtimes/linux-x64/native/libe_sqlite3.so'
            'module/lib/runtimes/osx-arm64/native/libe_sqlite3.dylib'
            'module/lib/runtimes/osx-x64/native/libe_sqlite3.dylib'
            'module/lib/runtimes/win-arm64/native/e_sqlite3.dll'
            'module/lib/runtimes/win-x64/native/e_sqlite3.dll'
        ) | Sort-Object -Culture ''
        $files -join "`n" | Should -BeExactly ($expected -join "`n")
    }

    It 'Has a valid manifest that tells who may use it' {
        $manifest = Test-ModuleManifest -Path "$package/BackupTools.psd1" -ErrorAction Stop
        $manifest.Version | Should -Be $version
        $manifest.CompatiblePSEditions | Should -Be 'Core'
        $manifest.ExportedCommands.Count | Should -Be 7
        $manifest.Description | Should -Not -BeNullOrEmpty
        $manifest.Tags | Should -Contain 'PSEdition_Core'
    }

    It 'Is found by its name, and takes, tests and restores a snapshot' {
        $work = (New-Item -ItemType Directory -Path "$TestDrive/work").FullName
        Copy-SampleDatabase -Destination "$work/app.db"
        $code = @'
(Get-Command -Name New-Snapshot).Module.ModuleBase
$taken = New-Snapshot -Path app.db
$taken | Test-Snapshot -Level Rehearse -Quiet
($taken | Restore-Snapshot -Destination copy.db -Confirm:$false).Verified
(Get-Help -Name New-Snapshot).Synopsis
if ($IsLinux) { Get-Content -LiteralPath /proc/self/maps | Select-String -SimpleMatch libe_sqlite3.so -List | ForEach-Object Line }
'@
        $run = Invoke-Session -Code $code -Location $work -ModulePlace $place
        $run.ErrorText | Should -BeNullOrEmpty
        $lines = $run.OutputText -split '\r?\n'
        $lines[0] | Should -Be ([System.IO.Path]::GetFullPath($package))
        $lines[1..2] | Should -Be 'True', 'True'
        $lines[3] | Should -BeLike 'Takes verified snapshots*'

        # The native library that comes with it can be loaded, even where the system's own is newer and preferred.
        if ($IsLinux) {
            $lines[-1] | Should -BeLike "*$package/module/lib/runtimes/linux-*"
        }
    }

    It 'Makes a repository, and takes, tests and restores a snapshot there' {
        $work = (New-Item -ItemType Directory -Path "$TestDrive/encrypted").FullName
        Copy-SampleDatabase -Destination "$work/app.db"
        [System.IO.File]::WriteAllText("$work/password.txt", "correct horse`n")
        $code = @'
$env:BACKUPTOOLS_PASSWORD_FILE = Convert-Path -LiteralPath password.txt
(Initialize-SnapshotRepository -Path repository).Compressed
$taken = New-Snapshot -Path app.db -Destination repository
$taken | Test-Snapshot -Level Rehearse -Quiet
($taken | Restore-Snapshot -Destination copy.db -Confirm:$false).Verified
'@
        $run = Invoke-Session -Code $code -Location $work -ModulePlace $place
        $run.ErrorText | Should -BeNullOrEmpty
        $run.OutputText -split '\r?\n' | Select-Object -Skip 1 | Should -Be 'True', 'True'
    }

    It 'Can be published and installed from a repository' {
        if (-not (Get-Module -Name Microsoft.PowerShell.PSResourceGet -ListAvailable)) {
            Set-ItResult -Skipped -Because 'Microsoft.PowerShell.PSResourceGet is not installed'
        }

        $folder = (New-Item -ItemType Directory -Path "$TestDrive/repository").FullName
        $saved = (New-Item -ItemType Directory -Path "$TestDrive/saved").FullName
        $repository = 'BackupToolsTest' + [guid]::NewGuid().ToString('N')
        Register-PSResourceRepository -Name $repository -Uri $folder -Trusted
        try {
            Publish-PSResource -Path $package -Repository $repository -ErrorAction Stop
            Test-Path -LiteralPath "$folder/BackupTools.$version.nupkg" | Should -BeTrue
            Save-PSResource -Name BackupTools -Repository $repository -Path $saved -ErrorAction Stop
        }
        finally {
            Unregister-PSResourceRepository -Name $repository
        }

        $run = Invoke-Session -Code '(Import-Module BackupTools -PassThru).ExportedCmdlets.Count' -Location $saved -ModulePlace $saved
        $run.ErrorText | Should -BeNullOrEmpty
        $run.OutputText | Should -Be 6
    }

    It 'Is installed where PowerShell looks for modules' -Skip:$IsWindows {
        $data = (New-Item -ItemType Directory -Path "$TestDrive/home").FullName
        $install = "& '$root/build.ps1' -Task Install -NoBuild -PackagePath '$TestDrive/again'"
        $code = "`$env:XDG_DATA_HOME = '$data'; $install; $install"
        $run = Invoke-Session -Code $code -Location $data -ModulePlace $place
        $run.ErrorText | Should -BeNullOrEmpty
        Test-Path -LiteralPath "$data/powershell/Modules/BackupTools/$version/module/lib/BackupTools.Core.dll" | Should -BeTrue
    }
}

Describe 'The build script' {
    It 'Clean removes what was built and nothing else, and says so beforehand when asked' {
        $run = Invoke-Session -Code "& '$root/build.ps1' -Task Clean -WhatIf" -Location $root -ModulePlace $place
        $run.OutputText | Should -Match 'BackupTools\.dll'
        $run.OutputText | Should -Not -Match 'psm1|ps1xml|en-US'
        Test-Path -LiteralPath "$root/module/BackupTools.dll" | Should -BeTrue
    }
}
