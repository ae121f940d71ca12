//! Approving changes, returning them to the author, and commenting on them.

use engine::canonical::Digest;
use leptos::prelude::*;
use service::change::{self, ApprovalResult};
use store::actor::Role;

use super::draft::find;
use super::{change_path, refused};
use crate::actions::{REPEATED, actor, actor_once, allowed, in_slot, lead_to_with};
use crate::error::{Error, Missing, Result};
use crate::flash::Flash;
use crate::texts::texts;
use crate::ui::{roles, series};

/// The maximum length of a comment in characters, which the database enforces.
const COMMENT_CHARS: usize = 5_000;

/// Approves a change in a role. The last approval turns it into a version.
///
/// # Errors
/// Returns an error if the change or the role does not exist, or if the database fails.
#[server(prefix = "/actions", endpoint = "sign-change")]
pub async fn sign_change(
    /// The change's number.
    number: i64,
    /// Hash of the content that was looked at.
    hash: String,
    /// Hashes of the live bundles that it was shown against, with commas between them.
    #[server(default)]
    live: String,
    /// The role that it is signed in.
    role: String,
    /// What there is to say, if anything.
    #[server(default)]
    comment: String,
) -> Result<(), Error> {
    let request = allowed::<SignChange>()?;
    let (hash, comment) = (seen(&hash)?, cut(&comment));
    let live = live.split(',').filter(|hash| !hash.is_empty()).map(seen).collect::<Result<Vec<_>>>()?;
    let role: Role = role.parse().map_err(|_| Error::NotFound { what: Missing::Role })?;
    let typed = Flash::default().value("comment", &*comment);
    let (actor, bytes) = (actor(&request)?, find(&request.store, number).await?.source_bytes);
    let approved = in_slot(&request, bytes, async move |request| {
        change::approve(&request.store, &actor, number, &hash, &live, role, &comment).await
    });
    match approved.await? {
        Ok(outcome) => lead_to_with(&change_path(number), &Flash::new(approval_message(&outcome))),
        Err(error) => refused(number, typed, error),
    }
}

fn approval_message(outcome: &ApprovalResult) -> String {
    match outcome {
        ApprovalResult::Waiting(roles) => {
            let roles: Vec<String> = roles.iter().map(roles::title).collect();
            texts().changes_approved_partly(series::all_of(&roles))
        }
        ApprovalResult::Approved { version, releases } if releases.is_empty() => {
            texts().changes_approved_unused(version.to_string())
        }
        ApprovalResult::Approved { version, releases } => {
            let titles: Vec<&str> = releases.iter().map(|(_, title)| title.as_str()).collect();
            texts().changes_approved_reach(version.to_string(), series::all_of(&titles))
        }
    }
}

/// Returns a change to its author.
///
/// # Errors
/// Returns an error if the change does not exist, or if the database fails.
#[server(prefix = "/actions", endpoint = "return-change")]
pub async fn return_change(
    /// The change's number.
    number: i64,
    /// Hash of the content that was looked at.
    hash: String,
    /// What should change.
    #[server(default)]
    comment: String,
) -> Result<(), Error> {
    let request = allowed::<ReturnChange>()?;
    let (hash, comment) = (seen(&hash)?, cut(&comment));
    if comment.trim().is_empty() {
        let flash =
            Flash::problem(texts().changes_not_returned()).error("return", texts().changes_return_missing());
        return lead_to_with(&change_path(number), &flash);
    }
    let typed = Flash::default().value("return", &*comment);
    match change::send_back(&request.store, &actor(&request)?, number, &hash, &comment).await {
        Ok(()) => lead_to_with(&change_path(number), &Flash::new(texts().changes_now_returned())),
        Err(error) => refused(number, typed, error),
    }
}

/// Comments on a change.
///
/// # Errors
/// Returns an error if the change does not exist, or if the database fails.
#[server(prefix = "/actions", endpoint = "comment-change")]
pub async fn comment_change(
    /// The change's number.
    number: i64,
    /// What is said.
    #[server(default)]
    comment: String,
    /// Names the form, so that it acts once.
    #[server(default)]
    form: String,
) -> Result<(), Error> {
    let request = allowed::<CommentChange>()?;
    let comment = cut(&comment);
    if comment.trim().is_empty() {
        let flash =
            Flash::problem(texts().changes_comment_empty()).error("said", texts().changes_comment_missing());
        return lead_to_with(&change_path(number), &flash);
    }
    match change::comment(&request.store, &actor_once(&request, &form)?, number, &comment).await {
        Ok(()) => lead_to_with(&change_path(number), &Flash::new(texts().changes_comment_added())),
        Err(store::Error::Repeated) => lead_to_with(&change_path(number), &Flash::new(REPEATED)),
        Err(error) => refused(number, Flash::default().value("said", comment), error),
    }
}

fn seen(hash: &str) -> Result<Digest> {
    Digest::try_from(hash.to_owned()).map_err(|_| Error::NotFound { what: Missing::Version })
}

pub(super) fn cut(comment: &str) -> String {
    comment.replace("\r\n", "\n").chars().take(COMMENT_CHARS).collect()
}
