//! What the program itself has written: snapshots and bundles. A file may be damaged, and who
//! signs a bundle may mean harm.

use std::sync::LazyLock;

use kbgap_assess::{Assessor, Projection, explain};
use kbgap_auth::BundleKey;
use kbgap_catalog::{Catalog, compile};
use kbgap_fleet::{CheckIn, FleetIndex};
use kbgap_inventory::native;
use kbgap_server::feed::Bundle;
use kbgap_testkit::feed::{W1909, document, fix, vulnerability};
use kbgap_testkit::snapshot::with_checksum;

pub(super) const BUNDLE: &[&str] = &[
    r#"{"created":1600000000,"documents":[{"id":"2020-Mar","kind":"cvrf","currentRelease":"1584000000","revision":"12","contentHash":"BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=","vulnerabilities":3,"fixes":4,"length":0,"sha256":"47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="}]}"#,
];

/// A small catalogue of the rules' kinds.
pub(super) static CATALOG: LazyLock<Catalog> = LazyLock::new(|| {
    let month = document(
        "2020-Mar",
        &[("11713", W1909), ("1", "Microsoft Edge (Chromium-based)")],
        vec![
            vulnerability(
                "CVE-2020-0684",
                vec![fix(4_540_673, "10.0.18363.719", &[4_532_693])],
            ),
            vulnerability(
                "CVE-2020-0700",
                vec![fix(4_532_693, "10.0.18363.657", &[4_540_673])],
            ),
            vulnerability("ADV200001", vec![fix(4_537_759, "", &[])]),
        ],
    );
    compile(&[month]).expect("it can be compiled")
});

/// Looks at everything that a catalogue tells.
pub(super) fn walk(catalog: &Catalog) {
    for (ix, id) in catalog.software() {
        assert_eq!(catalog.software_id(ix), id);
    }
    let mut told = format!(
        "{:?}{:?}",
        catalog.as_of(),
        catalog.odd_values().collect::<Vec<_>>()
    );
    let mut tell = |what: &dyn std::fmt::Debug| told.push_str(&format!("{what:?}"));
    for d in catalog.documents() {
        tell(&(
            d.id(),
            d.title(),
            d.revision(),
            d.current_release(),
            d.vulnerabilities(),
            d.fixes(),
        ));
    }
    for s in catalog.sources() {
        tell(&(
            s.version(),
            s.newest(),
            s.documents(),
            s.entries(),
            s.matched(),
            s.odd_values(),
        ));
    }
    for p in catalog.products() {
        tell(&(
            p.id(),
            p.name(),
            p.software(),
            p.component(),
            p.platform().is_some(),
            p.ids_with_kb(),
        ));
        for f in p.fixes() {
            tell(&(
                f.product().id(),
                f.vulnerability().id(),
                f.kb_ix(),
                f.revision(),
            ));
            tell(&(f.fixed_build(), f.subtype(), f.severity()));
        }
    }
    for kb in catalog.kbs() {
        tell(&(
            kb.number(),
            kb.title(),
            kb.month(),
            kb.is_cumulative(),
            kb.condition(),
        ));
        tell(&(kb.supersedes().collect::<Vec<_>>(), kb.fixes().count()));
    }
    for v in catalog.vulnerabilities() {
        tell(&(
            v.id(),
            v.title(),
            v.impact(),
            v.severity(),
            v.cvss(),
            v.is_exploited(),
        ));
        tell(&(
            v.known_exploited().map(|k| k.date_added()),
            v.epss(),
            v.revisions().collect::<Vec<_>>(),
        ));
    }
    assert!(!told.is_empty());
}

/// One change of the small catalogue's bytes each, all over it.
pub(super) fn changes() -> Vec<Vec<u8>> {
    let places = (0..CATALOG.as_bytes().len()).step_by(37);
    places
        .filter_map(|at| u16::try_from(at).ok())
        .map(|at| [&at.to_le_bytes()[..], &[0xff, 0]].concat())
        .collect()
}

/// A damaged snapshot: it is refused. Where somebody has mended its checksum, it is refused or
/// everything in it can be looked at, and machines are assessed with it.
pub(super) fn catalog(bytes: &[u8]) {
    let good = CATALOG.as_bytes();
    // The bytes are taken as differences, so that few of them reach any part.
    let mut damaged = good.to_vec();
    for change in bytes.chunks_exact(4) {
        let at = usize::from(u16::from_le_bytes([change[0], change[1]])) % good.len();
        if let Some(byte) = damaged.get_mut(at) {
            *byte = change[2];
        }
        if change[3] == 0xff {
            damaged.truncate(at);
            break;
        }
    }
    if Catalog::from_bytes(damaged.clone()).is_ok() && damaged != good {
        panic!("the checksum does not tell");
    }
    if let Ok(forged) = Catalog::from_bytes(with_checksum(damaged)) {
        walk(&forged);
        let assessor = Assessor::new(forged.clone());
        for json in MACHINES {
            let machine = native::machine(json).expect("a machine");
            let projection = Projection::of(&machine, &forged);
            let _ = format!("{:?}", assessor.assess(&projection));
            let _ = format!("{:?}", assessor.outline(&projection));
            let _ = format!("{:?}", assessor.weaknesses(&projection));
            for kb in forged.kbs().filter_map(|kb| kb.id()) {
                let _ = format!("{:?}", explain(&forged, &projection, kb));
            }
        }
    }
}

/// Machines of which the small catalogue knows something.
const MACHINES: [&str; 2] = [
    r#"{"computerDnsName":"a","os":{"version":"10.0.18363.1","architecture":"x64","installationType":"Client"},
        "installedKbs":["KB4532693"],"software":[{"vendor":"Microsoft","name":"Microsoft Edge","version":"80.0.1.2"}]}"#,
    r#"{"computerDnsName":"b","os":{"version":"10.0.18363","architecture":"x64"},"installedKbs":["KB4540673"]}"#,
];

static FLEET: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let mut index = FleetIndex::new(CATALOG.clone());
    for n in 0_i32..6 {
        let json = format!(
            r#"{{"computerDnsName":"pc-{n}.example","group":"Group {}","os":{{"version":"10.0.18363.{n}","architecture":"x64","installationType":"Client"}},
                "tags":["t"],"ipAddresses":["10.0.0.{n}"],"software":[{{"vendor":"V","name":"Of {n}","version":"1"}},{{"vendor":"V","name":"Shared","version":"1"}}]}}"#,
            n % 3 + 1
        );
        let mut check_in = CheckIn::new(native::machine(&json).expect("a machine"), i64::from(n));
        check_in.group_id = n % 3 + 1;
        index.upsert(&check_in);
    }
    let mut bytes = Vec::new();
    index.fleet().save(&mut bytes).expect("it can be saved");
    bytes
});

/// A damaged index of a fleet: it is refused, or can be looked at, asked and saved again.
pub(super) fn fleet(bytes: &[u8]) {
    let mut damaged = FLEET.clone();
    for change in bytes.chunks_exact(4) {
        let at = usize::from(u16::from_le_bytes([change[0], change[1]])) % FLEET.len();
        match change[3] {
            0xff => damaged.truncate(at),
            0xfe => damaged.insert(at.min(damaged.len()), change[2]),
            _ => {
                if let Some(byte) = damaged.get_mut(at) {
                    *byte = change[2];
                }
            }
        }
    }
    let Ok(mut index) = FleetIndex::load(CATALOG.clone(), &mut &damaged[..]) else {
        return;
    };
    let fleet = index.publish(1);
    let mut ids = Vec::new();
    for machine in fleet.machines_from(None) {
        let _ = format!(
            "{:?} {:?} {:?}",
            machine.name(),
            machine.software(),
            machine.reported
        );
        ids.push(machine.id().clone());
    }
    for software in fleet.summary(1).all_software(None) {
        let _ = format!("{software:?}");
    }
    let mut saved = Vec::new();
    let _ = fleet.save(&mut saved);
    for id in ids {
        index.remove(&id);
    }
}

static KEY: LazyLock<BundleKey> = LazyLock::new(|| BundleKey::generate().expect("a key"));

/// The contents of a bundle and what follows them, signed by somebody who is trusted.
pub(super) fn bundle(bytes: &[u8]) {
    const NAME: &[u8] = b"kbgap feed bundle 1\n";
    let public = KEY.public().expect("a key");
    let trusted = [public];
    assert!(Bundle::open(bytes, &trusted).is_err(), "nobody signed it");
    // Up to a line's end the contents, then the bodies.
    let end = bytes
        .iter()
        .position(|b| *b == b'\n')
        .unwrap_or(bytes.len());
    let (json, bodies) = bytes.split_at(end);
    let length = u32::try_from(json.len())
        .expect("a short text")
        .to_le_bytes();
    let signature = KEY
        .sign(&[NAME, &length, json].concat())
        .expect("a signature");
    let bodies = bodies.strip_prefix(b"\n").unwrap_or(bodies);
    let whole = [NAME, public.as_bytes(), &signature, &length, json, bodies].concat();
    if let Ok(bundle) = Bundle::open(&whole, &trusted) {
        let _ = format!("{bundle:?}");
        assert!(Bundle::open(&[&whole[..], b"x"].concat(), &trusted).is_err());
        assert!(Bundle::open(&whole, &[]).is_err());
    }
}
