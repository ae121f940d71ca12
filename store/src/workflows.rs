//! Versions of what decides, bundles of them, workflows and routes.

mod bundles;
mod versions;

use engine::ids::{DestinationId, WorkflowId};
use serde::{Deserialize, Serialize};
use sqlx::types::Json as Column;
use sqlx::{FromRow, PgConnection};
use uuid::Uuid;

pub use self::bundles::{
    BundleParts, LiveWorkflow, Manifest, Part, assemble, bundle, bundle_without_entries, list_entries,
    live_by_id, live_with, lock_all, parts_in_reach,
};
pub use self::versions::{NewVersion, Version, begin, insert, newest, newest_of_kind, version, versions};
use crate::actor::Actor;
use crate::channel::{Channel, notify};
use crate::control::{Audit, audit};
use crate::error::Result;
use crate::pool::Store;
pub use engine::change::Kind;

/// A workflow.
#[derive(Clone, Debug, FromRow)]
pub struct Workflow {
    /// Its id.
    pub id: Uuid,
    /// Its name in files, answers and addresses.
    pub name: String,
    /// What people call it.
    pub title: String,
    /// Owner, triggers and destinations.
    pub definition: Column<Definition>,
    /// The release that decides; `None` until the workflow goes live.
    pub live_release: Option<Uuid>,
    /// The hash of its bundle.
    pub live_bundle: Option<Vec<u8>>,
    /// Counts releases.
    pub release_epoch: i64,
}

/// What a workflow says of itself beside what decides.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Definition {
    /// Where its decisions go.
    #[serde(default)]
    pub destinations: Vec<Target>,
}

/// One destination of a workflow's decisions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Target {
    /// The destination's name.
    pub to: String,
    /// What is written there: `decision_event`, `lead_update` or `meeting`.
    pub purpose: String,
    /// Only decisions with these actions; all of them when empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub on: Vec<engine::action::Action>,
    /// Hours after which the write is of no use any more; never when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_hours: Option<u32>,
}

impl Target {
    /// Whether something with this action goes there.
    pub fn wants(&self, action: engine::action::Action) -> bool {
        self.on.is_empty() || self.on.contains(&action)
    }
}

/// The destinations that a workflow names, those left out that are not there.
///
/// # Errors
/// When the database fails.
pub async fn targets(
    connection: &mut PgConnection,
    definition: Definition,
) -> Result<Vec<(DestinationId, Target)>> {
    let known = crate::destinations::by_name(connection).await?;
    let target = |target: Target| known.get(&target.to).map(|row| (row.id.into(), target));
    Ok(definition.destinations.into_iter().filter_map(target).collect())
}

const WORKFLOW: &str = "SELECT w.id, w.name, w.title, w.definition, l.id AS live_release, l.bundle AS live_bundle, w.release_epoch FROM workflows w \
     LEFT JOIN live_releases l ON l.workflow_id = w.id";

/// The destinations of a workflow's decisions.
///
/// # Errors
/// [`crate::Error::NotFound`] when there is no such workflow.
pub async fn targets_of(
    connection: &mut PgConnection,
    workflow: WorkflowId,
) -> Result<Vec<(DestinationId, Target)>> {
    let definition: Column<Definition> = sqlx::query_scalar("SELECT definition FROM workflows WHERE id = $1")
        .bind(workflow.0)
        .fetch_one(&mut *connection)
        .await?;
    targets(connection, definition.0).await
}

/// A workflow by name.
///
/// # Errors
/// When the database fails.
pub async fn by_name(connection: &mut PgConnection, name: &str) -> Result<Option<Workflow>> {
    Ok(sqlx::query_as(sqlx::AssertSqlSafe(format!("{WORKFLOW} WHERE w.name = $1")))
        .bind(name)
        .fetch_optional(connection)
        .await?)
}

/// All workflows by name.
///
/// # Errors
/// When the database fails.
pub async fn all(connection: &mut PgConnection) -> Result<Vec<Workflow>> {
    Ok(sqlx::query_as(sqlx::AssertSqlSafe(format!("{WORKFLOW} ORDER BY w.name")))
        .fetch_all(connection)
        .await?)
}

/// Makes a workflow or changes what it says of itself, and its routes.
///
/// # Errors
/// When the database fails.
pub async fn save(
    connection: &mut PgConnection,
    actor: &Actor,
    name: &str,
    title: &str,
    definition: &Definition,
    routes: &[(engine::event::EventKind, String)],
) -> Result<WorkflowId> {
    let id: Uuid = sqlx::query_scalar(
        "INSERT INTO workflows (id, name, title, definition, created_at) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (name) DO UPDATE SET title = excluded.title, definition = excluded.definition RETURNING id",
    )
    .bind(engine::ids::mint(actor.now, rand::random()))
    .bind(name)
    .bind(title)
    .bind(Column(definition))
    .bind(actor.now)
    .fetch_one(&mut *connection)
    .await?;
    // Other processes remember destinations and routes: what they decide by the old ones is refused from here on.
    begin_epoch(connection, id).await?;
    let (kinds, sources): (Vec<String>, Vec<String>) =
        routes.iter().map(|(kind, source)| (kind.to_string(), source.clone())).unzip();
    sqlx::query("DELETE FROM routes WHERE workflow_id = $1").bind(id).execute(&mut *connection).await?;
    sqlx::query("INSERT INTO routes (kind, source, workflow_id) SELECT kind, source, $1 FROM unnest($2::text[], $3::text[]) AS r (kind, source)")
        .bind(id)
        .bind(kinds)
        .bind(sources)
        .execute(&mut *connection)
        .await?;
    let detail = serde_json::json!({ "definition": definition, "routes": routes });
    audit(
        connection,
        actor,
        Audit { action: "workflow.save", subject: &format!("workflow:{name}"), lead: None, detail },
    )
    .await?;
    Ok(id.into())
}

/// The routes of a workflow, in the order of kind and source.
///
/// # Errors
/// When the database fails.
pub async fn routes_of(connection: &mut PgConnection, workflow: WorkflowId) -> Result<Vec<(String, String)>> {
    Ok(sqlx::query_as("SELECT kind, source FROM routes WHERE workflow_id = $1 ORDER BY kind, source")
        .bind(workflow.0)
        .fetch_all(connection)
        .await?)
}

/// The workflows that take events of a kind from a source.
///
/// # Errors
/// When the database fails.
pub async fn routed(store: &Store, kind: engine::event::EventKind, source: &str) -> Result<Vec<String>> {
    Ok(sqlx::query_scalar("SELECT w.name FROM routes r JOIN workflows w ON w.id = r.workflow_id WHERE r.kind = $1 AND r.source = $2 ORDER BY w.name")
        .bind(<&str>::from(kind))
        .bind(source)
        .fetch_all(store.pool())
        .await?)
}

/// Begins a workflow's next epoch: waits for the commits under way and holds back the next ones (see
/// `ingest::lock_epochs`).
pub(crate) async fn begin_epoch(connection: &mut PgConnection, workflow: Uuid) -> Result<()> {
    sqlx::query("SELECT pg_advisory_xact_lock(hashtextextended($1::text, 0))")
        .bind(workflow)
        .execute(&mut *connection)
        .await?;
    sqlx::query("UPDATE workflows SET release_epoch = release_epoch + 1 WHERE id = $1")
        .bind(workflow)
        .execute(&mut *connection)
        .await?;
    Ok(())
}

/// Tells all processes, at the commit, that workflows changed.
///
/// # Errors
/// When the database fails.
pub async fn announce_release(connection: &mut PgConnection) -> Result<()> {
    notify(connection, Channel::Release, "").await
}

/// Whether there is any workflow.
///
/// # Errors
/// When the database fails.
pub async fn any(store: &Store) -> Result<bool> {
    Ok(sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM workflows)").fetch_one(store.pool()).await?)
}
