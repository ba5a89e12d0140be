//! Fetching from a real server on loopback that fails in every way it can.

#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::sync::Mutex;
use std::time::{Duration, Instant};

use kbgap_sync::{
    Client, ClientOptions, Failure, Fetched, Retries, Stop, Wanted, base_url, fetch_all,
    fetch_index,
};
use kbgap_testkit::shared;
use kbgap_testkit::vendor::{Fault, Vendor};

const QUICK: Retries = Retries {
    attempts: 3,
    first_pause: Duration::from_millis(5),
    longest_pause: Duration::from_millis(10),
    longest_wait: Duration::from_secs(5),
};
const IDS: [&str; 3] = ["2005-Mar", "2016-Apr", "2020-Mar"];

/// Tells a failure from others.
type IsIt = fn(&Failure) -> bool;

struct Setting {
    vendor: Vendor,
    client: Client,
    folder: tempfile::TempDir,
}

impl Setting {
    fn new() -> Option<Self> {
        Self::patient(Duration::from_secs(20))
    }

    fn patient(timeout: Duration) -> Option<Self> {
        let vendor = Vendor::start();
        vendor.publish_real(&shared()?, &IDS);
        let client = Client::new(&ClientOptions {
            base: base_url(&vendor.url).unwrap(),
            timeout,
            ..ClientOptions::default()
        })
        .unwrap();
        let folder = tempfile::tempdir().unwrap();
        Some(Self {
            vendor,
            client,
            folder,
        })
    }

    fn wanted(&self) -> Vec<Wanted> {
        let index = fetch_index(&self.client, None, QUICK, &Stop::default());
        let (index, etag) = index.unwrap().unwrap();
        assert!(etag.is_some());
        let entries = index.entries.into_iter();
        entries.map(|entry| Wanted { entry, etag: None }).collect()
    }

    fn fetch(&self, wanted: &[Wanted]) -> Vec<Fetched> {
        let all: Mutex<Vec<Option<Fetched>>> = Mutex::new(wanted.iter().map(|_| None).collect());
        fetch_all(
            &self.client,
            wanted,
            self.folder.path(),
            QUICK,
            &Stop::default(),
            &|position, fetched| all.lock().unwrap()[position] = Some(fetched),
        );
        all.into_inner()
            .unwrap()
            .into_iter()
            .map(Option::unwrap)
            .collect()
    }

    fn files(&self) -> usize {
        std::fs::read_dir(self.folder.path()).unwrap().count()
    }
}

#[test]
fn what_is_there_comes_and_what_is_known_does_not_come_again() {
    let Some(setting) = Setting::new() else {
        return;
    };
    let mut wanted = setting.wanted();
    for (fetched, wanted) in setting.fetch(&wanted.clone()).into_iter().zip(&mut wanted) {
        let Fetched::File {
            file,
            etag,
            current_release,
        } = fetched
        else {
            panic!("{fetched:?}")
        };
        assert_eq!(current_release, wanted.entry.current_release);
        let read = kbgap_feed::cvrf::read(kbgap_feed::source::open(&file).unwrap()).unwrap();
        assert_eq!(read.id, wanted.entry.id);
        wanted.etag = etag;
    }
    let again = setting.fetch(&wanted);
    assert!(
        again.iter().all(|f| matches!(f, Fetched::NotModified)),
        "{again:?}"
    );
}

#[test]
fn failures_that_pass_pass() {
    let Some(setting) = Setting::new() else {
        return;
    };
    let vendor = &setting.vendor;
    vendor.fail("updates", [Fault::Drop, Fault::Half]);
    let wanted = setting.wanted();
    vendor.fail("2005-Mar", [Fault::Drop, Fault::Status(500, "")]);
    vendor.fail("2016-Apr", [Fault::Half, Fault::HalfUnannounced]);
    vendor.fail(
        "2020-Mar",
        [Fault::Status(503, ""), Fault::Status(429, "1")],
    );
    let start = Instant::now();
    let fetched = setting.fetch(&wanted);
    assert!(
        fetched.iter().all(|f| matches!(f, Fetched::File { .. })),
        "{fetched:?}"
    );
    assert!(start.elapsed() >= Duration::from_secs(1));
    let requests = vendor.requests();
    assert_eq!(requests.len(), 3 + 9, "{requests:?}");
}

#[test]
fn failures_that_stay_stop_nothing_else_and_leave_no_file() {
    let Some(setting) = Setting::new() else {
        return;
    };
    let wanted = setting.wanted();
    let other = setting.vendor.xml("2016-Apr").into_bytes();
    let cases: [(Fault, IsIt, usize); 7] = [
        (Fault::Half, |f| matches!(f, Failure::Connection(_)), 3),
        (
            Fault::HalfUnannounced,
            |f| matches!(f, Failure::Document(_)),
            3,
        ),
        (
            Fault::Status(404, ""),
            |f| matches!(f, Failure::Status { status: 404, .. }),
            1,
        ),
        (
            Fault::Status(503, "3600"),
            |f| matches!(f, Failure::Busy { .. }),
            1,
        ),
        (
            Fault::Instead(b"<html>no</html>".to_vec()),
            |f| matches!(f, Failure::Document(_)),
            1,
        ),
        (
            Fault::Instead(other),
            |f| matches!(f, Failure::OtherDocument(_)),
            1,
        ),
        (Fault::Endless, |f| matches!(f, Failure::TooLarge(64)), 1),
    ];
    for (fault, is_it, attempts) in cases {
        drop(setting.vendor.requests());
        setting.vendor.fail("2020-Mar", vec![fault.clone(); 3]);
        let fetched = setting.fetch(&wanted);
        assert!(
            matches!(&fetched[2], Fetched::Failed(failure) if is_it(failure)),
            "{:?}",
            fetched[2]
        );
        assert!(matches!(
            fetched[..2],
            [Fetched::File { .. }, Fetched::File { .. }]
        ));
        assert_eq!(setting.vendor.requests().len(), 2 + attempts);
        assert_eq!(setting.files(), 2);
    }
}

#[test]
fn a_server_that_is_gone_is_left_alone() {
    let Some(setting) = Setting::new() else {
        return;
    };
    let wanted: Vec<Wanted> = std::iter::repeat_n(&setting.wanted()[0], 100)
        .cloned()
        .collect();
    drop(setting.vendor.requests());
    setting.vendor.fail("2005-Mar", vec![Fault::Drop; 1_000]);
    let fetched = setting.fetch(&wanted);
    assert!(matches!(fetched[99], Fetched::Failed(Failure::NotTried(_))));
    assert!(setting.vendor.requests().len() <= 3 * (8 + 3));
}

#[test]
fn a_body_that_stalls_is_given_up() {
    let Some(setting) = Setting::patient(Duration::from_secs(2)) else {
        return;
    };
    let wanted = setting.wanted();
    setting.vendor.fail("2020-Mar", vec![Fault::Stall; 1]);
    let start = Instant::now();
    let fetched = setting.fetch(&wanted);
    assert!(
        fetched.iter().all(|f| matches!(f, Fetched::File { .. })),
        "{fetched:?}"
    );
    let took = start.elapsed();
    assert!(
        took >= Duration::from_secs(2) && took < Duration::from_secs(20),
        "{took:?}"
    );
}
