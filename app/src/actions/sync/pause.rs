//! Pausing and resuming a destination.

use leptos::prelude::*;
use store::sync::{Resumption, resumption_of_destination};
use store::titles::{TitledObject, titles};
use store::{Store, sync};

use super::{destination, resume_destination_page};
use crate::actions::{actor, allowed, back_to, lead_to_with};
use crate::error::{Error, Result};
use crate::flash::Flash;
use crate::texts::texts;
use crate::ui::number;

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
    let (typed, reason) = (reason.clone(), one_line(&reason));
    if let Some(problem) = problem(&reason) {
        let flash = Flash::new(texts().deliveries_not_paused(title))
            .error("reason", problem)
            .value("destination", destination)
            .value("reason", typed);
        return lead_to_with(&back, &flash);
    }
    if let Some(first) = &found.paused_reason {
        return lead_to_with(&back, &Flash::new(texts().deliveries_already_paused(title, first)));
    }
    sync::pause(&request.store, &actor(&request)?, found.id(), &reason).await?;
    let said = texts().deliveries_paused(title);
    lead_to_with(&back, &Flash::new(said))
}

/// Resumes a destination, with a reason for the audit log, then redirects to `next`.
///
/// # Errors
/// Returns an error if the destination does not exist, or if the database fails.
#[server(prefix = "/actions", endpoint = "resume-destination")]
pub async fn resume_destination(
    /// The destination's name.
    destination: String,
    /// Why.
    #[server(default)]
    reason: String,
    /// Where to go then.
    #[server(default)]
    next: Option<String>,
) -> Result<(), Error> {
    let request = allowed::<ResumeDestination>()?;
    let found = self::destination(&request.store, &destination).await?;
    let title = titled(&request.store, &destination).await?;
    let back = back_to(next.as_deref(), "/sync");
    if found.paused_reason.is_none() {
        return lead_to_with(&back, &Flash::new(texts().deliveries_is_not_paused(title)));
    }
    let (typed, reason) = (reason.clone(), one_line(&reason));
    if let Some(problem) = problem(&reason) {
        let flash =
            Flash::new(texts().deliveries_not_resumed(title)).error("reason", problem).value("reason", typed);
        return lead_to_with(&back_to(None, &resume_destination_page(&destination)), &flash);
    }
    let before = resumption_of_destination(&request.store, found.id(), request.now).await?;
    sync::resume(&request.store, &actor(&request)?, found.id(), &reason).await?;
    lead_to_with(&back, &Flash::new(format!("{}{}", texts().deliveries_resumed(title), sent(&before))))
}

/// Marks the actions that expired at a destination as reviewed, then redirects to `next`.
///
/// # Errors
/// Returns an error if the destination does not exist, or if the database fails.
#[server(prefix = "/actions", endpoint = "review-expired")]
pub async fn review_expired(
    /// The destination's name.
    destination: String,
    /// Where to go then.
    #[server(default)]
    next: Option<String>,
) -> Result<(), Error> {
    let request = allowed::<ReviewExpired>()?;
    let found = self::destination(&request.store, &destination).await?;
    sync::review_expired(&request.store, &actor(&request)?, found.id()).await?;
    let title = titled(&request.store, &destination).await?;
    let said = texts().deliveries_reviewed(title);
    lead_to_with(&back_to(next.as_deref(), "/sync"), &Flash::new(said))
}

/// Describes what happens to the actions that waited, in sentences that each follow a space.
pub(crate) fn sent(before: &Resumption) -> String {
    let sent = (before.sent() > 0)
        .then(|| texts().deliveries_resumed_sent(before.sent(), number::count(before.sent())));
    let expired = (before.expired > 0)
        .then(|| texts().deliveries_resumed_expired(before.expired, number::count(before.expired)));
    sent.into_iter().chain(expired).map(|sentence| format!(" {sentence}")).collect()
}

/// Returns a reason as one line.
pub(crate) fn one_line(reason: &str) -> String {
    reason.trim().chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// Returns what is wrong with a reason, if anything.
pub(crate) fn problem(reason: &str) -> Option<String> {
    match reason.chars().count() {
        0 => Some(texts().deliveries_reason_missing()),
        1..=REASON_CHARS => None,
        count => Some(texts().deliveries_reason_too_long(count.to_string(), REASON_CHARS.to_string())),
    }
}

/// Returns a destination's title.
async fn titled(store: &Store, name: &str) -> Result<String> {
    Ok(titles(store).await?.get(TitledObject::Destination(name)).unwrap_or(name).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resume_says_what_is_sent_and_what_is_not() {
        let said = |waiting, expired, held| sent(&Resumption { waiting, expired, held });
        assert_eq!(said(0, 0, 0), "");
        assert_eq!(said(210, 189, 0), " 21 actions are being sent. 189 actions expired and are not sent.");
        assert_eq!(said(3, 1, 1), " 1 action is being sent. 1 action expired and is not sent.");
    }
}
