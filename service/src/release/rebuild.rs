//! Updates the open releases of a workflow after another one goes live.

use engine::bundle::BundleSource;
use engine::control::release::{ReleaseAction, Stage, TransitionActor, step};
use sqlx::PgConnection;
use store::actor::Actor;
use store::releases::{self, Release};
use store::workflows::{self, Version};
use store::{Error, Result};

use super::build::build;
use crate::affected::{AffectedWorkflow, surroundings_of};

/// Rebuilds a workflow's open releases on the new live release. Retires those that would no longer change anything, and suspends
/// those that no longer fit. Returns the numbers of those that require approval again.
pub(super) async fn rebuild_others(
    connection: &mut PgConnection,
    actor: &Actor,
    live: &Release,
) -> Result<Vec<i64>> {
    let waiting = releases::open_of(connection, live.workflow).await?;
    if waiting.is_empty() {
        return Ok(Vec::new());
    }
    let around = surroundings_of(connection, live.workflow).await?;
    let mut to_approve = Vec::new();
    for release in waiting {
        let Some(change) = &release.change else { continue };
        let version = workflows::versions(connection, &[change.version_id.0]).await?.pop();
        let version = version.ok_or(Error::NotFound("version"))?;
        let stage = rebuild(connection, actor, live, &release, &version, around.clone()).await?;
        if stage.is_open() && !releases::missing_roles(connection, release.id).await?.is_empty() {
            to_approve.push(release.number);
        }
    }
    Ok(to_approve)
}

/// Rebuilds one release and returns its new stage.
async fn rebuild(
    connection: &mut PgConnection,
    actor: &Actor,
    live: &Release,
    release: &Release,
    version: &Version,
    around: AffectedWorkflow,
) -> Result<Stage> {
    if live_version(&around.source, version) >= Some(version.version) {
        return retire(connection, actor, live, release).await;
    }
    let built = build(connection, actor, around, version).await?;
    if built.as_ref() == Ok(&live.bundle) {
        return retire(connection, actor, live, release).await;
    }
    let mut release = release.clone();
    // Simulations and shadow runs so far used another bundle.
    if built.is_err() || !matches!(release.stage, Stage::Approved | Stage::Scheduled | Stage::Suspended) {
        let why = match &built {
            Err(problem) => format!("Release {} went live and {problem}", live.number),
            Ok(_) => format!("Release {} went live.", live.number),
        };
        suspend(connection, actor, &mut release, &why).await?;
    }
    if let Ok(bundle) = built {
        releases::rebuild(connection, actor, &release, &bundle, &live.bundle).await?;
        if release.stage == Stage::Suspended {
            let approved = advance(&release, ReleaseAction::Reinstate)?;
            releases::move_to(connection, actor, &release, ReleaseAction::Reinstate, approved, "", None)
                .await?;
            release.stage = approved;
        }
    }
    Ok(release.stage)
}

/// Retires a release that would no longer change anything.
async fn retire(
    connection: &mut PgConnection,
    actor: &Actor,
    live: &Release,
    release: &Release,
) -> Result<Stage> {
    let retired = advance(release, ReleaseAction::Replace)?;
    let why = format!("Release {} went live and left nothing of it to change.", live.number);
    releases::move_to(connection, actor, release, ReleaseAction::Replace, retired, &why, Some(live.id))
        .await?;
    Ok(retired)
}

async fn suspend(
    connection: &mut PgConnection,
    actor: &Actor,
    release: &mut Release,
    why: &str,
) -> Result<()> {
    if release.stage != Stage::Suspended {
        let suspended = advance(release, ReleaseAction::Suspend)?;
        releases::move_to(connection, actor, release, ReleaseAction::Suspend, suspended, why, None).await?;
        (release.stage, release.paused_from) = (suspended, None);
    }
    Ok(())
}

/// Returns the stage that follows from an act of Meshline itself.
fn advance(release: &Release, act: ReleaseAction) -> Result<Stage> {
    step(release.position(), act, TransitionActor::System)
        .map_err(|refusal| Error::Refused(refusal.to_string()))
}

/// Returns the live version of the part that `version` belongs to, or `None` if the part is not in use.
fn live_version(source: &BundleSource, version: &Version) -> Option<u32> {
    let place = version.kind.spec().place.as_ref()?;
    (place.version)(source, &version.name)
}
