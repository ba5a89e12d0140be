//! Machines drawn at random, as they could stand under a catalogue: the same for the same seed.

use kbgap_assess::{ClickToRun, ExchangeServer, Lacking, Projection, SqlServer, Unsupported};
use kbgap_catalog::{
    Architecture, Catalog, Component, Family, InstallationType, Kb, KbId, ServicingUpdate,
    SqlBuild, Version,
};

/// A machine of 64 bits of which nothing but its Windows is known.
pub fn windows(build: u32, revision: Option<u32>, kind: InstallationType) -> Projection {
    Projection {
        build,
        revision,
        architecture: Some(Architecture::X64),
        installation_type: Some(kind),
        hotpatch: None,
        secure_boot: None,
        win_re: None,
        kbs: Vec::new(),
        chromium_edge: false,
        edge_version: None,
        click_to_run: Vec::new(),
        sql_server: Vec::new(),
        exchange: None,
        sharepoint: None,
        office: Vec::new(),
        dot_net: kbgap_assess::DotNetFacts::default(),
        unsupported: Vec::new(),
    }
}

const RELEASES: [(u32, InstallationType); 27] = {
    use InstallationType::{Client, Server, ServerCore};
    [
        (6_002, Server),
        (6_003, Server),
        (7_601, Client),
        (7_601, Server),
        (9_200, Server),
        (9_600, Client),
        (9_600, ServerCore),
        (10_240, Client),
        (14_393, Client),
        (14_393, Server),
        (17_134, Client),
        (17_763, Client),
        (17_763, Server),
        (17_763, ServerCore),
        (18_363, Client),
        (18_363, ServerCore),
        (19_044, Client),
        (19_045, Client),
        (20_348, Server),
        (20_348, ServerCore),
        (22_000, Client),
        (22_621, Client),
        (22_631, Client),
        (25_398, ServerCore),
        (26_100, Client),
        (26_100, Server),
        (26_200, Client),
    ]
};

fn sql_updates(catalog: &Catalog) -> Vec<KbId> {
    let products = catalog.products();
    let products = products.filter(|p| p.component() == Some(Component::SqlServer));
    let fixes = products.flat_map(|p| p.fixes());
    fixes.filter_map(|fix| fix.kb()?.id()).collect()
}

/// Draws machines.
pub struct Draw<'a> {
    catalog: &'a Catalog,
    kbs: Vec<KbId>,
    standalone: Vec<KbId>,
    sql_updates: Vec<KbId>,
    state: u64,
}

impl<'a> Draw<'a> {
    pub fn new(catalog: &'a Catalog, seed: u64) -> Self {
        let standalone = catalog.kbs().filter(|kb| kb.condition().is_some());
        Self {
            catalog,
            kbs: catalog.kbs().filter_map(Kb::id).collect(),
            sql_updates: sql_updates(catalog),
            standalone: standalone.filter_map(Kb::id).collect(),
            state: seed,
        }
    }

    /// A machine that reports what agents report.
    pub fn usual(&mut self) -> Projection {
        let (build, kind) = *self.one_of(&RELEASES[11..]);
        let updates = self.updates(build, kind);
        let revision = self.revision(&updates);
        let mut machine = self.machine(build, kind, revision);
        let count = 5 + self.below(25);
        machine.kbs = (0..count).map(|_| self.kb(&updates)).collect();
        self.finished(machine)
    }

    /// A machine of which anything may be odd or lacking.
    pub fn any(&mut self) -> Projection {
        let (build, kind) = *self.one_of(&RELEASES);
        let updates = self.updates(build, kind);
        let revision = self.revision(&updates).filter(|_| self.one_in(2));
        let mut machine = self.machine(build, kind, revision);
        if self.one_in(20) {
            machine.architecture = None;
        } else if self.one_in(6) {
            machine.architecture = Some(Architecture::X86);
        } else if self.one_in(6) {
            machine.architecture = Some(Architecture::Arm64);
        }
        if self.one_in(20) {
            machine.installation_type = None;
        }
        machine.hotpatch = self.maybe(3);
        machine.secure_boot = self.maybe(2);
        machine.win_re = self.maybe(2);
        let count = self.below(40);
        machine.kbs = (0..count).map(|_| self.kb(&updates)).collect();
        if self.one_in(3) {
            machine.kbs.push(*self.one_of(&self.standalone.clone()));
        }
        if self.one_in(4) {
            let office = *self.one_of(&[
                ClickToRun::Office2019,
                ClickToRun::Ltsc2021,
                ClickToRun::Ltsc2024,
                ClickToRun::Apps365,
            ]);
            let third = *self.one_of(&[10_405, 14_332, 17_932, 16_130]);
            let version = format!("16.0.{third}.20{:03}", self.below(1_000));
            machine.click_to_run = vec![(office, Version::parse(&version).unwrap())];
            machine.unsupported = vec![Unsupported {
                id: "microsoft-_-office".parse().unwrap(),
                lacking: Lacking::Rules,
            }];
        }
        if self.one_in(3) {
            machine.sql_server = self.sql_servers();
            machine.kbs.extend_from_slice(&self.sql_updates());
        }
        if self.one_in(4) {
            let version = *self.one_of(&["15.2.1258.12", "15.2.1544.14", "15.1.2507.6", ""]);
            machine.exchange = Some(ExchangeServer {
                version: Version::parse(version),
            });
        }
        self.finished(machine)
    }

    /// One or two, in the builds around those of updates.
    fn sql_servers(&mut self) -> Vec<SqlServer> {
        const NEAR: [&str; 12] = [
            "10.0.6500.1",
            "11.0.5388.0",
            "12.0.6170.1",
            "12.0.6440.1",
            "12.0.2000.8",
            "13.0.5108.50",
            "13.0.6450.1",
            "14.0.2042.3",
            "14.0.3460.9",
            "15.0.2101.7",
            "15.0.4415.2",
            "16.0.4150.1",
        ];
        let count = 1 + self.below(2);
        let mut servers: Vec<SqlServer> = (0..count)
            .map(|_| {
                let text: &str = NEAR[self.below(NEAR.len())];
                let version = Version::parse(text).unwrap();
                let (release, build) = SqlBuild::of_version(&version).unwrap();
                SqlServer {
                    release,
                    build: Some(build).filter(|_| !self.one_in(8)),
                    bits: Some(Architecture::X64).filter(|_| !self.one_in(4)),
                }
            })
            .collect();
        servers.sort_by_key(|server| server.release);
        servers.dedup_by_key(|server| server.release);
        servers
    }

    fn sql_updates(&mut self) -> Vec<KbId> {
        let count = self.below(3);
        let of_feed = self.sql_updates.clone();
        (0..count).map(|_| *self.one_of(&of_feed)).collect()
    }

    fn machine(&mut self, build: u32, kind: InstallationType, revision: Option<u32>) -> Projection {
        // A fleet has some hundred versions.
        let major = 90 + self.below(60);
        let version = format!("{major}.0.{}.{}", major * 24, 20 * self.below(5));
        let chromium_edge = self.one_in(2);
        Projection {
            chromium_edge,
            edge_version: Version::parse(&version).filter(|_| chromium_edge && !self.one_in(9)),
            ..windows(build, revision, kind)
        }
    }

    fn updates(&self, build: u32, kind: InstallationType) -> Vec<ServicingUpdate> {
        let family = Family::of_build(build, kind.is_server());
        family.map_or_else(Vec::new, |f| self.catalog.servicing(f).collect())
    }

    /// One of a known update, or one close to it.
    fn revision(&mut self, updates: &[ServicingUpdate]) -> Option<u32> {
        let known: Vec<u32> = updates.iter().filter_map(|u| u.revision).collect();
        if known.is_empty() {
            return None;
        }
        let near = self.below(3) as u32;
        Some((self.one_of(&known) + near).saturating_sub(1).max(1))
    }

    /// Mostly one of the machine's own Windows.
    fn kb(&mut self, updates: &[ServicingUpdate]) -> KbId {
        if updates.is_empty() || self.one_in(3) {
            let place = self.below(self.kbs.len());
            return self.kbs[place];
        }
        self.one_of(updates).kb
    }

    fn finished(&self, mut machine: Projection) -> Projection {
        machine.kbs.sort_unstable();
        machine.kbs.dedup();
        machine
    }

    fn maybe(&mut self, n: usize) -> Option<bool> {
        self.one_in(n).then(|| self.one_in(2))
    }

    fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    fn one_of<'t, T>(&mut self, of: &'t [T]) -> &'t T {
        &of[self.below(of.len())]
    }

    fn below(&mut self, n: usize) -> usize {
        // SplitMix64.
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % n as u64).unwrap()
    }
}
