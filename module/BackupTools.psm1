# No cmdlet but Import-Module: any other would load its module first, which doubles the time that importing takes.
$binary = [System.IO.Path]::Join($PSScriptRoot, 'BackupTools.dll')
if (-not [System.IO.File]::Exists($binary)) {
    throw "BackupTools is not built: '$binary' is missing. Run 'dotnet build' in the directory that holds BackupTools.psd1, then import the module again."
}

Import-Module -Name $binary -ErrorAction Stop
