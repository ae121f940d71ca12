//! Imports uploaded files as runs.

use std::path::Path;

use chrono_tz::Tz;
use engine::ids::PersonId;
use engine::time::DateOrder;
use serde::{Deserialize, Serialize};
use store::runs::{self, NewRun, uploads};
use store::{Actor, Store};
use uuid::Uuid;

use super::{RunContext, RunHandle, RunKind, Work};
use crate::error::{Error, Result};
use crate::import::{ImportFolder, ImportRequest, ImportSummary, import};

/// Imports an uploaded file.
pub(super) struct ImportFile;

/// An uploaded file and its mapping.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportInput {
    /// The id of the upload.
    pub upload: Uuid,
    /// The original name of the file.
    pub file_name: String,
    /// The name of the deciding workflow.
    pub workflow: String,
    /// `FIELD=COLUMN` pairs.
    pub mappings: Vec<String>,
    /// The column with a row's timestamp.
    pub at: Option<String>,
    /// The IANA name of the time zone for timestamps without an offset. Empty for UTC.
    #[serde(default)]
    pub zone: String,
    /// The format of dates such as `3/4/2026`, as `DD/MM/YYYY`. Empty if it is not known.
    #[serde(default)]
    pub date_format: String,
    /// Outcomes, as `COLUMN=VALUE:STAGE[@COLUMN]`.
    pub outcomes: Vec<String>,
}

impl Work for ImportFile {
    const KIND: RunKind = RunKind::Import;
    type Input = ImportInput;
    // The file's import stores its own progress, since commands and runs share it.
    type Checkpoint = ();
    type Output = ImportSummary;

    async fn run(
        context: &RunContext,
        input: ImportInput,
        _checkpoint: Option<()>,
        handle: &RunHandle,
    ) -> Result<ImportSummary> {
        let folder = folder(context, input.upload)?;
        let total = size(&folder.file())?;
        handle.report_progress("Reading the file", 0, Some(total));
        let request = ImportRequest {
            file: folder.file(),
            workflow: input.workflow,
            mappings: input.mappings,
            at: input.at,
            zone: zone(&input.zone)?,
            order: order(&input.date_format)?,
            outcomes: input.outcomes,
            source: None,
            kind: None,
            live: false,
            rejects: folder.rejects(),
        };
        let progress = |summary: &ImportSummary| {
            handle.report_progress(counted(summary), summary.bytes_read, Some(total));
            handle.check()
        };
        let actor = handle.actor().await?;
        import(context.pipeline.clone(), &actor, &request, handle.created_at(), progress).await
    }

    async fn tidy(context: &RunContext, input: &ImportInput) {
        // Rejected rows are kept for a while. The file contains personal data and is no longer needed.
        if let Ok(folder) = folder(context, input.upload) {
            tokio::fs::remove_file(folder.file()).await.ok();
        }
    }
}

/// Describes the progress of an import.
fn counted(summary: &ImportSummary) -> String {
    let rejected = match summary.rejected {
        0 => String::new(),
        many => format!(", {many} rejected"),
    };
    format!("Importing: {} rows so far{rejected}", summary.rows)
}

/// Returns a time zone by its IANA name, and UTC for an empty name.
fn zone(name: &str) -> Result<Tz> {
    if name.is_empty() {
        return Ok(Tz::UTC);
    }
    name.parse().map_err(|_| Error::Invalid(format!("there is no time zone `{name}`")))
}

/// Returns the order of day and month in a date format, if there is one.
fn order(format: &str) -> Result<Option<DateOrder>> {
    if format.is_empty() {
        return Ok(None);
    }
    format.parse().map(Some).map_err(|error: engine::time::DateFormatError| Error::Invalid(error.to_string()))
}

fn folder(context: &RunContext, upload: Uuid) -> Result<ImportFolder> {
    let data = context.data_dir.as_deref();
    data.map(|data| ImportFolder::new(data, upload))
        .ok_or_else(|| Error::Invalid("this process has no data directory for uploaded files".into()))
}

fn size(file: &Path) -> Result<u64> {
    // Omits the path, which is internal to the server.
    let gone = |_| Error::Invalid("the uploaded file was deleted; upload it again".into());
    Ok(std::fs::metadata(file).map_err(gone)?.len())
}

/// Starts the import of a person's upload and returns the run's id.
///
/// # Errors
/// Returns [`Error::Store`] with [`store::Error::NotFound`] if the person has no such upload, and [`Error::Invalid`] if the file
/// no longer exists.
pub async fn start_import(
    store: &Store,
    actor: &Actor,
    person: PersonId,
    data_dir: &Path,
    input: &ImportInput,
) -> Result<Uuid> {
    let upload = uploads::of_person(store, person, input.upload).await?;
    begin(store, actor, upload.id, data_dir, input).await
}

/// Retries the import of a run that failed or was cancelled, on behalf of any person with permission to import. Returns the new
/// run's id.
///
/// # Errors
/// Same as [`start_import`].
pub async fn retry_import(
    store: &Store,
    actor: &Actor,
    data_dir: &Path,
    input: &ImportInput,
) -> Result<Uuid> {
    let upload = uploads::by_id(store, input.upload).await?;
    begin(store, actor, upload.id, data_dir, input).await
}

async fn begin(
    store: &Store,
    actor: &Actor,
    upload: Uuid,
    data_dir: &Path,
    input: &ImportInput,
) -> Result<Uuid> {
    size(&ImportFolder::new(data_dir, upload).file())?;
    let value = serde_json::to_value(input)?;
    let mut tx = store.begin().await?;
    let new = NewRun { kind: RunKind::Import.into(), work_key: None, input: &value };
    let id = runs::start(&mut tx, actor, new).await?;
    uploads::set_run(&mut tx, upload, id).await?;
    tx.commit().await?;
    Ok(id)
}
