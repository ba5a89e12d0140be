//! FIRST's scores of EPSS.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use kbgap_catalog::EpssRecord;
use kbgap_feed::{Content, FeedError, Reason, source};
use kbgap_testkit::shared;
use proptest::prelude::*;

use super::gzip;

fn of(content: Content) -> EpssRecord {
    match content {
        Content::Epss(scores) => scores,
        other => panic!("{other:?}"),
    }
}

fn read(name: &str, text: &str) -> Result<EpssRecord, FeedError> {
    super::read(name, text).map(of)
}

const HEAD: &str =
    "#model_version:v2023.03.01,score_date:2023-03-07T00:00:00+0000\ncve,epss,percentile\n";
const DAY: i64 = 1_678_147_200;

#[test]
fn the_real_forms() {
    let Some(shared) = shared() else { return };
    let told = [
        ("2021-04-14", "", 0.651_17, None),
        ("2021-09-01", "", 0.651_17, Some(0.998_106_349)),
        ("2022-02-04", "v2022.01.01", 0.968_17, Some(0.999_99)),
        ("2023-03-07", "v2023.03.01", 0.975_67, Some(0.999_95)),
    ];
    for (day, model, probability, percentile) in told {
        let file = shared.join(format!("data/kev/epss_scores-{day}.csv.gz"));
        let scores = of(kbgap_feed::read(source::open(&file).unwrap()).unwrap());
        assert_eq!(scores.model, model, "{day}");
        let expected: jiff::civil::Date = day.parse().unwrap();
        let scored = jiff::Timestamp::from_second(scores.scored).unwrap();
        assert_eq!(jiff::tz::Offset::UTC.to_datetime(scored).date(), expected);
        assert_eq!((scores.entries.len(), scores.odd_values.len()), (2, 0));
        let last = &scores.entries[1];
        assert_eq!(last.cve.to_string(), "CVE-2020-5902");
        assert_eq!(last.probability.value(), probability, "{day}");
        assert_eq!(last.percentile.map(|p| p.value()), percentile, "{day}");
    }
}

#[test]
fn without_a_day_they_are_refused() {
    let text = "cve,epss\nCVE-2020-5902,0.65117\n";
    let error = read("scores.csv", text).unwrap_err();
    assert!(matches!(error.reason, Reason::NoScoreDate), "{error}");
    assert!(
        error.to_string().contains("epss_scores-YYYY-MM-DD.csv"),
        "{error}"
    );
    assert_eq!(
        read("/2021-01-01/epss_scores-2023-03-07.csv", text)
            .unwrap()
            .scored,
        DAY
    );
    let newer = format!("{}{text}", HEAD.lines().next().unwrap().to_owned() + "\n");
    assert_eq!(
        read("epss_scores-2021-01-01.csv", &newer).unwrap().scored,
        DAY
    );
    let zulu = newer.replace("00:00:00+0000", "00:00:00Z");
    assert_eq!(read("x", &zulu).unwrap().scored, DAY);
}

#[test]
fn what_is_odd_is_counted_with_its_line_and_the_rest_is_read() {
    let text = format!(
        "{HEAD}CVE-2020-0001,0.5,0.5\nCVE-x,0.5,0.5\nCVE-2020-0002,1.5,0.5\nCVE-2020-0003\n\
         CVE-2020-0004,0.1,x\nCVE-2020-0001,0.9,0.9\n\"CVE-2020-0005\",0,1,2,3\r\n"
    );
    let scores = read("x", &text).unwrap();
    let told: Vec<_> = scores
        .entries
        .iter()
        .map(|e| {
            (
                e.cve.to_string(),
                e.probability.value(),
                e.percentile.map(|p| p.value()),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            ("CVE-2020-0001".to_owned(), 0.5, Some(0.5)),
            ("CVE-2020-0004".to_owned(), 0.1, None),
            ("CVE-2020-0005".to_owned(), 0.0, Some(1.0)),
        ]
    );
    let odd: Vec<_> = scores
        .odd_values
        .iter()
        .map(|o| o.detail.as_str())
        .collect();
    assert_eq!(
        odd,
        [
            "line 4: no CVE id in `CVE-x,0.5,0.5`",
            "line 5: no probability in `CVE-2020-0002,1.5,0.5`",
            "line 6: no probability in `CVE-2020-0003`",
            "line 7: no percentile in `CVE-2020-0004,0.1,x`",
            "1 rows are of CVEs that were listed before",
        ]
    );
}

#[test]
fn columns_are_found_by_name_and_what_has_none_is_refused() {
    let error = read(
        "x",
        "#model_version:v1,score_date:2023-03-07\ncve,score\nCVE-2020-0001,1\n",
    );
    assert!(error.unwrap_err().to_string().contains("no column `epss`"));
    let error = read("x", HEAD).unwrap_err().to_string();
    assert!(error.contains("no scores"), "{error}");
    let swapped =
        "#model_version:v1,score_date:2023-03-07\ncve,percentile,epss\nCVE-2020-0001,0.9,0.1\n";
    assert_eq!(
        read("x", swapped).unwrap().entries[0].probability.value(),
        0.1
    );
}

/// As many rows as there are CVEs, packed as they are served.
fn many(rows: u32) -> Vec<u8> {
    let mut text = HEAD.to_owned();
    for row in 0..rows {
        let (year, number) = (1999 + row % 27, row / 27 + 1);
        writeln!(
            text,
            "CVE-{year}-{number:04},0.{:05},0.{:05}",
            row % 100_000,
            row % 99_999
        )
        .unwrap();
    }
    gzip(text.as_bytes())
}

#[test]
fn as_many_rows_as_there_are_cves_are_read_in_a_moment() {
    let packed = many(300_000);
    let start = Instant::now();
    let scores = of(kbgap_feed::read(source::from_bytes("x", &packed)).unwrap());
    assert!(
        start.elapsed() < Duration::from_secs(2),
        "{:?}",
        start.elapsed()
    );
    assert_eq!(
        (scores.entries.len(), scores.odd_values.len()),
        (300_000, 0)
    );
    assert!(scores.entries.is_sorted_by_key(|e| e.cve));
}

#[test]
fn half_a_packed_list_is_refused() {
    let packed = many(1_000);
    let error = kbgap_feed::read(source::from_bytes("x", &packed[..packed.len() / 2])).unwrap_err();
    assert!(matches!(error.reason, Reason::PackedCutOff), "{error}");
}

#[test]
fn bombs_are_refused() {
    let row = b"CVE-2020-0001,0.5,0.5\n";
    let mut rows = HEAD.as_bytes().to_vec();
    rows.extend(row.iter().cycle().take(129 << 20));
    let error = kbgap_feed::read(source::from_bytes("x", &gzip(&rows))).unwrap_err();
    assert!(
        matches!(error.reason, Reason::TooLarge(_) | Reason::TooMany(_)),
        "{error}"
    );
    // A single row without end is never held whole.
    let mut long = HEAD.as_bytes().to_vec();
    long.resize(64 << 20, b'x');
    let error = kbgap_feed::read(source::from_bytes("x", &gzip(&long))).unwrap_err();
    assert!(matches!(error.reason, Reason::LongText(_)), "{error}");
    let mut comment = b"#model_version:".to_vec();
    comment.resize(64 << 20, b'x');
    let error = kbgap_feed::read(source::from_bytes("x", &gzip(&comment))).unwrap_err();
    assert!(matches!(error.reason, Reason::LongText(_)), "{error}");
}

#[test]
fn odd_rows_are_not_told_without_end() {
    let text = format!("{HEAD}CVE-2020-0001,0.5,0.5\n{}", "x,y,z\n".repeat(5_000));
    let odd = read("x", &text).unwrap().odd_values;
    assert_eq!(odd.len(), 1_001);
    assert_eq!(odd.last().unwrap().detail, "and 4000 more");
}

proptest! {
    #[test]
    fn no_rows_make_it_panic(rows in "(?s).{0,300}") {
        let _ = read("x", &format!("{HEAD}{rows}"));
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let text = [HEAD.as_bytes(), &bytes].concat();
        let _ = kbgap_feed::read(source::from_bytes("x", &text));
    }
}
