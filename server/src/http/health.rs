//! Endpoints for monitoring: liveness, readiness and metrics.

use axum::Router;
use axum::extract::State as FromState;
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;

use app::error::sentence;

use super::{Failure, FailureKind, State};

/// The line of `/readyz` about a database login that could change the log.
const OWNER_LOGIN_WARNING: &str =
    "warning: the database login could change the log; use one that is only a member of meshline_app\n";

/// Returns the routes `/healthz`, `/readyz` and `/metrics`.
pub(crate) fn routes() -> Router<State> {
    Router::new().route("/healthz", get(alive)).route("/readyz", get(ready)).route("/metrics", get(figures))
}

/// Reports that the process is alive. Ignores the database, since restarting this process would not repair it.
async fn alive() -> &'static str {
    "ok\n"
}

/// Reports whether the process accepts requests. The second line equals the output of `meshline --version`; further lines
/// are warnings.
async fn ready(FromState(state): FromState<State>) -> Result<String, Failure> {
    let checked = async {
        let store = state.store.access();
        store.check_ready().await?;
        store.owner_login().await
    };
    let owner_login = checked.await.map_err(|error| {
        tracing::warn!(%error, "not ready");
        Failure::new(FailureKind::Unavailable, not_ready(&error))
    })?;
    if let Some(suspension) = state.store.suspension() {
        return Err(Failure::new(FailureKind::Unavailable, suspension.to_string()));
    }
    // Without the login's name, since everyone may read this.
    let warning = owner_login.map(|_| OWNER_LOGIN_WARNING);
    Ok(format!("ready\nmeshline {}\n{}", app::VERSION, warning.unwrap_or_default()))
}

/// Returns why the process is not ready, and what to do about it.
fn not_ready(error: &store::Error) -> String {
    match error {
        store::Error::Refused(_) => {
            "The application's role could change the log. Run `meshline migrate`.".to_owned()
        }
        store::Error::Schema(message) => sentence(message),
        error if error.is_full() => "The database's disk is full.".to_owned(),
        _ => "The database does not answer.".to_owned(),
    }
}

/// Returns all metrics in Prometheus' text format.
async fn figures(FromState(state): FromState<State>) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], state.metrics.render())
}
