//! The outermost layer: assigns each request an id, and writes a log line and metrics for each response.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Instant;

use app::error::REQUEST_ID;
use axum::extract::{MatchedPath, Request, State as FromState};
use axum::http::header::HeaderValue;
use axum::middleware::Next;
use axum::response::Response;
use chrono::{DateTime, Utc};
use tracing::Instrument as _;

use super::{State, TrustedProxies, metrics};

/// The remote end of the connection, set on each request by [`super::serve`].
#[derive(Clone, Copy, Debug)]
pub(super) struct Peer(pub SocketAddr);

/// When and how a request arrived.
#[derive(Clone, Debug)]
pub struct Arrival {
    /// Identifies the request in logs, in the audit log, in problem documents and on error pages.
    pub id: Arc<str>,
    /// The instant that counts as now.
    pub at: DateTime<Utc>,
    /// The address of the client: the remote end of the connection, or what a trusted proxy says.
    pub peer: IpAddr,
    /// The nonce that permits scripts of the response page to run.
    pub nonce: Arc<str>,
}

impl Arrival {
    fn new(request: &Request, proxies: &TrustedProxies) -> Self {
        use base64::Engine as _;
        let id = uuid::Builder::from_random_bytes(rand::random()).into_uuid();
        let peer =
            request.extensions().get::<Peer>().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.0.ip());
        let peer = proxies.client(peer, request.headers());
        let nonce = base64::engine::general_purpose::STANDARD_NO_PAD.encode(rand::random::<[u8; 16]>());
        Self { id: id.to_string().into(), at: engine::time::cut(Utc::now()), peer, nonce: nonce.into() }
    }
}

/// Assigns the request its id. Ignores ids from clients, since a client could otherwise make two requests look like one. Logs the
/// route pattern instead of the path, because a set-up link has its token in the path.
pub(crate) async fn record_arrival(
    FromState(state): FromState<State>,
    mut request: Request,
    next: Next,
) -> Response {
    let arrival = Arrival::new(&request, &state.config.trusted_proxies);
    let route = request.extensions().get::<MatchedPath>().map_or("none", MatchedPath::as_str).to_owned();
    let method = request.method().clone();
    let span = tracing::info_span!("request", request_id = %arrival.id, peer = %arrival.peer, %method, route);
    request.extensions_mut().insert(arrival.clone());
    let id = HeaderValue::from_str(&arrival.id);
    if let Ok(id) = &id {
        request.headers_mut().insert(REQUEST_ID, id.clone());
    }
    let started = Instant::now();
    let mut response = next.run(request).instrument(span.clone()).await;
    let took = started.elapsed();
    let status = response.status();
    if let Ok(id) = id {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    metrics::count(&method, route, status, took);
    let duration_ms = took.as_secs_f64() * 1e3;
    span.in_scope(|| {
        let status_code = status.as_u16();
        if status.is_server_error() {
            tracing::warn!(status_code, duration_ms, "answered");
        } else if status.is_client_error() {
            tracing::info!(status_code, duration_ms, "answered");
        } else {
            // Logging every successful event would cost more than processing it.
            tracing::debug!(status_code, duration_ms, "answered");
        }
    });
    response
}
