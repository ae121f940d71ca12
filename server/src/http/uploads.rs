//! Files that people send with a form. Server functions take no multipart without scripts, so these are plain routes.

use app::actions::LocalPath;
use app::actions::changes::{take_file, upload_target};
use app::actions::runs::{data_dir, received};
use app::flash::Flash;
use axum::Router;
use axum::extract::FromRequest as _;
use axum::extract::multipart::{Field, MultipartError};
use axum::extract::{DefaultBodyLimit, Multipart, Path, Request, State as FromState};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use service::import::ImportFolder;
use tokio::io::AsyncWriteExt as _;
use tokio_util::io::ReaderStream;

use super::exports::named;
use super::pages::{allowed, page_request};
use super::{Arrival, Failure, Kind, State};

/// Bytes of a file: a list of a million names fits.
const FILE_BYTES: usize = 32 * 1024 * 1024;
/// Bytes around it in the request.
const ENVELOPE_BYTES: usize = 16 * 1024;

/// Bytes of a file to import.
const IMPORT_BYTES: u64 = 2 * 1024 * 1024 * 1024;
/// Where a file to import is sent; it may take as long as [`super::guard`] allows.
pub(super) const IMPORT: &str = "/import/upload";
/// Where the rows that an import rejected are had.
const REJECTS: &str = "/runs/{id}/rejects.csv";

/// The routes, with their methods.
pub(crate) const ROUTES: &[(&str, &str)] =
    &[("POST", "/changes/{number}/upload"), ("POST", IMPORT), ("GET", REJECTS)];

pub(crate) fn routes() -> Router<State> {
    Router::new()
        .route(
            "/changes/{number}/upload",
            post(list_file).layer(DefaultBodyLimit::max(FILE_BYTES + ENVELOPE_BYTES)),
        )
        // The file is counted while it is written to the disk.
        .route(IMPORT, post(import_file).layer(DefaultBodyLimit::disable()))
        .route(REJECTS, get(rejects))
}

/// A file to import, written to the data directory as it arrives.
async fn import_file(FromState(state): FromState<State>, request: Request) -> Result<Response, Failure> {
    allowed(&request)?;
    let Some(arrival) = request.extensions().get::<Arrival>().cloned() else {
        return Err(Failure::internal(&"a request without an id"));
    };
    let length =
        request.headers().get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    if length.is_some_and(|length: u64| length > IMPORT_BYTES + ENVELOPE_BYTES as u64) {
        return Err(too_large());
    }
    let page = page_request(&state, &request, &arrival, None);
    let id = engine::ids::mint(arrival.at, rand::random());
    let folder = ImportFolder::new(data_dir(&page)?, id);
    let mut form = Multipart::from_request(request, &state)
        .await
        .map_err(|error| Failure::new(Kind::UnsupportedMediaType, error.body_text()))?;
    while let Some(field) = form.next_field().await.map_err(unreadable)? {
        if field.name() != Some("file") {
            continue;
        }
        let name = field.file_name().unwrap_or_default().to_owned();
        let arriving = Arriving(Some(folder.clone()));
        let bytes = write(field, &folder).await?;
        let (path, flash) = received(&page, id, &name, bytes).await?;
        arriving.keep();
        return on_to(&path, &flash, &state);
    }
    Err(Failure::new(Kind::Malformed, "The form has no file."))
}

fn too_large() -> Failure {
    Failure::new(Kind::TooLarge, "The file is larger than 2 GB. Split it and import the parts.")
}

/// Removes what has arrived of a file when the rest does not.
struct Arriving(Option<ImportFolder>);

impl Arriving {
    fn keep(mut self) {
        self.0 = None;
    }
}

impl Drop for Arriving {
    fn drop(&mut self) {
        if let Some(folder) = self.0.take() {
            std::fs::remove_dir_all(folder.path()).ok();
        }
    }
}

/// Writes a file piece by piece; returns its size.
async fn write(mut field: Field<'_>, folder: &ImportFolder) -> Result<u64, Failure> {
    let failed =
        |error: std::io::Error| Failure::internal(&format!("an uploaded file cannot be written: {error}"));
    tokio::fs::create_dir_all(folder.path()).await.map_err(failed)?;
    let incoming = folder.incoming();
    let mut file = tokio::fs::File::create(&incoming).await.map_err(failed)?;
    let mut bytes = 0;
    while let Some(piece) = field.chunk().await.map_err(unreadable)? {
        bytes += piece.len() as u64;
        if bytes > IMPORT_BYTES {
            return Err(too_large());
        }
        file.write_all(&piece).await.map_err(failed)?;
    }
    file.sync_all().await.map_err(failed)?;
    tokio::fs::rename(&incoming, folder.file()).await.map_err(failed)?;
    Ok(bytes)
}

/// The rows that an import rejected, as a file.
async fn rejects(
    FromState(state): FromState<State>,
    Path(run): Path<String>,
    request: Request,
) -> Result<Response, Failure> {
    allowed(&request)?;
    let Some(arrival) = request.extensions().get::<Arrival>().cloned() else {
        return Err(Failure::internal(&"a request without an id"));
    };
    let page = page_request(&state, &request, &arrival, None);
    let path = app::exports::rejects::rejects(&page, &run).await?;
    let gone = |_| {
        Failure::new(
            Kind::NotFound,
            "There are no rejected rows, or they have been deleted after seven days.",
        )
    };
    let file = tokio::fs::File::open(path).await.map_err(gone)?;
    let body = axum::body::Body::from_stream(ReaderStream::new(file));
    Ok(named(body.into_response(), "text/csv; charset=utf-8; header=present", "rejected-rows.csv"))
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
    on_to(&path, &flash, &state)
}

/// Leads on to a page, with something to say there.
fn on_to(path: &LocalPath, flash: &Flash, state: &State) -> Result<Response, Failure> {
    let mut response = StatusCode::SEE_OTHER.into_response();
    let value = |text: &str| HeaderValue::from_str(text).map_err(|error| Failure::internal(&error));
    response.headers_mut().insert(header::LOCATION, value(path.as_str())?);
    let cookie = flash.cookie(state.store.keyring(), state.config.secure_cookies);
    response.headers_mut().append(header::SET_COOKIE, value(&cookie)?);
    Ok(response)
}

fn unreadable(error: MultipartError) -> Failure {
    let kind = if error.status() == StatusCode::PAYLOAD_TOO_LARGE { Kind::TooLarge } else { Kind::Malformed };
    Failure::new(kind, error.body_text())
}

/// The fields `revision` and `file`, which come in this order.
async fn file(request: Request, state: &State) -> Result<(i32, Vec<u8>), Failure> {
    let mut form = Multipart::from_request(request, state)
        .await
        .map_err(|error| Failure::new(Kind::UnsupportedMediaType, error.body_text()))?;
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
