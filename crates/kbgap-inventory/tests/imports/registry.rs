//! Registry exports.

use crate::{error, line, machine, machine_of, merged, utf16};

const EXPORT: &str = r#"Windows Registry Editor Version 5.00

[HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows NT\CurrentVersion]
"SystemRoot"="C:\\WINDOWS"
"BuildLabEx"="22621.1.amd64fre.ni_release.220506-1250"
"CurrentBuild"="22631"
"CurrentBuildNumber"="22631"
"CurrentVersion"="6.3"
"CurrentMajorVersionNumber"=dword:0000000a
"CurrentMinorVersionNumber"=dword:00000000
"EditionID"="Enterprise"
"InstallationType"="Client"
"ProductName"="Windows 10 Enterprise"
"UBR"=dword:00000a29
"DigitalProductId"=hex:a4,00,00,00,03,00,\
  00,00,30

[HKEY_LOCAL_MACHINE\SOFTWARE\WOW6432Node\Microsoft\Windows NT\CurrentVersion]
"CurrentBuild"="1"

[HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall]

[HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall\7-Zip]
"DisplayName"="7-Zip 22.01 (x64)"
"DisplayVersion"="22.01"
"Publisher"="Igor Pavlov"
"EstimatedSize"=dword:000015ab

[HKEY_LOCAL_MACHINE\SOFTWARE\WOW6432Node\Microsoft\Windows\CurrentVersion\Uninstall\{90160000}_KB5002820]
"DisplayName"=hex(1):53,00,65,00,63,00,75,00,72,00,65,00,20,00,28,00,4b,00,42,\
  00,35,00,30,00,30,00,32,00,38,00,32,00,30,00,29,00,00,00

[HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall\Part]
"SystemComponent"=dword:00000001

[HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows\CurrentVersion\Component Based Servicing\Packages\Package_for_KB5031354~31bf3856ad364e35~amd64~~22621.2428.1.9]
"CurrentState"=dword:00000070

[HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows\CurrentVersion\Component Based Servicing\Packages\Package_for_KB5029921~31bf3856ad364e35~amd64~~1.0]
"CurrentState"=dword:00000050

[HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\NET Framework Setup\NDP\v4\Full]
"Release"=dword:00082348
"Version"="4.8.09032"

[-HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows\CurrentVersion\WindowsUpdate\Auto Update\RebootRequired]

[HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Control\ComputerName\ComputerName]
"ComputerName"="PC-017"

[HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Services\Tcpip\Parameters]
"Hostname"="pc-017"
"Domain"="contoso.com"

[HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Control\SecureBoot\State]
"UEFISecureBootEnabled"=dword:00000001
"#;

const READ: &str = "pc-017.contoso.com 10.0.22631.2601 x64 Client [5002820 5031354] \
                    [|Secure (KB5002820)|; Igor Pavlov|7-Zip 22.01 (x64)|22.01; \
                    Microsoft Corporation|Microsoft .NET Framework 4.8.1|4.8.09032]";

#[test]
fn an_export_tells_windows_programs_and_updates() {
    let read = machine_of(&utf16(&EXPORT.replace('\n', "\r\n")));
    assert_eq!(line(&read), READ);
    assert_eq!(
        (read.secure_boot, read.pending_reboot, read.os.service_pack),
        (Some(true), None, Some(0))
    );
    assert_eq!(line(&machine(EXPORT)), READ);
    let waits = EXPORT.replace("[-HKEY", "[HKEY");
    assert_eq!(machine(&waits).pending_reboot, Some(true));
}

#[test]
fn the_old_generation_and_old_windows() {
    let text = "REGEDIT4\n\n[HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion]\n\
                \"CurrentVersion\"=\"6.1\"\n\"CurrentBuild\"=\"7601\"\n\"CSDVersion\"=\"Service Pack 1\"\n\
                \"ProductName\"=hex(2):57,69,6e,64,6f,77,73,20,37,20,50,72,6f,00\n\
                \"BuildLabEx\"=\"7601.17514.x86fre.win7sp1_rtm.101119-1850\"\n\
                [HKEY_LOCAL_MACHINE\\SYSTEM\\ControlSet001\\Control\\ComputerName\\ComputerName]\n\"ComputerName\"=\"OLD\"\n";
    let read = machine(text);
    assert_eq!(line(&read), "OLD 6.1.7601 x86 Client [] []");
    assert_eq!(read.os.service_pack, Some(1));
}

#[test]
fn several_exports_of_a_host_go_together() {
    let (windows, rest) = EXPORT
        .split_once("\n[HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows\\")
        .unwrap();
    let rest = format!(
        "Windows Registry Editor Version 5.00\n\n[HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows\\{rest}"
    );
    // The first names no host; there is no other.
    let merged = merged(&[windows, &rest]);
    assert_eq!(merged.errors, Vec::<String>::new());
    assert_eq!(line(&merged.machines[0].0), READ);
}

#[test]
fn what_is_wrong_has_its_line() {
    for (from, to, place) in [
        ("\"UBR\"=dword:00000a29", "\"UBR\"=dword:0a2z", "line 14"),
        (
            "\"CurrentBuildNumber\"=\"22631\"",
            "\"CurrentBuildNumber\"=\"19045\"",
            "line 7",
        ),
        (
            "\"CurrentBuild\"=\"22631\"",
            "\"CurrentBuild\"=\"x\"",
            "line 6",
        ),
        ("\"EditionID\"=\"Enterprise\"", "EditionID", "line 11"),
        (
            "[HKEY_LOCAL_MACHINE\\SOFTWARE\\WOW6432Node\\Microsoft\\Windows NT\\CurrentVersion]",
            "[HKEY",
            "line 18",
        ),
        (
            "\"Publisher\"=\"Igor Pavlov\"",
            "\"Publisher\"=hex(1):4g,00",
            "line 26",
        ),
    ] {
        let told = error(&EXPORT.replace(from, to));
        assert!(
            told.contains(place) && told.contains("registry"),
            "{to}: {told}"
        );
    }
    let told = error(
        "Windows Registry Editor Version 5.00\n\n[HKEY_CURRENT_USER\\Software]\n\"a\"=\"b\"\n",
    );
    assert!(told.contains("Uninstall"), "{told}");
}
