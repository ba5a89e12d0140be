//! Lists about CVEs of any vendor, which others publish: a file at a fixed address that is
//! another one every day or week.

use std::path::{Path, PathBuf};

use kbgap_feed::{epss, kev, source};

use crate::client::{Answer, Body, Client, VENDOR};
use crate::retry::{Gate, Retries, Stop, persistently};
use crate::{ClientError, ClientOptions, Failure, ListUrlError};

/// A list that is fetched beside the vendor's documents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum List {
    /// CISA's catalogue of known exploited vulnerabilities.
    KnownExploited,
    /// FIRST's scores of EPSS.
    Epss,
}

impl List {
    /// Where it is published.
    #[must_use]
    pub const fn publisher(self) -> &'static str {
        match self {
            Self::KnownExploited => {
                "https://www.cisa.gov/sites/default/files/feeds/known_exploited_vulnerabilities.json"
            }
            Self::Epss => "https://epss.empiricalsecurity.com/epss_scores-current.csv.gz",
        }
    }

    /// The name that messages and files have.
    const fn file_name(self) -> &'static str {
        match self {
            Self::KnownExploited => "known_exploited_vulnerabilities.json",
            Self::Epss => "epss_scores-current.csv.gz",
        }
    }
}

/// Which lists are fetched, and from where.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lists {
    /// The address of CISA's catalogue.
    pub known_exploited: Option<String>,
    /// The address of the scores of EPSS.
    pub epss: Option<String>,
}

impl Lists {
    /// Those that are named, and of the others what is published, where the months come from the
    /// vendor itself: whoever has a mirror may reach nothing else, and names what it has.
    #[must_use]
    pub fn beside(base: &str, named: Self) -> Self {
        let published = |list: List| is_at_vendor(base).then(|| list.publisher().to_owned());
        let or = |named: Option<String>, list| named.or_else(|| published(list));
        Self {
            known_exploited: or(named.known_exploited, List::KnownExploited),
            epss: or(named.epss, List::Epss),
        }
    }

    /// Each list with its address.
    pub fn iter(&self) -> impl Iterator<Item = (List, &str)> {
        let known_exploited = self.known_exploited.as_deref();
        let epss = self.epss.as_deref();
        let both = [(List::KnownExploited, known_exploited), (List::Epss, epss)];
        both.into_iter()
            .filter_map(|(list, url)| Some((list, url?)))
    }
}

fn is_at_vendor(base: &str) -> bool {
    let rest = base.get(..VENDOR.len()).zip(base.get(VENDOR.len()..));
    rest.is_some_and(|(start, rest)| {
        start.eq_ignore_ascii_case(VENDOR) && (rest.is_empty() || rest.starts_with('/'))
    })
}

/// Checks the address of a list.
///
/// # Errors
/// [`ListUrlError`].
pub fn list_url(text: &str) -> Result<String, ListUrlError> {
    match crate::client::is_web(text) {
        true => Ok(text.to_owned()),
        false => Err(ListUrlError),
    }
}

/// A list that came: the file, which is the receiver's from now on, and the server's name for it.
pub type FetchedList = (PathBuf, Option<String>);

/// Fetches a list into a folder; `None` where it is what the ETag names.
///
/// # Errors
/// [`Failure`], after all attempts.
pub fn fetch_list(
    client: &Client,
    (list, etag): (List, Option<&str>),
    folder: &Path,
    retries: Retries,
    stop: &Stop,
) -> Result<Option<FetchedList>, Failure> {
    persistently(retries, &Gate::default(), stop, || {
        let Body { bytes, etag } = match client.whole(etag)? {
            Answer::NotModified => return Ok(None),
            Answer::Body(body) => body,
        };
        // Whoever is given half of it shall ask again.
        let source = source::from_bytes(list.file_name(), &bytes);
        match list {
            List::KnownExploited => drop(kev::read(source)?),
            List::Epss => drop(epss::read(source)?),
        }
        let file = folder.join(list.file_name());
        std::fs::write(&file, &bytes)?;
        Ok(Some((file, etag)))
    })
}

/// A client for one list, reached as the vendor is.
///
/// # Errors
/// [`ClientError`].
pub fn list_client(url: &str, options: &ClientOptions) -> Result<Client, ClientError> {
    Client::new(&ClientOptions {
        base: url.to_owned(),
        ..options.clone()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_has_a_mirror_asks_nobody_else() {
        let vendor = ClientOptions::default().base;
        let named = Lists {
            known_exploited: None,
            epss: Some("https://mirror.example/epss.csv.gz".to_owned()),
        };
        let beside = Lists::beside(&vendor, named.clone());
        let kev = List::KnownExploited.publisher();
        assert_eq!(beside.known_exploited.as_deref(), Some(kev));
        assert_eq!(beside.epss, named.epss);
        for mirror in [
            "https://mirror.example/cvrf/v3.0",
            "https://api.msrc.microsoft.com.example/cvrf/v3.0",
        ] {
            assert_eq!(Lists::beside(mirror, named.clone()), named);
        }
        let shouted = Lists::beside("HTTPS://API.msrc.microsoft.com/cvrf/v3.0", named.clone());
        assert_eq!(shouted.known_exploited.as_deref(), Some(kev));
        let urls: Vec<&str> = named.iter().map(|(_, url)| url).collect();
        assert_eq!(urls, ["https://mirror.example/epss.csv.gz"]);
    }

    #[test]
    fn an_address_is_one_of_the_web() {
        for url in ["http://m/kev.json", "https://m.example/lists/epss?day=1"] {
            assert_eq!(list_url(url).unwrap(), url);
        }
        for url in ["", "m/kev.json", "file:///kev.json", "https://me:pw@m/kev"] {
            assert!(list_url(url).is_err(), "{url}");
        }
    }
}
