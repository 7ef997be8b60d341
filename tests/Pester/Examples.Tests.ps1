#Requires -Modules @{ ModuleName = 'Pester'; ModuleVersion = '5.5.0' }

# Every example of the help is run as it stands, in a directory with what it names.

BeforeDiscovery {
    Import-Module -Name "$PSScriptRoot/MarkdownCode.psm1" -Force
    $pages = @(Get-ChildItem -Path "$PSScriptRoot/../../docs/en-US/*.md")
    $script:blocks = @($pages | ForEach-Object { Get-MarkdownCode -LiteralPath $_.FullName } | Where-Object Language -EQ 'powershell')
    # The README's blocks follow one upon the other.
    $readme = "$PSScriptRoot/../../README.md"
    $script:session = @(
        if (Test-Path -LiteralPath $readme) {
            Get-MarkdownCode -LiteralPath $readme | Where-Object Language -EQ 'powershell'
        })
    $numbers = @{}
    foreach ($block in $script:blocks + $script:session) {
        $numbers[$block.Page + $block.Title]++
        $block | Add-Member -NotePropertyName Number -NotePropertyValue $numbers[$block.Page + $block.Title]
    }

    # What is saved as a file is run by Scheduling.Tests.ps1, and Task Scheduler is there on Windows alone.
    $script:examples = @($script:blocks | Where-Object { -not $_.File -and $_.Code -notmatch 'ScheduledTask' })
}

Describe 'Examples' {
    BeforeAll {
        Import-Module -Name "$PSScriptRoot/SamplePlace.psm1" -Force
        $moduleplace = (New-Item -ItemType Directory -Path "$TestDrive/modules").FullName
        Initialize-ModulePlace -LiteralPath $moduleplace

        # A series goes by its source's full path, so each example finds the sample at the same place.
        $place = Join-Path -Path $TestDrive -ChildPath 'place'
        $sample = Join-Path -Path $TestDrive -ChildPath 'sample'
        Initialize-SamplePlace -LiteralPath $place -ModulePlace $moduleplace
        Copy-Item -LiteralPath $place -Destination $sample -Recurse
    }

    BeforeEach {
        Remove-Item -LiteralPath $place -Recurse -Force
        Copy-Item -LiteralPath $sample -Destination $place -Recurse
    }

    It 'There are examples for every cmdlet' -TestCases @{ Examples = $script:examples } {
        $withExamples = $Examples.Page | Sort-Object -Unique
        $cmdlets = (Import-PowerShellDataFile -LiteralPath "$PSScriptRoot/../../BackupTools.psd1").CmdletsToExport
        $cmdlets | Where-Object { $_ -notin $withExamples } | Should -BeNullOrEmpty
    }

    It '<_.Page>: <_.Title> (<_.Number>)' -ForEach $script:examples {
        $run = Invoke-Session -Code $_.Code -Location $place -ModulePlace $moduleplace
        $run.ErrorText | Should -BeNullOrEmpty
        $run.ExitCode | Should -Be 0
    }
}

Describe 'The README' {
    It 'Has a session that runs word for word in a checkout' -Skip:($script:session.Count -eq 0) -TestCases @{ Session = $script:session } {
        Import-Module -Name "$PSScriptRoot/SamplePlace.psm1" -Force
        $checkout = "$TestDrive/checkout"
        Initialize-ModulePlace -LiteralPath $checkout
        $checkout = "$checkout/BackupTools"
        New-Item -ItemType Directory -Path "$checkout/tests/Fixtures" | Out-Null
        Copy-SampleDatabase -Destination "$checkout/tests/Fixtures/app.db"
        $run = Invoke-Session -Code ($Session.Code -join "`n") -Location $checkout
        $run.ErrorText | Should -BeNullOrEmpty
        $run.ExitCode | Should -Be 0
    }
}

Describe 'The code of the documentation' {
    It '<_.Page>: <_.Title> (<_.Number>) has nothing that PSScriptAnalyzer finds' -ForEach ($script:blocks + $script:session) {
        if (-not (Get-Module -Name PSScriptAnalyzer -ListAvailable)) {
            Set-ItResult -Skipped -Because 'PSScriptAnalyzer is not installed'
        }

        Invoke-ScriptAnalyzer -ScriptDefinition $_.Code | ForEach-Object Message | Should -BeNullOrEmpty
    }
}
