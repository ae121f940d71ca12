//! Going live: the second step, by another person than those who edited the change.

use engine::canonical::Digest;
use engine::control::release::Act;
use store::actor::Actor;
use store::releases;
use store::{Error, Result, Store};

use super::next_stage;
use super::rebuild::rebuild_others;

/// What going live came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WentLive {
    /// What people call the workflow.
    pub workflow: String,
    /// The number of the release that was live before.
    pub replaced: Option<i64>,
    /// The numbers of releases that were rebuilt and need approval again.
    pub to_approve: Vec<i64>,
}

/// Makes a release the live one of its workflow: from the next event on its bundle decides. The release before retires, and
/// the others that wait are rebuilt on the new live bundle, all in one transaction. `seen` is the hash of the bundle that
/// the person looked at.
///
/// # Errors
/// [`Error::Refused`] when the release was rebuilt since, an approval of its bundle is missing, or the actor may not.
pub async fn go_live(store: &Store, actor: &Actor, number: i64, seen: &Digest) -> Result<WentLive> {
    let mut tx = store.pool().begin().await?;
    let release = releases::locked(&mut tx, number).await?;
    next_stage(&mut tx, actor, &release, Act::GoLive).await?;
    if release.bundle != *seen {
        return Err(Error::Refused("this release was rebuilt after you opened it".into()));
    }
    let missing = releases::missing_roles(&mut tx, release.id).await?;
    if !missing.is_empty() {
        let roles: Vec<&str> = missing.iter().map(|role| role.title()).collect();
        return Err(Error::Refused(format!("{} must approve this release first", roles.join(" and "))));
    }
    let replaced = releases::go_live(&mut tx, actor, &release).await?;
    let to_approve = rebuild_others(&mut tx, actor, &release).await?;
    tx.commit().await?;
    Ok(WentLive {
        workflow: release.workflow_title,
        replaced: replaced.map(|before| before.number),
        to_approve,
    })
}
