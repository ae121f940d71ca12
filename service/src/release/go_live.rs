//! Puts releases live. This second step requires a person who did not edit the change.

use engine::canonical::Digest;
use engine::control::release::ReleaseAction;
use store::actor::Actor;
use store::releases;
use store::{Error, Result, Store};

use super::next_stage;
use super::rebuild::rebuild_others;
use crate::assignees::check_release_assignees;

/// The result of going live.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GoLiveResult {
    /// The workflow's title.
    pub workflow: String,
    /// The number of the release that was live before.
    pub replaced: Option<i64>,
    /// The numbers of releases that were rebuilt and require approval again.
    pub to_approve: Vec<i64>,
}

/// Puts a release live: its bundle decides from the next event on. Retires the previous release and rebuilds the other open ones
/// on the new live bundle, all in one transaction. `seen` is the hash of the bundle that the person reviewed.
///
/// # Errors
/// Returns [`Error::Refused`] if the release was rebuilt since, its bundle lacks an approval, it would hand leads to people who
/// cannot get them, or the actor does not have permission.
pub async fn go_live(store: &Store, actor: &Actor, number: i64, seen: &Digest) -> Result<GoLiveResult> {
    let mut tx = store.begin().await?;
    let release = releases::locked(&mut tx, number).await?;
    next_stage(&mut tx, actor, &release, ReleaseAction::GoLive).await?;
    if release.bundle != *seen {
        return Err(Error::Refused("this release was rebuilt after you opened it".into()));
    }
    let missing = releases::missing_roles(&mut tx, release.id).await?;
    if !missing.is_empty() {
        let roles: Vec<&str> = missing.iter().map(|role| role.title()).collect();
        return Err(Error::Refused(format!("{} must approve this release first", roles.join(" and "))));
    }
    check_release_assignees(&mut tx, &release).await?;
    let replaced = releases::go_live(&mut tx, actor, &release).await?;
    let to_approve = rebuild_others(&mut tx, actor, &release).await?;
    tx.commit().await?;
    Ok(GoLiveResult {
        workflow: release.workflow_title,
        replaced: replaced.map(|before| before.number),
        to_approve,
    })
}
