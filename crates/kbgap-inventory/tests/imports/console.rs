//! What PowerShell shows and converts.

use crate::{error, line, machine, machine_of, merged, merged_as, utf16};

const INFO: &str = "
WindowsBuildLabEx                                       : 19041.1.amd64fre.vb_release.191206-1406
WindowsCurrentVersion                                   : 6.3
WindowsEditionId                                        : Enterprise
WindowsInstallationType                                 : Client
WindowsProductName                                      : Windows 10 Enterprise
WindowsVersion                                          : 2009
WindowsUBR                                              : 2251
BiosCaption                                             : Phoenix: BIOS
                                                          SC-T v2.2
CsDNSHostName                                           : PC-017
CsName                                                  : PC-017
CsSystemType                                            : x64-based PC
OsName                                                  : Microsoft Windows 10 Enterprise
OsVersion                                               : 10.0.19045
OsBuildNumber                                           : 19045
OsHotFixes                                              : {KB5020613, KB5012170, KB5019959}
OsArchitecture                                          : 64-bit
OsProductType                                           : WorkStation
OsServicePackMajorVersion                               : 0
";

const READ: &str = "PC-017 10.0.19045.2251 x64 Client [5012170 5019959 5020613] []";

#[test]
fn get_computer_info_as_a_list_in_any_encoding() {
    assert_eq!(line(&machine(INFO)), READ);
    assert_eq!(line(&machine_of(&utf16(INFO))), READ);
    assert_eq!(line(&machine(&INFO.replace('\n', "\r\n"))), READ);
    assert_eq!(machine(INFO).os.edition.as_deref(), Some("Enterprise"));
    // Umlauts of a console in Western Europe.
    let mut bytes = INFO.replace("Phoenix", "Ger?t").into_bytes();
    let at = bytes.iter().position(|b| *b == b'?').unwrap();
    bytes[at] = 0x84;
    assert_eq!(line(&machine_of(&bytes)), READ);
}

#[test]
fn get_computer_info_converted_to_json() {
    let json = r#"{"WindowsEditionId":"Enterprise","WindowsInstallationType":"Client","WindowsProductName":"Windows 10 Enterprise",
        "WindowsUBR":2251,"CsDNSHostName":"PC-017","CsProcessors":[{"Name":"x86 thing"}],"CsSystemType":"x64-based PC",
        "OsVersion":"10.0.19045","OsBuildNumber":"19045","OsArchitecture":"64-bit","OsProductType":1,
        "OsHotFixes":[{"HotFixID":"KB5020613","Description":"Update","InstalledOn":"11/10/2022"},
            {"HotFixID":"KB5012170"},{"HotFixID":"KB5019959"}]}"#;
    assert_eq!(line(&machine(json)), READ);
    assert_eq!(line(&machine_of(&utf16(json))), READ);
    // As text each update is one name.
    let shallow = json.replace(
        r#"{"HotFixID":"KB5012170"}"#,
        r#""Microsoft.PowerShell.Commands.HotFix KB5012170""#,
    );
    assert_eq!(line(&machine(&shallow)), READ);
}

#[test]
fn get_computer_info_as_csv_and_as_a_table() {
    let csv = "\"WindowsInstallationType\",\"WindowsUBR\",\"CsName\",\"OsVersion\",\"OsArchitecture\",\"OsHotFixes\"\r\n\
               \"Client\",\"2251\",\"PC-017\",\"10.0.19045\",\"64-bit\",\"Microsoft.PowerShell.Commands.HotFix[]\"\r\n";
    let read = machine(csv);
    assert_eq!(line(&read), "PC-017 10.0.19045.2251 x64 Client [] []");
    let table = "
CsName OsVersion  WindowsUBR OsArchitecture WindowsInstallationType
------ ---------  ---------- -------------- -----------------------
PC-017 10.0.19045       2251 64-bit         Client

";
    assert_eq!(
        line(&machine(table)),
        "PC-017 10.0.19045.2251 x64 Client [] []"
    );
}

#[test]
fn a_list_that_the_console_cut_is_told() {
    let cut = INFO.replace("KB5019959}", "KB5019959...}");
    let merged = merged(&[&cut]);
    let (_, warnings) = &merged.machines[0];
    assert!(warnings[0].contains("cut"), "{warnings:?}");
}

#[test]
fn get_hotfix_and_the_uninstall_list_in_each_form() {
    let hotfixes = [
        "[{\"Source\":\"PC-017\",\"HotFixID\":\"KB5031354\",\"InstalledOn\":{\"value\":\"/Date(1)/\",\"DateTime\":\"x\"}},{\"Source\":\"PC-017\",\"HotFixID\":\"KB5029921\"}]",
        "{\"HotFixID\":\"KB5031354\"}\n{\"HotFixID\":\"KB5029921\"}",
        "\n\nDescription  : Update\nHotFixID     : KB5031354\nInstalledBy  : NT AUTHORITY\\SYSTEM\n\nDescription  : Update\nHotFixID     : KB5029921\nInstalledBy  :\n\n",
        "\"Source\",\"HotFixID\"\n\"PC-017\",\"KB5031354\"\n\"PC-017\",\"KB5029921\"\n",
    ];
    for list in hotfixes {
        let merged = merged_as(
            "pc-017",
            &[&INFO.replace("KB5020613, KB5012170, KB5019959", ""), list],
        );
        assert_eq!(
            line(&merged.machines[0].0),
            "pc-017 10.0.19045.2251 x64 Client [5029921 5031354] []",
            "{list}"
        );
    }
    let software = [
        "[{\"DisplayName\":\"7-Zip 22.01 (x64)\",\"DisplayVersion\":\"22.01\",\"Publisher\":\"Igor Pavlov\"},{\"DisplayName\":null}]",
        "\nDisplayName    : 7-Zip 22.01 (x64)\nDisplayVersion : 22.01\nPublisher      : Igor Pavlov\n\n",
        "\nDisplayName       DisplayVersion Publisher\n-----------       -------------- ---------\n7-Zip 22.01 (x64) 22.01          Igor Pavlov\n\n",
        "DisplayName;DisplayVersion;Publisher\r\n7-Zip 22.01 (x64);22.01;Igor Pavlov\r\n;;\r\n",
    ];
    for list in software {
        let merged = merged_as("PC-017", &[INFO, list]);
        let read = line(&merged.machines[0].0);
        assert!(
            read.ends_with("[Igor Pavlov|7-Zip 22.01 (x64)|22.01]"),
            "{read}: {list}"
        );
    }
}

#[test]
fn keys_of_the_registry_as_they_are_have_different_properties() {
    let list = r#"[{"NoRemove":1,"PSPath":"x","PSChildName":"AddressBook"},
        {"DisplayName":"7-Zip","Version":369098765,"PSPath":"x","PSChildName":"7-Zip"},
        {"DisplayName":"Git","DisplayVersion":"2.44","Publisher":"Git Community","PSPath":"x","PSChildName":"Git"}]"#;
    let merged = merged_as("PC-017", &[INFO, list]);
    assert_eq!(merged.errors, Vec::<String>::new());
    let read = line(&merged.machines[0].0);
    assert!(
        read.ends_with("[Git Community|Git|2.44; |7-Zip|]")
            || read.ends_with("[|7-Zip|; Git Community|Git|2.44]"),
        "{read}"
    );
}

#[test]
fn hotfixes_of_several_hosts_are_lists_of_several_hosts() {
    let list = "Source        Description      HotFixID      InstalledBy\n------        -----------      --------      -----------\n\
                PC1           Security Update  KB5031354     SYSTEM\nPC2           Update           KB5029921     SYSTEM\n";
    let one = INFO.replace("PC-017", "PC1");
    let two = INFO.replace("PC-017", "PC2");
    let merged = merged(&[list, &one, &two]);
    let kbs: Vec<String> = merged.machines.iter().map(|(m, _)| line(m)).collect();
    assert!(
        kbs[0].contains("5031354") && !kbs[0].contains("5029921"),
        "{kbs:?}"
    );
    assert!(
        kbs[1].contains("5029921") && !kbs[1].contains("5031354"),
        "{kbs:?}"
    );
}

#[test]
fn values_that_contradict_are_an_error_with_their_line() {
    let text = INFO.replace(": 19045\n", ": 22631\n");
    let told = error(&text);
    assert!(told.contains("line 2") && told.contains("22631"), "{told}");
}

#[test]
fn updates_that_powershell_did_not_write_out_are_told() {
    for (text, written) in [
        (
            r#"{"CsDNSHostName":"pc","OsVersion":"10.0.22631","WindowsUBR":3007,"OsHotFixes":["Microsoft.PowerShell.Commands.HotFix","Microsoft.PowerShell.Commands.HotFix"]}"#,
            "Microsoft.PowerShell.Commands.HotFix",
        ),
        (
            "\"CsDNSHostName\",\"OsVersion\",\"WindowsUBR\",\"OsHotFixes\"\n\"pc\",\"10.0.22631\",\"3007\",\"System.Object[]\"\n",
            "System.Object[]",
        ),
    ] {
        let merged = merged(&[text]);
        let (machine, warnings) = &merged.machines[0];
        assert!(machine.installed_kbs.is_empty());
        assert!(
            warnings
                .iter()
                .any(|w| w.contains("not written out") && w.contains(written)),
            "{text}: {warnings:?}"
        );
    }
}
