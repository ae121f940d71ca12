//! Writing changes: drafts, submitting, taking back.

use engine::canonical::{self, Digest};
use engine::change::Kind;
use engine::ids::PersonId;
use serde_json::{Value as Json, json};
use sqlx::PgConnection;
use uuid::Uuid;

use super::reads::by_number;
use super::{Change, State};
use crate::actor::{Actor, Role, Who};
use crate::control::{Audit, audit};
use crate::error::{Error, Result};
use crate::pool::Store;
use crate::workflows;

/// Drafts one person may have open: more are forgotten ones.
const DRAFTS: i64 = 100;

/// What a save writes into a draft.
#[derive(Clone, Debug)]
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

/// Begins a draft with a text, from the newest version of a name; answers its number.
///
/// # Errors
/// [`Error::Refused`] when the person has too many drafts open.
pub async fn start(
    store: &Store,
    actor: &Actor,
    kind: Kind,
    name: &str,
    source: &str,
    body: Option<&Json>,
) -> Result<i64> {
    let author = person(actor)?;
    let mut tx = store.pool().begin().await?;
    let open: i64 =
        sqlx::query_scalar("SELECT count(*) FROM changes WHERE author_id = $1 AND state = 'draft'")
            .bind(author.0)
            .fetch_one(&mut *tx)
            .await?;
    if open >= DRAFTS {
        return Err(Error::Refused(format!("you have {open} drafts open; submit or discard some first")));
    }
    let base = workflows::newest(&mut tx, kind, name).await?.map_or(0, |version| version.version);
    let (id, number) =
        insert(&mut tx, actor, Draft { kind, name, base, source, body, author: Some(author) }).await?;
    add_editor(&mut tx, id, author).await?;
    log(&mut tx, actor, "change.start", number, json!({ "kind": kind, "name": name, "base_version": base }))
        .await?;
    tx.commit().await?;
    Ok(number)
}

/// Saves a draft; answers its new revision.
///
/// # Errors
/// [`Error::Stale`] when somebody saved it meanwhile, [`Error::Refused`] when it is no draft or not this person's to write.
pub async fn save(store: &Store, actor: &Actor, number: i64, edit: Edit<'_>) -> Result<i32> {
    let author = person(actor)?;
    let mut tx = store.pool().begin().await?;
    let change = draft_of(&mut tx, actor, number).await?;
    // The same form twice is not two people.
    if change.says(edit.title, edit.why, edit.source) && change.body.as_ref() == edit.body {
        return Ok(change.revision);
    }
    if change.revision != edit.revision {
        return Err(Error::Stale { current: change.revision.into() });
    }
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
    .execute(&mut *tx)
    .await?;
    add_editor(&mut tx, change.id, author).await?;
    log(&mut tx, actor, "change.save", number, json!({ "revision": change.revision + 1, "hash": hash }))
        .await?;
    tx.commit().await?;
    Ok(change.revision + 1)
}

/// Submits a draft for sign-off by these roles. What it says never changes from here on.
///
/// # Errors
/// As [`save`]; [`Error::Refused`] too when it cannot be read, has no title, changes nothing, or another version came
/// meanwhile.
pub async fn submit(
    store: &Store,
    actor: &Actor,
    number: i64,
    revision: i32,
    required: &[Role],
) -> Result<()> {
    let author = person(actor)?;
    let mut tx = store.pool().begin().await?;
    let change = draft_of(&mut tx, actor, number).await?;
    if change.revision != revision {
        return Err(Error::Stale { current: change.revision.into() });
    }
    let newest = workflows::newest(&mut tx, change.kind, &change.name).await?;
    if newest.as_ref().map_or(0, |version| version.version) != change.base_version {
        return Err(Error::Refused("another version was approved since this draft began".into()));
    }
    match change.hash {
        None => return Err(Error::Refused("a text that cannot be read is not submitted".into())),
        Some(hash) if newest.is_some_and(|version| version.hash == hash) => {
            return Err(Error::Refused("the draft says the same as the version it starts from".into()));
        }
        Some(_) => {}
    }
    add_editor(&mut tx, change.id, author).await?;
    sqlx::query(
        "UPDATE changes SET state = 'submitted', required = $2, submitted_at = $3, updated_at = $3, author_id = coalesce(author_id, $4) WHERE id = $1",
    )
    .bind(change.id)
    .bind(required.iter().map(ToString::to_string).collect::<Vec<_>>())
    .bind(actor.now)
    .bind(author.0)
    .execute(&mut *tx)
    .await?;
    let detail = json!({ "hash": change.hash, "required": required, "title": change.title });
    log(&mut tx, actor, "change.submit", number, detail).await?;
    tx.commit().await?;
    Ok(())
}

/// Discards a draft, or takes a submitted change back.
///
/// # Errors
/// [`Error::Refused`] when it is closed, or not this person's.
pub async fn withdraw(store: &Store, actor: &Actor, number: i64) -> Result<()> {
    let mut tx = store.pool().begin().await?;
    let change = locked(&mut tx, number).await?;
    may_write(actor, &change)?;
    if !matches!(change.state, State::Draft | State::Submitted) {
        return Err(Error::Refused("this change is closed already".into()));
    }
    close(&mut tx, actor, &change, State::Withdrawn).await?;
    log(&mut tx, actor, "change.withdraw", number, json!({ "was": change.state.to_string() })).await?;
    tx.commit().await?;
    Ok(())
}

/// What proposing content came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proposed {
    /// The newest version, or an open change, says the same; nothing was written.
    Unchanged,
    /// A draft was made, or the one from before replaced.
    Drafted,
}

/// Keeps content that a command brings as a draft, which somebody then takes up.
///
/// # Errors
/// When the database fails.
pub async fn propose(
    connection: &mut PgConnection,
    actor: &Actor,
    kind: Kind,
    name: &str,
    body: &Json,
) -> Result<Proposed> {
    let hash = canonical::digest(body)?;
    let newest = workflows::newest(connection, kind, name).await?;
    let says_the_same: bool = sqlx::query_scalar(
        "SELECT EXISTS (SELECT 1 FROM changes WHERE kind = $1 AND name = $2 AND hash = $3 AND state IN ('draft', 'submitted'))",
    )
    .bind(<&str>::from(kind))
    .bind(name)
    .bind(hash.0.as_slice())
    .fetch_one(&mut *connection)
    .await?;
    if says_the_same || newest.as_ref().is_some_and(|newest| newest.hash == hash) {
        return Ok(Proposed::Unchanged);
    }
    let source = engine::change::write(kind, body).map_err(|problem| Error::Corrupt(problem.to_string()))?;
    let base = newest.map_or(0, |newest| newest.version);
    let replaced: Option<i64> = sqlx::query_scalar(
        "UPDATE changes SET source = $4, body = $5, hash = $6, base_version = $7, revision = revision + 1, updated_at = $8 \
         WHERE id = (SELECT id FROM changes WHERE kind = $1 AND name = $2 AND state = 'draft' AND created_by = $3 AND author_id IS NULL \
         ORDER BY number DESC LIMIT 1 FOR UPDATE) RETURNING number",
    )
    .bind(<&str>::from(kind))
    .bind(name)
    .bind(actor.who.to_string())
    .bind(&source)
    .bind(body)
    .bind(hash.0.as_slice())
    .bind(i32::try_from(base).unwrap_or(i32::MAX))
    .bind(actor.now)
    .fetch_optional(&mut *connection)
    .await?;
    let (action, number) = match replaced {
        Some(number) => ("change.save", number),
        None => {
            let draft = Draft { kind, name, base, source: &source, body: Some(body), author: None };
            ("change.start", insert(connection, actor, draft).await?.1)
        }
    };
    log(connection, actor, action, number, json!({ "kind": kind, "name": name, "hash": hash })).await?;
    Ok(Proposed::Drafted)
}

struct Draft<'a> {
    kind: Kind,
    name: &'a str,
    base: u32,
    source: &'a str,
    body: Option<&'a Json>,
    author: Option<PersonId>,
}

async fn insert(connection: &mut PgConnection, actor: &Actor, draft: Draft<'_>) -> Result<(Uuid, i64)> {
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

/// A change, locked until the transaction ends.
pub(super) async fn locked(connection: &mut PgConnection, number: i64) -> Result<Change> {
    sqlx::query("SELECT 1 FROM changes WHERE number = $1 FOR UPDATE")
        .bind(number)
        .execute(&mut *connection)
        .await?;
    by_number(connection, number).await
}

/// A draft that this person may write, locked.
async fn draft_of(connection: &mut PgConnection, actor: &Actor, number: i64) -> Result<Change> {
    let change = locked(connection, number).await?;
    may_write(actor, &change)?;
    if change.state != State::Draft {
        return Err(Error::Refused(
            "this change is no draft any more: what was submitted never changes".into(),
        ));
    }
    Ok(change)
}

fn may_write(actor: &Actor, change: &Change) -> Result<()> {
    if change.is_writable_by(actor) {
        return Ok(());
    }
    Err(Error::Refused("only its author and the owner of its layer write in a change".into()))
}

pub(super) async fn close(
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

async fn add_editor(connection: &mut PgConnection, change: Uuid, person: PersonId) -> Result<()> {
    sqlx::query("INSERT INTO change_editors (change_id, person_id) VALUES ($1, $2) ON CONFLICT DO NOTHING")
        .bind(change)
        .bind(person.0)
        .execute(connection)
        .await?;
    Ok(())
}

pub(super) fn person(actor: &Actor) -> Result<PersonId> {
    match actor.who {
        Who::Person(id) => Ok(id),
        Who::ApiKey(_) | Who::Command(_) => {
            Err(Error::Refused("a change is written and signed by a person".into()))
        }
    }
}

pub(super) async fn log(
    connection: &mut PgConnection,
    actor: &Actor,
    action: &str,
    number: i64,
    detail: Json,
) -> Result<()> {
    let subject = format!("change:{number}");
    audit(connection, actor, Audit { action, subject: &subject, lead: None, detail }).await
}
