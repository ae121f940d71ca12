//! Reads a draft's text in the context of every workflow that it would be part of.

use engine::bundle::BundleSource;
use engine::change::{self, Comparison, Draft, Kind};
use serde_json::Value as Json;
use sqlx::PgConnection;
use store::actor::Role;
use store::changes::Change;
use store::workflows::{self, Version};
use store::{Error, Result, Store};

use super::policy::approvers;
use crate::affected::surroundings;
use crate::assignees::assignee_problems;

/// The result of reading a draft: its content, its base version, and the difference between them.
pub struct DraftReading {
    /// The content and its problems.
    pub draft: Draft,
    /// The newest version, if one exists.
    pub base: Option<Version>,
    /// The difference from the newest version. Empty while the text cannot be read.
    pub comparison: Comparison,
}

impl DraftReading {
    /// Returns the roles that would have to approve the draft.
    pub fn approvers(&self, kind: Kind) -> Vec<Role> {
        approvers(kind, self.comparison.touches_assignment)
    }
}

/// Reads the text of a draft.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn read(store: &Store, kind: Kind, name: &str, text: &str) -> Result<DraftReading> {
    let mut connection = store.pool().acquire().await?;
    let base = workflows::newest(&mut connection, kind, name).await?;
    let around = surroundings(&mut connection, kind, Some(name)).await?;
    let sources: Vec<_> = around.iter().map(|around| around.source.clone()).collect();
    let mut draft = change::read(kind, name, text, &sources);
    if let Some(body) = &draft.body {
        let problems = assignee_problems(&mut connection, kind, body).await?;
        draft = draft.with(text, problems);
    }
    drop(connection);
    let comparison = match &draft.body {
        Some(body) => compare(kind, name, base.as_ref(), body, &sources),
        None => Comparison::default(),
    };
    Ok(DraftReading { draft, base, comparison })
}

/// Returns the roles that must approve the current content of a change.
pub(super) async fn approvers_of(connection: &mut PgConnection, change: &Change) -> Result<Vec<Role>> {
    let Some(body) = &change.body else { return Ok(approvers(change.kind, false)) };
    let base = workflows::newest(connection, change.kind, &change.name).await?;
    let around = surroundings(connection, change.kind, Some(&change.name)).await?;
    let sources: Vec<_> = around.into_iter().map(|around| around.source).collect();
    let comparison = compare(change.kind, &change.name, base.as_ref(), body, &sources);
    Ok(approvers(change.kind, comparison.touches_assignment))
}

fn compare(
    kind: Kind,
    name: &str,
    base: Option<&Version>,
    body: &Json,
    sources: &[BundleSource],
) -> Comparison {
    let mut comparison = change::compare(kind, base.map(|base| &base.body), body);
    if let Some(place) = &kind.spec().place {
        comparison.touches_assignment |= sources.iter().any(|source| (place.hands_out)(source, name));
    }
    comparison
}

/// Returns the text of a version: its original source, or text generated from its content.
///
/// # Errors
/// Returns an error if the content does not match the version's kind.
pub fn text_of(version: &Version) -> Result<String> {
    match &version.source {
        Some(text) => Ok(text.clone()),
        None => {
            change::write(version.kind, &version.body).map_err(|problem| Error::Corrupt(problem.to_string()))
        }
    }
}
