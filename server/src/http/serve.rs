//! The accept loop.

use std::future::Future;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpSocket};
use tokio_io_timeout::TimeoutStream;
use tower::ServiceExt as _;

use super::arrival::Peer;
use super::connections::{ConnectionLimits, Connections};
use super::metrics;
use super::streaming::{LEAST_RATE, RequestBody, ResponseBody};

/// Maximum number of bytes that a connection buffers: of heads, and of answers that are not read.
const BUFFER_BYTES: usize = 64 * 1024;
/// Number of connections that the kernel keeps until they are accepted. It lowers this to its own limit.
const BACKLOG: u32 = 4_096;
/// Time limit for requests under way when the process shuts down.
const GRACE: Duration = Duration::from_secs(20);
/// Delay after a failed accept, which happens when the process runs out of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Listens on an address.
///
/// # Errors
/// Returns an error if the address is not available.
pub fn listen(address: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // A process that restarts must get its address back at once.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// Aggregates the metrics of requests periodically until the process exits.
pub async fn fold_metrics() {
    metrics::fold(metrics::recorder()).await;
}

/// Serves until `shutdown` completes, then waits for requests under way. Replaces `axum::serve`, which has no limits.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    limits: ConnectionLimits,
    shutdown: impl Future<Output = ()>,
) {
    let graceful = GracefulShutdown::new();
    let connections = Connections::new(limits);
    let mut shutdown = std::pin::pin!(shutdown);
    loop {
        let accepted = tokio::select! {
            () = &mut shutdown => break,
            accepted = listener.accept() => accepted,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        let Some(connection) = connections.admit(peer.ip()) else {
            metrics::refuse_connection();
            continue;
        };
        // Responses are written whole, so waiting to fill a packet would only delay the last one.
        stream.set_nodelay(true).ok();
        let mut stream = TimeoutStream::new(stream);
        stream.set_write_timeout(Some(connections.limits().write));
        let ended = connection.ended();
        let router = router.clone();
        let service = service_fn(move |request: Request<Incoming>| {
            let busy = connection.busy();
            let mut request = request.map(|body| Body::new(RequestBody::new(body, LEAST_RATE)));
            request.extensions_mut().insert(Peer(peer));
            let response = router.clone().oneshot(request);
            async move { response.await.map(|response| response.map(|body| ResponseBody::new(body, busy))) }
        });
        let served = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(connections.limits().head)
            .max_buf_size(BUFFER_BYTES)
            .serve_connection(TokioIo::new(Box::pin(stream)), service);
        let served = graceful.watch(served);
        tokio::spawn(async move {
            tokio::select! {
                served = served => if let Err(error) = served {
                    tracing::debug!(%error, "a connection ended badly");
                },
                () = ended.cancelled() => metrics::drop_connection(),
            }
        });
    }
    drop(listener);
    tokio::select! {
        () = graceful.shutdown() => {}
        () = tokio::time::sleep(GRACE) => tracing::warn!("requests were still under way at the end"),
    }
}
