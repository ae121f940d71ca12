//! Protects the process from individual requests: catches panics and limits their duration.

use std::any::Any;
use std::time::Duration;

use axum::extract::{MatchedPath, Request};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use super::{Failure, FailureKind, uploads};

/// Time limit until the response headers. After that, the client has usually stopped waiting.
const ALLOWED: Duration = Duration::from_secs(15);
/// The limit for requests with a large body, which has to arrive first: 32 MiB at 2.3 megabits per second.
const ALLOWED_LARGE: Duration = Duration::from_secs(120);
/// The limit for a file to import: two gigabytes at ten megabits per second.
const ALLOWED_IMPORT: Duration = Duration::from_secs(1_800);

/// Aborts a request that takes too long. Its transaction is rolled back.
pub(crate) async fn limit_time(request: Request, next: Next) -> Response {
    let allowed = allowed(request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str));
    match tokio::time::timeout(allowed, next.run(request)).await {
        Ok(response) => response,
        Err(_) => {
            tracing::warn!(allowed_s = allowed.as_secs(), "a request took too long");
            Failure::new(FailureKind::Unavailable, "This took too long and was stopped.").into_response()
        }
    }
}

fn allowed(path: &str) -> Duration {
    match path {
        "/api/v1/events/batch" | uploads::CHUNKS | uploads::LIST => ALLOWED_LARGE,
        uploads::IMPORT => ALLOWED_IMPORT,
        _ => ALLOWED,
    }
}

/// Returns the response for a handler that panicked.
pub(crate) fn caught(panic: Box<dyn Any + Send>) -> Response {
    let said =
        panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    Failure::internal(&format!("panic: {}", said.unwrap_or("no message"))).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_have_the_time_that_they_need() {
        let sent_with_files = |path: &&str| !matches!(*path, uploads::UPLOADS | uploads::FINISH);
        for (_, path) in
            uploads::ROUTES.iter().filter(|(method, path)| *method == "POST" && sent_with_files(path))
        {
            assert!(allowed(path) >= Duration::from_secs(120), "{path}");
        }
        assert_eq!(allowed("/actions/{id}"), ALLOWED);
    }
}
