//! Lists of versioned objects: rule sets, maps, fields, lists and pools.
//!
//! Hand-written SQL: counts inside a version's body, and joins through a bundle's array of versions.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use engine::change::Kind;
use sea_orm::{
    ColumnTrait as _, DerivePartialModel, EntityTrait as _, JoinType, QueryFilter as _, QueryOrder as _,
    QuerySelect as _, RelationTrait as _,
};
use sqlx::FromRow;

use crate::entity::{change, person, version};
use crate::error::Result;
use crate::pool::Store;

/// Maximum number of versions in the history of a name.
const VERSIONS: u64 = 200;

/// A versioned object.
#[derive(Clone, Debug, FromRow)]
pub struct VersionedObject {
    /// Name.
    pub name: String,
    /// Newest version.
    pub version: i32,
    /// When the newest version was created.
    pub created_at: DateTime<Utc>,
    /// Number of rules, fields, entries or people in it.
    pub size: i64,
    /// Titles of the live workflows that use it.
    pub workflows: Vec<String>,
}

/// Returns all objects of a kind, by name.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn subjects(store: &Store, kind: Kind) -> Result<Vec<VersionedObject>> {
    Ok(sqlx::query_as(
        "SELECT v.name, v.version, v.created_at, CASE jsonb_typeof(p.parts) WHEN 'array' THEN jsonb_array_length(p.parts) \
         WHEN 'object' THEN (SELECT count(*) FROM jsonb_object_keys(p.parts)) ELSE 0 END::bigint AS size, \
         ARRAY(SELECT w.title FROM workflows w JOIN live_releases r ON r.workflow_id = w.id JOIN versions l ON l.id = ANY(r.version_ids) \
         WHERE l.kind = v.kind AND l.name = v.name ORDER BY w.title) AS workflows \
         FROM (SELECT DISTINCT ON (name) * FROM versions WHERE kind = $1 ORDER BY name, version DESC) v \
         CROSS JOIN LATERAL (SELECT CASE WHEN $2::text IS NULL THEN v.body ELSE v.body -> $2 END AS parts) p ORDER BY v.name",
    )
    .bind(<&str>::from(kind))
    .bind(kind.spec().parts.key)
    .fetch_all(store.pool())
    .await?)
}

/// A version in the history of a name.
#[derive(Clone, Debug, DerivePartialModel)]
#[sea_orm(entity = "version::Entity")]
pub struct VersionEntry {
    /// Version number.
    pub version: i32,
    /// When the version was created.
    pub created_at: DateTime<Utc>,
    /// Who created the version, as the audit log names actors.
    pub created_by: String,
    /// Number of the change that created it.
    #[sea_orm(from_expr = "change::Column::Number")]
    pub change: Option<i64>,
    /// One-line summary of that change.
    #[sea_orm(from_expr = "change::Column::Title")]
    pub title: Option<String>,
    /// Display name of the author.
    #[sea_orm(from_expr = "person::Column::Name")]
    pub author: Option<String>,
}

/// Returns the versions of a name, newest first.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn history(store: &Store, kind: Kind, name: &str) -> Result<Vec<VersionEntry>> {
    Ok(version::Entity::find()
        .left_join(change::Entity)
        .join(JoinType::LeftJoin, change::Relation::Author.def())
        .filter(version::Column::Kind.eq(<&str>::from(kind)))
        .filter(version::Column::Name.eq(name))
        .order_by_desc(version::Column::Version)
        .limit(VERSIONS)
        .into_partial_model()
        .all(store.db())
        .await?)
}

/// A live workflow that uses a versioned object.
#[derive(Clone, Debug, FromRow)]
pub struct WorkflowUse {
    /// Name.
    pub workflow: String,
    /// Display title.
    pub title: String,
    /// The version that it uses.
    pub version: i32,
}

/// Returns the live workflows that use a name, with the version they use.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn used_in(store: &Store, kind: Kind, name: &str) -> Result<Vec<WorkflowUse>> {
    Ok(sqlx::query_as(
        "SELECT w.name AS workflow, w.title, v.version FROM workflows w JOIN live_releases r ON r.workflow_id = w.id JOIN versions v ON v.id = ANY(r.version_ids) \
         WHERE v.kind = $1 AND v.name = $2 ORDER BY w.title",
    )
    .bind(<&str>::from(kind))
    .bind(name)
    .fetch_all(store.pool())
    .await?)
}

/// Returns the titles of fields by name, from the newest version of each catalogue; of several, the newest title counts.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn field_titles(store: &Store) -> Result<BTreeMap<String, String>> {
    let rows: Vec<(String, String)> = sqlx::query_as(
        "SELECT DISTINCT ON (field.name) field.name, field.definition->>'title' FROM (SELECT DISTINCT ON (name) created_at, body FROM versions \
         WHERE kind = 'catalogue' ORDER BY name, version DESC) v CROSS JOIN LATERAL jsonb_each(v.body) AS field (name, definition) \
         WHERE field.definition->>'title' IS NOT NULL ORDER BY field.name, v.created_at DESC",
    )
    .fetch_all(store.pool())
    .await?;
    Ok(rows.into_iter().collect())
}
