//! The index of endpoints, with what each takes and gives.

use super::fixture::{ALPHA, BETA};
use super::types::{self, Fields};

/// An endpoint with a request that it answers.
pub struct Endpoint {
    pub method: &'static str,
    /// `{task}` is the id of a task.
    pub path: String,
    pub body: &'static str,
    /// Application permissions, each of which is enough.
    pub roles: &'static [&'static str],
    /// Delegated permissions, each of which is enough.
    pub scopes: &'static [&'static str],
    /// What the context names.
    pub context: &'static str,
    pub shape: Shape,
    /// What `Allow` says.
    pub allow: &'static str,
}

#[derive(Clone, Copy)]
pub enum Shape {
    One(Fields),
    /// A list that is not empty.
    List(Fields),
    /// There is no data: 403 `DisabledFeature`.
    NoData,
}

use Shape::{List, NoData, One};

type Permission = (&'static [&'static str], &'static [&'static str]);

const SOFTWARE: Permission = (&["Software.Read.All"], &["Software.Read"]);
const VULNERABILITY: Permission = (&["Vulnerability.Read.All"], &["Vulnerability.Read"]);
const MACHINE: Permission = (
    &["Machine.Read.All", "Machine.ReadWrite.All"],
    &["Machine.Read", "Machine.ReadWrite"],
);
const MACHINE_WRITE: Permission = (&["Machine.ReadWrite.All"], &["Machine.ReadWrite"]);
const RECOMMENDATION: Permission = (
    &["SecurityRecommendation.Read.All"],
    &["SecurityRecommendation.Read"],
);
const SCORE: Permission = (&["Score.Read.All"], &["Score.Read"]);
const TASK: Permission = (
    &[
        "RemediationTasks.Read.All",
        "RemediationTasks.ReadWrite.All",
    ],
    &["RemediationTask.Read", "RemediationTask.Read.Read"],
);

fn get(
    path: impl Into<String>,
    permission: Permission,
    context: &'static str,
    shape: Shape,
) -> Endpoint {
    Endpoint {
        method: "GET",
        path: path.into(),
        body: "",
        roles: permission.0,
        scopes: permission.1,
        context,
        shape,
        allow: "GET, HEAD",
    }
}

fn post(
    path: impl Into<String>,
    body: &'static str,
    context: &'static str,
    shape: Shape,
) -> Endpoint {
    Endpoint {
        method: "POST",
        body,
        allow: "POST",
        ..get(path, MACHINE_WRITE, context, shape)
    }
}

const FIXES: &str = "Collection(microsoft.windowsDefenderATP.api.PublicProductFixDto)";
const CVES: &str = "Collection(Analytics.Contracts.PublicAPI.PublicVulnerabilityDto)";
const FILES: &str = "microsoft.windowsDefenderATP.api.ExportFilesResponse";

pub fn all() -> Vec<Endpoint> {
    let mut all = software();
    all.extend(machines());
    all.extend(vulnerabilities());
    all.extend(recommendations());
    all.extend(others());
    all.extend(exports());
    all
}

fn software() -> Vec<Endpoint> {
    let edge = |rest: &str| format!("Software/microsoft-_-edge{rest}");
    let references = List(types::MACHINE_REFERENCE);
    vec![
        get("Software", SOFTWARE, "Software", List(types::SOFTWARE)),
        get(edge(""), SOFTWARE, "Software/$entity", One(types::SOFTWARE)),
        get(
            edge("/distributions"),
            SOFTWARE,
            "Distributions",
            List(types::DISTRIBUTION),
        ),
        get(
            edge("/machineReferences"),
            SOFTWARE,
            "MachineReferences",
            references,
        ),
        get(
            edge("/vulnerabilities"),
            VULNERABILITY,
            CVES,
            List(types::VULNERABILITY),
        ),
        get(
            edge("/getmissingkbs"),
            SOFTWARE,
            FIXES,
            List(types::PRODUCT_FIX),
        ),
    ]
}

fn machines() -> Vec<Endpoint> {
    let alpha = |rest: &str| format!("machines/{ALPHA}{rest}");
    let list = List(types::MACHINE);
    let one = One(types::MACHINE);
    // Neither changes anything.
    let tag = r#"{"Value":"nobody has this","Action":"Remove"}"#;
    let value = r#"{"DeviceValue":"Normal"}"#;
    let tags = r#"{"Value":"nobody has this","Action":"Remove","MachineIds":["1e5bc9d7e413ddd7902c2932e418702b84d0cc07"]}"#;
    let by_ip = "machines/findbyip(ip='10.166.113.46',timestamp=2020-03-24T08:10:00Z)";
    vec![
        get("machines", MACHINE, "Machines", list),
        get(alpha(""), MACHINE, "Machine", one),
        get(
            alpha("/getmissingkbs"),
            SOFTWARE,
            FIXES,
            List(types::PRODUCT_FIX),
        ),
        get(
            alpha("/software"),
            SOFTWARE,
            "Software",
            List(types::SOFTWARE),
        ),
        get(
            alpha("/vulnerabilities"),
            VULNERABILITY,
            CVES,
            List(types::VULNERABILITY),
        ),
        get(
            alpha("/recommendations"),
            RECOMMENDATION,
            "Recommendations",
            List(types::RECOMMENDATION),
        ),
        post(alpha("/tags"), tag, "Machine", one),
        post(
            format!("machines/{BETA}/setDeviceValue"),
            value,
            "Machine",
            one,
        ),
        post(
            "machines/AddOrRemoveTagForMultipleMachines",
            tags,
            "Machines",
            list,
        ),
        get(
            "machines/findbytag?tag=pilot&useStartsWithFilter=false",
            MACHINE,
            "Machines",
            list,
        ),
        get(by_ip, MACHINE, "Machines", list),
    ]
}

fn vulnerabilities() -> Vec<Endpoint> {
    let cve = |rest: &str| format!("vulnerabilities/CVE-2020-0796{rest}");
    let references = List(types::MACHINE_REFERENCE);
    let rows = "Collection(microsoft.windowsDefenderATP.api.PublicAssetVulnerabilityDto)";
    let by_machine = "vulnerabilities/machinesVulnerabilities";
    vec![
        get(
            "vulnerabilities",
            VULNERABILITY,
            "Vulnerabilities",
            List(types::VULNERABILITY),
        ),
        get(
            cve(""),
            VULNERABILITY,
            "Vulnerabilities/$entity",
            One(types::VULNERABILITY),
        ),
        get(
            cve("/machineReferences"),
            VULNERABILITY,
            "MachineReferences",
            references,
        ),
        get(
            by_machine,
            VULNERABILITY,
            rows,
            List(types::ASSET_VULNERABILITY),
        ),
    ]
}

fn recommendations() -> Vec<Endpoint> {
    let edge = |rest: &str| format!("recommendations/va-_-microsoft-_-edge{rest}");
    let references = List(types::MACHINE_REFERENCE);
    let product = "Analytics.Contracts.PublicAPI.PublicProductDto";
    let software: Permission = (SOFTWARE.0, RECOMMENDATION.1);
    vec![
        get(
            "recommendations",
            RECOMMENDATION,
            "Recommendations",
            List(types::RECOMMENDATION),
        ),
        get(
            edge(""),
            RECOMMENDATION,
            "Recommendations/$entity",
            One(types::RECOMMENDATION),
        ),
        get(edge("/software"), software, product, One(types::SOFTWARE)),
        get(
            edge("/machineReferences"),
            RECOMMENDATION,
            "MachineReferences",
            references,
        ),
        get(
            edge("/vulnerabilities"),
            VULNERABILITY,
            CVES,
            List(types::VULNERABILITY),
        ),
    ]
}

fn others() -> Vec<Endpoint> {
    let references = List(types::MACHINE_REFERENCE);
    let tasks = List(types::REMEDIATION_TASK);
    let task = One(types::REMEDIATION_TASK);
    let mut others = vec![
        get(
            "exposureScore",
            SCORE,
            "ExposureScore/$entity",
            One(types::SCORE),
        ),
        get(
            "exposureScore/ByMachineGroups",
            SCORE,
            "ExposureScore",
            List(types::GROUP_SCORE),
        ),
        get("configurationScore", SCORE, "", NoData),
        get("remediationTasks", TASK, "RemediationTasks", tasks),
        get(
            "remediationTasks/{task}",
            TASK,
            "RemediationTasks/$entity",
            task,
        ),
        get(
            "remediationTasks/{task}/machineReferences",
            TASK,
            "MachineReferences",
            references,
        ),
    ];
    // Tasks can be made and changed: an addition of ours.
    others[3].allow = "GET, HEAD, POST";
    others[4].allow = "GET, HEAD, PATCH";
    others
}

fn exports() -> Vec<Endpoint> {
    let software = "Collection(microsoft.windowsDefenderATP.api.AssetSoftware)";
    let other = "Collection(microsoft.windowsDefenderATP.api.AssetNonCpeSoftware)";
    let cves = "Collection(microsoft.windowsDefenderATP.api.AssetVulnerability)";
    let files = One(types::EXPORT_FILES);
    let exported = |what: &str| format!("machines/{what}");
    let rows = [
        (
            "SoftwareInventoryByMachine",
            SOFTWARE,
            software,
            List(types::EXPORTED_SOFTWARE),
        ),
        (
            "SoftwareInventoryNoProductCodeByMachine",
            SOFTWARE,
            other,
            List(types::EXPORTED_OTHER_SOFTWARE),
        ),
        (
            "SoftwareVulnerabilitiesByMachine",
            VULNERABILITY,
            cves,
            List(types::EXPORTED_VULNERABILITY),
        ),
        ("SoftwareInventoryExport", SOFTWARE, FILES, files),
        ("SoftwareInventoryNonCpeExport", SOFTWARE, FILES, files),
        ("SoftwareVulnerabilitiesExport", VULNERABILITY, FILES, files),
        (
            "SecureConfigurationsAssessmentByMachine",
            VULNERABILITY,
            "",
            NoData,
        ),
        (
            "SecureConfigurationsAssessmentExport",
            VULNERABILITY,
            "",
            NoData,
        ),
    ];
    rows.into_iter()
        .map(|(path, permission, context, shape)| get(exported(path), permission, context, shape))
        .collect()
}
