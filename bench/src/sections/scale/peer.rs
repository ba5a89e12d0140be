//! The server with one more route, which sends the same bytes to everybody: what an
//! answer costs beside what the server, the connection and the client cost anyway.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use kbgap_server::{Clock, Config, RateLimits, Server};

/// Where it is.
pub(super) const STATIC: &str = "/bench/static";

type Body = Arc<OnceLock<Bytes>>;

/// Serves a data folder until it is stopped. What is posted to the route first is what it
/// sends from then on.
///
/// # Errors
/// When the server does not start.
pub(crate) fn serve(data: &Path, listen: SocketAddr) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let config = Config {
            listen: listen.to_string(),
            rate_limits: RateLimits::off(),
            ..Config::default()
        };
        let route = Router::new()
            .route(STATIC, get(send).post(keep))
            .with_state(Body::default());
        let server = Server::start(data, config, Clock::default()).await?;
        server.beside(route).run(std::future::pending()).await;
        Ok(())
    })
}

async fn send(State(body): State<Body>) -> Response {
    let kind = (CONTENT_TYPE, "application/json");
    ([kind], body.get().cloned().unwrap_or_default()).into_response()
}

async fn keep(State(body): State<Body>, sent: Bytes) -> StatusCode {
    match body.set(sent) {
        Ok(()) => StatusCode::OK,
        Err(_) => StatusCode::CONFLICT,
    }
}
