//! The rows that an import rejected.

use std::path::PathBuf;

use serde_json::json;
use service::import::ImportFolder;
use service::run::{ImportInput, RunKind};
use store::runs;
use uuid::Uuid;

use crate::actions;
use crate::actions::runs::data_dir;
use crate::context::Request;
use crate::error::{Error, Missing, Result};

/// Returns the file of the rows that a run rejected, and records the download in the audit log.
///
/// # Errors
/// Returns [`Error::NotFound`] if the import does not exist, or another error if the database fails.
pub async fn rejects(request: &Request, run: &str) -> Result<PathBuf> {
    let not_found = || Error::NotFound { what: Missing::Import };
    let id: Uuid = run.parse().map_err(|_| not_found())?;
    let run = runs::by_id(&request.store, id).await?;
    if run.kind != RunKind::Import.to_string() {
        return Err(not_found());
    }
    let input: ImportInput = serde_json::from_value(run.input).map_err(|_| not_found())?;
    let path = ImportFolder::new(data_dir(request)?, input.upload).rejects();
    let page = format!("/runs/{id}");
    store::control::export(&request.store, &actions::actor(request)?, &page, json!({ "rejects": true }))
        .await?;
    Ok(path)
}
