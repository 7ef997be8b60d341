BeforeDiscovery {
    . "$PSScriptRoot/Scene.ps1"
    $scripts = @(
        Get-ChildItem -LiteralPath $ModuleDirectory -File | Where-Object Extension -In '.ps1', '.psd1', '.psm1'
        Get-ChildItem -LiteralPath "$ModuleDirectory/module" -File | Where-Object Extension -In '.ps1', '.psd1', '.psm1', '.ps1xml'
        Get-ChildItem -LiteralPath $PSScriptRoot -File | Where-Object Extension -In '.ps1', '.psd1', '.psm1'
    ) | ForEach-Object { @{ name = [System.IO.Path]::GetRelativePath($ModuleDirectory, $_.FullName); path = $_.FullName } }
}

Describe 'Scripts' -Tag NeedsAnalyzer {
    It 'has nothing that PSScriptAnalyzer finds fault with: <name>' -ForEach $scripts {
        if (-not (Get-Module -ListAvailable -Name PSScriptAnalyzer)) {
            Set-ItResult -Skipped -Because 'PSScriptAnalyzer is not installed'
        }

        # Pester's blocks set what other blocks read, which the analyzer cannot see.
        $exclude = $path -like '*.Tests.ps1' -or $path -like '*Scene.ps1' ? @('PSUseDeclaredVarsMoreThanAssignments', 'PSReviewUnusedParameter') : @()
        $found = Invoke-ScriptAnalyzer -Path $path -ExcludeRule $exclude
        ($found | ForEach-Object { "$($_.ScriptName):$($_.Line) $($_.RuleName): $($_.Message)" }) -join "`n" | Should -BeNullOrEmpty
    }
}
