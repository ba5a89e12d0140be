//! Routes of the API: finding the one for a path.
//!
//! Paths are matched by hand, because their case does not matter, a version may stand
//! before them and keys come in two forms (api.md, section 13). Where a path fits
//! several routes, the one with more literal segments is meant: `machines/findbytag`
//! is no machine of that name (api.md, section 1.4).

use std::future::Future;
use std::pin::Pin;

use axum::body::Body;
use axum::http::{Method, Response};
use kbgap_auth::Permission;
use kbgap_odata::Allowed;
use kbgap_odata::edm::StructuredType;

use crate::call::Call;
use crate::http::{Class, Failure};

pub(crate) type Answered = Result<Response<Body>, Failure>;
pub(crate) type Answering<'a> = Pin<Box<dyn Future<Output = Answered> + Send + 'a>>;

/// A route of the API, with all that its document says of it.
pub(crate) struct Route {
    pub(crate) method: Method,
    /// The path below `/api`; `{…}` is a key, `name(…)` takes parameters in parentheses.
    pub(crate) path: &'static str,
    pub(crate) permission: Permission,
    /// Among which calls it is counted (api.md, section 1.5).
    pub(crate) class: Class,
    pub(crate) answer: Answer,
    pub(crate) returns: Returns,
    /// One line for people.
    pub(crate) about: &'static str,
    /// Query options of its own, or what stands in the parentheses of its path, with
    /// what they are.
    pub(crate) parameters: &'static [(&'static str, &'static str)],
    /// The system query options that it takes.
    pub(crate) options: Allowed,
    /// The most records of a page of a list.
    pub(crate) page: usize,
    /// The type of its body, with an example.
    pub(crate) body: Option<(&'static StructuredType, &'static str)>,
    /// Whether it makes something: 201 instead of 200.
    pub(crate) creates: bool,
}

impl Route {
    /// The same, with these system query options instead of those of what it returns.
    pub(crate) const fn taking(mut self, options: Allowed) -> Self {
        self.options = options;
        self
    }

    /// The same list, in pages of so many records.
    pub(crate) const fn paged(mut self, page: usize) -> Self {
        self.page = page;
        self
    }

    /// The same, with a body; the example is part of the API's document.
    pub(crate) const fn reading(
        mut self,
        body: &'static StructuredType,
        example: &'static str,
    ) -> Self {
        self.body = Some((body, example));
        self
    }

    /// The same, for something that is made.
    pub(crate) const fn creating(mut self) -> Self {
        self.creates = true;
        self
    }

    /// The same, with query options of its own.
    pub(crate) const fn with(
        mut self,
        parameters: &'static [(&'static str, &'static str)],
    ) -> Self {
        self.parameters = parameters;
        self
    }
}

/// How a route is answered.
#[derive(Clone, Copy)]
pub(crate) enum Answer {
    /// With what was prepared, where it still holds, else by computing.
    Prepared(fn(&Call) -> Answered),
    /// By computing, on a thread for such work.
    Computed(fn(&Call) -> Answered),
    /// With the store.
    Stored(for<'a> fn(&'a Call) -> Answering<'a>),
    /// Never: there is no data for it, and an empty answer would read as clean.
    NoData(&'static str),
}

/// What a route returns.
#[derive(Clone, Copy)]
pub(crate) enum Returns {
    One(&'static StructuredType),
    /// A list in its envelope, with the query options of lists.
    List(&'static StructuredType),
    /// A list in its envelope that takes options of its own alone.
    Rows(&'static StructuredType),
}

/// The routes that fit a path best, with the keys of the path.
pub(crate) struct Found<'r> {
    pub(crate) routes: Vec<&'r Route>,
    pub(crate) keys: Vec<String>,
}

impl Found<'_> {
    /// The methods that the path takes, for `Allow`.
    pub(crate) fn allow(&self) -> String {
        let mut methods: Vec<&str> = Vec::new();
        for route in &self.routes {
            methods.push(route.method.as_str());
            if route.method == Method::GET {
                methods.push("HEAD");
            }
        }
        methods.join(", ")
    }
}

/// The routes for a path in decoded segments.
pub(crate) fn find<'r>(routes: &'r [Route], path: &[&str]) -> Option<Found<'r>> {
    let mut best: Option<(usize, Found<'r>)> = None;
    for route in routes {
        let Some((literals, keys)) = matches(route.path, path) else {
            continue;
        };
        match &mut best {
            Some((most, found)) if *most == literals => found.routes.push(route),
            Some((most, _)) if *most > literals => {}
            _ => {
                let routes = vec![route];
                best = Some((literals, Found { routes, keys }));
            }
        }
    }
    best.map(|(_, found)| found)
}

/// How many segments of a path are literally those of the route, and its keys.
fn matches(route: &str, path: &[&str]) -> Option<(usize, Vec<String>)> {
    let mut segments = path.iter();
    let (mut literals, mut keys) = (0, Vec::new());
    for expected in route.split('/') {
        let segment = segments.next()?;
        if expected.starts_with('{') {
            keys.push((*segment).to_owned());
        } else if let Some(name) = expected.strip_suffix("(…)") {
            let (found, parameters) = segment.strip_suffix(')')?.split_once('(')?;
            if !found.eq_ignore_ascii_case(name) {
                return None;
            }
            literals += 1;
            keys.push(parameters.to_owned());
        } else if segment.eq_ignore_ascii_case(expected) {
            literals += 1;
        } else {
            return None;
        }
    }
    segments.next().is_none().then_some((literals, keys))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_taken_and_literals_compared_in_any_case() {
        for (route, path, expected) in [
            ("machines", &["Machines"][..], Some((1, vec![]))),
            ("machines/{id}", &["machines", "PC"], Some((1, vec!["PC"]))),
            (
                "machines/findbytag",
                &["MACHINES", "FindByTag"],
                Some((2, vec![])),
            ),
            (
                "machines/findbyip(…)",
                &["machines", "FindByIp(ip='1',timestamp=2)"],
                Some((2, vec!["ip='1',timestamp=2"])),
            ),
            ("machines/findbyip(…)", &["machines", "findbyip"], None),
            ("machines/{id}", &["machines"], None),
            ("machines/{id}", &["machines", "a", "b"], None),
        ] {
            let expected: Option<(usize, Vec<String>)> =
                expected.map(|(n, keys)| (n, keys.into_iter().map(str::to_owned).collect()));
            assert_eq!(matches(route, path), expected, "{route} {path:?}");
        }
    }
}
