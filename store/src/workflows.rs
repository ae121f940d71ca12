//! Versions, bundles, workflows and routes.
//!
//! Hand-written SQL: workflows with their live bundle, an advisory lock, and a notification.

mod bundles;
mod versions;

use engine::ids::{DestinationId, WorkflowId};
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ColumnTrait as _, EntityTrait as _, ExprTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _,
    SelectExt as _, Set,
};
use serde::{Deserialize, Serialize};
use sqlx::types::Json as Column;
use sqlx::{FromRow, PgConnection};
use uuid::Uuid;

pub use self::bundles::{
    BundleParts, LiveWorkflow, Manifest, ManifestPart, assemble, bundle, bundle_without_entries,
    list_entries, live_by_id, live_with, lock_all, parts_in_reach,
};
pub use self::versions::{
    NewVersion, Version, begin, count_versions, insert, newest, newest_of_kind, version, versions,
};
use crate::actor::Actor;
use crate::channel::{Channel, notify};
use crate::control::{Audit, audit};
use crate::entity::{route, workflow};
use crate::error::Result;
use crate::orm::orm;
use crate::pool::Store;
pub use engine::change::Kind;

/// A workflow.
#[derive(Clone, Debug, FromRow)]
pub struct Workflow {
    /// Unique ID.
    pub id: Uuid,
    /// Name used in files, API responses and URLs.
    pub name: String,
    /// Display title.
    pub title: String,
    /// Owner, triggers and destinations.
    pub definition: Column<WorkflowDefinition>,
    /// The live release; `None` until the workflow goes live.
    pub live_release: Option<Uuid>,
    /// Hash of the live bundle.
    pub live_bundle: Option<Vec<u8>>,
    /// Release epoch, incremented by each release.
    pub release_epoch: i64,
}

/// Configuration of a workflow outside its bundle.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct WorkflowDefinition {
    /// Destinations of the workflow's decisions.
    #[serde(default)]
    pub destinations: Vec<WorkflowTarget>,
}

/// A destination of a workflow's decisions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WorkflowTarget {
    /// Name of the destination.
    pub to: String,
    /// Kind of write: `decision_event`, `lead_update` or `meeting`.
    pub purpose: String,
    /// Restricts the destination to decisions with these actions; empty means all of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub on: Vec<engine::action::Action>,
    /// Hours after which the write expires; `None` means never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_hours: Option<u32>,
}

impl WorkflowTarget {
    /// Returns whether a decision with this action goes to the destination.
    pub fn wants(&self, action: engine::action::Action) -> bool {
        self.on.is_empty() || self.on.contains(&action)
    }
}

/// Returns the destinations that a workflow names. Omits those that do not exist.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn targets(
    connection: &mut PgConnection,
    definition: WorkflowDefinition,
) -> Result<Vec<(DestinationId, WorkflowTarget)>> {
    let known = crate::destinations::by_name(connection).await?;
    let target = |target: WorkflowTarget| known.get(&target.to).map(|row| (row.id.into(), target));
    Ok(definition.destinations.into_iter().filter_map(target).collect())
}

const WORKFLOW: &str = "SELECT w.id, w.name, w.title, w.definition, l.id AS live_release, l.bundle AS live_bundle, w.release_epoch FROM workflows w \
     LEFT JOIN live_releases l ON l.workflow_id = w.id";

/// Returns the destinations of a workflow's decisions.
///
/// # Errors
/// Returns [`crate::Error::NotFound`] if the workflow does not exist.
pub async fn targets_of(
    connection: &mut PgConnection,
    workflow: WorkflowId,
) -> Result<Vec<(DestinationId, WorkflowTarget)>> {
    let definition: Column<WorkflowDefinition> =
        sqlx::query_scalar("SELECT definition FROM workflows WHERE id = $1")
            .bind(workflow.0)
            .fetch_one(&mut *connection)
            .await?;
    targets(connection, definition.0).await
}

/// Returns a workflow by name, or `None` if it does not exist.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn by_name(connection: &mut PgConnection, name: &str) -> Result<Option<Workflow>> {
    Ok(sqlx::query_as(sqlx::AssertSqlSafe(format!("{WORKFLOW} WHERE w.name = $1")))
        .bind(name)
        .fetch_optional(connection)
        .await?)
}

/// Returns all workflows, by name.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn all(connection: &mut PgConnection) -> Result<Vec<Workflow>> {
    Ok(sqlx::query_as(sqlx::AssertSqlSafe(format!("{WORKFLOW} ORDER BY w.name")))
        .fetch_all(connection)
        .await?)
}

/// Creates a workflow, or updates its configuration and routes.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn save(
    connection: &mut PgConnection,
    actor: &Actor,
    name: &str,
    title: &str,
    definition: &WorkflowDefinition,
    routes: &[(engine::event::EventKind, String)],
) -> Result<WorkflowId> {
    let row = workflow::ActiveModel {
        id: Set(engine::ids::mint(actor.now, rand::random())),
        name: Set(name.to_owned()),
        title: Set(title.to_owned()),
        definition: Set(serde_json::to_value(definition)?),
        created_at: Set(actor.now),
        ..Default::default()
    };
    let workflow::Model { id, .. } = workflow::Entity::insert(row)
        .on_conflict(
            OnConflict::column(workflow::Column::Name)
                .update_columns([workflow::Column::Title, workflow::Column::Definition])
                .to_owned(),
        )
        .exec_with_returning(&orm(connection))
        .await?;
    // Other processes cache destinations and routes; from here on, commits that rely on the old ones are rejected.
    begin_epoch(connection, id).await?;
    route::Entity::delete_many().filter(route::Column::WorkflowId.eq(id)).exec(&orm(connection)).await?;
    let rows = routes.iter().map(|(kind, source)| route::ActiveModel {
        kind: Set(kind.to_string()),
        source: Set(source.clone()),
        workflow_id: Set(id),
    });
    route::Entity::insert_many(rows).exec_without_returning(&orm(connection)).await?;
    let detail = serde_json::json!({ "definition": definition, "routes": routes });
    audit(
        connection,
        actor,
        Audit { action: "workflow.save", subject: &format!("workflow:{name}"), lead: None, detail },
    )
    .await?;
    Ok(id.into())
}

/// Returns the routes of a workflow, ordered by kind and source.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn routes_of(connection: &mut PgConnection, workflow: WorkflowId) -> Result<Vec<(String, String)>> {
    Ok(route::Entity::find()
        .select_only()
        .columns([route::Column::Kind, route::Column::Source])
        .filter(route::Column::WorkflowId.eq(workflow.0))
        .order_by_asc(route::Column::Kind)
        .order_by_asc(route::Column::Source)
        .into_tuple()
        .all(&orm(connection))
        .await?)
}

/// Returns the workflows that take events of a kind from a source.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn routed(store: &Store, kind: engine::event::EventKind, source: &str) -> Result<Vec<String>> {
    Ok(route::Entity::find()
        .select_only()
        .column(workflow::Column::Name)
        .inner_join(workflow::Entity)
        .filter(route::Column::Kind.eq(<&str>::from(kind)))
        .filter(route::Column::Source.eq(source))
        .order_by_asc(workflow::Column::Name)
        .into_tuple()
        .all(store.db())
        .await?)
}

/// Waits for commits in progress in several workflows, and blocks new ones until the transaction ends. A transaction
/// that changes more than one workflow must lock them all here first, in ID order as commits do
/// (`ingest::lock_epochs`), so that the two wait for each other instead of deadlocking. Ignores unknown names.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn hold_epochs(connection: &mut PgConnection, names: &[&str]) -> Result<()> {
    sqlx::query(
        "SELECT pg_advisory_xact_lock(hashtextextended(w.id::text, 0)) FROM (SELECT id FROM workflows WHERE name = ANY ($1) ORDER BY id) w",
    )
    .bind(names)
    .execute(connection)
    .await?;
    Ok(())
}

/// Starts a workflow's next epoch: waits for commits in progress and blocks new ones; see `ingest::lock_epochs`.
pub(crate) async fn begin_epoch(connection: &mut PgConnection, workflow: Uuid) -> Result<()> {
    sqlx::query("SELECT pg_advisory_xact_lock(hashtextextended($1::text, 0))")
        .bind(workflow)
        .execute(&mut *connection)
        .await?;
    workflow::Entity::update_many()
        .col_expr(workflow::Column::ReleaseEpoch, workflow::Column::ReleaseEpoch.into_expr().add(1))
        .filter(workflow::Column::Id.eq(workflow))
        .exec(&orm(connection))
        .await?;
    Ok(())
}

/// Notifies all processes that workflows have changed, when the transaction commits.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn announce_release(connection: &mut PgConnection) -> Result<()> {
    notify(connection, Channel::Release, "").await
}

/// Returns whether any workflow exists.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn any(store: &Store) -> Result<bool> {
    Ok(workflow::Entity::find().exists(store.db()).await?)
}
