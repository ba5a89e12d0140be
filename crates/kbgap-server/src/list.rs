//! Lists in their envelopes: options in, pages out, written while they are sent.

use std::sync::Arc;

use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, HeaderValue};
use axum::http::{Response, StatusCode};
use kbgap_odata::edm::{Property, Record, StructuredType};
use kbgap_odata::{
    Allowed, Expansion, Listing, Page, QueryOptions, Row, SystemOption, Value, annotations,
    next_link,
};
use serde_json::to_writer;

use crate::call::Call;
use crate::http::{Failure, json_body, streamed};
use crate::route::Answered;

/// What a list takes.
pub(crate) const ALLOWED: Allowed = &[
    SystemOption::Top,
    SystemOption::Skip,
    SystemOption::Count,
    SystemOption::Filter,
    SystemOption::OrderBy,
    SystemOption::Select,
    SystemOption::Expand,
    SystemOption::SkipToken,
];

/// What one record takes.
pub(crate) const ONE: Allowed = &[SystemOption::Select, SystemOption::Expand];

/// The most records of a page of `/Software`, `/machines`, `/recommendations`,
/// `/remediationTasks` and `/vulnerabilities/machinesVulnerabilities` (api.md, section 1.5).
pub(crate) const PAGE: usize = 10_000;
/// The same of `/vulnerabilities`.
pub(crate) const VULNERABILITY_PAGE: usize = 8_000;
/// Lists below one resource come whole: no pages are documented for them, so a client
/// that knows of none must not lose the rest.
pub(crate) const WHOLE: usize = usize::MAX;

/// How an expansion of a record is made.
pub(crate) type Expand<R> = fn(&R, &Expansion) -> Value<'static>;

/// The options of a list of one type.
pub(crate) fn listing(
    call: &Call,
    of: &'static StructuredType,
    page: usize,
) -> Result<Listing, Failure> {
    let options = QueryOptions::parse(call.query(), ALLOWED)?;
    let mut listing = Listing::new(&options, of, page)?;
    if let Some(size) = call.state.config.list_page.filter(|_| page != WHOLE) {
        listing = listing.in_pages_of(size.get());
    }
    Ok(if call.count_only {
        listing.counting()
    } else {
        listing
    })
}

/// The annotation that says why a machine could not be assessed: an empty list alone
/// would read as clean.
pub(crate) const NOT_ASSESSED: &str = "@kbgap.notAssessed";

/// The answer of a list; `None` for what expands its records where its type leads nowhere.
pub(crate) fn answer<R: Record + Send + 'static>(
    call: &Call,
    listing: Listing,
    fragment: &str,
    page: Page<R>,
    expand: Option<Expand<R>>,
) -> Answered {
    annotated(call, listing, fragment, page, expand, None)
}

/// The same, of a machine that may not have been assessed.
pub(crate) fn annotated<R: Record + Send + 'static>(
    call: &Call,
    listing: Listing,
    fragment: &str,
    page: Page<R>,
    expand: Option<Expand<R>>,
    not_assessed: Option<String>,
) -> Answered {
    if call.count_only {
        return Ok(count(page.count.unwrap_or_default()));
    }
    let mut head = b"{\"@odata.context\":".to_vec();
    let context = call.context(fragment);
    to_writer(&mut head, context.as_str()).map_err(Failure::internal)?;
    if let Some(count) = page.count {
        head.extend_from_slice(format!(",\"@odata.count\":{count}").as_bytes());
    }
    if let Some(reason) = not_assessed {
        head.extend_from_slice(format!(",\"{NOT_ASSESSED}\":").as_bytes());
        to_writer(&mut head, &reason).map_err(Failure::internal)?;
    }
    head.extend_from_slice(b",\"value\":[");
    let mut tail = b"]".to_vec();
    if let Some(token) = page.next {
        let path = call.parts.uri.path();
        let link = next_link(&call.base_url(), path, call.query(), &token);
        tail.extend_from_slice(b",\"@odata.nextLink\":");
        to_writer(&mut tail, &link).map_err(Failure::internal)?;
    }
    tail.push(b'}');
    let write = RowWriter {
        properties: listing.properties,
        annotations: listing.annotations,
        expansions: listing.expansions,
        expand,
    };
    Ok(rows_between(head, page.records, write, tail))
}

/// An answer whose rows are written while it is sent.
pub(crate) fn rows_between<R: Record + Send + 'static>(
    head: Vec<u8>,
    records: Vec<R>,
    write: RowWriter<R>,
    tail: Vec<u8>,
) -> Response<Body> {
    let rows = records.into_iter().enumerate();
    let rows = rows.map(move |(position, record)| Part::Row(position, record));
    let parts = std::iter::once(Part::Bytes(head))
        .chain(rows)
        .chain(std::iter::once(Part::Bytes(tail)));
    let write = Arc::new(write);
    let parts = parts.map(move |part| {
        let write = Arc::clone(&write);
        move |chunk: &mut Vec<u8>| write.write(part, chunk)
    });
    json_body(StatusCode::OK, streamed(parts))
}

/// The answer for one record, its fields beside the context; `hidden` are shown only
/// where `$select` names them.
pub(crate) fn one(
    call: &Call,
    of: &'static StructuredType,
    fragment: &str,
    record: &dyn Record,
    hidden: &[&str],
    expand: impl Fn(&Expansion) -> Value<'static>,
) -> Answered {
    one_annotated(call, (of, fragment), record, hidden, expand, None)
}

/// The same, with an annotation of ours at its end.
pub(crate) fn one_annotated(
    call: &Call,
    (of, fragment): (&'static StructuredType, &str),
    record: &dyn Record,
    hidden: &[&str],
    expand: impl Fn(&Expansion) -> Value<'static>,
    annotation: Option<(&'static str, Value<'static>)>,
) -> Answered {
    let options = QueryOptions::parse(call.query(), ONE)?;
    let mut listing = Listing::new(&options, of, 1)?;
    if !listing.selected {
        listing.properties.retain(|p| !hidden.contains(&p.name));
    }
    let mut more = expanded(record, &listing.expansions, expand);
    // Whoever selects gets that and no more.
    if !listing.selected {
        more.extend(annotation);
    }
    more.extend(annotations(record, &listing.annotations));
    let row = Row {
        record,
        properties: &listing.properties,
        expanded: more,
    };
    let entity = kbgap_odata::Entity {
        context: call.context(fragment),
        row,
    };
    let body = serde_json::to_vec(&entity).map_err(Failure::internal)?;
    Ok(json_body(StatusCode::OK, Body::from(body)))
}

enum Part<R> {
    Bytes(Vec<u8>),
    Row(usize, R),
}

/// What is written of each record.
pub(crate) struct RowWriter<R> {
    properties: Vec<&'static Property>,
    annotations: Vec<&'static Property>,
    expansions: Vec<Expansion>,
    expand: Option<Expand<R>>,
}

impl<R> RowWriter<R> {
    /// What is shown of a type where nobody chooses.
    pub(crate) fn shown(of: &'static StructuredType) -> Self {
        Self {
            properties: of.shown(),
            annotations: of.annotations.iter().collect(),
            expansions: Vec::new(),
            expand: None,
        }
    }
}

impl<R: Record> RowWriter<R> {
    fn write(&self, part: Part<R>, chunk: &mut Vec<u8>) {
        match part {
            Part::Bytes(bytes) => chunk.extend_from_slice(&bytes),
            Part::Row(position, record) => {
                if position > 0 {
                    chunk.push(b',');
                }
                self.write_row(&record, chunk);
            }
        }
    }

    /// Appends a row.
    pub(crate) fn write_row(&self, record: &R, chunk: &mut Vec<u8>) {
        let mut expanded = self.expand.map_or_else(Vec::new, |expand| {
            expanded(record, &self.expansions, |e| expand(record, e))
        });
        expanded.extend(annotations(record, &self.annotations));
        let row = Row {
            record,
            properties: &self.properties,
            expanded,
        };
        write_row(&row, chunk);
    }
}

/// Appends a row. Writing to memory cannot fail, and rows hold nothing that JSON cannot.
pub(crate) fn write_row(row: &Row<'_>, to: &mut Vec<u8>) {
    if let Err(error) = to_writer(to, row) {
        tracing::error!(%error, "a row could not be written");
    }
}

/// What a record is expanded by, each list after the annotation that says why it is
/// empty where nothing is known.
fn expanded<'a>(
    record: &dyn Record,
    expansions: &[Expansion],
    expand: impl Fn(&Expansion) -> Value<'a>,
) -> Vec<(&'static str, Value<'a>)> {
    let mut expanded = Vec::with_capacity(expansions.len());
    let unknown = record.unknown().filter(|_| !expansions.is_empty());
    for expansion in expansions {
        let name = expansion.navigation.name;
        let annotation = match name {
            "vulnerabilities" => "vulnerabilities@kbgap.notAssessed",
            "recommendations" => "recommendations@kbgap.notAssessed",
            _ => "software@kbgap.notAssessed",
        };
        if let Some(reason) = &unknown {
            expanded.push((annotation, Value::owned(reason.clone())));
        }
        expanded.push((name, expand(expansion)));
    }
    expanded
}

fn count(count: usize) -> Response<Body> {
    let mut response = Response::new(Body::from(count.to_string()));
    response.headers_mut().insert(
        CONTENT_TYPE,
        HeaderValue::from_static("text/plain; charset=utf-8"),
    );
    response
}
