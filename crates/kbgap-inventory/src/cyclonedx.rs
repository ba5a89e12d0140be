//! CycloneDX bills of materials: what is installed on a host.
//!
//! The host is the device that the document is about; Windows is a component of the
//! kind operating system.

mod component;
mod json;
mod xml;

pub(crate) use json::read as read_json;
pub(crate) use xml::{is_bom as is_xml, read as read_xml};
