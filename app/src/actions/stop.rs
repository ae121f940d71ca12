//! Stopping a workflow, and letting it go on.

use leptos::prelude::*;
use store::control::kill::{self, Scope, kill_switches};
use store::reads::frame::workflow_names;

use super::{Flash, actor, allowed, back_to, lead_to_with};
use crate::error::Error;

/// What stands for every workflow, those to come too.
pub const ALL: &str = "*";
/// Characters of a reason, as the database has it.
pub const REASON_CHARS: usize = 500;

/// Stops a workflow, or all: from now on its leads go to people and nothing is sent. Leads back to `next`.
///
/// # Errors
/// When there is no such workflow, or the database fails.
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
    let typed = reason;
    let reason: String = typed.trim().chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let problem = match reason.chars().count() {
        0 => Some("Say why: it stands on everybody’s home page.".to_owned()),
        1..=REASON_CHARS => None,
        count => Some(format!("At most {REASON_CHARS} characters; this has {count}.")),
    };
    if let Some(problem) = problem {
        let flash = Flash::new("Nothing was stopped.")
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
        &Flash::new(format!("{title} is stopped. New leads go to people, and nothing is sent.")),
    )
}

/// Lets a workflow, or all, go on. Leads back to `next`.
///
/// # Errors
/// When there is no such workflow, or the database fails.
#[server(prefix = "/actions", endpoint = "resume-workflow")]
pub async fn resume_workflow(
    /// The workflow's name, or [`ALL`].
    workflow: String,
    /// Where to go then.
    #[server(default)]
    next: Option<String>,
) -> Result<(), Error> {
    let request = allowed::<ResumeWorkflow>()?;
    let title = title(&request.store, &workflow).await?;
    let said = match kill::resume(&request.store, &actor(&request)?, &scope(&workflow)).await {
        Ok(()) => format!("{title} goes on. What waits in the queue stays there for people."),
        Err(store::Error::NotFound("stop")) => format!("{title} is not stopped any more."),
        Err(error) => return Err(error.into()),
    };
    lead_to_with(&back_to(next.as_deref(), "/"), &Flash::new(said))
}

fn scope(workflow: &str) -> Scope {
    if workflow == ALL { Scope::All } else { Scope::Workflow(workflow.to_owned()) }
}

async fn title(store: &store::Store, workflow: &str) -> Result<String, Error> {
    if workflow == ALL {
        return Ok("Every workflow".into());
    }
    let mut known = workflow_names(store).await?.into_iter();
    let found = known.find(|known| known.name == workflow);
    Ok(found.ok_or_else(|| Error::NotFound { what: "workflow".into() })?.title)
}
