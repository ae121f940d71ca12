//! Stopping and resuming a workflow.

use std::collections::BTreeMap;

use chrono_tz::Tz;
use leptos::prelude::*;
use service::mail::Email;
use store::control::kill::{self, KillProblem, StopScope, kill_switches};
use store::notices::{Notice, NoticeKind};
use store::reads::frame::workflow_names;
use store::sync::resumption_of_workflows;

use super::sync::{one_line, problem, resume_workflow_page, sent};
use super::{actor, allowed, back_to, lead_to_with};
use crate::error::{Error, Missing};
use crate::flash::Flash;
use crate::texts::texts;
use crate::ui::clock::Clock;
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
        0 => Some(texts().stop_reason_missing()),
        1..=REASON_CHARS => None,
        count => Some(texts().stop_reason_too_long(count.to_string(), REASON_CHARS.to_string())),
    };
    if let Some(problem) = problem {
        let flash = Flash::new(texts().stop_not_stopped())
            .error("reason", problem)
            .value("workflow", workflow)
            .value("reason", typed);
        return lead_to_with(&back, &flash);
    }
    let store = request.store.access();
    let title = title(&store, &workflow).await?;
    let is_same = |switch: &kill::KillSwitch| switch.workflow.as_deref().unwrap_or(ALL) == workflow;
    if let Some(first) = kill_switches(&store).await?.into_iter().find(is_same) {
        return lead_to_with(&back, &Flash::new(texts().stop_stopped_before(title, &first.reason)));
    }
    let problems = kill::kill(&store, &actor(&request)?, &scope(&workflow), &reason).await?;
    let stopped = texts().stop_stopped(title);
    let said: Vec<String> = [stopped].into_iter().chain(problems.into_iter().map(missing)).collect();
    lead_to_with(&back, &Flash::new(said.join(" ")))
}

/// Says what a stop could not do.
fn missing(problem: KillProblem) -> String {
    match problem {
        KillProblem::NotAudited => texts().stop_not_audited(),
        KillProblem::NotNotified => texts().stop_not_notified(),
        KillProblem::CommitsInProgress => texts().stop_commits_in_progress(),
    }
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
    let store = request.store.access();
    let title = title(&store, &workflow).await?;
    let (typed, reason) = (reason.clone(), one_line(&reason));
    if let Some(problem) = problem(&reason) {
        let flash =
            Flash::new(texts().stop_not_resumed(title)).error("reason", problem).value("reason", typed);
        return lead_to_with(&back_to(None, &resume_workflow_page(&workflow)), &flash);
    }
    let before = resumption_of_workflows(&request.store, &scope(&workflow), request.now).await?;
    let said = match kill::resume(&store, &actor(&request)?, &scope(&workflow), &reason).await {
        Ok(()) => {
            let (resumed, stay) = (texts().stop_resumed(title), texts().stop_resumed_queue());
            format!("{resumed}{} {stay}", sent(&before))
        }
        Err(store::Error::NotFound("stop")) => texts().stop_was_not_stopped(title),
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
        return Ok(texts().stop_every_workflow());
    }
    let mut known = workflow_names(store).await?.into_iter();
    let found = known.find(|known| known.name == workflow);
    Ok(found.ok_or(Error::NotFound { what: Missing::Workflow })?.title)
}

/// Writes the e-mail to sales leadership about a stopped or resumed workflow. `origin` is the server's public address.
pub fn letter(notice: &Notice, names: &BTreeMap<String, String>, origin: &str) -> Email {
    let workflow = notice.workflow.clone().unwrap_or_else(|| texts().stop_every_workflow());
    let (name, by) = (&notice.name, words::actor(&notice.by_whom, names));
    let zone: Tz = notice.time_zone.parse().unwrap_or(chrono_tz::UTC);
    let at = Clock { now: notice.at, zone }.full(notice.at);
    let is_resumed = matches!(notice.what.parse(), Ok(NoticeKind::Resumed));
    let (subject, text) = if is_resumed {
        let text = texts().stop_mail_resumed(name, &workflow, by, at, &notice.reason, origin);
        (texts().stop_mail_resumed_subject(workflow), text)
    } else {
        let text = texts().stop_mail_stopped(name, &workflow, by, at, &notice.reason, origin);
        (texts().stop_mail_stopped_subject(workflow), text)
    };
    Email { to: notice.email.clone(), name: notice.name.clone(), subject, text }
}
