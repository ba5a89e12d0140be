//! HTTP: the API's routes, ingest, osquery, tokens and health; and the feed's way through
//! the store into the catalogue.
//!
//! - [`router`](mod@router) is the whole surface at a glance.
//! - [`Server`] runs it; [`Config`] says how.
//! - [`feed`] imports documents and loads the catalogue, also without a server.

mod apart;
mod api;
mod call;
mod clock;
mod config;
mod connections;
mod discovery;
mod documents;
mod exports;
pub mod feed;
mod history;
mod http;
mod ingest;
mod list;
mod metrics;
mod oauth;
mod openapi;
mod osquery;
mod pages;
mod prepared;
mod records;
mod route;
mod router;
mod schedule;
mod server;
mod state;
mod tenants;
mod tls;

pub use clock::Clock;
pub use config::{Config, ConfigError, FeedSync, MetricsListener, Rate, RateLimits, TlsFiles};
pub use ingest::new_machine;
pub use oauth::signing_key;
pub use server::{Server, ServerError};
pub use tenants::{Tenants, decode_machine};
pub use tls::TlsError;
