//! What a document is, by its beginning: neither its name nor its ending is trusted.

use memchr::memmem::find;

/// The forms of documents. What is none of them is taken for XML, whose reader says
/// what it is instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// A month as XML.
    Xml,
    /// A month as JSON.
    Json,
    /// The list of months that the vendor's API answers at `/updates`.
    UpdateIndex,
    /// An advisory or VEX document of one CVE.
    Csaf,
    /// Known exploited vulnerabilities as JSON.
    KevJson,
    /// The same as CSV.
    KevCsv,
    /// Scores of EPSS, which are CSV.
    Epss,
}

impl Form {
    pub(crate) fn of(head: &[u8]) -> Self {
        let text = head.trim_ascii_start();
        match text.first() {
            Some(b'{' | b'[') => Self::of_json(text),
            Some(b'<') => Self::Xml,
            _ => Self::of_text(text),
        }
    }

    /// Members may come in any order: the first that only one form has decides.
    fn of_json(text: &[u8]) -> Self {
        let marks: [(&[u8], Self); 9] = [
            (b"$metadata#Updates", Self::UpdateIndex),
            (b"\"DocumentTitle\"", Self::Json),
            (b"\"DocumentTracking\"", Self::Json),
            (b"\"ProductTree\"", Self::Json),
            (b"\"csaf_version\"", Self::Csaf),
            (b"\"product_tree\"", Self::Csaf),
            (b"\"catalogVersion\"", Self::KevJson),
            (b"\"dateReleased\"", Self::KevJson),
            (b"\"cveID\"", Self::KevJson),
        ];
        let found = marks
            .into_iter()
            .filter_map(|(mark, form)| Some((find(text, mark)?, form)));
        found
            .min_by_key(|(at, _)| *at)
            .map_or(Self::Json, |(_, form)| form)
    }

    fn of_text(text: &[u8]) -> Self {
        let begins = |line: &[u8], word: &str| {
            let start = line.get(..word.len());
            start.is_some_and(|start| start.eq_ignore_ascii_case(word.as_bytes()))
        };
        if begins(text, "#model_version") {
            return Self::Epss;
        }
        let line = text.strip_prefix(b"\"").unwrap_or(text);
        let is_column = |word: &str| {
            let after = line.get(word.len());
            begins(line, word) && matches!(after, Some(b',' | b'"'))
        };
        if is_column("cveID") {
            Self::KevCsv
        } else if is_column("cve") {
            Self::Epss
        } else {
            Self::Xml
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_known_by_their_beginning() {
        for (text, form) in [
            ("\n <a/>", Form::Xml),
            ("", Form::Xml),
            ("words", Form::Xml),
            (r#"{"value":[]}"#, Form::Json),
            (
                r#"{"DocumentTitle":{"Value":"about \"cveID\""}}"#,
                Form::Json,
            ),
            (
                r#"{"@odata.context":"x/$metadata#Updates"}"#,
                Form::UpdateIndex,
            ),
            (r#"{"title":"x","catalogVersion":"1"}"#, Form::KevJson),
            (
                r#"{"vulnerabilities":[{"cveID":"CVE-2020-0001"}]}"#,
                Form::KevJson,
            ),
            (r#"{"document":{"csaf_version":"2.0"}}"#, Form::Csaf),
            ("cveID,vendorProject\n", Form::KevCsv),
            ("\"cveID\",\"vendorProject\"\n", Form::KevCsv),
            ("#model_version:v1,score_date:x\ncve,epss\n", Form::Epss),
            ("cve,epss\n", Form::Epss),
            ("cvet,epss\n", Form::Xml),
        ] {
            assert_eq!(Form::of(text.as_bytes()), form, "{text}");
        }
    }
}
