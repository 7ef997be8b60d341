BeforeAll {
    . "$PSScriptRoot/Scene.ps1"
}

Describe 'Importing' {
    It 'exports the seven cmdlets and nothing else' {
        $module = Get-Module -Name BackupTools
        $module.ExportedCommands.Keys | Sort-Object | Should -Be @(
            'Get-SnapshotManifest', 'Initialize-SnapshotRepository', 'New-Snapshot', 'Remove-OldSnapshot',
            'Repair-SnapshotRepository', 'Restore-Snapshot', 'Test-Snapshot')
        $module.ExportedCommands.Values.CommandType | Select-Object -Unique | Should -Be 'Cmdlet'
    }

    It 'has a manifest that PowerShell accepts' {
        (Test-ModuleManifest -Path $ModuleManifest).Name | Should -Be 'BackupTools'
    }

    It 'works again after -Force, and after removal' {
        $answer = Invoke-ChildPowerShell -Command @"
            Import-Module '$ModuleManifest'
            Import-Module '$ModuleManifest' -Force
            Remove-Module BackupTools
            if (Get-Command Get-SnapshotManifest -ErrorAction Ignore) { 'still there' }
            Import-Module '$ModuleManifest'
            Import-Module '$ModuleManifest' -Force
            Get-SnapshotManifest -Path '$TestDrive'
            (Get-Command -Module BackupTools).Count
"@
        $answer.Error | Should -BeNullOrEmpty
        $answer.Output.Trim() | Should -Be '7'
        $answer.ExitCode | Should -Be 0
    }

    It 'takes a prefix, for a session where another module has New-Snapshot too' {
        $database = New-Database -Path (Join-Path $TestDrive 'prefix/app.db')
        $answer = Invoke-ChildPowerShell -Command @"
            function New-Snapshot { 'of another module' }
            Import-Module '$ModuleManifest' -Prefix Bt
            New-Snapshot
            (New-BtSnapshot '$database' '$TestDrive/prefix/store').Name
            (BackupTools\New-BtSnapshot '$database' '$TestDrive/prefix/store').Name
"@
        $answer.Error | Should -BeNullOrEmpty
        $answer.Output.Trim() -split '\r?\n' | Should -Be @('of another module', 'app', 'app')
    }

    It 'loads no other module, and the core only when it is needed' {
        $answer = Invoke-ChildPowerShell -Command @"
            Import-Module '$ModuleManifest'
            [string]::Join(' ', (Get-Module).Name)
            [System.AppDomain]::CurrentDomain.GetAssemblies().Where({ `$_.GetName().Name -eq 'BackupTools.Core' }).Count
"@
        $answer.Output.Trim() -split '\r?\n' | Should -Be @('BackupTools', '0')
    }

    It 'says what to do where it has not been built' {
        $copy = Join-Path $TestDrive 'unbuilt'
        $null = New-Item -ItemType Directory -Path "$copy/module"
        Copy-Item -LiteralPath $ModuleManifest -Destination $copy
        Copy-Item -Path "$ModuleDirectory/module/*.ps*1*" -Destination "$copy/module"
        $answer = Invoke-ChildPowerShell -Command "Import-Module '$copy/BackupTools.psd1' -ErrorAction Stop"
        $answer.ExitCode | Should -Be 1
        $answer.Error | Should -Match 'dotnet build'
    }
}

Describe 'Isolation' {
    It 'has nothing but BackupTools.dll in the default load context' {
        $database = New-Database -Path (Join-Path $TestDrive 'alone/app.db')
        $answer = Invoke-ChildPowerShell -Command @"
            `$before = [System.Runtime.Loader.AssemblyLoadContext]::Default.Assemblies.Location
            Import-Module '$ModuleManifest'
            `$null = New-Snapshot '$database' '$TestDrive/alone/store' | Test-Snapshot -Level Rehearse
            `$null = Initialize-SnapshotRepository '$TestDrive/alone/repository' -PasswordCommand 'echo secret'
            `$ofPowerShell = `$PSHOME, [System.IO.Path]::GetDirectoryName([object].Assembly.Location)
            [System.Runtime.Loader.AssemblyLoadContext]::Default.Assemblies.Location |
                Where-Object { `$_ -and `$_ -notin `$before -and [System.IO.Path]::GetDirectoryName(`$_) -notin `$ofPowerShell } |
                ForEach-Object { [System.IO.Path]::GetFileName(`$_) }
"@
        $answer.Error | Should -BeNullOrEmpty
        $answer.Output.Trim() | Should -Be 'BackupTools.dll'
    }

    It 'refuses a database that another module holds in a transaction by <library>, and leaves its lock' -ForEach @(
        @{ library = 'the system''s SQLite' }
        @{ library = 'the bundled SQLite' }
    ) -Skip:(-not $IsLinux) {
        $directory = Join-Path $TestDrive ($library -replace '\W', '')
        $database = New-Database -Path (Join-Path $directory 'app.db')
        $free = New-Database -Path (Join-Path $directory 'free.db')
        $rid = [System.Runtime.InteropServices.RuntimeInformation]::RuntimeIdentifier -replace '^.*-', 'linux-'
        $native = $library -match 'bundled' ? "$ModuleDirectory/module/lib/runtimes/$rid/native/libe_sqlite3.so" : 'libsqlite3.so.0'
        $script = Join-Path $directory 'session.ps1'
        Set-Content -LiteralPath $script -Value @"
            Add-Type -TypeDefinition @'
using System;
using System.Runtime.InteropServices;
public static class Other
{
    public static string Library;
    static Other() { NativeLibrary.SetDllImportResolver(typeof(Other).Assembly, (name, a, p) => NativeLibrary.Load(Library)); }
    [DllImport("other")] static extern int sqlite3_open(string path, out IntPtr db);
    [DllImport("other")] static extern int sqlite3_exec(IntPtr db, string sql, IntPtr a, IntPtr b, IntPtr c);
    static IntPtr s_db;
    public static int Open(string path) { return sqlite3_open(path, out s_db); }
    public static int Run(string sql) { return sqlite3_exec(s_db, sql, IntPtr.Zero, IntPtr.Zero, IntPtr.Zero); }
}
'@
            [Other]::Library = '$native'
            'open {0}' -f [Other]::Open('$database')
            'write {0}' -f [Other]::Run("BEGIN IMMEDIATE; INSERT INTO item (text) VALUES ('mine');")
            Import-Module '$ModuleManifest'
            New-Snapshot '$database' '$directory/store' -ErrorAction SilentlyContinue -ErrorVariable failed
            `$failed.FullyQualifiedErrorId
            'other {0}' -f (New-Snapshot '$free' '$directory/store').State
            `$intruder = "INSERT INTO item (text) VALUES ('theirs');" | sqlite3 '$database' 2>&1
            'intruder {0}' -f (`$intruder -match 'locked').Count
            'commit {0}' -f [Other]::Run('COMMIT')
"@
        $answer = Invoke-ChildPowerShell -File $script
        $answer.Error | Should -BeNullOrEmpty
        $answer.Output.Trim() -split '\r?\n' | Should -Be @(
            'open 0', 'write 0', 'DatabaseOpenInThisSession,BackupTools.Commands.NewSnapshotCommand',
            'other Complete', 'intruder 1', 'commit 0')
        Get-RowCount -Path $database | Should -Be 4
    }

    It 'works in runspaces side by side' {
        $store = Join-Path $TestDrive 'parallel/store'
        $databases = 1..6 | ForEach-Object { New-Database -Path (Join-Path $TestDrive "parallel/db$_.db") -Row $_ }
        $made = $databases | ForEach-Object -ThrottleLimit 3 -Parallel {
            Import-Module -Name $using:ModuleManifest
            New-Snapshot -LiteralPath $_ -Destination $using:store
        }
        $made | Should -HaveCount 6
        $made.EntryCount | Sort-Object | Should -Be (1..6)
        Get-SnapshotManifest -Path $store | Should -HaveCount 6
        Test-Snapshot -Path $store -Quiet | Should -BeTrue
    }
}
