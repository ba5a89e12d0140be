//! The native document of a machine, written by hand: most of it is pieces that were
//! made when the tables were read.

use crate::Generator;
use crate::calendar::Day;
use crate::cohort::{Family, OfficeOf, newest};
use crate::machine::Machine;
use crate::random::{Stream, mix};
use crate::tables::{Kind, VERSIONS, json};
use crate::text::{close, decimal, hex, latest, piece, text, write};

const SITES: [&str; 40] = [
    "berlin",
    "munich",
    "hamburg",
    "vienna",
    "zurich",
    "paris",
    "lyon",
    "madrid",
    "lisbon",
    "rome",
    "milan",
    "london",
    "leeds",
    "dublin",
    "oslo",
    "malmo",
    "aarhus",
    "tampere",
    "tallinn",
    "riga",
    "warsaw",
    "prague",
    "brno",
    "budapest",
    "athens",
    "ankara",
    "cairo",
    "nairobi",
    "lagos",
    "pune",
    "chennai",
    "singapore",
    "osaka",
    "seoul",
    "sydney",
    "auckland",
    "toronto",
    "austin",
    "boston",
    "bogota",
];
const DEPARTMENTS: [&str; 5] = ["Office", "Production", "Servers", "Field", "Lab"];
const TAGS: [&str; 12] = [
    "pilot", "laptop", "desktop", "vip", "kiosk", "pci", "dmz", "critical", "legacy", "vdi",
    "shared", "leased",
];
const TOOLS: [&str; 24] = [
    "Payroll",
    "Timesheet",
    "Ledger",
    "Invoice",
    "Claims",
    "Dispatch",
    "Fleet",
    "Warehouse",
    "Label",
    "Badge",
    "Visitor",
    "Print",
    "Scan",
    "Archive",
    "Survey",
    "Booking",
    "Roster",
    "Safety",
    "Quality",
    "Metering",
    "Lab",
    "Backup",
    "Health",
    "Access",
];
const PARTS: [&str; 12] = [
    "Client",
    "Agent",
    "Viewer",
    "Connector",
    "Service",
    "Tray",
    "Console",
    "Add-in",
    "Runtime",
    "Fonts",
    "Templates",
    "Updater",
];

/// The version of most programs on day 0; later ones come with time.
const NEWEST: i32 = 5;

/// How many days back machines still know when they installed an update.
const DATED: Day = 200;

const IN_HOUSE: u64 = 4;
const TITLES: u64 = 5;

impl Generator {
    /// Writes a machine's document and the end of its line.
    pub(crate) fn write_document(&self, machine: &mut Machine<'_>, out: &mut Vec<u8>) {
        out.extend_from_slice(b"{\"computerDnsName\":\"");
        self.write_name(machine, out);
        out.extend_from_slice(b"\",\"id\":\"");
        write_id(machine.key, out);
        self.write_os(machine, out);
        self.write_kbs(machine, out);
        self.write_software(machine, out);
        self.write_place(machine, out);
        self.write_flags(machine, out);
        out.extend_from_slice(b",\"seenAt\":\"");
        out.extend_from_slice(self.dates.text(self.start + machine.seen));
        let second = machine.second;
        write(
            out,
            format_args!(
                "T{:02}:{:02}:{:02}Z\"}}\n",
                second / 3_600,
                second / 60 % 60,
                second % 60
            ),
        );
    }
}

impl Generator {
    fn write_name(&self, machine: &Machine<'_>, out: &mut Vec<u8>) {
        let (site, _) = group(machine.group);
        let kind = match machine.cohort.release.kind {
            Kind::Client => "pc",
            Kind::Server | Kind::CoreOnly => "srv",
        };
        let number = machine.number;
        write(out, format_args!("{site}-{kind}{number:07}"));
        if machine.generation > 0 {
            write(out, format_args!("-r{}", machine.generation));
        }
        out.extend_from_slice(b".corp.example.com");
    }

    fn write_os(&self, machine: &Machine<'_>, out: &mut Vec<u8>) {
        let cohort = &machine.cohort;
        let release = cohort.release;
        text(out, b"\",\"os\":{\"platform\":\"", release.platform);
        text(out, b"\",\"version\":\"", release.version);
        let (_, revision) = cohort.cumulative(self.day_of(machine), self.zero, machine.behind);
        if let Some(revision) = revision {
            out.push(b'.');
            decimal(out, revision);
        }
        text(out, b"\",\"architecture\":\"", cohort.architecture);
        text(out, b"\",\"installationType\":\"", cohort.installation_type);
        text(out, b"\",\"edition\":\"", release.edition);
        out.extend_from_slice(match release.rtm {
            Some(_) => b"\"}",
            // Only Windows 7 and its server tell no revision here, and they need this.
            None => b"\",\"servicePack\":1}",
        });
    }

    fn write_kbs(&self, machine: &Machine<'_>, out: &mut Vec<u8>) {
        let cohort = &machine.cohort;
        let (day, behind) = (self.day_of(machine), machine.behind);
        out.extend_from_slice(b",\"installedKbs\":[");
        for kb in cohort.old() {
            quoted(out, kb);
        }
        let (cumulative, _) = cohort.cumulative(day, self.zero, behind);
        let office = match cohort.office {
            OfficeOf::Msi(count) => count,
            _ => 0,
        };
        let until = cohort.pace.installed_until(day, self.zero, behind);
        let dated = cumulative
            .chain(cohort.framework(day, self.zero, behind))
            .chain(newest(&self.windows.office, until, office));
        for update in dated {
            if update.day < self.zero - DATED {
                quoted(out, update.kb);
                continue;
            }
            out.extend_from_slice(b"{\"id\":\"");
            decimal(out, update.kb);
            out.extend_from_slice(b"\",\"installedOn\":\"");
            out.extend_from_slice(self.dates.text(cohort.pace.installs(update.day, behind)));
            out.extend_from_slice(b"\"},");
        }
        close(out);
    }

    fn write_software(&self, machine: &mut Machine<'_>, out: &mut Vec<u8>) {
        out.extend_from_slice(b",\"software\":[");
        self.write_what_rules_read(machine, out);
        self.write_titles(machine, out);
        self.write_in_house(machine, out);
        // No other machine has this one.
        out.extend_from_slice(b"{\"vendor\":\"Contoso\",\"name\":\"Contoso Asset ");
        hex(out, machine.key);
        out.extend_from_slice(b"\",\"version\":\"1.0\"}]");
    }

    fn write_what_rules_read(&self, machine: &Machine<'_>, out: &mut Vec<u8>) {
        let (cohort, programs) = (&machine.cohort, &self.programs);
        let (day, behind) = (self.day_of(machine), machine.behind);
        if let Some(pace) = cohort.edge {
            let modern = cohort.release.version.starts_with("10.0.");
            let made_for = if modern {
                programs.edge.len()
            } else {
                programs.old_edge
            };
            let until = pace.installed_until(day, self.zero, behind);
            latest(&programs.edge[..made_for], until, out);
        }
        match cohort.office {
            OfficeOf::ClickToRun(office) => {
                let until = cohort.pace.installed_until(day, self.zero, behind);
                latest(&office.versions, until, out);
            }
            OfficeOf::Msi(_) => piece(out, &programs.office_2016),
            OfficeOf::Nothing => {}
        }
        match cohort.family {
            Family::SqlServer(engine) => {
                piece(
                    out,
                    &programs.sql_server[engine as usize % programs.sql_server.len()],
                );
            }
            Family::Exchange => piece(out, &programs.exchange),
            Family::SharePoint => piece(out, &programs.sharepoint),
            Family::Nothing => {}
        }
        if cohort.framework_listed {
            piece(out, &programs.framework);
        }
    }

    /// Programs that no rule reads: some come with the cohort's image, the others are
    /// the machine's own.
    fn write_titles(&self, machine: &mut Machine<'_>, out: &mut Vec<u8>) {
        let client = machine.cohort.release.kind == Kind::Client;
        let round = machine.round();
        let mut own = Stream::new(machine.key, TITLES);
        let mut image = Stream::new(machine.cohort.key, TITLES);
        for (at, title) in self.programs.titles.iter().enumerate() {
            let stream = if at % 2 == 0 { &mut own } else { &mut image };
            let fits = if client {
                title.on_clients
            } else {
                title.on_servers
            };
            if !stream.chance(title.share) || !fits {
                continue;
            }
            let lag = own.below(6).min(own.below(6));
            let version = (NEWEST + round - lag.cast_signed()).clamp(0, VERSIONS.cast_signed() - 1);
            if let Some(json) = title.versions.get(version.unsigned_abs() as usize) {
                piece(out, json);
            }
        }
    }

    /// What only this company has: departments share it.
    fn write_in_house(&self, machine: &Machine<'_>, out: &mut Vec<u8>) {
        let client = machine.cohort.release.kind == Kind::Client;
        let count = if client { 7 } else { 14 } + machine.key as usize % 7;
        let mut stream = Stream::new(u64::from(machine.group), IN_HOUSE);
        let start = stream.next() as usize % self.in_house.len();
        let tools = self.in_house.iter().cycle().skip(start);
        for tool in tools.take(count) {
            piece(out, tool);
        }
    }

    fn write_place(&self, machine: &mut Machine<'_>, out: &mut Vec<u8>) {
        let (site, department) = group(machine.group);
        text(out, b",\"group\":\"", site);
        text(out, b" ", department);
        out.extend_from_slice(b"\",\"tags\":[");
        let stream = &mut machine.stream;
        for _ in 0..stream.below(4) {
            text(out, b"\"", TAGS[stream.below(12) as usize]);
            out.extend_from_slice(b"\",");
        }
        close(out);
        // The low bits of a number tell its address, so that no two share one.
        let [.., a, b, c] = machine.number.to_be_bytes();
        let mac = machine.key >> 16;
        write(
            out,
            format_args!(
                ",\"ipAddresses\":[{{\"ipAddress\":\"10.{a}.{b}.{c}\",\"macAddress\":\"{mac:012X}\",\"type\":\"Ethernet\",\"operationalStatus\":\"Up\"}}]"
            ),
        );
        write(
            out,
            format_args!(
                ",\"lastIpAddress\":\"10.{a}.{b}.{c}\",\"lastExternalIpAddress\":\"203.0.113.{}\"",
                machine.group % 254 + 1
            ),
        );
        if machine.cohort.release.kind == Kind::Client {
            let id = mix(machine.key);
            let (first, second, third) = (id >> 32, id >> 16 & 0xffff, id & 0xfff);
            write(
                out,
                format_args!(
                    ",\"aadDeviceId\":\"{first:08x}-{second:04x}-4{third:03x}-8000-{mac:012x}\""
                ),
            );
        }
    }

    fn write_flags(&self, machine: &mut Machine<'_>, out: &mut Vec<u8>) {
        let waits = machine.stream.chance(4);
        let cohort = &machine.cohort;
        let flags: [(&[u8], Option<bool>); 4] = [
            (b",\"pendingReboot\":", Some(waits)),
            (b",\"hotpatch\":", cohort.hotpatch),
            (b",\"secureBoot\":", cohort.secure_boot),
            (b",\"winRe\":", cohort.win_re),
        ];
        for (name, value) in flags {
            if let Some(value) = value {
                out.extend_from_slice(name);
                out.extend_from_slice(if value { b"true" } else { b"false" });
            }
        }
        out.extend_from_slice(b",\"agentVersion\":\"1.4.0\"");
    }

    /// The day of its last report, as updates see it.
    const fn day_of(&self, machine: &Machine<'_>) -> Day {
        self.zero + machine.seen
    }
}

/// The site and the department of a device group.
pub(crate) const fn group(number: u32) -> (&'static str, &'static str) {
    let number = number as usize;
    let department = number / SITES.len() % DEPARTMENTS.len();
    (SITES[number % SITES.len()], DEPARTMENTS[department])
}

/// A device id: the key makes it another one for each device.
pub(crate) fn write_id(key: u64, out: &mut Vec<u8>) {
    hex(out, key);
    hex(out, mix(key));
    write(out, format_args!("{:08x}", mix(!key) >> 32));
}

/// A KB without its date, and the comma after it.
fn quoted(out: &mut Vec<u8>, kb: u32) {
    out.push(b'"');
    decimal(out, kb);
    out.extend_from_slice(b"\",");
}

/// Programs that only this company has.
pub(crate) fn in_house() -> Vec<Box<[u8]>> {
    let mut programs = Vec::with_capacity(TOOLS.len() * PARTS.len());
    for part in PARTS {
        for tool in TOOLS {
            let version = format!("{}.{}.0", tool.len(), part.len());
            programs.push(json("Contoso", &format!("Contoso {tool} {part}"), &version));
        }
    }
    programs
}
