//! Resource paths: case does not matter, the version may be left out, keys stand
//! in a segment of their own or in parentheses (api.md, sections 1.2 and 13).

/// A path below `/api`, in decoded segments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResourcePath {
    /// The segments, without `api` and the version.
    pub segments: Vec<Segment>,
}

/// A segment of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// The decoded text, without a key in parentheses.
    pub name: String,
    /// The key of `Software('x')`; empty for `GetMissingKbs()`.
    pub key: Option<String>,
}

/// A path that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the path has a bad escape or text that is not UTF-8 in `{0}`")]
pub struct PathError(String);

const NAMESPACE: &str = "microsoft.windowsdefenderatp.api.";

impl ResourcePath {
    /// Reads the path of a URL, `None` when it is not below `/api`.
    ///
    /// # Errors
    /// [`PathError`] for a bad escape.
    pub fn parse(path: &str) -> Result<Option<Self>, PathError> {
        let mut segments = path.strip_prefix('/').unwrap_or(path).split('/');
        if !segments
            .next()
            .is_some_and(|s| s.eq_ignore_ascii_case("api"))
        {
            return Ok(None);
        }
        let mut segments: Vec<&str> = segments.collect();
        // One trailing slash is the same path.
        if segments.last() == Some(&"") {
            segments.pop();
        }
        if segments
            .first()
            .is_some_and(|s| s.eq_ignore_ascii_case("v1.0"))
        {
            segments.remove(0);
        }
        let segments = segments
            .into_iter()
            .map(segment)
            .collect::<Result<_, _>>()?;
        Ok(Some(Self { segments }))
    }

    /// The names with keys in parentheses made segments of their own:
    /// `Software('x')/GetMissingKbs()` is `Software/x/GetMissingKbs`.
    #[must_use]
    pub fn flat(&self) -> Vec<&str> {
        let mut flat = Vec::with_capacity(self.segments.len() + 1);
        for segment in &self.segments {
            flat.push(segment.name.as_str());
            flat.extend(segment.key.as_deref().filter(|key| !key.is_empty()));
        }
        flat
    }
}

fn segment(raw: &str) -> Result<Segment, PathError> {
    let text = percent_decode(raw).ok_or_else(|| PathError(raw.chars().take(60).collect()))?;
    let (name, key) = match text.strip_suffix(')').and_then(|t| t.split_once('(')) {
        Some((name, "")) => (name.to_owned(), Some(String::new())),
        Some((name, key)) => match key.strip_prefix('\'').and_then(|k| k.strip_suffix('\'')) {
            Some(key) => (name.to_owned(), Some(key.replace("''", "'"))),
            // No key in quotes: the parentheses belong to the text.
            None => (text, None),
        },
        None => (text, None),
    };
    let name = match name.get(..NAMESPACE.len()) {
        Some(prefix) if prefix.eq_ignore_ascii_case(NAMESPACE) => {
            name[NAMESPACE.len()..].to_owned()
        }
        _ => name,
    };
    Ok(Segment { name, key })
}

/// Decodes `%xx`; `None` for a bad escape or text that is not UTF-8.
pub(crate) fn percent_decode(text: &str) -> Option<String> {
    if !text.contains('%') {
        return Some(text.to_owned());
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes().iter().copied();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let mut digit = || char::from(rest.next()?).to_digit(16);
        let (high, low) = (digit()?, digit()?);
        bytes.push(u8::try_from(high * 16 + low).ok()?);
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn flat(path: &str) -> Vec<String> {
        ResourcePath::parse(path)
            .unwrap()
            .unwrap()
            .flat()
            .into_iter()
            .map(str::to_owned)
            .collect()
    }

    #[test]
    fn versions_slashes_and_keys_in_either_form() {
        let expected = ["Software", "microsoft-_-edge", "getmissingkbs"];
        for path in [
            "/api/Software/microsoft-_-edge/getmissingkbs",
            "/API/V1.0/Software/microsoft-_-edge/getmissingkbs/",
            "/api/Software('microsoft-_-edge')/getmissingkbs()",
            "/api/Software(%27microsoft-_-edge%27)/microsoft.windowsDefenderATP.api.getmissingkbs",
            "/api/Software/microsoft%2D_-edge/getmissingkbs",
        ] {
            assert_eq!(flat(path), expected, "{path}");
        }
        assert_eq!(
            flat("/api/Software('o''neil-_-x')"),
            ["Software", "o'neil-_-x"]
        );
        assert_eq!(flat("/api/Software/a%2Fb/x"), ["Software", "a/b", "x"]);
        assert_eq!(flat("/api"), Vec::<String>::new());
    }

    #[test]
    fn bad_escapes_and_other_paths() {
        for path in ["/api/%", "/api/%4", "/api/%zz", "/api/%ff"] {
            assert!(ResourcePath::parse(path).is_err(), "{path}");
        }
        assert_eq!(ResourcePath::parse("/healthz"), Ok(None));
        assert_eq!(ResourcePath::parse("/apis/x"), Ok(None));
    }

    proptest! {
        #[test]
        fn nothing_panics(path in "\\PC{0,60}") {
            let _ = ResourcePath::parse(&path);
            let _ = ResourcePath::parse(&format!("/api/{path}"));
        }

        #[test]
        fn what_is_escaped_comes_back(text in "\\PC{1,20}") {
            let escaped: String = text.bytes().map(|b| format!("%{b:02X}")).collect();
            prop_assert_eq!(percent_decode(&escaped), Some(text));
        }
    }
}
