//! Approves rebuilt releases and withdraws releases.

use engine::canonical::Digest;
use engine::control::release::ReleaseAction;
use store::actor::{Actor, Role};
use store::releases;
use store::{Error, Result, Store};

use super::next_stage;

/// Approves the current bundle of a release in a role and returns the roles that must still approve. `seen` is the hash of the
/// bundle that the person reviewed.
///
/// # Errors
/// Returns [`Error::Refused`] if the release was rebuilt since, or the person does not have permission to approve it in that
/// role.
pub async fn approve(
    store: &Store,
    actor: &Actor,
    number: i64,
    seen: &Digest,
    role: Role,
) -> Result<Vec<Role>> {
    let mut tx = store.begin().await?;
    let release = releases::locked(&mut tx, number).await?;
    releases::approve(&mut tx, actor, actor.person()?, &release, seen, role).await?;
    let missing = releases::missing_roles(&mut tx, release.id).await?;
    tx.commit().await?;
    Ok(missing)
}

/// Withdraws a release that has not gone live. Its version remains, and the next change starts from it.
///
/// # Errors
/// Returns [`Error::Refused`] if the reason is empty, the release is closed, or the actor does not have permission.
pub async fn withdraw(store: &Store, actor: &Actor, number: i64, why: &str) -> Result<()> {
    let why = why.trim();
    if why.is_empty() {
        return Err(Error::Refused("give a reason".into()));
    }
    let mut tx = store.begin().await?;
    let release = releases::locked(&mut tx, number).await?;
    let retired = next_stage(&mut tx, actor, &release, ReleaseAction::Withdraw).await?;
    releases::move_to(&mut tx, actor, &release, ReleaseAction::Withdraw, retired, why, None).await?;
    tx.commit().await?;
    Ok(())
}
