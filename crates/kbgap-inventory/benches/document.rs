//! What taking in a machine's document takes: `cargo bench -p kbgap-inventory`.

#![expect(clippy::unwrap_used, reason = "benches fail by panicking")]

use std::fmt::Write as _;

use divan::{Bencher, black_box, counter::BytesCount};
use kbgap_inventory::native;

fn main() {
    divan::main();
}

/// A document such as agents send: 25 KBs and 40 software entries in 4 kB.
fn document() -> String {
    let mut json = String::from(
        r#"{"computerDnsName":"pc-000017.corp.example.com","os":{"version":"10.0.19045.4170","architecture":"x64","installationType":"Client","edition":"Enterprise"},"installedKbs":["#,
    );
    for n in 0..25 {
        write!(json, r#""KB{}","#, 5_000_000 + n * 1_013).unwrap();
    }
    json.pop();
    json.push_str(r#"],"software":[{"vendor":"Microsoft Corporation","name":"Microsoft Edge","version":"120.0.2210.61"},"#);
    for n in 0..39 {
        write!(
            json,
            r#"{{"vendor":"Publisher {}","name":"Program {n} (x64)","version":"{n}.{}.1"}},"#,
            n % 9,
            n * 7 % 10
        )
        .unwrap();
    }
    json.pop();
    json.push_str(
        r#"],"group":"Site 07","tags":["laptop"],"ipAddresses":[{"ipAddress":"10.0.0.17","macAddress":"8CEC4B897E73","type":"Ethernet","operationalStatus":"Up"}],"seenAt":"2026-07-20T08:00:00Z"}"#,
    );
    json
}

#[divan::bench]
fn parsed(bencher: Bencher<'_, '_>) {
    let json = document();
    bencher
        .counter(BytesCount::of_str(&json))
        .bench(|| native::machine(black_box(&json)).unwrap());
}

/// A request of 250 lines, one of which is wrong.
#[divan::bench]
fn lines(bencher: Bencher<'_, '_>) {
    let mut body = format!("{}\n", document()).repeat(249);
    body.push_str(&document().replace("10.0.19045.4170", "ten"));
    bencher
        .counter(BytesCount::of_str(&body))
        .bench(|| native::read_lines(black_box(body.as_bytes())));
}

/// The same as an array, in which nothing is wrong.
#[divan::bench]
fn array(bencher: Bencher<'_, '_>) {
    let body = format!("[{}]", vec![document(); 250].join(","));
    bencher
        .counter(BytesCount::of_str(&body))
        .bench(|| native::read(black_box(&body)).unwrap());
}

#[divan::bench]
fn hashed_and_encoded(bencher: Bencher<'_, '_>) {
    let machine = native::machine(&document()).unwrap();
    bencher.bench(|| black_box(&machine).encoded().unwrap());
}
