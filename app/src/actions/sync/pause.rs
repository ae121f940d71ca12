//! Pausing and resuming a destination.

use leptos::prelude::*;
use store::titles::{TitledObject, titles};
use store::{Store, sync};

use super::destination;
use crate::actions::{actor, allowed, back_to, lead_to_with};
use crate::error::{Error, Result};
use crate::flash::Flash;

/// The maximum length of a reason in characters: a few sentences.
pub const REASON_CHARS: usize = 500;

/// Pauses a destination, with a reason that all people see, then redirects to `next`.
///
/// # Errors
/// Returns an error if the destination does not exist, or if the database fails.
#[server(prefix = "/actions", endpoint = "pause-destination")]
pub async fn pause_destination(
    /// The destination's name.
    destination: String,
    /// Why.
    reason: String,
    /// Where to go then.
    #[server(default)]
    next: Option<String>,
) -> Result<(), Error> {
    let request = allowed::<PauseDestination>()?;
    let back = back_to(next.as_deref(), "/sync");
    let found = self::destination(&request.store, &destination).await?;
    let title = titled(&request.store, &destination).await?;
    let typed = reason;
    let reason: String = typed.trim().chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let problem = match reason.chars().count() {
        0 => Some("Say why, so that whoever looks next knows.".to_owned()),
        1..=REASON_CHARS => None,
        count => Some(format!("At most {REASON_CHARS} characters; this has {count}.")),
    };
    if let Some(problem) = problem {
        let flash = Flash::new(format!("{title} was not paused."))
            .error("reason", problem)
            .value("destination", destination)
            .value("reason", typed);
        return lead_to_with(&back, &flash);
    }
    if let Some(first) = &found.paused_reason {
        return lead_to_with(&back, &Flash::new(format!("{title} is paused already: {first}")));
    }
    sync::pause(&request.store, &actor(&request)?, found.id(), &reason).await?;
    let said = format!("{title} is paused. What waits is sent once it goes on.");
    lead_to_with(&back, &Flash::new(said))
}

/// Resumes a destination, then redirects to `next`.
///
/// # Errors
/// Returns an error if the destination does not exist, or if the database fails.
#[server(prefix = "/actions", endpoint = "resume-destination")]
pub async fn resume_destination(
    /// The destination's name.
    destination: String,
    /// Where to go then.
    #[server(default)]
    next: Option<String>,
) -> Result<(), Error> {
    let request = allowed::<ResumeDestination>()?;
    let found = self::destination(&request.store, &destination).await?;
    sync::resume(&request.store, &actor(&request)?, found.id()).await?;
    let title = titled(&request.store, &destination).await?;
    let flash = Flash::new(format!("{title} goes on. What waits is sent now, the oldest first."));
    lead_to_with(&back_to(next.as_deref(), "/sync"), &flash)
}

/// Returns a destination's title.
async fn titled(store: &Store, name: &str) -> Result<String> {
    Ok(titles(store).await?.get(TitledObject::Destination(name)).unwrap_or(name).to_owned())
}
