//! The live workflows that a change would be part of.

use std::collections::{BTreeMap, BTreeSet};

use engine::bundle::{Bundle, BundlePart, BundleSource};
use engine::change::{self, Kind};
use engine::ids::{VersionId, WorkflowId};
use sqlx::PgConnection;
use store::workflows::{self, LiveWorkflow, Version};
use store::{Error, Result};
use uuid::Uuid;

/// A live workflow that a change would be part of.
#[derive(Clone, Debug)]
pub struct AffectedWorkflow {
    /// The workflow's id.
    pub workflow: WorkflowId,
    /// The workflow's name.
    pub name: String,
    /// The workflow's title.
    pub title: String,
    /// The live bundle's source, with every existing list and pool added. Lists are empty, since no check reads their entries.
    pub source: BundleSource,
    /// Ids of the versions in `source`.
    ids: BTreeMap<(Kind, String), VersionId>,
}

impl AffectedWorkflow {
    /// Returns the version ids of these lists.
    pub(crate) fn lists(&self, names: &BTreeSet<String>) -> Vec<VersionId> {
        names.iter().filter_map(|name| self.ids.get(&(Kind::List, name.clone()))).copied().collect()
    }

    /// Replaces a version and returns the version ids of the resulting bundle, or the reason why the version does not fit.
    pub(crate) fn bundle_with(mut self, version: &Version) -> std::result::Result<Vec<Uuid>, String> {
        change::place(version.kind, &version.name, &version.body, &mut self.source)
            .map_err(|problem| problem.to_string())?;
        self.ids.insert((version.kind, version.name.clone()), version.id);
        let compiled = Bundle::compile(self.source)
            .map_err(|problems| problems.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "))?;
        let needed = self.ids.iter().filter(|((kind, name), _)| compiled.has_part(*kind, name));
        let mut ids: Vec<Uuid> = needed.map(|(_, id)| id.0).collect();
        ids.sort_unstable();
        Ok(ids)
    }
}

/// Returns the live workflows that use the named part, or all of them.
///
/// # Errors
/// Returns [`Error::Corrupt`] if a stored version does not match its kind.
pub async fn surroundings(
    connection: &mut PgConnection,
    kind: Kind,
    name: Option<&str>,
) -> Result<Vec<AffectedWorkflow>> {
    let mut all = Vec::new();
    for workflow in workflows::live_with(connection, kind, name).await? {
        all.push(around(connection, workflow).await?);
    }
    Ok(all)
}

/// Returns the surroundings of a change in one live workflow.
///
/// # Errors
/// Returns [`Error::NotFound`] if the workflow is not live.
pub(crate) async fn surroundings_of(
    connection: &mut PgConnection,
    workflow: WorkflowId,
) -> Result<AffectedWorkflow> {
    let workflow = workflows::live_by_id(connection, workflow).await?;
    around(connection, workflow).await
}

async fn around(connection: &mut PgConnection, workflow: LiveWorkflow) -> Result<AffectedWorkflow> {
    let LiveWorkflow { id, name, title, version_ids } = workflow;
    let parts = workflows::parts_in_reach(connection, &version_ids).await?;
    let ids = parts.iter().map(|(id, part)| ((part.kind, part.name.clone()), *id)).collect();
    let parts: Vec<BundlePart> = parts.into_iter().map(|(_, part)| part).collect();
    let source = BundleSource::assemble(parts)
        .map_err(|problem| Error::Corrupt(format!("the workflow {name}: {problem}")))?;
    Ok(AffectedWorkflow { workflow: id.into(), name, title, source, ids })
}
