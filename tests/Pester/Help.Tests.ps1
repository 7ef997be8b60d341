#Requires -Modules @{ ModuleName = 'Pester'; ModuleVersion = '5.5.0' }

# The help is complete, says what the cmdlets have, and is what the markdown in docs/en-US makes.

BeforeDiscovery {
    $root = "$PSScriptRoot/../.."
    Import-Module -Name ($env:BACKUPTOOLS_MODULE ? $env:BACKUPTOOLS_MODULE : "$root/BackupTools.psd1")
    $common = [System.Management.Automation.Cmdlet]::CommonParameters
    $script:cmdlets = @(Get-Command -Module BackupTools | ForEach-Object {
            @{ Name = $_.Name; Command = $_; ParameterNames = @($_.Parameters.Keys | Where-Object { $_ -notin $common }) }
        })
    $script:parameters = @(foreach ($cmdlet in $script:cmdlets) {
            $cmdlet.ParameterNames | ForEach-Object { @{ Name = $cmdlet.Name; Command = $cmdlet.Command; ParameterName = $_ } }
        })
    $script:choices = @($script:parameters | Where-Object { $_.Command.Parameters[$_.ParameterName].ParameterType.IsEnum })
    $script:topics = @(Get-ChildItem -Path "$root/docs/en-US/about_*.md" | ForEach-Object BaseName)
}

BeforeAll {
    $root = [System.IO.Path]::GetFullPath("$PSScriptRoot/../..")
    Import-Module -Name ($env:BACKUPTOOLS_MODULE ? $env:BACKUPTOOLS_MODULE : "$root/BackupTools.psd1")

    function Get-Text {
        param([object[]] $Paragraph)

        ($Paragraph | ForEach-Object Text) -join "`n"
    }
}

Describe 'The help of <Name>' -ForEach $script:cmdlets {
    BeforeAll {
        $script:help = Get-Help -Name $Name -Full
    }

    It 'Has a synopsis of one sentence' {
        $help.Synopsis | Should -Match '^[A-Z].+\.$'
        $help.Synopsis | Should -Not -Match "\n|$Name \["
    }

    It 'Has a description' {
        (Get-Text -Paragraph $help.description).Length | Should -BeGreaterThan 200
    }

    It 'Has examples with a title, code and words' {
        $examples = @($help.examples.example)
        $examples.Count | Should -BeGreaterOrEqual 2
        foreach ($example in $examples) {
            $example.title | Should -Match 'Example \d+: \w'
            $example.code | Should -Match '\w-\w'
            Get-Text -Paragraph $example.remarks | Should -Not -BeNullOrEmpty
        }
    }

    It 'Describes the parameters that there are, and no others' {
        $described = @($help.parameters.parameter | ForEach-Object name) | Sort-Object
        $described | Should -Be ($ParameterNames | Sort-Object)
    }

    It 'Names what goes in and what comes out' {
        $help.inputTypes.inputType.type.name | Should -Not -BeNullOrEmpty
        $outputs = @($help.returnValues.returnValue | ForEach-Object { $_.type.name })
        $Command.OutputType.Name | Where-Object { $_ -notin $outputs } | Should -BeNullOrEmpty
    }

    It 'Has notes with identifiers of errors that exist' {
        $known = (Get-Content -LiteralPath "$root/src/BackupTools.Core/ErrorId.cs", "$root/src/BackupTools/Errors.cs" -Raw) -join "`n"
        $notes = Get-Text -Paragraph $help.alertSet.alert
        $listed = [regex]::Matches($notes, '(?m)^- ((?:\w+, )*\w+)[:.]') | ForEach-Object { $_.Groups[1].Value -split ', ' }
        $listed.Count | Should -BeGreaterThan 3
        $listed | Where-Object { $known -cnotmatch "\b$_\b" } | Should -BeNullOrEmpty
    }

    It 'Links to help that exists' {
        $links = @($help.relatedLinks.navigationLink | ForEach-Object linkText)
        $links.Count | Should -BeGreaterThan 2
        $links | Where-Object { -not (Get-Help -Name $_ -ErrorAction Ignore) } | Should -BeNullOrEmpty
    }

    It 'Holds no markdown and no placeholders' {
        $text = $help | Out-String -Width 1000
        $text | Should -Not -Match '`|\{\{|\]\('
        $text | Should -Not -Match '\*\*\w'
    }
}

Describe 'The help of the parameter <ParameterName> of <Name>' -ForEach $script:parameters {
    BeforeAll {
        $script:help = Get-Help -Name $Name -Parameter $ParameterName
        $script:parameter = $Command.Parameters[$ParameterName]
        $script:attributes = @($parameter.Attributes | Where-Object { $_ -is [Parameter] })
    }

    It 'Is there and says what the parameter is' {
        Get-Text -Paragraph $help.description | Should -Match '^[A-Z][^\n]+\.'
        $help.required | Should -Be ([string] ($attributes.Mandatory -contains $true)).ToLowerInvariant()
        $help.globbing | Should -Be ([string] ($parameter.Attributes.TypeId -contains [SupportsWildcards])).ToLowerInvariant()
        $position = $attributes[0].Position
        $help.position | Should -Be ($position -ge 0 ? [string] $position : 'Named')
        $aliases = $parameter.Aliases.Count -gt 0 ? $parameter.Aliases -join ', ' : 'none'
        $help.aliases | Should -Be $aliases
        $type = [System.Nullable]::GetUnderlyingType($parameter.ParameterType) ?? $parameter.ParameterType
        $help.type.name | Should -Be $type.FullName
        $pipeline = $attributes.ValueFromPipeline -contains $true ? 'true (ByValue)' :
            $attributes.ValueFromPipelineByPropertyName -contains $true ? 'true (ByPropertyName)' : 'false'
        $help.pipelineInput | Should -Be $pipeline
    }
}

Describe 'The values of the parameter <ParameterName> of <Name>' -ForEach $script:choices {
    It 'Are named by its help' {
        $text = Get-Text -Paragraph (Get-Help -Name $Name -Parameter $ParameterName).description
        $values = [enum]::GetNames($Command.Parameters[$ParameterName].ParameterType)
        $values | Where-Object { $text -notmatch "(?m)^- $_\b" } | Should -BeNullOrEmpty
    }
}

Describe 'The topic <_>' -ForEach $script:topics {
    It 'Is found by Get-Help' {
        $text = Get-Help -Name $_ | Out-String
        $text | Should -BeLike "TOPIC*$_*SHORT DESCRIPTION*LONG DESCRIPTION*SEE ALSO*"
        (Get-Help -Name "$_*" | Where-Object Name -EQ $_).Synopsis | Should -BeLike 'Describes*'
    }

    It 'Fits a window of 80 columns, its code excepted' {
        Get-Content -LiteralPath "$root/module/en-US/$_.help.txt" |
            Where-Object { $_.Length -gt 80 -and $_ -notlike '        *' } |
            Should -BeNullOrEmpty
    }
}

Describe 'The help in module/en-US' {
    It 'Is what the markdown makes' {
        if (-not (Get-Module -Name Microsoft.PowerShell.PlatyPS -ListAvailable)) {
            Set-ItResult -Skipped -Because 'Microsoft.PowerShell.PlatyPS is not installed'
        }

        Import-Module -Name "$root/docs/HelpText.psm1" -Force
        Export-Help -Destination "$TestDrive/en-US"
        $made = @(Get-ChildItem -LiteralPath "$TestDrive/en-US" | ForEach-Object Name)
        $made | Should -Be @(Get-ChildItem -LiteralPath "$root/module/en-US" | ForEach-Object Name)
        foreach ($name in $made) {
            $expected, $committed = "$TestDrive/en-US/$name", "$root/module/en-US/$name" |
                ForEach-Object { (Get-Content -LiteralPath $_ -Raw) -replace '\r' }
            $committed -ceq $expected | Should -BeTrue -Because "./build.ps1 -Task Docs makes another $name"
        }
    }

    It 'Is made by a script that PSScriptAnalyzer has nothing against' {
        if (-not (Get-Module -Name PSScriptAnalyzer -ListAvailable)) {
            Set-ItResult -Skipped -Because 'PSScriptAnalyzer is not installed'
        }

        Invoke-ScriptAnalyzer -Path "$root/docs/HelpText.psm1" | ForEach-Object Message | Should -BeNullOrEmpty
    }

    It 'Names every error that a cmdlet can report' {
        $ids = [regex]::Matches((Get-Content -LiteralPath "$root/src/BackupTools.Core/ErrorId.cs" -Raw), '(?m)^    (\w+),') |
            ForEach-Object { $_.Groups[1].Value }
        $ids += [regex]::Matches((Get-Content -LiteralPath "$root/src/BackupTools/Errors.cs" -Raw), '(?m)^\s+"([A-Z]\w+)",') |
            ForEach-Object { $_.Groups[1].Value }
        $ids.Count | Should -BeGreaterThan 25
        $text = Get-Content -LiteralPath "$root/module/en-US/BackupTools.dll-Help.xml" -Raw

        # Ctrl-C stops the pipeline and is no error there.
        $ids | Where-Object { $_ -ne 'Cancelled' -and $text -cnotmatch "\b$_\b" } | Should -BeNullOrEmpty
    }
}
