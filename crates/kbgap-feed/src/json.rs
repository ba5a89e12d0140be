//! A thin layer over the streaming JSON reader, for documents in which anything may
//! be of another type than expected: what is, is passed over and counted with its place.
//!
//! Only what is no JSON at all ends the reading. Of a document one text is held at a time.

use std::io::BufRead;

use struson::reader::json_path::JsonPathPiece;
use struson::reader::{
    JsonReader as _, JsonStreamReader, ReaderError, ReaderSettings, SyntaxErrorKind, ValueType,
};

use crate::Reason;
use crate::source::{LineCounter, reason_of};
use crate::text::{beginning, harmless, message};

/// The vendor's documents nest eleven deep.
const MAX_DEPTH: u32 = 200;
/// No field of the vendor is longer; what is would be held in memory whole.
const MAX_TEXT: usize = 1 << 20;
/// The largest month has a tenth of it. Without a bound a few bytes of the text would each
/// become many of a record.
const MAX_ITEMS: u32 = 2_000_000;
/// A whole document of another form need not be told value by value.
const MAX_ODD: usize = 1_000;

pub(crate) struct Json<'a> {
    reader: JsonStreamReader<LineCounter<Box<dyn BufRead + 'a>>>,
    items: u32,
    odd: Vec<String>,
    more_odd: usize,
}

impl<'a> Json<'a> {
    pub(crate) fn new(text: LineCounter<Box<dyn BufRead + 'a>>) -> Self {
        let settings = ReaderSettings {
            max_nesting_depth: Some(MAX_DEPTH),
            // A number of any size is a text here, and judged by who reads it.
            restrict_number_values: false,
            // So that `end` may ask whether something follows.
            allow_multiple_top_level: true,
            ..ReaderSettings::default()
        };
        Self {
            reader: JsonStreamReader::new_custom(text, settings),
            items: 0,
            odd: Vec::new(),
            more_odd: 0,
        }
    }

    /// Calls `read` with the name of each member of the object that comes next; `read`
    /// takes the value. What is no object is passed over.
    pub(crate) fn members(
        &mut self,
        mut read: impl FnMut(&mut Self, &str) -> Result<(), Reason>,
    ) -> Result<(), Reason> {
        if !self.expect(ValueType::Object, "object")? {
            return Ok(());
        }
        self.reader.begin_object().map_err(reason)?;
        while self.has_next()? {
            let name = self.reader.next_name_owned().map_err(reason)?;
            read(self, &name)?;
        }
        self.reader.end_object().map_err(reason)
    }

    /// Calls `read` for each item of the array that comes next; `read` takes it. What
    /// is no array is passed over.
    pub(crate) fn items(
        &mut self,
        mut read: impl FnMut(&mut Self) -> Result<(), Reason>,
    ) -> Result<(), Reason> {
        if !self.expect(ValueType::Array, "array")? {
            return Ok(());
        }
        self.reader.begin_array().map_err(reason)?;
        while self.has_next()? {
            self.items += 1;
            if self.items > MAX_ITEMS {
                return Err(Reason::Json(format!(
                    "it lists more than {MAX_ITEMS} things"
                )));
            }
            read(self)?;
        }
        self.reader.end_array().map_err(reason)
    }

    /// The text or number that comes next, trimmed; empty where it is null or neither.
    pub(crate) fn text(&mut self) -> Result<String, Reason> {
        self.begin_event();
        let text = match self.reader.peek().map_err(reason)? {
            ValueType::String => self.reader.next_string().map_err(reason)?,
            ValueType::Number => self.reader.next_number_as_string().map_err(reason)?,
            ValueType::Null => {
                self.reader.next_null().map_err(reason)?;
                return Ok(String::new());
            }
            ValueType::Boolean | ValueType::Object | ValueType::Array => {
                self.note("no text");
                self.skip()?;
                return Ok(String::new());
            }
        };
        if text.len() > MAX_TEXT {
            let place = self.place();
            return Err(Reason::Json(format!("{place}: a text is longer than 1 MB")));
        }
        let text = if text.contains('\r') {
            // As XML has it, so that both forms of a document say the same.
            text.replace("\r\n", "\n").replace('\r', "\n")
        } else {
            text
        };
        let text = harmless(text);
        if text.contains(char::REPLACEMENT_CHARACTER) {
            self.note(&format!("unreadable characters: `{}`", beginning(&text)));
        }
        Ok(text)
    }

    /// Passes over the value that comes next, of any length.
    pub(crate) fn skip(&mut self) -> Result<(), Reason> {
        self.reader.reader_mut().begin_skipping();
        self.reader.skip_value().map_err(reason)?;
        self.begin_event();
        Ok(())
    }

    /// Whether an object comes next.
    pub(crate) fn is_object(&mut self) -> Result<bool, Reason> {
        self.begin_event();
        Ok(self.reader.peek().map_err(reason)? == ValueType::Object)
    }

    /// After the document nothing but blanks may follow.
    pub(crate) fn end(&mut self) -> Result<(), Reason> {
        self.begin_event();
        match self.reader.has_next().map_err(reason)? {
            false => Ok(()),
            true => Err(Reason::Json("something follows the document".to_owned())),
        }
    }

    /// The line at which reading stands, counted from 1.
    pub(crate) fn line(&self) -> Option<u64> {
        let position = self.reader.current_position(false).line_pos?;
        Some(position.line + 1)
    }

    /// The path of the value that comes next, such as `$.Vulnerability[3].CVE`.
    pub(crate) fn place(&self) -> String {
        let path = self.reader.current_position(true).path;
        path_of(&path.unwrap_or_default())
    }

    /// Counts something that was passed over at the place of the value that comes next.
    pub(crate) fn note(&mut self, what: &str) {
        if self.odd.len() < MAX_ODD {
            let place = self.place();
            self.odd.push(format!("{place}: {what}"));
        } else {
            self.more_odd += 1;
        }
    }

    /// What was passed over, since it was last asked.
    pub(crate) fn take_odd(&mut self) -> Vec<String> {
        let mut odd = std::mem::take(&mut self.odd);
        match std::mem::take(&mut self.more_odd) {
            0 => {}
            more => odd.push(format!("and {more} more")),
        }
        odd
    }

    /// Whether a value of a type comes next; what is of another type is passed over, and
    /// counted where it is not null.
    fn expect(&mut self, wanted: ValueType, name: &str) -> Result<bool, Reason> {
        self.begin_event();
        let found = self.reader.peek().map_err(reason)?;
        if found == wanted {
            return Ok(true);
        }
        if found != ValueType::Null {
            self.note(&format!("no {name}"));
        }
        self.skip()?;
        Ok(false)
    }

    fn has_next(&mut self) -> Result<bool, Reason> {
        self.begin_event();
        self.reader.has_next().map_err(reason)
    }

    fn begin_event(&mut self) {
        self.reader.reader_mut().begin_event();
    }
}

fn reason(error: ReaderError) -> Reason {
    match error {
        ReaderError::IoError { error, .. } => reason_of(error),
        ReaderError::SyntaxError(error) => match error.kind {
            SyntaxErrorKind::IncompleteDocument => {
                let path = error.location.path.unwrap_or_default();
                Reason::Truncated(path_of(&path))
            }
            kind => Reason::Json(words_of(kind)),
        },
        ReaderError::MaxNestingDepthExceeded { .. } => {
            Reason::Json(format!("values nest deeper than {MAX_DEPTH}"))
        }
        other => Reason::Json(other.to_string()),
    }
}

/// A path as people write it, without what names could do to a terminal.
fn path_of(path: &[JsonPathPiece]) -> String {
    let mut text = "$".to_owned();
    for piece in path {
        match piece {
            JsonPathPiece::ArrayItem(index) => text.push_str(&format!("[{index}]")),
            JsonPathPiece::ObjectMember(name) => {
                text.push('.');
                text.push_str(&beginning(name));
            }
        }
    }
    // Values may nest deep, and each name that leads there may be long.
    message(&text)
}

/// `MissingComma` is `missing comma`.
fn words_of(kind: SyntaxErrorKind) -> String {
    let mut words = String::new();
    for letter in kind.to_string().chars() {
        if letter.is_ascii_uppercase() && !words.is_empty() {
            words.push(' ');
        }
        words.push(letter.to_ascii_lowercase());
    }
    words
}
