//! What a request wants of a list: which records, in which order, how many, and
//! which of their properties.
//!
//! Without `$top` a list is given in pages: each names the next by a `$skiptoken` that
//! holds the key of its last record. With `$top` there is no next page (api.md, section 13).

mod names;

use std::cmp::Ordering;

use names::{OrderPath, Selection, expand, order, select};

use crate::edm::{EdmType, Navigation, Property, Record, StructuredType};
use crate::query::{bad, malformed};
use crate::token::SkipToken;
use crate::{ApiError, Filter, QueryOptions, SystemOption, Time, Value};

/// The options of a request for a list of one type.
#[derive(Debug)]
pub struct Listing {
    /// Only those that pass.
    pub filter: Option<Filter>,
    /// The properties to be written.
    pub properties: Vec<&'static Property>,
    /// The annotations to be written where they are not null.
    pub annotations: Vec<&'static Property>,
    /// Whether `$select` chose both.
    pub selected: bool,
    /// Related entities to be written with each.
    pub expansions: Vec<Expansion>,
    order: Vec<(OrderPath, Direction)>,
    skip: usize,
    top: Option<usize>,
    count: bool,
    after: Option<SkipToken>,
    page: usize,
    key: &'static str,
}

/// Upwards or downwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// The least first.
    Ascending,
    /// The greatest first.
    Descending,
}

/// A navigation property that is to be written, with the properties of its target.
#[derive(Debug)]
pub struct Expansion {
    /// Where it leads.
    pub navigation: &'static Navigation,
    /// The properties of the target to be written.
    pub properties: Vec<&'static Property>,
    /// Its annotations to be written where they are not null.
    pub annotations: Vec<&'static Property>,
}

/// A page of a list.
#[derive(Debug)]
pub struct Page<R> {
    /// The records.
    pub records: Vec<R>,
    /// How many pass the filter, where it was asked.
    pub count: Option<usize>,
    /// The `$skiptoken` of the next page, where there is one.
    pub next: Option<String>,
}

/// Records that may wait before they are sorted, where less are wanted.
const CROWD: usize = 1_000;

impl Listing {
    /// What the options mean for records of this type, of which a page has at most
    /// `page`. Records have to come in ascending order of the text property `id`.
    ///
    /// # Errors
    /// [`ErrorCode::OdataError`](crate::ErrorCode::OdataError), naming the option.
    pub fn new(
        options: &QueryOptions,
        of: &'static StructuredType,
        page: usize,
    ) -> Result<Self, ApiError> {
        if let Some(top) = options.top.filter(|&top| top > page) {
            return Err(bad(&format!(
                "The limit of '{page}' for $top has been exceeded. The value from the incoming request is '{top}'."
            )));
        }
        let filter = options.filter.as_deref().map(|f| Filter::parse(f, of));
        let select = options.select.as_deref().map(|s| select(s, of));
        let order = options.order_by.as_deref().map(|o| order(o, of));
        let expand = options.expand.as_deref().map(|e| expand(e, of));
        let after = options.skip_token.as_deref().map(|token| {
            SkipToken::read(token)
                .ok_or_else(|| malformed(SystemOption::SkipToken, token, "one of this server"))
        });
        let order = order.transpose()?.unwrap_or_default();
        let after = after.transpose()?;
        if after.as_ref().is_some_and(|a| a.order.len() != order.len()) {
            return Err(bad(
                "The query option '$skiptoken' belongs to another '$orderby'.",
            ));
        }
        let selected = options.select.is_some();
        let selection = select.transpose()?;
        let selection = selection.unwrap_or_else(|| Selection::shown(of));
        Ok(Self {
            filter: filter.transpose()?,
            properties: selection.properties,
            annotations: selection.annotations,
            selected,
            expansions: expand.transpose()?.unwrap_or_default(),
            order,
            skip: options.skip.unwrap_or(0),
            top: options.top,
            count: options.count,
            after,
            page,
            key: "id",
        })
    }

    /// The same, for the number of all records alone.
    #[must_use]
    pub fn counting(self) -> Self {
        Self {
            count: true,
            top: Some(0),
            skip: 0,
            after: None,
            order: Vec::new(),
            ..self
        }
    }

    /// The same in smaller pages. What `$top` may ask for stays.
    #[must_use]
    pub fn in_pages_of(self, size: usize) -> Self {
        Self {
            page: self.page.min(size),
            ..self
        }
    }

    /// The same for records whose key is another text property than `id`.
    #[must_use]
    pub fn keyed_by(self, key: &'static str) -> Self {
        Self { key, ..self }
    }

    /// Whether the next `n` records are skipped whatever they are, because neither
    /// filter, order, count nor the place of a page before ask to look at them. They
    /// then count as skipped and must not be given to [`Listing::page`].
    pub fn skip_unseen(&mut self, n: usize) -> bool {
        let blind = self.filter.is_none()
            && self.order.is_empty()
            && !self.count
            && self.after.is_none()
            && n <= self.skip;
        if blind {
            self.skip -= n;
        }
        blind
    }

    /// The key after which the page begins, where only the key decides: an index
    /// can begin there.
    #[must_use]
    pub fn begins_after(&self) -> Option<&str> {
        let after = self.after.as_ref()?;
        (self.order.is_empty() && !self.count).then_some(after.key.as_str())
    }

    /// The page of these records, which come in ascending order of their `id`.
    pub fn page<R: Record>(&self, records: impl Iterator<Item = R>) -> Page<R> {
        let records = records.filter(|r| self.filter.as_ref().is_none_or(|f| f.matches(r)));
        if self.order.is_empty() {
            self.in_order_of_keys(records)
        } else {
            self.sorted(records)
        }
    }

    fn in_order_of_keys<R: Record>(&self, records: impl Iterator<Item = R>) -> Page<R> {
        let after = self.after.as_ref().map(|after| after.key.as_str());
        let mut found: Vec<R> = Vec::new();
        let (mut passed, mut count) = (0_usize, 0_usize);
        let mut more = false;
        for record in records {
            count += 1;
            if after.is_some_and(|after| key_of(&record, self.key).as_str() <= after) {
                continue;
            }
            passed += 1;
            if passed <= self.skip {
                continue;
            }
            if found.len() < self.limit() {
                found.push(record);
                continue;
            }
            more = true;
            if !self.count {
                break;
            }
        }
        self.finish(found, count, more)
    }

    /// Only the first records in the order are kept, however many there are.
    fn sorted<R: Record>(&self, records: impl Iterator<Item = R>) -> Page<R> {
        // One more than the page tells whether there is another.
        let wanted = self.skip.saturating_add(self.limit()).saturating_add(1);
        let crowded = wanted.max(CROWD).saturating_mul(2);
        let after = self
            .after
            .as_ref()
            .map(|after| (self.values_of(after), after.key.as_str()));
        let follows = |values: &[Value<'static>], record: &R| {
            after
                .as_ref()
                .is_none_or(|(last, key)| match self.compare(values, last) {
                    Ordering::Less => false,
                    Ordering::Greater => true,
                    Ordering::Equal => key_of(record, self.key).as_str() > *key,
                })
        };
        let mut count = 0_usize;
        let mut first: Vec<(Vec<Value<'static>>, R)> = Vec::new();
        // Stable: records with equal values stay in the order of their keys.
        let keep_first = |first: &mut Vec<(Vec<Value<'static>>, R)>| {
            first.sort_by(|(a, _), (b, _)| self.compare(a, b));
            first.truncate(wanted);
        };
        for record in records {
            count += 1;
            let values = self.order_values(&record);
            if follows(&values, &record) {
                first.push((values, record));
            }
            if first.len() > crowded {
                keep_first(&mut first);
            }
        }
        keep_first(&mut first);
        let more = first.len() == wanted;
        let found = first.into_iter().map(|(_, record)| record);
        let found = found.skip(self.skip).take(self.limit()).collect();
        self.finish(found, count, more)
    }

    fn limit(&self) -> usize {
        self.top.unwrap_or(self.page)
    }

    fn finish<R: Record>(&self, records: Vec<R>, count: usize, more: bool) -> Page<R> {
        let next = records.last().filter(|_| more && self.top.is_none());
        let next = next.map(|last| {
            let order = self.order_values(last);
            let token = SkipToken {
                key: key_of(last, self.key),
                order: order
                    .iter()
                    .map(|v| serde_json::to_value(v).unwrap_or_default())
                    .collect(),
            };
            token.write()
        });
        Page {
            records,
            count: self.count.then_some(count),
            next,
        }
    }

    /// The values of `$orderby` that the last record of the page before had.
    fn values_of(&self, after: &SkipToken) -> Vec<Value<'static>> {
        let values = after.order.iter().zip(&self.order);
        values
            .map(|(value, (path, _))| from_json(value, path.last().kind))
            .collect()
    }

    fn order_values(&self, record: &dyn Record) -> Vec<Value<'static>> {
        self.order
            .iter()
            .map(|(path, _)| {
                let value = path.value(record);
                match path.last().kind {
                    EdmType::Enum(of) => of.rank(&value),
                    _ => value.into_owned(),
                }
            })
            .collect()
    }

    fn compare(&self, a: &[Value<'_>], b: &[Value<'_>]) -> Ordering {
        for ((a, b), (_, direction)) in a.iter().zip(b).zip(&self.order) {
            let order = a.order(b).unwrap_or(Ordering::Equal);
            let order = match direction {
                Direction::Ascending => order,
                Direction::Descending => order.reverse(),
            };
            if order != Ordering::Equal {
                return order;
            }
        }
        Ordering::Equal
    }
}

fn key_of(record: &dyn Record, key: &'static str) -> String {
    match record.get(key) {
        Value::Text(text) => text.into_owned(),
        _ => String::new(),
    }
}

fn from_json(json: &serde_json::Value, kind: EdmType) -> Value<'static> {
    match (json, kind) {
        (serde_json::Value::Bool(b), _) => Value::Bool(*b),
        (serde_json::Value::Number(n), _) => match n.as_i64() {
            Some(whole) => Value::Int(whole),
            None => Value::Double(n.as_f64().unwrap_or_default()),
        },
        (serde_json::Value::String(text), EdmType::DateTimeOffset) => {
            Time::parse(text).map_or(Value::Null, Value::Time)
        }
        (serde_json::Value::String(text), _) => Value::owned(text.clone()),
        _ => Value::Null,
    }
}

#[cfg(test)]
mod tests;
