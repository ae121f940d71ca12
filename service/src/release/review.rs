//! Approving a rebuilt release, and giving one up.

use engine::canonical::Digest;
use engine::control::release::Act;
use store::actor::{Actor, Role};
use store::releases;
use store::{Error, Result, Store};

use super::next_stage;

/// Approves the bundle that a release has now, in a role; returns the roles that must still approve. `seen` is the hash of
/// the bundle that the person looked at.
///
/// # Errors
/// [`Error::Refused`] when the release was rebuilt since, or the person may not approve it in that role.
pub async fn approve(
    store: &Store,
    actor: &Actor,
    number: i64,
    seen: &Digest,
    role: Role,
) -> Result<Vec<Role>> {
    let mut tx = store.pool().begin().await?;
    let release = releases::locked(&mut tx, number).await?;
    releases::approve(&mut tx, actor, actor.person()?, &release, seen, role).await?;
    let missing = releases::missing_roles(&mut tx, release.id).await?;
    tx.commit().await?;
    Ok(missing)
}

/// Gives up a release that has not gone live. Its version stays; another change starts from it.
///
/// # Errors
/// [`Error::Refused`] without a reason, or when the release is closed or the actor may not.
pub async fn withdraw(store: &Store, actor: &Actor, number: i64, why: &str) -> Result<()> {
    let why = why.trim();
    if why.is_empty() {
        return Err(Error::Refused("give a reason".into()));
    }
    let mut tx = store.pool().begin().await?;
    let release = releases::locked(&mut tx, number).await?;
    let retired = next_stage(&mut tx, actor, &release, Act::Withdraw).await?;
    releases::move_to(&mut tx, actor, &release, Act::Withdraw, retired, why, None).await?;
    tx.commit().await?;
    Ok(())
}
