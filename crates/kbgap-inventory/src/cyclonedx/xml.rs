//! The XML form. It is read as events; what could make it grow (a document type with
//! entities of its own) is refused, and elements may stand inside one another only so deep.

use quick_xml::Reader;
use quick_xml::events::{BytesRef, BytesStart, Event};

use super::component::{Component, Host};
use crate::text::cut;
use crate::{Format, Part, ReportError};

const MAX_DEPTH: usize = 128;

/// Whether the first element is that of a document of this kind.
pub(crate) fn is_bom(text: &str) -> bool {
    let mut reader = Reader::from_str(text);
    loop {
        match reader.read_event() {
            Ok(Event::Start(element) | Event::Empty(element)) => {
                return element.local_name().as_ref() == "bom";
            }
            Ok(Event::Eof) | Err(_) => return false,
            Ok(_) => {}
        }
    }
}

/// Reads the document.
///
/// # Errors
/// What is wrong, with its line.
pub(crate) fn read(text: &str) -> Result<Vec<Part>, ReportError> {
    let mut reader = Reader::from_str(text);
    let mut document = Document {
        host: Host::new(),
        path: Vec::new(),
        open: Vec::new(),
        text: String::new(),
    };
    loop {
        let at = reader.buffer_position();
        let line = |message: String| {
            let at = usize::try_from(at).unwrap_or(usize::MAX).min(text.len());
            let above = text.as_bytes()[..at]
                .iter()
                .filter(|b| **b == b'\n')
                .count();
            ReportError::Line {
                format: Format::CycloneDx,
                line: above + 1,
                message,
            }
        };
        let event = reader
            .read_event()
            .map_err(|e| line(format!("is cut off, or no XML: {}", message(&e))))?;
        let is_end = matches!(event, Event::Eof);
        document.take(event).map_err(line)?;
        if is_end {
            return Ok(vec![document.host.0]);
        }
    }
}

struct Document {
    host: Host,
    /// The names of the open elements, without prefixes.
    path: Vec<String>,
    /// The components that are open, the innermost last.
    open: Vec<Component>,
    text: String,
}

impl Document {
    fn take(&mut self, event: Event<'_>) -> Result<(), String> {
        match event {
            Event::Start(element) => self.start(&element),
            Event::Empty(element) => {
                self.start(&element)?;
                self.end()
            }
            Event::End(_) => self.end(),
            Event::Text(text) => {
                self.text.push_str(&text.xml10_content());
                Ok(())
            }
            Event::CData(text) => {
                self.text.push_str(&text.xml10_content());
                Ok(())
            }
            Event::GeneralRef(reference) => {
                self.text.push(character(&reference)?);
                Ok(())
            }
            Event::DocType(_) => {
                Err("holds a document type, which no CycloneDX document has".to_owned())
            }
            Event::Eof if !self.path.is_empty() => {
                let open = self.path.last().map_or("", String::as_str);
                Err(format!("is cut off: `{open}` has no end"))
            }
            _ => Ok(()),
        }
    }

    fn start(&mut self, element: &BytesStart<'_>) -> Result<(), String> {
        let name = element.local_name().as_ref().to_owned();
        if self.path.len() == MAX_DEPTH {
            return Err(format!("has elements more than {MAX_DEPTH} deep"));
        }
        if name == "component" {
            let kind = element
                .try_get_attribute("type")
                .map_err(|e| format!("is no XML: {}", message(&e)))?;
            self.open.push(Component {
                kind: kind.map(|k| k.value.into_owned()).unwrap_or_default(),
                ..Component::default()
            });
        }
        self.path.push(name);
        self.text.clear();
        Ok(())
    }

    fn end(&mut self) -> Result<(), String> {
        let name = self.path.pop().unwrap_or_default();
        let text = std::mem::take(&mut self.text);
        let parent = self.path.last().map_or("", String::as_str);
        match (name.as_str(), parent) {
            ("component", parent) => {
                let component = self.open.pop().unwrap_or_default();
                return match parent {
                    "metadata" => self.host.about(&component),
                    _ => self.host.component(&component),
                };
            }
            ("timestamp", "metadata") => self.host.0.seen_at = text.trim().parse().ok(),
            _ => {}
        }
        let Some(component) = self.open.last_mut() else {
            return Ok(());
        };
        match (name.as_str(), parent) {
            ("name", "component") => component.name = text,
            ("version", "component") => component.version = text,
            ("publisher", "component") => component.publisher = text,
            ("group", "component") => component.group = text,
            ("name", "supplier") => component.supplier = text,
            _ => {}
        }
        Ok(())
    }
}

/// What the reader says, which may repeat a part of the document.
fn message(error: &impl std::fmt::Display) -> String {
    cut(&error.to_string(), 300)
}

/// One of the five entities of XML itself, or a character by its number.
fn character(reference: &BytesRef<'_>) -> Result<char, String> {
    if let Some(character) = reference
        .resolve_char_ref()
        .map_err(|e| format!("is no XML: {}", message(&e)))?
    {
        return Ok(character);
    }
    match &**reference {
        "amp" => Ok('&'),
        "lt" => Ok('<'),
        "gt" => Ok('>'),
        "quot" => Ok('"'),
        "apos" => Ok('\''),
        other => {
            let shown = crate::text::shown(other);
            Err(format!("names the entity `{shown}`, which is none of XML"))
        }
    }
}
