//! What has versions, as pages list it: rule sets, maps, fields, lists and pools.
//!
//! Hand-written SQL: counts inside of a version's body, and joins through a bundle's array of versions.

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

/// Versions of one name that a page lists.
const VERSIONS: u64 = 200;

/// Something that has versions.
#[derive(Clone, Debug, FromRow)]
pub struct Subject {
    /// Its name.
    pub name: String,
    /// Its newest version.
    pub version: i32,
    /// When that came.
    pub created_at: DateTime<Utc>,
    /// Rules, fields, entries or people in it.
    pub size: i64,
    /// Titles of the live workflows that decide by it.
    pub workflows: Vec<String>,
}

/// Everything of a kind, by name.
///
/// # Errors
/// When the database fails.
pub async fn subjects(store: &Store, kind: Kind) -> Result<Vec<Subject>> {
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

/// A version as a history lists it.
#[derive(Clone, Debug, DerivePartialModel)]
#[sea_orm(entity = "version::Entity")]
pub struct Listed {
    /// Its number.
    pub version: i32,
    /// When it came.
    pub created_at: DateTime<Utc>,
    /// Who made it one, as the audit log names actors.
    pub created_by: String,
    /// The change that brought it.
    #[sea_orm(from_expr = "change::Column::Number")]
    pub change: Option<i64>,
    /// What that change does, in a line.
    #[sea_orm(from_expr = "change::Column::Title")]
    pub title: Option<String>,
    /// Who wrote it.
    #[sea_orm(from_expr = "person::Column::Name")]
    pub author: Option<String>,
}

/// The versions of a name, the newest first.
///
/// # Errors
/// When the database fails.
pub async fn history(store: &Store, kind: Kind, name: &str) -> Result<Vec<Listed>> {
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

/// A live workflow that decides by something.
#[derive(Clone, Debug, FromRow)]
pub struct UsedIn {
    /// Its name.
    pub workflow: String,
    /// What people call it.
    pub title: String,
    /// The version it decides by.
    pub version: i32,
}

/// The live workflows that decide by a name, with the version they use.
///
/// # Errors
/// When the database fails.
pub async fn used_in(store: &Store, kind: Kind, name: &str) -> Result<Vec<UsedIn>> {
    Ok(sqlx::query_as(
        "SELECT w.name AS workflow, w.title, v.version FROM workflows w JOIN live_releases r ON r.workflow_id = w.id JOIN versions v ON v.id = ANY(r.version_ids) \
         WHERE v.kind = $1 AND v.name = $2 ORDER BY w.title",
    )
    .bind(<&str>::from(kind))
    .bind(name)
    .fetch_all(store.pool())
    .await?)
}
