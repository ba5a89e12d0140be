//! Every construct of the documentation's samples, and what public clients send.

use serde_json::json;

use super::fixture::{ALPHA, BETA, DELTA, EPSILON, FLEET, GAMMA, ZETA};

const ALL: [&str; 6] = [ALPHA, BETA, GAMMA, DELTA, EPSILON, ZETA];

#[test]
fn the_documented_samples() {
    let server = FLEET.get();
    for (query, expected) in [
        ("$filter=riskScore+eq+'High'", &[][..]),
        ("$filter=RiskScore+ne+'High'", &ALL),
        ("$filter=healthStatus+ne+'Active'&$top=100", &[ZETA]),
        (
            "$filter=HealthStatus%20eq%20%27active%27&$top=2",
            &[ALPHA, BETA],
        ),
        ("$filter=lastSeen%20gt%202018-08-01Z", &ALL),
        (
            "$filter=LastSeen+gt+2020-03-01Z",
            &[ALPHA, BETA, GAMMA, DELTA, EPSILON],
        ),
        (
            "$filter=lastSeen+ge+2020-03-24T08:00:00.0000000Z&$top=1",
            &[ALPHA],
        ),
        ("$filter=lastSeen+gt+'2020-03-24T08:00:00Z'", &[]),
        (
            "$filter=lastSeen+le+2020-03-24T10:00:00%2B02:00&$top=1",
            &[ALPHA],
        ),
        ("$filter=startswith(computerDnsName,'alpha')", &[ALPHA]),
        ("$filter=startswith(ComputerDnsName,%20'ALPHA.')", &[ALPHA]),
        ("$filter=onboardingStatus+eq+'onboarded'&$top=1", &[ALPHA]),
        (
            "$filter=computerDnsName+eq+'BETA'+or+computerDnsName+eq+'gamma'",
            &[BETA, GAMMA],
        ),
        (
            "$filter=aadDeviceId+eq+80fe8ff8-2624-418e-9591-41f0491218f9",
            &[ALPHA],
        ),
        (
            "$filter=aadDeviceId+eq+'80FE8FF8-2624-418E-9591-41F0491218F9'",
            &[ALPHA],
        ),
        (
            "$filter=machineTags/any(tag:+tag+eq+'test+tag+1')",
            &[ALPHA],
        ),
        ("$filter=lastIpAddress+eq+'10.166.113.46'", &[ALPHA]),
        (
            "$filter=osPlatform+eq+'windows10'+and+version+eq+'1903'",
            &[GAMMA],
        ),
        ("$filter=rbacGroupId+eq+'0'", &[DELTA, EPSILON, ZETA]),
        ("$filter=rbacGroupName+eq+'london'", &[GAMMA]),
        ("$filter=exposureLevel+eq+'None'", &[DELTA]),
        (
            "$filter=id+eq+'1E5BC9D7E413DDD7902C2932E418702B84D0CC07'",
            &[ALPHA],
        ),
        (
            "%24filter=id%20in%20('1e5bc9d7e413ddd7902c2932e418702b84d0cc07')",
            &[ALPHA],
        ),
        ("$top=+2+", &[ALPHA, BETA]),
        ("$TOP=1&$SKIP=1", &[BETA]),
        ("$top=1000&$skip=0", &ALL),
        ("$top=1000&$skip=6", &[]),
        ("$skip=10000", &[]),
        ("", &ALL),
    ] {
        let answer = server.read(&format!("/api/machines?{query}"));
        assert_eq!(answer.status, 200, "{query}: {}", answer.body);
        assert_eq!(answer.ids(), expected, "{query}");
        assert!(answer.json().get("@odata.nextLink").is_none(), "{query}");
    }
}

#[test]
fn enumerations_are_ordered_by_their_members_and_not_by_the_alphabet() {
    let server = FLEET.get();
    let levels = |query: &str| {
        let rows = server.read(&format!("/api/machines?{query}")).rows();
        rows.iter()
            .map(|row| row["exposureLevel"].clone())
            .collect::<Vec<_>>()
    };
    // Alpha, beta, gamma and zeta have a level above None.
    assert_eq!(levels("$filter=exposureLevel+gt+'None'").len(), 4);
    assert_eq!(levels("$filter=exposureLevel+ge+'none'").len(), 5);
    assert_eq!(levels("$filter='None'+lt+exposureLevel").len(), 4);
    assert_eq!(levels("$filter=exposureLevel+le+'High'").len(), 5);
    let ascending = levels("$orderby=exposureLevel&$filter=exposureLevel+ne+null");
    assert_eq!(ascending[0], "None");
    let descending = levels("$orderby=exposureLevel+desc,id&$filter=exposureLevel+ne+null");
    assert_eq!(descending.last(), Some(&json!("None")));
}

#[test]
fn counts_beside_and_instead_of_the_list() {
    let server = FLEET.get();
    let answer = server.read("/api/machines?$count=true&$top=2");
    let begins = format!(
        "{{\"@odata.context\":\"{}/api/$metadata#Machines\",\"@odata.count\":6,\"value\":[",
        server.url
    );
    assert!(answer.body.starts_with(&begins), "{}", answer.body);
    for (path, expected) in [
        ("/api/machines/$count", "6"),
        ("/api/machines/$count?$filter=healthStatus+eq+'Active'", "5"),
        ("/api/machines/$COUNT?$top=1", "6"),
        (
            "/api/Software/microsoft-_-edge/machineReferences/$count",
            "3",
        ),
        ("/api/v1.0/recommendations/$count", "3"),
    ] {
        let answer = server.read(path);
        assert_eq!(
            (answer.status, answer.body.as_str()),
            (200, expected),
            "{path}"
        );
        assert!(
            answer
                .header("content-type")
                .unwrap()
                .starts_with("text/plain")
        );
    }
    assert_eq!(
        server.read(&format!("/api/machines/{ALPHA}/$count")).status,
        404
    );
}

#[test]
fn selections_and_orders() {
    let server = FLEET.get();
    let answer = server.read("/api/machines?$select=computerDnsName,ID&$top=1");
    assert_eq!(
        answer.rows(),
        [json!({"id": ALPHA, "computerDnsName": "Alpha.contoso.com"})]
    );
    let ids = |order: &str| {
        server
            .read(&format!("/api/machines?$orderby={order}"))
            .ids()
    };
    assert_eq!(ids("id%20desc")[0], ZETA);
    assert_eq!(ids("LastSeen")[0], ZETA);
    assert_eq!(ids("lastSeen+desc,computerDnsName+desc")[0], GAMMA);
    assert_eq!(ids("osBuild+asc,id+desc")[..3], [EPSILON, GAMMA, ZETA]);
    assert_eq!(
        ids("rbacGroupName,id")[..3],
        [DELTA, EPSILON, ZETA],
        "null comes first"
    );
    let one = server.read(&format!("/api/machines/{ALPHA}?$select=onboardingStatus"));
    let context = format!("{}/api/$metadata#Machine", server.url);
    assert_eq!(
        one.json(),
        json!({"@odata.context": context, "onboardingStatus": "Onboarded"})
    );
}

#[test]
fn limits_of_top() {
    let server = FLEET.get();
    for (path, most) in [
        ("Software", 10_000),
        ("machines", 10_000),
        ("vulnerabilities", 8_000),
        ("vulnerabilities/machinesVulnerabilities", 10_000),
        ("recommendations", 10_000),
        ("remediationTasks", 10_000),
    ] {
        assert_eq!(
            server.read(&format!("/api/{path}?$top={most}")).status,
            200,
            "{path}"
        );
        let answer = server.read(&format!("/api/{path}?$top={}", most + 1));
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (400, "ODataError"),
            "{path}"
        );
        assert!(
            answer.message().contains(&most.to_string()),
            "{}",
            answer.message()
        );
    }
}

#[test]
fn mistakes_name_the_option_and_the_column() {
    let server = FLEET.get();
    for (query, says) in [
        (
            "$filter=osBuilt+eq+1",
            "column 1: there is no property 'osBuilt'",
        ),
        ("$filter=osBuild+eq", "column 11"),
        ("$filter=osBuild+=+1", "column 9"),
        ("$filter=(osBuild+eq+1", "column 14"),
        ("$filter=computerDnsName+eq+'x", "column 20"),
        ("$filter=computerDnsName+eq+%22x%22", "column 20"),
        (
            "$filter=riskScore+eq+'Extreme'",
            "None, Informational, Low, Medium, High",
        ),
        ("$filter=riskScore+gt+'Extreme'", "column 14"),
        ("$filter=machineTags+eq+'x'", "machineTags/any("),
        ("$filter=", "the end"),
        ("$select=nothing", "'nothing'"),
        ("$select=id,", "$select"),
        ("$orderby=nothing", "'nothing'"),
        ("$orderby=id+up", "asc or desc"),
        ("$orderby=machineTags", "single value"),
        ("$expand=alerts", "'alerts'"),
        ("$expand=software($top=1)", "$select"),
        ("$expand=software(", "parenthesis"),
        ("$top=ten", "'ten'"),
        ("$top=-1", "$top"),
        ("$skip=99999999999999999999", "$skip"),
        ("$count=maybe", "'maybe'"),
        ("$search=x", "$search"),
        ("$apply=aggregate(x)", "$apply"),
        ("$skiptoken=x", "$skiptoken"),
        ("$top=1&$top=2", "more than once"),
        ("$format=xml", "'xml'"),
    ] {
        let answer = server.read(&format!("/api/machines?{query}"));
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (400, "ODataError"),
            "{query}: {}",
            answer.body
        );
        assert!(
            answer.message().contains(says),
            "{query}: {}",
            answer.message()
        );
    }
}

#[test]
fn an_option_of_ours_that_is_given_twice_is_refused() {
    let server = FLEET.get();
    for question in [
        "/api/machines?support=ended&support=esu",
        "/api/machines?support=esu&Support=esu",
        "/api/machines/findbytag?tag=a&tag=b",
        "/api/machines/findbytag?tag=a&useStartsWithFilter=true&useStartsWithFilter=false",
        "/api/software/microsoft-_-windows_10/getmissingkbs?view=all&view=effective",
        "/api/software/microsoft-_-windows_10/getmissingkbs?rbacGroupId=1&rbacGroupId=2",
        "/api/software/microsoft-_-windows_10/getmissingkbs?rbacGroupName=a&rbacGroupName=b",
        "/api/machines/SoftwareVulnerabilitiesByMachine?pageSize=5&pageSize=6",
        "/api/machines/SoftwareVulnerabilitiesExport?sasValidHours=1&sasValidHours=2",
        "/api/machines/SoftwareVulnerabilityChangesByMachine?sinceTime=2020-03-25&sinceTime=2020-03-26",
    ] {
        let answer = server.read(question);
        let told = (answer.status, answer.code());
        assert_eq!(
            told,
            (400, "ODataError".to_owned()),
            "{question}: {}",
            answer.body
        );
        assert!(answer.message().contains("more than once"), "{question}");
    }
}

#[test]
fn what_clients_send_beside_the_documented() {
    let server = FLEET.get();
    // An unknown option without `$` is no business of ours; a bare `?` neither.
    for query in [
        "",
        "skip=10000",
        "page=2&x=%C3%BC",
        "&&",
        "$format=json",
        "api-version=1",
        "pageSize=10000",
        "$top=10000&$skip=0&pageSize=10000",
    ] {
        assert_eq!(
            server.read(&format!("/api/machines?{query}")).rows().len(),
            6,
            "{query}"
        );
    }
    let sorted = server.read("/api/vulnerabilities/machinesVulnerabilities?$orderby=machineId");
    assert_eq!(sorted.rows().len(), 84 + 98 + 97);
    let bearer = format!("bearer {}", server.token(&["Machine.Read.All"], &[]));
    let headers = [
        ("authorization", bearer.as_str()),
        ("content-type", "application/json"),
        ("accept", "application/json"),
        ("accept-encoding", "identity"),
        ("prefer", "odata.maxpagesize=2"),
        ("odata-version", "4.0"),
    ];
    assert_eq!(
        server
            .send("GET", "/api/machines", &headers, b"{}")
            .rows()
            .len(),
        6
    );
}
