//! Drafts that a command creates for a person to continue.

use engine::canonical;
use engine::change::Kind;
use serde_json::{Value as Json, json};
use sqlx::PgConnection;
use store::changes::{self, NewDraft};
use store::workflows;
use store::{Actor, Error, Result};

/// The result of proposing content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProposeResult {
    /// The newest version or an open change has the same content, so nothing was written.
    Unchanged,
    /// A draft was created, or the command's earlier draft was replaced.
    Drafted,
}

/// Saves content from a file as a draft.
///
/// # Errors
/// Returns [`Error::Corrupt`] if the content does not match its kind.
pub async fn propose(
    connection: &mut PgConnection,
    actor: &Actor,
    kind: Kind,
    name: &str,
    body: &Json,
) -> Result<ProposeResult> {
    let hash = canonical::digest(body)?;
    let newest = workflows::newest(connection, kind, name).await?;
    let is_newest = newest.as_ref().is_some_and(|newest| newest.hash == hash);
    if is_newest || changes::same_is_open(connection, kind, name, &hash).await? {
        return Ok(ProposeResult::Unchanged);
    }
    let source = engine::change::write(kind, body).map_err(|problem| Error::Corrupt(problem.to_string()))?;
    let base = newest.map_or(0, |newest| newest.version);
    let draft = NewDraft {
        kind,
        name,
        base,
        source: &source,
        body: Some(body),
        author: None,
        title: "",
        why: "",
        started_from: None,
    };
    let (action, number) = match changes::replace_command_draft(connection, actor, draft, &hash).await? {
        Some(number) => ("change.save", number),
        None => ("change.start", changes::insert(connection, actor, draft).await?.1),
    };
    let detail = json!({ "kind": kind, "name": name, "hash": hash });
    changes::log(connection, actor, action, number, detail).await?;
    Ok(ProposeResult::Drafted)
}
