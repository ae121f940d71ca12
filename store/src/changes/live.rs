//! The live workflows that a change would be a part of, and putting it live in them.

use std::collections::{BTreeMap, BTreeSet};

use engine::bundle::{Bundle, BundleSource};
use engine::change::{self, Kind};
use engine::ids::{VersionId, WorkflowId};
use sqlx::PgConnection;
use uuid::Uuid;

use super::Change;
use crate::actor::Actor;
use crate::error::{Error, Result};
use crate::pool::Store;
use crate::workflows;

/// A live workflow around a change.
#[derive(Clone, Debug)]
pub struct Surrounding {
    /// Its id.
    pub workflow: WorkflowId,
    /// Its name.
    pub name: String,
    /// What people call it.
    pub title: String,
    /// What decides in it, beside every list and pool that there is. Lists are without their entries, which nothing that is
    /// checked hangs on.
    pub source: BundleSource,
    /// Ids of the versions in `source`.
    ids: BTreeMap<(Kind, String), Uuid>,
}

/// The live workflows that decide by this name, or all of them.
///
/// # Errors
/// When the database fails, or a stored version cannot be read.
pub async fn surroundings(
    connection: &mut PgConnection,
    kind: Kind,
    name: Option<&str>,
) -> Result<Vec<Surrounding>> {
    let rows: Vec<(Uuid, String, String, Vec<Uuid>)> = sqlx::query_as(
        "SELECT w.id, w.name, w.title, b.version_ids FROM workflows w JOIN bundles b ON b.hash = w.live_bundle \
         WHERE $2::text IS NULL OR EXISTS (SELECT 1 FROM versions v WHERE v.id = ANY(b.version_ids) AND v.kind = $1 AND v.name = $2) ORDER BY w.name",
    )
    .bind(<&str>::from(kind))
    .bind(name)
    .fetch_all(&mut *connection)
    .await?;
    let mut all = Vec::with_capacity(rows.len());
    for (id, name, title, ids) in rows {
        all.push(surrounding(connection, id.into(), name, title, &ids).await?);
    }
    Ok(all)
}

async fn surrounding(
    connection: &mut PgConnection,
    workflow: WorkflowId,
    name: String,
    title: String,
    ids: &[Uuid],
) -> Result<Surrounding> {
    // What the bundle has counts; of other lists and pools, the newest version.
    let rows: Vec<(Uuid, String, String, i32, serde_json::Value)> = sqlx::query_as(
        "SELECT DISTINCT ON (kind, name) id, kind, name, version, CASE WHEN kind = 'list' THEN '{\"entries\": []}'::jsonb ELSE body END \
         FROM versions WHERE id = ANY($1) OR kind IN ('list', 'pool') ORDER BY kind, name, id = ANY($1) DESC, version DESC",
    )
    .bind(ids)
    .fetch_all(connection)
    .await?;
    let mut known = BTreeMap::new();
    let mut source = BundleSource {
        catalogue: (0, Default::default()),
        map: (0, Default::default()),
        rule_set: (0, empty_rules(&name)),
        lists: BTreeMap::new(),
        pools: BTreeMap::new(),
    };
    for (id, kind, part, version, body) in rows {
        let kind: Kind =
            kind.parse().map_err(|_| Error::Corrupt(format!("a version has the kind {kind}")))?;
        change::place(kind, &part, &body, &mut source)
            .map_err(|problem| Error::Corrupt(format!("{kind} {part}: {problem}")))?;
        let version = u32::try_from(version).unwrap_or_default();
        match kind {
            Kind::Catalogue => source.catalogue.0 = version,
            Kind::Map => source.map.0 = version,
            Kind::RuleSet => source.rule_set.0 = version,
            Kind::List => set_version(source.lists.get_mut(&part), version),
            Kind::Pool => set_version(source.pools.get_mut(&part), version),
        }
        known.insert((kind, part), id);
    }
    Ok(Surrounding { workflow, name, title, source, ids: known })
}

fn set_version<T>(entry: Option<&mut (u32, T)>, version: u32) {
    if let Some(entry) = entry {
        entry.0 = version;
    }
}

fn empty_rules(name: &str) -> engine::rules::RuleSetFile {
    engine::rules::RuleSetFile {
        rule_set: name.to_owned(),
        fields: Default::default(),
        lists: BTreeMap::new(),
        rules: Vec::new(),
        default: engine::action::Action::Hold,
    }
}

/// The entries of the lists that a workflow asks, by name.
///
/// # Errors
/// When the database fails.
pub async fn entries(
    store: &Store,
    around: &Surrounding,
    asked: &BTreeSet<String>,
) -> Result<BTreeMap<String, Vec<String>>> {
    let ids: Vec<Uuid> =
        asked.iter().filter_map(|name| around.ids.get(&(Kind::List, name.clone()))).copied().collect();
    let rows: Vec<(String, Vec<String>)> = sqlx::query_as(
        "SELECT name, ARRAY(SELECT jsonb_array_elements_text(body->'entries')) FROM versions WHERE id = ANY($1)",
    )
    .bind(ids)
    .fetch_all(store.pool())
    .await?;
    Ok(rows.into_iter().collect())
}

/// Puts a bundle live in which the new version has taken its place.
pub(super) async fn put_live(
    connection: &mut PgConnection,
    actor: &Actor,
    change: &Change,
    body: &serde_json::Value,
    version: VersionId,
    mut around: Surrounding,
) -> Result<()> {
    let unfit = |problem: &dyn std::fmt::Display| {
        Error::Refused(format!("it does not fit what decides in {} by now: {problem}", around.title))
    };
    change::place(change.kind, &change.name, body, &mut around.source).map_err(|problem| unfit(&problem))?;
    around.ids.insert((change.kind, change.name.clone()), version.0);
    let pools: BTreeSet<String> = around.source.rule_set.1.pools();
    let compiled = Bundle::compile(around.source.clone())
        .map_err(|problems| unfit(&problems.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")))?;
    let asked = compiled.asked_lists();
    let is_part = |(kind, name): &(Kind, String)| match kind {
        Kind::List => asked.contains(name.as_str()),
        Kind::Pool => pools.contains(name),
        Kind::Catalogue | Kind::Map | Kind::RuleSet => true,
    };
    let mut ids: Vec<Uuid> = around.ids.iter().filter(|(part, _)| is_part(part)).map(|(_, id)| *id).collect();
    ids.sort_unstable();
    let why = format!("change #{}: {}", change.number, change.title);
    workflows::release(connection, actor, around.workflow, &around.name, &ids, &why).await?;
    Ok(())
}
