# Makes what Get-Help reads of the markdown in docs/en-US.

Set-StrictMode -Version 3.0

$script:Width = 76

function Export-Help {
    <#
    .SYNOPSIS
        Writes the help of the cmdlets (by PlatyPS, skipped where it is missing) and the about topics to a directory.
    #>
    param([string] $Destination)

    New-Item -ItemType Directory -Path $Destination -Force | Out-Null
    if (Get-Module -Name Microsoft.PowerShell.PlatyPS -ListAvailable) {
        Export-CommandHelp -Destination $Destination
    }
    else {
        Write-Warning 'The help of the cmdlets was not built: Microsoft.PowerShell.PlatyPS is not installed. What is committed stays.'
    }

    foreach ($page in Get-ChildItem -Path "$PSScriptRoot/en-US/about_*.md") {
        $lines = ConvertTo-AboutText -Line (Get-Content -LiteralPath $page.FullName)
        [System.IO.File]::WriteAllText("$Destination/$($page.BaseName).help.txt", ($lines -join "`n").TrimEnd() + "`n")
    }
}

function Export-CommandHelp {
    param([string] $Destination)

    Import-Module -Name Microsoft.PowerShell.PlatyPS -Verbose:$false
    $pages = @(Get-ChildItem -Path "$PSScriptRoot/en-US/*-*.md")
    $commands = @($pages | ForEach-Object { Import-MarkdownCommandHelp -LiteralPath $_.FullName })
    if ($commands.Count -ne $pages.Count) {
        throw "$($pages.Count) pages gave the help of $($commands.Count) commands."
    }

    # PlatyPS writes into a directory that it names after the module, and PowerShell looks one above.
    $temporary = [System.IO.Directory]::CreateTempSubdirectory('BackupTools').FullName
    try {
        foreach ($file in $commands | Export-MamlCommandHelp -OutputFolder $temporary -Force) {
            $maml = [xml] (Get-Content -LiteralPath $file.FullName -Raw)
            Update-Maml -Maml $maml -Command $commands -Confirm:$false
            $settings = [System.Xml.XmlWriterSettings] @{
                Indent       = $true
                NewLineChars = "`n"
                Encoding     = [System.Text.UTF8Encoding]::new($false)
            }
            $writer = [System.Xml.XmlWriter]::Create("$Destination/$($file.Name)", $settings)
            $maml.Save($writer)
            $writer.Dispose()
        }
    }
    finally {
        Remove-Item -LiteralPath $temporary -Recurse -Force
    }
}

# PlatyPS 1.0 leaves the code of examples among the text, keeps the markdown and its line breaks, has no default values,
# and links to files that are not there.
function Update-Maml {
    [CmdletBinding(SupportsShouldProcess)]
    param([xml] $Maml, [object[]] $Command)

    if (-not $PSCmdlet.ShouldProcess('The help of the cmdlets', 'Update')) {
        return
    }

    $spaces = [System.Xml.XmlNamespaceManager]::new($Maml.NameTable)
    'maml', 'command', 'dev' | ForEach-Object { $spaces.AddNamespace($_, $Maml.DocumentElement.GetNamespaceOfPrefix($_)) }
    foreach ($node in $Maml.SelectNodes('//command:command', $spaces)) {
        $name = $node.SelectSingleNode('command:details/command:name', $spaces).InnerText
        $help = $Command | Where-Object Title -EQ $name
        foreach ($parameter in $node.SelectNodes('command:parameters/command:parameter', $spaces)) {
            $parameterName = $parameter.SelectSingleNode('maml:name', $spaces).InnerText
            $default = ($help.Parameters | Where-Object Name -EQ $parameterName).DefaultValue
            if ($default) {
                $value = $Maml.CreateElement('dev', 'defaultValue', $spaces.LookupNamespace('dev'))
                $value.InnerText = $default
                $null = $parameter.AppendChild($value)
            }
        }
    }

    foreach ($example in $Maml.SelectNodes('//command:example', $spaces)) {
        $remarks = $example.SelectSingleNode('dev:remarks', $spaces)
        foreach ($paragraph in @($example.SelectNodes('maml:introduction/maml:para', $spaces))) {
            $null = $paragraph.ParentNode.RemoveChild($paragraph)
            if ($paragraph.InnerText -match '(?s)^```\w*\r?\n(.*)\r?\n```\s*$') {
                $example.SelectSingleNode('dev:code', $spaces).InnerText = $Matches[1] -replace '\r'
            }
            elseif ($paragraph.InnerText.Trim([char] 0x80, ' ')) {
                $null = $remarks.AppendChild($paragraph)
            }
        }
    }

    foreach ($paragraph in @($Maml.SelectNodes('//maml:para', $spaces))) {
        foreach ($text in ConvertTo-Paragraph -Text $paragraph.InnerText) {
            $copy = $paragraph.Clone()
            $copy.InnerText = $text
            $null = $paragraph.ParentNode.InsertBefore($copy, $paragraph)
        }

        $null = $paragraph.ParentNode.RemoveChild($paragraph)
    }

    # Without it the next example's title follows without a space between.
    foreach ($remarks in $Maml.SelectNodes('//dev:remarks', $spaces)) {
        $null = $remarks.AppendChild($Maml.CreateElement('maml', 'para', $spaces.LookupNamespace('maml')))
    }

    foreach ($uri in @($Maml.SelectNodes('//maml:navigationLink/maml:uri', $spaces))) {
        if (-not $uri.InnerText) {
            $null = $uri.ParentNode.ParentNode.RemoveChild($uri.ParentNode)
        }
        elseif ($uri.InnerText -like '*.md') {
            $uri.InnerText = ''
        }
    }
}

# Paragraphs without line breaks; the items of a list stay together, a line each.
function ConvertTo-Paragraph {
    param([string] $Text)

    foreach ($block in $Text -split '(?:\r?\n){2,}') {
        $plain = (ConvertTo-PlainText -Text $block) -replace '\r?\n(?!- )\s*', ' '
        if ($plain.Trim()) {
            $plain.Trim()
        }
    }
}

function ConvertTo-PlainText {
    param([string] $Text)

    # Only pairs around words go: a pattern such as **/x keeps its asterisks.
    $Text -replace '\[([^\]]+)\]\([^)]*\)', '$1' -replace '\*\*(\w+(?:\.\w+)?)\*\*', '$1' -replace '`'
}

# Plain text as Get-Help shows it: titles at the margin, all else below them, code further in. Paragraphs are wrapped
# anew, because they stand four columns further in than in the markdown.
function ConvertTo-AboutText {
    param([AllowEmptyString()] [string[]] $Line)

    $isCode = $false
    $isTitle = $false
    $block = [System.Collections.Generic.List[string]]::new()
    foreach ($current in $Line) {
        $isFence = $current -match '^\s*```'
        if ($isCode -and -not $isFence) {
            ('        ' + $current).TrimEnd()
            continue
        }

        if ($isFence -or $current -match '^\s*(?:$|-|\d+\. |<!--)') {
            Format-Paragraph -Line $block
            $block.Clear()
        }

        if ($isFence) {
            $isCode = -not $isCode
        }
        elseif ($current -match '^# (.+)$') {
            'TOPIC'
            '    ' + $Matches[1]
        }
        elseif ($current -match '^##+ (.+)$') {
            $Matches[1].ToUpperInvariant()
            $isTitle = $true
        }
        elseif (-not $current.Trim()) {
            if (-not $isTitle) {
                ''
            }

            $isTitle = $false
        }
        elseif ($current -match '^    ' -and $block.Count -eq 0) {
            '    ' + $current
        }
        elseif ($current -notmatch '^\s*<!--') {
            $block.Add($current)
        }
    }

    Format-Paragraph -Line $block
}

function Format-Paragraph {
    param([AllowEmptyCollection()] [string[]] $Line)

    if (-not $Line) {
        return
    }

    # The marker of a list item stands out; a paragraph within one stands in as far as it does.
    $null = $Line[0] -match '^(\s*)((?:-|\d+\.) )?'
    $first = $Matches[0]
    $text = (ConvertTo-PlainText -Text (($Line | ForEach-Object Trim) -join ' ')).Substring($first.TrimStart().Length)
    $output = $first
    foreach ($word in -split $text) {
        if ($output -eq $first -or -not $output.Trim()) {
            $output += $word
        }
        elseif ($output.Length + 1 + $word.Length -le $script:Width) {
            $output += " $word"
        }
        else {
            '    ' + $output
            $output = ' ' * $first.Length + $word
        }
    }

    '    ' + $output
}

Export-ModuleMember -Function Export-Help
