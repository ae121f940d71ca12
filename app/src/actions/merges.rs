//! Deciding suggestions to merge leads, and undoing merges.

use engine::ids::LeadId;
use leptos::prelude::*;
use store::merges::{self, REASON_CHARS, SuggestedPair};

use super::{LocalPath, REPEATED, actor_once, allowed, back_to, lead_to_with};
use crate::error::{Error, Missing, Result};
use crate::flash::Flash;
use crate::texts::texts;

/// Merges two leads.
///
/// # Errors
/// Returns an error if there is no such suggestion, or if the database fails.
#[server(prefix = "/actions", endpoint = "accept-merge")]
pub async fn accept_merge(
    /// The lead with the external ID.
    lead: String,
    /// The lead with the e-mail address.
    other: String,
    /// The lead that remains.
    #[server(default)]
    keep: String,
    /// Why they are one person.
    #[server(default)]
    reason: String,
    /// Names the form, so that it acts once.
    #[server(default)]
    form: String,
) -> Result<(), Error> {
    let request = allowed::<AcceptMerge>()?;
    let (pair, back) = (pair(&lead, &other)?, pair_path(&lead, &other));
    let Ok(keep) = keep.parse::<LeadId>() else {
        let flash = Flash::new(texts().merges_not_merged()).error("keep", texts().merges_choose_lead());
        return lead_to_with(&back, &flash.value("merge-reason", &reason));
    };
    let Some(reason) = given(&reason) else {
        let flash =
            Flash::new(texts().merges_not_merged()).error("merge-reason", texts().merges_reason_missing());
        return lead_to_with(&back, &flash);
    };
    let done = merges::accept(&request.store, &actor_once(&request, &form)?, pair, keep, &reason).await;
    let kept = back_to(None, &format!("/leads/{keep}"));
    finish(&back, done.map(|()| (kept, texts().merges_merged())))
}

/// Declines a suggestion.
///
/// # Errors
/// Returns an error if there is no such suggestion, or if the database fails.
#[server(prefix = "/actions", endpoint = "decline-merge")]
pub async fn decline_merge(
    /// The lead with the external ID.
    lead: String,
    /// The lead with the e-mail address.
    other: String,
    /// Why they are two people.
    #[server(default)]
    reason: String,
    /// Names the form, so that it acts once.
    #[server(default)]
    form: String,
) -> Result<(), Error> {
    let request = allowed::<DeclineMerge>()?;
    let (pair, back) = (pair(&lead, &other)?, pair_path(&lead, &other));
    let Some(reason) = given(&reason) else {
        let flash = Flash::new(texts().merges_not_declined())
            .error("decline-reason", texts().merges_reason_missing());
        return lead_to_with(&back, &flash);
    };
    let done = merges::decline(&request.store, &actor_once(&request, &form)?, pair, &reason).await;
    let list = back_to(None, "/merges");
    finish(&back, done.map(|()| (list, texts().merges_declined())))
}

/// Undoes a merge.
///
/// # Errors
/// Returns an error if the lead does not exist, or if the database fails.
#[server(prefix = "/actions", endpoint = "undo-merge")]
pub async fn undo_merge(
    /// The lead that was merged into another one.
    lead: String,
    /// Why.
    #[server(default)]
    reason: String,
    /// Names the form, so that it acts once.
    #[server(default)]
    form: String,
) -> Result<(), Error> {
    let request = allowed::<UndoMerge>()?;
    let id: LeadId = lead.parse().map_err(|_| Error::NotFound { what: Missing::Lead })?;
    let back = back_to(None, &format!("/leads/{id}"));
    let Some(reason) = given(&reason) else {
        let flash =
            Flash::new(texts().merges_not_undone()).error("undo-reason", texts().merges_reason_missing());
        return lead_to_with(&back, &flash);
    };
    let done = merges::undo(&request.store, &actor_once(&request, &form)?, id, &reason).await;
    finish(&back, done.map(|()| (back.clone(), texts().merges_undone())))
}

fn pair(lead: &str, other: &str) -> Result<SuggestedPair> {
    let id = |text: &str| text.parse().map_err(|_| Error::NotFound { what: Missing::Lead });
    Ok(SuggestedPair { lead: id(lead)?, other: id(other)? })
}

fn pair_path(lead: &str, other: &str) -> LocalPath {
    back_to(None, &format!("/merges/{lead}/{other}"))
}

/// Returns a reason without surrounding blanks, or `None` if there is none.
fn given(reason: &str) -> Option<String> {
    let reason: String = reason.replace("\r\n", "\n").trim().chars().take(REASON_CHARS).collect();
    (!reason.is_empty()).then_some(reason)
}

/// Redirects with the result, or back with the reason for a refusal; passes every other error on.
fn finish(back: &LocalPath, done: store::Result<(LocalPath, String)>) -> Result<()> {
    match done {
        Ok((path, message)) => lead_to_with(&path, &Flash::new(message)),
        Err(error @ store::Error::Refused(_)) => {
            lead_to_with(back, &Flash::new(Error::from(error).to_string()))
        }
        Err(store::Error::Repeated) => lead_to_with(back, &Flash::new(REPEATED)),
        Err(other) => Err(other.into()),
    }
}
