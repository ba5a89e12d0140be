//! Names of programs as uninstall lists have them.

use super::*;

mod lookalikes;

fn id(publisher: &str, name: &str) -> String {
    match recognise(publisher, name, "") {
        Some(Recognised::Software(software)) => software.software.as_str().to_owned(),
        Some(Recognised::Part) => "a part".to_owned(),
        None => "not known".to_owned(),
    }
}

fn software(name: &str, version: &str) -> InstalledSoftware {
    match recognise("Microsoft Corporation", name, version) {
        Some(Recognised::Software(software)) => *software,
        other => panic!("{name}: {other:?}"),
    }
}

#[test]
fn every_row_of_the_table_is_read_and_in_the_form_that_names_are_brought_into() {
    let rows: Vec<&str> = INSTALLED_TABLE
        .lines()
        .filter(|l| !l.starts_with('#'))
        .collect();
    assert_eq!(TABLE.rows.len(), rows.len());
    for name in TABLE.rows.keys() {
        let plain = name.trim_end_matches('*').trim_end();
        assert_eq!(Words::of(plain).base, plain, "{name}");
    }
}

#[test]
fn names_of_microsoft() {
    for (name, expected) in [
        ("Microsoft Edge", "microsoft-_-edge_chromium-based"),
        ("Microsoft Edge Update", "a part"),
        (
            "Microsoft SQL Server 2019 (64-bit)",
            "microsoft-_-sql_server",
        ),
        (
            "SQL Server 2019 Database Engine Services",
            "microsoft-_-sql_server",
        ),
        ("SQL Server 2019 Common Files", "a part"),
        (
            "Microsoft SQL Server 2012 Native Client ",
            "microsoft-_-sql_server_native_client",
        ),
        (
            "Microsoft SQL Server Management Studio - 20.2",
            "microsoft-_-sql_server_management_studio",
        ),
        (
            "Microsoft ODBC Driver 17 for SQL Server",
            "microsoft-_-odbc_driver_for_sql_server",
        ),
        (
            "Microsoft Office Professional Plus 2016 - en-us",
            "microsoft-_-office",
        ),
        ("Microsoft Office Word MUI (English) 2016", "a part"),
        (
            "Microsoft Visio Professional 2019 - de-de",
            "microsoft-_-visio",
        ),
        (
            "Microsoft Visual C++ 2015-2022 Redistributable (x64) - 14.38.33130",
            "microsoft-_-visual_c++_redistributable",
        ),
        (
            "Microsoft Visual C++ 2010  x64 Redistributable - 10.0.40219",
            "microsoft-_-visual_c++_redistributable",
        ),
        (
            "Microsoft Visual C++ 2022 X64 Minimum Runtime - 14.38.33130",
            "a part",
        ),
        ("Microsoft .NET Runtime - 8.0.7 (x64)", "microsoft-_-.net"),
        (
            "Microsoft .NET Core Runtime - 3.1.11 (x64)",
            "microsoft-_-.net_core",
        ),
        (
            "Microsoft ASP.NET Core 8.0.7 - Shared Framework (x64)",
            "microsoft-_-asp.net_core",
        ),
        (
            "Microsoft .NET 8.0.7 - Windows Server Hosting",
            "microsoft-_-asp.net_core",
        ),
        (
            "Microsoft Windows Desktop Runtime - 8.0.7 (x64)",
            "microsoft-_-windows_desktop_runtime",
        ),
        (
            "Microsoft .NET Framework 4.8 Targeting Pack (ENU)",
            "a part",
        ),
        (
            "Microsoft Exchange Server 2019 Cumulative Update 14",
            "microsoft-_-exchange_server",
        ),
        (
            "Microsoft SharePoint Server 2019",
            "microsoft-_-sharepoint_server",
        ),
        ("Visual Studio Community 2022", "microsoft-_-visual_studio"),
        (
            "Microsoft Visual Studio Code (User)",
            "microsoft-_-visual_studio_code",
        ),
        ("Teams Machine-Wide Installer", "microsoft-_-teams"),
        (
            "Microsoft Teams Meeting Add-in for Microsoft Office",
            "a part",
        ),
        ("PowerShell 7-x64", "microsoft-_-powershell"),
        (
            "Security Update for Microsoft Excel 2016 (KB5002820) 64-Bit Edition",
            "a part",
        ),
        ("vs_communitymsi", "a part"),
        ("AzureRM.Profile", "a part"),
        ("Microsoft Nonsense 2020", "not known"),
    ] {
        assert_eq!(id("Microsoft Corporation", name), expected, "{name}");
    }
}

#[test]
fn names_of_others() {
    for (publisher, name, expected) in [
        (
            "Mozilla",
            "Mozilla Firefox (x64 en-US)",
            "mozilla-_-firefox",
        ),
        (
            "Mozilla",
            "Mozilla Firefox ESR (x64 de)",
            "mozilla-_-firefox_esr",
        ),
        ("Google LLC", "Google Chrome", "google-_-chrome"),
        ("Igor Pavlov", "7-Zip 22.01 (x64)", "7-zip-_-7-zip"),
        (
            "Notepad++ Team",
            "Notepad++ (64-bit x64)",
            "notepad-plus-plus-_-notepad++",
        ),
        (
            "The Git Development Community",
            "Git version 2.30.0.2",
            "git-scm-_-git",
        ),
        (
            "Simon Tatham",
            "PuTTY release 0.76 (64-bit)",
            "putty-_-putty",
        ),
        (
            "Oracle Corporation",
            "Java 8 Update 401 (64-bit)",
            "oracle-_-jre",
        ),
        (
            "Oracle and/or its affiliates",
            "Oracle VirtualBox Guest Additions 7.2.4",
            "a part",
        ),
        (
            "Python Software Foundation",
            "Python 3.12.1 (64-bit)",
            "python-_-python",
        ),
        ("Adobe", "Adobe Acrobat (64-bit)", "adobe-_-acrobat_dc"),
        ("Docker Inc.", "Docker Desktop", "docker-_-desktop"),
        ("Bram Moolenaar et al.", "Vim 9.0 (x64)", "vim-_-vim"),
        ("Contoso", "Google Chrome", "not known"),
        ("", "Google Chrome", "google-_-chrome"),
        ("Contoso", "Line of Business 4.2", "not known"),
        // As Defender names them.
        ("mozilla", "firefox", "mozilla-_-firefox"),
        (
            "microsoft",
            "edge_chromium-based",
            "microsoft-_-edge_chromium-based",
        ),
        ("git-scm", "git", "git-scm-_-git"),
        (
            "microsoft",
            "odbc_driver_for_sql_server",
            "microsoft-_-odbc_driver_for_sql_server",
        ),
    ] {
        assert_eq!(id(publisher, name), expected, "{publisher}: {name}");
    }
}

#[test]
fn release_edition_architecture_and_branch() {
    let office = software("Microsoft Office Professional Plus 2016", "16.0.4266.1001");
    assert_eq!(
        (office.release.as_deref(), office.edition, office.branch),
        (Some("2016"), Some("Professional Plus"), Some(Branch::Msi))
    );
    for (name, branch) in [
        (
            "Microsoft Office Professional Plus 2016 - en-us",
            Branch::ClickToRun,
        ),
        (
            "Microsoft Office LTSC Professional Plus 2021 - de-de",
            Branch::ClickToRun,
        ),
        (
            "Microsoft 365 Apps for enterprise - en-us",
            Branch::ClickToRun,
        ),
        ("Microsoft Office Standard 2013", Branch::Msi),
        ("Microsoft Office Standard 2019", Branch::ClickToRun),
    ] {
        assert_eq!(software(name, "").branch, Some(branch), "{name}");
    }
    let runtime = software(
        "Microsoft Visual C++ 2015-2022 Redistributable (x86) - 14.38.33130",
        "",
    );
    assert_eq!(
        (runtime.release.as_deref(), runtime.architecture),
        (Some("2015-2022"), Some(Architecture::X86))
    );
    let studio = software("Visual Studio Community 2022", "17.8.3");
    assert_eq!(
        (studio.release.as_deref(), studio.edition),
        (Some("2022"), Some("Community"))
    );
}

/// Ranges of its own that this module once had told other branches than the rules did.
#[test]
fn the_branch_of_a_sql_server_is_the_one_that_the_rules_take() {
    for (version, branch) in [
        // Cumulative updates of the releases before service packs ended.
        ("13.0.4411.0", Some(Branch::Cu)),
        ("13.0.2149.0", Some(Branch::Cu)),
        ("12.0.5511.0", Some(Branch::Cu)),
        ("12.0.4416.0", Some(Branch::Cu)),
        ("11.0.6518.0", Some(Branch::Cu)),
        ("11.0.6260.1", Some(Branch::Gdr)),
        ("10.50.6785.2", Some(Branch::Qfe)),
        // A service pack that is serviced in no branch has none.
        ("12.0.2000.8", None),
        ("13.0.1000.0", None),
        // The service pack as the minor version.
        ("13.1.4411.0", Some(Branch::Cu)),
        ("12.0.6204.0", Some(Branch::Gdr)),
        ("12.0.6205.1", Some(Branch::Cu)),
        ("13.0.4410.9", Some(Branch::Gdr)),
        ("13.0.5149.0", Some(Branch::Cu)),
        ("13.0.6300.2", Some(Branch::Gdr)),
        ("13.0.7000.253", Some(Branch::AzureConnect)),
        ("15.0.2000.5", Some(Branch::Gdr)),
        ("15.0.4430.1", Some(Branch::Cu)),
        ("17.0.1000.7", Some(Branch::Gdr)),
        ("18.0.4000.1", None),
    ] {
        let engine = software("SQL Server 2019 Database Engine Services", version);
        assert_eq!(engine.branch, branch, "{version}");
    }
}

proptest::proptest! {
    #[test]
    fn no_name_panics_and_none_leads_to_half_an_id(
        publisher in "(microsoft|Oracle|\\PC{0,20})",
        name in "(Microsoft |SQL Server |Java |vs_|Azure\\.)?[\\PC (){}.*_-]{0,60}",
        version in "[0-9.]{0,20}",
    ) {
        if let Some(Recognised::Software(software)) = recognise(&publisher, &name, &version) {
            let id = software.software;
            proptest::prop_assert!(!id.vendor().is_empty() && !id.name().is_empty());
        }
    }
}
