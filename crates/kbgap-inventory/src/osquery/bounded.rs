//! Lists and maps of JSON of which only so many entries are kept.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// The first `MOST` entries of a list or a map.
#[derive(Debug, Default)]
pub(super) struct Bounded<C, const MOST: usize> {
    pub(super) kept: C,
    /// Whether there were more.
    pub(super) is_cut: bool,
}

struct Entries<C, const MOST: usize>(PhantomData<C>);

impl<'de, T: Deserialize<'de>, const MOST: usize> Deserialize<'de> for Bounded<Vec<T>, MOST> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(Entries::<Vec<T>, MOST>(PhantomData))
    }
}

impl<'de, T: Deserialize<'de>, const MOST: usize> Visitor<'de> for Entries<Vec<T>, MOST> {
    type Value = Bounded<Vec<T>, MOST>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut kept = Vec::new();
        while kept.len() < MOST {
            match list.next_element()? {
                Some(entry) => kept.push(entry),
                None => {
                    return Ok(Bounded {
                        kept,
                        is_cut: false,
                    });
                }
            }
        }
        let mut is_cut = false;
        while list.next_element::<IgnoredAny>()?.is_some() {
            is_cut = true;
        }
        Ok(Bounded { kept, is_cut })
    }
}

impl<'de, T: Deserialize<'de>, const MOST: usize> Deserialize<'de>
    for Bounded<BTreeMap<String, T>, MOST>
{
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Entries::<BTreeMap<String, T>, MOST>(PhantomData))
    }
}

impl<'de, T: Deserialize<'de>, const MOST: usize> Visitor<'de>
    for Entries<BTreeMap<String, T>, MOST>
{
    type Value = Bounded<BTreeMap<String, T>, MOST>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut kept = BTreeMap::new();
        while kept.len() < MOST {
            match map.next_entry()? {
                Some((name, entry)) => kept.insert(name, entry),
                None => {
                    return Ok(Bounded {
                        kept,
                        is_cut: false,
                    });
                }
            };
        }
        let mut is_cut = false;
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {
            is_cut = true;
        }
        Ok(Bounded { kept, is_cut })
    }
}
