//! A draft's text, read against everything that it would be a part of.

mod impact;

use engine::change::{self, Comparison, Draft, Kind};
use store::Store;
use store::actor::Role;
use store::changes;
use store::workflows::{self, Version};

use crate::error::Result;

pub use self::impact::{Impact, impact};

/// What a text says, where it would count, and what it changes.
pub struct Reading {
    /// Content and problems.
    pub draft: Draft,
    /// The newest version, if there is one.
    pub base: Option<Version>,
    /// What it changes against the newest version; nothing while it cannot be read.
    pub comparison: Comparison,
}

impl Reading {
    /// The roles that would have to sign it.
    pub fn signers(&self, kind: Kind) -> Vec<Role> {
        changes::signers(kind, self.comparison.touches_assignment)
    }
}

/// Reads the text of a draft of a name.
///
/// # Errors
/// When the database fails.
pub async fn read(store: &Store, kind: Kind, name: &str, text: &str) -> Result<Reading> {
    let mut connection = store.pool().acquire().await.map_err(store::Error::from)?;
    let base = workflows::newest(&mut connection, kind, name).await?;
    let around = changes::surroundings(&mut connection, kind, Some(name)).await?;
    drop(connection);
    let sources: Vec<_> = around.iter().map(|around| around.source.clone()).collect();
    let draft = change::read(kind, name, text, &sources);
    let mut comparison = match &draft.body {
        Some(body) => change::compare(kind, base.as_ref().map(|base| &base.body), body),
        None => Comparison::default(),
    };
    if kind == Kind::List {
        comparison.touches_assignment =
            around.iter().any(|around| around.source.rule_set.1.hands_out_by(name));
    }
    Ok(Reading { draft, base, comparison })
}

/// The text of a version: as it was written, or made from what it says.
///
/// # Errors
/// When the version is not of its kind.
pub fn text_of(version: &Version) -> Result<String> {
    match &version.source {
        Some(text) => Ok(text.clone()),
        None => change::write(version.kind, &version.body)
            .map_err(|problem| store::Error::Corrupt(problem.to_string()).into()),
    }
}
