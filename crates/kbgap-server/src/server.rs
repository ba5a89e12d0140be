//! Starting, running and stopping.

use std::future::Future;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use axum::Router;
use futures_util::FutureExt;
use kbgap_catalog::SnapshotError;
use kbgap_store::sqlite::SqliteStore;
use kbgap_store::{Store, StoreError};
use tokio::net::TcpListener;
use tokio::sync::{OnceCell, Semaphore};
use tokio_rustls::TlsAcceptor;

use crate::apart::Apart;
use crate::clock::Clock;
use crate::config::{Config, MetricsListener};
use crate::connections;
use crate::feed::{self, FeedStateError};
use crate::history::{Feed, History, Recorder};
use crate::http::Limits;
use crate::ingest::{STREAMS, Turns};
use crate::metrics;
use crate::router::router;
use crate::schedule;
use crate::state::{AppState, Shared};
use crate::tenants::{Intake, Tenants};
use crate::tls::{self, TlsError, TlsListener};

/// How often the store is asked what other processes have changed.
const FOLLOW: Duration = Duration::from_secs(1);

/// How often history that can no longer be asked for is forgotten.
const FORGET: Duration = Duration::from_secs(60 * 60);

/// How often the fleets are kept for the next start, which then has as much to catch up
/// with at most.
const KEEP: Duration = Duration::from_secs(15 * 60);

/// How long the last changes may take to be recorded when the server stops.
const LAST: Duration = Duration::from_secs(5);

/// Exports that may be downloaded at a time; each takes a thread.
const DOWNLOADS: usize = 8;
/// Pages of exports that may be made at a time: each takes a thread that waits for others
/// of the same kind, which read the history, so that these must not be all there are.
const PAGES: usize = 16;

/// Why a server could not start or run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServerError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The catalogue could not be loaded.
    #[error(transparent)]
    Feed(#[from] FeedStateError),
    /// The certificate cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The address cannot be listened on.
    #[error("cannot listen on {listen}: {source} (choose another with --listen ADDR:PORT)")]
    Listen {
        /// The address.
        listen: String,
        /// The system's error.
        source: std::io::Error,
    },
    /// The address of the metrics cannot be listened on.
    #[error("cannot listen on {listen} for metrics: {source} (choose another in [metrics])")]
    Metrics {
        /// The address.
        listen: String,
        /// The system's error.
        source: std::io::Error,
    },
    /// Serving failed.
    #[error("the server failed: {0}")]
    Io(#[from] std::io::Error),
}

/// A server that is loaded and listens.
pub struct Server {
    listener: TcpListener,
    /// Where `/metrics` is served.
    metrics: Option<TcpListener>,
    acceptor: Option<TlsAcceptor>,
    state: Shared,
    /// The feed generation of the catalogue that was loaded.
    generation: u64,
    recording: Apart,
    /// The file in which the fleets are kept for the next start.
    kept: PathBuf,
    beside: Router,
}

/// A task that ends with the server.
struct Background(tokio::task::JoinHandle<()>);

impl Drop for Background {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Server {
    /// Opens the data folder, loads everything, then listens.
    ///
    /// # Errors
    /// [`ServerError`].
    pub async fn start(
        data_dir: &Path,
        mut config: Config,
        clock: Clock,
    ) -> Result<Self, ServerError> {
        let acceptor = config.tls.as_ref().map(tls::acceptor).transpose()?;
        let store: Arc<dyn Store> = Arc::new(SqliteStore::open(&data_dir.join("kbgap.db"))?);
        // Read before the catalogue, so that a change in between is followed later.
        let generation = store.feed_generation().await?;
        let catalog = match feed::catalog(store.as_ref(), data_dir).await {
            Err(FeedStateError::Snapshot(SnapshotError::Missing(_))) => feed::empty_catalog()?,
            other => other?,
        };
        let history = Arc::new(History::load(Arc::clone(&store)).await?);
        let recorder = Recorder::new(Arc::clone(&history), clock);
        let feed = Feed {
            rules: catalog.into(),
            generation,
        };
        let tenants = Tenants::recording(Arc::clone(&store), feed, clock, recorder);
        let tenants = Arc::new(tenants);
        let recording = Arc::clone(&tenants);
        let recording = Apart::begin(async move { recording.record_queued().await });
        let kept = data_dir.join("fleets.snapshot");
        tenants.start(&kept).await?;
        let failed = |source| ServerError::Listen {
            listen: config.listen.clone(),
            source,
        };
        let listener = TcpListener::bind(&config.listen).await.map_err(failed)?;
        config.listen = listener.local_addr()?.to_string();
        let metrics = match &config.metrics {
            None => None,
            Some(MetricsListener { listen }) => {
                let bound = TcpListener::bind(listen).await;
                Some(bound.map_err(|source| ServerError::Metrics {
                    listen: listen.clone(),
                    source,
                })?)
            }
        };
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let state = Arc::new(AppState {
            intake: Intake::start(&tenants),
            limits: Limits::new(config.rate_limits.clone()),
            metrics: Arc::default(),
            config,
            clock,
            data_dir: data_dir.to_owned(),
            store,
            tenants,
            history,
            tokens: kbgap_auth::TokenCache::default(),
            exports: crate::exports::Exports::default(),
            prepared: crate::prepared::Prepared::default(),
            downloads: Arc::new(Semaphore::new(DOWNLOADS)),
            pages: Semaphore::new(PAGES),
            issuer: OnceCell::new(),
            readers: Semaphore::new(cores),
            streams: Semaphore::new(STREAMS),
            turns: Turns::on(cores),
            node_bodies: Semaphore::new(crate::osquery::LARGE_BODIES),
            asked: crate::osquery::Asked::default(),
            tasks: tokio::sync::Mutex::default(),
        });
        Ok(Self {
            listener,
            metrics,
            acceptor,
            state,
            generation,
            recording,
            kept,
            beside: Router::new(),
        })
    }

    /// The address that is listened on.
    ///
    /// # Errors
    /// When the system does not tell.
    pub fn address(&self) -> std::io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// The URL of the address that is listened on.
    ///
    /// # Errors
    /// When the system does not tell.
    pub fn url(&self) -> std::io::Result<String> {
        Ok(format!(
            "{}://{}",
            self.state.config.scheme(),
            self.address()?
        ))
    }

    /// The URL of `/metrics`, where it is served.
    ///
    /// # Errors
    /// When the system does not tell.
    pub fn metrics_url(&self) -> std::io::Result<Option<String>> {
        let url = |listener: &TcpListener| Ok(format!("http://{}/metrics", listener.local_addr()?));
        self.metrics.as_ref().map(url).transpose()
    }

    /// The store behind the server.
    #[must_use]
    pub fn store(&self) -> &Arc<dyn Store> {
        &self.state.store
    }

    /// Serves these routes, too, with nothing of ours around them: a benchmark measures
    /// beside them. They must not be among ours.
    #[must_use]
    pub fn beside(mut self, routes: Router) -> Self {
        self.beside = self.beside.merge(routes);
        self
    }

    /// Serves until `shutdown`, then lets what is under way end, for some seconds.
    pub async fn run(self, shutdown: impl Future<Output = ()> + Send + 'static) {
        let following = Background(tokio::spawn(background(
            Arc::clone(&self.state),
            self.generation,
        )));
        let tenants = Arc::clone(&self.state.tenants);
        let keeping = Background(tokio::spawn({
            let (tenants, kept) = (Arc::clone(&tenants), self.kept.clone());
            async move {
                loop {
                    tokio::time::sleep(KEEP).await;
                    tenants.keep(&kept).await;
                }
            }
        }));
        let measuring = self.metrics.map(|listener| {
            let pages = metrics::router(Arc::clone(&self.state));
            let never = std::future::pending();
            Background(tokio::spawn(connections::serve(listener, pages, never)))
        });
        let syncing = self.state.config.feed_sync.clone().map(|when| {
            let (store, data_dir) = (Arc::clone(&self.state.store), self.state.data_dir.clone());
            let metrics = Arc::clone(&self.state.metrics);
            Background(tokio::spawn(async move {
                schedule::run(store, &data_dir, when, metrics).await;
            }))
        });
        let router = router(self.state).merge(self.beside);
        match self.acceptor {
            None => connections::serve(self.listener, router, shutdown).await,
            Some(acceptor) => {
                let listener = TlsListener::new(self.listener, acceptor);
                connections::serve(listener, router, shutdown).await;
            }
        }
        drop((following, keeping, syncing, measuring));
        // What was reported last is in the history, too, when the process ends.
        if tokio::time::timeout(LAST, tenants.recorded())
            .await
            .is_err()
        {
            tracing::warn!("what changed last will be recorded at the next start");
        }
        drop(self.recording);
        tenants.keep(&self.kept).await;
    }
}

/// Makes the signing key on the first start, then follows what other processes
/// change in the store.
async fn background(state: Shared, mut generation: u64) {
    if let Err(error) = crate::oauth::issuer(&state).await {
        tracing::error!(?error, "no signing key");
    }
    let mut forget = tokio::time::interval(FORGET);
    // The feed may have changed since the newest rows of history were found to hold.
    let mut change = Some(FeedChange::record(Arc::clone(&state)));
    loop {
        tokio::time::sleep(FOLLOW).await;
        if forget.tick().now_or_never().is_some()
            && let Err(error) = state.history.forget(state.clock.now_ms()).await
        {
            tracing::warn!(%error, "cannot forget old history");
        }
        if let Err(error) = state.tenants.follow_others().await {
            tracing::warn!(%error, "cannot follow the store");
        }
        match state.store.feed_generation().await {
            Ok(current) if current != generation => {
                match feed::catalog(state.store.as_ref(), &state.data_dir).await {
                    Ok(catalog) => {
                        generation = current;
                        // Whatever was under way for an older feed is of no use any more.
                        drop(change.take());
                        change = Some(FeedChange::begin(
                            Arc::clone(&state),
                            Feed {
                                rules: catalog.into(),
                                generation,
                            },
                        ));
                    }
                    Err(error) => {
                        tracing::warn!(%error, "cannot load the new catalogue; the old one stays")
                    }
                }
            }
            Ok(_) => {}
            Err(error) => tracing::warn!(%error, "cannot follow the feed"),
        }
    }
}

/// A new feed on its way into the fleets. It ends early when it is dropped.
struct FeedChange {
    stop: Arc<AtomicBool>,
    /// Waits for the store again and again where it fails, so it must not outlive the server.
    _work: Background,
}

impl FeedChange {
    /// Brings a feed into the fleets and records what it changes.
    fn begin(state: Shared, feed: Feed) -> Self {
        Self::run(move |stop| async move {
            let start = Instant::now();
            if state.tenants.set_feed(feed, &stop).await {
                let took = start.elapsed();
                tracing::info!(
                    ?took,
                    "the feed has changed; all machines were assessed anew"
                );
                state.tenants.record_all(&stop).await;
            }
        })
    }

    /// Records what the feed that is in the fleets changes.
    fn record(state: Shared) -> Self {
        Self::run(move |stop| async move { state.tenants.record_all(&stop).await })
    }

    fn run<W>(work: impl FnOnce(Arc<AtomicBool>) -> W) -> Self
    where
        W: Future<Output = ()> + Send + 'static,
    {
        let stop = Arc::new(AtomicBool::new(false));
        let work = work(Arc::clone(&stop));
        Self {
            stop,
            _work: Background(tokio::spawn(work)),
        }
    }
}

impl Drop for FeedChange {
    fn drop(&mut self) {
        // What computes on threads of its own looks at this.
        self.stop.store(true, Ordering::Relaxed);
    }
}
