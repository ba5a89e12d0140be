//! What a JSON text is, told by the names in its first object.

use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::loose::Loose;

/// The most names of an object that are looked at.
const MAX_NAMES: usize = 300;

/// What a JSON text holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Native documents, or nothing that is known: their reader says what it expected.
    Native,
    Vuls,
    MdeMachines,
    MdeSoftware,
    CycloneDx,
    /// Objects that PowerShell converted, of whatever kind.
    Rows,
    /// An envelope without rows.
    Empty,
    /// Likely the answer of a server that says what went wrong.
    ErrorAnswer,
}

/// What the text is. Only its first object is looked at, and no more of that than
/// is needed.
pub(crate) fn kind(text: &str) -> Kind {
    let mut names = Names::default();
    let mut deserializer = serde_json::Deserializer::from_str(text);
    // It ends early where the names are enough, and what is no JSON is told by its reader.
    let _ = Probe(&mut names).deserialize(&mut deserializer);
    names.kind().unwrap_or_else(|| names.likely())
}

#[derive(Default)]
struct Names {
    names: Vec<String>,
    /// Whether they are those of a row in an envelope.
    is_in_envelope: bool,
}

impl Names {
    fn has(&self, name: &str) -> bool {
        self.names.iter().any(|n| n.eq_ignore_ascii_case(name))
    }

    /// What a text with these names is for certain, whatever other names follow.
    fn kind(&self) -> Option<Kind> {
        if self.has("bomFormat") {
            Some(Kind::CycloneDx)
        } else if self.has("computerDnsName") && self.has("os") {
            Some(Kind::Native)
        } else if ["jsonVersion", "scannedCves", "windowsKB", "runningKernel"]
            .iter()
            .any(|name| self.has(name))
        {
            Some(Kind::Vuls)
        } else if self.has("deviceId") && self.has("softwareName") {
            Some(Kind::MdeSoftware)
        } else {
            None
        }
    }

    /// What it seems to be when all names are known.
    fn likely(&self) -> Kind {
        if self.is_in_envelope && self.names.is_empty() {
            return Kind::Empty;
        }
        let has_any = |names: &[&str]| names.iter().any(|name| self.has(name));
        if self.has("computerDnsName")
            && has_any(&[
                "osBuild",
                "osPlatform",
                "healthStatus",
                "onboardingStatus",
                "osProcessor",
            ])
        {
            return Kind::MdeMachines;
        }
        // Microsoft's exports name their rows, also where there are none.
        let is_native = self.has("computerDnsName") || self.has("installedKbs");
        let mapping = crate::rows::json::mapping(self.names.iter().map(String::as_str));
        // Of keys of the registry the first may be one that has nothing to tell.
        let is_of_powershell = self.has("PSPath") && self.has("PSChildName");
        if !is_native && (mapping.is_useful() || is_of_powershell) {
            Kind::Rows
        } else if !is_native && self.has("error") {
            Kind::ErrorAnswer
        } else {
            Kind::Native
        }
    }
}

/// Gathers names; an error ends it as soon as they are enough.
struct Probe<'n>(&'n mut Names);

impl<'de> DeserializeSeed<'de> for Probe<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Probe<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object or a list of them")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<(), A::Error> {
        sequence.next_element_seed(Self(self.0))?;
        Err(A::Error::custom("enough"))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(name) = map.next_key::<String>()? {
            // The rows of an envelope are what counts.
            if name == "value" {
                self.0.names.clear();
                self.0.is_in_envelope = true;
                return map.next_value_seed(Self(self.0));
            }
            self.0.names.push(name);
            if self.0.kind().is_some() || self.0.names.len() >= MAX_NAMES {
                return Err(A::Error::custom("enough"));
            }
            map.next_value::<IgnoredAny>()?;
        }
        Ok(())
    }
}

/// The code and the message of an error that a server answered with, as Microsoft's APIs, this
/// server and OAuth write them.
pub(crate) fn error_answer(text: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Answer {
        error: Told,
    }
    #[derive(Deserialize)]
    struct Told {
        #[serde(default)]
        code: Loose,
        #[serde(default)]
        message: Loose,
    }
    #[derive(Deserialize)]
    struct OfOAuth {
        error: Loose,
        #[serde(default)]
        error_description: Loose,
    }
    let words = match first::<Answer>(text) {
        Some(Answer { error }) => [error.code, error.message],
        None => {
            let answer = first::<OfOAuth>(text)?;
            [answer.error, answer.error_description]
        }
    };
    let words: Vec<&str> = words.iter().filter_map(Loose::some).collect();
    (!words.is_empty()).then(|| words.join(": "))
}

/// The first value of a text that may hold more.
fn first<'t, T: Deserialize<'t>>(text: &'t str) -> Option<T> {
    T::deserialize(&mut serde_json::Deserializer::from_str(text)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_object_tells() {
        for (text, kind_of) in [
            (
                r#"{"computerDnsName":"a","os":{"version":"1"}}"#,
                Kind::Native,
            ),
            (r#"{"os":{},"computerDnsName":"a"} {"broken"#, Kind::Native),
            (r#"{"jsonVersion":4,"serverName":"x"}"#, Kind::Vuls),
            (
                r#"[{"deviceId":"1","deviceName":"a","softwareName":"edge"}]"#,
                Kind::MdeSoftware,
            ),
            (
                r#"{"@odata.context":"c","value":[{"id":"1","computerDnsName":"a","osPlatform":"Windows10"}]}"#,
                Kind::MdeMachines,
            ),
            (
                r#"{"specVersion":"1.5","bomFormat":"CycloneDX"}"#,
                Kind::CycloneDx,
            ),
            (r#"[{"Source":"PC1","HotFixID":"KB5031354"}]"#, Kind::Rows),
            (r#"{"CsName":"PC1","OsVersion":"10.0.19045"}"#, Kind::Rows),
            (r#"{"@odata.context":"c","value":[]}"#, Kind::Empty),
            (r#"{"value":[{}]}"#, Kind::Empty),
            (r#"{"error":{"code":"Unauthorized"}}"#, Kind::ErrorAnswer),
            (
                r#"{"error":null,"computerDnsName":"a","installedKbs":[]}"#,
                Kind::Native,
            ),
            ("[]", Kind::Native),
            ("[1]", Kind::Native),
            ("{", Kind::Native),
        ] {
            assert_eq!(kind(text), kind_of, "{text}");
        }
    }
}
