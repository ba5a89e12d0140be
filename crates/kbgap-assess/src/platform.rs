//! Which Windows a machine runs (section 4, rules 1 and 3).

use kbgap_catalog::{
    Architecture, Catalog, Component, InstallationType, Platform, Product, Release, ReleaseKind,
};

use crate::Projection;

/// Why a machine cannot be assessed. Never shown as "nothing missing".
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unassessable {
    /// A fact is lacking without which products differ: the name of the field
    /// of the native machine document.
    Lacking(&'static str),
    /// No Windows release is known to have this build.
    UnknownBuild(u32),
    /// The catalogue has no product for this platform.
    NotInCatalog(String),
}

impl std::fmt::Display for Unassessable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Lacking(field) => write!(f, "not assessed: the report lacks {field}"),
            Self::UnknownBuild(build) => {
                write!(
                    f,
                    "not assessed: no Windows release is known to have build {build}"
                )
            }
            Self::NotInCatalog(platform) => {
                write!(f, "not assessed: the feed has no product for {platform}")
            }
        }
    }
}

/// The platform of a machine, and the catalogue's products for it that apply.
pub(crate) struct MachinePlatform<'a> {
    pub(crate) platform: Platform,
    /// The name that the feed gives to the platform itself.
    pub(crate) name: &'a str,
    /// Windows itself and what is part of it (section 4, rule 2).
    pub(crate) products: Vec<Product<'a>>,
    /// .NET Framework on it, in each combination of releases.
    pub(crate) frameworks: Vec<Product<'a>>,
    /// The same Windows for another architecture, where the feed has more than twice as
    /// much about it: it forgot the machine's own in most months.
    pub(crate) better_known: Option<&'a str>,
}

/// All that decides about the platform of a machine and what of it applies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct PlatformKey {
    build: u32,
    is_server: bool,
    is_core: bool,
    architecture: Option<Architecture>,
    chromium_edge: bool,
}

impl PlatformKey {
    pub(crate) fn of(machine: &Projection) -> Result<Self, Unassessable> {
        Ok(Self {
            build: machine.build,
            is_server: is_server(machine)?,
            is_core: machine.installation_type == Some(InstallationType::ServerCore),
            architecture: machine.architecture,
            chromium_edge: machine.chromium_edge,
        })
    }
}

impl<'a> MachinePlatform<'a> {
    pub(crate) fn of(key: PlatformKey, catalog: &'a Catalog) -> Result<Self, Unassessable> {
        let release = Release::of_build(key.build, key.is_server)
            .ok_or(Unassessable::UnknownBuild(key.build))?;
        // A server without Core information is full, but some exist only as Core.
        let server_core = release.kind == ReleaseKind::CoreOnly || key.is_core;
        let candidates: Vec<(Platform, Product<'a>)> = catalog
            .products()
            .filter_map(|product| Some((product.platform()?, product)))
            .filter(|(platform, _)| {
                // By title, because Server 2008 is one release at two builds.
                platform.release.title == release.title && platform.server_core == server_core
            })
            .collect();
        let architecture = match key.architecture {
            Some(architecture) => architecture,
            None => only_architecture(&candidates)?,
        };
        let of_machine = candidates
            .iter()
            .filter(|(platform, _)| platform.architecture == architecture);
        let windows = of_machine
            .clone()
            .filter(|(_, product)| product.component() == Some(Component::Windows))
            .max_by_key(|(_, product)| product.fixes().len());
        let Some((platform, windows)) = windows else {
            let core = if server_core {
                " (Server Core installation)"
            } else {
                ""
            };
            return Err(Unassessable::NotInCatalog(format!(
                "{} {architecture}{core}",
                release.title
            )));
        };
        let of_machine = of_machine.map(|(_, product)| *product);
        let frameworks = of_machine
            .clone()
            .filter(|product| product.component() == Some(Component::DotNetFramework));
        let frameworks = frameworks.collect();
        let products = of_machine
            .filter(|product| {
                product
                    .component()
                    .is_some_and(|component| applies(component, key.chromium_edge))
            })
            .collect();
        Ok(Self {
            platform: *platform,
            name: windows.name(),
            products,
            frameworks,
            better_known: better_known(&candidates, windows),
        })
    }
}

fn better_known<'a>(candidates: &[(Platform, Product<'a>)], own: &Product<'a>) -> Option<&'a str> {
    candidates
        .iter()
        .map(|(_, product)| product)
        .filter(|product| product.component() == Some(Component::Windows))
        .max_by_key(|product| product.fixes().len())
        .filter(|product| product.fixes().len() > 2 * own.fixes().len())
        .map(|product| product.name())
}

/// Whether a part of Windows applies to the machine, its platform given.
fn applies(component: Component, chromium_edge: bool) -> bool {
    match component {
        // Chromium Edge takes the place of the old one.
        Component::EdgeHtml => !chromium_edge,
        Component::EdgeIeMode => chromium_edge,
        other => other.is_part_of_windows(),
    }
}

impl Projection {
    /// The Windows release that the machine runs, where its report tells.
    #[must_use]
    pub fn release(&self) -> Option<&'static Release> {
        Release::of_build(self.build, is_server(self).ok()?)
    }
}

fn is_server(machine: &Projection) -> Result<bool, Unassessable> {
    if let Some(installation_type) = machine.installation_type {
        return Ok(installation_type.is_server());
    }
    let client = Release::of_build(machine.build, false).is_some();
    let server = Release::of_build(machine.build, true).is_some();
    match (client, server) {
        // 9200 is also Windows 8, which the feed no longer knows.
        (false, true) if machine.build != 9_200 => Ok(true),
        (true, false) => Ok(false),
        (false, false) => Err(Unassessable::UnknownBuild(machine.build)),
        _ => Err(Unassessable::Lacking("os.installationType")),
    }
}

fn only_architecture(candidates: &[(Platform, Product<'_>)]) -> Result<Architecture, Unassessable> {
    let mut architectures = candidates.iter().map(|(platform, _)| platform.architecture);
    let first = architectures.next();
    match first {
        Some(architecture) if architectures.all(|a| a == architecture) => Ok(architecture),
        Some(_) => Err(Unassessable::Lacking("os.architecture")),
        // The caller tells that the platform is unknown.
        None => Ok(Architecture::X64),
    }
}
