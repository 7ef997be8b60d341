# The blocks of code in a markdown file.

function Get-MarkdownCode {
    <#
    .SYNOPSIS
        Gets each block of code with the title that it stands under, its language, and the file that the text tells to
        save it as (a comment before the block: <!-- file: /path -->).
    #>
    param([string] $LiteralPath)

    $title = ''
    $file = $null
    $language = $null
    $code = [System.Collections.Generic.List[string]]::new()
    foreach ($line in Get-Content -LiteralPath $LiteralPath) {
        if ($null -ne $language) {
            if ($line -notmatch '^\s*```\s*$') {
                $code.Add($line)
                continue
            }

            [pscustomobject] @{
                Page     = [System.IO.Path]::GetFileNameWithoutExtension($LiteralPath)
                Title    = $title
                Language = $language
                File     = $file
                Code     = $code -join "`n"
            }
            $language = $null
            $file = $null
            $code.Clear()
        }
        elseif ($line -match '^\s*```(\w*)') {
            $language = $Matches[1]
        }
        elseif ($line -match '^#+ (.+)$') {
            $title = $Matches[1]
        }
        elseif ($line -match '^<!-- file: (\S+) -->$') {
            $file = $Matches[1]
        }
    }
}

Export-ModuleMember -Function Get-MarkdownCode
