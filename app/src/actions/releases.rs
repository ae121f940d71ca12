//! Making releases live, approving rebuilt ones, and withdrawing them.

use engine::canonical::Digest;
use leptos::prelude::*;
use service::release::{self, GoLiveResult};
use store::actor::Role;

use super::{LocalPath, REPEATED, actor_once, allowed, back_to, lead_to_with};
use crate::error::{Error, Missing, Result};
use crate::flash::Flash;
use crate::texts::texts;
use crate::ui::{roles, series};

/// The maximum length of a reason in characters, which the database enforces.
const REASON_CHARS: usize = 5_000;

/// Makes an approved release the live one of its workflow.
///
/// # Errors
/// Returns an error if the release does not exist, or if the database fails.
#[server(prefix = "/actions", endpoint = "go-live")]
pub async fn go_live(
    /// The release's number.
    number: i64,
    /// Hash of the bundle that was looked at.
    bundle: String,
    /// Names the form, so that it acts once.
    #[server(default)]
    form: String,
    /// Where to go then.
    #[server(default)]
    next: Option<String>,
) -> Result<(), Error> {
    let request = allowed::<GoLive>()?;
    let back = release_path(next, number);
    let seen = seen(&bundle)?;
    let (store, actor) = (request.store.clone(), actor_once(&request, &form)?);
    // Other releases are compiled again, but an emergency never waits for a slot.
    let done =
        request.compute.run_at_once(async move || release::go_live(&store, &actor, number, &seen).await);
    match done.await? {
        Ok(done) => lead_to_with(&back, &Flash::new(go_live_message(number, &done))),
        Err(error) => refused(&back, error),
    }
}

fn go_live_message(number: i64, done: &GoLiveResult) -> String {
    let live = texts().releases_went_live(number.to_string(), &done.workflow);
    let rebuilt: Vec<String> = done.to_approve.iter().map(ToString::to_string).collect();
    if rebuilt.is_empty() {
        return live;
    }
    format!("{live} {}", texts().releases_rebuilt_others(rebuilt.len(), series::all_of(&rebuilt)))
}

/// Approves the current bundle of a release that was rebuilt.
///
/// # Errors
/// Returns an error if the release or the role does not exist, or if the database fails.
#[server(prefix = "/actions", endpoint = "approve-release")]
pub async fn approve_release(
    /// The release's number.
    number: i64,
    /// Hash of the bundle that was looked at.
    bundle: String,
    /// The role that it is approved in.
    role: String,
    /// Names the form, so that it acts once.
    #[server(default)]
    form: String,
    /// Where to go then.
    #[server(default)]
    next: Option<String>,
) -> Result<(), Error> {
    let request = allowed::<ApproveRelease>()?;
    let back = release_path(next, number);
    let seen = seen(&bundle)?;
    let role: Role = role.parse().map_err(|_| Error::NotFound { what: Missing::Role })?;
    match release::approve(&request.store, &actor_once(&request, &form)?, number, &seen, role).await {
        Ok(missing) if missing.is_empty() => {
            lead_to_with(&back, &Flash::new(texts().releases_approved(number.to_string())))
        }
        Ok(missing) => {
            let roles: Vec<String> = missing.iter().map(roles::title).collect();
            lead_to_with(&back, &Flash::new(texts().releases_approved_partly(series::all_of(&roles))))
        }
        Err(error) => refused(&back, error),
    }
}

/// Withdraws a release that has not gone live.
///
/// # Errors
/// Returns an error if the release does not exist, or if the database fails.
#[server(prefix = "/actions", endpoint = "withdraw-release")]
pub async fn withdraw_release(
    /// The release's number.
    number: i64,
    /// Why.
    #[server(default)]
    reason: String,
    /// Names the form, so that it acts once.
    #[server(default)]
    form: String,
) -> Result<(), Error> {
    let request = allowed::<WithdrawRelease>()?;
    let back = release_path(None, number);
    let reason: String = reason.replace("\r\n", "\n").chars().take(REASON_CHARS).collect();
    if reason.trim().is_empty() {
        let flash =
            Flash::new(texts().releases_not_withdrawn()).error("reason", texts().releases_reason_missing());
        return lead_to_with(&back, &flash);
    }
    match release::withdraw(&request.store, &actor_once(&request, &form)?, number, &reason).await {
        Ok(()) => lead_to_with(&back, &Flash::new(texts().releases_withdrawn())),
        Err(error) => refused(&back, error),
    }
}

fn release_path(next: Option<String>, number: i64) -> LocalPath {
    back_to(next.as_deref(), &format!("/releases/{number}"))
}

fn seen(bundle: &str) -> Result<Digest> {
    Digest::try_from(bundle.to_owned()).map_err(|_| Error::NotFound { what: Missing::Bundle })
}

/// Redirects with the reason for a refusal; passes every other error on.
fn refused(back: &LocalPath, error: store::Error) -> Result<()> {
    match error {
        store::Error::Refused(_) => lead_to_with(back, &Flash::new(Error::from(error).to_string())),
        store::Error::Repeated => lead_to_with(back, &Flash::new(REPEATED)),
        other => Err(other.into()),
    }
}
