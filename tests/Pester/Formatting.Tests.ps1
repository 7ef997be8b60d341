BeforeAll {
    . "$PSScriptRoot/Scene.ps1"
    $PSStyle.OutputRendering = 'PlainText'
    $place = Join-Path $TestDrive 'shown'
    $small = New-Database -Path (Join-Path $place 'small.db')
    $large = New-Database -Path (Join-Path $place 'large.db') -Row 20000
    $store = Join-Path $place 'store'
    $made = @(
        New-Snapshot $large $store
        New-Snapshot $small $store
    )

    function Get-Line {
        # What is shown of objects, line by line.
        param([object[]] $Shown)
        ($Shown | Out-String -Width 160).Trim() -split '\r?\n' | ForEach-Object { $_.TrimEnd() } | Where-Object { $_ }
    }
}

AfterAll {
    $PSStyle.OutputRendering = 'Host'
}

Describe 'What is shown' {
    It 'of manifests: time, name, kind, size in units, entries and state' {
        $lines = Get-Line -Shown ($made)
        $lines[0] | Should -Match '^CreatedAt \(UTC\)\s+Name\s+Kind\s+Size\s+Entries\s+State$'
        $lines[2] | Should -Match '^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\s+large\s+sqlite\s+\d{3}[.,]\d KiB\s+20000\s+Complete$'
        $lines[3] | Should -Match '\ssmall\s.*\s8[.,]0 KiB\s+3\s+Complete$'
        $lines | Should -HaveCount 4
    }

    It 'of manifests as a list: everything' {
        $lines = Get-Line -Shown ($made[0] | Format-List)
        $labels = $lines | Where-Object { $_ -match '^(\w+)\s+:' } | ForEach-Object { ($_ -split ' ')[0] }
        $made[0].PSObject.Properties.Name | Where-Object { $_ -notin $labels } | Should -BeNullOrEmpty
    }

    It 'of a restore: from where to where, and the safety copy' {
        $lines = Get-Line -Shown (Restore-Snapshot $store $small -Name small -Confirm:$false)
        $lines -join "`n" | Should -Match '(?s)^Status\s+: Restored.*From\s+: .*To\s+: .*Previous\s+: .*pre-restore.*Verified\s+: True'
    }

    It 'of a test: result, level, snapshot and problems' {
        $lines = Get-Line -Shown (Test-Snapshot $store -Level Manifest)
        $lines[0] | Should -Match '^Result\s+Level\s+Snapshot\s+Problems$'
        $lines[2] | Should -Match '^Ok\s+Manifest\s+large-'
    }

    It 'of decisions: action, snapshot and reasons' {
        $lines = Get-Line -Shown (Remove-OldSnapshot $store -Keep 5 -PassThru)
        $lines[0] | Should -Match '^Action\s+Snapshot\s+Reasons$'
        $lines[2] | Should -Match '^Keep\s+large-\S+\s+last'
    }

    It 'sorts sizes and times as values' {
        ($made | Sort-Object -Property Bytes).Name | Should -Be @('small', 'large')
        ($made | Sort-Object -Property CreatedAt -Descending).Name | Should -Be @('small', 'large')
    }

    It 'has default properties, which Format-Table and others go by' {
        ($made[0].PSStandardMembers.DefaultDisplayPropertySet.ReferencedPropertyNames) |
            Should -Be @('CreatedAt', 'Name', 'Kind', 'Bytes', 'EntryCount', 'State')
    }
}
