//! Receives files from forms. Without scripts, server functions do not support multipart forms, so these are plain routes.

use app::actions::LocalPath;
use app::actions::changes::{ListUpload, take_file, upload_target};
use app::actions::runs::{append_chunk, begin_upload, data_dir, finished, received};
use app::context::Request as PageRequest;
use app::flash::{Flash, FlashSeal};
use axum::extract::FromRequest as _;
use axum::extract::multipart::{Field, MultipartError};
use axum::extract::{DefaultBodyLimit, Multipart, Path, Query, Request, State as FromState};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use service::change::UploadMode;
use service::import::ImportFolder;
use service::import::upload::{self, AppendResult, CHUNK_BYTES, FILE_BYTES as IMPORT_BYTES, UploadChunk};
use store::runs::unfinished::UnfinishedUpload;
use tokio::io::AsyncWriteExt as _;
use tokio_util::io::ReaderStream;

use super::exports::named;
use super::pages::{allowed, page_request};
use super::streaming::is_too_slow;
use super::{Arrival, Failure, FailureKind, State};

/// Maximum size of a list file: a million names fit.
const FILE_BYTES: usize = 32 * 1024 * 1024;
/// Maximum size of the rest of the request.
const ENVELOPE_BYTES: usize = 16 * 1024;

/// Path for uploading a list's file. [`super::guard`] permits a longer duration here.
pub(super) const LIST: &str = "/changes/{number}/upload";
/// Path for uploading a file to import in a single request. [`super::guard`] permits a longer duration here.
pub(super) const IMPORT: &str = "/import/upload";
/// Path where a script begins a chunked upload.
pub(super) const UPLOADS: &str = "/import/uploads";
/// Path for each chunk. [`super::guard`] permits a longer duration for slow connections.
pub(super) const CHUNKS: &str = "/import/uploads/{id}";
/// Path where a script completes a chunked upload.
pub(super) const FINISH: &str = "/import/uploads/{id}/finish";
/// Path for downloading the rows that an import rejected.
const REJECTS: &str = "/runs/{id}/rejects.csv";

/// The routes, with their methods.
pub(crate) const ROUTES: &[(&str, &str)] = &[
    ("POST", LIST),
    ("POST", IMPORT),
    ("POST", UPLOADS),
    ("POST", CHUNKS),
    ("POST", FINISH),
    ("GET", REJECTS),
];

pub(crate) fn routes() -> Router<State> {
    Router::new()
        .route(LIST, post(list_file).layer(DefaultBodyLimit::max(FILE_BYTES + ENVELOPE_BYTES)))
        // The handler enforces the limit while it writes to the disk.
        .route(IMPORT, post(import_file).layer(DefaultBodyLimit::disable()))
        .route(UPLOADS, post(begin))
        .route(CHUNKS, post(append).layer(DefaultBodyLimit::disable()))
        .route(FINISH, post(finish))
        .route(REJECTS, get(rejects))
}

/// Receives a file to import and streams it to the data directory.
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
        .map_err(|error| Failure::new(FailureKind::UnsupportedMediaType, error.body_text()))?;
    while let Some(field) = form.next_field().await.map_err(unreadable)? {
        if field.name() != Some("file") {
            continue;
        }
        let name = field.file_name().unwrap_or_default().to_owned();
        let arriving = Arriving(Some(folder.clone()));
        let bytes = write(field, &folder).await?;
        let (path, flash) = received(&page, id, &name, bytes).await?;
        arriving.keep();
        return on_to(&path, &flash, &page, &state);
    }
    Err(Failure::new(FailureKind::Malformed, "The form has no file."))
}

fn too_large() -> Failure {
    Failure::new(FailureKind::TooLarge, "The file is larger than 2 GB. Split it and import the parts.")
}

/// Removes a partial file when its upload fails.
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

/// Writes a file chunk by chunk and returns its size.
async fn write(mut field: Field<'_>, folder: &ImportFolder) -> Result<u64, Failure> {
    let failed =
        |error: std::io::Error| Failure::internal(&format!("an uploaded file cannot be written: {error}"));
    folder.create().map_err(failed)?;
    let incoming = folder.incoming();
    let mut file = tokio::fs::File::from_std(upload::create_file(&incoming).map_err(failed)?);
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

/// The file that a script is about to upload.
#[derive(Debug, Deserialize)]
struct FileToSend {
    /// The file's name.
    name: String,
    /// The file's size.
    bytes: u64,
    /// Whether the content received under this name belongs to another file.
    #[serde(default)]
    fresh: bool,
}

/// The progress of an upload, for scripts.
#[derive(Debug, Serialize)]
struct UploadProgress {
    id: String,
    /// The number of bytes received.
    received: i64,
    /// The hash of these bytes, in hexadecimal.
    hash: String,
    /// The size of every chunk except the last.
    chunk: u64,
}

impl UploadProgress {
    fn of(upload: &UnfinishedUpload) -> Json<Self> {
        let hash = hex::encode(&upload.received_hash);
        Json(Self { id: upload.id.to_string(), received: upload.received, hash, chunk: CHUNK_BYTES })
    }
}

/// Begins a chunked upload, or returns the progress of an unfinished one.
async fn begin(FromState(state): FromState<State>, request: Request) -> Result<Response, Failure> {
    let page = permitted(&state, &request)?;
    let (parts, body) = request.into_parts();
    let body = super::body::read(body, &parts.headers, ENVELOPE_BYTES).await?;
    let file: FileToSend = serde_json::from_slice(&body)
        .map_err(|error| Failure::new(FailureKind::Malformed, format!("The body is not valid: {error}.")))?;
    if file.bytes > IMPORT_BYTES {
        return Err(too_large());
    }
    let upload = begin_upload(&page, &file.name, file.bytes, file.fresh).await?;
    Ok(UploadProgress::of(&upload).into_response())
}

/// The position of a chunk in the file.
#[derive(Debug, Deserialize)]
struct ChunkPlace {
    offset: u64,
    /// The hash of everything before the chunk, in hexadecimal.
    after: String,
}

/// Appends a chunk. Responds with 409 and the upload's progress if the chunk does not follow the received content.
async fn append(
    FromState(state): FromState<State>,
    Path(id): Path<String>,
    request: Request,
) -> Result<Response, Failure> {
    let page = permitted(&state, &request)?;
    let upload = id.parse().map_err(|_| Failure::new(FailureKind::NotFound, "There is no such upload."))?;
    let malformed = |why: String| Failure::new(FailureKind::Malformed, why);
    let Query(place) =
        Query::<ChunkPlace>::try_from_uri(request.uri()).map_err(|error| malformed(error.body_text()))?;
    let mut after = [0; 32];
    hex::decode_to_slice(&place.after, &mut after)
        .map_err(|_| malformed("`after` is 64 hexadecimal digits.".into()))?;
    let (parts, body) = request.into_parts();
    let limit = usize::try_from(CHUNK_BYTES).unwrap_or(usize::MAX);
    let bytes = super::body::read(body, &parts.headers, limit).await?.to_vec();
    let chunk = UploadChunk { upload, offset: place.offset, after, bytes };
    Ok(match append_chunk(&page, chunk).await? {
        AppendResult::Taken(upload) => UploadProgress::of(&upload).into_response(),
        AppendResult::Elsewhere(upload) => {
            (StatusCode::CONFLICT, UploadProgress::of(&upload)).into_response()
        }
    })
}

/// Completes a chunked upload and returns the address of the next page.
async fn finish(
    FromState(state): FromState<State>,
    Path(id): Path<String>,
    request: Request,
) -> Result<Response, Failure> {
    let page = permitted(&state, &request)?;
    let upload = id.parse().map_err(|_| Failure::new(FailureKind::NotFound, "There is no such upload."))?;
    let (path, flash) = finished(&page, upload).await?;
    let mut response = Json(serde_json::json!({ "next": path.as_str() })).into_response();
    say(&mut response, &path, &flash, &page, &state)?;
    Ok(response)
}

/// Returns the request in the form that pages use, after checking the access table.
fn permitted(state: &State, request: &Request) -> Result<PageRequest, Failure> {
    allowed(request)?;
    let arrival = request.extensions().get::<Arrival>();
    let arrival = arrival.ok_or_else(|| Failure::internal(&"a request without an id"))?;
    Ok(page_request(state, request, arrival, None))
}

/// Returns the rows that an import rejected, as a file.
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
            FailureKind::NotFound,
            "There are no rejected rows, or they have been deleted after seven days.",
        )
    };
    let file = tokio::fs::File::open(path).await.map_err(gone)?;
    let body = axum::body::Body::from_stream(ReaderStream::new(file));
    Ok(named(body.into_response(), "text/csv; charset=utf-8; header=present", "rejected-rows.csv"))
}

/// Adds the entries of a CSV or Excel file to a list's draft, or replaces them.
async fn list_file(
    FromState(state): FromState<State>,
    Path(number): Path<String>,
    request: Request,
) -> Result<Response, Failure> {
    allowed(&request)?;
    let number: i64 =
        number.parse().map_err(|_| Failure::new(FailureKind::NotFound, "There is no such change."))?;
    let Some(arrival) = request.extensions().get::<Arrival>().cloned() else {
        return Err(Failure::internal(&"a request without an id"));
    };
    let page = page_request(&state, &request, &arrival, None);
    // Checks permission before reading thirty megabytes.
    let change = upload_target(&page, number).await?;
    let upload = file(request, &state).await?;
    let (path, flash) = Box::pin(take_file(&page, &change, upload)).await?;
    on_to(&path, &flash, &page, &state)
}

/// Redirects to a page that shows a message.
fn on_to(path: &LocalPath, flash: &Flash, page: &PageRequest, state: &State) -> Result<Response, Failure> {
    let mut response = StatusCode::SEE_OTHER.into_response();
    let to = HeaderValue::from_str(path.as_str()).map_err(|error| Failure::internal(&error))?;
    response.headers_mut().insert(header::LOCATION, to);
    say(&mut response, path, flash, page, state)?;
    Ok(response)
}

/// Attaches a message for the next page.
fn say(
    response: &mut Response,
    path: &LocalPath,
    flash: &Flash,
    page: &PageRequest,
    state: &State,
) -> Result<(), Failure> {
    let seal = FlashSeal {
        keyring: page.store.keyring(),
        now: page.now,
        session: page.viewer.as_ref().and_then(|viewer| viewer.session),
        page: path.page(),
        is_secure: state.config.secure_cookies,
    };
    let cookie = HeaderValue::from_str(&flash.cookie(&seal)).map_err(|error| Failure::internal(&error))?;
    response.headers_mut().append(header::SET_COOKIE, cookie);
    Ok(())
}

fn unreadable(error: MultipartError) -> Failure {
    if is_too_slow(&error) {
        return super::body::broken(&error);
    }
    let kind = if error.status() == StatusCode::PAYLOAD_TOO_LARGE {
        FailureKind::TooLarge
    } else {
        FailureKind::Malformed
    };
    Failure::new(kind, error.body_text())
}

/// Returns the fields `revision`, `mode` and `file`, of which the file must arrive last.
async fn file(request: Request, state: &State) -> Result<ListUpload, Failure> {
    let mut form = Multipart::from_request(request, state)
        .await
        .map_err(|error| Failure::new(FailureKind::UnsupportedMediaType, error.body_text()))?;
    let (mut revision, mut mode) = (None, UploadMode::default());
    while let Some(field) = form.next_field().await.map_err(unreadable)? {
        match (field.name(), revision) {
            (Some("revision"), _) => revision = field.text().await.map_err(unreadable)?.parse().ok(),
            (Some("mode"), _) => mode = field.text().await.map_err(unreadable)?.parse().unwrap_or_default(),
            (Some("file"), Some(revision)) => {
                let bytes = field.bytes().await.map_err(unreadable)?.to_vec();
                return Ok(ListUpload { revision, mode, bytes });
            }
            _ => {}
        }
    }
    Err(Failure::new(FailureKind::Malformed, "The form has no revision and file."))
}
