//! Drafts that a command makes, for a person to take up.

use engine::canonical;
use engine::change::Kind;
use serde_json::{Value as Json, json};
use sqlx::PgConnection;
use store::changes::{self, NewDraft};
use store::workflows;
use store::{Actor, Error, Result};

/// What became of proposed content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proposed {
    /// The newest version, or an open change, says the same; nothing was written.
    Unchanged,
    /// A draft was made, or the one from before replaced.
    Drafted,
}

/// Keeps content from a file as a draft.
///
/// # Errors
/// [`Error::Corrupt`] when the content is not of its kind.
pub async fn propose(
    connection: &mut PgConnection,
    actor: &Actor,
    kind: Kind,
    name: &str,
    body: &Json,
) -> Result<Proposed> {
    let hash = canonical::digest(body)?;
    let newest = workflows::newest(connection, kind, name).await?;
    let is_newest = newest.as_ref().is_some_and(|newest| newest.hash == hash);
    if is_newest || changes::same_is_open(connection, kind, name, &hash).await? {
        return Ok(Proposed::Unchanged);
    }
    let source = engine::change::write(kind, body).map_err(|problem| Error::Corrupt(problem.to_string()))?;
    let base = newest.map_or(0, |newest| newest.version);
    let draft = NewDraft { kind, name, base, source: &source, body: Some(body), author: None };
    let (action, number) = match changes::replace_command_draft(connection, actor, draft, &hash).await? {
        Some(number) => ("change.save", number),
        None => ("change.start", changes::insert(connection, actor, draft).await?.1),
    };
    let detail = json!({ "kind": kind, "name": name, "hash": hash });
    changes::log(connection, actor, action, number, detail).await?;
    Ok(Proposed::Drafted)
}
