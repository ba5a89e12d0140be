#![allow(clippy::all, clippy::unwrap_used, clippy::print_stdout, missing_docs)]
#[global_allocator]
static A: mimalloc::MiMalloc = mimalloc::MiMalloc;
use kbgap_fleet::*;
use std::io::BufRead;
use std::time::Instant;
fn rss() -> u64 {
    let s = std::fs::read_to_string("/proc/self/status").unwrap();
    let l = s.lines().find(|l| l.starts_with("VmRSS")).unwrap();
    l.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() / 1024
}
fn main() {
    let snap = std::env::args().nth(1).unwrap();
    let catalog = kbgap_catalog::Catalog::load(std::path::Path::new(&snap)).unwrap();
    println!("catalog {} MB", rss());
    let mut index = FleetIndex::new(catalog.clone());
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap()
        .as_millis() as i64;
    let t = Instant::now();
    let mut parse = 0f64;
    let mut ups = 0f64;
    let mut publ = 0f64;
    let mut n = 0u64;
    let mut last = None;
    for line in std::io::stdin().lock().lines() {
        let line = line.unwrap();
        let a = Instant::now();
        let m = kbgap_inventory::native::machine(&line).unwrap();
        let b = Instant::now();
        let mut h = 0i32;
        if let Some(g) = &m.group {
            for c in g.bytes() {
                h = h.wrapping_mul(31).wrapping_add(c as i32);
            }
            h = h.abs() % 100000 + 1;
        }
        let seen = m.seen_at.map_or(now, |t| t.as_millisecond());
        let mut c = CheckIn::new(m, seen);
        c.group_id = h;
        c.sequence = n;
        let d = Instant::now();
        index.upsert(&c);
        let e = Instant::now();
        parse += (b - a).as_secs_f64();
        ups += (e - d).as_secs_f64();
        n += 1;
        if n % 2000 == 0 {
            let x = Instant::now();
            last = Some(index.publish(now));
            publ += x.elapsed().as_secs_f64();
        }
        if n % 100000 == 0 {
            println!(
                "{n} rss {} MB parse {:.1} us upsert {:.1} us publish {:.2} ms each",
                rss(),
                parse / n as f64 * 1e6,
                ups / n as f64 * 1e6,
                publ / (n as f64 / 2000.0) * 1e3
            );
        }
    }
    drop(last);
    let fleet = index.publish(now);
    println!(
        "{} machines in {:?}, rss {}",
        fleet.len(),
        t.elapsed(),
        rss()
    );
    println!("{}", fleet.sizes());
    let ix = catalog.find_software("microsoft-_-windows_10").unwrap();
    for _ in 0..3 {
        let a = Instant::now();
        let r = fleet.missing_kbs_of_software(ix, now, View::All);
        println!("all {} rows {:?}", r.len(), a.elapsed());
    }
    let gs: Vec<i32> = fleet.groups().map(|g| g.0).collect();
    println!("{} groups", gs.len());
    let mut ts: Vec<_> = gs
        .iter()
        .map(|&g| {
            let a = Instant::now();
            let _r = fleet.missing_kbs_of_software_in(ix, g, now, View::All);
            a.elapsed()
        })
        .collect();
    ts.sort();
    println!(
        "group median {:?} max {:?}",
        ts[ts.len() / 2],
        ts[ts.len() - 1]
    );
    let a = Instant::now();
    let r = fleet.missing_kbs_of_software(ix, now, View::Effective);
    println!("effective {} rows {:?}", r.len(), a.elapsed());
    let a = Instant::now();
    let s = fleet.summary(now);
    println!("summary {:?} score {} rss {}", a.elapsed(), s.score, rss());
    let a = Instant::now();
    let c = s.all_software(None).take(10_000).count();
    println!("software page {c} {:?}", a.elapsed());
    let stop = std::sync::atomic::AtomicBool::new(false);
    let a = Instant::now();
    let r = FleetIndex::reassess(&fleet, catalog.clone(), &stop).unwrap();
    println!("reassess {:?} rss {}", a.elapsed(), rss());
    let a = Instant::now();
    index.adopt(r);
    let f = index.publish(now);
    println!("adopt+publish {:?} {} rss {}", a.elapsed(), f.len(), rss());
}
