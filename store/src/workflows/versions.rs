//! Versions of everything that decides: catalogues, maps, rule sets, lists and pools.

use engine::canonical::{self, Digest};
use engine::ids::VersionId;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use sqlx::{FromRow, PgConnection};
use uuid::Uuid;

use crate::actor::Actor;
use crate::control::{Audit, audit};
use crate::error::{Error, Result};

/// What a version is a version of.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    strum::Display,
    strum::EnumString,
    strum::IntoStaticStr,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Kind {
    /// The fields of a workflow.
    Catalogue,
    /// A field extraction map.
    Map,
    /// A rule set.
    RuleSet,
    /// A reference list.
    List,
    /// A pool of people.
    Pool,
}

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
    /// Whether it is still a draft.
    pub is_draft: bool,
}

/// What storing a draft came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Drafted {
    /// The newest version says the same; nothing was written.
    Unchanged(VersionId),
    /// A draft was made, or the one there was replaced.
    Draft(VersionId),
}

impl Drafted {
    /// The version that says it.
    pub fn version(self) -> VersionId {
        match self {
            Self::Unchanged(id) | Self::Draft(id) => id,
        }
    }
}

#[derive(FromRow)]
struct VersionRow {
    id: Uuid,
    kind: String,
    name: String,
    version: i32,
    body: Json,
    hash: Vec<u8>,
    state: String,
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
            is_draft: row.state == "draft",
        })
    }
}

const VERSION: &str = "SELECT id, kind, name, version, body, hash, state FROM versions";

/// The newest version of a name, draft or not.
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

/// The newest version of a name that is no draft.
///
/// # Errors
/// When the database fails.
pub async fn newest_canonical(
    connection: &mut PgConnection,
    kind: Kind,
    name: &str,
) -> Result<Option<Version>> {
    let row: Option<VersionRow> = sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "{VERSION} WHERE kind = $1 AND name = $2 AND state = 'canonical' ORDER BY version DESC LIMIT 1"
    )))
    .bind(<&str>::from(kind))
    .bind(name)
    .fetch_optional(connection)
    .await?;
    row.map(Version::try_from).transpose()
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

/// Stores content as the draft of a name, unless its newest version says the same.
///
/// # Errors
/// When the database fails.
pub async fn draft(
    connection: &mut PgConnection,
    actor: &Actor,
    kind: Kind,
    name: &str,
    body: &Json,
) -> Result<Drafted> {
    let hash = canonical::digest(body)?;
    let newest = newest(connection, kind, name).await?;
    if let Some(newest) = &newest
        && newest.hash == hash
    {
        return Ok(Drafted::Unchanged(newest.id));
    }
    let id = match newest {
        Some(draft) if draft.is_draft => {
            sqlx::query(
                "UPDATE versions SET body = $2, hash = $3, created_at = $4, created_by = $5 WHERE id = $1",
            )
            .bind(draft.id.0)
            .bind(body)
            .bind(hash.0.as_slice())
            .bind(actor.now)
            .bind(actor.who.to_string())
            .execute(&mut *connection)
            .await?;
            draft.id
        }
        earlier => {
            let id = engine::ids::mint(actor.now, rand::random());
            sqlx::query(
                "INSERT INTO versions (id, kind, name, version, body, hash, state, created_at, created_by) VALUES ($1, $2, $3, $4, $5, $6, 'draft', $7, $8)",
            )
            .bind(id)
            .bind(<&str>::from(kind))
            .bind(name)
            .bind(earlier.map_or(1, |earlier| earlier.version as i32 + 1))
            .bind(body)
            .bind(hash.0.as_slice())
            .bind(actor.now)
            .bind(actor.who.to_string())
            .execute(&mut *connection)
            .await?;
            id.into()
        }
    };
    let detail = serde_json::json!({ "version_id": id, "hash": hash });
    audit(
        connection,
        actor,
        Audit { action: "version.draft", subject: &format!("{kind}:{name}"), lead: None, detail },
    )
    .await?;
    Ok(Drafted::Draft(id))
}

/// Makes drafts canonical: from here on they never change.
///
/// # Errors
/// When the database fails.
pub async fn make_canonical(connection: &mut PgConnection, ids: &[Uuid]) -> Result<()> {
    sqlx::query("UPDATE versions SET state = 'canonical' WHERE id = ANY($1) AND state = 'draft'")
        .bind(ids)
        .execute(connection)
        .await?;
    Ok(())
}
