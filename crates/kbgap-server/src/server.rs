//! Starting, running and stopping.

use std::future::Future;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use kbgap_catalog::SnapshotError;
use kbgap_store::sqlite::SqliteStore;
use kbgap_store::{Store, StoreError};
use tokio::net::TcpListener;
use tokio::sync::{OnceCell, Semaphore};
use tokio_rustls::TlsAcceptor;

use crate::clock::Clock;
use crate::config::Config;
use crate::connections;
use crate::feed::{self, FeedStateError};
use crate::history::{Feed, History, Recorder};
use crate::http::Limits;
use crate::router::router;
use crate::state::{AppState, Shared};
use crate::tenants::Tenants;
use crate::tls::{self, TlsError, TlsListener};

/// How often the store is asked what other processes have changed.
const FOLLOW: Duration = Duration::from_secs(1);

/// How often history that can no longer be asked for is forgotten.
const FORGET: Duration = Duration::from_secs(60 * 60);

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
    /// Serving failed.
    #[error("the server failed: {0}")]
    Io(#[from] std::io::Error),
}

/// A server that is loaded and listens.
pub struct Server {
    listener: TcpListener,
    acceptor: Option<TlsAcceptor>,
    state: Shared,
    /// The feed generation of the catalogue that was loaded.
    generation: u64,
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
            catalog,
            generation,
        };
        let tenants = Tenants::recording(Arc::clone(&store), feed, recorder);
        tenants.follow().await?;
        let failed = |source| ServerError::Listen {
            listen: config.listen.clone(),
            source,
        };
        let listener = TcpListener::bind(&config.listen).await.map_err(failed)?;
        config.listen = listener.local_addr()?.to_string();
        let state = Arc::new(AppState {
            limits: Limits::new(config.rate_limits.clone()),
            config,
            clock,
            data_dir: data_dir.to_owned(),
            store,
            tenants,
            history,
            tokens: kbgap_auth::TokenCache::default(),
            exports: crate::exports::Exports::default(),
            downloads: Arc::new(Semaphore::new(DOWNLOADS)),
            pages: Semaphore::new(PAGES),
            issuer: OnceCell::new(),
            readers: Semaphore::new(std::thread::available_parallelism().map_or(1, usize::from)),
            tasks: tokio::sync::Mutex::default(),
        });
        Ok(Self {
            listener,
            acceptor,
            state,
            generation,
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

    /// The store behind the server.
    #[must_use]
    pub fn store(&self) -> &Arc<dyn Store> {
        &self.state.store
    }

    /// Serves until `shutdown`, then lets what is under way end, for some seconds.
    pub async fn run(self, shutdown: impl Future<Output = ()> + Send + 'static) {
        let background = tokio::spawn(background(Arc::clone(&self.state), self.generation));
        let router = router(self.state);
        match self.acceptor {
            None => connections::serve(self.listener, router, shutdown).await,
            Some(acceptor) => {
                let listener = TlsListener::new(self.listener, acceptor);
                connections::serve(listener, router, shutdown).await;
            }
        }
        background.abort();
    }
}

/// Makes the signing key on the first start, then follows what other processes
/// change in the store.
async fn background(state: Shared, mut generation: u64) {
    if let Err(error) = crate::oauth::issuer(&state).await {
        tracing::error!(?error, "no signing key");
    }
    // The feed may have changed since the newest rows of history were found to hold.
    tokio::spawn(record_all(Arc::clone(&state)));
    let mut forget = tokio::time::interval(FORGET);
    loop {
        tokio::time::sleep(FOLLOW).await;
        if forget.tick().now_or_never().is_some()
            && let Err(error) = state.history.forget(state.clock.now_ms()).await
        {
            tracing::warn!(%error, "cannot forget old history");
        }
        if let Err(error) = state.tenants.follow().await {
            tracing::warn!(%error, "cannot follow the store");
        }
        match state.store.feed_generation().await {
            Ok(current) if current != generation => {
                match feed::catalog(state.store.as_ref(), &state.data_dir).await {
                    Ok(catalog) => {
                        let feed = Feed {
                            catalog,
                            generation: current,
                        };
                        state.tenants.set_feed(feed).await;
                        generation = current;
                        tracing::info!("the feed has changed; all machines are assessed anew");
                        tokio::spawn(record_all(Arc::clone(&state)));
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

/// Records what a catalogue has changed for machines.
async fn record_all(state: Shared) {
    while let Err(error) = state.tenants.record_all().await {
        tracing::warn!(%error, "cannot record what the feed has changed; trying again");
        tokio::time::sleep(FOLLOW).await;
    }
}
