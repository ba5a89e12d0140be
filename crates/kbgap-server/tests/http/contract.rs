//! The contract of the API, endpoint by endpoint, as clients of the original service
//! know it. What is declared here is written from its documentation and not from the
//! server's own tables, so that a mistake in those is seen.

mod clients;
mod envelopes;
pub(crate) mod exports;
mod filters;
mod fixture;
mod hostile;
mod large;
mod machines;
mod odata;
mod paging;
mod permissions;
mod real_feed;
mod recommendations;
mod remediation_tasks;
mod scores;
mod software;
mod sql_server;
mod support;
mod table;
mod tags;
mod tenants;
mod types;
mod vulnerabilities;
