//! Files that people send with a form. Server functions take no multipart without scripts, so these are plain routes.

use app::actions::changes::{take_file, upload_target};
use axum::Router;
use axum::extract::FromRequest as _;
use axum::extract::{DefaultBodyLimit, Multipart, Path, Request, State as FromState};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;

use super::pages::{allowed, page_request};
use super::{Arrival, Failure, Kind, State};

/// Bytes of a file: a list of a million names fits.
const FILE_BYTES: usize = 32 * 1024 * 1024;
/// Bytes around it in the request.
const ENVELOPE_BYTES: usize = 16 * 1024;

/// The routes, with their methods.
pub(crate) const ROUTES: &[(&str, &str)] = &[("POST", "/changes/{number}/upload")];

pub(crate) fn routes() -> Router<State> {
    Router::new().route(
        "/changes/{number}/upload",
        post(list_file).layer(DefaultBodyLimit::max(FILE_BYTES + ENVELOPE_BYTES)),
    )
}

/// A CSV file as the text of a list's draft.
async fn list_file(
    FromState(state): FromState<State>,
    Path(number): Path<String>,
    request: Request,
) -> Result<Response, Failure> {
    allowed(&request)?;
    let number: i64 = number.parse().map_err(|_| Failure::new(Kind::NotFound, "There is no such change."))?;
    let Some(arrival) = request.extensions().get::<Arrival>().cloned() else {
        return Err(Failure::internal(&"a request without an id"));
    };
    let page = page_request(&state, &request, &arrival, None);
    // Whoever may not is told before thirty megabytes are read.
    let change = upload_target(&page, number).await?;
    let (revision, bytes) = file(request, &state).await?;
    let (path, flash) = take_file(&page, &change, revision, &bytes).await?;
    let mut response = StatusCode::SEE_OTHER.into_response();
    let value = |text: &str| HeaderValue::from_str(text).map_err(|error| Failure::internal(&error));
    response.headers_mut().insert(header::LOCATION, value(path.as_str())?);
    let cookie = flash.cookie(state.store.keyring(), state.config.secure_cookies);
    response.headers_mut().append(header::SET_COOKIE, value(&cookie)?);
    Ok(response)
}

/// The fields `revision` and `file`, which come in this order.
async fn file(request: Request, state: &State) -> Result<(i32, Vec<u8>), Failure> {
    let mut form = Multipart::from_request(request, state)
        .await
        .map_err(|error| Failure::new(Kind::UnsupportedMediaType, error.body_text()))?;
    let unreadable = |error: axum::extract::multipart::MultipartError| {
        let kind =
            if error.status() == StatusCode::PAYLOAD_TOO_LARGE { Kind::TooLarge } else { Kind::Malformed };
        Failure::new(kind, error.body_text())
    };
    let mut revision = None;
    while let Some(field) = form.next_field().await.map_err(unreadable)? {
        match (field.name(), revision) {
            (Some("revision"), _) => revision = field.text().await.map_err(unreadable)?.parse().ok(),
            (Some("file"), Some(revision)) => {
                return Ok((revision, field.bytes().await.map_err(unreadable)?.to_vec()));
            }
            _ => {}
        }
    }
    Err(Failure::new(Kind::Malformed, "The form has no revision and file."))
}
