$binary = Join-Path -Path $PSScriptRoot -ChildPath 'BackupTools.dll'
if (-not [System.IO.File]::Exists($binary)) {
    throw "BackupTools is not built: '$binary' is missing. Run 'dotnet build' in the directory that holds BackupTools.psd1, then import it again."
}

Import-Module -Name $binary -ErrorAction Stop
