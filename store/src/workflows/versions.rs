//! Versions of everything that decisions are based on: catalogues, maps, rule sets, lists and pools.

use chrono::{DateTime, Utc};
use engine::canonical::{self, Digest};
use engine::change::Kind;
use engine::ids::VersionId;
use sea_orm::{
    ColumnTrait as _, EntityTrait as _, PaginatorTrait as _, QueryFilter as _, QueryOrder as _,
    QuerySelect as _, Set,
};
use serde_json::Value as Json;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::actor::Actor;
use crate::control::{Audit, audit};
use crate::entity::version;
use crate::error::{Error, Result};
use crate::orm::orm;

/// A version of a catalogue, map, rule set, list or pool.
#[derive(Clone, Debug)]
pub struct Version {
    /// Unique ID.
    pub id: VersionId,
    /// Kind of object that this is a version of.
    pub kind: Kind,
    /// Name shared by all versions of the object.
    pub name: String,
    /// Version number, starting at 1.
    pub version: u32,
    /// Content.
    pub body: Json,
    /// SHA-256 of the content's canonical JSON.
    pub hash: Digest,
    /// Source text as the author wrote it, if there is one.
    pub source: Option<String>,
    /// When the version was created.
    pub created_at: DateTime<Utc>,
    /// Who created the version, as the audit log names actors.
    pub created_by: String,
}

impl TryFrom<version::Model> for Version {
    type Error = Error;
    fn try_from(row: version::Model) -> Result<Self> {
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

/// Returns the newest version of a name.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn newest(connection: &mut PgConnection, kind: Kind, name: &str) -> Result<Option<Version>> {
    let row = version::Entity::find()
        .filter(version::Column::Kind.eq(kind.to_string()))
        .filter(version::Column::Name.eq(name))
        .order_by_desc(version::Column::Version)
        .one(&orm(connection))
        .await?;
    row.map(Version::try_from).transpose()
}

/// Returns a version by its number.
///
/// # Errors
/// Returns [`Error::NotFound`] if it does not exist.
pub async fn version(connection: &mut PgConnection, kind: Kind, name: &str, number: u32) -> Result<Version> {
    let row = version::Entity::find()
        .filter(version::Column::Kind.eq(kind.to_string()))
        .filter(version::Column::Name.eq(name))
        .filter(version::Column::Version.eq(i32::try_from(number).unwrap_or(i32::MAX)))
        .one(&orm(connection))
        .await?;
    row.map(Version::try_from).transpose()?.ok_or(Error::NotFound("version"))
}

/// Returns versions by ID, in no particular order.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn versions(connection: &mut PgConnection, ids: &[Uuid]) -> Result<Vec<Version>> {
    let rows = version::Entity::find()
        .filter(version::Column::Id.eq_any(ids.iter().copied()))
        .all(&orm(connection))
        .await?;
    rows.into_iter().map(Version::try_from).collect()
}

/// Returns the number of all versions, which changes with each new one.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn count_versions(connection: &mut PgConnection) -> Result<u64> {
    Ok(version::Entity::find().count(&orm(connection)).await?)
}

/// Returns the newest version of every name of a kind.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn newest_of_kind(connection: &mut PgConnection, kind: Kind) -> Result<Vec<Version>> {
    let rows = version::Entity::find()
        .distinct_on([(version::Entity, version::Column::Name)])
        .filter(version::Column::Kind.eq(kind.to_string()))
        .order_by_asc(version::Column::Name)
        .order_by_desc(version::Column::Version)
        .all(&orm(connection))
        .await?;
    rows.into_iter().map(Version::try_from).collect()
}

/// Creates a version without approval, for a workflow that was never live. Returns the newest version instead if it
/// has the same content.
///
/// # Errors
/// Returns [`Error::Refused`] if a live workflow uses this name.
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

/// A version to insert.
#[derive(Clone, Copy, Debug)]
pub struct NewVersion<'a> {
    /// Kind of object that this is a version of.
    pub kind: Kind,
    /// Name shared by all versions of the object.
    pub name: &'a str,
    /// Version number, starting at 1.
    pub version: u32,
    /// Content.
    pub body: &'a Json,
    /// SHA-256 of the content's canonical JSON.
    pub hash: Digest,
    /// Source text as the author wrote it, if there is one.
    pub source: Option<&'a str>,
    /// The change that creates the version; `None` for a workflow that was never live.
    pub change: Option<Uuid>,
}

/// Inserts a version.
///
/// # Errors
/// Returns [`Error::Refused`] if an approval is missing.
pub async fn insert(connection: &mut PgConnection, actor: &Actor, new: NewVersion<'_>) -> Result<VersionId> {
    let id = engine::ids::mint(actor.now, rand::random());
    let row = version::ActiveModel {
        id: Set(id),
        kind: Set(new.kind.to_string()),
        name: Set(new.name.to_owned()),
        version: Set(i32::try_from(new.version).unwrap_or(i32::MAX)),
        body: Set(new.body.clone()),
        hash: Set(new.hash.0.to_vec()),
        source: Set(new.source.map(str::to_owned)),
        change_id: Set(new.change),
        created_at: Set(actor.now),
        created_by: Set(actor.who.to_string()),
    };
    version::Entity::insert(row).exec_without_returning(&orm(connection)).await?;
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
