//! Words that machines have in common: domains, tags, kinds of interfaces.
//!
//! A machine keeps the number of a word instead of the word. Words stay for as long as
//! the index, so there are only so many, and none is long; whatever comes then is kept
//! with its machine.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use serde::de::{Error, SeqAccess, Visitor};
use serde::ser::SerializeTuple;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::snapshot::{Input, LoadError, Output};
use crate::table::Pages;

/// How many words there are at most.
const WORDS: usize = 1 << 14;
/// The longest of them, in bytes; a short one is not worth a number.
const LENGTHS: std::ops::RangeInclusive<usize> = 2..=64;

/// The words, as a snapshot has them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Words(Pages<Arc<str>>);

/// Who gives numbers to words.
#[derive(Debug, Default)]
pub(crate) struct WordNumbers(HashMap<Arc<str>, u16>);

/// A text that may be one of the words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Word<'a> {
    Known(u16),
    Own(&'a str),
}

/// A word is one number above 0, another text is 0 and the text: a byte less than as an
/// enum, of which each machine has a dozen.
impl Serialize for Word<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut parts = serializer.serialize_tuple(2)?;
        match self {
            Self::Known(number) => parts.serialize_element(&(number + 1))?,
            Self::Own(text) => {
                parts.serialize_element(&0_u16)?;
                parts.serialize_element(text)?;
            }
        }
        parts.end()
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Word<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_tuple(2, Parts)
    }
}

struct Parts;

impl<'de> Visitor<'de> for Parts {
    type Value = Word<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the number of a word, or 0 and a text")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut parts: A) -> Result<Self::Value, A::Error> {
        let missing = || A::Error::invalid_length(0, &self);
        let number: u16 = parts.next_element()?.ok_or_else(missing)?;
        match number.checked_sub(1) {
            Some(number) => Ok(Word::Known(number)),
            None => parts.next_element()?.map(Word::Own).ok_or_else(missing),
        }
    }
}

impl Words {
    pub(crate) fn save(&self, out: &mut Output<'_>) -> std::io::Result<()> {
        out.count(self.0.len())?;
        self.0
            .iter()
            .try_for_each(|word| out.bytes(word.as_bytes()))
    }

    pub(crate) fn load(input: &mut Input<'_>) -> Result<Self, LoadError> {
        let mut buffer = Vec::new();
        let words = (0..input.u32()?).map(|_| input.text(&mut buffer));
        Ok(Self(words.collect::<Result<_, _>>()?))
    }

    pub(crate) fn text<'t>(&'t self, word: Word<'t>) -> &'t str {
        match word {
            Word::Own(text) => text,
            Word::Known(number) => self.0.get(usize::from(number)).map_or("", |text| text),
        }
    }
}

impl WordNumbers {
    /// The numbers that words have.
    pub(crate) fn of(words: &Words) -> Self {
        let numbers = (0..).zip(words.0.iter());
        Self(
            numbers
                .map(|(number, word)| (Arc::clone(word), number))
                .collect(),
        )
    }

    pub(crate) fn word<'t>(&mut self, words: &mut Words, text: &'t str) -> Word<'t> {
        if let Some(&known) = self.0.get(text) {
            return Word::Known(known);
        }
        let number = u16::try_from(words.0.len()).ok();
        let number = number.filter(|_| LENGTHS.contains(&text.len()) && words.0.len() < WORDS);
        let Some(number) = number else {
            return Word::Own(text);
        };
        let text: Arc<str> = text.into();
        words.0.push(Arc::clone(&text));
        self.0.insert(text, number);
        Word::Known(number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_comes_back_however_many_there_are() {
        let (mut words, mut numbers) = (Words::default(), WordNumbers::default());
        let texts: Vec<String> = (0..WORDS + 100).map(|n| format!("word {n}")).collect();
        let long = "x".repeat(100);
        let texts = texts.iter().map(String::as_str);
        let texts: Vec<&str> = texts.chain(["", "x", &long]).collect();
        for _ in 0..2 {
            for text in &texts {
                let word = numbers.word(&mut words, text);
                assert_eq!(words.text(word), *text);
                let packed = postcard::to_stdvec(&(word, 1_u8)).unwrap();
                assert_eq!(postcard::from_bytes(&packed), Ok((word, 1_u8)));
            }
        }
        assert_eq!(words.0.len(), WORDS);
    }
}
