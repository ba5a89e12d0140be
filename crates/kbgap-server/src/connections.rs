//! Connections, each with its limits: a client that is slow, or that never ends what
//! it began, holds neither the server's file handles nor its shutdown for ever.

use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use axum::Router;
use axum::serve::Listener;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::sync::watch;
use tokio::task::JoinSet;

/// The time that a request's head may take, and that a connection may stay idle.
const HEAD: Duration = Duration::from_secs(30);
/// Bytes that are read of a connection at a time, at most: of a large body four times as much
/// would do no good, and there are many connections.
const BUFFER: usize = 128 << 10;
/// What is under way may go on for so long after the server was told to stop.
const GRACE: Duration = Duration::from_secs(5);

/// Serves until `shutdown`, then lets what is under way end, within limits.
pub(crate) async fn serve(
    mut listener: impl Listener,
    router: Router,
    shutdown: impl Future<Output = ()>,
) {
    let mut http = http1::Builder::new();
    // A client may close its sending half as soon as it has asked.
    http.timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .max_buf_size(BUFFER)
        .half_close(true);
    let (stop, stopped) = watch::channel(());
    let mut connections = JoinSet::new();
    let mut shutdown = pin!(shutdown);
    loop {
        let io = tokio::select! {
            (io, _) = listener.accept() => io,
            () = &mut shutdown => break,
        };
        while connections.try_join_next().is_some() {}
        let service = TowerToHyperService::new(router.clone());
        let connection = http.serve_connection(TokioIo::new(io), service);
        let mut stopped = stopped.clone();
        connections.spawn(async move {
            let mut connection = pin!(connection);
            let ended = tokio::select! {
                ended = connection.as_mut() => ended,
                _ = stopped.changed() => {
                    connection.as_mut().graceful_shutdown();
                    connection.await
                }
            };
            if let Err(error) = ended {
                tracing::debug!(%error, "a connection broke");
            }
        });
    }
    drop((listener, stop));
    let all_ended = async { while connections.join_next().await.is_some() {} };
    if tokio::time::timeout(GRACE, all_ended).await.is_err() {
        tracing::warn!("requests that did not end in time were cut off");
    }
}
