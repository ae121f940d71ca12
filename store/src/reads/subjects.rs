//! What has versions, as pages list it: rule sets, maps, fields, lists and pools.

use chrono::{DateTime, Utc};
use engine::change::Kind;
use sqlx::FromRow;

use crate::error::Result;
use crate::pool::Store;

/// Versions of one name that a page lists.
const VERSIONS: i64 = 200;

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
        "SELECT v.name, v.version, v.created_at, CASE v.kind WHEN 'list' THEN jsonb_array_length(v.body->'entries') WHEN 'rule_set' THEN jsonb_array_length(v.body->'rules') \
         WHEN 'pool' THEN jsonb_array_length(v.body->'members') WHEN 'map' THEN (SELECT count(*) FROM jsonb_object_keys(v.body->'fields')) \
         ELSE (SELECT count(*) FROM jsonb_object_keys(v.body)) END::bigint AS size, \
         ARRAY(SELECT w.title FROM workflows w JOIN live_releases r ON r.workflow_id = w.id JOIN versions l ON l.id = ANY(r.version_ids) \
         WHERE l.kind = v.kind AND l.name = v.name ORDER BY w.title) AS workflows \
         FROM (SELECT DISTINCT ON (name) * FROM versions WHERE kind = $1 ORDER BY name, version DESC) v ORDER BY v.name",
    )
    .bind(<&str>::from(kind))
    .fetch_all(store.pool())
    .await?)
}

/// A version as a history lists it.
#[derive(Clone, Debug, FromRow)]
pub struct Listed {
    /// Its number.
    pub version: i32,
    /// When it came.
    pub created_at: DateTime<Utc>,
    /// Who made it one, as the audit log names actors.
    pub created_by: String,
    /// The change that brought it.
    pub change: Option<i64>,
    /// What that change does, in a line.
    pub title: Option<String>,
    /// Who wrote it.
    pub author: Option<String>,
}

/// The versions of a name, the newest first.
///
/// # Errors
/// When the database fails.
pub async fn history(store: &Store, kind: Kind, name: &str) -> Result<Vec<Listed>> {
    Ok(sqlx::query_as(
        "SELECT v.version, v.created_at, v.created_by, c.number AS change, c.title, p.name AS author FROM versions v \
         LEFT JOIN changes c ON c.id = v.change_id LEFT JOIN people p ON p.id = c.author_id \
         WHERE v.kind = $1 AND v.name = $2 ORDER BY v.version DESC LIMIT $3",
    )
    .bind(<&str>::from(kind))
    .bind(name)
    .bind(VERSIONS)
    .fetch_all(store.pool())
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
