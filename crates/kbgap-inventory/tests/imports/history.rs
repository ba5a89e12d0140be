//! Histories of updates and packages of the servicing stack.

use crate::{error, line, merged, merged_as};

/// A host without a revision.
const HOST: &str = "Host,OS Version,HotFixID\npc-1,10.0.22631,KB5032190\n";

fn kbs(list: &str) -> (String, Vec<String>) {
    let merged = merged_as("pc-1", &[HOST, list]);
    assert_eq!(merged.errors, Vec::<String>::new(), "{list}");
    (line(&merged.machines[0].0), merged.notes)
}

#[test]
fn what_was_removed_is_not_installed() {
    for removal in ["Uninstallation", "uninstall", "2"] {
        let (line, notes) = kbs(&format!(
            "ComputerName,OperationName,Result,KB\npc-1,{removal},Succeeded,KB5034765\npc-1,Installation,Succeeded,KB5033920\n"
        ));
        assert_eq!(
            line, "pc-1 10.0.22631 ? ? [5032190 5033920] []",
            "{removal}"
        );
        assert_eq!(
            notes,
            ["file2: 1 of its rows are of updates that are not installed and are left out"],
            "{removal}"
        );
    }
}

#[test]
fn the_newest_row_decides_where_times_tell_which_it_is() {
    let list = |installed: &str, removed: &str| {
        format!(
            "ComputerName,OperationName,Result,Date,KB\npc-1,Installation,Succeeded,{installed},KB5034765\n\
             pc-1,Uninstallation,Succeeded,{removed},KB5034765\n"
        )
    };
    for (installed, removed, is_there) in [
        ("2024-02-14 03:00:00", "2024-02-15 03:00:00", false),
        ("2024-02-16 03:00:00", "2024-02-15 03:00:00", true),
        ("2024-02-15T03:00:00Z", "2024-02-15T03:00:00Z", false),
        ("2024-02-16", "2024-02-15", true),
        ("", "2024-02-15", false),
        ("2024-02-16", "", false),
        ("2/16/2024 3:00:00 AM", "2/15/2024 3:00:00 AM", false),
    ] {
        let (line, notes) = kbs(&list(installed, removed));
        assert_eq!(line.contains("5034765"), is_there, "{installed} {removed}");
        let expected =
            "file2: 2 of its rows are of updates that are not installed and are left out";
        assert_eq!(
            notes == [expected],
            !is_there,
            "{installed} {removed}: {notes:?}"
        );
    }
    // Of several rows the last of each kind; the order of rows decides nothing.
    let (line, _) = kbs(
        r#"[{"Operation":2,"ResultCode":2,"Date":"/Date(1707825600000)/","KB":"KB5034765"},
            {"Operation":1,"ResultCode":2,"Date":"/Date(1707825600001)/","KB":"KB5034765"},
            {"Operation":1,"ResultCode":2,"Date":"/Date(1707000000000)/","KB":"KB5034765"},
            {"Operation":2,"ResultCode":2,"Date":"/Date(1707000000001)/","KB":"KB5034765"}]"#,
    );
    assert_eq!(line, "pc-1 10.0.22631 ? ? [5032190 5034765] []");
}

#[test]
fn a_removal_that_failed_removes_nothing() {
    for result in ["Failed", "4", "Aborted", "5"] {
        let (line, _) = kbs(&format!(
            "OperationName,Result,KB\nInstallation,Succeeded,KB5034765\nUninstallation,{result},KB5034765\n"
        ));
        assert_eq!(line, "pc-1 10.0.22631 ? ? [5032190 5034765] []", "{result}");
    }
}

#[test]
fn a_removal_is_of_its_own_host() {
    let merged = merged(&[
        "Host,OS Version,KB,Operation\na,10.0.22631,KB5034765,Installation\nb,10.0.22631,KB5034765,Installation\nb,10.0.22631,KB5034765,Uninstallation\n",
    ]);
    let lines: Vec<String> = merged.machines.iter().map(|(m, _)| line(m)).collect();
    assert_eq!(
        lines,
        ["a 10.0.22631 ? ? [5034765] []", "b 10.0.22631 ? ? [] []"]
    );
}

#[test]
fn numbers_of_states_and_results_are_those_of_their_tools() {
    for (heading, value, is_there) in [
        ("Status", "2", false),
        ("Status", "3", true),
        ("State", "5", false),
        ("Installed", "1", true),
        ("Result", "2", true),
        ("ResultCode", "3", true),
        ("ResultCode", "4", false),
        ("Result", "Failed", false),
    ] {
        let (line, _) = kbs(&format!("KB,{heading}\nKB5034765,{value}\n"));
        assert_eq!(line.contains("5034765"), is_there, "{heading} {value}");
    }
}

const PACKAGES: &str = "\
PackageName  : Microsoft-Windows-Client-LanguagePack-Package~31bf3856ad364e35~amd64~en-US~10.0.22621.3007
PackageState : Installed
ReleaseType  : LanguagePack
InstallTime  : 5/7/2022 5:39:00 AM

PackageName  : Package_for_KB5034441~31bf3856ad364e35~amd64~~22621.3000.1.0
PackageState : Installed
ReleaseType  : SecurityUpdate
InstallTime  : 1/10/2024 9:12:00 AM

PackageName  : Package_for_KB5033055~31bf3856ad364e35~amd64~~22621.2777.1.0
PackageState : Staged
ReleaseType  : Update
InstallTime  :

PackageName  : Package_for_RollupFix~31bf3856ad364e35~amd64~~22621.2861.1.7
PackageState : Superseded
ReleaseType  : SecurityUpdate
InstallTime  : 12/13/2023 9:12:00 AM

PackageName  : Package_for_RollupFix~31bf3856ad364e35~amd64~~22621.3007.1.8
PackageState : Installed
ReleaseType  : SecurityUpdate
InstallTime  : 1/10/2024 9:12:00 AM
";

#[test]
fn packages_tell_updates_and_the_revision() {
    let merged = merged_as("pc-1", &[HOST, PACKAGES]);
    assert_eq!(merged.errors, Vec::<String>::new());
    let machine = &merged.machines[0].0;
    assert_eq!(
        line(machine),
        "pc-1 10.0.22631.3007 ? ? [5032190 5034441] []"
    );
    assert_eq!(machine.pending_reboot, None);
    assert_eq!(
        merged.notes,
        ["file2: 2 of its rows are of updates that are not installed and are left out"]
    );
    // What the host says of itself counts, and another Windows' package tells nothing.
    for (version, expected) in [
        ("10.0.22631.3155", "10.0.22631.3155"),
        ("10.0.26100", "10.0.26100"),
    ] {
        let host = format!("Host,OS Version,HotFixID\npc-1,{version},KB5032190\n");
        let merged = merged_as("pc-1", &[PACKAGES, &host]);
        assert_eq!(merged.errors, Vec::<String>::new());
        let told = line(&merged.machines[0].0);
        assert!(told.starts_with(&format!("pc-1 {expected} ")), "{told}");
    }
}

#[test]
fn packages_of_csv_and_json_are_read_and_one_that_waits_does_not_count() {
    let rollup = "Package_for_RollupFix~31bf3856ad364e35~amd64~~22621.3155.1.2";
    for list in [
        format!(
            "\"PackageName\",\"PackageState\",\"ReleaseType\",\"InstallTime\"\n\
             \"Package_for_KB5034441~31bf3856ad364e35~amd64~~22621.3000.1.0\",\"Installed\",\"Update\",\"2024-01-10 09:12:00\"\n\
             \"{rollup}\",\"InstallPending\",\"SecurityUpdate\",\"\"\n"
        ),
        format!(
            r#"[{{"PackageName":"Package_for_KB5034441~31bf3856ad364e35~amd64~~22621.3000.1.0","PackageState":4,"ReleaseType":5,"InstallTime":"2024-01-10T09:12:00"}},
                {{"PackageName":"{rollup}","PackageState":5,"ReleaseType":5,"InstallTime":null}}]"#
        ),
    ] {
        let merged = merged_as("pc-1", &[HOST, &list]);
        assert_eq!(merged.errors, Vec::<String>::new(), "{list}");
        assert_eq!(
            merged.notes,
            ["file2: 1 of its rows are of updates that are not installed and are left out"],
            "{list}"
        );
        let machine = &merged.machines[0].0;
        assert_eq!(
            line(machine),
            "pc-1 10.0.22631 ? ? [5032190 5034441] []",
            "{list}"
        );
        assert_eq!(machine.pending_reboot, Some(true), "{list}");
        let dated = machine
            .installed_kbs
            .iter()
            .find(|kb| kb.id.number() == 5_034_441);
        let date = dated.and_then(|kb| kb.installed_on).map(|d| d.to_string());
        assert_eq!(date.as_deref(), Some("2024-01-10"), "{list}");
    }
    // A list of programs by this name is one as before.
    let programs = "Device,PackageName,PackageVersion\npc-1,7-Zip,22.01\n";
    let merged = merged(&[HOST, programs]);
    assert!(line(&merged.machines[0].0).ends_with("[|7-Zip|22.01]"));
}

#[test]
fn names_of_views_and_other_tools() {
    for list in [
        "Name0,Caption0,Version0,HotFixID0\npc-1,Microsoft Windows 11 Enterprise,10.0.22631,KB5034765\n",
        "Netbios_Name0,BuildNumber0,ArticleID\npc-1,22631,5034765\n",
        "AssetName,Build,HotFixID\npc-1,22631,KB5034765\n",
    ] {
        let merged = merged(&[list]);
        assert_eq!(merged.errors, Vec::<String>::new(), "{list}");
        let told = line(&merged.machines[0].0);
        assert!(told.starts_with("pc-1 10.0.22631 "), "{list}: {told}");
        assert!(told.contains("[5034765]"), "{list}: {told}");
    }
}

#[test]
fn an_error_that_a_server_answered_is_told() {
    for (text, told) in [
        (
            r#"{"error":{"code":"Unauthorized","message":"The token is expired.\u001b[31m","target":"x"}}"#,
            "Unauthorized: The token is expired. [31m",
        ),
        (
            r#"{"@odata.context":"c","error":{"message":"Too many requests"}}"#,
            "Too many requests",
        ),
        (
            r#"{"error":"invalid_client","error_description":"AADSTS7000215: Invalid client secret."}"#,
            "invalid_client: AADSTS7000215: Invalid client secret.",
        ),
    ] {
        let found = error(text);
        assert!(
            found.contains(&format!("an error that a server answered with: {told}:")),
            "{text}: {found}"
        );
    }
    let long = error(&format!(
        r#"{{"error":{{"message":"{}"}}}}"#,
        "x".repeat(9_000)
    ));
    assert!(long.len() < 1_000, "{}", long.len());
    // One that tells nothing is a document without a name, as before.
    let read = kbgap_inventory::read_reports(br#"{"error":{}}"#).unwrap();
    let refused = read[0].as_ref().unwrap_err().to_string();
    assert!(refused.contains("computerDnsName"), "{refused}");
}
