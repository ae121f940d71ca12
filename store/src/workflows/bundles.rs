//! Bundles: sets of versions that are released and rolled back together.
//!
//! Hand-written SQL: joins through a bundle's array of versions, and lists without their entries.

use std::collections::BTreeMap;

use engine::bundle::BundlePart;
use engine::canonical::{self, Digest};
use engine::change::Kind;
use engine::ids::{VersionId, WorkflowId};
use sea_orm::{EntityTrait as _, Set};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use sqlx::{FromRow, PgConnection};
use strum::VariantArray as _;
use uuid::Uuid;

use super::versions::{Version, versions};
use crate::actor::Actor;
use crate::entity::bundle;
use crate::error::{Error, Result};
use crate::orm::orm;

/// The parts of a bundle, each by name and version. The bundle's hash covers the manifest's canonical JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Name of the workflow.
    pub workflow: String,
    /// Version of the engine's semantics.
    pub semantics: u32,
    /// The parts, ordered by kind and name.
    pub parts: Vec<ManifestPart>,
}

/// A part of a bundle.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ManifestPart {
    /// Kind of the part.
    pub kind: Kind,
    /// Name of the part.
    pub name: String,
    /// Version of the part.
    pub version: u32,
    /// SHA-256 of its content's canonical JSON.
    pub hash: Digest,
}

/// Stores the bundle of these versions unless it is already stored, and returns its hash.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn assemble(
    connection: &mut PgConnection,
    actor: &Actor,
    workflow: WorkflowId,
    name: &str,
    ids: &[Uuid],
) -> Result<Digest> {
    let mut parts: Vec<ManifestPart> = Vec::with_capacity(ids.len());
    for version in versions(connection, ids).await? {
        parts.push(ManifestPart {
            kind: version.kind,
            name: version.name,
            version: version.version,
            hash: version.hash,
        });
    }
    parts.sort();
    let manifest = Manifest { workflow: name.to_owned(), semantics: engine::SEMANTICS_VERSION, parts };
    let hash = canonical::digest(&manifest)?;
    let row = bundle::ActiveModel {
        hash: Set(hash.0.to_vec()),
        workflow_id: Set(workflow.0),
        manifest: Set(serde_json::to_value(&manifest)?),
        version_ids: Set(ids.to_vec()),
        created_at: Set(actor.now),
    };
    bundle::Entity::insert(row).on_conflict_do_nothing().exec_without_returning(&orm(connection)).await?;
    Ok(hash)
}

/// A bundle with the content of its parts.
#[derive(Clone, Debug)]
pub struct BundleParts {
    /// Hash of the bundle.
    pub hash: Digest,
    /// The workflow.
    pub workflow: WorkflowId,
    /// The bundle's manifest.
    pub manifest: Manifest,
    /// The versions, in no particular order.
    pub versions: Vec<Version>,
}

/// Returns a bundle by its hash.
///
/// # Errors
/// Returns [`Error::NotFound`] if it does not exist.
pub async fn bundle(connection: &mut PgConnection, hash: &Digest) -> Result<BundleParts> {
    let row = bundle::Entity::find_by_id(hash.0.to_vec()).one(&orm(connection)).await?;
    let row = row.ok_or(Error::NotFound("bundle"))?;
    Ok(BundleParts {
        hash: *hash,
        workflow: row.workflow_id.into(),
        manifest: serde_json::from_value(row.manifest)?,
        versions: versions(connection, &row.version_ids).await?,
    })
}

/// Returns the parts of a bundle without the entries of its lists. A list may have a million entries, and the
/// snapshot of each decision already contains the results of its lookups.
///
/// # Errors
/// Returns [`Error::NotFound`] if the bundle does not exist.
pub async fn bundle_without_entries(connection: &mut PgConnection, hash: &Digest) -> Result<Vec<BundlePart>> {
    let rows: Vec<PartRow> = sqlx::query_as(
        "SELECT v.id, v.kind, v.name, v.version, CASE WHEN v.kind = 'list' THEN '{\"entries\": []}'::jsonb ELSE v.body END AS body \
         FROM bundles b JOIN versions v ON v.id = ANY(b.version_ids) WHERE b.hash = $1",
    )
    .bind(hash.0.as_slice())
    .fetch_all(connection)
    .await?;
    if rows.is_empty() {
        return Err(Error::NotFound("bundle"));
    }
    rows.into_iter().map(|row| Ok(row.try_into_part()?.1)).collect()
}

/// A live workflow and the versions of its bundle.
#[derive(Clone, Debug, FromRow)]
pub struct LiveWorkflow {
    /// Unique ID.
    pub id: Uuid,
    /// Name.
    pub name: String,
    /// Display title.
    pub title: String,
    /// The versions in the live bundle.
    pub version_ids: Vec<Uuid>,
}

/// Returns the live workflows whose bundle contains a version of this name, or all live workflows.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn live_with(
    connection: &mut PgConnection,
    kind: Kind,
    name: Option<&str>,
) -> Result<Vec<LiveWorkflow>> {
    Ok(sqlx::query_as(
        "SELECT w.id, w.name, w.title, l.version_ids FROM workflows w JOIN live_releases l ON l.workflow_id = w.id \
         WHERE $2::text IS NULL OR EXISTS (SELECT 1 FROM versions v WHERE v.id = ANY(l.version_ids) AND v.kind = $1 AND v.name = $2) ORDER BY w.name",
    )
    .bind(<&str>::from(kind))
    .bind(name)
    .fetch_all(connection)
    .await?)
}

/// Returns a live workflow by its ID.
///
/// # Errors
/// Returns [`Error::NotFound`] if the workflow is not live.
pub async fn live_by_id(connection: &mut PgConnection, id: WorkflowId) -> Result<LiveWorkflow> {
    let row: Option<LiveWorkflow> = sqlx::query_as(
        "SELECT w.id, w.name, w.title, l.version_ids FROM workflows w JOIN live_releases l ON l.workflow_id = w.id WHERE w.id = $1",
    )
    .bind(id.0)
    .fetch_optional(connection)
    .await?;
    row.ok_or(Error::NotFound("live workflow"))
}

/// Returns versions by ID, along with the newest version of everything that workflows share: all that the rules of a
/// bundle could reference. Lists come without their entries.
///
/// # Errors
/// Returns [`Error::Corrupt`] if a row has an unknown kind.
pub async fn parts_in_reach(
    connection: &mut PgConnection,
    ids: &[Uuid],
) -> Result<Vec<(VersionId, BundlePart)>> {
    let shared: Vec<&str> =
        Kind::VARIANTS.iter().filter(|kind| kind.spec().is_shared()).map(<&str>::from).collect();
    let rows: Vec<PartRow> = sqlx::query_as(
        "SELECT DISTINCT ON (kind, name) id, kind, name, version, CASE WHEN kind = 'list' THEN '{\"entries\": []}'::jsonb ELSE body END AS body \
         FROM versions WHERE id = ANY($1) OR kind = ANY($2) ORDER BY kind, name, id = ANY($1) DESC, version DESC",
    )
    .bind(ids)
    .bind(shared)
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(PartRow::try_into_part).collect()
}

/// Returns the entries of list versions, by name.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn list_entries(
    connection: &mut PgConnection,
    ids: &[VersionId],
) -> Result<BTreeMap<String, Vec<String>>> {
    let rows: Vec<(String, Vec<String>)> = sqlx::query_as(
        "SELECT name, ARRAY(SELECT jsonb_array_elements_text(body->'entries')) FROM versions WHERE id = ANY($1)",
    )
    .bind(ids.iter().map(|id| id.0).collect::<Vec<_>>())
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().collect())
}

/// Locks every workflow until the transaction ends, so that concurrent releases see each other's bundles.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn lock_all(connection: &mut PgConnection) -> Result<()> {
    sqlx::query("SELECT 1 FROM workflows ORDER BY id FOR NO KEY UPDATE").execute(connection).await?;
    Ok(())
}

#[derive(FromRow)]
struct PartRow {
    id: Uuid,
    kind: String,
    name: String,
    version: i32,
    body: Json,
}

impl PartRow {
    fn try_into_part(self) -> Result<(VersionId, BundlePart)> {
        let kind =
            self.kind.parse().map_err(|_| Error::Corrupt(format!("a version has the kind {}", self.kind)))?;
        let version = u32::try_from(self.version).unwrap_or_default();
        Ok((self.id.into(), BundlePart { kind, name: self.name, version, body: self.body }))
    }
}
