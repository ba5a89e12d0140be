//! What a component tells of a host.

use kbgap_catalog::Version;

use crate::native::{MAX_SOFTWARE, installation_type_of};
use crate::text::{MAX_NAME, MAX_TEXT, bounded, cut, is_blank, shown};
use crate::{Format, Part};

/// A component, in either form of the document.
#[derive(Debug, Default)]
pub(super) struct Component {
    pub(super) kind: String,
    pub(super) name: String,
    pub(super) version: String,
    pub(super) publisher: String,
    pub(super) supplier: String,
    pub(super) group: String,
}

/// The host of a document, as far as it is read.
pub(super) struct Host(pub(super) Part);

impl Host {
    pub(super) fn new() -> Self {
        let mut part = Part::of(Format::CycloneDx);
        part.software = Some(Vec::new());
        Self(part)
    }

    /// Takes what the document is about: a device has the host's name.
    pub(super) fn about(&mut self, component: &Component) -> Result<(), String> {
        let name = bounded(&component.name, MAX_NAME)?;
        if name.is_empty() {
            return Ok(());
        }
        match component.kind.as_str() {
            "device" => self.0.name = Some(name),
            "operating-system" => return self.component(component),
            // Of another kind it is the name of the bill and none of a host.
            _ => {}
        }
        Ok(())
    }

    pub(super) fn component(&mut self, component: &Component) -> Result<(), String> {
        if is_blank(&component.name) {
            return Err("is a component without a name".to_owned());
        }
        if component.kind == "operating-system" {
            let build = Version::parse(&component.version)
                .filter(|version| matches!(version.parts().len(), 3 | 4));
            if build.is_some() {
                self.0.os.take_version(&component.version)?;
            }
            let name = cut(&component.name, MAX_TEXT);
            self.0.os.installation_type = installation_type_of(&name);
            self.0.os.platform = Some(name);
            return Ok(());
        }
        // Firmware, data and devices inside the host are no programs.
        if !matches!(
            component.kind.as_str(),
            "application" | "framework" | "library" | "platform" | ""
        ) {
            return Ok(());
        }
        let vendor = [&component.publisher, &component.supplier, &component.group];
        let vendor = vendor.into_iter().find(|text| !text.trim().is_empty());
        let software = self.0.software.get_or_insert_default();
        if software.len() == MAX_SOFTWARE {
            return Err(format!("has more than {MAX_SOFTWARE} components"));
        }
        let place = format!("component `{}`", shown(&component.name));
        let vendor = vendor.map_or("", |text| text);
        self.0
            .add_program(&place, [vendor, &component.name, &component.version]);
        Ok(())
    }
}
