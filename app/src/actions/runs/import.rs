//! Importing a file in the browser: an upload, its mapping, and the start of the run.

use std::path::Path;

use engine::ids::PersonId;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use service::import::{ImportFolder, look};
use service::run::{self, ImportInput};
use store::Actor;
use store::reads::frame::workflow_names;
use store::runs::uploads;
use uuid::Uuid;

use super::path;
use crate::actions::{LocalPath, REPEATED, actor, actor_once, allowed, back_to, lead_to, lead_to_with};
use crate::context::Request;
use crate::error::{Error, Result};
use crate::flash::Flash;

/// Outcomes that a form has room for.
pub const OUTCOME_ROWS: usize = 3;
/// Lines of other fields at most.
const MORE_FIELDS: usize = 200;

/// How the columns of a file are read, as the form sends it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ImportFields {
    /// The workflow's name.
    pub workflow: String,
    /// The column of each of the lead's own fields; empty where there is none.
    pub email: String,
    /// As `email`.
    pub external_id: String,
    /// As `email`.
    pub name: String,
    /// As `email`.
    pub company: String,
    /// As `email`.
    pub domain: String,
    /// The column of the time at which a row happened.
    pub at: String,
    /// Other fields, a line each: `field = column`.
    pub more: String,
    /// Outcomes: the column of the first one, its value, the stage, and the column of its time.
    pub column1: String,
    /// See `column1`.
    pub value1: String,
    /// See `column1`.
    pub stage1: String,
    /// See `column1`.
    pub ended1: String,
    /// See `column1`.
    pub column2: String,
    /// See `column1`.
    pub value2: String,
    /// See `column1`.
    pub stage2: String,
    /// See `column1`.
    pub ended2: String,
    /// See `column1`.
    pub column3: String,
    /// See `column1`.
    pub value3: String,
    /// See `column1`.
    pub stage3: String,
    /// See `column1`.
    pub ended3: String,
}

impl ImportFields {
    /// Returns the columns of the lead's own fields.
    pub fn own(&self) -> [(&'static str, &str); 5] {
        [
            ("email", &self.email),
            ("external_id", &self.external_id),
            ("name", &self.name),
            ("company", &self.company),
            ("domain", &self.domain),
        ]
    }

    /// Returns column, value, stage and time of each outcome.
    pub fn outcomes(&self) -> [[&str; 4]; OUTCOME_ROWS] {
        [
            [&self.column1, &self.value1, &self.stage1, &self.ended1],
            [&self.column2, &self.value2, &self.stage2, &self.ended2],
            [&self.column3, &self.value3, &self.stage3, &self.ended3],
        ]
    }

    /// Returns `FIELD=COLUMN` pairs.
    pub fn mappings(&self) -> Vec<String> {
        let own = self.own().into_iter().filter(|(_, column)| !column.is_empty());
        let own = own.map(|(field, column)| format!("{field}={column}"));
        let more = self.more.lines().filter_map(|line| {
            let (field, column) = line.split_once('=')?;
            Some(format!("{}={}", field.trim(), column.trim()))
        });
        own.chain(more.take(MORE_FIELDS)).collect()
    }

    /// Returns the outcomes that are filled in, as `COLUMN=VALUE:STAGE[@COLUMN]`.
    pub fn outcome_rules(&self) -> Vec<String> {
        let is_whole = |[column, value, stage, _]: &[&str; 4]| {
            !column.is_empty() && !value.is_empty() && !stage.is_empty()
        };
        let rule = |[column, value, stage, at]: [&str; 4]| {
            let at = if at.is_empty() { String::new() } else { format!("@{at}") };
            format!("{column}={value}:{stage}{at}")
        };
        self.outcomes().into_iter().filter(is_whole).map(rule).collect()
    }

    /// Returns the mapping as a sample is read by it.
    pub fn sample(&self) -> look::SampleMapping {
        let at = Some(self.at.clone()).filter(|column| !column.is_empty());
        look::SampleMapping { fields: self.mappings(), at, outcomes: self.outcome_rules() }
    }
}

/// Starts the import of an uploaded file and leads to the run.
///
/// # Errors
/// When the person has no such upload, or the database fails.
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
    let not_found = || Error::NotFound { what: "upload".into() };
    let id: Uuid = upload.parse().map_err(|_| not_found())?;
    let upload = uploads::of_person(&request.store, person(&request)?, id).await?;
    let page = import_path(id);
    let known = workflow_names(&request.store).await?;
    if !known.iter().any(|known| known.name == fields.workflow && known.is_live) {
        return lead_to_with(&page, &Flash::new("Nothing was imported. Choose a workflow that is live."));
    }
    let file = ImportFolder::new(data_dir(&request)?, id).file();
    let (mapping, now) = (fields.sample(), request.now);
    let sampled = blocking(move || look::sample(&file, &mapping, now, 1)).await;
    if let Err(Error::Invalid { message }) = sampled {
        return lead_to_with(&page, &Flash::new(format!("Nothing was imported. {message}")));
    }
    let input = ImportInput {
        upload: id,
        file_name: upload.file_name,
        workflow: fields.workflow.clone(),
        mappings: fields.mappings(),
        at: Some(fields.at.clone()).filter(|column| !column.is_empty()),
        outcomes: fields.outcome_rules(),
    };
    match start(&request, &actor_once(&request, &form)?, &input).await {
        Ok(run) => lead_to(&path(run)),
        Err(Error::Conflict { .. }) => lead_to_with(&back_to(None, "/runs"), &Flash::new(REPEATED)),
        Err(Error::Invalid { message }) => lead_to_with(&page, &Flash::new(message)),
        Err(error) => Err(error),
    }
}

/// Starts an import of the viewer's upload.
pub(super) async fn start(request: &Request, actor: &Actor, input: &ImportInput) -> Result<Uuid> {
    let data_dir = data_dir(request)?;
    Ok(run::start_import(&request.store, actor, person(request)?, data_dir, input).await?)
}

/// Looks at a file that has just arrived, and records it; leads on to its mapping, or back where it is no table.
///
/// # Errors
/// [`Error::SignedOut`] without a session, or when the database fails.
pub async fn received(
    request: &Request,
    id: Uuid,
    file_name: &str,
    bytes: u64,
) -> Result<(LocalPath, Flash)> {
    let folder = ImportFolder::new(data_dir(request)?, id);
    let file = folder.file();
    if let Err(error) = blocking(move || look::look(&file)).await {
        tokio::fs::remove_dir_all(folder.path()).await.ok();
        return match error {
            Error::Invalid { message } => {
                Ok((back_to(None, "/import"), Flash::new(format!("The file was not taken. {message}"))))
            }
            error => Err(error),
        };
    }
    // Without what would be a path, or control what is shown.
    let name: String = file_name.chars().filter(|letter| !letter.is_control()).collect();
    let name = name.rsplit(['/', '\\']).next().unwrap_or_default().trim();
    let name: String = name.chars().take(uploads::FILE_NAME_CHARS).collect();
    let name = if name.is_empty() { "file".to_owned() } else { name };
    uploads::add(&request.store, &actor(request)?, id, &name, bytes).await?;
    Ok((import_path(id), Flash::default()))
}

/// The page on which a file's columns are mapped.
fn import_path(upload: Uuid) -> LocalPath {
    back_to(Some(&format!("/import/{upload}")), "/import")
}

fn person(request: &Request) -> Result<PersonId> {
    Ok(request.viewer.as_ref().ok_or(Error::SignedOut)?.id)
}

/// The data directory.
///
/// # Errors
/// [`Error::Invalid`] where the server has none.
pub fn data_dir(request: &Request) -> Result<&Path> {
    request.data_dir.as_deref().ok_or_else(|| Error::Invalid {
        message: "This server has no data directory, so it takes no files.".into(),
    })
}

/// Reads a file on a thread of its own.
pub async fn blocking<T: Send + 'static>(
    read: impl FnOnce() -> service::Result<T> + Send + 'static,
) -> Result<T> {
    let read = tokio::task::spawn_blocking(read).await.map_err(|_| Error::Internal)?;
    Ok(read?)
}
