//! Endpoints for monitoring: liveness, readiness and metrics.

use axum::Router;
use axum::extract::State as FromState;
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;

use super::{Failure, FailureKind, State};

/// Returns the routes `/healthz`, `/readyz` and `/metrics`.
pub(crate) fn routes() -> Router<State> {
    Router::new().route("/healthz", get(alive)).route("/readyz", get(ready)).route("/metrics", get(figures))
}

/// Reports that the process is alive. Ignores the database, since restarting this process would not repair it.
async fn alive() -> &'static str {
    "ok\n"
}

/// Reports whether the process accepts requests. The second line equals the output of `meshline --version`.
async fn ready(FromState(state): FromState<State>) -> Result<String, Failure> {
    let detail = match (state.store.check_ready().await, state.store.suspension()) {
        (Ok(()), None) => return Ok(format!("ready\nmeshline {}\n", app::VERSION)),
        (Ok(()), Some(suspension)) => suspension.to_string(),
        (Err(error), _) => {
            tracing::warn!(%error, "not ready");
            match error {
                store::Error::Refused(_) => {
                    "The application's role could change the log. Run `meshline migrate`.".into()
                }
                _ => "The database does not answer.".into(),
            }
        }
    };
    Err(Failure::new(FailureKind::Unavailable, detail))
}

/// Returns all metrics in Prometheus' text format.
async fn figures(FromState(state): FromState<State>) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], state.metrics.render())
}
