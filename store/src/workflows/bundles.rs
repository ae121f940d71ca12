//! Bundles: what is released and rolled back as one.

use std::collections::BTreeMap;

use engine::bundle::BundleSource;
use engine::canonical::{self, Digest};
use engine::change::Kind;
use engine::ids::WorkflowId;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use sqlx::types::Json as Column;
use uuid::Uuid;

use super::versions::{Version, versions};
use crate::actor::Actor;
use crate::error::{Error, Result};

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

/// Stores the bundle of these versions, if it is not stored yet; returns its hash.
///
/// # Errors
/// When the database fails.
pub async fn assemble(
    connection: &mut PgConnection,
    actor: &Actor,
    workflow: WorkflowId,
    name: &str,
    ids: &[Uuid],
) -> Result<Digest> {
    let mut parts: Vec<Part> = Vec::with_capacity(ids.len());
    for version in versions(connection, ids).await? {
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
        .execute(connection)
        .await?;
    Ok(hash)
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

    /// The parts as the engine takes them.
    ///
    /// # Errors
    /// [`Error::Corrupt`] when a part is missing or is not what its kind says.
    pub fn source(&self) -> Result<BundleSource> {
        let (catalogue, map, rule_set) =
            (self.one(Kind::Catalogue)?, self.one(Kind::Map)?, self.one(Kind::RuleSet)?);
        let mut lists = BTreeMap::new();
        for version in self.all(Kind::List) {
            lists.insert(version.name.clone(), (version.version, body::<List>(version)?.entries));
        }
        let mut pools = BTreeMap::new();
        for version in self.all(Kind::Pool) {
            pools.insert(version.name.clone(), (version.version, body(version)?));
        }
        Ok(BundleSource {
            catalogue: (catalogue.version, body(catalogue)?),
            map: (map.version, body(map)?),
            rule_set: (rule_set.version, body(rule_set)?),
            lists,
            pools,
        })
    }
}

#[derive(Deserialize)]
struct List {
    entries: Vec<String>,
}

fn body<T: DeserializeOwned>(version: &Version) -> Result<T> {
    serde_json::from_value(version.body.clone()).map_err(|error| {
        Error::Corrupt(format!("{} {} v{}: {error}", version.kind, version.name, version.version))
    })
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
