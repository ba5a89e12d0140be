//! Lists of what a host misses: what they name must never count as installed.

use crate::{error, line, merged, merged_as};

/// A host without its newest update.
const HOST: &str = "Host,OS Version,UBR,HotFixID\npc-1,10.0.22631,2715,KB5032190\n";

#[test]
fn a_list_of_vulnerabilities_is_none_of_installed_updates() {
    for text in [
        // WES-NG, with `--output`.
        "\"DatePosted\",\"CVE\",\"KB\",\"Title\",\"AffectedProduct\",\"AffectedComponent\",\"Severity\",\"Impact\",\"Supersedes\",\"Exploits\"\n\
         \"20240213\",\"CVE-2024-21338\",\"5034765\",\"Windows Kernel\",\"Windows 11\",\"\",\"Important\",\"Elevation of Privilege\",\"5034123\",\"\"\n",
        "Host;CVEs;KB\npc-1;CVE-2024-21338;KB5034765\n",
        "Host   CVE            KB\n----   ---            --\npc-1   CVE-2024-21338 KB5034765\n",
        "Host : pc-1\nCVE : CVE-2024-21338\nKB : KB5034765\n",
        r#"[{"Host":"pc-1","CveId":"CVE-2024-21338","KB":"KB5034765"}]"#,
        // Nessus, whose names are those of its checks and no programs.
        "\"Plugin ID\",\"CVE\",\"Risk\",\"Host\",\"Port\",\"Name\"\n\"1\",\"CVE-2024-21338\",\"High\",\"pc-1\",\"445\",\"KB5034765: Windows 11\"\n",
        "IP,Hostname,Severity,NVT Name,Summary,CVEs\n10.0.0.1,pc-1,High,Windows (KB5034765),x,CVE-2024-21338\n",
    ] {
        let told = error(text);
        assert!(
            told.contains("tells what a host misses") && told.contains("HotFixID"),
            "{text}: {told}"
        );
    }
}

#[test]
fn answers_of_the_api_and_of_check_are_no_hosts() {
    for text in [
        r#"{"@odata.context":"c","value":[{"id":"4540673","name":"March 2020 Security Updates","osBuild":18363,"productsNames":["windows_10"],"url":"u","machineMissedOn":1,"cveAddressed":97}]}"#,
        "computerDnsName,os,build,id,name,cveAddressed,software\npc-1,Windows 11,22631.2715,5093998,June,157,microsoft-_-windows_11 157\n",
    ] {
        assert!(error(text).contains("tells what a host misses"), "{text}");
    }
}

#[test]
fn a_table_of_hosts_that_names_what_they_miss_is_one_without_updates() {
    let merged =
        merged(&["Host,OS Version,CVE,KB\npc-1,10.0.22631.2715,CVE-2024-21338,KB5034765\n"]);
    assert_eq!(merged.errors, Vec::<String>::new());
    assert_eq!(
        line(&merged.machines[0].0),
        "pc-1 10.0.22631.2715 ? ? [] []"
    );
}

#[test]
fn programs_with_their_cves_are_programs() {
    let list = "Device,Name,Version,CVE\npc-1,7-Zip,22.01,CVE-2022-29072\n";
    let merged = merged(&[HOST, list]);
    assert_eq!(merged.errors, Vec::<String>::new());
    assert!(line(&merged.machines[0].0).ends_with("[|7-Zip|22.01]"));
}

#[test]
fn an_update_that_its_row_says_is_not_installed_is_left_out_and_counted() {
    for heading in ["IsInstalled", "State", "Status", "Install Status"] {
        for value in [
            "False",
            "Missing",
            "Not Installed",
            "needed",
            "Failed",
            "-------",
            "-D-----",
        ] {
            let list = format!(
                "ComputerName,KB,{heading}\npc-1,KB5034765,{value}\npc-1,KB5033920,Installed\n"
            );
            let merged = merged(&[HOST, &list]);
            assert_eq!(merged.errors, Vec::<String>::new(), "{list}");
            assert_eq!(
                line(&merged.machines[0].0),
                "pc-1 10.0.22631.2715 ? ? [5032190 5033920] []",
                "{list}"
            );
            assert_eq!(
                merged.notes,
                ["file2: 1 of its rows are of updates that are not installed and are left out"],
                "{list}"
            );
        }
    }
}

#[test]
fn an_update_that_its_row_says_is_installed_or_says_nothing_of_is_taken() {
    for value in [
        "True",
        "Installed",
        "--I----",
        "",
        "Succeeded",
        "2024-02-13",
    ] {
        let list = format!("HotFixID,Status\nKB5034765,{value}\n");
        let merged = merged_as("pc-1", &[HOST, &list]);
        assert_eq!(merged.errors, Vec::<String>::new(), "{list}");
        assert_eq!(
            line(&merged.machines[0].0),
            "pc-1 10.0.22631.2715 ? ? [5032190 5034765] []",
            "{list}"
        );
        assert_eq!(merged.notes, Vec::<String>::new(), "{list}");
    }
    // Without updates it is what the host is.
    let merged = merged(&["Host,OS Version,Status\npc-1,10.0.22631.2715,Failed\n"]);
    assert_eq!(merged.machines.len(), 1, "{merged:?}");
}
