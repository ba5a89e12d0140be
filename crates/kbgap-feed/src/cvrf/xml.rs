//! A thin layer over the event reader: elements by local name, in document order.
//!
//! `child` descends into the element that was returned last unless it was read
//! (`text`) or passed over (`skip`); `None` closes the current one.

use std::io::BufRead;

use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

use crate::Reason;
use crate::source::{LineCounter, reason_of};
use crate::text::{beginning, harmless, message, one_line};

/// No field of the vendor is longer; what is would be held in memory whole.
const MAX_TEXT: usize = 1 << 20;
/// A whole document in another encoding need not be told text by text.
const MAX_UNREADABLE: usize = 100;
/// The vendor's documents nest eleven deep.
const MAX_DEPTH: usize = 200;

pub(super) struct Xml<'a> {
    reader: Reader<LineCounter<Box<dyn BufRead + 'a>>>,
    buffer: Vec<u8>,
    open: Vec<String>,
    /// An empty element was returned, whose end has yet to be.
    pending_end: bool,
    /// Texts in which something could not be read, as far as they were asked for.
    unreadable: Vec<String>,
}

/// The start of an element.
pub(super) struct Element {
    start: BytesStart<'static>,
    empty: bool,
}

impl Element {
    pub(super) fn name(&self) -> &str {
        let name = self.start.name().0;
        name.rsplit_once(':').map_or(name, |(_, local)| local)
    }

    pub(super) fn attribute(&self, name: &str) -> Option<String> {
        let attribute = self
            .start
            .attributes()
            .with_checks(false)
            .flatten()
            .find(|a| a.key.0 == name)?;
        Some(
            attribute
                .normalized_value(XmlVersion::Implicit1_0)
                .map_or_else(|_| String::new(), |v| harmless(v.into_owned())),
        )
    }
}

impl<'a> Xml<'a> {
    pub(super) fn new(text: LineCounter<Box<dyn BufRead + 'a>>) -> Self {
        let mut reader = Reader::from_reader(text);
        reader.config_mut().trim_text(false);
        Self {
            reader,
            buffer: Vec::new(),
            open: Vec::new(),
            pending_end: false,
            unreadable: Vec::new(),
        }
    }

    /// The name of the root element, which is then the current one.
    pub(super) fn root(&mut self) -> Result<String, Reason> {
        loop {
            match next_event(&mut self.reader, &mut self.buffer, &self.open)? {
                Event::Start(start) => {
                    let element = Element {
                        start: start.into_owned(),
                        empty: false,
                    };
                    let name = element.name().to_owned();
                    self.open.push(name.clone());
                    return Ok(name);
                }
                Event::Empty(start) => {
                    let element = Element {
                        start: start.into_owned(),
                        empty: true,
                    };
                    self.pending_end = true;
                    let name = element.name().to_owned();
                    self.open.push(name.clone());
                    return Ok(name);
                }
                Event::DocType(declared) if begins_with_html(&declared) => return Err(html_page()),
                Event::DocType(_) => return Err(Reason::DocumentType),
                Event::Text(text) if text.trim().is_empty() => {}
                Event::Decl(_) | Event::Comment(_) | Event::PI(_) => {}
                Event::Eof => return Err(Reason::NotCvrf("it is empty".to_owned())),
                _ => return Err(Reason::NotCvrf("it is no XML at all".to_owned())),
            }
        }
    }

    /// The next element inside the current one, or `None` at its end.
    pub(super) fn child(&mut self) -> Result<Option<Element>, Reason> {
        if std::mem::take(&mut self.pending_end) {
            self.open.pop();
            return Ok(None);
        }
        loop {
            let element = match next_event(&mut self.reader, &mut self.buffer, &self.open)? {
                Event::Start(start) => Element {
                    start: start.into_owned(),
                    empty: false,
                },
                Event::Empty(start) => Element {
                    start: start.into_owned(),
                    empty: true,
                },
                Event::End(_) => {
                    self.open.pop();
                    return Ok(None);
                }
                Event::DocType(_) => return Err(Reason::DocumentType),
                Event::Eof => return Err(cut_off(&self.open)),
                _ => continue,
            };
            self.allow_depth(1)?;
            self.pending_end = element.empty;
            self.open.push(element.name().to_owned());
            return Ok(Some(element));
        }
    }

    /// The text of an element just returned, trimmed; elements inside it are passed over.
    pub(super) fn text(&mut self, element: &Element) -> Result<String, Reason> {
        let mut text = String::new();
        if self.close_empty(element) {
            return Ok(text);
        }
        let mut depth = 0_usize;
        loop {
            match next_event(&mut self.reader, &mut self.buffer, &self.open)? {
                Event::Text(part) if depth == 0 => text.push_str(&part.xml10_content()),
                Event::CData(part) if depth == 0 => text.push_str(&part.xml10_content()),
                Event::GeneralRef(reference) if depth == 0 => {
                    text.push(character_of(&reference).unwrap_or(char::REPLACEMENT_CHARACTER));
                }
                Event::Start(_) => {
                    depth += 1;
                    self.allow_depth(depth)?;
                }
                Event::End(_) if depth == 0 => break,
                Event::End(_) => depth -= 1,
                Event::DocType(_) => return Err(Reason::DocumentType),
                Event::Eof => return Err(cut_off(&self.open)),
                _ => {}
            }
            if text.len() > MAX_TEXT {
                return Err(Reason::Xml(format!(
                    "the text of `{}` is longer than 1 MB",
                    element.name()
                )));
            }
        }
        self.open.pop();
        let text = harmless(text);
        self.note_unreadable(element.name(), &text);
        Ok(text)
    }

    /// Bytes of another encoding, unknown entities and forbidden characters have all
    /// become the same mark by now.
    fn note_unreadable(&mut self, element: &str, text: &str) {
        if self.unreadable.len() < MAX_UNREADABLE && text.contains(char::REPLACEMENT_CHARACTER) {
            self.unreadable.push(format!(
                "`{element}` has unreadable characters: `{}`",
                beginning(text)
            ));
        }
    }

    /// The texts in which something could not be read, since it was last asked.
    pub(super) fn take_unreadable(&mut self) -> Vec<String> {
        std::mem::take(&mut self.unreadable)
    }

    /// The text of an element just returned, as one line.
    pub(super) fn line(&mut self, element: &Element) -> Result<String, Reason> {
        self.text(element).map(one_line)
    }

    /// Passes over an element just returned and all inside it.
    pub(super) fn skip(&mut self, element: &Element) -> Result<(), Reason> {
        if self.close_empty(element) {
            return Ok(());
        }
        let mut depth = 0_usize;
        loop {
            match next_event(&mut self.reader, &mut self.buffer, &self.open)? {
                Event::Start(_) => {
                    depth += 1;
                    self.allow_depth(depth)?;
                }
                Event::End(_) if depth == 0 => break,
                Event::End(_) => depth -= 1,
                Event::DocType(_) => return Err(Reason::DocumentType),
                Event::Eof => return Err(cut_off(&self.open)),
                _ => {}
            }
        }
        self.open.pop();
        Ok(())
    }

    /// The reader keeps a place for each open element, and so do we.
    fn allow_depth(&self, more: usize) -> Result<(), Reason> {
        if self.open.len() + more > MAX_DEPTH {
            return Err(Reason::Xml(format!(
                "elements nest deeper than {MAX_DEPTH}"
            )));
        }
        Ok(())
    }

    /// After the root nothing but blanks and comments may follow.
    pub(super) fn end(&mut self) -> Result<(), Reason> {
        loop {
            match next_event(&mut self.reader, &mut self.buffer, &self.open)? {
                Event::Eof => return Ok(()),
                Event::Comment(_) | Event::PI(_) => {}
                Event::Text(text) if text.trim().is_empty() => {}
                _ => return Err(Reason::Xml("something follows the root element".to_owned())),
            }
        }
    }

    fn close_empty(&mut self, element: &Element) -> bool {
        if element.empty {
            self.pending_end = false;
            self.open.pop();
        }
        element.empty
    }
}

/// The five entities of XML and character references; others cannot be defined
/// without a document type, which is refused.
fn character_of(reference: &quick_xml::events::BytesRef<'_>) -> Option<char> {
    if let Ok(Some(character)) = reference.resolve_char_ref() {
        return Some(character);
    }
    match &**reference {
        "lt" => Some('<'),
        "gt" => Some('>'),
        "amp" => Some('&'),
        "apos" => Some('\''),
        "quot" => Some('"'),
        _ => None,
    }
}

fn begins_with_html(declared: &str) -> bool {
    let word = declared.trim_start().get(..4);
    word.is_some_and(|word| word.eq_ignore_ascii_case("html"))
}

/// What proxies and portals answer instead of what was asked for.
pub(super) fn html_page() -> Reason {
    Reason::NotCvrf("it is an HTML page, perhaps the error page of a proxy".to_owned())
}

fn cut_off(open: &[String]) -> Reason {
    Reason::Truncated(open.last().map(|name| message(name)).unwrap_or_default())
}

fn next_event<'b>(
    reader: &mut Reader<LineCounter<Box<dyn BufRead + '_>>>,
    buffer: &'b mut Vec<u8>,
    open: &[String],
) -> Result<Event<'b>, Reason> {
    buffer.clear();
    reader.get_mut().begin_event();
    reader
        .read_event_into(buffer)
        .map_err(|e| malformed(e, open))
}

fn malformed(error: quick_xml::Error, open: &[String]) -> Reason {
    match error {
        quick_xml::Error::Io(error) => reason_of(
            std::sync::Arc::try_unwrap(error)
                .unwrap_or_else(|shared| std::io::Error::new(shared.kind(), shared.to_string())),
        ),
        // The reader tells an unclosed tag or comment only at the end of the text.
        quick_xml::Error::Syntax(_) => cut_off(open),
        quick_xml::Error::IllFormed(quick_xml::errors::IllFormedError::MissingEndTag(tag)) => {
            Reason::Truncated(message(&tag))
        }
        other => Reason::Xml(message(&other.to_string())),
    }
}
