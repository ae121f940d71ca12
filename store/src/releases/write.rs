//! Writes to releases, in the caller's transaction. Rejections by the database surface as [`Error::Refused`].
//!
//! Hand-written SQL: statements that copy rows from other tables.

use engine::canonical::Digest;
use engine::change::Kind;
use engine::control::release::{InFlight, ReleaseAction, Stage};
use engine::ids::{PersonId, ReleaseId, WorkflowId};
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, QuerySelect as _, Set};
use serde_json::{Value as Json, json};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{LiveRelease, Release};
use crate::actor::{Actor, Role};
use crate::control::{Audit, audit};
use crate::entity::{bundle, pool_state, release, release_approval, version};
use crate::error::{Error, Result};
use crate::orm::orm;
use crate::workflows;

/// Origin of a release.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReleaseOrigin<'a> {
    /// An approved change, by its ID.
    Change(Uuid),
    /// No approved change, for this reason; only for the first release of a workflow.
    Waiver(&'a str),
}

/// A release to create.
#[derive(Clone, Copy, Debug)]
pub struct NewRelease<'a> {
    /// The workflow.
    pub workflow: WorkflowId,
    /// Origin of the release.
    pub origin: ReleaseOrigin<'a>,
    /// Hash of the bundle, which must already be stored.
    pub bundle: Digest,
    /// Hash of the live bundle that the release is based on.
    pub base_bundle: Option<Digest>,
    /// How leads in flight are handled when the release goes live.
    pub in_flight: InFlight,
}

/// Creates a release in stage `approved`, and returns its ID and number.
///
/// # Errors
/// Returns [`Error::Refused`] if the change is not approved or the bundle belongs to another workflow.
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
    let who = actor.who.to_string();
    let row = release::ActiveModel {
        id: Set(id),
        workflow_id: Set(new.workflow.0),
        change_id: Set(change),
        waiver: Set(waiver.map(str::to_owned)),
        bundle: Set(new.bundle.0.to_vec()),
        base_bundle: Set(new.base_bundle.map(|hash| hash.0.to_vec())),
        built_at: Set(actor.now),
        built_by: Set(who.clone()),
        stage: Set(Stage::Approved.to_string()),
        stage_since: Set(actor.now),
        stage_by: Set(who.clone()),
        in_flight: Set(new.in_flight.to_string()),
        created_at: Set(actor.now),
        created_by: Set(who),
        ..Default::default()
    };
    let inserted = release::Entity::insert(row).exec_with_returning(&orm(connection)).await?;
    let number = inserted.number;
    let detail = json!({ "workflow_id": new.workflow, "bundle": new.bundle, "base_bundle": new.base_bundle, "change_id": change });
    log(connection, actor, "release.create", number, detail).await?;
    Ok((id.into(), number))
}

/// Records in the audit log that a first release goes live without approval, and why.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn waive(connection: &mut PgConnection, actor: &Actor, number: i64, why: &str) -> Result<()> {
    log(connection, actor, "release.waive", number, json!({ "why": why })).await
}

/// Carries over the change's approvals of the release's bundle, provided that the reviewer compared the change with
/// the live bundle that the release is based on.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn carry_approvals(connection: &mut PgConnection, release: ReleaseId) -> Result<()> {
    sqlx::query(
        "INSERT INTO release_approvals (release_id, bundle, role, person_id, at) \
         SELECT r.id, r.bundle, v.role, v.person_id, v.at FROM releases r JOIN changes c ON c.id = r.change_id \
         JOIN change_reviews v ON v.change_id = c.id AND v.verdict = 'approve' AND v.hash = c.hash \
         WHERE r.id = $1 AND r.base_bundle = ANY(v.live_bundles)",
    )
    .bind(release.0)
    .execute(connection)
    .await?;
    Ok(())
}

/// Approves the release's current bundle in a role. `seen` is the hash of the bundle that the person reviewed.
///
/// # Errors
/// Returns [`Error::Refused`] if the release was rebuilt since, the person lacks permission, or the role has already
/// approved.
pub async fn approve(
    connection: &mut PgConnection,
    actor: &Actor,
    person: PersonId,
    release: &Release,
    seen: &Digest,
    role: Role,
) -> Result<()> {
    let row = release_approval::ActiveModel {
        release_id: Set(release.id.0),
        bundle: Set(seen.0.to_vec()),
        role: Set(role.to_string()),
        person_id: Set(person.0),
        at: Set(actor.now),
    };
    let written = release_approval::Entity::insert(row).exec_without_returning(&orm(connection)).await;
    match written.map_err(Error::from) {
        Ok(_) => {}
        Err(Error::Duplicate(constraint)) if constraint == "release_approvals_one_role_a_person" => {
            return Err(Error::Refused("you have already approved this in another role".into()));
        }
        Err(Error::Duplicate(_)) => {
            return Err(Error::Refused(format!("{} has already approved this", role.title())));
        }
        Err(other) => return Err(other),
    }
    log(connection, actor, "release.approve", release.number, json!({ "role": role, "bundle": seen })).await
}

/// Replaces the bundle of a release that is not live with one built on the live bundle.
///
/// # Errors
/// Returns [`Error::Refused`] if the release's stage does not allow a rebuild.
pub async fn rebuild(
    connection: &mut PgConnection,
    actor: &Actor,
    release: &Release,
    bundle: &Digest,
    base: &Digest,
) -> Result<()> {
    let row = release::ActiveModel {
        bundle: Set(bundle.0.to_vec()),
        base_bundle: Set(Some(base.0.to_vec())),
        built_at: Set(actor.now),
        built_by: Set(actor.who.to_string()),
        ..Default::default()
    };
    update(connection, release.id, row).await?;
    let detail = json!({ "bundle": bundle, "before": release.bundle, "base_bundle": base });
    log(connection, actor, "release.rebuild", release.number, detail).await
}

/// Moves a release that is not live to another stage, which the caller takes from the transition table. `replaced_by`
/// is the release that replaces it, if any.
///
/// # Errors
/// Returns [`Error::Refused`] if the transition table does not contain the move.
pub async fn move_to(
    connection: &mut PgConnection,
    actor: &Actor,
    release: &Release,
    act: ReleaseAction,
    to: Stage,
    why: &str,
    replaced_by: Option<ReleaseId>,
) -> Result<()> {
    if release.stage.has_traffic() || to.has_traffic() {
        // From here on, commits that rely on a process's cached state of the workflow are rejected.
        workflows::begin_epoch(connection, release.workflow.0).await?;
        workflows::announce_release(connection).await?;
    }
    let paused_from = (to == Stage::Paused).then(|| release.stage.to_string());
    let row = release::ActiveModel {
        paused_from: Set(paused_from),
        replaced_by: Set(replaced_by.map(|id| id.0)),
        ..in_stage(actor, to, why)
    };
    update(connection, release.id, row).await?;
    log(
        connection,
        actor,
        &format!("release.{act}"),
        release.number,
        json!({ "stage": to.to_string(), "why": why }),
    )
    .await
}

/// Makes a release the live one of its workflow and retires the previous one, which it returns. From the commit on,
/// events are decided by the new bundle, under the next epoch.
///
/// # Errors
/// Returns [`Error::Refused`] if an approval is missing, the actor lacks permission, or the release is based on
/// another bundle.
pub async fn go_live(
    connection: &mut PgConnection,
    actor: &Actor,
    release: &Release,
) -> Result<Option<LiveRelease>> {
    workflows::begin_epoch(connection, release.workflow.0).await?;
    let replaced = super::live(connection, release.workflow).await?;
    if let Some(before) = &replaced {
        let row = release::ActiveModel {
            share: Set(0),
            replaced_by: Set(Some(release.id.0)),
            ..in_stage(actor, Stage::Retired, "")
        };
        update(connection, before.id, row).await?;
        let detail = json!({ "stage": Stage::Retired.to_string(), "replaced_by": release.number });
        log(connection, actor, &format!("release.{}", ReleaseAction::Replace), before.number, detail).await?;
    }
    let row =
        release::ActiveModel { paused_from: Set(None), share: Set(100), ..in_stage(actor, Stage::Live, "") };
    update(connection, release.id, row).await?;
    add_pool_states(connection, &release.bundle).await?;
    let detail = json!({
        "workflow": release.workflow_name,
        "bundle": release.bundle,
        "replaces": replaced.as_ref().map(|before| before.number),
    });
    log(connection, actor, &format!("release.{}", ReleaseAction::GoLive), release.number, detail).await?;
    workflows::announce_release(connection).await?;
    Ok(replaced)
}

/// Creates a row of counters for every pool in a bundle, so that a pick can lock it.
async fn add_pool_states(connection: &mut PgConnection, bundle: &Digest) -> Result<()> {
    let parts = bundle::Entity::find_by_id(bundle.0.to_vec()).one(&orm(connection)).await?;
    let names: Vec<String> = version::Entity::find()
        .select_only()
        .column(version::Column::Name)
        .filter(version::Column::Id.eq_any(parts.ok_or(Error::NotFound("bundle"))?.version_ids))
        .filter(version::Column::Kind.eq(Kind::Pool.to_string()))
        .into_tuple()
        .all(&orm(connection))
        .await?;
    let rows = names.into_iter().map(|name| pool_state::ActiveModel { name: Set(name) });
    pool_state::Entity::insert_many(rows)
        .on_conflict_do_nothing()
        .exec_without_returning(&orm(connection))
        .await?;
    Ok(())
}

/// Builds the columns that a move to a stage writes.
fn in_stage(actor: &Actor, stage: Stage, why: &str) -> release::ActiveModel {
    release::ActiveModel {
        stage: Set(stage.to_string()),
        stage_since: Set(actor.now),
        stage_by: Set(actor.who.to_string()),
        stage_why: Set(why.to_owned()),
        ..Default::default()
    }
}

/// Writes the columns of a release that are set in `row`.
async fn update(connection: &mut PgConnection, id: ReleaseId, row: release::ActiveModel) -> Result<()> {
    release::Entity::update_many()
        .set(row)
        .filter(release::Column::Id.eq(id.0))
        .exec(&orm(connection))
        .await?;
    Ok(())
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
