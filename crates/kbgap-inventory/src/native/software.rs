//! Software lists, read without a copy of each text.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Error, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::document::{checked, too_many};
use super::object::{Described, Object};
use crate::text::MAX_TEXT;
use crate::{Software, SoftwareList};

/// As many programs as a host usually has.
const USUAL: usize = 48;

/// A list of software of limited length.
pub(super) struct Programs<const MAX: usize>(pub(super) SoftwareList);

#[derive(Deserialize)]
struct Program<'t> {
    #[serde(borrow)]
    name: Text<'t>,
    #[serde(borrow, default)]
    vendor: Option<Text<'t>>,
    #[serde(borrow, default)]
    version: Option<Text<'t>>,
}

impl Described for Program<'_> {
    const WHAT: &'static str = "an object with `name`";
}

impl<'de, const MAX: usize> Deserialize<'de> for Programs<MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct List<const MAX: usize>;
        impl<'de, const MAX: usize> Visitor<'de> for List<MAX> {
            type Value = SoftwareList;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "a list of at most {MAX} entries")
            }

            fn visit_seq<A: SeqAccess<'de>>(
                self,
                mut sequence: A,
            ) -> Result<SoftwareList, A::Error> {
                let mut list = SoftwareList::with_capacity(USUAL);
                while let Some(Object(program)) = sequence.next_element::<Object<Program<'de>>>()? {
                    if list.len() == MAX {
                        return Err(too_many::<_, MAX>());
                    }
                    list.push(Software {
                        vendor: program.vendor.as_ref().map_or("", |text| &text.0),
                        name: &program.name.0,
                        version: program.version.as_ref().map_or("", |text| &text.0),
                    });
                }
                Ok(list)
            }
        }
        deserializer.deserialize_seq(List::<MAX>).map(Self)
    }
}

/// A text of limited length, trimmed, without control characters.
struct Text<'t>(Cow<'t, str>);

impl<'de: 't, 't> Deserialize<'de> for Text<'t> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Borrowed;
        impl<'de> Visitor<'de> for Borrowed {
            type Value = Text<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Text<'de>, E> {
                let text = checked::<MAX_TEXT>(text).map_err(E::custom)?;
                Ok(Text(Cow::Borrowed(text)))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Text<'de>, E> {
                let text = checked::<MAX_TEXT>(text).map_err(E::custom)?;
                Ok(Text(Cow::Owned(text.to_owned())))
            }
        }
        deserializer.deserialize_str(Borrowed)
    }
}
