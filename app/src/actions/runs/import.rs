//! Importing a file in the browser: the upload, its mapping, and the start of the run.

use std::path::Path;

use chrono_tz::Tz;
use engine::ids::PersonId;
use leptos::prelude::*;
use service::import::upload::{self, AppendResult, UploadChunk};
use service::import::{ImportFolder, preview};
use service::run::{self, ImportInput};
use store::Actor;
use store::reads::frame::workflow_names;
use store::runs::unfinished::UnfinishedUpload;
use store::runs::uploads;
use uuid::Uuid;

use super::import_fields::ImportFields;
use super::path as run_path;
use crate::actions::{LocalPath, REPEATED, actor, actor_once, allowed, back_to, lead_to, lead_to_with};
use crate::context::Request;
use crate::error::{Error, Missing, Result};
use crate::flash::Flash;
use crate::texts::texts;

/// Starts the import of an uploaded file, then redirects to the run.
///
/// # Errors
/// Returns an error if the upload does not exist or belongs to another person, or if the database fails.
#[server(prefix = "/actions", endpoint = "start-import")]
pub async fn start_import(
    /// The upload's id.
    upload: String,
    /// How its columns are read.
    #[server(default)]
    fields: ImportFields,
    /// Names the form, so that it acts once.
    #[server(default)]
    form: String,
) -> Result<(), Error> {
    let request = allowed::<StartImport>()?;
    let not_found = || Error::NotFound { what: Missing::Upload };
    let id: Uuid = upload.parse().map_err(|_| not_found())?;
    let upload = uploads::of_person(&request.store, person(&request)?, id).await?;
    // After a problem, the form shows the submitted values again.
    let page = import_path(id).with_query(&fields.query());
    let wrong = |why: &str| lead_to_with(&page, &Flash::new(texts().import_not_started(why)));
    let known = workflow_names(&request.store).await?;
    if !known.iter().any(|known| known.name == fields.workflow && known.is_live) {
        return wrong(&texts().import_wrong_workflow());
    }
    let file = ImportFolder::new(data_dir(&request)?, id).file();
    let zone = request.viewer.as_ref().map_or(Tz::UTC, |viewer| viewer.time_zone);
    let path = file.clone();
    let columns = match blocking(move || preview::preview(&path)).await {
        Ok(look) => look.columns,
        Err(_) if !file.exists() => return wrong(&texts().import_file_deleted()),
        Err(error) => return Err(error),
    };
    let mapping = match fields.resolved(&columns).mapping(&columns, zone) {
        Ok(mapping) => mapping,
        Err(problems) => return wrong(&problems.join(" ")),
    };
    let (tried, now) = (mapping.clone(), request.now);
    let sampled = blocking(move || preview::sample(&file, &tried, now, 1)).await;
    if let Err(Error::Invalid { message }) = sampled {
        return wrong(&message);
    }
    let input = ImportInput {
        upload: id,
        file_name: upload.file_name,
        workflow: fields.workflow.clone(),
        mappings: mapping.fields,
        at: mapping.at,
        zone: mapping.zone.name().to_owned(),
        date_format: mapping.order.map(|order| order.format().to_owned()).unwrap_or_default(),
        outcomes: mapping.outcomes,
    };
    let (data_dir, person) = (data_dir(&request)?, person(&request)?);
    let actor = actor_once(&request, &form)?;
    match run::start_import(&request.store, &actor, person, data_dir, &input).await.map_err(Error::from) {
        Ok(run) => lead_to(&run_path(run)),
        Err(Error::Conflict { .. }) => lead_to_with(&back_to(None, "/runs"), &Flash::new(REPEATED)),
        Err(Error::Invalid { message }) => lead_to_with(&page, &Flash::new(message)),
        Err(error) => Err(error),
    }
}

/// Retries the import of a run that failed or was cancelled.
pub(super) async fn retry(request: &Request, actor: &Actor, input: &ImportInput) -> Result<Uuid> {
    Ok(run::retry_import(&request.store, actor, data_dir(request)?, input).await?)
}

/// Inspects and records a file that arrived in a single request. Returns the page of its mapping, or the upload page if the
/// file is not a table.
///
/// # Errors
/// Returns [`Error::SignedOut`] without a session, or another error if the database fails.
pub async fn received(
    request: &Request,
    id: Uuid,
    file_name: &str,
    bytes: u64,
) -> Result<(LocalPath, Flash)> {
    let actor = actor(request)?;
    taken(id, upload::accept(&request.store, &actor, data_dir(request)?, id, file_name, bytes).await)
}

/// Starts the upload of a file in chunks, or returns the progress of an unfinished one.
///
/// # Errors
/// Returns [`Error::Invalid`] if the file is empty or too large, or if too many uploads are unfinished.
pub async fn begin_upload(
    request: &Request,
    file_name: &str,
    bytes: u64,
    fresh: bool,
) -> Result<UnfinishedUpload> {
    let actor = actor(request)?;
    Ok(upload::begin(&request.store, &actor, data_dir(request)?, file_name, bytes, fresh).await?)
}

/// Appends a chunk to the viewer's upload.
///
/// # Errors
/// Returns [`Error::NotFound`] if the viewer has no such upload, and [`Error::Invalid`] if the chunk has the wrong length.
pub async fn append_chunk(request: &Request, chunk: UploadChunk) -> Result<AppendResult> {
    Ok(upload::append(&request.store, &actor(request)?, data_dir(request)?, chunk).await?)
}

/// Finishes the viewer's upload. Returns the page of its mapping, or the upload page if the file is not a table.
///
/// # Errors
/// Returns [`Error::NotFound`] if the viewer has no such upload.
pub async fn finished(request: &Request, id: Uuid) -> Result<(LocalPath, Flash)> {
    taken(id, upload::finish(&request.store, &actor(request)?, data_dir(request)?, id).await)
}

fn taken(id: Uuid, taken: service::Result<()>) -> Result<(LocalPath, Flash)> {
    match taken.map_err(Error::from) {
        Ok(()) => Ok((import_path(id), Flash::default())),
        Err(Error::Invalid { message }) => {
            Ok((back_to(None, "/import"), Flash::new(texts().import_upload_rejected(message))))
        }
        Err(error) => Err(error),
    }
}

/// Cancels an upload that is not complete.
///
/// # Errors
/// Returns an error if the upload does not exist or belongs to another person, or if the database fails.
#[server(prefix = "/actions", endpoint = "cancel-upload")]
pub async fn cancel_upload(
    /// The upload's id.
    upload: String,
) -> Result<(), Error> {
    let request = allowed::<CancelUpload>()?;
    let id: Uuid = upload.parse().map_err(|_| Error::NotFound { what: Missing::Upload })?;
    upload::cancel(&request.store, &actor(&request)?, data_dir(&request)?, id).await?;
    lead_to_with(&back_to(None, "/import"), &Flash::new(texts().import_upload_cancelled()))
}

/// Returns the path of the page that maps a file's columns.
fn import_path(upload: Uuid) -> LocalPath {
    back_to(Some(&format!("/import/{upload}")), "/import")
}

fn person(request: &Request) -> Result<PersonId> {
    Ok(request.viewer.as_ref().ok_or(Error::SignedOut)?.id)
}

/// Returns the data directory.
///
/// # Errors
/// Returns [`Error::Invalid`] if the server is configured without one.
pub fn data_dir(request: &Request) -> Result<&Path> {
    request.data_dir.as_deref().ok_or_else(|| Error::Invalid { message: texts().import_no_folder() })
}

/// Reads a file on a thread for blocking work.
pub async fn blocking<T: Send + 'static>(
    read: impl FnOnce() -> service::Result<T> + Send + 'static,
) -> Result<T> {
    let read = tokio::task::spawn_blocking(read).await.map_err(|_| Error::Internal)?;
    Ok(read?)
}
