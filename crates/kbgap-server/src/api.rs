//! The API's resources. Modules mirror the URLs.

pub(crate) mod exports;
pub(crate) mod machines;
mod missing_kbs;
mod parts;
pub(crate) mod recommendations;
pub(crate) mod remediation_tasks;
mod routes;
pub(crate) mod scores;
pub(crate) mod software;
pub(crate) mod vulnerabilities;

pub(crate) use routes::routes;
