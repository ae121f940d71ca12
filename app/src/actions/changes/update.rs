//! Bringing changes up to date, and starting over from closed ones.

use engine::change::MergeSide;
use leptos::prelude::*;
use service::change;

use super::draft::find;
use super::{change_path, refused};
use crate::actions::{REPEATED, actor, actor_once, allowed, back_to, in_slot, lead_to_with};
use crate::error::{Error, Result};
use crate::flash::Flash;
use crate::texts::texts;

/// Merges an outdated draft with the newest version.
///
/// # Errors
/// Returns an error if the change does not exist, or if the database fails.
#[server(prefix = "/actions", endpoint = "update-change")]
pub async fn update_change(
    /// The change's number.
    number: i64,
    /// The revision that was looked at.
    revision: i32,
    /// The newest version that was looked at.
    version: u32,
    /// `ours` or `theirs` for each conflict, in order.
    #[server(default)]
    choices: Vec<String>,
) -> Result<(), Error> {
    let request = allowed::<UpdateChange>()?;
    let choices: Vec<MergeSide> = choices.iter().filter_map(|side| side.parse().ok()).collect();
    let (actor, bytes) = (actor(&request)?, find(&request.store, number).await?.source_bytes);
    let updated = in_slot(&request, bytes, async move |request| {
        change::bring_up_to_date(&request.store, &actor, number, revision, version, &choices).await
    });
    let path = change_path(number);
    match updated.await? {
        Ok(_) => lead_to_with(&path, &Flash::new(texts().changes_updated(version.to_string()))),
        Err(store::Error::Stale { .. }) => {
            lead_to_with(&path, &Flash::problem(texts().changes_not_updated()))
        }
        Err(error) => refused(number, Flash::default(), error),
    }
}

/// Starts a draft from a closed or outdated change. It keeps text, title, reason and discussion.
///
/// # Errors
/// Returns an error if the change does not exist, or if the database fails.
#[server(prefix = "/actions", endpoint = "start-over-change")]
pub async fn start_over_change(
    /// The change's number.
    number: i64,
    /// Names the form, so that it acts once.
    #[server(default)]
    form: String,
) -> Result<(), Error> {
    let request = allowed::<StartOverChange>()?;
    let (actor, bytes) = (actor_once(&request, &form)?, find(&request.store, number).await?.source_bytes);
    let started = in_slot(&request, bytes, async move |request| {
        change::start_over(&request.store, &actor, number).await
    });
    match started.await? {
        Ok(over) => {
            let number = number.to_string();
            let said = match over.is_up_to_date {
                true => texts().changes_continued(number),
                false => texts().changes_continued_outdated(number),
            };
            lead_to_with(&change_path(over.number), &Flash::new(said))
        }
        Err(store::Error::Repeated) => {
            lead_to_with(&back_to(None, "/changes?show=mine"), &Flash::new(REPEATED))
        }
        Err(error) => refused(number, Flash::default(), error),
    }
}
