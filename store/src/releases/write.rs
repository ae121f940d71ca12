//! Releases as they are written, in the caller's transaction. The SQL is written by hand because it locks, guards and
//! copies rows; what the database refuses comes back as [`Error::Refused`].

use engine::canonical::Digest;
use engine::control::release::{Act, InFlight, Stage};
use engine::ids::{PersonId, ReleaseId, WorkflowId};
use serde_json::{Value as Json, json};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{LiveRelease, Release};
use crate::actor::{Actor, Role};
use crate::control::{Audit, audit};
use crate::error::{Error, Result};
use crate::workflows;

/// What a release comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReleaseOrigin<'a> {
    /// An approved change, by its id.
    Change(Uuid),
    /// Nothing that was approved, for this reason: the first release of a workflow.
    Waiver(&'a str),
}

/// A release to be created.
#[derive(Clone, Copy, Debug)]
pub struct NewRelease<'a> {
    /// The workflow.
    pub workflow: WorkflowId,
    /// What it comes from.
    pub origin: ReleaseOrigin<'a>,
    /// Hash of its bundle, which is stored already.
    pub bundle: Digest,
    /// Hash of the live bundle that it was built on.
    pub base_bundle: Option<Digest>,
    /// What happens to leads in flight when it goes live.
    pub in_flight: InFlight,
}

/// Creates a release in stage `approved`; returns its id and number.
///
/// # Errors
/// [`Error::Refused`] when the change is not approved or the bundle is another workflow's.
pub async fn create(
    connection: &mut PgConnection,
    actor: &Actor,
    new: NewRelease<'_>,
) -> Result<(ReleaseId, i64)> {
    let id = engine::ids::mint(actor.now, rand::random());
    let (change, waiver) = match new.origin {
        ReleaseOrigin::Change(change) => (Some(change), None),
        ReleaseOrigin::Waiver(why) => (None, Some(why)),
    };
    let number: i64 = sqlx::query_scalar(
        "INSERT INTO releases (id, workflow_id, change_id, waiver, bundle, base_bundle, built_at, built_by, stage, stage_since, stage_by, in_flight, \
         created_at, created_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'approved', $7, $8, $9, $7, $8) RETURNING number",
    )
    .bind(id)
    .bind(new.workflow.0)
    .bind(change)
    .bind(waiver)
    .bind(new.bundle.0.as_slice())
    .bind(new.base_bundle.as_ref().map(|hash| hash.0.as_slice()))
    .bind(actor.now)
    .bind(actor.who.to_string())
    .bind(<&str>::from(new.in_flight))
    .fetch_one(&mut *connection)
    .await?;
    let detail = json!({ "workflow_id": new.workflow, "bundle": new.bundle, "base_bundle": new.base_bundle, "change_id": change });
    log(connection, actor, "release.create", number, detail).await?;
    Ok((id.into(), number))
}

/// Records in the audit log that a first release goes live without approval, and why.
///
/// # Errors
/// When the database fails.
pub async fn waive(connection: &mut PgConnection, actor: &Actor, number: i64, why: &str) -> Result<()> {
    log(connection, actor, "release.waive", number, json!({ "why": why })).await
}

/// Counts those approvals of the change for the release's bundle that were given since the live release went live: the
/// people who gave them saw the change against the bundle that the release was built on.
///
/// # Errors
/// When the database fails.
pub async fn carry_approvals(connection: &mut PgConnection, release: ReleaseId) -> Result<()> {
    sqlx::query(
        "INSERT INTO release_approvals (release_id, bundle, role, person_id, at) \
         SELECT r.id, r.bundle, v.role, v.person_id, v.at FROM releases r JOIN changes c ON c.id = r.change_id \
         JOIN change_reviews v ON v.change_id = c.id AND v.verdict = 'approve' AND v.hash = c.hash \
         WHERE r.id = $1 AND NOT EXISTS (SELECT 1 FROM live_releases l WHERE l.workflow_id = r.workflow_id AND l.live_since > v.at)",
    )
    .bind(release.0)
    .execute(connection)
    .await?;
    Ok(())
}

/// Approves the bundle that a release has now, in a role. `seen` is the hash of the bundle that the person looked at.
///
/// # Errors
/// [`Error::Refused`] when the release was rebuilt since, the person may not approve, or the role has approved.
pub async fn approve(
    connection: &mut PgConnection,
    actor: &Actor,
    person: PersonId,
    release: &Release,
    seen: &Digest,
    role: Role,
) -> Result<()> {
    let written = sqlx::query(
        "INSERT INTO release_approvals (release_id, bundle, role, person_id, at) VALUES ($1, $2, $3, $4, $5)",
    )
    .bind(release.id.0)
    .bind(seen.0.as_slice())
    .bind(role.to_string())
    .bind(person.0)
    .bind(actor.now)
    .execute(&mut *connection)
    .await
    .map_err(Error::from);
    match written {
        Ok(_) => {}
        Err(Error::Duplicate(constraint)) if constraint == "release_approvals_one_role_a_person" => {
            return Err(Error::Refused("you approved this in another role".into()));
        }
        Err(Error::Duplicate(_)) => {
            return Err(Error::Refused(format!("{} has approved this already", role.title())));
        }
        Err(other) => return Err(other),
    }
    log(connection, actor, "release.approve", release.number, json!({ "role": role, "bundle": seen })).await
}

/// Gives a release that is not live another bundle, built on the live one.
///
/// # Errors
/// [`Error::Refused`] when the release is in a stage in which it is not rebuilt.
pub async fn rebuild(
    connection: &mut PgConnection,
    actor: &Actor,
    release: &Release,
    bundle: &Digest,
    base: &Digest,
) -> Result<()> {
    sqlx::query(
        "UPDATE releases SET bundle = $2, base_bundle = $3, built_at = $4, built_by = $5 WHERE id = $1",
    )
    .bind(release.id.0)
    .bind(bundle.0.as_slice())
    .bind(base.0.as_slice())
    .bind(actor.now)
    .bind(actor.who.to_string())
    .execute(&mut *connection)
    .await?;
    let detail = json!({ "bundle": bundle, "before": release.bundle, "base_bundle": base });
    log(connection, actor, "release.rebuild", release.number, detail).await
}

/// Moves a release that is not live to another stage, which the caller has from the table of transitions. `replaced_by` is
/// the release that takes its place, if one does.
///
/// # Errors
/// [`Error::Refused`] when the table has no such move.
pub async fn move_to(
    connection: &mut PgConnection,
    actor: &Actor,
    release: &Release,
    act: Act,
    to: Stage,
    why: &str,
    replaced_by: Option<ReleaseId>,
) -> Result<()> {
    let paused_from = (to == Stage::Paused).then(|| release.stage.to_string());
    sqlx::query(
        "UPDATE releases SET stage = $2, stage_since = $3, stage_by = $4, stage_why = $5, paused_from = $6, replaced_by = $7 WHERE id = $1",
    )
    .bind(release.id.0)
    .bind(<&str>::from(to))
    .bind(actor.now)
    .bind(actor.who.to_string())
    .bind(why)
    .bind(paused_from)
    .bind(replaced_by.map(|id| id.0))
    .execute(&mut *connection)
    .await?;
    log(
        connection,
        actor,
        &format!("release.{act}"),
        release.number,
        json!({ "stage": to.to_string(), "why": why }),
    )
    .await
}

/// Makes a release the live one of its workflow and retires the one that was: from the commit on, events are decided by its
/// bundle under the next epoch. Answers the release that it replaced.
///
/// # Errors
/// [`Error::Refused`] when an approval is missing, the actor may not, or the release was built on another bundle.
pub async fn go_live(
    connection: &mut PgConnection,
    actor: &Actor,
    release: &Release,
) -> Result<Option<LiveRelease>> {
    workflows::begin_epoch(connection, release.workflow.0).await?;
    let replaced = super::live(connection, release.workflow).await?;
    if let Some(before) = &replaced {
        sqlx::query(
            "UPDATE releases SET stage = 'retired', stage_since = $2, stage_by = $3, stage_why = '', share = 0, replaced_by = $4 WHERE id = $1",
        )
        .bind(before.id.0)
        .bind(actor.now)
        .bind(actor.who.to_string())
        .bind(release.id.0)
        .execute(&mut *connection)
        .await?;
        let detail = json!({ "stage": Stage::Retired.to_string(), "replaced_by": release.number });
        log(connection, actor, &format!("release.{}", Act::Replace), before.number, detail).await?;
    }
    sqlx::query(
        "UPDATE releases SET stage = 'live', stage_since = $2, stage_by = $3, stage_why = '', paused_from = NULL, share = 100 WHERE id = $1",
    )
    .bind(release.id.0)
    .bind(actor.now)
    .bind(actor.who.to_string())
    .execute(&mut *connection)
    .await?;
    sqlx::query(
        "INSERT INTO pool_states (name) SELECT v.name FROM bundles b JOIN versions v ON v.id = ANY (b.version_ids) \
         WHERE b.hash = $1 AND v.kind = 'pool' ON CONFLICT DO NOTHING",
    )
    .bind(release.bundle.0.as_slice())
    .execute(&mut *connection)
    .await?;
    let detail = json!({
        "workflow": release.workflow_name,
        "bundle": release.bundle,
        "replaces": replaced.as_ref().map(|before| before.number),
    });
    log(connection, actor, &format!("release.{}", Act::GoLive), release.number, detail).await?;
    workflows::announce_release(connection).await?;
    Ok(replaced)
}

async fn log(
    connection: &mut PgConnection,
    actor: &Actor,
    action: &str,
    number: i64,
    detail: Json,
) -> Result<()> {
    audit(connection, actor, Audit { action, subject: &format!("release:{number}"), lead: None, detail })
        .await
}
