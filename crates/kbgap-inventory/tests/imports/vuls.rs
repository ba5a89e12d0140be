//! Scan results of Vuls.

use crate::{error, line, machine, merged, merged_as};

const SCAN: &str = r#"{"jsonVersion":4,"serverName":"web-1","family":"windows","release":"Windows Server 2022","ipv4Addrs":["10.0.2.15"],
"scannedAt":"2026-05-01T12:11:53.5711439Z","runningKernel":{"release":"","version":"10.0.20348.3328","rebootRequired":true},
"packages":{"Git":{"name":"Git","version":"2.44","vendor":"Git Community"},"Update (KB5001716)":{"name":"Update (KB5001716)","version":"1"}},
"windowsKB":{"applied":["5053603","5010354"],"unapplied":["5060526"]}}"#;

#[test]
fn a_scan_is_a_whole_machine() {
    let read = machine(SCAN);
    assert_eq!(
        line(&read),
        "web-1 10.0.20348.3328 x64 Server [5001716 5010354 5053603] [|Update (KB5001716)|1; Git Community|Git|2.44]"
    );
    assert_eq!(read.pending_reboot, Some(true));
    assert_eq!(
        read.seen_at.unwrap().to_string(),
        "2026-05-01T12:11:53.5711439Z"
    );
    // The name is that of the configuration; whoever knows the host's own may say it.
    let named = merged_as("web-1.contoso.com", &[SCAN]);
    assert_eq!(named.machines[0].0.computer_dns_name, "web-1.contoso.com");
    let core = machine(&SCAN.replace(
        "Windows Server 2022",
        "Windows Server 2022 (Server Core installation)",
    ));
    assert!(line(&core).contains("Server Core"), "{}", line(&core));
}

#[test]
fn what_is_wrong_has_its_place() {
    for (from, to, told) in [
        ("\"windows\"", "\"debian\"", "`family`"),
        ("10.0.20348.3328", "10.x", "`runningKernel.version`"),
        (
            "\"runningKernel\"",
            "\"kernel\"",
            "`runningKernel` is missing",
        ),
        ("\"5053603\"", "\"abc\"", "`windowsKB.applied`"),
        (
            "Windows Server 2022",
            "Windows 10 Version 1909 for x64-based Systems",
            "`release`",
        ),
        ("{\"Git\":", "[{\"Git\":", "packages by their names"),
    ] {
        let error = error(&SCAN.replace(from, to));
        assert!(
            error.contains(told) && error.contains("Vuls"),
            "{to}: {error}"
        );
    }
    let cut = error(&SCAN[..SCAN.len() - 20]);
    assert!(cut.contains("cut off") && cut.contains("line 4"), "{cut}");
}

#[test]
fn what_a_scan_could_not_look_for_is_unknown_and_its_errors_are_told() {
    let merged = merged(&[
        r#"{"jsonVersion":4,"serverName":"a","family":"windows","errors":["Failed to detect\u001b[31m packages"],"runningKernel":{"version":"10.0.19045.1"},"packages":null,"windowsKB":{"applied":["5031356"]}}"#,
    ]);
    let (machine, warnings) = &merged.machines[0];
    assert!(!machine.software_reported);
    let told = warnings.iter().find(|w| w.contains("the scanner says"));
    assert!(
        told.is_some_and(|w| w.ends_with("Failed to detect [31m packages")),
        "{warnings:?}"
    );
}
