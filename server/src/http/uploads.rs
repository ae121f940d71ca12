//! Files that people send with a form. Server functions take no multipart without scripts, so these are plain routes.

use app::actions::LocalPath;
use app::actions::changes::{take_file, upload_target};
use app::actions::runs::{appended, begun, data_dir, finished, received};
use app::flash::Flash;
use axum::extract::FromRequest as _;
use axum::extract::multipart::{Field, MultipartError};
use axum::extract::{DefaultBodyLimit, Multipart, Path, Query, Request, State as FromState};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use service::import::ImportFolder;
use service::import::upload::{self, Appended, CHUNK_BYTES, Chunk, FILE_BYTES as IMPORT_BYTES};
use store::runs::unfinished::UnfinishedUpload;
use tokio::io::AsyncWriteExt as _;
use tokio_util::io::ReaderStream;

use super::exports::named;
use super::pages::{allowed, page_request};
use super::{Arrival, Failure, Kind, State};

/// Bytes of a file: a list of a million names fits.
const FILE_BYTES: usize = 32 * 1024 * 1024;
/// Bytes around it in the request.
const ENVELOPE_BYTES: usize = 16 * 1024;

/// Where a file to import is sent in one go; it may take as long as [`super::guard`] allows.
pub(super) const IMPORT: &str = "/import/upload";
/// Where a script begins to send a file in chunks.
const UPLOADS: &str = "/import/uploads";
/// Where it sends each chunk; a slow line gets more time, as [`super::guard`] says.
pub(super) const CHUNKS: &str = "/import/uploads/{id}";
/// Where it says that all have been sent.
const FINISH: &str = "/import/uploads/{id}/finish";
/// Where the rows that an import rejected are had.
const REJECTS: &str = "/runs/{id}/rejects.csv";

/// The routes, with their methods.
pub(crate) const ROUTES: &[(&str, &str)] = &[
    ("POST", "/changes/{number}/upload"),
    ("POST", IMPORT),
    ("POST", UPLOADS),
    ("POST", CHUNKS),
    ("POST", FINISH),
    ("GET", REJECTS),
];

pub(crate) fn routes() -> Router<State> {
    Router::new()
        .route(
            "/changes/{number}/upload",
            post(list_file).layer(DefaultBodyLimit::max(FILE_BYTES + ENVELOPE_BYTES)),
        )
        // The file is counted while it is written to the disk.
        .route(IMPORT, post(import_file).layer(DefaultBodyLimit::disable()))
        .route(UPLOADS, post(begin))
        .route(CHUNKS, post(append).layer(DefaultBodyLimit::disable()))
        .route(FINISH, post(finish))
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

/// The file that a script is about to send.
#[derive(Debug, Deserialize)]
struct FileToSend {
    /// What it is called.
    name: String,
    /// Its size.
    bytes: u64,
    /// Whether what has arrived under this name is of another file.
    #[serde(default)]
    fresh: bool,
}

/// How far an upload is, as scripts are told.
#[derive(Debug, Serialize)]
struct UploadProgress {
    id: String,
    /// How many bytes have arrived.
    received: i64,
    /// The hash of these bytes, in hexadecimal.
    hash: String,
    /// Bytes of each chunk but the last.
    chunk: u64,
}

impl UploadProgress {
    fn of(upload: &UnfinishedUpload) -> Json<Self> {
        let hash = hex::encode(&upload.received_hash);
        Json(Self { id: upload.id.to_string(), received: upload.received, hash, chunk: CHUNK_BYTES })
    }
}

/// Begins an upload in chunks, or says where it is.
async fn begin(FromState(state): FromState<State>, request: Request) -> Result<Response, Failure> {
    let page = permitted(&state, &request)?;
    let (parts, body) = request.into_parts();
    let body = super::body::read(body, &parts.headers, ENVELOPE_BYTES).await?;
    let file: FileToSend = serde_json::from_slice(&body)
        .map_err(|error| Failure::new(Kind::Malformed, format!("The body is not valid: {error}.")))?;
    if file.bytes > IMPORT_BYTES {
        return Err(too_large());
    }
    let upload = begun(&page, &file.name, file.bytes, file.fresh).await?;
    Ok(UploadProgress::of(&upload).into_response())
}

/// Where in the file a chunk belongs.
#[derive(Debug, Deserialize)]
struct ChunkPlace {
    offset: u64,
    /// The hash of what is before it, in hexadecimal.
    after: String,
}

/// Takes a chunk; one that does not follow what has arrived is answered 409, with how far the upload is.
async fn append(
    FromState(state): FromState<State>,
    Path(id): Path<String>,
    request: Request,
) -> Result<Response, Failure> {
    let page = permitted(&state, &request)?;
    let upload = id.parse().map_err(|_| Failure::new(Kind::NotFound, "There is no such upload."))?;
    let malformed = |why: String| Failure::new(Kind::Malformed, why);
    let Query(place) =
        Query::<ChunkPlace>::try_from_uri(request.uri()).map_err(|error| malformed(error.body_text()))?;
    let mut after = [0; 32];
    hex::decode_to_slice(&place.after, &mut after)
        .map_err(|_| malformed("`after` is 64 hexadecimal digits.".into()))?;
    let (parts, body) = request.into_parts();
    let limit = usize::try_from(CHUNK_BYTES).unwrap_or(usize::MAX);
    let bytes = super::body::read(body, &parts.headers, limit).await?.to_vec();
    let chunk = Chunk { upload, offset: place.offset, after, bytes };
    Ok(match appended(&page, chunk).await? {
        Appended::Taken(upload) => UploadProgress::of(&upload).into_response(),
        Appended::Elsewhere(upload) => (StatusCode::CONFLICT, UploadProgress::of(&upload)).into_response(),
    })
}

/// Ends an upload in chunks and says which page comes next.
async fn finish(
    FromState(state): FromState<State>,
    Path(id): Path<String>,
    request: Request,
) -> Result<Response, Failure> {
    let page = permitted(&state, &request)?;
    let upload = id.parse().map_err(|_| Failure::new(Kind::NotFound, "There is no such upload."))?;
    let (path, flash) = finished(&page, upload).await?;
    let mut response = Json(serde_json::json!({ "next": path.as_str() })).into_response();
    say(&mut response, &flash, &state)?;
    Ok(response)
}

/// The request as pages have it, once the table of who may call what lets it pass.
fn permitted(state: &State, request: &Request) -> Result<app::context::Request, Failure> {
    allowed(request)?;
    let arrival = request.extensions().get::<Arrival>();
    let arrival = arrival.ok_or_else(|| Failure::internal(&"a request without an id"))?;
    Ok(page_request(state, request, arrival, None))
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
    let to = HeaderValue::from_str(path.as_str()).map_err(|error| Failure::internal(&error))?;
    response.headers_mut().insert(header::LOCATION, to);
    say(&mut response, flash, state)?;
    Ok(response)
}

/// Has the next page say something.
fn say(response: &mut Response, flash: &Flash, state: &State) -> Result<(), Failure> {
    let cookie = flash.cookie(state.store.keyring(), state.config.secure_cookies);
    let cookie = HeaderValue::from_str(&cookie).map_err(|error| Failure::internal(&error))?;
    response.headers_mut().append(header::SET_COOKIE, cookie);
    Ok(())
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
