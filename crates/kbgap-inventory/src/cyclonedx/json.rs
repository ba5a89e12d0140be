//! The JSON form.

use serde::Deserialize;

use super::component::{Component, Host};
use crate::loose::Loose;
use crate::{Format, Part, ReportError, json_rows};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Bom {
    bom_format: String,
    #[serde(default)]
    metadata: Option<Metadata>,
    #[serde(default)]
    components: Option<Vec<Entry>>,
}

#[derive(Deserialize)]
struct Metadata {
    #[serde(default)]
    component: Option<Entry>,
    #[serde(default)]
    timestamp: Loose,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Entry {
    #[serde(rename = "type")]
    kind: Loose,
    name: Loose,
    version: Loose,
    publisher: Loose,
    group: Loose,
    supplier: Option<Supplier>,
    components: Option<Vec<Entry>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Supplier {
    name: Loose,
}

/// Reads the documents of a text, one a host.
///
/// # Errors
/// What is wrong, with its place.
pub(crate) fn read(text: &str) -> Result<Vec<Part>, ReportError> {
    let mut parts = Vec::new();
    json_rows::each(text, |bom: Bom| {
        parts.push(part(bom)?);
        Ok(())
    })
    .map_err(|message| ReportError::Place {
        format: Format::CycloneDx,
        message,
    })?;
    Ok(parts)
}

fn part(bom: Bom) -> Result<Part, String> {
    if bom.bom_format != "CycloneDX" {
        return Err(format!(
            "`bomFormat`: `{}` is not CycloneDX",
            crate::text::shown(&bom.bom_format)
        ));
    }
    let mut host = Host::new();
    if let Some(metadata) = bom.metadata {
        host.0.seen_at = metadata.timestamp.0.parse().ok();
        if let Some(about) = metadata.component {
            let inside = about.components.unwrap_or_default();
            host.about(&component(Entry {
                components: None,
                ..about
            }))?;
            take(&mut host, inside)?;
        }
    }
    take(&mut host, bom.components.unwrap_or_default())?;
    Ok(host.0)
}

/// Components stand inside one another, as deep as the reader of JSON goes.
fn take(host: &mut Host, entries: Vec<Entry>) -> Result<(), String> {
    for mut entry in entries {
        let inside = entry.components.take();
        let component = component(entry);
        host.component(&component)
            .map_err(|e| format!("component `{}`: {e}", crate::text::shown(&component.name)))?;
        take(host, inside.unwrap_or_default())?;
    }
    Ok(())
}

fn component(entry: Entry) -> Component {
    Component {
        kind: entry.kind.0,
        name: entry.name.0,
        version: entry.version.0,
        publisher: entry.publisher.0,
        supplier: entry.supplier.unwrap_or_default().name.0,
        group: entry.group.0,
    }
}
