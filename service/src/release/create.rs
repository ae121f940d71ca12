//! Creates releases: of an approved change, and the first one of a workflow.

use engine::canonical::Digest;
use engine::control::release::InFlight;
use engine::ids::WorkflowId;
use sqlx::PgConnection;
use store::actor::Actor;
use store::releases::{self, NewRelease, ReleaseOrigin};
use store::workflows::{self, Version};
use store::{Error, Result};
use uuid::Uuid;

use super::build::build;
use crate::affected::AffectedWorkflow;

/// Creates a release of an approved change in a live workflow and returns its number.
///
/// # Errors
/// Returns [`Error::Refused`] if the version does not fit what is live.
pub(crate) async fn create(
    connection: &mut PgConnection,
    actor: &Actor,
    change: Uuid,
    version: &Version,
    around: AffectedWorkflow,
) -> Result<i64> {
    let workflow = around.workflow;
    let bundle = build(connection, actor, around, version).await?.map_err(Error::Refused)?;
    let base_bundle = releases::live(connection, workflow).await?.map(|live| live.bundle);
    let new = NewRelease {
        workflow,
        origin: ReleaseOrigin::Change(change),
        bundle,
        base_bundle,
        in_flight: InFlight::FinishOld,
    };
    let (id, number) = releases::create(connection, actor, new).await?;
    releases::carry_approvals(connection, id).await?;
    Ok(number)
}

/// Puts a workflow live for the first time, without approval, with a bundle of these versions. The audit log records the waiver
/// and its reason. Returns the bundle's hash.
///
/// # Errors
/// Returns [`Error::Refused`] if the workflow has been live before.
pub async fn first(
    connection: &mut PgConnection,
    actor: &Actor,
    workflow: WorkflowId,
    name: &str,
    versions: &[Uuid],
    why: &str,
) -> Result<Digest> {
    let bundle = workflows::assemble(connection, actor, workflow, name, versions).await?;
    let new = NewRelease {
        workflow,
        origin: ReleaseOrigin::Waiver(why),
        bundle,
        base_bundle: None,
        in_flight: InFlight::FinishOld,
    };
    let (_, number) = releases::create(connection, actor, new).await?;
    releases::waive(connection, actor, number, why).await?;
    let release = releases::locked(connection, number).await?;
    releases::go_live(connection, actor, &release).await?;
    Ok(bundle)
}
