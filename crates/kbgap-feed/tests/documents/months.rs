//! Reading documents: the form, the traps, hostile input.

use kbgap_catalog::{DocumentRecord, OddKind, Severity, Subtype};
use kbgap_feed::{FeedError, Reason, cvrf, source};
use proptest::prelude::*;

use crate::mutations;

fn read(xml: &str) -> Result<DocumentRecord, FeedError> {
    cvrf::read(source::from_bytes("month.xml", xml.as_bytes()))
}

fn month(vulnerabilities: &str) -> String {
    format!(
        r#"<?xml version="1.0" encoding="utf-8"?>
<cvrf:cvrfdoc xmlns:cvrf="c" xmlns:prod="p" xmlns:vuln="v">
  <cvrf:DocumentTitle>March 2020 Security Updates</cvrf:DocumentTitle>
  <cvrf:DocumentTracking>
    <cvrf:Identification><cvrf:ID>2020-Mar</cvrf:ID><cvrf:Alias>2020-Mar</cvrf:Alias></cvrf:Identification>
    <cvrf:RevisionHistory>
      <cvrf:Revision><cvrf:Number>12</cvrf:Number><cvrf:Date>2026-02-18T03:08:15</cvrf:Date></cvrf:Revision>
    </cvrf:RevisionHistory>
    <cvrf:InitialReleaseDate>2020-03-10T07:00:00Z</cvrf:InitialReleaseDate>
    <cvrf:CurrentReleaseDate>2026-02-18T03:08:15</cvrf:CurrentReleaseDate>
  </cvrf:DocumentTracking>
  <cvrf:DocumentNotes><cvrf:Note Title="x">&lt;p&gt;skipped</cvrf:Note></cvrf:DocumentNotes>
  <prod:ProductTree>
    <prod:Branch Type="Vendor" Name="Microsoft"><prod:Branch Name="Windows">
      <prod:FullProductName ProductID="11713">Windows 10 Version 1909 for x64-based Systems</prod:FullProductName>
    </prod:Branch></prod:Branch>
    <prod:FullProductName ProductID="11569">Windows 10 Version 1809 for x64-based Systems</prod:FullProductName>
  </prod:ProductTree>
  {vulnerabilities}
</cvrf:cvrfdoc>"#
    )
}

const ONE: &str = r#"<vuln:Vulnerability Ordinal="1">
    <vuln:Title>A &amp; B &#x2013; <![CDATA[<C>]]></vuln:Title>
    <vuln:Notes><vuln:Note Title="FAQ">text with <b>markup</b></vuln:Note></vuln:Notes>
    <vuln:CVE>CVE-2020-0001</vuln:CVE>
    <vuln:Threats>
      <vuln:Threat Type="Impact"><vuln:Description>Spoofing</vuln:Description></vuln:Threat>
      <vuln:Threat Type="Severity"><vuln:Description>Important</vuln:Description><vuln:ProductID>11713</vuln:ProductID></vuln:Threat>
      <vuln:Threat Type="Severity"><vuln:Description>Critical</vuln:Description><vuln:ProductID>11569</vuln:ProductID></vuln:Threat>
      <vuln:Threat Type="Exploit Status"><vuln:Description>Publicly Disclosed:No;Exploited:Yes</vuln:Description></vuln:Threat>
    </vuln:Threats>
    <vuln:CVSSScoreSets>
      <vuln:ScoreSet><vuln:BaseScore>5.5</vuln:BaseScore><vuln:Vector>low</vuln:Vector></vuln:ScoreSet>
      <vuln:ScoreSet><vuln:BaseScore>7.8</vuln:BaseScore><vuln:Vector>high</vuln:Vector></vuln:ScoreSet>
    </vuln:CVSSScoreSets>
    <vuln:Remediations>
      <vuln:Remediation Type="Vendor Fix">
        <vuln:Description>4540673</vuln:Description>
        <vuln:ProductID>11713</vuln:ProductID><vuln:ProductID>11569</vuln:ProductID>
        <vuln:Supercedence>MS16-065, 3158363; 4532693</vuln:Supercedence>
        <vuln:SubType>Security Update</vuln:SubType><vuln:FixedBuild>10.0.18363.719</vuln:FixedBuild>
        <vuln:AffectedFiles/>
      </vuln:Remediation>
      <vuln:Remediation Type="Vendor Fix">
        <vuln:Description>Release Notes</vuln:Description><vuln:ProductID>11713</vuln:ProductID>
      </vuln:Remediation>
      <vuln:Remediation Type="Known Issue">
        <vuln:Description>4540673</vuln:Description><vuln:ProductID>11713</vuln:ProductID><vuln:Supercedence/>
      </vuln:Remediation>
    </vuln:Remediations>
    <vuln:RevisionHistory>
      <vuln:Revision><cvrf:Number>2.0</cvrf:Number><cvrf:Date>2020-03-12T07:00:00</cvrf:Date></vuln:Revision>
      <vuln:Revision><cvrf:Number>1.0</cvrf:Number><cvrf:Date>2020-03-10T07:00:00</cvrf:Date></vuln:Revision>
    </vuln:RevisionHistory>
  </vuln:Vulnerability>"#;

#[test]
fn a_whole_vulnerability() {
    let document = read(&month(ONE)).unwrap();
    assert_eq!(
        (document.id.as_str(), document.revision.as_str()),
        ("2020-Mar", "12")
    );
    assert_eq!(document.products.len(), 2);
    let vulnerability = &document.vulnerabilities[0];
    assert_eq!(vulnerability.title, "A & B \u{2013} <C>");
    assert_eq!(vulnerability.severity, Severity::Critical);
    assert_eq!(vulnerability.impact, "Spoofing");
    assert!(vulnerability.exploited && !vulnerability.publicly_disclosed);
    let cvss = vulnerability.cvss.as_ref().unwrap();
    assert_eq!((cvss.tenths, cvss.vector.as_str()), (78, "high"));
    let revisions: Vec<_> = vulnerability
        .revisions
        .iter()
        .map(|r| r.number.as_str())
        .collect();
    assert_eq!(revisions, ["1.0", "2.0"]);
    assert_eq!(document.odd_values, []);
}

#[test]
fn known_issues_are_no_fixes_and_release_notes_have_no_kb() {
    let document = read(&month(ONE)).unwrap();
    let fixes = &document.vulnerabilities[0].fixes;
    assert_eq!(fixes.len(), 2);
    assert_eq!(fixes[0].kb.unwrap().number(), 4_540_673);
    assert_eq!(fixes[0].subtype, Subtype::SecurityUpdate);
    assert_eq!(
        fixes[0]
            .supersedes
            .iter()
            .map(|kb| kb.number())
            .collect::<Vec<_>>(),
        [3_158_363, 4_532_693]
    );
    assert_eq!(
        fixes[0].products,
        [(0, Severity::Important), (1, Severity::Critical)]
    );
    assert_eq!(fixes[1].kb, None);
}

#[test]
fn one_odd_value_never_stops_the_rest() {
    let odd = ONE
        .replace(">7.8<", ">seven<")
        .replace("CVE-2020-0001", "CVE-2020-0001-M")
        .replace("2020-03-12T07:00:00", "soon")
        .replace("<vuln:Description>Important<", "<vuln:Description>Severe<")
        .replace(
            "<vuln:ProductID>11569</vuln:ProductID>\n        <vuln:Super",
            "<vuln:ProductID>404</vuln:ProductID>\n        <vuln:Super",
        );
    let document = read(&month(&format!("{odd}{ONE}"))).unwrap();
    assert_eq!(document.vulnerabilities.len(), 2);
    let kinds: Vec<_> = document.odd_values.iter().map(|o| o.kind).collect();
    assert!(
        kinds.contains(&OddKind::VulnerabilityId) && kinds.contains(&OddKind::UnknownProduct),
        "{kinds:?}"
    );
    assert_eq!(
        kinds.iter().filter(|k| **k == OddKind::Value).count(),
        3,
        "{:?}",
        document.odd_values
    );
}

/// Such a document says nothing about its encoding, so its letters are lost, not guessed.
#[test]
fn letters_of_an_old_encoding_are_odd_values() {
    let xml = month(ONE).replace("</cvrf:DocumentTitle>", " \u{e9}</cvrf:DocumentTitle>");
    let latin: Vec<u8> = xml.chars().map(|c| c as u8).collect();
    let document = cvrf::read(source::from_bytes("old.xml", &latin)).unwrap();
    let odd = &document.odd_values;
    assert_eq!(odd.len(), 1, "{odd:?}");
    assert!(odd[0].detail.starts_with("`DocumentTitle`"), "{odd:?}");
}

#[test]
fn unknown_elements_are_passed_over() {
    let future = ONE.replace(
        "<vuln:Remediations>",
        "<vuln:AiSummary><x><y>1</y></x></vuln:AiSummary><vuln:Remediations>",
    );
    assert_eq!(
        read(&month(&future)).unwrap().vulnerabilities,
        read(&month(ONE)).unwrap().vulnerabilities
    );
}

#[test]
fn a_document_that_is_cut_off_is_refused_with_its_line() {
    let whole = month(ONE);
    let cut = &whole[..whole.find("<vuln:Supercedence>").unwrap()];
    let error = read(cut).unwrap_err();
    assert!(matches!(error.reason, Reason::Truncated(_)), "{error}");
    let lines = cut.lines().count() as u64;
    assert_eq!(error.line, Some(lines), "{error}");
    assert!(
        error
            .to_string()
            .starts_with(&format!("month.xml:{lines}: ")),
        "{error}"
    );
}

#[test]
fn what_is_no_cvrf_is_refused() {
    for (text, says) in [
        ("", "empty"),
        ("{\"value\":[]}", "JSON"),
        ("<html><body/></html>", "HTML page"),
        ("<!doctype HTML>\n<html></html>", "HTML page"),
        ("<rss/>", "`rss`"),
        ("just text", "no XML"),
    ] {
        let error = read(text).unwrap_err();
        assert!(
            matches!(error.reason, Reason::NotCvrf(_)),
            "{text}: {error}"
        );
        assert!(error.to_string().contains(says), "{error}");
    }
    assert!(matches!(
        read("<cvrfdoc/>").unwrap_err().reason,
        Reason::Lacks(_)
    ));
    let no_date = month(ONE).replace("CurrentReleaseDate", "SomeDate");
    assert!(
        read(&no_date)
            .unwrap_err()
            .to_string()
            .contains("CurrentReleaseDate")
    );
}

#[test]
fn a_document_type_is_refused_before_any_entity_can_be_defined() {
    let bomb = r#"<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>"#;
    let error = read(&month(ONE).replacen("<cvrf:cvrfdoc", &format!("{bomb}<cvrf:cvrfdoc"), 1))
        .unwrap_err();
    assert!(matches!(error.reason, Reason::DocumentType), "{error}");
}

#[test]
fn mismatched_tags_are_refused() {
    let error = read(&month(ONE).replace("</vuln:Threats>", "</vuln:Threat>")).unwrap_err();
    assert!(
        matches!(error.reason, Reason::Xml(_) | Reason::Truncated(_)),
        "{error}"
    );
}

#[test]
fn elements_without_end_are_refused() {
    let deep = "<a>".repeat(100_000);
    let xml = format!("<cvrfdoc><ProductTree>{}", "<Branch>".repeat(100_000));
    assert!(read(&xml).is_err());
    assert!(read(&month(&deep)).is_err());
}

#[test]
fn a_document_cut_off_before_anything_was_opened_is_cut_off_too() {
    for cut in [
        "<?xml vers",
        "<?xml version=\"1.0\"?>\n<cvrf:cvrfdoc xmlns:cvrf=\"c",
    ] {
        let error = read(cut).unwrap_err();
        assert!(matches!(error.reason, Reason::Truncated(_)), "{error}");
        assert!(
            error.to_string().contains("before its first element"),
            "{error}"
        );
    }
}

#[test]
fn a_packed_file_that_is_cut_off_or_damaged_is_named_as_such() {
    use std::io::Write;
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(month(ONE).as_bytes()).unwrap();
    let gzip = gzip.finish().unwrap();
    let zstd = zstd::encode_all(month(ONE).as_bytes(), 1).unwrap();
    let mut damaged = gzip.clone();
    damaged[gzip.len() / 2] ^= 0xff;
    let error = cvrf::read(source::from_bytes("x", &damaged)).unwrap_err();
    assert!(error.to_string().contains("download it again"), "{error}");
    for packed in [gzip, zstd] {
        for length in [12, packed.len() / 2, packed.len() - 1] {
            let error = cvrf::read(source::from_bytes("x", &packed[..length])).unwrap_err();
            assert!(
                error.to_string().contains("compressed file")
                    && error.to_string().contains("again"),
                "{length}: {error}"
            );
        }
    }
}

#[test]
fn frames_that_zstd_skips_are_skipped() {
    let mut packed = b"\x50\x2a\x4d\x18\x04\0\0\0size".to_vec();
    packed.extend(zstd::encode_all(month(ONE).as_bytes(), 1).unwrap());
    assert!(cvrf::read(source::from_bytes("x", &packed)).is_ok());
}

#[test]
fn what_titles_and_ids_could_do_to_a_terminal_or_a_line_is_taken_out() {
    let hostile = month(ONE)
        .replace("March 2020 Security Updates", "March&#27;[31m\n2020\u{9b}m")
        .replace("<cvrf:ID>2020-Mar", "<cvrf:ID>2020-Mar\nforged: line");
    let document = read(&hostile).unwrap();
    assert_eq!(document.title, "March\u{fffd}[31m 2020\u{fffd}m");
    assert_eq!(document.id, "2020-Mar forged: line");
}

#[test]
fn no_single_tag_text_or_comment_is_held_whole() {
    let long = "x".repeat(5 << 20);
    for (before, after) in [
        ("<a b=\"", "\"/>"),
        ("<!--", "-->"),
        ("<a>", "</a>"),
        ("<![CDATA[", "]]>"),
    ] {
        let error = read(&month(&format!("{before}{long}{after}"))).unwrap_err();
        assert!(error.to_string().contains("4 MB"), "{before}: {error}");
    }
}

#[test]
fn a_document_lists_no_more_than_a_month_could() {
    let many = "<Vulnerability><CVE>CVE-2020-0001</CVE></Vulnerability>".repeat(50_001);
    let error = read(&month(&many)).unwrap_err();
    assert!(matches!(error.reason, Reason::TooMany(_)), "{error}");
    let unknown = "<vuln:ProductID>404</vuln:ProductID>".repeat(20_000);
    let odd = ONE.replace(
        "<vuln:Supercedence>",
        &format!("{unknown}<vuln:Supercedence>"),
    );
    assert_eq!(read(&month(&odd)).unwrap().odd_values.len(), 10_000);
}

#[test]
fn elements_that_are_passed_over_may_not_nest_without_end_either() {
    let deep = format!("<a>{}{}</a>", "<b>".repeat(500), "</b>".repeat(500));
    let in_text = ONE.replace("<vuln:CVE>", &format!("<vuln:CVE>{deep}"));
    for xml in [month(&deep), month(&in_text)] {
        let error = read(&xml).unwrap_err();
        assert!(error.to_string().contains("nest deeper"), "{error}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = cvrf::read(source::from_bytes("x", &bytes));
    }

    #[test]
    fn no_mutation_makes_it_panic(bytes in mutations(month(ONE))) {
        let _ = cvrf::read(source::from_bytes("x", &bytes));
    }
}

/// Found by fuzzing: a message repeated what a terminal obeys, and as much as there was of it.
#[test]
fn messages_hold_no_control_characters_and_end() {
    let long = "x".repeat(10_000);
    for text in [
        "<\u{1b}[31mroot/>".to_owned(),
        format!("<{long}/>"),
        format!("<cvrfdoc><a\u{7}b{long}></c></cvrfdoc>"),
        format!("<cvrfdoc><{long}>"),
    ] {
        let error = cvrf::read(source::from_bytes("x", text.as_bytes()))
            .unwrap_err()
            .to_string();
        assert!(
            !error.contains(char::is_control) && error.len() < 1_000,
            "{error:?}"
        );
    }
}
