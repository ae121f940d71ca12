//! Actions on runs: start, cancel and retry.

mod import;
mod import_fields;
mod replay;

pub use self::import::{
    CancelUpload, StartImport, append_chunk, begin_upload, blocking, cancel_upload, data_dir, finished,
    received, start_import,
};
pub use self::import_fields::ImportFields;
pub use self::replay::{StartReplay, start_replay};

use leptos::prelude::*;
use service::run::{self, ImportInput, RunKind};
use store::runs::{self, NewRun, Run, RunState};
use uuid::Uuid;

use crate::actions::{LocalPath, REPEATED, actor, actor_once, allowed, back_to, lead_to_with};
use crate::context::Request;
use crate::error::{Error, Missing, Result};
use crate::flash::Flash;
use crate::texts::texts;

/// Cancels a run, then redirects to `next`.
///
/// # Errors
/// Returns an error if the run does not exist, if the viewer's roles do not own it, or if the database fails.
#[server(prefix = "/actions", endpoint = "cancel-run")]
pub async fn cancel_run(
    /// The run's id.
    run: String,
    /// Where to go then.
    #[server(default)]
    next: Option<String>,
) -> Result<(), Error> {
    let request = allowed::<CancelRun>()?;
    let run = owned(&request, &run).await?;
    let said = match runs::cancel(&request.store, &actor(&request)?, run.id).await {
        Ok(()) => texts().runs_cancel_requested(),
        Err(store::Error::Refused(_)) => texts().runs_cancel_too_late(),
        Err(error) => return Err(error.into()),
    };
    lead_to_with(&back_to(next.as_deref(), path(run.id).as_str()), &Flash::new(said))
}

/// Retries a run that failed or was cancelled, then redirects to the new one.
///
/// # Errors
/// Returns an error if the run does not exist, if the viewer's roles do not own it, or if the database fails.
#[server(prefix = "/actions", endpoint = "retry-run")]
pub async fn retry_run(
    /// The run's id.
    run: String,
    /// Names the form, so that it acts once.
    #[server(default)]
    form: String,
    /// Where to go then, instead of to the new run.
    #[server(default)]
    next: Option<String>,
) -> Result<(), Error> {
    let request = allowed::<RetryRun>()?;
    let run = owned(&request, &run).await?;
    if !matches!(run.state()?, RunState::Failed | RunState::Cancelled) {
        return lead_to_with(&path(run.id), &Flash::new(texts().runs_retry_refused()));
    }
    let new = again(&request, &run, &form).await;
    match new {
        Err(Error::Conflict { .. }) => lead_to_with(&path(run.id), &Flash::new(REPEATED)),
        Err(Error::Invalid { message }) => lead_to_with(&path(run.id), &Flash::new(message)),
        new => lead_to_with(
            &back_to(next.as_deref(), path(new?).as_str()),
            &Flash::new(texts().runs_retry_started()),
        ),
    }
}

async fn again(request: &Request, run: &Run, form: &str) -> Result<Uuid> {
    let actor = actor_once(request, form)?;
    if run.kind == RunKind::Import.to_string() {
        let input: ImportInput = serde_json::from_value(run.input.clone()).map_err(|_| Error::Internal)?;
        return import::retry(request, &actor, &input).await;
    }
    let mut tx = request.store.begin().await.map_err(store::Error::from)?;
    let new = NewRun { kind: &run.kind, work_key: run.work_key.as_deref(), input: &run.input };
    let id = runs::start(&mut tx, &actor, new).await?;
    tx.commit().await.map_err(store::Error::from)?;
    Ok(id)
}

/// Returns a run that the viewer can cancel and retry.
async fn owned(request: &Request, id: &str) -> Result<Run> {
    let id: Uuid = id.parse().map_err(|_| Error::NotFound { what: Missing::Run })?;
    let run = runs::by_id(&request.store, id).await?;
    if may_own(request, &run) { Ok(run) } else { Err(Error::Forbidden) }
}

/// Returns whether the viewer can cancel and retry a run.
pub fn may_own(request: &Request, run: &Run) -> bool {
    let owners = run.kind.parse().map_or(&[][..], RunKind::owners);
    request.viewer.as_ref().is_some_and(|viewer| viewer.roles.iter().any(|role| owners.contains(role)))
}

/// Returns the path of a run's page.
pub fn path(run: Uuid) -> LocalPath {
    back_to(Some(&format!("/runs/{run}")), "/runs")
}

/// Starts a run once per form. Returns `None` if the form was sent before.
pub(super) async fn start_once<W: run::Work>(
    request: &Request,
    form: &str,
    input: &W::Input,
) -> Result<Option<Uuid>> {
    match run::start::<W>(&request.store, &actor_once(request, form)?, input).await {
        Ok(id) => Ok(Some(id)),
        Err(service::Error::Store(store::Error::Repeated)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}
