//! Versions of what decides, bundles of them, workflows and routes.

use engine::canonical::{self, Digest};
use engine::ids::{VersionId, WorkflowId};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use sqlx::types::Json as Column;
use sqlx::{FromRow, PgConnection};
use uuid::Uuid;

use crate::actor::Actor;
use crate::control::{Audit, audit};
use crate::error::{Error, Result};
use crate::pool::Store;

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

/// The parts of a bundle, each by name and version; its canonical JSON is what the bundle's hash is of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The workflow's name.
    pub workflow: String,
    /// Version of the engine's semantics.
    pub semantics: u32,
    /// The parts, in the order of kind and name.
    pub parts: Vec<Part>,
}

/// One part of a bundle.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Part {
    /// What it is.
    pub kind: Kind,
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: u32,
    /// SHA-256 of its content's canonical JSON.
    pub hash: Digest,
}

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
    /// The bundle that decides; `None` until it was put live.
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

/// A workflow by name.
///
/// # Errors
/// When the database fails.
pub async fn by_name(connection: &mut PgConnection, name: &str) -> Result<Option<Workflow>> {
    Ok(sqlx::query_as(
        "SELECT id, name, title, definition, live_bundle, release_epoch FROM workflows WHERE name = $1",
    )
    .bind(name)
    .fetch_optional(connection)
    .await?)
}

/// All workflows by name.
///
/// # Errors
/// When the database fails.
pub async fn all(connection: &mut PgConnection) -> Result<Vec<Workflow>> {
    Ok(sqlx::query_as(
        "SELECT id, name, title, definition, live_bundle, release_epoch FROM workflows ORDER BY name",
    )
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

/// Puts a bundle of canonical versions live: the next event is decided by it.
///
/// # Errors
/// [`Error::Refused`] when a version is a draft.
pub async fn release(
    connection: &mut PgConnection,
    actor: &Actor,
    workflow: WorkflowId,
    name: &str,
    ids: &[Uuid],
    why: &str,
) -> Result<Digest> {
    let mut parts: Vec<Part> = Vec::with_capacity(ids.len());
    for version in versions(connection, ids).await? {
        if version.is_draft {
            return Err(Error::Refused(format!("{} {} is still a draft", version.kind, version.name)));
        }
        parts.push(Part {
            kind: version.kind,
            name: version.name,
            version: version.version,
            hash: version.hash,
        });
    }
    parts.sort();
    let manifest = Manifest { workflow: name.to_owned(), semantics: engine::SEMANTICS_VERSION, parts };
    let hash = canonical::digest(&manifest)?;
    sqlx::query("INSERT INTO bundles (hash, workflow_id, manifest, version_ids, created_at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (hash) DO NOTHING")
        .bind(hash.0.as_slice())
        .bind(workflow.0)
        .bind(Column(&manifest))
        .bind(ids)
        .bind(actor.now)
        .execute(&mut *connection)
        .await?;
    begin_epoch(connection, workflow.0).await?;
    sqlx::query(
        "UPDATE workflows SET live_bundle = $2, first_live_at = coalesce(first_live_at, $3) WHERE id = $1",
    )
    .bind(workflow.0)
    .bind(hash.0.as_slice())
    .bind(actor.now)
    .execute(&mut *connection)
    .await?;
    sqlx::query("INSERT INTO pool_states (name) SELECT name FROM versions WHERE id = ANY($1) AND kind = 'pool' ON CONFLICT DO NOTHING")
        .bind(ids)
        .execute(&mut *connection)
        .await?;
    let detail = serde_json::json!({ "bundle": hash, "manifest": manifest, "why": why });
    audit(
        connection,
        actor,
        Audit { action: "workflow.release", subject: &format!("workflow:{name}"), lead: None, detail },
    )
    .await?;
    Ok(hash)
}

/// Begins a workflow's next epoch: waits for the commits under way and holds back the next ones (see
/// `ingest::lock_epochs`).
async fn begin_epoch(connection: &mut PgConnection, workflow: Uuid) -> Result<()> {
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
    sqlx::query("SELECT pg_notify($1, '')").bind(crate::ingest::RELEASE_CHANNEL).execute(connection).await?;
    Ok(())
}

/// A bundle with the content of its parts.
#[derive(Clone, Debug)]
pub struct BundleParts {
    /// Its hash.
    pub hash: Digest,
    /// Its workflow.
    pub workflow: WorkflowId,
    /// What it is made of.
    pub manifest: Manifest,
    /// The versions, in no particular order.
    pub versions: Vec<Version>,
}

impl BundleParts {
    /// The one version of a kind that a bundle has one of.
    ///
    /// # Errors
    /// [`Error::Corrupt`] when it is not there.
    pub fn one(&self, kind: Kind) -> Result<&Version> {
        self.all(kind).next().ok_or_else(|| Error::Corrupt(format!("the bundle {} has no {kind}", self.hash)))
    }

    /// The versions of a kind.
    pub fn all(&self, kind: Kind) -> impl Iterator<Item = &Version> {
        self.versions.iter().filter(move |version| version.kind == kind)
    }
}

/// A bundle by its hash.
///
/// # Errors
/// [`Error::NotFound`] when there is none.
pub async fn bundle(connection: &mut PgConnection, hash: &Digest) -> Result<BundleParts> {
    let row: Option<(Uuid, Column<Manifest>, Vec<Uuid>)> =
        sqlx::query_as("SELECT workflow_id, manifest, version_ids FROM bundles WHERE hash = $1")
            .bind(hash.0.as_slice())
            .fetch_optional(&mut *connection)
            .await?;
    let (workflow, Column(manifest), ids) = row.ok_or(Error::NotFound("bundle"))?;
    Ok(BundleParts {
        hash: *hash,
        workflow: workflow.into(),
        manifest,
        versions: versions(connection, &ids).await?,
    })
}

/// Whether there is any workflow.
///
/// # Errors
/// When the database fails.
pub async fn any(store: &Store) -> Result<bool> {
    Ok(sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM workflows)").fetch_one(store.pool()).await?)
}
