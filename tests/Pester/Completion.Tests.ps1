BeforeAll {
    . "$PSScriptRoot/Scene.ps1"
    $place = Join-Path $TestDrive 'completed'
    $app = New-Database -Path (Join-Path $place 'app.db')
    $null = New-Item -ItemType Directory -Path "$place/tree/data/deep", "$place/tree/conf"
    $null = New-Snapshot $app "$place/backups" -Tag nightly, 'with space' -HostName here
    $null = New-Snapshot $app "$place/other" -Name 'it''s' -Tag rare
    $null = New-Item -ItemType Directory -Path "$place/broken"
    '{' | Set-Content -LiteralPath "$place/broken/x-2026-11-21T034218Z.manifest.json"

    function Get-Completion {
        # What Tab offers at the end of a line.
        param([string] $Line)
        Push-Location -LiteralPath $place
        try {
            @((TabExpansion2 -inputScript $Line -cursorColumn $Line.Length).CompletionMatches.CompletionText)
        }
        finally {
            Pop-Location
        }
    }
}

Describe 'Completion' {
    It 'of <line>' -ForEach @(
        @{ line = 'Get-SnapshotManifest -Name '; expected = 'app' }
        @{ line = 'Get-SnapshotManifest -Path ./other -Name '; expected = '''it''''s''' }
        @{ line = 'Get-SnapshotManifest -LiteralPath other -Tag '; expected = 'rare' }
        @{ line = 'Get-SnapshotManifest ./backups -HostName '; expected = 'here' }
        @{ line = 'Get-SnapshotManifest -Tag '; expected = 'nightly', '''with space''' }
        @{ line = 'Get-SnapshotManifest -Tag nig'; expected = 'nightly' }
        @{ line = 'Get-SnapshotManifest -Tag ''with'; expected = '''with space''' }
        @{ line = 'Restore-Snapshot ./other -Destination ./backups -Name '; expected = '''it''''s''' }
        @{ line = 'Remove-OldSnapshot ./other -KeepTag '; expected = 'rare' }
        @{ line = 'New-Snapshot app.db -Destination ./other -Name '; expected = '''it''''s''' }
        @{ line = 'New-Snapshot app.db -Tag '; expected = 'nightly', '''with space''' }
        @{ line = 'New-Snapshot tree -Section '; expected = 'conf', 'data' }
        @{ line = 'New-Snapshot tree -Section data/'; expected = 'data/deep' }
        @{ line = 'New-Snapshot app.db -Capture '; expected = 'Exact', 'Vacuum' }
        @{ line = 'Test-Snapshot -Level '; expected = 'Hash', 'Manifest', 'Rehearse' }
    ) {
        Get-Completion -Line $line | Sort-Object | Should -Be ($expected | Sort-Object)
    }

    It 'of a source offers what the store has' {
        Get-Completion -Line 'Restore-Snapshot -Path ./backups -Source ' | Should -Be $app
    }

    It 'never throws: <line>' -ForEach @(
        @{ line = 'Get-SnapshotManifest -Path ./none -Name ' }
        @{ line = 'Get-SnapshotManifest -Path Env:/PATH -Name ' }
        @{ line = 'Get-SnapshotManifest -Path ''nowhere:/x'' -Tag ' }
        @{ line = 'New-Snapshot ./none -Section ' }
        @{ line = 'New-Snapshot -Section ../../' }
    ) {
        { Get-Completion -Line $line } | Should -Not -Throw
        $count = $Error.Count
        $null = Get-Completion -Line $line
        $Error.Count | Should -Be $count
    }

    It 'runs no program for a repository''s password, and offers nothing then: <variable>' -Skip:$IsWindows -ForEach @(
        @{ variable = 'BACKUPTOOLS_PASSWORD_COMMAND' }
        @{ variable = 'RESTIC_PASSWORD_COMMAND' }
    ) {
        $repository = Join-Path $place $variable
        $ran = "$repository-ran"
        [System.IO.File]::WriteAllText("$repository-password.sh", "echo ran >> '$ran'; echo secret")
        Set-Item -LiteralPath "Env:$variable" -Value "sh '$repository-password.sh'"
        try {
            $null = Initialize-SnapshotRepository $repository
            $null = New-Snapshot $app $repository -Name hidden
            (Get-SnapshotManifest $repository).Name | Should -Be 'hidden'
            Get-Content -LiteralPath $ran | Should -HaveCount 3
            Get-Completion -Line "Get-SnapshotManifest -Path '$repository' -Name hid" | Should -BeNullOrEmpty
            Get-Content -LiteralPath $ran | Should -HaveCount 3
        }
        finally {
            Remove-Item -LiteralPath "Env:$variable"
        }
    }

    It 'passes a damaged store over' {
        { Get-Completion -Line 'Get-SnapshotManifest -Path ./broken -Name ' } | Should -Not -Throw
    }
}
