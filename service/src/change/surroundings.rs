//! The live workflows that a change would be a part of, and putting it live in them.

use std::collections::{BTreeMap, BTreeSet};

use engine::bundle::{Bundle, BundlePart, BundleSource};
use engine::change::{self, Kind};
use engine::ids::{VersionId, WorkflowId};
use sqlx::PgConnection;
use store::actor::Actor;
use store::changes::Change;
use store::workflows::{self, LiveWorkflow};
use store::{Error, Result};

/// A live workflow around a change.
#[derive(Clone, Debug)]
pub struct Surroundings {
    /// Its id.
    pub workflow: WorkflowId,
    /// Its name.
    pub name: String,
    /// What people call it.
    pub title: String,
    /// What decides in it, beside every list and pool that exists. Lists are without their entries, which no check needs.
    pub source: BundleSource,
    /// Ids of the versions in `source`.
    ids: BTreeMap<(Kind, String), VersionId>,
}

impl Surroundings {
    /// Returns the ids of the versions of these lists.
    pub(super) fn lists(&self, names: &BTreeSet<String>) -> Vec<VersionId> {
        names.iter().filter_map(|name| self.ids.get(&(Kind::List, name.clone()))).copied().collect()
    }
}

/// Returns the live workflows that decide by this name, or all of them.
///
/// # Errors
/// [`Error::Corrupt`] when a stored version is not of its kind.
pub async fn surroundings(
    connection: &mut PgConnection,
    kind: Kind,
    name: Option<&str>,
) -> Result<Vec<Surroundings>> {
    let mut all = Vec::new();
    for workflow in workflows::live_with(connection, kind, name).await? {
        all.push(around(connection, workflow).await?);
    }
    Ok(all)
}

async fn around(connection: &mut PgConnection, workflow: LiveWorkflow) -> Result<Surroundings> {
    let LiveWorkflow { id, name, title, version_ids } = workflow;
    let parts = workflows::parts_in_reach(connection, &version_ids).await?;
    let ids = parts.iter().map(|(id, part)| ((part.kind, part.name.clone()), *id)).collect();
    let parts: Vec<BundlePart> = parts.into_iter().map(|(_, part)| part).collect();
    let source = BundleSource::assemble(parts)
        .map_err(|problem| Error::Corrupt(format!("the workflow {name}: {problem}")))?;
    Ok(Surroundings { workflow: id.into(), name, title, source, ids })
}

/// Puts a bundle live in which the new version has taken its place.
pub(super) async fn put_live(
    connection: &mut PgConnection,
    actor: &Actor,
    change: &Change,
    body: &serde_json::Value,
    version: VersionId,
    mut around: Surroundings,
) -> Result<()> {
    let unfit = |problem: &dyn std::fmt::Display| {
        Error::Refused(format!("it does not fit what decides in {} by now: {problem}", around.title))
    };
    change::place(change.kind, &change.name, body, &mut around.source).map_err(|problem| unfit(&problem))?;
    around.ids.insert((change.kind, change.name.clone()), version);
    let pools: BTreeSet<String> = around.source.rule_set.1.pools();
    let compiled = Bundle::compile(around.source.clone())
        .map_err(|problems| unfit(&problems.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")))?;
    let asked = compiled.asked_lists();
    let is_part = |(kind, name): &(Kind, String)| match kind {
        Kind::List => asked.contains(name.as_str()),
        Kind::Pool => pools.contains(name),
        Kind::Catalogue | Kind::Map | Kind::RuleSet => true,
    };
    let mut ids: Vec<uuid::Uuid> =
        around.ids.iter().filter(|(part, _)| is_part(part)).map(|(_, id)| id.0).collect();
    ids.sort_unstable();
    let why = format!("change #{}: {}", change.number, change.title);
    workflows::release(connection, actor, around.workflow, &around.name, &ids, &why).await?;
    Ok(())
}
