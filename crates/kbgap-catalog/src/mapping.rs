//! PROVISIONAL: replaced by the reviewed table.
use crate::platform::{Platform, fold};
use crate::software::SoftwareId;

/// What part of Windows, or which other product, a feed product is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "provisional")]
pub enum Component {
    Windows,
    InternetExplorer,
    EdgeHtml,
    EdgeIeMode,
    XmlCoreServices,
    FlashPlayer,
    VbScript,
    JScript,
    HyperlinkObjectLibrary,
    DotNetFramework,
    SqlServer,
    Exchange,
    SharePoint,
    Office,
    EdgeChromium,
    Other,
}
const ALL: [Component; 16] = {
    use Component::*;
    [
        Windows,
        InternetExplorer,
        EdgeHtml,
        EdgeIeMode,
        XmlCoreServices,
        FlashPlayer,
        VbScript,
        JScript,
        HyperlinkObjectLibrary,
        DotNetFramework,
        SqlServer,
        Exchange,
        SharePoint,
        Office,
        EdgeChromium,
        Other,
    ]
};
impl Component {
    /// x
    #[must_use]
    pub const fn is_part_of_windows(self) -> bool {
        (self as u8) < 9
    }
    pub(crate) fn from_u8(v: u8) -> Option<Self> {
        ALL.get(usize::from(v)).copied()
    }
}
/// x
pub struct ProductMapping {
    /// x
    pub software: SoftwareId,
    /// x
    pub component: Component,
    /// x
    pub platform: Option<Platform>,
}
/// x
pub fn map_product(name: &str) -> Option<ProductMapping> {
    let f = fold(name);
    if let Some(p) = Platform::parse(name) {
        return Some(ProductMapping {
            software: SoftwareId::from_names("microsoft", p.release.software)?,
            component: Component::Windows,
            platform: Some(p),
        });
    }
    let (c, p) = f.rsplit_once(" on ")?;
    let platform = Platform::parse(p);
    let (s, component) = match c {
        c if c.starts_with("internet explorer") => {
            ("internet_explorer", Component::InternetExplorer)
        }
        c if c.starts_with("microsoft edge (edgehtml") => ("edge", Component::EdgeHtml),
        c if c.ends_with("in ie mode") => ("internet_explorer", Component::EdgeIeMode),
        c if c.contains("xml core") => ("xml_core_services", Component::XmlCoreServices),
        c if c.contains("flash") => ("flash_player", Component::FlashPlayer),
        c if c.contains("vbscript") => ("vbscript", Component::VbScript),
        c if c.contains("jscript") => ("jscript", Component::JScript),
        c if c.contains("hyperlink") => ("hyperlink", Component::HyperlinkObjectLibrary),
        _ => return None,
    };
    Some(ProductMapping {
        software: SoftwareId::from_names("microsoft", s)?,
        component,
        platform,
    })
}
/// x
#[must_use]
pub(crate) fn tables_fingerprint() -> u32 {
    0
}
/// x
#[must_use]
pub fn map_installed(_vendor: &str, name: &str) -> Option<(SoftwareId, Component)> {
    (name == "Microsoft Edge").then(|| {
        Some((
            SoftwareId::from_names("microsoft", "edge_chromium-based")?,
            Component::EdgeChromium,
        ))
    })?
}

/// Whether the reviewed tables map any product to this software.
#[must_use]
pub fn is_mapped_software(_id: &SoftwareId) -> bool { false }
