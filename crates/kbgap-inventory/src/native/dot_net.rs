//! What a document tells of .NET Framework.

use kbgap_catalog::Version;
use serde::{Deserialize, Deserializer};

use super::document::List;
use super::object::{Described, Object};
use super::text::read;
use crate::DotNet;

const MAX_DOT_NET: usize = 50;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct DotNetVersions {
    #[serde(default)]
    versions: Option<List<Dotted, MAX_DOT_NET>>,
    #[serde(default)]
    file_versions: Option<List<Dotted, MAX_DOT_NET>>,
}

impl Described for DotNetVersions {
    const WHAT: &'static str = "an object with `versions` or `fileVersions`";
}

impl From<Object<DotNetVersions>> for DotNet {
    fn from(Object(told): Object<DotNetVersions>) -> Self {
        let texts = |list: Option<List<Dotted, MAX_DOT_NET>>| {
            let list = list.map(|list| list.0).unwrap_or_default();
            list.into_iter().map(|version| version.0).collect()
        };
        Self {
            versions: texts(told.versions),
            file_versions: texts(told.file_versions),
        }
    }
}

/// A dotted version, as it was written.
struct Dotted(String);

impl<'de> Deserialize<'de> for Dotted {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        read(deserializer, |text| {
            let text = text.trim();
            match Version::parse(text) {
                Some(_) => Ok(Self(text.to_owned())),
                None => {
                    let shown: String = text.chars().take(40).collect();
                    Err(format!(
                        "`{shown}` is no version (expected such as 4.8 or 4.8.4718.0)"
                    ))
                }
            }
        })
    }
}
