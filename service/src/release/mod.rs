//! Releases: how an approved change comes to decide, workflow by workflow.
//!
//! Approving a change creates a release for each live workflow that uses it; nothing goes live by that. A release is built
//! on the live bundle. When another one goes live first it is rebuilt on the new live bundle, and an approval counts for
//! exactly one bundle, so two approved changes never overwrite each other unseen.

mod build;
mod create;
mod go_live;
mod rebuild;
mod review;

use engine::control::release::{Act, Maker, Stage, step};
use sqlx::PgConnection;
use store::actor::{Actor, Who};
use store::releases::Release;
use store::{Error, Result, changes};

pub(crate) use create::create;
pub use create::first;
pub use go_live::{WentLive, go_live};
pub use review::{approve, withdraw};

/// Returns the stage that an act of this actor leads to.
///
/// # Errors
/// [`Error::Refused`] when the release is not in a stage for it, or the actor may not.
async fn next_stage(
    connection: &mut PgConnection,
    actor: &Actor,
    release: &Release,
    act: Act,
) -> Result<Stage> {
    let is_editor = is_editor(connection, actor, release).await?;
    let maker = match actor.who {
        Who::Person(_) => Maker::Person { roles: &actor.roles, is_editor },
        // The command line and the scheduler are Meshline itself. A key belongs to a program of somebody else.
        Who::Command(_) => Maker::System,
        Who::ApiKey(_) => return Err(Error::Refused("an API key does not move releases".into())),
    };
    step(release.position(), act, maker).map_err(|refusal| Error::Refused(refusal.to_string()))
}

async fn is_editor(connection: &mut PgConnection, actor: &Actor, release: &Release) -> Result<bool> {
    let (Who::Person(person), Some(change)) = (&actor.who, &release.change) else { return Ok(false) };
    let editors = changes::editors(connection, change.id).await?;
    Ok(editors.iter().any(|(editor, _)| editor == person))
}
