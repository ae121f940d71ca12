//! Lets requests pass that the table of who may call what admits, and answers the others in a way that leads on.

use axum::extract::{MatchedPath, Request, State as FromState};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use super::access::{Refusal, admit};
use super::{State, again, pages};

/// Asks the table. What it does not list is refused, whatever the router thinks of it.
pub(crate) async fn check(FromState(state): FromState<State>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    match admit(&state, &mut parts).await {
        Ok(()) => next.run(Request::from_parts(parts, body)).await,
        Err(Refusal::SessionOver) => again::ask(&state, &parts, body).await,
        Err(Refusal::OtherRole(failure)) => {
            let path = parts.extensions.get::<MatchedPath>().map_or("", MatchedPath::as_str);
            if pages::is_page(path) {
                return pages::refused(state, Request::from_parts(parts, body)).await;
            }
            failure.into_response()
        }
        Err(Refusal::Answer(response)) => *response,
    }
}
