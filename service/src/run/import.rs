//! Importing a file that a person uploaded.

use std::path::Path;

use chrono_tz::Tz;
use engine::ids::PersonId;
use serde::{Deserialize, Serialize};
use store::runs::{self, NewRun, uploads};
use store::{Actor, Store};
use uuid::Uuid;

use super::{RunContext, RunHandle, RunKind, Work};
use crate::error::{Error, Result};
use crate::import::{ImportFolder, ImportRequest, ImportSummary, import};

/// Imports an uploaded file.
pub(super) struct ImportFile;

/// An uploaded file and how it is read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportInput {
    /// The upload.
    pub upload: Uuid,
    /// What the file was called.
    pub file_name: String,
    /// The workflow that decides, by name.
    pub workflow: String,
    /// `FIELD=COLUMN` pairs.
    pub mappings: Vec<String>,
    /// The column with the time at which a row happened.
    pub at: Option<String>,
    /// The IANA name of the zone of times that name none; UTC when it is empty.
    #[serde(default)]
    pub zone: String,
    /// Outcomes, as `COLUMN=VALUE:STAGE[@COLUMN]`.
    pub outcomes: Vec<String>,
}

impl Work for ImportFile {
    const KIND: RunKind = RunKind::Import;
    type Input = ImportInput;
    // How far a file is imported is kept with the file: a command and a run share it.
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
        handle.tell("Reading the file", 0, Some(total));
        let request = ImportRequest {
            file: folder.file(),
            workflow: input.workflow,
            mappings: input.mappings,
            at: input.at,
            zone: zone(&input.zone)?,
            outcomes: input.outcomes,
            source: None,
            kind: None,
            live: false,
            rejects: folder.rejects(),
        };
        let progress = |summary: &ImportSummary| {
            handle.tell(counted(summary), summary.bytes_read, Some(total));
            handle.check()
        };
        let actor = handle.actor().await?;
        import(context.pipeline.clone(), &actor, &request, handle.created_at(), progress).await
    }

    async fn tidy(context: &RunContext, input: &ImportInput) {
        // The rejected rows stay for a while; the file holds everybody's data and has served its purpose.
        if let Ok(folder) = folder(context, input.upload) {
            tokio::fs::remove_file(folder.file()).await.ok();
        }
    }
}

/// Says how far an import is.
fn counted(summary: &ImportSummary) -> String {
    let rejected = match summary.rejected {
        0 => String::new(),
        many => format!(", {many} rejected"),
    };
    format!("Importing: {} rows so far{rejected}", summary.rows)
}

/// Returns a zone by its IANA name, UTC for an empty one.
fn zone(name: &str) -> Result<Tz> {
    if name.is_empty() {
        return Ok(Tz::UTC);
    }
    name.parse().map_err(|_| Error::Invalid(format!("there is no time zone `{name}`")))
}

fn folder(context: &RunContext, upload: Uuid) -> Result<ImportFolder> {
    let data = context.data_dir.as_deref();
    data.map(|data| ImportFolder::new(data, upload)).ok_or_else(|| {
        Error::Invalid("this process has no data directory, in which uploaded files would be".into())
    })
}

fn size(file: &Path) -> Result<u64> {
    // Its path is the server's affair.
    let gone = |_| Error::Invalid("the uploaded file is not there any more; upload it again".into());
    Ok(std::fs::metadata(file).map_err(gone)?.len())
}

/// Starts the import of a person's upload; returns the run's id.
///
/// # Errors
/// [`Error::Store`] with [`store::Error::NotFound`] when the person has no such upload, [`Error::Invalid`] when the file is not
/// there any more.
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

/// Retries the import of a run that failed or was cancelled, for anyone who may import; returns the new run's id.
///
/// # Errors
/// As [`start_import`].
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
    let mut tx = store.pool().begin().await?;
    let new = NewRun { kind: RunKind::Import.into(), work_key: None, input: &value };
    let id = runs::start(&mut tx, actor, new).await?;
    uploads::set_run(&mut tx, upload, id).await?;
    tx.commit().await?;
    Ok(id)
}
