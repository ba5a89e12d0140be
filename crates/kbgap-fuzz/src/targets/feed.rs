//! Documents of the feed, and what holds them.

use std::io::Write as _;

use kbgap_catalog::{DocumentRecord, OddKind, compile};
use kbgap_feed::{Content, FeedError, read, read_file, source};
use kbgap_sync::Index;

use crate::make;

pub(super) const CVRF_XML: &[&str] = &[
    r#"<?xml version="1.0" encoding="utf-8"?><cvrf:cvrfdoc xmlns:cvrf="http://www.icasi.org/CVRF/schema/cvrf/1.1" xmlns:prod="http://www.icasi.org/CVRF/schema/prod/1.1" xmlns:vuln="http://www.icasi.org/CVRF/schema/vuln/1.1">
<cvrf:DocumentTitle>March 2020 Security Updates</cvrf:DocumentTitle>
<cvrf:DocumentTracking><cvrf:Identification><cvrf:ID>2020-Mar</cvrf:ID></cvrf:Identification><cvrf:Version>1.0</cvrf:Version>
<cvrf:RevisionHistory><cvrf:Revision><cvrf:Number>12</cvrf:Number><cvrf:Date>2020-03-12T08:00:00</cvrf:Date></cvrf:Revision></cvrf:RevisionHistory>
<cvrf:InitialReleaseDate>2020-03-10T07:00:00</cvrf:InitialReleaseDate><cvrf:CurrentReleaseDate>2020-03-12T08:00:00</cvrf:CurrentReleaseDate></cvrf:DocumentTracking>
<prod:ProductTree><prod:Branch Type="Vendor"><prod:FullProductName ProductID="11713">Windows 10 Version 1909 for x64-based Systems</prod:FullProductName></prod:Branch><prod:FullProductName ProductID="11713">Windows 10 Version 1909 for x64-based Systems</prod:FullProductName></prod:ProductTree>
<vuln:Vulnerability Ordinal="1"><vuln:Title>Windows &amp; <![CDATA[LNK]]></vuln:Title><vuln:CVE>CVE-2020-0684</vuln:CVE>
<vuln:Threats><vuln:Threat Type="Impact"><vuln:Description>Remote Code Execution</vuln:Description><vuln:ProductID>11713</vuln:ProductID></vuln:Threat><vuln:Threat Type="Severity"><vuln:Description>Critical</vuln:Description><vuln:ProductID>11713</vuln:ProductID></vuln:Threat><vuln:Threat Type="Exploit Status"><vuln:Description>Publicly Disclosed:No;Exploited:Yes</vuln:Description></vuln:Threat></vuln:Threats>
<vuln:CVSSScoreSets><vuln:ScoreSet><vuln:BaseScore>8.8</vuln:BaseScore><vuln:Vector>CVSS:3.0/AV:N</vuln:Vector><vuln:ProductID>11713</vuln:ProductID></vuln:ScoreSet></vuln:CVSSScoreSets>
<vuln:Remediations><vuln:Remediation Type="Vendor Fix"><vuln:Description>4540673</vuln:Description><vuln:URL>https://x</vuln:URL><vuln:Supercedence>4532693; MS16-065</vuln:Supercedence><vuln:ProductID>11713</vuln:ProductID><vuln:SubType>Security Update</vuln:SubType><vuln:FixedBuild>10.0.18363.719</vuln:FixedBuild></vuln:Remediation></vuln:Remediations>
<vuln:RevisionHistory><vuln:Revision><cvrf:Number>1.0</cvrf:Number><cvrf:Date>2020-03-10T07:00:00</cvrf:Date></vuln:Revision></vuln:RevisionHistory></vuln:Vulnerability></cvrf:cvrfdoc>"#,
];

pub(super) const CVRF_JSON: &[&str] = &[
    r#"{"DocumentTitle":{"Value":"March 2020 Security Updates"},"DocumentTracking":{"Identification":{"ID":{"Value":"2020-Mar"}},"RevisionHistory":[{"Number":"12","Date":"2020-03-12T08:00:00","Description":{"Value":"x"}}],"InitialReleaseDate":"2020-03-10T07:00:00","CurrentReleaseDate":"2020-03-12T08:00:00"},
"ProductTree":{"Branch":[{"Items":[{"ProductID":"11713","Value":"x"}]}],"FullProductName":[{"ProductID":"11713","Value":"Windows 10 Version 1909 for x64-based Systems"}]},
"Vulnerability":[{"Title":{"Value":"Windows"},"CVE":"CVE-2020-0684","Threats":[{"Type":0,"Description":{"Value":"Remote Code Execution"},"ProductID":["11713"]},{"Type":3,"Description":{"Value":"Critical"},"ProductID":["11713"]},{"Type":1,"Description":{"Value":"Publicly Disclosed:No;Exploited:Yes"}}],
"CVSSScoreSets":[{"BaseScore":8.8,"Vector":"CVSS:3.0/AV:N","ProductID":["11713"]}],"Remediations":[{"Type":2,"Description":{"Value":"4540673"},"URL":"https://x","Supercedence":"4532693","ProductID":["11713"],"SubType":"Security Update","FixedBuild":"10.0.18363.719"}],"RevisionHistory":[{"Number":"1.0","Date":"2020-03-10T07:00:00"}]}]}"#,
];

pub(super) const CSAF: &[&str] = &[
    r#"{"document":{"category":"csaf_vex","csaf_version":"2.0","title":"Windows","publisher":{"category":"vendor","name":"Microsoft Security Response Center","namespace":"https://msrc.microsoft.com"},"tracking":{"id":"msrc_CVE-2025-26465","initial_release_date":"2025-02-02T00:00:00.000Z","current_release_date":"2025-03-04T00:00:00.000Z","revision_history":[{"date":"2025-02-02T00:00:00.000Z","number":"1","summary":"x"}],"status":"final","version":"2"}},
"product_tree":{"branches":[{"category":"vendor","name":"Microsoft","branches":[{"category":"product_name","name":"Windows","branches":[{"category":"product_version_range","name":"<10.0.18363.719","product":{"name":"Windows 10 Version 1909 for x64-based Systems <10.0.18363.719","product_id":"1"}},{"category":"product_version","name":"10.0.18363.719","product":{"name":"Windows 10","product_id":"11713"}}]}]}]},
"vulnerabilities":[{"cve":"CVE-2025-26465","title":"x","product_status":{"fixed":["11713"],"known_affected":["1"]},"scores":[{"cvss_v3":{"baseScore":6.8,"vectorString":"CVSS:3.1/AV:N","version":"3.1"},"products":["1"]}],"remediations":[{"category":"vendor_fix","details":"10.0.18363.719:Security Update:https://support.microsoft.com/help/4540673","product_ids":["1"],"url":"https://support.microsoft.com/help/4540673","date":"2025-02-02T00:00:00.000Z"}],"threats":[{"category":"impact","details":"Remote Code Execution"},{"category":"exploit_status","details":"Exploited:No;Latest Software Release:Exploitation Less Likely"}]}]}"#,
];

pub(super) const KEV: &[&str] = &[
    r#"{"title":"CISA Catalog","catalogVersion":"2025.08.25","dateReleased":"2025-08-25T15:00:00.0000Z","count":1,"vulnerabilities":[{"cveID":"CVE-2020-0684","dateAdded":"2022-03-03","dueDate":"2022-03-24","requiredAction":"Apply updates","knownRansomwareCampaignUse":"Known"}]}"#,
    "cveID,vendorProject,dateAdded,requiredAction,dueDate,knownRansomwareCampaignUse\nCVE-2020-0684,Microsoft,2022-03-03,\"Apply, now\",2022-03-24,Unknown\n",
];

pub(super) const EPSS: &[&str] = &[
    "#model_version:v2023.03.01,score_date:2023-03-07T00:00:00+0000\ncve,epss,percentile\nCVE-2020-0684,0.97,0.99\nCVE-1999-0001,0.00043,0.1\n",
    "cve,epss\nCVE-2020-0684,0.97\n",
];

pub(super) const FIELDS: &[&str] = &[
    "2020-Mar\n4540673\nSecurity Update\n4532693; MS16-065, 3158363<br>\n10.0.17763.5936 & 4.8.4801.0 and V5.0",
    "2019-Aug\nKB4512508\nSecurityHotpatchUpdate\n4103729, 4103721\n10.0.19041.5000.",
];

pub(super) const ORDER: &[&str] = &[
    "2020-Mar\n4540673\nSecurity Update\n4532693\n10.0.18363.719\n2020-Feb\n4532693\nMonthly Rollup\n4540673\n10.0.18363.657",
    "2020-Mar\n4540673\n\n\n\n2019-Aug\n4540673\n\n\n\nADV\n4540673\n\n\n",
];

pub(super) const INDEX: &[&str] = &[
    r#"{"@odata.context":"x/$metadata#Updates","value":[{"ID":"2020-Mar","CurrentReleaseDate":"2020-03-12T08:00:00Z"}]}"#,
];

/// Packed documents: by gzip, by Zstandard, in an archive, and one after another.
pub(super) fn archives() -> Vec<Vec<u8>> {
    let document = EPSS[0].as_bytes();
    let gzip = |bytes: &[u8]| {
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        packer.write_all(bytes).expect("memory takes it");
        packer.finish().expect("memory takes it")
    };
    let zstd = zstd::encode_all(document, 3).expect("memory takes it");
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in [
        ("epss.csv", document),
        ("a/kev.json", KEV[0].as_bytes()),
        ("b.csv.zst", &zstd),
    ] {
        let options = zip::write::SimpleFileOptions::default();
        archive.start_file(name, options).expect("a good name");
        archive.write_all(bytes).expect("memory takes it");
    }
    let archive = archive.finish().expect("memory takes it").into_inner();
    // What unpacks to far more than it is.
    let bomb = gzip(&[b' '; 100_000]);
    vec![
        gzip(document),
        [gzip(document), gzip(b"CVE-2020-1,0.1\n")].concat(),
        zstd,
        archive,
        bomb,
    ]
}

/// A document of any kind: it is read or refused in words, and read the same again. What was
/// accepted can be compiled, and the same catalogue can be loaded.
pub(super) fn document(bytes: &[u8]) {
    let Some(content) = check(read(source::from_bytes("f", bytes))) else {
        return;
    };
    let again = check(read(source::from_bytes("f", bytes)));
    assert_eq!(
        format!("{:?}", Some(&content)),
        format!("{again:?}"),
        "read twice"
    );
    let mut feed = kbgap_catalog::Feed::default();
    match content {
        Content::Month(document) => {
            check_document(&document);
            feed.documents.push(document);
        }
        Content::Advisory(document) => {
            check_document(&document);
            feed.advisories.push(document);
        }
        Content::KnownExploited(list) => {
            assert!(list.entries.is_sorted_by(|a, b| a.cve < b.cve));
            feed.known_exploited = Some(list);
        }
        Content::Epss(scores) => {
            assert!(scores.entries.is_sorted_by(|a, b| a.cve < b.cve));
            feed.epss = Some(scores);
        }
        Content::UpdateIndex => return,
    }
    let catalog = kbgap_catalog::compile_feed(&feed).expect("what was read can be compiled");
    super::snapshots::walk(&catalog);
}

/// What was read, or nothing where it was refused in words.
fn check(read: Result<Content, FeedError>) -> Option<Content> {
    read.map_err(|error| {
        let words = error.to_string();
        assert!((5..2_000).contains(&words.len()), "{words}");
        assert!(!words.contains(char::is_control), "{words:?}");
    })
    .ok()
}

fn check_document(document: &DocumentRecord) {
    assert!(!document.id.is_empty() && !document.title.is_empty());
    for fix in document.vulnerabilities.iter().flat_map(|v| &v.fixes) {
        for (product, _) in &fix.products {
            assert!(
                (*product as usize) < document.products.len(),
                "a product that is not there"
            );
        }
    }
}

/// Texts of a fix: as JSON and as XML they read alike.
pub(super) fn fields(bytes: &[u8]) {
    let text = make::text(bytes);
    // What neither form can carry, or XML not as a text of its own.
    let text: String = text
        .chars()
        .filter(|c| !c.is_control() || *c == '\n')
        .collect();
    let mut lines = text.split('\n');
    let mut next = || lines.next().unwrap_or_default();
    let (id, description) = (next(), next());
    let [json, xml] = make::month(id, description, [next(), next(), next()]);
    let read = |text: &str| check(read(source::from_bytes("f", text.as_bytes())));
    match (read(&json), read(&xml)) {
        (Some(Content::Month(json)), Some(Content::Month(xml))) => {
            let odd = |month: &DocumentRecord| -> Vec<OddKind> {
                month.odd_values.iter().map(|odd| odd.kind).collect()
            };
            // The places are named as each form names them.
            assert_eq!(odd(&json), odd(&xml));
            let plain = |month| DocumentRecord {
                odd_values: Vec::new(),
                ..month
            };
            assert_eq!(plain(json), plain(xml));
        }
        (None, None) => {}
        (json, xml) => panic!("{json:?} {xml:?}"),
    }
}

/// Some months: in any order they make the same catalogue.
pub(super) fn order(bytes: &[u8]) {
    let text = make::text(bytes);
    let lines: Vec<&str> = text.split('\n').collect();
    let mut documents: Vec<DocumentRecord> = Vec::new();
    for of_month in lines.chunks(5).take(4) {
        let line = |at: usize| of_month.get(at).copied().unwrap_or_default();
        let [json, _] = make::month(line(0), line(1), [line(2), line(3), line(4)]);
        if let Some(Content::Month(month)) = check(read(source::from_bytes("f", json.as_bytes())))
            && documents.iter().all(|known| known.id != month.id)
        {
            documents.push(month);
        }
    }
    let one = compile(&documents).expect("it can be compiled");
    documents.reverse();
    let other = compile(&documents).expect("it can be compiled");
    assert_eq!(
        one.as_bytes(),
        other.as_bytes(),
        "the order of documents matters"
    );
    let rotated = documents.len().min(1);
    documents.rotate_left(rotated);
    assert!(compile(&documents).is_ok_and(|c| c.as_bytes() == one.as_bytes()));
    super::snapshots::walk(&one);
}

/// A file, packed or an archive: every document of it is read or refused in words.
pub(super) fn archive(bytes: &[u8]) {
    let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
    file.write_all(bytes).expect("it can be written");
    for (_, content) in read_file(file.path()) {
        check(content);
    }
}

/// The vendor's list: every id can be the name of a file.
pub(super) fn update_index(bytes: &[u8]) {
    let Ok(index) = Index::read(bytes) else {
        return;
    };
    assert!(
        index.entries.is_sorted_by(|a, b| a.id < b.id),
        "each once, in order"
    );
    for entry in index.entries {
        assert!(
            entry
                .id
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-')
        );
    }
}
