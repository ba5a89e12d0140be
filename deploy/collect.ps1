#requires -Version 2.0
<#
.SYNOPSIS
    Collects what kbgap needs to know of this host, and writes or sends it.
.DESCRIPTION
    Reads the registry, the list of hotfixes and the network interfaces, changes nothing, and makes one
    machine document (JSON, ASCII only). Runs in Windows PowerShell 2.0 to 5.1 and PowerShell 7, without
    modules. Administrators see all; without their rights some facts may be missing, and a warning says which.

    Exit codes: 0 all went well; 1 wrong parameters, or the host cannot be read; 2 the file cannot be written;
    3 the server refused; 4 the server was not reached or had no time, after all tries.
.PARAMETER OutFile
    The file to write; in a folder that exists, HOSTNAME.json. "-" writes to standard output as it is.
    Without -OutFile and -Server the document goes down the pipeline.
.PARAMETER Server
    The URL of the server, such as https://kbgap.example.com, to send the document to.
.PARAMETER TokenFile
    A file with a token; else the environment's KBGAP_TOKEN.
.PARAMETER Tenant
    The tenant id, with which -ClientId gets a token. `kbgap app create` tells it.
.PARAMETER ClientId
    The application's client id. Its secret comes from -SecretFile, or the environment's KBGAP_CLIENT_SECRET:
    command lines are seen by other users and stand in logs.
.PARAMETER SecretFile
    A file with the application's secret.
.PARAMETER Group
    The device group.
.PARAMETER Tag
    Tags, as several values or with commas between them.
.PARAMETER Name
    The host's name, where it is not that of the network settings.
.PARAMETER Hotpatch
    Yes or No: whether the host takes hotpatches. Without it the server tells by revision and updates.
.PARAMETER Proxy
    The URL of a proxy; else that of the user's settings. The user's own credentials are used for it.
.PARAMETER Retries
    How often sending is tried again.
.PARAMETER SpreadSeconds
    Waits up to so long, by chance, before sending: for tasks that start on all hosts at once.
.PARAMETER AllowHttp
    Sends also without TLS to another host. Token and secret can then be read on the way.
.EXAMPLE
    .\collect.ps1 -OutFile \\files\inventory$
.EXAMPLE
    .\collect.ps1 -Server https://kbgap.example.com -Tenant ID -ClientId ID -SecretFile C:\ProgramData\kbgap\secret.txt
#>
[CmdletBinding()]
param(
    [string] $OutFile = '',
    [string] $Server = '',
    [string] $TokenFile = '',
    [string] $Tenant = '',
    [string] $ClientId = '',
    [string] $SecretFile = '',
    [string] $Group = '',
    [string[]] $Tag = @(),
    [string] $Name = '',
    [ValidateSet('', 'Yes', 'No')] [string] $Hotpatch = '',
    [string] $Proxy = '',
    [ValidateRange(0, 20)] [int] $Retries = 5,
    [switch] $AllowHttp,
    [ValidateRange(0, 86400)] [int] $SpreadSeconds = 0
)

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

$AgentVersion = 'collect.ps1 1'
$Invariant = [System.Globalization.CultureInfo]::InvariantCulture
$CurrentVersion = 'SOFTWARE\Microsoft\Windows\CurrentVersion'
# The limits of the document.
$MaxText = 1000
$MaxName = 255
$MaxKbs = 10000
$MaxPrograms = 20000
$MaxWords = 200
# The state of a servicing package that is installed.
$Installed = 112

$script:Kbs = @{}
$script:HasKbs = $false
$script:HasEdge = $false
$script:HasList = $false
$script:DotNetVersions = New-Object 'System.Collections.Generic.List[string]'
$script:Programs = New-Object 'System.Collections.Generic.List[string]'

function Write-Note([string] $Message) {
    [Console]::Error.WriteLine('collect.ps1: ' + $Message)
}

function Stop-With([int] $Code, [string] $Message) {
    Write-Note ('error: ' + $Message)
    exit $Code
}

# --- Text and JSON ---------------------------------------------------------------------------

# What the server takes: no control characters, no halves of characters, limited.
function Get-CleanText($Value, [int] $Limit) {
    if ($null -eq $Value) { return '' }
    $text = [regex]::Replace([string] $Value, '[\x00-\x1f\x7f-\x9f]', ' ').Trim()
    if ($text.Length -gt $Limit) { $text = $text.Substring(0, $Limit) }
    $halves = '[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]'
    return [regex]::Replace($text, $halves, '?').Trim()
}

# A JSON string of ASCII alone: no code page on the way can spoil it.
function ConvertTo-JsonString([string] $Text) {
    if (-not [regex]::IsMatch($Text, '[^ !#-\[\]-~]')) { return '"' + $Text + '"' }
    $json = New-Object System.Text.StringBuilder
    [void] $json.Append('"')
    foreach ($letter in $Text.ToCharArray()) {
        $code = [int] $letter
        if ($code -eq 34 -or $code -eq 92) {
            [void] $json.Append('\').Append($letter)
        } elseif ($code -lt 32 -or $code -gt 126) {
            [void] $json.Append('\u').Append($code.ToString('x4', $Invariant))
        } else {
            [void] $json.Append($letter)
        }
    }
    [void] $json.Append('"')
    return $json.ToString()
}

function ConvertTo-JsonBoolean([bool] $Value) {
    if ($Value) { return 'true' }
    return 'false'
}

# Adds `"name": json` to the fields of an object, where there is anything.
function Add-Field($Fields, [string] $Field, [string] $Json) {
    if ($Json -ne '' -and $Json -ne '""') { $Fields.Add('"' + $Field + '": ' + $Json) }
}

function Add-TextField($Fields, [string] $Field, $Value, [int] $Limit) {
    Add-Field $Fields $Field (ConvertTo-JsonString (Get-CleanText $Value $Limit))
}

function Join-Object($Fields) {
    return '{' + [string]::Join(', ', $Fields.ToArray()) + '}'
}

# An array with each item on a line of its own.
function Join-Array($Items) {
    if ($Items.Count -eq 0) { return '[]' }
    return "[`n    " + [string]::Join(",`n    ", $Items.ToArray()) + "`n  ]"
}

# --- Registry --------------------------------------------------------------------------------

# A key of HKEY_LOCAL_MACHINE or another root; nothing where there is none.
function Open-Key([string] $Path, $Root = [Microsoft.Win32.Registry]::LocalMachine) {
    try {
        return $Root.OpenSubKey($Path)
    } catch {
        Write-Note ('warning: ' + $Path + ' cannot be read: ' + $_.Exception.GetBaseException().Message)
        return $null
    }
}

function Get-RegistryValue([string] $Path, [string] $ValueName) {
    $key = Open-Key $Path
    if ($null -eq $key) { return $null }
    try { return $key.GetValue($ValueName) } finally { $key.Close() }
}

function Test-RegistryKey([string] $Path) {
    $key = Open-Key $Path
    if ($null -eq $key) { return $false }
    $key.Close()
    return $true
}

# --- Updates ---------------------------------------------------------------------------------

# Notes the update that a text names, if it names one.
function Add-Kb([string] $Text, [string] $Date) {
    $found = [regex]::Match($Text, '(?i)KB ?([1-9]\d{4,7})(?!\d)')
    if (-not $found.Success) { return }
    $id = $found.Groups[1].Value
    if ($script:Kbs.ContainsKey($id)) {
        if ($script:Kbs[$id] -eq '') { $script:Kbs[$id] = $Date }
    } elseif ($script:Kbs.Count -lt $MaxKbs) {
        $script:Kbs[$id] = $Date
    }
}

function Add-HotFixes {
    try {
        $hotfixes = @(Get-HotFix)
    } catch {
        Write-Note ('warning: Get-HotFix: ' + $_.Exception.GetBaseException().Message)
        return
    }
    $script:HasKbs = $true
    foreach ($hotfix in $hotfixes) {
        # Some languages have dates that PowerShell fails to read.
        $date = ''
        try { $date = $hotfix.InstalledOn.ToString('yyyy-MM-dd', $Invariant) } catch { $date = '' }
        try { Add-Kb ([string] $hotfix.HotFixID) $date } catch { continue }
    }
}

# Packages of the servicing stack, which Get-HotFix does not all show. An update counts where its own package is
# installed; parts of it count alone only where it has none of its own.
function Add-Packages {
    $packages = Open-Key ($CurrentVersion + '\Component Based Servicing\Packages')
    if ($null -eq $packages) { return }
    $script:HasKbs = $true
    $whole = @{}
    $parts = @{}
    foreach ($package in $packages.GetSubKeyNames()) {
        $found = [regex]::Match($package, '(?i)^Package_(\d+_)?for_(KB\d{5,8})(_[A-Z0-9]+)?~')
        $isRollup = [regex]::IsMatch($package, '(?i)^Package_for_(RollupFix|DotNetRollup)')
        if (-not $found.Success -and -not $isRollup) { continue }
        $key = $null
        try { $key = $packages.OpenSubKey($package) } catch { $key = $null }
        if ($null -eq $key) { continue }
        $isInstalled = $key.GetValue('CurrentState') -eq $Installed
        $location = [string] $key.GetValue('InstallLocation')
        $key.Close()
        if ($isRollup) {
            # It has no number in its name; the file that it came from has.
            $file = [regex]::Match($location, '(?i)\\Windows\d+\.\d+-(KB\d{6,8})-[^\\]*\\?$')
            if ($isInstalled -and $file.Success) { Add-Kb $file.Groups[1].Value '' }
            continue
        }
        $kb = $found.Groups[2].Value
        $into = $parts
        if (-not $found.Groups[1].Success -and -not $found.Groups[3].Success) { $into = $whole }
        $into[$kb] = $isInstalled -or ($into.ContainsKey($kb) -and $into[$kb])
    }
    $packages.Close()
    foreach ($kb in @($whole.Keys)) { if ($whole[$kb]) { Add-Kb $kb '' } }
    foreach ($kb in @($parts.Keys)) {
        if ($parts[$kb] -and -not $whole.ContainsKey($kb)) { Add-Kb $kb '' }
    }
}

# Patches of Windows Installer (Office and others): 1 is applied, 2 is applied and superseded by a later one.
function Add-InstallerPatches {
    $users = Open-Key ($CurrentVersion + '\Installer\UserData')
    if ($null -eq $users) { return }
    foreach ($user in $users.GetSubKeyNames()) {
        $products = Open-Key ($user + '\Products') $users
        if ($null -eq $products) { continue }
        foreach ($product in $products.GetSubKeyNames()) {
            $patches = Open-Key ($product + '\Patches') $products
            if ($null -eq $patches) { continue }
            foreach ($patch in $patches.GetSubKeyNames()) {
                $key = Open-Key $patch $patches
                if ($null -eq $key) { continue }
                $state = $key.GetValue('State')
                if ($state -eq 1 -or $state -eq 2) { Add-Kb ([string] $key.GetValue('DisplayName')) '' }
                $key.Close()
            }
            $patches.Close()
        }
        $products.Close()
    }
    $users.Close()
}

# --- Software --------------------------------------------------------------------------------

function Add-Program($Vendor, $Program, $Version) {
    $shown = Get-CleanText $Program $MaxText
    if ($shown -eq '' -or $script:Programs.Count -ge $MaxPrograms) { return }
    if ($shown -eq 'Microsoft Edge') { $script:HasEdge = $true }
    $fields = New-Object 'System.Collections.Generic.List[string]'
    Add-TextField $fields 'vendor' $Vendor $MaxText
    Add-Field $fields 'name' (ConvertTo-JsonString $shown)
    Add-TextField $fields 'version' $Version $MaxText
    $json = Join-Object $fields
    if (-not $script:Programs.Contains($json)) { $script:Programs.Add($json) }
}

function Add-UninstallKeys([string] $Path, $Root) {
    $list = Open-Key $Path $Root
    if ($null -eq $list) { return }
    $script:HasList = $true
    foreach ($entry in $list.GetSubKeyNames()) {
        $key = Open-Key $entry $list
        if ($null -eq $key) { continue }
        Add-Program ($key.GetValue('Publisher')) ($key.GetValue('DisplayName')) ($key.GetValue('DisplayVersion'))
        $key.Close()
    }
    $list.Close()
}

function Add-InstalledPrograms {
    foreach ($software in 'SOFTWARE', 'SOFTWARE\WOW6432Node') {
        $path = $software + '\Microsoft\Windows\CurrentVersion\Uninstall'
        Add-UninstallKeys $path ([Microsoft.Win32.Registry]::LocalMachine)
        # Of users only those who are logged on have their part of the registry loaded.
        foreach ($user in [Microsoft.Win32.Registry]::Users.GetSubKeyNames()) {
            if ($user -match '^S-1-(5-21|12-1)-[0-9-]+$') {
                Add-UninstallKeys ($user + '\' + $path) ([Microsoft.Win32.Registry]::Users)
            }
        }
    }
}

# Edge by its updater where it has no uninstall key.
function Add-Edge {
    if ($script:HasEdge) { return }
    $client = 'Microsoft\EdgeUpdate\Clients\{56EB18F8-B008-4CBD-B6D2-8C97FE7E9062}'
    foreach ($software in 'SOFTWARE\WOW6432Node\', 'SOFTWARE\') {
        $version = Get-RegistryValue ($software + $client) 'pv'
        if ($null -ne $version) {
            Add-Program 'Microsoft Corporation' 'Microsoft Edge' $version
            return
        }
    }
}

# .NET Framework by the lowest Release of each version, as its documentation lists them.
function Add-DotNetFramework {
    $setup = 'SOFTWARE\Microsoft\NET Framework Setup\NDP\'
    $release = Get-RegistryValue ($setup + 'v4\Full') 'Release'
    $lowest = @(
        @(533320, '4.8.1'), @(528040, '4.8'), @(461808, '4.7.2'), @(461308, '4.7.1'), @(460798, '4.7'),
        @(394802, '4.6.2'), @(394254, '4.6.1'), @(393295, '4.6'), @(379893, '4.5.2'), @(378675, '4.5.1'),
        @(378389, '4.5'))
    foreach ($known in $lowest) {
        if ($null -ne $release -and $release -ge $known[0]) {
            $version = Get-RegistryValue ($setup + 'v4\Full') 'Version'
            Add-Program 'Microsoft Corporation' ('Microsoft .NET Framework ' + $known[1]) $version
            $script:DotNetVersions.Add((ConvertTo-JsonString $known[1]))
            break
        }
    }
    if ((Get-RegistryValue ($setup + 'v3.5') 'Install') -eq 1) {
        $version = Get-RegistryValue ($setup + 'v3.5') 'Version'
        Add-Program 'Microsoft Corporation' 'Microsoft .NET Framework 3.5' $version
        $script:DotNetVersions.Add((ConvertTo-JsonString '3.5'))
    }
}

# The highest version of the files of a runtime: its updates leave some as they are. Those of compilers and of
# the C runtime count by themselves, so only the runtime's own major version is looked at.
function Get-RuntimeVersion([string] $Runtime, [int] $Major) {
    $highest = $null
    foreach ($bits in 'Framework64', 'Framework') {
        $folder = [System.IO.Path]::Combine($env:SystemRoot, 'Microsoft.NET\' + $bits + '\' + $Runtime)
        if (-not [System.IO.Directory]::Exists($folder)) { continue }
        try {
            foreach ($path in [System.IO.Directory]::GetFiles($folder, '*.dll')) {
                $file = [System.Diagnostics.FileVersionInfo]::GetVersionInfo($path)
                if ($file.FileMajorPart -ne $Major) { continue }
                $version = New-Object System.Version($file.FileMajorPart, $file.FileMinorPart, $file.FileBuildPart, $file.FilePrivatePart)
                if ($null -eq $highest -or $version.CompareTo($highest) -gt 0) { $highest = $version }
            }
        } catch {
            # A part of the files could pass for an old version of all.
            Write-Note ('warning: ' + $folder + ': ' + $_.Exception.GetBaseException().Message)
            return ''
        }
        break
    }
    if ($null -eq $highest) { return '' }
    return $highest.ToString()
}

function Get-DotNetJson {
    if ($script:DotNetVersions.Count -eq 0) { return '' }
    $files = New-Object 'System.Collections.Generic.List[string]'
    foreach ($version in @((Get-RuntimeVersion 'v4.0.30319' 4), (Get-RuntimeVersion 'v2.0.50727' 2))) {
        if ($version -ne '') { $files.Add((ConvertTo-JsonString $version)) }
    }
    $fields = New-Object 'System.Collections.Generic.List[string]'
    Add-Field $fields 'versions' ('[' + [string]::Join(', ', $script:DotNetVersions.ToArray()) + ']')
    if ($files.Count -gt 0) { Add-Field $fields 'fileVersions' ('[' + [string]::Join(', ', $files.ToArray()) + ']') }
    return Join-Object $fields
}

# Each instance of SQL Server with the build that it has been patched to.
function Add-SqlServers {
    foreach ($software in 'SOFTWARE', 'SOFTWARE\WOW6432Node') {
        $root = $software + '\Microsoft\Microsoft SQL Server\'
        $instances = Open-Key ($root + 'Instance Names\SQL')
        if ($null -eq $instances) { continue }
        foreach ($instance in $instances.GetValueNames()) {
            $setup = $root + [string] $instances.GetValue($instance) + '\Setup'
            $build = Get-RegistryValue $setup 'PatchLevel'
            if ($null -eq $build) { $build = Get-RegistryValue $setup 'Version' }
            if ($null -ne $build) { Add-Program 'Microsoft Corporation' 'Microsoft SQL Server' $build }
        }
        $instances.Close()
    }
}

# Exchange by the file that each of its updates replaces.
function Add-Exchange {
    $folder = Get-RegistryValue 'SOFTWARE\Microsoft\ExchangeServer\v15\Setup' 'MsiInstallPath'
    if ($null -eq $folder) { return }
    try {
        $file = [System.Diagnostics.FileVersionInfo]::GetVersionInfo([System.IO.Path]::Combine($folder, 'bin\ExSetup.exe'))
        $version = '{0}.{1}.{2}.{3}' -f $file.FileMajorPart, $file.FileMinorPart, $file.FileBuildPart, $file.FilePrivatePart
        Add-Program 'Microsoft Corporation' 'Microsoft Exchange Server' $version
    } catch {
        Write-Note ('warning: the version of Exchange: ' + $_.Exception.GetBaseException().Message)
    }
}

# --- The host --------------------------------------------------------------------------------

function Get-HostName {
    if ($Name.Trim() -ne '') { return Get-CleanText $Name $MaxName }
    $network = 'SYSTEM\CurrentControlSet\Services\Tcpip\Parameters'
    $hostName = Get-CleanText (Get-RegistryValue $network 'Hostname') $MaxName
    if ($hostName -eq '') { $hostName = Get-CleanText $env:COMPUTERNAME $MaxName }
    $domain = Get-CleanText (Get-RegistryValue $network 'Domain') $MaxName
    if ($domain -ne '' -and -not $hostName.Contains('.')) { $hostName = $hostName + '.' + $domain }
    return Get-CleanText $hostName $MaxName
}

function Get-OsJson {
    $key = Open-Key 'SOFTWARE\Microsoft\Windows NT\CurrentVersion'
    if ($null -eq $key) { Stop-With 1 'the version of Windows cannot be read from the registry' }
    $build = [string] $key.GetValue('CurrentBuildNumber')
    $major = $key.GetValue('CurrentMajorVersionNumber')
    # Before Windows 10 the version has a value of its own, which has said 6.3 since.
    $version = [string] $key.GetValue('CurrentVersion')
    if ($null -ne $major) { $version = '{0}.{1}' -f $major, $key.GetValue('CurrentMinorVersionNumber', 0) }
    $version = $version + '.' + $build
    $revision = $key.GetValue('UBR')
    if ($null -ne $revision) { $version = $version + '.' + [string] $revision }
    $servicePack = [regex]::Match([string] $key.GetValue('CSDVersion'), '(\d{1,2})\s*$')
    $kind = [string] $key.GetValue('InstallationType')
    $fields = New-Object 'System.Collections.Generic.List[string]'
    Add-TextField $fields 'version' $version $MaxText
    Add-TextField $fields 'platform' ($key.GetValue('ProductName')) $MaxText
    $environment = 'SYSTEM\CurrentControlSet\Control\Session Manager\Environment'
    $processor = [string] (Get-RegistryValue $environment 'PROCESSOR_ARCHITECTURE')
    if ($processor -match '^(AMD64|x86|ARM64)$') { Add-TextField $fields 'architecture' $processor $MaxText }
    if ($kind -match '^(Client|Server|Server Core)$') { Add-TextField $fields 'installationType' $kind $MaxText }
    Add-TextField $fields 'edition' ($key.GetValue('EditionID')) $MaxText
    $key.Close()
    $pack = 0
    if ($servicePack.Success) { $pack = [int] $servicePack.Groups[1].Value }
    Add-Field $fields 'servicePack' ([string] $pack)
    return Join-Object $fields
}

# true, false, or nothing where it cannot be told.
function Get-SecureBootJson {
    $state = Get-RegistryValue 'SYSTEM\CurrentControlSet\Control\SecureBoot\State' 'UEFISecureBootEnabled'
    if ($null -ne $state) { return ConvertTo-JsonBoolean ($state -eq 1) }
    # 1 is a BIOS, which has no Secure Boot.
    if ((Get-RegistryValue 'SYSTEM\CurrentControlSet\Control' 'PEFirmwareType') -eq 1) { return 'false' }
    return ''
}

# Whether a recovery environment is enabled, by what is the same in all languages.
function Get-WinReJson {
    $file = [System.IO.Path]::Combine($env:SystemRoot, 'System32\Recovery\ReAgent.xml')
    try {
        $state = [regex]::Match([System.IO.File]::ReadAllText($file), '<InstallState\s+state="(\d+)"')
        if ($state.Success) { return ConvertTo-JsonBoolean ($state.Groups[1].Value -eq '1') }
    } catch {
        Write-Verbose ($file + ' cannot be read')
    }
    # The location of the environment is told only where it is enabled; asking takes administrators' rights.
    try {
        $told = [string]::Join(' ', @(& reagentc.exe /info 2>$null)).Replace([string] [char] 0, '')
        if ($LASTEXITCODE -eq 0) { return ConvertTo-JsonBoolean ($told -match 'GLOBALROOT') }
    } catch {
        Write-Verbose 'reagentc.exe cannot be asked'
    }
    return ''
}

function Get-PendingRebootJson {
    $waits = (Test-RegistryKey ($CurrentVersion + '\Component Based Servicing\RebootPending')) -or
        (Test-RegistryKey ($CurrentVersion + '\WindowsUpdate\Auto Update\RebootRequired'))
    return ConvertTo-JsonBoolean $waits
}

function Get-AddressesJson {
    $addresses = New-Object 'System.Collections.Generic.List[string]'
    try {
        foreach ($card in [System.Net.NetworkInformation.NetworkInterface]::GetAllNetworkInterfaces()) {
            if ([string] $card.NetworkInterfaceType -eq 'Loopback' -or [string] $card.OperationalStatus -ne 'Up') { continue }
            foreach ($unicast in $card.GetIPProperties().UnicastAddresses) {
                if ($addresses.Count -ge $MaxWords) { continue }
                $fields = New-Object 'System.Collections.Generic.List[string]'
                Add-TextField $fields 'ipAddress' ([string] $unicast.Address -replace '%.*$', '') $MaxName
                $mac = [string] $card.GetPhysicalAddress()
                if ($mac -match '^[0-9A-F]{12}$') { Add-TextField $fields 'macAddress' $mac $MaxName }
                Add-TextField $fields 'type' $card.NetworkInterfaceType 60
                Add-TextField $fields 'operationalStatus' $card.OperationalStatus 60
                $addresses.Add((Join-Object $fields))
            }
        }
    } catch {
        Write-Note ('warning: the network interfaces: ' + $_.Exception.GetBaseException().Message)
    }
    return Join-Array $addresses
}

function Get-KbsJson {
    $items = New-Object 'System.Collections.Generic.List[string]'
    foreach ($id in @($script:Kbs.Keys | Sort-Object)) {
        if ($script:Kbs[$id] -eq '') {
            $items.Add('"' + $id + '"')
        } else {
            $items.Add('{"id": "' + $id + '", "installedOn": "' + $script:Kbs[$id] + '"}')
        }
    }
    return Join-Array $items
}

function Get-TagsJson {
    $items = New-Object 'System.Collections.Generic.List[string]'
    # `powershell -File` hands over one text, whatever commas are in it.
    foreach ($word in ([string]::Join(',', $Tag)).Split(',')) {
        $clean = Get-CleanText $word $MaxName
        if ($clean -ne '' -and $items.Count -lt $MaxWords) { $items.Add((ConvertTo-JsonString $clean)) }
    }
    return Join-Array $items
}

function Get-Document([string] $HostName) {
    Add-HotFixes
    Add-Packages
    Add-InstallerPatches
    Add-InstalledPrograms
    Add-Edge
    Add-DotNetFramework
    Add-SqlServers
    Add-Exchange
    $fields = New-Object 'System.Collections.Generic.List[string]'
    Add-Field $fields 'computerDnsName' (ConvertTo-JsonString $HostName)
    Add-Field $fields 'os' (Get-OsJson)
    # A list that could not be read must not pass for an empty one.
    if ($script:HasKbs -or $script:Kbs.Count -gt 0) {
        Add-Field $fields 'installedKbs' (Get-KbsJson)
    } else {
        Write-Note 'warning: no list of updates can be read: only the revision of Windows tells what is installed'
    }
    if ($script:HasList) { Add-Field $fields 'software' (Join-Array $script:Programs) }
    Add-Field $fields 'dotNet' (Get-DotNetJson)
    Add-TextField $fields 'group' $Group $MaxName
    Add-Field $fields 'tags' (Get-TagsJson)
    Add-Field $fields 'pendingReboot' (Get-PendingRebootJson)
    if ($Hotpatch -ne '') { Add-Field $fields 'hotpatch' (ConvertTo-JsonBoolean ($Hotpatch -eq 'Yes')) }
    Add-Field $fields 'secureBoot' (Get-SecureBootJson)
    Add-Field $fields 'winRe' (Get-WinReJson)
    Add-Field $fields 'ipAddresses' (Get-AddressesJson)
    Add-TextField $fields 'agentVersion' $AgentVersion $MaxName
    Add-TextField $fields 'seenAt' ([DateTime]::UtcNow.ToString('yyyy-MM-ddTHH:mm:ssZ', $Invariant)) $MaxName
    return "{`n  " + [string]::Join(",`n  ", $fields.ToArray()) + "`n}"
}

# --- Writing and sending ---------------------------------------------------------------------

# .NET has a current folder of its own.
function Get-FullPath([string] $Path) {
    return $ExecutionContext.SessionState.Path.GetUnresolvedProviderPathFromPSPath($Path)
}

function Write-Document([string] $Json, [string] $HostName) {
    if ($OutFile -eq '-') {
        [Console]::Out.Write($Json + "`n")
        return
    }
    try {
        $file = Get-FullPath $OutFile
        if ([System.IO.Directory]::Exists($file)) {
            $file = [System.IO.Path]::Combine($file, ($HostName -replace '[^A-Za-z0-9._-]', '_') + '.json')
        }
        # Whoever reads the folder meanwhile never sees half a document.
        $part = $file + '.part'
        [System.IO.File]::WriteAllText($part, $Json + "`n", [System.Text.Encoding]::ASCII)
        if ([System.IO.File]::Exists($file)) { [System.IO.File]::Delete($file) }
        [System.IO.File]::Move($part, $file)
    } catch {
        Stop-With 2 ($OutFile + ' cannot be written: ' + $_.Exception.GetBaseException().Message)
    }
}

function Read-Secret([string] $File, [string] $Variable) {
    $secret = ''
    if ($File -ne '') {
        try {
            $secret = [System.IO.File]::ReadAllText((Get-FullPath $File))
        } catch {
            Stop-With 1 ($File + ' cannot be read: ' + $_.Exception.GetBaseException().Message)
        }
    } else {
        $secret = [string] [Environment]::GetEnvironmentVariable($Variable)
    }
    return $secret.Trim()
}

function Initialize-Network {
    # 3072 is TLS 1.2, which old systems do not offer by themselves; 0 leaves it to the system.
    try {
        $offered = [int] [System.Net.ServicePointManager]::SecurityProtocol
        if ($offered -ne 0) {
            $wanted = [Enum]::ToObject([System.Net.SecurityProtocolType], ($offered -bor 3072))
            [System.Net.ServicePointManager]::SecurityProtocol = $wanted
        }
    } catch {
        Write-Note 'warning: this .NET Framework cannot offer TLS 1.2: install its update'
    }
    [System.Net.ServicePointManager]::Expect100Continue = $false
}

# One POST. Status 0 is a server that was not reached.
function Send-Once([Uri] $Url, [string] $ContentType, [string] $Body, [string] $Token) {
    $answer = @{ Status = 0; Text = ''; RetryAfter = 0 }
    $response = $null
    try {
        $request = [System.Net.WebRequest]::Create($Url)
        $request.Method = 'POST'
        $request.ContentType = $ContentType
        $request.UserAgent = 'kbgap-collect/1'
        $request.Timeout = 120000
        # A redirect could lead the token elsewhere.
        $request.AllowAutoRedirect = $false
        if ($Token -ne '') { $request.Headers.Add('Authorization', 'Bearer ' + $Token) }
        if ($Proxy -ne '') { $request.Proxy = New-Object System.Net.WebProxy($Proxy, $true) }
        if ($null -ne $request.Proxy) { $request.Proxy.Credentials = [System.Net.CredentialCache]::DefaultCredentials }
        $bytes = [System.Text.Encoding]::ASCII.GetBytes($Body)
        $request.ContentLength = $bytes.Length
        $stream = $request.GetRequestStream()
        try { $stream.Write($bytes, 0, $bytes.Length) } finally { $stream.Close() }
        $response = $request.GetResponse()
    } catch {
        $cause = $_.Exception
        while ($null -ne $cause -and -not ($cause -is [System.Net.WebException])) { $cause = $cause.InnerException }
        if ($null -ne $cause) { $response = $cause.Response }
        $answer.Text = $_.Exception.GetBaseException().Message
    }
    if ($null -eq $response) { return $answer }
    try {
        $answer.Status = [int] $response.StatusCode
        $seconds = 0
        if ([int]::TryParse([string] $response.Headers['Retry-After'], [ref] $seconds)) { $answer.RetryAfter = $seconds }
        $reader = New-Object System.IO.StreamReader($response.GetResponseStream())
        $answer.Text = $reader.ReadToEnd()
    } catch {
        $answer.Status = 0
        $answer.Text = $_.Exception.GetBaseException().Message
    } finally {
        $response.Close()
    }
    return $answer
}

# Posts until the server has an answer that will stay: what is sent twice is stored once.
function Send-Patiently([Uri] $Url, [string] $ContentType, [string] $Body, [string] $Token) {
    for ($try = 0; $true; $try++) {
        $answer = Send-Once $Url $ContentType $Body $Token
        $passes = $answer.Status -eq 0 -or $answer.Status -eq 429 -or $answer.Status -ge 500
        if (-not $passes) { return $answer }
        $why = Get-CleanText ('status ' + $answer.Status + ' ' + $answer.Text) 300
        if ($try -ge $Retries) { Stop-With 4 ($Url.AbsoluteUri + ': ' + $why) }
        $wait = [Math]::Pow(2, $try + 1)
        if ($answer.RetryAfter -gt 0) { $wait = $answer.RetryAfter }
        $wait = [int] [Math]::Min(300, $wait)
        Write-Note ($Url.AbsoluteUri + ': ' + $why + '; tried again in ' + $wait + ' s')
        Start-Sleep -Seconds $wait
    }
}

function Get-Token([string] $Base) {
    $token = Read-Secret $TokenFile 'KBGAP_TOKEN'
    if ($token -ne '') { return $token }
    if ($ClientId -eq '' -or $Tenant -eq '') {
        Stop-With 1 'a token is needed: -TokenFile, the environment''s KBGAP_TOKEN, or -Tenant and -ClientId'
    }
    $secret = Read-Secret $SecretFile 'KBGAP_CLIENT_SECRET'
    if ($secret -eq '') { Stop-With 1 'the secret is missing: -SecretFile, or the environment''s KBGAP_CLIENT_SECRET' }
    $form = 'grant_type=client_credentials&client_id=' + [Uri]::EscapeDataString($ClientId) +
        '&client_secret=' + [Uri]::EscapeDataString($secret) +
        '&scope=' + [Uri]::EscapeDataString('https://api.securitycenter.microsoft.com/.default')
    $url = $Base + '/' + [Uri]::EscapeDataString($Tenant) + '/oauth2/v2.0/token'
    $answer = Send-Patiently $url 'application/x-www-form-urlencoded' $form ''
    $found = [regex]::Match($answer.Text, '"access_token"\s*:\s*"([A-Za-z0-9._~+/=-]+)"')
    if ($answer.Status -ne 200 -or -not $found.Success) {
        Stop-With 3 ('no token: status ' + $answer.Status + ' ' + (Get-CleanText $answer.Text 500))
    }
    return $found.Groups[1].Value
}

function Send-Document([string] $Json, [string] $Base) {
    Initialize-Network
    if ($SpreadSeconds -gt 0) { Start-Sleep -Seconds (Get-Random -Minimum 0 -Maximum ($SpreadSeconds + 1)) }
    $token = Get-Token $Base
    $answer = Send-Patiently ($Base + '/ingest/v1/machines') 'application/json' $Json $token
    $told = Get-CleanText $answer.Text 500
    if ($answer.Status -ne 200) { Stop-With 3 ('refused: status ' + $answer.Status + ' ' + $told) }
    Write-Note ('sent: ' + $told)
}

# The server's URL without a slash at its end, checked before anything is collected.
function Get-Base {
    $url = $null
    if (-not [Uri]::TryCreate($Server, [UriKind]::Absolute, [ref] $url) -or $url.Scheme -notmatch '^https?$') {
        Stop-With 1 ('-Server: `' + $Server + '` is no URL (expected such as https://kbgap.example.com)')
    }
    if ($url.Scheme -eq 'http' -and -not $url.IsLoopback -and -not $AllowHttp) {
        Stop-With 1 '-Server: without TLS token and secret can be read on the way; use https://, or say -AllowHttp'
    }
    return $url.AbsoluteUri.TrimEnd('/')
}

if ([Environment]::OSVersion.Platform -ne 'Win32NT') { Stop-With 1 'this is no Windows' }
if (-not [string]::IsNullOrEmpty($env:PROCESSOR_ARCHITEW6432)) {
    Stop-With 1 ('32-bit PowerShell sees only a part of the registry; start ' +
        $env:SystemRoot + '\sysnative\WindowsPowerShell\v1.0\powershell.exe')
}
$base = ''
if ($Server -ne '') { $base = Get-Base }
$hostName = Get-HostName
$document = Get-Document $hostName
if ($OutFile -ne '') { Write-Document $document $hostName }
if ($Server -ne '') { Send-Document $document $base }
if ($OutFile -eq '' -and $Server -eq '') { $document }
exit 0
