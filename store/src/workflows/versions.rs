//! Versions of everything that decides: catalogues, maps, rule sets, lists and pools.

use chrono::{DateTime, Utc};
use engine::canonical::{self, Digest};
use engine::change::Kind;
use engine::ids::VersionId;
use serde_json::Value as Json;
use sqlx::{FromRow, PgConnection};
use uuid::Uuid;

use crate::actor::Actor;
use crate::control::{Audit, audit};
use crate::error::{Error, Result};

/// One version of something that decides.
#[derive(Clone, Debug)]
pub struct Version {
    /// Its id.
    pub id: VersionId,
    /// What it is a version of.
    pub kind: Kind,
    /// The name it shares with its other versions.
    pub name: String,
    /// Its number, from 1.
    pub version: u32,
    /// Its content.
    pub body: Json,
    /// SHA-256 of the content's canonical JSON.
    pub hash: Digest,
    /// The text as its author wrote it, if it came as a text.
    pub source: Option<String>,
    /// When it became a version.
    pub created_at: DateTime<Utc>,
    /// Who made it one, as the audit log names actors.
    pub created_by: String,
}

#[derive(FromRow)]
struct VersionRow {
    id: Uuid,
    kind: String,
    name: String,
    version: i32,
    body: Json,
    hash: Vec<u8>,
    source: Option<String>,
    created_at: DateTime<Utc>,
    created_by: String,
}

impl TryFrom<VersionRow> for Version {
    type Error = Error;
    fn try_from(row: VersionRow) -> Result<Self> {
        Ok(Self {
            id: row.id.into(),
            kind: row
                .kind
                .parse()
                .map_err(|_| Error::Corrupt(format!("a version has the kind {}", row.kind)))?,
            name: row.name,
            version: u32::try_from(row.version).unwrap_or_default(),
            body: row.body,
            hash: Digest::from_slice(&row.hash)
                .ok_or_else(|| Error::Corrupt("a version's hash has the wrong length".into()))?,
            source: row.source,
            created_at: row.created_at,
            created_by: row.created_by,
        })
    }
}

const VERSION: &str =
    "SELECT id, kind, name, version, body, hash, source, created_at, created_by FROM versions";

/// The newest version of a name.
///
/// # Errors
/// When the database fails.
pub async fn newest(connection: &mut PgConnection, kind: Kind, name: &str) -> Result<Option<Version>> {
    let row: Option<VersionRow> = sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "{VERSION} WHERE kind = $1 AND name = $2 ORDER BY version DESC LIMIT 1"
    )))
    .bind(<&str>::from(kind))
    .bind(name)
    .fetch_optional(connection)
    .await?;
    row.map(Version::try_from).transpose()
}

/// A version by its number.
///
/// # Errors
/// [`Error::NotFound`] when there is none.
pub async fn version(connection: &mut PgConnection, kind: Kind, name: &str, number: u32) -> Result<Version> {
    let row: Option<VersionRow> = sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "{VERSION} WHERE kind = $1 AND name = $2 AND version = $3"
    )))
    .bind(<&str>::from(kind))
    .bind(name)
    .bind(i32::try_from(number).unwrap_or(i32::MAX))
    .fetch_optional(connection)
    .await?;
    row.map(Version::try_from).transpose()?.ok_or(Error::NotFound("version"))
}

/// Versions by id, in no particular order.
///
/// # Errors
/// When the database fails.
pub async fn versions(connection: &mut PgConnection, ids: &[Uuid]) -> Result<Vec<Version>> {
    let rows: Vec<VersionRow> = sqlx::query_as(sqlx::AssertSqlSafe(format!("{VERSION} WHERE id = ANY($1)")))
        .bind(ids)
        .fetch_all(connection)
        .await?;
    rows.into_iter().map(Version::try_from).collect()
}

/// The newest versions of all names of a kind.
///
/// # Errors
/// When the database fails.
pub async fn newest_of_kind(connection: &mut PgConnection, kind: Kind) -> Result<Vec<Version>> {
    let rows: Vec<VersionRow> = sqlx::query_as(
        "SELECT DISTINCT ON (name) id, kind, name, version, body, hash, source, created_at, created_by FROM versions WHERE kind = $1 ORDER BY name, version DESC",
    )
    .bind(<&str>::from(kind))
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(Version::try_from).collect()
}

/// A version that nothing had to be signed for: what a workflow that never was live begins with. The version there is,
/// when it says the same.
///
/// # Errors
/// [`Error::Refused`] when a live workflow decides by this name.
pub async fn begin(
    connection: &mut PgConnection,
    actor: &Actor,
    kind: Kind,
    name: &str,
    body: &Json,
) -> Result<VersionId> {
    let hash = canonical::digest(body)?;
    let newest = newest(connection, kind, name).await?;
    if let Some(newest) = &newest
        && newest.hash == hash
    {
        return Ok(newest.id);
    }
    let version = newest.map_or(1, |newest| newest.version + 1);
    insert(connection, actor, NewVersion { kind, name, version, body, hash, source: None, change: None })
        .await
}

/// A version to be inserted.
#[derive(Clone, Copy, Debug)]
pub struct NewVersion<'a> {
    /// What it is a version of.
    pub kind: Kind,
    /// The name it shares with its other versions.
    pub name: &'a str,
    /// Its number, from 1.
    pub version: u32,
    /// Its content.
    pub body: &'a Json,
    /// SHA-256 of the content's canonical JSON.
    pub hash: Digest,
    /// The text as its author wrote it, if it came as a text.
    pub source: Option<&'a str>,
    /// The change that brings it; none for what a workflow begins with.
    pub change: Option<Uuid>,
}

/// Inserts a version.
///
/// # Errors
/// [`Error::Refused`] by the database where an approval is missing.
pub async fn insert(connection: &mut PgConnection, actor: &Actor, new: NewVersion<'_>) -> Result<VersionId> {
    let id = engine::ids::mint(actor.now, rand::random());
    sqlx::query(
        "INSERT INTO versions (id, kind, name, version, body, hash, source, change_id, created_at, created_by) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(id)
    .bind(<&str>::from(new.kind))
    .bind(new.name)
    .bind(i32::try_from(new.version).unwrap_or(i32::MAX))
    .bind(new.body)
    .bind(new.hash.0.as_slice())
    .bind(new.source)
    .bind(new.change)
    .bind(actor.now)
    .bind(actor.who.to_string())
    .execute(&mut *connection)
    .await?;
    let detail = serde_json::json!({ "version_id": id, "version": new.version, "hash": new.hash, "change_id": new.change });
    let subject = format!("{}:{}", new.kind, new.name);
    audit(
        connection,
        actor,
        Audit {
            action: if new.change.is_some() { "version.approve" } else { "version.begin" },
            subject: &subject,
            lead: None,
            detail,
        },
    )
    .await?;
    Ok(id.into())
}
