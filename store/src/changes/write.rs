//! Writing changes.

use engine::canonical::{self, Digest};
use engine::change::Kind;
use engine::ids::PersonId;
use serde_json::Value as Json;
use sqlx::PgConnection;
use uuid::Uuid;

use super::reads::by_number;
use super::{Change, State};
use crate::actor::{Actor, Role};
use crate::control::{Audit, audit};
use crate::error::Result;

/// What a save writes into a draft.
#[derive(Clone, Copy, Debug)]
pub struct Edit<'a> {
    /// The revision that the writer saw.
    pub revision: i32,
    /// What it does, in a line.
    pub title: &'a str,
    /// Why.
    pub why: &'a str,
    /// The text.
    pub source: &'a str,
    /// What the text says, when it can be read.
    pub body: Option<&'a Json>,
}

/// A draft to be inserted.
#[derive(Clone, Copy, Debug)]
pub struct NewDraft<'a> {
    /// What it changes.
    pub kind: Kind,
    /// The name of what it changes.
    pub name: &'a str,
    /// The version it starts from; 0 when there is none.
    pub base: u32,
    /// The text.
    pub source: &'a str,
    /// What the text says, when it can be read.
    pub body: Option<&'a Json>,
    /// Who writes it; none for a draft that came from a file.
    pub author: Option<PersonId>,
}

/// Returns how many drafts a person has open.
///
/// # Errors
/// When the database fails.
pub async fn open_drafts_of(connection: &mut PgConnection, author: PersonId) -> Result<i64> {
    Ok(sqlx::query_scalar("SELECT count(*) FROM changes WHERE author_id = $1 AND state = 'draft'")
        .bind(author.0)
        .fetch_one(connection)
        .await?)
}

/// Inserts a draft; returns its id and number.
///
/// # Errors
/// When the database fails.
pub async fn insert(
    connection: &mut PgConnection,
    actor: &Actor,
    draft: NewDraft<'_>,
) -> Result<(Uuid, i64)> {
    let id = engine::ids::mint(actor.now, rand::random());
    let hash: Option<Digest> = draft.body.map(canonical::digest).transpose()?;
    let number = sqlx::query_scalar(
        "INSERT INTO changes (id, kind, name, base_version, state, title, why, source, body, hash, author_id, created_by, created_at, updated_at) \
         VALUES ($1, $2, $3, $4, 'draft', '', '', $5, $6, $7, $8, $9, $10, $10) RETURNING number",
    )
    .bind(id)
    .bind(<&str>::from(draft.kind))
    .bind(draft.name)
    .bind(i32::try_from(draft.base).unwrap_or(i32::MAX))
    .bind(draft.source)
    .bind(draft.body)
    .bind(hash.map(|hash| hash.0.to_vec()))
    .bind(draft.author.map(|author| author.0))
    .bind(actor.who.to_string())
    .bind(actor.now)
    .fetch_one(connection)
    .await?;
    Ok((id, number))
}

/// Writes an edit into a draft as its next revision; a draft without an author gets this one. Returns the content's hash.
///
/// # Errors
/// When the database fails or refuses it.
pub async fn update(
    connection: &mut PgConnection,
    actor: &Actor,
    change: &Change,
    author: PersonId,
    edit: Edit<'_>,
) -> Result<Option<Digest>> {
    let hash = edit.body.map(canonical::digest).transpose()?;
    sqlx::query(
        "UPDATE changes SET title = $2, why = $3, source = $4, body = $5, hash = $6, revision = revision + 1, updated_at = $7, \
         author_id = coalesce(author_id, $8) WHERE id = $1",
    )
    .bind(change.id)
    .bind(edit.title)
    .bind(edit.why)
    .bind(edit.source)
    .bind(edit.body)
    .bind(hash.map(|hash| hash.0.to_vec()))
    .bind(actor.now)
    .bind(author.0)
    .execute(connection)
    .await?;
    Ok(hash)
}

/// Marks a draft as submitted, to be approved in these roles. What it says never changes from here on.
///
/// # Errors
/// [`crate::Error::Refused`] when the database misses a role that its kind needs.
pub async fn set_submitted(
    connection: &mut PgConnection,
    actor: &Actor,
    change: &Change,
    author: PersonId,
    approvers: &[Role],
) -> Result<()> {
    sqlx::query(
        "UPDATE changes SET state = 'submitted', required = $2, submitted_at = $3, updated_at = $3, author_id = coalesce(author_id, $4) WHERE id = $1",
    )
    .bind(change.id)
    .bind(approvers.iter().map(ToString::to_string).collect::<Vec<_>>())
    .bind(actor.now)
    .bind(author.0)
    .execute(connection)
    .await?;
    Ok(())
}

/// Returns whether an open change of a name has exactly this content.
///
/// # Errors
/// When the database fails.
pub async fn same_is_open(
    connection: &mut PgConnection,
    kind: Kind,
    name: &str,
    hash: &Digest,
) -> Result<bool> {
    Ok(sqlx::query_scalar(
        "SELECT EXISTS (SELECT 1 FROM changes WHERE kind = $1 AND name = $2 AND hash = $3 AND state IN ('draft', 'submitted'))",
    )
    .bind(<&str>::from(kind))
    .bind(name)
    .bind(hash.0.as_slice())
    .fetch_one(connection)
    .await?)
}

/// Replaces the content of the draft that the same command made before and nobody took up; returns its number, if there is one.
///
/// # Errors
/// When the database fails.
pub async fn replace_command_draft(
    connection: &mut PgConnection,
    actor: &Actor,
    draft: NewDraft<'_>,
    hash: &Digest,
) -> Result<Option<i64>> {
    Ok(sqlx::query_scalar(
        "UPDATE changes SET source = $4, body = $5, hash = $6, base_version = $7, revision = revision + 1, updated_at = $8 \
         WHERE id = (SELECT id FROM changes WHERE kind = $1 AND name = $2 AND state = 'draft' AND created_by = $3 AND author_id IS NULL \
         ORDER BY number DESC LIMIT 1 FOR UPDATE) RETURNING number",
    )
    .bind(<&str>::from(draft.kind))
    .bind(draft.name)
    .bind(actor.who.to_string())
    .bind(draft.source)
    .bind(draft.body)
    .bind(hash.0.as_slice())
    .bind(i32::try_from(draft.base).unwrap_or(i32::MAX))
    .bind(actor.now)
    .fetch_optional(connection)
    .await?)
}

/// Reads a change and locks it until the transaction ends.
///
/// # Errors
/// [`crate::Error::NotFound`] when there is none.
pub async fn locked(connection: &mut PgConnection, number: i64) -> Result<Change> {
    sqlx::query("SELECT 1 FROM changes WHERE number = $1 FOR UPDATE")
        .bind(number)
        .execute(&mut *connection)
        .await?;
    by_number(connection, number).await
}

/// Closes a change in a state that ends it.
///
/// # Errors
/// [`crate::Error::Refused`] when it does not end so.
pub async fn close(
    connection: &mut PgConnection,
    actor: &Actor,
    change: &Change,
    state: State,
) -> Result<()> {
    sqlx::query("UPDATE changes SET state = $2, closed_at = $3, updated_at = $3 WHERE id = $1")
        .bind(change.id)
        .bind(<&str>::from(state))
        .bind(actor.now)
        .execute(connection)
        .await?;
    Ok(())
}

/// Records that a person edited a change, and so cannot approve it.
///
/// # Errors
/// When the database fails.
pub async fn add_editor(connection: &mut PgConnection, change: Uuid, person: PersonId) -> Result<()> {
    sqlx::query("INSERT INTO change_editors (change_id, person_id) VALUES ($1, $2) ON CONFLICT DO NOTHING")
        .bind(change)
        .bind(person.0)
        .execute(connection)
        .await?;
    Ok(())
}

/// Writes the audit row of an act on a change.
///
/// # Errors
/// As [`audit`].
pub async fn log(
    connection: &mut PgConnection,
    actor: &Actor,
    action: &str,
    number: i64,
    detail: Json,
) -> Result<()> {
    let subject = format!("change:{number}");
    audit(connection, actor, Audit { action, subject: &subject, lead: None, detail }).await
}
