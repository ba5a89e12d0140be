//! What all requests share.

use std::path::PathBuf;
use std::sync::Arc;

use kbgap_auth::{Issuer, TokenCache};
use kbgap_store::Store;
use tokio::sync::{Mutex, OnceCell, Semaphore};

use crate::clock::Clock;
use crate::config::Config;
use crate::exports::Exports;
use crate::history::History;
use crate::http::Limits;
use crate::ingest::Turns;
use crate::metrics::Metrics;
use crate::osquery::Asked;
use crate::prepared::Prepared;
use crate::tenants::{Intake, Tenants};

pub(crate) struct AppState {
    pub(crate) config: Config,
    pub(crate) clock: Clock,
    pub(crate) data_dir: PathBuf,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) tenants: Arc<Tenants>,
    pub(crate) intake: Intake,
    pub(crate) history: Arc<History>,
    pub(crate) tokens: TokenCache,
    pub(crate) exports: Exports,
    pub(crate) prepared: Prepared,
    /// Exports that may be downloaded at a time.
    pub(crate) downloads: Arc<Semaphore>,
    /// Pages of exports that may be made at a time.
    pub(crate) pages: Semaphore,
    pub(crate) limits: Limits,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) issuer: OnceCell<Issuer>,
    /// Lets in those who read a body of reports.
    pub(crate) readers: Semaphore,
    /// Lets in those whose reports are read while they come.
    pub(crate) streams: Semaphore,
    /// Of these so many read at a time.
    pub(crate) turns: Turns,
    /// Lets in those who send large results of osquery.
    pub(crate) node_bodies: Semaphore,
    /// When hosts were asked by osquery last.
    pub(crate) asked: Asked,
    /// Held from the reading of a remediation task to the writing of what became of it.
    pub(crate) tasks: Mutex<()>,
}

pub(crate) type Shared = Arc<AppState>;
