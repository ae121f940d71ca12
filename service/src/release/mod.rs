//! Releases put an approved change into production, workflow by workflow.
//!
//! Approving a change creates a release for each live workflow that uses it, without putting it live. A release is built on the
//! live bundle. If another one goes live first, it is rebuilt on the new live bundle. An approval counts for exactly one bundle,
//! so two approved changes never overwrite each other unnoticed.

mod build;
mod create;
mod go_live;
mod rebuild;
mod review;

use engine::control::release::{ReleaseAction, Stage, TransitionActor, step};
use sqlx::PgConnection;
use store::actor::{Actor, ActorId};
use store::releases::Release;
use store::{Error, Result, changes};

pub(crate) use create::create;
pub use create::first;
pub use go_live::{GoLiveResult, go_live};
pub use review::{approve, withdraw};

/// Returns the stage that follows from the actor's act.
///
/// # Errors
/// Returns [`Error::Refused`] if the release's stage does not permit the act, or the actor does not have permission.
async fn next_stage(
    connection: &mut PgConnection,
    actor: &Actor,
    release: &Release,
    act: ReleaseAction,
) -> Result<Stage> {
    let is_editor = is_editor(connection, actor, release).await?;
    let maker = match actor.who {
        ActorId::Person(_) => TransitionActor::Person { roles: &actor.roles, is_editor },
        // Commands and the scheduler act for Meshline itself. An API key belongs to an external program.
        ActorId::Command(_) => TransitionActor::System,
        ActorId::ApiKey(_) => return Err(Error::Refused("an API key cannot move releases".into())),
    };
    step(release.position(), act, maker).map_err(|refusal| Error::Refused(refusal.to_string()))
}

async fn is_editor(connection: &mut PgConnection, actor: &Actor, release: &Release) -> Result<bool> {
    let (ActorId::Person(person), Some(change)) = (&actor.who, &release.change) else { return Ok(false) };
    let editors = changes::editors(connection, change.id).await?;
    Ok(editors.iter().any(|(editor, _)| editor == person))
}
