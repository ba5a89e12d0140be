//! What targets make out of bytes: documents, and machines written again.

use kbgap_inventory::Machine;
use serde_json::{Value, json};

/// Bytes as text, and the lines of it.
pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A month with one vulnerability and one fix, as JSON and as XML, with these texts.
pub(crate) fn month(
    id: &str,
    description: &str,
    [subtype, supersedes, build]: [&str; 3],
) -> [String; 2] {
    let json = json!({
        "DocumentTitle": {"Value": "A month"},
        "DocumentTracking": {
            "Identification": {"ID": {"Value": id}},
            "CurrentReleaseDate": "2020-03-12T08:00:00",
        },
        "ProductTree": {"FullProductName": [
            {"ProductID": "11713", "Value": "Windows 10 Version 1909 for x64-based Systems"},
        ]},
        "Vulnerability": [{
            "CVE": "CVE-2020-0684",
            "Remediations": [{
                "Type": 2,
                "Description": {"Value": description},
                "SubType": subtype,
                "Supercedence": supersedes,
                "FixedBuild": build,
                "ProductID": ["11713"],
            }],
        }],
    });
    let escaped = |text: &str| {
        text.replace('&', "&amp;")
            .replace('<', "&lt;")
            .replace('>', "&gt;")
    };
    let xml = format!(
        "<cvrf:cvrfdoc xmlns:cvrf=\"http://www.icasi.org/CVRF/schema/cvrf/1.1\" xmlns:prod=\"http://www.icasi.org/CVRF/schema/prod/1.1\" \
         xmlns:vuln=\"http://www.icasi.org/CVRF/schema/vuln/1.1\"><cvrf:DocumentTitle>A month</cvrf:DocumentTitle>\
         <cvrf:DocumentTracking><cvrf:Identification><cvrf:ID>{}</cvrf:ID></cvrf:Identification>\
         <cvrf:CurrentReleaseDate>2020-03-12T08:00:00</cvrf:CurrentReleaseDate></cvrf:DocumentTracking>\
         <prod:ProductTree><prod:FullProductName ProductID=\"11713\">Windows 10 Version 1909 for x64-based Systems</prod:FullProductName></prod:ProductTree>\
         <vuln:Vulnerability><vuln:CVE>CVE-2020-0684</vuln:CVE><vuln:Remediations><vuln:Remediation Type=\"Vendor Fix\">\
         <vuln:Description>{}</vuln:Description><vuln:ProductID>11713</vuln:ProductID><vuln:SubType>{}</vuln:SubType>\
         <vuln:Supercedence>{}</vuln:Supercedence><vuln:FixedBuild>{}</vuln:FixedBuild></vuln:Remediation></vuln:Remediations></vuln:Vulnerability></cvrf:cvrfdoc>",
        escaped(id),
        escaped(description),
        escaped(subtype),
        escaped(supersedes),
        escaped(build),
    );
    [json.to_string(), xml]
}

/// A machine as the native document that says the same.
pub(crate) fn document(machine: &Machine) -> Value {
    let os = &machine.os;
    let mut version = format!("{}.{}.{}", os.version.0, os.version.1, os.build);
    version.extend(os.revision.map(|revision| format!(".{revision}")));
    let kbs: Vec<Value> = machine
        .installed_kbs
        .iter()
        .map(|kb| json!({"id": kb.id.to_string(), "installedOn": kb.installed_on}))
        .collect();
    let mut document = json!({
        "computerDnsName": machine.computer_dns_name,
        "id": machine.id.to_string(),
        "os": {
            "platform": os.platform,
            "version": version,
            "architecture": os.architecture.map(|a| a.to_string()),
            "installationType": os.installation_type.map(|t| t.to_string()),
            "edition": os.edition,
            "servicePack": os.service_pack,
        },
        "installedKbs": kbs,
        "group": machine.group,
        "tags": machine.tags,
        "pendingReboot": machine.pending_reboot,
        "hotpatch": machine.hotpatch,
        "secureBoot": machine.secure_boot,
        "winRe": machine.win_re,
        "dotNet": machine.dot_net,
        "ipAddresses": machine.ip_addresses,
        "lastIpAddress": machine.last_ip_address,
        "lastExternalIpAddress": machine.last_external_ip_address,
        "aadDeviceId": machine.aad_device_id,
        "agentVersion": machine.agent_version,
        "seenAt": machine.seen_at,
    });
    if machine.software_reported
        && let Some(fields) = document.as_object_mut()
    {
        let software = machine.software.iter();
        let software =
            software.map(|s| json!({"vendor": s.vendor, "name": s.name, "version": s.version}));
        fields.insert("software".to_owned(), software.collect());
    }
    document
}
