//! Reports of one host that are several files.

use crate::{line, merged, merged_as};

const HOST: &str =
    r#"{"computerDnsName":"pc-1.contoso.com","os":{"version":"10.0.19045","architecture":"x64"}}"#;
const KBS: &str = "Source,HotFixID\nPC-1,KB5031356\n";
const UNNAMED: &str = "HotFixID  \nKB5031988  \n";

#[test]
fn by_the_name_with_or_without_its_domain() {
    let merged = merged(&[KBS, HOST]);
    assert_eq!(
        line(&merged.machines[0].0),
        "pc-1.contoso.com 10.0.19045 x64 ? [5031356] []"
    );
}

#[test]
fn a_name_by_which_two_hosts_may_be_meant_is_refused() {
    let other = HOST.replace("contoso.com", "fabrikam.com");
    let merged = merged(&[HOST, &other, KBS]);
    assert_eq!(merged.machines.len(), 2);
    assert!(
        merged.errors[0].contains("pc-1.contoso.com, pc-1.fabrikam.com"),
        "{:?}",
        merged.errors
    );
}

#[test]
fn what_names_no_host_belongs_to_the_only_one() {
    let merged_one = merged(&[UNNAMED, HOST]);
    assert_eq!(merged_one.errors, Vec::<String>::new());
    assert!(line(&merged_one.machines[0].0).contains("5031988"));
    let other = HOST.replace("pc-1", "pc-2");
    let merged = merged(&[UNNAMED, HOST, &other]);
    assert!(
        merged.errors[0].contains("--machine"),
        "{:?}",
        merged.errors
    );
    assert!(
        merged
            .machines
            .iter()
            .all(|(m, _)| m.installed_kbs.is_empty())
    );
}

#[test]
fn what_contradicts_takes_the_host_away() {
    let newer = "Host,OS Version\npc-1,10.0.22631\n";
    let merged = merged(&[HOST, newer, &HOST.replace("pc-1", "pc-2")]);
    assert_eq!(merged.machines.len(), 1);
    assert_eq!(merged.machines[0].0.computer_dns_name, "pc-2.contoso.com");
    assert!(
        merged.errors[0].starts_with("file2:") && merged.errors[0].contains("build 22631"),
        "{:?}",
        merged.errors
    );
}

#[test]
fn a_name_that_is_given_holds_for_all_and_refuses_others() {
    let merged = merged_as("pc-1", &[UNNAMED, KBS, HOST]);
    assert_eq!(merged.errors, Vec::<String>::new());
    assert_eq!(
        line(&merged.machines[0].0),
        "pc-1 10.0.19045 x64 ? [5031356 5031988] []"
    );
    let refused = merged_as("pc-2", &[UNNAMED, HOST]);
    assert_eq!(refused.machines.len(), 0);
    assert!(
        refused.errors[0].contains("`pc-1.contoso.com` and not of `pc-2`"),
        "{:?}",
        refused.errors
    );
}

#[test]
fn two_native_documents_of_a_host_stay_two() {
    let text = format!("{HOST}\n{}", HOST.replace("19045", "22631"));
    assert_eq!(merged(&[&text]).machines.len(), 2);
}

#[test]
fn a_systeminfo_and_a_list_in_one_file_are_of_one_host() {
    let text = "Host Name:     PC\nOS Name:     Microsoft Windows 10 Pro\nOS Version:     10.0.19045 N/A Build 19045\n\
                Hotfix(s):     1 Hotfix(s) Installed.\n               [01]: KB5031354\n\nDescription  HotFixID\nUpdate       KB5029921\n";
    let merged = merged(&[text]);
    assert_eq!(merged.errors, Vec::<String>::new());
    assert_eq!(
        line(&merged.machines[0].0),
        "PC 10.0.19045 ? Client [5029921 5031354] []"
    );
}

/// Found by fuzzing: the name, and with it the id, was that of the file that came first.
#[test]
fn a_host_has_the_same_name_in_whichever_order_its_files_come() {
    let files = [
        "Host,OS Version\nPC-1,10.0.19045\n",
        "CSName=pc-1\nHotFixID=KB5031354\n",
        "[{\"DisplayName\":\"Edge\",\"DisplayVersion\":\"1\",\"PSComputerName\":\"pc-1.contoso.com\"}]",
    ];
    for (order, name) in [
        ([0, 1, 2], "pc-1.contoso.com"),
        ([2, 1, 0], "pc-1.contoso.com"),
        ([1, 0, 0], "pc-1"),
        ([0, 1, 0], "pc-1"),
    ] {
        let merged = merged(&order.map(|file| files[file]));
        assert_eq!(merged.errors, Vec::<String>::new());
        assert_eq!(merged.machines[0].0.computer_dns_name, name, "{order:?}");
    }
}

/// Found by fuzzing: of two of one host the file that came last counted, however old it was.
#[test]
fn two_reports_of_systeminfo_of_one_host_agree_or_are_refused() {
    let report = |build: u32, kb: &str| {
        format!(
            "Host Name: PC-1\nOS Name: Microsoft Windows 10 Pro\nOS Version: 10.0.{build} N/A Build {build}\n\
             Hotfix(s): 1 Hotfix(s) Installed.\n   [01]: {kb}\n"
        )
    };
    let (one, two) = (report(19_045, "KB5031354"), report(19_045, "KB5029921"));
    let both = merged(&[&one, &two]);
    assert_eq!(both.machines.len(), 1);
    assert_eq!(both.machines[0].0.installed_kbs.len(), 2);
    let merged = merged(&[&one, &report(22_631, "KB5029921")]);
    assert!(merged.machines.is_empty());
    assert!(
        merged.errors[0].contains("says build 22631 where another report"),
        "{merged:?}"
    );
}
