//! A remediation of a CSAF document, and the small languages in its fields.

use kbgap_catalog::versions_in;

use crate::Reason;
use crate::json::Json;
use crate::parts::Remediation;

/// A remediation; one that is no fix of the vendor says nothing to the rules.
#[derive(Default)]
pub(super) struct Fix {
    pub(super) is_vendor_fix: bool,
    details: String,
    url: String,
    pub(super) product_ids: Vec<String>,
}

impl Fix {
    pub(super) fn read(json: &mut Json<'_>) -> Result<Self, Reason> {
        let mut fix = Self::default();
        json.members(|json, name| {
            match name {
                "category" => fix.is_vendor_fix = json.text()? == "vendor_fix",
                "details" => fix.details = json.text()?,
                "url" => fix.url = json.text()?,
                "product_ids" => json.items(|json| {
                    fix.product_ids.push(json.text()?);
                    Ok(())
                })?,
                _ => json.skip()?,
            }
            Ok(())
        })?;
        Ok(fix)
    }

    /// `10.0.17763.7009:Security Update:https://support.microsoft.com/help/5053596`: build,
    /// kind and page, of which any may be absent.
    pub(super) fn remediation(self) -> Remediation {
        let (words, page) = match self.details.find("http") {
            Some(at) => self.details.split_at(at),
            None => (self.details.as_str(), ""),
        };
        let mut words = words.split(':').map(str::trim).filter(|w| !w.is_empty());
        let mut build = words.next().unwrap_or_default();
        let mut subtype = words.next().unwrap_or_default();
        if subtype.is_empty() && versions_in(build).next().is_none() {
            (build, subtype) = (subtype, build);
        }
        let page = if self.url.is_empty() { page } else { &self.url };
        Remediation {
            description: kb_in(page).unwrap_or_default().to_owned(),
            subtype: subtype.to_owned(),
            fixed_build: build.to_owned(),
            supersedence: String::new(),
            product_ids: self.product_ids,
        }
    }
}

/// The number of the KB that a page is about, such as `…/help/5053596` or `…?q=KB5053596`.
fn kb_in(page: &str) -> Option<&str> {
    let lower = page.to_ascii_lowercase();
    let after = ["q=kb", "/help/", "/kb/", "/kb"]
        .into_iter()
        .find_map(|mark| Some(lower.find(mark)? + mark.len()))?;
    let digits = page.get(after..)?;
    let length = digits.bytes().take_while(u8::is_ascii_digit).count();
    (6..=8).contains(&length).then(|| &digits[..length])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_kbs_in_pages() {
        for (page, kb) in [
            (
                "https://support.microsoft.com/help/5053596",
                Some("5053596"),
            ),
            (
                "https://catalog.update.microsoft.com/v7/site/Search.aspx?q=KB5053596",
                Some("5053596"),
            ),
            ("https://support.microsoft.com/kb/5053596", Some("5053596")),
            (
                "https://support.microsoft.com/en-us/topic/kb5053596-x",
                Some("5053596"),
            ),
            (
                "https://docs.microsoft.com/en-us/DeployEdge/microsoft-edge-relnotes-security",
                None,
            ),
            ("https://support.microsoft.com/help/505359612", None),
            ("", None),
        ] {
            assert_eq!(kb_in(page), kb, "{page}");
        }
    }

    #[test]
    fn details_in_their_spellings() {
        let read = |details: &str| {
            let fix = Fix {
                details: details.to_owned(),
                ..Fix::default()
            };
            let it = fix.remediation();
            (it.fixed_build, it.subtype, it.description)
        };
        let page = "https://support.microsoft.com/help/5053596";
        let told = |build: &str, subtype: &str, kb: &str| {
            (build.to_owned(), subtype.to_owned(), kb.to_owned())
        };
        for (details, expected) in [
            (
                format!("10.0.17763.7009:Security Update:{page}"),
                told("10.0.17763.7009", "Security Update", "5053596"),
            ),
            (
                format!("Security Update:{page}"),
                told("", "Security Update", "5053596"),
            ),
            (page.to_owned(), told("", "", "5053596")),
            (
                "3.3.5-2:Security Update:".to_owned(),
                told("3.3.5-2", "Security Update", ""),
            ),
            (String::new(), told("", "", "")),
        ] {
            assert_eq!(read(&details), expected, "{details}");
        }
    }
}
