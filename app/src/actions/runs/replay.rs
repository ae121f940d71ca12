//! Replays of decisions.

use chrono::TimeDelta;
use leptos::prelude::*;
use service::decide::ReplayRange;
use service::run::ReplayDecisions;
use store::reads::frame::workflow_names;

use super::{path, start_once};
use crate::actions::{LocalPath, REPEATED, allowed, back_to, lead_to, lead_to_with};
use crate::error::{Error, Missing, Result};
use crate::flash::Flash;

/// Starts a run that replays stored decisions, then redirects to it.
///
/// # Errors
/// Returns an error if the workflow does not exist, or if the database fails.
#[server(prefix = "/actions", endpoint = "start-replay")]
pub async fn start_replay(
    /// The workflow's name; all of them when it is empty.
    #[server(default)]
    workflow: String,
    /// Decisions of so many days; all of them when it is empty.
    #[server(default)]
    days: String,
    /// Names the form, so that it acts once.
    #[server(default)]
    form: String,
) -> Result<(), Error> {
    let request = allowed::<StartReplay>()?;
    let known = workflow_names(&request.store).await?;
    if !workflow.is_empty() && !known.iter().any(|known| known.name == workflow) {
        return Err(Error::NotFound { what: Missing::Workflow });
    }
    let days: Option<i64> = match days.as_str() {
        "" => None,
        days => Some(days.parse().map_err(|_| Error::NotFound { what: Missing::Period })?),
    };
    let range = ReplayRange {
        workflow: Some(workflow).filter(|name| !name.is_empty()),
        from: days.and_then(TimeDelta::try_days).and_then(|period| request.now.checked_sub_signed(period)),
        before: Some(request.now),
    };
    let list: LocalPath = back_to(None, "/runs");
    match start_once::<ReplayDecisions>(&request, &form, &range).await? {
        Some(run) => lead_to(&path(run)),
        None => lead_to_with(&list, &Flash::new(REPEATED)),
    }
}
