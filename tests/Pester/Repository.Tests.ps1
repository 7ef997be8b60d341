BeforeDiscovery {
    $script:withRestic = [bool] (Get-Command -Name restic -CommandType Application -ErrorAction Ignore)
}

BeforeAll {
    . "$PSScriptRoot/Scene.ps1"

    function New-Secret {
        # A secure string of a text.
        [Diagnostics.CodeAnalysis.SuppressMessageAttribute('PSUseShouldProcessForStateChangingFunctions', '', Justification = 'Makes an object for a test')]
        [CmdletBinding()]
        [OutputType([securestring])]
        param([Parameter(Mandatory)][string] $Text)
        $secret = [securestring]::new()
        $Text.ToCharArray() | ForEach-Object { $secret.AppendChar($_) }
        $secret
    }

    function Invoke-Restic {
        # Runs restic on the repository; what it says, and an error where it fails.
        [CmdletBinding()]
        [OutputType([string])]
        param([Parameter(Mandatory)][string[]] $Argument)
        $output = restic --no-cache -r $repository --password-file $passwordFile @Argument 2>&1
        if ($LASTEXITCODE -ne 0) {
            throw "restic $($Argument -join ' '): $output"
        }

        $output
    }

    function Get-ErrorName {
        # The first part of an error's identifier.
        [CmdletBinding()]
        [OutputType([string])]
        param([Parameter(Mandatory)] $ErrorRecord)
        ($ErrorRecord.FullyQualifiedErrorId -split ',')[0]
    }

    # What is set outside must not help here.
    $variables = @(Get-ChildItem -Path Env: | Where-Object Name -Match '^(BACKUPTOOLS|RESTIC)_PASSWORD')
    $variables | ForEach-Object { Remove-Item -LiteralPath "Env:$($_.Name)" }
    $place = (New-Item -ItemType Directory -Path (Join-Path $TestDrive 'repositories')).FullName
    $password = "correct horse $([char]0x2603)"
    $passwordFile = Join-Path $place 'password.txt'
    [System.IO.File]::WriteAllText($passwordFile, "$password`n")
    $secret = New-Secret -Text $password
    $database = New-Database -Path (Join-Path $place 'app.db') -Row 500 -JournalMode wal
    $state = (New-Item -ItemType Directory -Path (Join-Path $place 'state/notes')).Parent.FullName
    [System.IO.File]::WriteAllText("$state/notes/today.txt", "Buy milk.`n")
    $null = New-Database -Path (Join-Path $state 'users.db') -Row 20
    $repository = Join-Path $place 'repository'
    $made = Initialize-SnapshotRepository $repository -Password $secret
    $taken = @(New-Snapshot $database, $state $repository -Password $secret)
}

AfterAll {
    $variables | ForEach-Object { Set-Item -LiteralPath "Env:$($_.Name)" -Value $_.Value }
}

Describe 'Initialize-SnapshotRepository' {
    It 'emits the repository' {
        $made.PSObject.TypeNames[0] | Should -Be 'BackupTools.SnapshotRepository'
        $made.Status | Should -Be 'Initialized'
        $made.Path | Should -Be $repository
        $made.Id | Should -Match '^[0-9a-f]{64}$'
        $made.FormatVersion | Should -Be 2
        "$made" | Should -Be $repository
        ($made | Out-String) | Should -Match '(?s)Status.*Path.*Id.*FormatVersion.*Compressed'
    }

    It 'takes the password as <what>' -ForEach @(
        @{ what = 'a secure string'; parameters = { @{ Password = New-Secret -Text $password } } }
        @{ what = 'a credential, whoever it is of'; parameters = { @{ Credential = [pscredential]::new('anybody', (New-Secret -Text $password)) } } }
        @{ what = 'a file, relative to the location'; parameters = { @{ PasswordFile = './password.txt' } } }
        @{ what = 'a program'; parameters = { @{ PasswordCommand = "cat '$passwordFile'" } } }
    ) {
        $path = Join-Path $place ([guid]::NewGuid())
        $with = & $parameters
        Push-Location -LiteralPath $place
        try {
            (Initialize-SnapshotRepository $path @with).Path | Should -Be $path
        }
        finally {
            Pop-Location
        }

        Get-SnapshotManifest $path -PasswordFile $passwordFile | Should -BeNullOrEmpty
    }

    It 'makes nothing with -WhatIf' {
        $path = Join-Path $place 'none'
        Initialize-SnapshotRepository $path -Password $secret -WhatIf | Should -BeNullOrEmpty
        Test-Path -LiteralPath $path | Should -BeFalse
    }

    It 'takes a path as it stands' {
        $path = Join-Path $place 'with[brackets]*'
        (Initialize-SnapshotRepository $path -Password $secret).Path | Should -Be $path
    }

    It 'leaves what is there: <what>' -ForEach @(
        @{ what = 'a repository'; path = { $repository } }
        @{ what = 'files'; path = { $state } }
        @{ what = 'a file'; path = { $database } }
    ) {
        $there = & $path
        $before = Get-TreeState -Path $there
        Initialize-SnapshotRepository $there -Password $secret -ErrorAction SilentlyContinue -ErrorVariable failed
        $failed[0].FullyQualifiedErrorId | Should -Be 'StoreExists,BackupTools.Commands.InitializeSnapshotRepositoryCommand'
        $failed[0].CategoryInfo.Category | Should -Be 'ResourceExists'
        Get-TreeState -Path $there | Should -Be $before
    }
}

Describe 'A password' {
    It 'is given in one way only' {
        { New-Snapshot $database $repository -Password $secret -PasswordFile $passwordFile } | Should -Throw -ErrorId 'InvalidArgument,*'
        { Get-SnapshotManifest $repository -Password $secret -Credential ([pscredential]::new('me', $secret)) } | Should -Throw -ErrorId 'InvalidArgument,*'
        { Test-Snapshot $repository -PasswordFile $passwordFile -PasswordCommand 'cat' } | Should -Throw -ErrorId 'InvalidArgument,*'
    }

    It 'is no plain text, and an error does not repeat it' {
        { Get-SnapshotManifest $repository -Password 'battery staple' } | Should -Throw -ErrorId 'ParameterArgumentTransformationError,*'
        $Error[0].Exception.ToString() | Should -Not -Match 'battery'
    }

    It 'that is another one opens nothing: <cmdlet>' -ForEach @(
        @{ cmdlet = 'New-Snapshot'; arguments = { @{ LiteralPath = $database; Destination = $repository } } }
        @{ cmdlet = 'Get-SnapshotManifest'; arguments = { @{ LiteralPath = $repository } } }
        @{ cmdlet = 'Test-Snapshot'; arguments = { @{ LiteralPath = $repository } } }
        @{ cmdlet = 'Restore-Snapshot'; arguments = { @{ LiteralPath = $repository; Destination = (Join-Path $place 'nowhere'); Confirm = $false } } }
        @{ cmdlet = 'Remove-OldSnapshot'; arguments = { @{ LiteralPath = $repository; KeepLast = 1 } } }
        @{ cmdlet = 'Repair-SnapshotRepository'; arguments = { @{ LiteralPath = $repository } } }
    ) {
        $with = & $arguments
        $before = Get-TreeState -Path $repository
        & $cmdlet @with -Password (New-Secret -Text 'battery staple') -ErrorAction SilentlyContinue -ErrorVariable failed
        Get-ErrorName -ErrorRecord $failed[0] | Should -Be 'WrongPassword'
        $failed[0].CategoryInfo.Category | Should -Be 'AuthenticationError'
        ($failed | ForEach-Object { $_.Exception.ToString() }) -join '' | Should -Not -Match 'battery'
        Get-TreeState -Path $repository | Should -Be $before
    }

    It 'is asked from nobody under -NonInteractive, and its want is told' {
        $answer = Invoke-ChildPowerShell -Command "Import-Module '$ModuleManifest'
            Get-SnapshotManifest '$repository' -ErrorAction SilentlyContinue -ErrorVariable failed
            `$failed.FullyQualifiedErrorId; [string] `$failed.CategoryInfo.Category; 'the end'"
        $answer.ExitCode | Should -Be 0
        $answer.Output.Trim() -split '\r?\n' | Should -Be @(
            'PasswordRequired,BackupTools.Commands.GetSnapshotManifestCommand', 'AuthenticationError', 'the end')
    }

    It 'is asked from nobody where input is redirected' {
        # PowerShell's console would end the script without an error.
        $answer = Invoke-ChildPowerShell -Answer 'anything' -Command "Import-Module '$ModuleManifest'
            Get-SnapshotManifest '$repository' -ErrorAction SilentlyContinue -ErrorVariable failed
            `$failed.FullyQualifiedErrorId; exit 7"
        $answer.ExitCode | Should -Be 7
        $answer.Output.Trim() | Should -BeLike '*PasswordRequired,BackupTools.Commands.GetSnapshotManifestCommand'
    }

    It 'comes from the environment: <variable>' -ForEach @(
        @{ variable = 'BACKUPTOOLS_PASSWORD_FILE'; value = { $passwordFile } }
        @{ variable = 'BACKUPTOOLS_PASSWORD_COMMAND'; value = { "cat '$passwordFile'" } }
        @{ variable = 'RESTIC_PASSWORD'; value = { $password } }
    ) {
        Set-Item -LiteralPath "Env:$variable" -Value (& $value)
        try {
            Get-SnapshotManifest $repository | Should -Not -BeNullOrEmpty
        }
        finally {
            Remove-Item -LiteralPath "Env:$variable"
        }
    }

    It 'is not needed for a folder store' {
        $store = Join-Path $place 'folder'
        $null = New-Snapshot $state $store -PasswordFile (Join-Path $place 'missing.txt')
        Get-SnapshotManifest $store -PasswordCommand 'no-such-program' | Should -HaveCount 1
    }
}

Describe 'Snapshots in a repository' {
    It 'are emitted as they were taken' {
        $taken | Should -HaveCount 2
        $taken.State | Should -Be @('Complete', 'Complete')
        $taken.Name | Should -Be @('app', 'state')
        $taken[0].EntryCount | Should -Be 500
        $taken[0].Sqlite.Capture | Should -Be 'Exact'
        $taken | ForEach-Object { $_.SnapshotPath | Should -BeLike "$repository*snapshots*" }
    }

    It 'tell how each database in a directory was captured' {
        $taken[1].Databases | Should -HaveCount 1
        $taken[1].Databases[0].PSObject.TypeNames[0] | Should -Be 'BackupTools.CapturedDatabase'
        $taken[1].Databases[0].Path | Should -Be 'users.db'
        "$($taken[1].Databases)" | Should -Be 'users.db (Exact)'
        $listed = Get-SnapshotManifest $taken[1].SnapshotPath -Password $secret
        $listed.Databases[0].CapturedAt | Should -Be $taken[1].Databases[0].CapturedAt
        $listed.Databases[0].SourceState | Should -Be $taken[1].Databases[0].SourceState
        $listed.ChangedWhileRead | Should -HaveCount 0

        # Where a listing tells it, they do not.
        (New-Snapshot $state (Join-Path $place 'plain')).Databases | Should -BeNullOrEmpty
    }

    It 'tell it after <way>, too' -ForEach @(
        @{ way = 'a job'; pass = { $taken[1] | ForEach-Object -Process { Start-Job -InputObject $_ -ScriptBlock { $input } | Receive-Job -Wait -AutoRemoveJob } } }
        @{ way = 'Export-Clixml'; pass = { Export-Clixml -InputObject $taken[1] -LiteralPath "$place/taken.xml"; Import-Clixml -LiteralPath "$place/taken.xml" } }
    ) {
        $object = & $pass
        $object.PSObject.TypeNames[0] | Should -Be 'Deserialized.BackupTools.SnapshotManifest'
        $object.Databases | Should -HaveCount 1
        $object.Databases[0].Path | Should -Be 'users.db'
        $object.Databases[0].Capture | Should -Be 'Exact'
        $object.Databases[0].CapturedAt | Should -Be $taken[1].Databases[0].CapturedAt
        $object.Databases[0].CapturedAt.Kind | Should -Be 'Utc'
        $object.Databases[0].Check.Result | Should -Be 'Ok'
        $object.ChangedWhileRead | Should -HaveCount 0
    }

    It 'tell which files changed each time they were read' -Skip:$IsWindows {
        $path = Join-Path $place 'of-busy'
        $null = Initialize-SnapshotRepository $path -Password $secret
        $source = Join-Path $place 'busy'
        $null = New-Item -ItemType Directory -Path $source
        [System.IO.File]::WriteAllBytes("$source/log", [byte[]]::new(30MB))
        [System.IO.File]::WriteAllText("$place/write.sh", 'while [ -e "$1" ]; do echo x >> "$2"; done')
        $null = New-Item -ItemType File -Path "$place/go"
        $writer = Start-Process -FilePath sh -ArgumentList "$place/write.sh", "$place/go", "$source/log" -PassThru
        try {
            # Before it writes there is nothing to be noticed.
            while ((Get-Item -LiteralPath "$source/log").Length -eq 30MB -and -not $writer.HasExited) {
                $null = [System.Threading.Thread]::Yield()
            }

            $busy = New-Snapshot $source $path -Password $secret -WarningAction SilentlyContinue
        }
        finally {
            Remove-Item -LiteralPath "$place/go"
            $writer.WaitForExit()
        }

        $busy.ChangedWhileRead | Should -Be 'log'
        $stored = Get-SnapshotManifest $path -Password $secret
        [System.Management.Automation.PSSerializer]::Deserialize([System.Management.Automation.PSSerializer]::Serialize($stored)).ChangedWhileRead | Should -Be 'log'
    }

    It 'have the properties that manifests are documented to have' {
        function ConvertTo-PropertyName {
            param([Parameter(ValueFromPipeline)][string] $Key)
            process { -join ($Key -split '_' | ForEach-Object { $_.Substring(0, 1).ToUpperInvariant() + $_.Substring(1) }) }
        }

        $schema = Get-Content -LiteralPath "$PSScriptRoot/../../docs/manifest.schema.json" -Raw | ConvertFrom-Json
        $there = $taken[1].PSObject.Properties.Name
        $schema.properties.PSObject.Properties.Name | ConvertTo-PropertyName | Where-Object { $_ -cnotin $there } | Should -BeNullOrEmpty
        $there = $taken[1].Databases[0].PSObject.Properties.Name
        $schema.properties.databases.items.properties.PSObject.Properties.Name | ConvertTo-PropertyName | Where-Object { $_ -cnotin $there } |
            Should -BeNullOrEmpty
    }

    It 'are listed' {
        $listed = @(Get-SnapshotManifest $repository -Password $secret)
        $listed.Id | Should -Be $taken.Id
        $listed.SnapshotPath | Should -Be $taken.SnapshotPath
        (Get-SnapshotManifest $taken[1].SnapshotPath -Password $secret).Id | Should -Be $taken[1].Id
        (Get-SnapshotManifest $repository -Name app -Password $secret).Id | Should -Be $taken[0].Id
    }

    It 'are tested by level <level>' -ForEach @(@{ level = 'Manifest' }, @{ level = 'Hash' }, @{ level = 'Rehearse' }) {
        $tested = @(Test-Snapshot $repository -Level $level -Password $secret)
        $tested.Result | Should -Be @('Ok', 'Ok')
        $tested.Level | Should -Be @($level, $level)
    }

    It 'are restored: a database' {
        $target = Join-Path $place 'restored/app.db'
        $result = Restore-Snapshot $repository $target -Name app -Password $secret -Confirm:$false
        $result.Verified | Should -BeTrue
        Get-RowCount -Path $target | Should -Be 500
    }

    It 'are restored: a directory, through the pipeline' {
        $target = Join-Path $place 'restored/state'
        $result = Get-SnapshotManifest $repository -Name state -PasswordFile $passwordFile |
            Restore-Snapshot -Destination $target -PasswordFile $passwordFile -Confirm:$false
        $result.To | Should -Be $target
        Get-Content -LiteralPath "$target/notes/today.txt" | Should -Be 'Buy milk.'
        Get-RowCount -Path "$target/users.db" | Should -Be 20
        Test-Path -LiteralPath "$target/.backuptools" | Should -BeFalse
    }

    It 'are restored: one file' {
        $target = Join-Path $place 'restored/part'
        $null = Restore-Snapshot $taken[1].SnapshotPath $target -Include 'notes/' -Password $secret -Confirm:$false
        (Get-ChildItem -LiteralPath $target -Recurse -File).Name | Should -Be 'today.txt'
    }

    It 'go through the pipeline to Test-Snapshot, from a job too' {
        Get-SnapshotManifest $repository -Password $secret | Test-Snapshot -Quiet -Password $secret | Should -BeTrue
        $object = [System.Management.Automation.PSSerializer]::Deserialize([System.Management.Automation.PSSerializer]::Serialize($taken[0]))
        ($object | Test-Snapshot -Password $secret).Result | Should -Be 'Ok'
        $forged = $taken[0] | Select-Object -Property *
        $forged.Id = '01900000-0000-7000-8000-000000000000'
        $forged | Test-Snapshot -Password $secret -ErrorAction SilentlyContinue -ErrorVariable failed
        Get-ErrorName -ErrorRecord $failed[0] | Should -Be 'SnapshotDamaged'
    }

    It 'are planned with -WhatIf, and nothing is written' {
        $before = Get-TreeState -Path $repository
        New-Snapshot $database $repository -Keep 1 -Password $secret -WhatIf | Should -BeNullOrEmpty
        Remove-OldSnapshot $repository -KeepLast 1 -Password $secret -WhatIf
        Restore-Snapshot $repository (Join-Path $place 'planned.db') -Name app -Password $secret -WhatIf
        Get-TreeState -Path $repository | Should -Be $before
    }

    It 'ask for the program once in a call, however many sources there are' {
        $count = Join-Path $place 'count.txt'
        $command = "sh -c 'echo asked >> ''`$0''; cat ''`$1''' '$count' '$passwordFile'".Replace("''", '"')
        $null = New-Snapshot $database, $state $repository -Keep 0 -PasswordCommand $command
        Get-Content -LiteralPath $count | Should -HaveCount 1
    }

    It 'are thinned out, and the room is given back' {
        $path = Join-Path $place 'thinned'
        $null = Initialize-SnapshotRepository $path -Password $secret
        $many = @(1..3 | ForEach-Object {
                $null = Invoke-Sqlite -Path $database -Sql "INSERT INTO item SELECT NULL, hex(randomblob(2000)) FROM item LIMIT 100;"
                New-Snapshot $database $path -Password $secret
            })
        $before = (Get-ChildItem -LiteralPath "$path/data" -Recurse -File | Measure-Object -Property Length -Sum).Sum
        $decisions = @(Remove-OldSnapshot $path -KeepLast 1 -Password $secret -PassThru)
        $decisions.Action | Should -Be @('Remove', 'Remove', 'Keep')
        (Get-SnapshotManifest $path -Password $secret).Id | Should -Be $many[2].Id
        (Get-ChildItem -LiteralPath "$path/data" -Recurse -File | Measure-Object -Property Length -Sum).Sum | Should -BeLessThan $before
        (Test-Snapshot $path -Password $secret).Result | Should -Be 'Ok'
    }

    It 'that -Keep forgot give their room back with the next Remove-OldSnapshot, though it removes none' {
        $path = Join-Path $place 'forgotten'
        $source = Join-Path $place 'forgetful'
        $null = New-Item -ItemType Directory -Path $source
        $null = Initialize-SnapshotRepository $path -Password $secret
        [System.IO.File]::WriteAllBytes("$source/random.bin", [System.Security.Cryptography.RandomNumberGenerator]::GetBytes(300kb))
        $null = New-Snapshot $source $path -Password $secret
        [System.IO.File]::WriteAllText("$source/random.bin", 'no more')
        (New-Snapshot $source $path -Keep 1 -Password $secret).Removed | Should -HaveCount 1
        $before = Get-TreeState -Path $path
        Remove-OldSnapshot $path -KeepLast 5 -Password $secret -WhatIf
        Get-TreeState -Path $path | Should -Be $before
        (Remove-OldSnapshot $path -KeepLast 5 -Password $secret -PassThru).Action | Should -Be 'Keep'
        (Get-ChildItem -LiteralPath "$path/data" -Recurse -File | Measure-Object -Property Length -Sum).Sum | Should -BeLessThan 100kb
        (Test-Snapshot $path -Password $secret).Result | Should -Be 'Ok'
    }

    It 'that are damaged are found' {
        $path = Join-Path $place 'damaged'
        $null = Initialize-SnapshotRepository $path -Password $secret
        $null = New-Snapshot $database $path -Password $secret
        $pack = Get-ChildItem -LiteralPath "$path/data" -Recurse -File | Sort-Object -Property Length | Select-Object -Last 1
        $bytes = [System.IO.File]::ReadAllBytes($pack.FullName)
        $bytes[40] = $bytes[40] -bxor 1
        Remove-Item -LiteralPath $pack.FullName -Force
        [System.IO.File]::WriteAllBytes($pack.FullName, $bytes)
        $result = Test-Snapshot $path -Password $secret
        $result.Result | Sort-Object -Unique | Should -Be 'Failed'
        $result.Problems | Should -Not -BeNullOrEmpty
        Test-Snapshot $path -Password $secret -Quiet | Should -BeFalse
    }

    It 'of which a directory is lost are restored without verification, and what is missing is an error beside the result' {
        $path = Join-Path $place 'lossy'
        $source = (New-Item -ItemType Directory -Path (Join-Path $place 'lossy-source/deep')).Parent.FullName
        [System.IO.File]::WriteAllText("$source/deep/old.txt", 'lost')
        $null = Initialize-SnapshotRepository $path -Password $secret
        $null = New-Snapshot $source $path -Password $secret
        $old = Get-ChildItem -LiteralPath "$path/data" -Recurse -File
        [System.IO.File]::WriteAllText("$source/new.txt", 'kept')
        $snapshot = New-Snapshot $source $path -Password $secret
        $old | Remove-Item -Force
        $target = Join-Path $place 'lossy-target'
        $result = Restore-Snapshot -InputObject $snapshot -Destination $target -SkipVerify -Password $secret -Confirm:$false -WarningAction SilentlyContinue -WarningVariable told -ErrorAction SilentlyContinue -ErrorVariable failed
        $result.Verified | Should -BeFalse
        $failed | Should -HaveCount 1
        $failed[0].FullyQualifiedErrorId | Should -Be 'RestoreIncomplete,BackupTools.Commands.RestoreSnapshotCommand'
        $failed[0].TargetObject | Should -Be $target
        $told -join ' ' | Should -MatchExactly "'deep'"
        Get-Content -LiteralPath "$target/new.txt" | Should -Be 'kept'
        Test-Path -LiteralPath "$target/deep/old.txt" | Should -BeFalse
    }
}

Describe 'Repair-SnapshotRepository' {
    It 'makes a lost index anew, so that the snapshots are whole again' {
        $path = Join-Path $place 'lost[1]'
        $null = Initialize-SnapshotRepository $path -Password $secret
        $null = New-Snapshot -LiteralPath $state -Destination $path -Password $secret
        Get-ChildItem -LiteralPath "$path/index" | Remove-Item -Force
        $found = Test-Snapshot -LiteralPath $path -Password $secret
        $found.Result | Should -Be @('Failed', 'Failed')
        $found[0].Problems -join '' | Should -MatchExactly 'Repair-SnapshotRepository'
        Remove-OldSnapshot -LiteralPath $path -KeepLast 1 -Password $secret -ErrorAction SilentlyContinue -ErrorVariable failed
        Get-ErrorName -ErrorRecord $failed[0] | Should -Be 'VerificationFailed'
        $failed[0].Exception.Message | Should -MatchExactly 'Repair-SnapshotRepository'

        $before = Get-TreeState -Path $path
        Repair-SnapshotRepository -LiteralPath $path -Password $secret -WhatIf | Should -BeNullOrEmpty
        Get-TreeState -Path $path | Should -Be $before

        $result = Get-Item -LiteralPath $path | Repair-SnapshotRepository -Password $secret -LockTimeout 5s
        $result.PSObject.TypeNames[0] | Should -Be 'BackupTools.RepositoryRepairResult'
        $result.Status | Should -Be 'Repaired'
        $result.Path | Should -Be $path
        $result.Packs | Should -Be @(Get-ChildItem -LiteralPath "$path/data" -Recurse -File).Count
        $result.Pieces | Should -BeGreaterThan 3
        $result.Problems | Should -HaveCount 0
        ($result | Out-String) | Should -Match '(?s)Status.*Path.*Packs.*Pieces.*Problems'
        (Test-Snapshot -LiteralPath $path -Password $secret).Result | Should -Be 'Ok'
    }

    It 'refuses what is no repository' {
        Repair-SnapshotRepository $state -Password $secret -ErrorAction SilentlyContinue -ErrorVariable failed
        Get-ErrorName -ErrorRecord $failed[0] | Should -Be 'StoreNotFound'
    }
}

Describe 'Together with restic' -Skip:(-not $script:withRestic) {
    BeforeAll {
        $version = "$(restic version)"
        $isOld = $version -match '^restic 0\.(\d+)' -and [int] $Matches[1] -lt 14

        function Skip-OldRestic {
            # Ends a test that needs a restic which opens what is made here.
            [CmdletBinding()]
            param()
            if ($isOld) {
                Set-ItResult -Skipped -Because "'$version' does not know format 2"
            }
        }
    }

    It 'what was written here is clean to restic, and restored by it' {
        Skip-OldRestic
        Invoke-Restic -Argument 'check', '--read-data' | Select-Object -Last 1 | Should -Be 'no errors were found'
        $target = Join-Path $place 'by-restic'
        $null = Invoke-Restic -Argument 'restore', 'latest', '--path', $state, '--target', $target
        Get-Content -LiteralPath "$target$state/notes/today.txt" | Should -Be 'Buy milk.'
        Get-RowCount -Path "$target$state/users.db" | Should -Be 20
        Test-Path -LiteralPath "$target/.backuptools/manifest.json" | Should -BeTrue
    }

    It 'what restic wrote is listed, tested and restored here' {
        Skip-OldRestic
        $null = Invoke-Restic -Argument 'backup', '--host', 'elsewhere', '--tag', 'by-restic', $state
        $listed = Get-SnapshotManifest $repository -HostName elsewhere -Password $secret
        $listed.Tags | Should -Be 'by-restic'

        # Since 0.17 it records how much there is; before, nobody knows.
        if ((Invoke-Restic -Argument 'cat', 'snapshot', $listed.Snapshot) -match '"summary"') {
            $listed.Bytes | Should -BeGreaterThan 0
        }
        else {
            $listed.Bytes | Should -BeNullOrEmpty
            $listed.EntryCount | Should -BeNullOrEmpty
            ($listed | Out-String) | Should -Match '\sdirectory\s+-\s+-\s+Complete'
            ($listed | Format-List | Out-String) | Should -Match '(?m)^Size\s+: -\s*$'
        }

        (Test-Snapshot $listed.SnapshotPath -Password $secret).Result | Should -Not -Be 'Failed'
        $target = Join-Path $place 'from-restic'
        $null = $listed | Restore-Snapshot -Destination $target -Password $secret -Confirm:$false
        Get-Content -LiteralPath "$target/notes/today.txt" | Should -Be 'Buy milk.'
    }

    It 'what -Keep leaves there while restic is at work is told by a warning' -Skip:$IsWindows {
        Skip-OldRestic
        $repository = Join-Path $place 'shared'
        $null = Initialize-SnapshotRepository $repository -Password $secret
        $null = New-Snapshot $state $repository -Password $secret
        $null = New-Item -ItemType File -Path "$place/at-work"

        # restic waits for its input, and holds its lock.
        $work = '{ while [ -e "$1" ]; do sleep 0.1; done; echo end; } | restic -q --no-cache -r "$2" --password-file "$3" backup --stdin'
        [System.IO.File]::WriteAllText("$place/work.sh", $work)
        $restic = Start-Process -FilePath sh -ArgumentList "$place/work.sh", "$place/at-work", $repository, $passwordFile -PassThru
        try {
            $locked = { @(Get-ChildItem -LiteralPath "$repository/locks").Count -gt 0 }
            [System.Threading.SpinWait]::SpinUntil([Func[bool]]$locked, 60000) | Should -BeTrue
            $made = New-Snapshot $state $repository -Keep 1 -Password $secret -WarningVariable warned -WarningAction SilentlyContinue -ErrorVariable failed
        }
        finally {
            Remove-Item -LiteralPath "$place/at-work"
            $restic.WaitForExit()
        }

        $made.Removed | Should -HaveCount 0
        $warned | Should -HaveCount 1
        $warned[0].Message | Should -BeLike "*$repository*"
        $failed | Should -BeNullOrEmpty
        (New-Snapshot $state $repository -Keep 1 -Password $secret).Removed | Should -HaveCount 2
    }

    It 'a repository that restic made is a store' {
        $repository = Join-Path $place 'restics'
        $null = Invoke-Restic -Argument 'init'
        $null = New-Snapshot $state $repository -PasswordFile $passwordFile
        (Get-SnapshotManifest $repository -PasswordFile $passwordFile).State | Should -Be 'Complete'
        Invoke-Restic -Argument 'check' | Select-Object -Last 1 | Should -Be 'no errors were found'
    }
}
