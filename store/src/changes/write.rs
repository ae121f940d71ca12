//! Writes to changes.

use engine::canonical::{self, Digest};
use engine::change::Kind;
use engine::ids::PersonId;
use sea_orm::sea_query::{Expr, Func};
use sea_orm::{
    ColumnTrait as _, ConnectionTrait as _, EntityTrait as _, ExprTrait as _, PaginatorTrait as _,
    QueryFilter as _, QueryOrder as _, QuerySelect as _, QueryTrait as _, SelectExt as _, Set,
};
use serde_json::Value as Json;
use sqlx::PgConnection;
use uuid::Uuid;

use super::reads::{by_number, head_by_number};
use super::{Change, ChangeHead, ChangeState};
use crate::actor::{Actor, Role};
use crate::control::{Audit, audit};
use crate::entity::{change, change_editor};
use crate::error::{Error, Result};
use crate::orm::orm;

/// An edit to a draft.
#[derive(Clone, Copy, Debug)]
pub struct DraftEdit<'a> {
    /// The revision that the editor saw.
    pub revision: i32,
    /// One-line summary.
    pub title: &'a str,
    /// Motivation for the change.
    pub why: &'a str,
    /// Source text.
    pub source: &'a str,
    /// Parsed content, if the source parses.
    pub body: Option<&'a Json>,
}

/// A draft to insert.
#[derive(Clone, Copy, Debug)]
pub struct NewDraft<'a> {
    /// Kind of version that the change targets.
    pub kind: Kind,
    /// Name of the version that the change targets.
    pub name: &'a str,
    /// The version that the change starts from; 0 if there is none.
    pub base: u32,
    /// Source text.
    pub source: &'a str,
    /// Parsed content, if the source parses.
    pub body: Option<&'a Json>,
    /// The author; `None` for a draft created from a file.
    pub author: Option<PersonId>,
    /// One-line summary.
    pub title: &'a str,
    /// Motivation for the change.
    pub why: &'a str,
    /// The change that the draft is started from. Its editors count as editors of the draft.
    pub started_from: Option<Uuid>,
}

/// Returns how many open drafts a person has.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn open_drafts_of(connection: &mut PgConnection, author: PersonId) -> Result<i64> {
    let drafts = change::Entity::find()
        .filter(change::Column::AuthorId.eq(author.0))
        .filter(change::Column::State.eq(ChangeState::Draft.to_string()))
        .count(&orm(connection))
        .await?;
    Ok(i64::try_from(drafts).unwrap_or(i64::MAX))
}

/// Inserts a draft and returns its ID and number.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn insert(
    connection: &mut PgConnection,
    actor: &Actor,
    draft: NewDraft<'_>,
) -> Result<(Uuid, i64)> {
    let id = engine::ids::mint(actor.now, rand::random());
    let hash: Option<Digest> = draft.body.map(canonical::digest).transpose()?;
    let row = change::ActiveModel {
        id: Set(id),
        kind: Set(draft.kind.to_string()),
        name: Set(draft.name.to_owned()),
        base_version: Set(i32::try_from(draft.base).unwrap_or(i32::MAX)),
        state: Set(ChangeState::Draft.to_string()),
        title: Set(draft.title.to_owned()),
        why: Set(draft.why.to_owned()),
        source: Set(draft.source.to_owned()),
        body: Set(draft.body.cloned()),
        hash: Set(hash.map(|hash| hash.0.to_vec())),
        author_id: Set(draft.author.map(|author| author.0)),
        created_by: Set(actor.who.to_string()),
        started_from_id: Set(draft.started_from),
        created_at: Set(actor.now),
        updated_at: Set(actor.now),
        ..Default::default()
    };
    // Returns only the number, since the texts can be long.
    let mut insert = change::Entity::insert(row).into_query();
    insert.returning_col(change::Column::Number);
    let row = orm(connection).query_one(&insert).await?.ok_or(Error::NotFound("change"))?;
    Ok((id, row.try_get("", "number")?))
}

/// Writes an edit to a draft as its next revision, and returns the content's hash. A draft without an author is
/// assigned to this one.
///
/// # Errors
/// Returns an error if the database fails or rejects the update.
pub async fn update(
    connection: &mut PgConnection,
    actor: &Actor,
    change: &ChangeHead,
    author: PersonId,
    edit: DraftEdit<'_>,
) -> Result<Option<Digest>> {
    let hash = edit.body.map(canonical::digest).transpose()?;
    let row = change::ActiveModel {
        title: Set(edit.title.to_owned()),
        why: Set(edit.why.to_owned()),
        source: Set(edit.source.to_owned()),
        body: Set(edit.body.cloned()),
        hash: Set(hash.map(|hash| hash.0.to_vec())),
        updated_at: Set(actor.now),
        ..Default::default()
    };
    change::Entity::update_many()
        .set(row)
        .col_expr(change::Column::Revision, next_revision())
        .col_expr(change::Column::AuthorId, author_or(author))
        .filter(change::Column::Id.eq(change.id))
        .exec(&orm(connection))
        .await?;
    Ok(hash)
}

/// Writes merged content to a draft as its next revision, which starts from a newer version.
///
/// # Errors
/// Returns an error if the database fails or rejects the update.
pub async fn rebase(
    connection: &mut PgConnection,
    actor: &Actor,
    change: &ChangeHead,
    base: u32,
    source: &str,
    body: Option<&Json>,
) -> Result<Option<Digest>> {
    let hash = body.map(canonical::digest).transpose()?;
    let row = change::ActiveModel {
        base_version: Set(i32::try_from(base).unwrap_or(i32::MAX)),
        source: Set(source.to_owned()),
        body: Set(body.cloned()),
        hash: Set(hash.map(|hash| hash.0.to_vec())),
        updated_at: Set(actor.now),
        ..Default::default()
    };
    change::Entity::update_many()
        .set(row)
        .col_expr(change::Column::Revision, next_revision())
        .filter(change::Column::Id.eq(change.id))
        .exec(&orm(connection))
        .await?;
    Ok(hash)
}

fn next_revision() -> Expr {
    change::Column::Revision.into_expr().add(1)
}

/// Builds an expression for the change's author, or `author` if it has none.
fn author_or(author: PersonId) -> Expr {
    Func::coalesce([change::Column::AuthorId.into_expr(), Expr::value(author.0)]).into()
}

/// Marks a draft as submitted for approval in these roles. Its content is frozen from then on.
///
/// # Errors
/// Returns [`crate::Error::Refused`] if a role that its kind requires is missing.
pub async fn set_submitted(
    connection: &mut PgConnection,
    actor: &Actor,
    change: &ChangeHead,
    author: PersonId,
    approvers: &[Role],
) -> Result<()> {
    let row = change::ActiveModel {
        state: Set(ChangeState::Submitted.to_string()),
        required: Set(approvers.iter().map(ToString::to_string).collect()),
        submitted_at: Set(Some(actor.now)),
        updated_at: Set(actor.now),
        ..Default::default()
    };
    change::Entity::update_many()
        .set(row)
        .col_expr(change::Column::AuthorId, author_or(author))
        .filter(change::Column::Id.eq(change.id))
        .exec(&orm(connection))
        .await?;
    Ok(())
}

/// Returns whether an open change for a name already has exactly this content.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn same_is_open(
    connection: &mut PgConnection,
    kind: Kind,
    name: &str,
    hash: &Digest,
) -> Result<bool> {
    Ok(change::Entity::find()
        .filter(change::Column::Kind.eq(kind.to_string()))
        .filter(change::Column::Name.eq(name))
        .filter(change::Column::Hash.eq(hash.0.to_vec()))
        .filter(
            change::Column::State
                .is_in([ChangeState::Draft, ChangeState::Submitted].map(|state| state.to_string())),
        )
        .exists(&orm(connection))
        .await?)
}

/// Replaces the content of an earlier draft by the same command, unless a person has taken it over. Returns the
/// draft's number if there is one.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn replace_command_draft(
    connection: &mut PgConnection,
    actor: &Actor,
    draft: NewDraft<'_>,
    hash: &Digest,
) -> Result<Option<i64>> {
    let replaced = change::Entity::find()
        .select_only()
        .column(change::Column::Id)
        .filter(change::Column::Kind.eq(draft.kind.to_string()))
        .filter(change::Column::Name.eq(draft.name))
        .filter(change::Column::State.eq(ChangeState::Draft.to_string()))
        .filter(change::Column::CreatedBy.eq(actor.who.to_string()))
        .filter(change::Column::AuthorId.is_null())
        .order_by_desc(change::Column::Number)
        .limit(1)
        .lock_exclusive()
        .into_query();
    let row = change::ActiveModel {
        source: Set(draft.source.to_owned()),
        body: Set(draft.body.cloned()),
        hash: Set(Some(hash.0.to_vec())),
        base_version: Set(i32::try_from(draft.base).unwrap_or(i32::MAX)),
        updated_at: Set(actor.now),
        ..Default::default()
    };
    let mut update = change::Entity::update_many()
        .set(row)
        .col_expr(change::Column::Revision, next_revision())
        .filter(change::Column::Id.into_expr().eq(replaced))
        .into_query();
    update.returning_col(change::Column::Number);
    let row = orm(connection).query_one(&update).await?;
    Ok(row.map(|row| row.try_get("", "number")).transpose()?)
}

/// Reads a change and locks it until the transaction ends.
///
/// # Errors
/// Returns [`crate::Error::NotFound`] if it does not exist.
pub async fn locked(connection: &mut PgConnection, number: i64) -> Result<Change> {
    lock(connection, number).await?;
    by_number(connection, number).await
}

/// Reads a change without its content and locks it until the transaction ends.
///
/// # Errors
/// Returns [`crate::Error::NotFound`] if it does not exist.
pub async fn locked_head(connection: &mut PgConnection, number: i64) -> Result<ChangeHead> {
    lock(connection, number).await?;
    head_by_number(connection, number).await
}

async fn lock(connection: &mut PgConnection, number: i64) -> Result<()> {
    let _: Option<Uuid> = change::Entity::find()
        .select_only()
        .column(change::Column::Id)
        .filter(change::Column::Number.eq(number))
        .lock_exclusive()
        .into_tuple()
        .one(&orm(connection))
        .await?;
    Ok(())
}

/// Closes a change in a final state.
///
/// # Errors
/// Returns [`crate::Error::Refused`] if the change cannot move to this state.
pub async fn close(
    connection: &mut PgConnection,
    actor: &Actor,
    change: &ChangeHead,
    state: ChangeState,
) -> Result<()> {
    let row = change::ActiveModel {
        state: Set(state.to_string()),
        closed_at: Set(Some(actor.now)),
        updated_at: Set(actor.now),
        ..Default::default()
    };
    change::Entity::update_many()
        .set(row)
        .filter(change::Column::Id.eq(change.id))
        .exec(&orm(connection))
        .await?;
    Ok(())
}

/// Records that a person edited a change and therefore cannot approve it.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn add_editor(connection: &mut PgConnection, change: Uuid, person: PersonId) -> Result<()> {
    let row = change_editor::ActiveModel { change_id: Set(change), person_id: Set(person.0) };
    change_editor::Entity::insert(row)
        .on_conflict_do_nothing()
        .exec_without_returning(&orm(connection))
        .await?;
    Ok(())
}

/// Writes the audit row for an act on a change.
///
/// # Errors
/// Returns the same errors as [`audit`].
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
