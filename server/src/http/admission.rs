//! Admits requests that the access table allows, and answers the others with a way to continue.

use axum::extract::{MatchedPath, Request, State as FromState};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use super::access::{AdmissionRefusal, admit};
use super::{State, pages, sign_in_again};

/// Consults the access table. Rejects every request that it does not list, even if the router has a route for it.
pub(crate) async fn check(FromState(state): FromState<State>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    match admit(&state, &mut parts).await {
        Ok(()) => next.run(Request::from_parts(parts, body)).await,
        Err(AdmissionRefusal::SessionOver) => sign_in_again::ask(&state, &parts, body).await,
        Err(AdmissionRefusal::OtherRole(failure)) => {
            let path = parts.extensions.get::<MatchedPath>().map_or("", MatchedPath::as_str);
            if pages::is_page(path) {
                return Box::pin(pages::refused(state, Request::from_parts(parts, body))).await;
            }
            failure.into_response()
        }
        Err(AdmissionRefusal::Answer(response)) => *response,
    }
}
