//! The newest report of a machine counts, in whatever order reports come.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::harness::{TestServer, document};
use crate::host::{W1903, W1909};

const CLIENTS: u64 = 4;
const REPORTS: u64 = 60;

/// The Windows tells whether the minute is odd.
fn report(minute: u64) -> String {
    let version = if minute.is_multiple_of(2) {
        W1909
    } else {
        W1903
    };
    document(
        "x",
        version,
        &format!("2020-03-24T{:02}:{:02}:00Z", minute / 60, minute % 60),
    )
}

/// The minute of the report that is shown.
fn shown(server: &TestServer) -> u64 {
    let machine = server.read("/api/machines/x").json();
    let seen_at = machine["lastSeen"].as_str().unwrap();
    let number = |from: usize| seen_at[from..from + 2].parse::<u64>().unwrap();
    let minute = number(11) * 60 + number(14);
    let build = if minute.is_multiple_of(2) {
        18_363
    } else {
        18_362
    };
    assert_eq!(machine["osBuild"], build, "{machine}");
    minute
}

#[test]
fn an_older_report_never_overwrites_a_newer_one() {
    let server = TestServer::start();
    server.post("/ingest/v1/machines", &report(0));
    let ended = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let (server, ended) = (&server, &ended);
        scope.spawn(move || {
            let mut last = 0;
            while !ended.load(Ordering::SeqCst) {
                let now = shown(server);
                assert!(now >= last, "{now} after {last}");
                last = now;
            }
        });
        let clients: Vec<_> = (0..CLIENTS)
            .map(|client| {
                scope.spawn(move || {
                    for n in 0..REPORTS {
                        // Each client goes forth and back, and they cross.
                        let minute = |n: u64| (n * 7 + client * 31) % 400 + n;
                        let newest = minute(n).max(minute(n + 1));
                        let body = match n % 3 {
                            0 => report(newest),
                            // Both of one machine at once.
                            1 => format!("[{},{}]", report(minute(n)), report(minute(n + 1))),
                            _ => format!("{}\n{}", report(minute(n + 1)), report(minute(n))),
                        };
                        let answer = server.post("/ingest/v1/machines", &body);
                        assert_eq!(answer.status, 200, "{}", answer.body);
                        assert!(shown(server) >= newest);
                    }
                })
            })
            .collect();
        for client in clients {
            client.join().unwrap();
        }
        ended.store(true, Ordering::SeqCst);
    });
    let minutes =
        (0..CLIENTS).flat_map(|client| (0..=REPORTS).map(move |n| (n * 7 + client * 31) % 400 + n));
    // The last report alone may not have been sent by all.
    assert!(shown(&server) >= minutes.max().unwrap() - 10);
}
