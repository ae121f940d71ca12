//! Protects the process from individual requests: catches panics and limits their duration.

use std::any::Any;
use std::time::Duration;

use axum::extract::{MatchedPath, Request};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use super::{Failure, FailureKind, uploads};

/// Time limit until the response headers. After that, the client has usually stopped waiting.
const ALLOWED: Duration = Duration::from_secs(15);
/// The limit for requests with a large body, which has to arrive first.
const ALLOWED_BATCH: Duration = Duration::from_secs(120);
/// The limit for a file to import: two gigabytes at ten megabits per second.
const ALLOWED_IMPORT: Duration = Duration::from_secs(1_800);

/// Aborts a request that takes too long. Its transaction is rolled back.
pub(crate) async fn limit_time(request: Request, next: Next) -> Response {
    let allowed = match request.extensions().get::<MatchedPath>().map(MatchedPath::as_str) {
        Some("/api/v1/events/batch" | uploads::CHUNKS) => ALLOWED_BATCH,
        Some(uploads::IMPORT) => ALLOWED_IMPORT,
        _ => ALLOWED,
    };
    match tokio::time::timeout(allowed, next.run(request)).await {
        Ok(response) => response,
        Err(_) => {
            tracing::warn!(allowed_s = allowed.as_secs(), "a request took too long");
            Failure::new(FailureKind::Unavailable, "This took too long and was broken off.").into_response()
        }
    }
}

/// Returns the response for a handler that panicked.
pub(crate) fn caught(panic: Box<dyn Any + Send>) -> Response {
    let said =
        panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    Failure::internal(&format!("panic: {}", said.unwrap_or("no message"))).into_response()
}
