//! The JSON API. Errors are problem documents. It accepts only API keys: a browser session grants no access.

mod batch;
mod body;
mod caller;
mod decisions;
mod events;
mod leads;
pub mod openapi;
mod outcomes;
mod query;
mod table;

use axum::Router;
use axum::routing::{get, post};

use crate::http::State;

pub use self::outcomes::OutcomeRequest;

/// Every route of the API with its method, in the order of the document at `/api/openapi.json`.
pub const ROUTES: &[(&str, &str)] = &[
    ("POST", "/api/v1/events"),
    ("POST", "/api/v1/events/batch"),
    ("POST", "/api/v1/outcomes"),
    ("GET", "/api/v1/leads/{id}"),
    ("GET", "/api/v1/decisions"),
    ("GET", "/api/v1/decisions/{id}"),
    ("POST", "/api/v1/decisions/{id}/replay"),
    ("GET", "/api/openapi.json"),
];

/// Returns the router of the API.
pub fn routes() -> Router<State> {
    Router::new()
        .route("/api/v1/events", post(events::take))
        .route("/api/v1/events/batch", post(batch::take))
        .route("/api/v1/outcomes", post(outcomes::record))
        .route("/api/v1/leads/{id}", get(leads::show))
        .route("/api/v1/decisions", get(decisions::list))
        .route("/api/v1/decisions/{id}", get(decisions::show))
        .route("/api/v1/decisions/{id}/replay", post(decisions::replay))
        .route("/api/openapi.json", get(openapi::serve))
}
