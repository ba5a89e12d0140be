//! Every route of the API (api.md, section 1.4). The table answers requests and
//! describes itself to the OpenAPI document, so that the two cannot differ.

use std::sync::LazyLock;

use axum::http::Method;
use kbgap_auth::Permission;
use kbgap_odata::types::export::{
    ASSET_NON_CPE_SOFTWARE, ASSET_SOFTWARE, ASSET_VULNERABILITY, DELTA_ASSET_VULNERABILITY,
    EXPORT_FILES,
};
use kbgap_odata::types::machine::{MACHINE, MACHINE_REFERENCE};
use kbgap_odata::types::recommendation::RECOMMENDATION;
use kbgap_odata::types::remediation::REMEDIATION_TASK;
use kbgap_odata::types::request::{
    DEVICE_VALUE_CHANGE, NEW_TASK, TAG_CHANGE, TAG_CHANGE_OF_MANY, TASK_CHANGE,
};
use kbgap_odata::types::score::CONFIGURATION_SCORE;
use kbgap_odata::types::software::{ANALYTICS_PRODUCT, DISTRIBUTION, PRODUCT_FIX, SOFTWARE};
use kbgap_odata::types::vulnerability::{
    ANALYTICS_VULNERABILITY, ASSET_VULNERABILITY_REFERENCE, VULNERABILITY,
};

use super::{
    exports, machines, missing_kbs, recommendations, remediation_tasks, scores, software,
    vulnerabilities,
};
use crate::http::Class::{self, ExportFiles, ExportJson, MachineVulnerabilities, Machines, Other};
use crate::list::{self, PAGE, VULNERABILITY_PAGE, WHOLE};
use crate::route::Answer::{self, Computed, NoData, Stored};
use crate::route::Returns::{self, List, One, Rows};
use crate::route::Route;

const fn permission(roles: &'static [&'static str], scopes: &'static [&'static str]) -> Permission {
    Permission { roles, scopes }
}

const SOFTWARE_READ: Permission = permission(&["Software.Read.All"], &["Software.Read"]);
const VULNERABILITY_READ: Permission =
    permission(&["Vulnerability.Read.All"], &["Vulnerability.Read"]);
const MACHINE_READ: Permission = permission(
    &["Machine.Read.All", "Machine.ReadWrite.All"],
    &["Machine.Read", "Machine.ReadWrite"],
);
const MACHINE_WRITE: Permission = permission(&["Machine.ReadWrite.All"], &["Machine.ReadWrite"]);
const RECOMMENDATION_READ: Permission = permission(
    &["SecurityRecommendation.Read.All"],
    &["SecurityRecommendation.Read"],
);
/// An application needs the permission on software, a user that on recommendations.
const RECOMMENDED_SOFTWARE_READ: Permission =
    permission(&["Software.Read.All"], &["SecurityRecommendation.Read"]);
const SCORE_READ: Permission = permission(&["Score.Read.All"], &["Score.Read"]);
/// The documentation has the scope in a second spelling, which is accepted too.
const TASK_READ: Permission = permission(
    &[
        "RemediationTasks.Read.All",
        "RemediationTasks.ReadWrite.All",
    ],
    &["RemediationTask.Read", "RemediationTask.Read.Read"],
);
const TASK_WRITE: Permission = permission(&["RemediationTasks.ReadWrite.All"], &[]);
/// What there is no data for tells nothing: any token will do.
const ANY: Permission = permission(&[], &[]);

/// Query options that several routes take.
const VIEW: (&str, &str) = (
    "view",
    "all, or effective: only what one would install today",
);
const URGENCY: (&str, &str) = (
    "urgency",
    "true: rows tell what is known of attacks on their CVEs",
);
const PAGE_SIZE: (&str, &str) = ("pageSize", "rows of a page: 50,000, at most 200,000");
const LINK_HOURS: (&str, &str) = (
    "sasValidHours",
    "how long the links live: 1 hour, at most 6",
);

const fn route(
    method: Method,
    path: &'static str,
    permission: Permission,
    class: Class,
    answer: Answer,
    returns: Returns,
    about: &'static str,
) -> Route {
    let options = match (&answer, &returns) {
        (NoData(_), _) | (_, Rows(_)) => &[],
        (_, List(_)) => list::ALLOWED,
        (_, One(_)) => list::ONE,
    };
    Route {
        method,
        path,
        permission,
        class,
        answer,
        returns,
        about,
        parameters: &[],
        options,
        page: WHOLE,
        body: None,
        creates: false,
    }
}

const fn get(
    path: &'static str,
    permission: Permission,
    class: Class,
    answer: Answer,
    returns: Returns,
    about: &'static str,
) -> Route {
    route(Method::GET, path, permission, class, answer, returns, about)
}

const fn post(
    path: &'static str,
    permission: Permission,
    class: Class,
    answer: Answer,
    returns: Returns,
    about: &'static str,
) -> Route {
    route(
        Method::POST,
        path,
        permission,
        class,
        answer,
        returns,
        about,
    )
}

/// The table.
pub(crate) fn routes() -> &'static [Route] {
    static ROUTES: LazyLock<Vec<Route>> = LazyLock::new(|| {
        [
            software_routes(),
            machine_routes(),
            export_routes(),
            other_routes(),
        ]
        .into_iter()
        .flatten()
        .collect()
    });
    &ROUTES
}

fn software_routes() -> Vec<Route> {
    vec![
        get(
            "Software",
            SOFTWARE_READ,
            Other,
            Computed(software::list),
            List(&SOFTWARE),
            "Software that machines have",
        )
        .paged(PAGE),
        get(
            "Software/{id}",
            SOFTWARE_READ,
            Other,
            Computed(software::by_id),
            One(&SOFTWARE),
            "One software",
        ),
        get(
            "Software/{id}/distributions",
            SOFTWARE_READ,
            Other,
            Computed(software::distributions),
            List(&DISTRIBUTION),
            "Versions of a software",
        ),
        get(
            "Software/{id}/machineReferences",
            SOFTWARE_READ,
            Other,
            Computed(software::machine_references),
            List(&MACHINE_REFERENCE),
            "Machines that have a software",
        ),
        get(
            "Software/{id}/vulnerabilities",
            VULNERABILITY_READ,
            Other,
            Computed(software::vulnerabilities),
            List(&ANALYTICS_VULNERABILITY),
            "CVEs that machines have in a software",
        ),
        get(
            "Software/{id}/getmissingkbs",
            SOFTWARE_READ,
            Other,
            Answer::Prepared(software::get_missing_kbs),
            Rows(&PRODUCT_FIX),
            "Security updates that machines miss for a software",
        )
        .taking(missing_kbs::ALLOWED)
        .with(&[
            VIEW,
            URGENCY,
            ("rbacGroupName", "only the machines of this device group"),
            ("rbacGroupId", "the same, by its number"),
        ]),
    ]
}

fn export_routes() -> Vec<Route> {
    vec![
        get(
            "machines/SoftwareInventoryByMachine",
            SOFTWARE_READ,
            ExportJson,
            Stored(exports::software_inventory),
            Rows(&ASSET_SOFTWARE),
            "Export: software of all machines",
        )
        .taking(exports::ALLOWED)
        .with(&[PAGE_SIZE]),
        get(
            "machines/SoftwareInventoryNoProductCodeByMachine",
            SOFTWARE_READ,
            ExportJson,
            Stored(exports::non_cpe_inventory),
            Rows(&ASSET_NON_CPE_SOFTWARE),
            "Export: software without a product code",
        )
        .taking(exports::ALLOWED)
        .with(&[PAGE_SIZE]),
        get(
            "machines/SoftwareVulnerabilitiesByMachine",
            VULNERABILITY_READ,
            ExportJson,
            Stored(exports::software_vulnerabilities),
            Rows(&ASSET_VULNERABILITY),
            "Export: CVEs of all software of all machines",
        )
        .taking(exports::ALLOWED)
        .with(&[PAGE_SIZE]),
        get(
            "machines/SoftwareVulnerabilityChangesByMachine",
            VULNERABILITY_READ,
            ExportJson,
            Stored(exports::vulnerability_changes),
            Rows(&DELTA_ASSET_VULNERABILITY),
            "Export: what became of CVEs since a time",
        )
        .taking(exports::ALLOWED)
        .with(&[
            (
                "sinceTime",
                "from the six hours around this time on: at most 14 days back",
            ),
            PAGE_SIZE,
        ]),
        get(
            "machines/SoftwareInventoryExport",
            SOFTWARE_READ,
            ExportFiles,
            Stored(exports::software_files),
            One(&EXPORT_FILES),
            "Export as files: software of all machines",
        )
        .taking(&[])
        .with(&[LINK_HOURS]),
        get(
            "machines/SoftwareInventoryNonCpeExport",
            SOFTWARE_READ,
            ExportFiles,
            Stored(exports::non_cpe_files),
            One(&EXPORT_FILES),
            "Export as files: software without a product code",
        )
        .taking(&[])
        .with(&[LINK_HOURS]),
        get(
            "machines/SoftwareVulnerabilitiesExport",
            VULNERABILITY_READ,
            ExportFiles,
            Stored(exports::vulnerability_files),
            One(&EXPORT_FILES),
            "Export as files: CVEs of all software of all machines",
        )
        .taking(&[])
        .with(&[LINK_HOURS]),
        get(
            "machines/SecureConfigurationsAssessmentByMachine",
            VULNERABILITY_READ,
            ExportJson,
            NoData("secure configuration"),
            Rows(&ASSET_SOFTWARE),
            "Secure configuration: no data",
        ),
        get(
            "machines/SecureConfigurationsAssessmentExport",
            VULNERABILITY_READ,
            ExportFiles,
            NoData("secure configuration"),
            One(&EXPORT_FILES),
            "Secure configuration: no data",
        ),
    ]
}

fn machine_routes() -> Vec<Route> {
    vec![
        get(
            "machines",
            MACHINE_READ,
            Machines,
            Computed(machines::list),
            List(&MACHINE),
            "Machines",
        )
        .with(&[(
            "support",
            "only those whose Windows is so: supported, esu, ended or unknown, several with commas between",
        )])
        .paged(PAGE),
        get(
            "machines/{id}",
            MACHINE_READ,
            Machines,
            Computed(machines::by_id),
            One(&MACHINE),
            "One machine, by id or name",
        ),
        get(
            "machines/{id}/getmissingkbs",
            SOFTWARE_READ,
            Other,
            Computed(machines::get_missing_kbs),
            Rows(&PRODUCT_FIX),
            "Security updates that a machine misses",
        )
        .taking(missing_kbs::ALLOWED)
        .with(&[VIEW, URGENCY]),
        get(
            "machines/{id}/software",
            SOFTWARE_READ,
            Other,
            Computed(machines::software),
            List(&SOFTWARE),
            "Software of a machine",
        ),
        get(
            "machines/{id}/vulnerabilities",
            VULNERABILITY_READ,
            MachineVulnerabilities,
            Computed(machines::vulnerabilities),
            List(&ANALYTICS_VULNERABILITY),
            "CVEs of a machine",
        ),
        get(
            "machines/{id}/recommendations",
            RECOMMENDATION_READ,
            Other,
            Computed(machines::recommendations),
            List(&RECOMMENDATION),
            "What one should do for a machine",
        ),
        post(
            "machines/{id}/tags",
            MACHINE_WRITE,
            Machines,
            Stored(machines::tag_one),
            One(&MACHINE),
            "Add or remove a tag",
        )
        .reading(&TAG_CHANGE, r#"{"Value":"test tag","Action":"Add"}"#),
        post(
            "machines/{id}/setDeviceValue",
            MACHINE_WRITE,
            Machines,
            Stored(machines::set_device_value),
            One(&MACHINE),
            "Say what a machine is worth",
        )
        .reading(&DEVICE_VALUE_CHANGE, r#"{"DeviceValue":"High"}"#),
        post(
            "machines/AddOrRemoveTagForMultipleMachines",
            MACHINE_WRITE,
            Machines,
            Stored(machines::tag_many),
            Rows(&MACHINE),
            "Add or remove a tag of up to 500 machines",
        )
        .reading(
            &TAG_CHANGE_OF_MANY,
            r#"{"Value":"test tag","Action":"Add","MachineIds":["pc-001.contoso.com"]}"#,
        ),
        get(
            "machines/findbytag",
            MACHINE_READ,
            Machines,
            Computed(machines::by_tag),
            List(&MACHINE),
            "Machines with a tag",
        )
        .paged(PAGE)
        .with(&[
            ("tag", "the tag"),
            ("useStartsWithFilter", "true: tags that begin so"),
        ]),
        get(
            "machines/findbyip(…)",
            MACHINE_READ,
            Machines,
            Stored(machines::by_ip),
            List(&MACHINE),
            "Machines seen at an address around a time",
        )
        .paged(PAGE)
        .with(&[
            ("ip", "an address"),
            ("timestamp", "a time of the last 30 days"),
        ]),
        get(
            "machines/{id}/alerts",
            ANY,
            Other,
            NoData("alerts"),
            Rows(&MACHINE_REFERENCE),
            "Alerts: no data",
        ),
    ]
}

fn other_routes() -> Vec<Route> {
    vec![
        get(
            "alerts",
            ANY,
            Other,
            NoData("alerts"),
            Rows(&MACHINE_REFERENCE),
            "Alerts: no data",
        ),
        get(
            "alerts/{id}",
            ANY,
            Other,
            NoData("alerts"),
            Rows(&MACHINE_REFERENCE),
            "Alerts: no data",
        ),
        get(
            "machineactions",
            ANY,
            Other,
            NoData("machine actions"),
            Rows(&MACHINE_REFERENCE),
            "Machine actions: no data",
        ),
        get(
            "vulnerabilities",
            VULNERABILITY_READ,
            Other,
            Computed(vulnerabilities::list),
            List(&VULNERABILITY),
            "CVEs of the feed",
        )
        .paged(VULNERABILITY_PAGE),
        get(
            "vulnerabilities/{id}",
            VULNERABILITY_READ,
            Other,
            Computed(vulnerabilities::by_id),
            One(&VULNERABILITY),
            "One CVE",
        ),
        get(
            "vulnerabilities/{id}/machineReferences",
            VULNERABILITY_READ,
            Other,
            Computed(vulnerabilities::machine_references),
            List(&MACHINE_REFERENCE),
            "Machines that have a CVE",
        ),
        get(
            "vulnerabilities/machinesVulnerabilities",
            VULNERABILITY_READ,
            Other,
            Computed(vulnerabilities::machines_vulnerabilities),
            List(&ASSET_VULNERABILITY_REFERENCE),
            "CVEs by machine and software, with the KB that fixes each",
        )
        .paged(PAGE),
        get(
            "recommendations",
            RECOMMENDATION_READ,
            Other,
            Computed(recommendations::list),
            List(&RECOMMENDATION),
            "What one should do",
        )
        .paged(PAGE),
        get(
            "recommendations/{id}",
            RECOMMENDATION_READ,
            Other,
            Computed(recommendations::by_id),
            One(&RECOMMENDATION),
            "One recommendation",
        ),
        get(
            "recommendations/{id}/software",
            RECOMMENDED_SOFTWARE_READ,
            Other,
            Computed(recommendations::software),
            One(&ANALYTICS_PRODUCT),
            "The software of a recommendation",
        ),
        get(
            "recommendations/{id}/machineReferences",
            RECOMMENDATION_READ,
            Other,
            Computed(recommendations::machine_references),
            List(&MACHINE_REFERENCE),
            "Machines that need a recommendation",
        ),
        get(
            "recommendations/{id}/vulnerabilities",
            VULNERABILITY_READ,
            Other,
            Computed(recommendations::vulnerabilities),
            List(&ANALYTICS_VULNERABILITY),
            "CVEs behind a recommendation",
        ),
        get(
            "exposureScore",
            SCORE_READ,
            Other,
            Computed(scores::exposure_score),
            One(&CONFIGURATION_SCORE),
            "The exposure score of the organisation",
        ),
        get(
            "exposureScore/ByMachineGroups",
            SCORE_READ,
            Other,
            Computed(scores::by_machine_groups),
            List(&CONFIGURATION_SCORE),
            "The exposure score of each device group",
        ),
        get(
            "configurationScore",
            SCORE_READ,
            Other,
            NoData("secure configuration"),
            One(&CONFIGURATION_SCORE),
            "Secure score: no data",
        ),
        get(
            "remediationTasks",
            TASK_READ,
            Other,
            Stored(remediation_tasks::list),
            List(&REMEDIATION_TASK),
            "Remediation tasks",
        )
        .paged(PAGE),
        post(
            "remediationTasks",
            TASK_WRITE,
            Other,
            Stored(remediation_tasks::create),
            One(&REMEDIATION_TASK),
            "Make a remediation task (an addition of ours)",
        )
        .creating()
        .reading(
            &NEW_TASK,
            r#"{"ProductId":"microsoft-_-edge","Title":"Update Edge","Priority":"High"}"#,
        ),
        get(
            "remediationTasks/{id}",
            TASK_READ,
            Other,
            Stored(remediation_tasks::by_id),
            One(&REMEDIATION_TASK),
            "One remediation task",
        ),
        route(
            Method::PATCH,
            "remediationTasks/{id}",
            TASK_WRITE,
            Other,
            Stored(remediation_tasks::change),
            One(&REMEDIATION_TASK),
            "Change or close a remediation task (an addition of ours)",
        )
        .reading(&TASK_CHANGE, r#"{"Status":"Completed"}"#),
        get(
            "remediationTasks/{id}/machineReferences",
            TASK_READ,
            Other,
            Stored(remediation_tasks::machine_references),
            List(&MACHINE_REFERENCE),
            "The machines of a remediation task",
        ),
    ]
}
