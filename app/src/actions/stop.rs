//! Stopping and resuming a workflow.

use std::collections::BTreeMap;

use chrono_tz::Tz;
use leptos::prelude::*;
use service::mail::Email;
use store::control::kill::{self, StopScope, kill_switches};
use store::notices::{Notice, NoticeKind};
use store::reads::frame::workflow_names;
use store::sync::resumption_of_workflows;

use super::sync::{one_line, problem, resume_workflow_page, sent};
use super::{actor, allowed, back_to, lead_to_with};
use crate::error::Error;
use crate::flash::Flash;
use crate::ui::words;

/// The name for all workflows, including future ones.
pub const ALL: &str = "*";
/// The maximum length of a reason in characters, which the database enforces.
pub const REASON_CHARS: usize = 500;

/// Stops one workflow or all of them: new leads go to the queue, and nothing is sent. Redirects to `next`.
///
/// # Errors
/// Returns an error if the workflow does not exist, or if the database fails.
#[server(prefix = "/actions", endpoint = "stop-workflow")]
pub async fn stop_workflow(
    /// The workflow's name, or [`ALL`].
    workflow: String,
    /// Why.
    reason: String,
    /// Where to go then.
    #[server(default)]
    next: Option<String>,
) -> Result<(), Error> {
    let request = allowed::<StopWorkflow>()?;
    let back = back_to(next.as_deref(), "/");
    let (typed, reason) = (reason.clone(), one_line(&reason));
    let problem = match reason.chars().count() {
        0 => Some("Give a reason. Everyone sees it on their home page.".to_owned()),
        1..=REASON_CHARS => None,
        count => Some(format!("At most {REASON_CHARS} characters; this has {count}.")),
    };
    if let Some(problem) = problem {
        let flash = Flash::new("Not stopped: fix the reason.")
            .error("reason", problem)
            .value("workflow", workflow)
            .value("reason", typed);
        return lead_to_with(&back, &flash);
    }
    let title = title(&request.store, &workflow).await?;
    let is_same = |switch: &kill::KillSwitch| switch.workflow.as_deref().unwrap_or(ALL) == workflow;
    if let Some(first) = kill_switches(&request.store).await?.into_iter().find(is_same) {
        return lead_to_with(&back, &Flash::new(format!("{title} is stopped already: {}", first.reason)));
    }
    kill::kill(&request.store, &actor(&request)?, &scope(&workflow), &reason).await?;
    lead_to_with(
        &back,
        &Flash::new(format!(
            "{title} is stopped. New leads go to the queue, and nothing is sent until it resumes."
        )),
    )
}

/// Resumes one workflow or all of them, with a reason for the audit log. Redirects to `next`.
///
/// # Errors
/// Returns an error if the workflow does not exist, or if the database fails.
#[server(prefix = "/actions", endpoint = "resume-workflow")]
pub async fn resume_workflow(
    /// The workflow's name, or [`ALL`].
    workflow: String,
    /// Why.
    #[server(default)]
    reason: String,
    /// Where to go then.
    #[server(default)]
    next: Option<String>,
) -> Result<(), Error> {
    let request = allowed::<ResumeWorkflow>()?;
    let title = title(&request.store, &workflow).await?;
    let (typed, reason) = (reason.clone(), one_line(&reason));
    if let Some(problem) = problem(&reason) {
        let flash =
            Flash::new(format!("{title} was not resumed.")).error("reason", problem).value("reason", typed);
        return lead_to_with(&back_to(None, &resume_workflow_page(&workflow)), &flash);
    }
    let before = resumption_of_workflows(&request.store, &scope(&workflow), request.now).await?;
    let said = match kill::resume(&request.store, &actor(&request)?, &scope(&workflow), &reason).await {
        Ok(()) => format!("{title} is resumed.{} Leads already in the queue stay there.", sent(&before)),
        Err(store::Error::NotFound("stop")) => format!("{title} is not stopped."),
        Err(error) => return Err(error.into()),
    };
    lead_to_with(&back_to(next.as_deref(), "/"), &Flash::new(said))
}

/// Returns the workflows that a form names.
pub(crate) fn scope(workflow: &str) -> StopScope {
    if workflow == ALL { StopScope::All } else { StopScope::Workflow(workflow.to_owned()) }
}

async fn title(store: &store::Store, workflow: &str) -> Result<String, Error> {
    if workflow == ALL {
        return Ok("Every workflow".into());
    }
    let mut known = workflow_names(store).await?.into_iter();
    let found = known.find(|known| known.name == workflow);
    Ok(found.ok_or_else(|| Error::NotFound { what: "workflow".into() })?.title)
}

/// Writes the e-mail to sales leadership about a stopped or resumed workflow. `origin` is the server's public address.
pub fn letter(notice: &Notice, names: &BTreeMap<String, String>, origin: &str) -> Email {
    let workflow = notice.workflow.as_deref().unwrap_or("Every workflow");
    let by = words::actor(&notice.by_whom, names);
    let zone: Tz = notice.time_zone.parse().unwrap_or(chrono_tz::UTC);
    let at = notice.at.with_timezone(&zone).format("%A %-d %B %Y, %H:%M %Z");
    let (subject, done, then) = match notice.what.parse() {
        Ok(NoticeKind::Resumed) => (
            format!("{workflow} was resumed"),
            format!("Resumed by {by}, {at}. Reason:"),
            "The rules decide new leads again. Leads already in the queue stay there.",
        ),
        _ => (
            format!("{workflow} is stopped"),
            format!("Stopped by {by}, {at}. Reason:"),
            "New leads go to the queue. Nothing is sent until the workflow resumes.",
        ),
    };
    let text = format!(
        "Hello {},\n\n{subject}. {done}\n\n    {}\n\n{then}\n\n{origin}/\n\nYou receive this because you lead sales.\n",
        notice.name, notice.reason
    );
    Email { to: notice.email.clone(), name: notice.name.clone(), subject, text }
}
