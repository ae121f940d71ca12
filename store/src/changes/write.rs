//! Writing changes.

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

use super::reads::by_number;
use super::{Change, State};
use crate::actor::{Actor, Role};
use crate::control::{Audit, audit};
use crate::entity::{change, change_editor};
use crate::error::{Error, Result};
use crate::orm::orm;

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
    let drafts = change::Entity::find()
        .filter(change::Column::AuthorId.eq(author.0))
        .filter(change::Column::State.eq(State::Draft.to_string()))
        .count(&orm(connection))
        .await?;
    Ok(i64::try_from(drafts).unwrap_or(i64::MAX))
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
    let row = change::ActiveModel {
        id: Set(id),
        kind: Set(draft.kind.to_string()),
        name: Set(draft.name.to_owned()),
        base_version: Set(i32::try_from(draft.base).unwrap_or(i32::MAX)),
        state: Set(State::Draft.to_string()),
        title: Set(String::new()),
        why: Set(String::new()),
        source: Set(draft.source.to_owned()),
        body: Set(draft.body.cloned()),
        hash: Set(hash.map(|hash| hash.0.to_vec())),
        author_id: Set(draft.author.map(|author| author.0)),
        created_by: Set(actor.who.to_string()),
        created_at: Set(actor.now),
        updated_at: Set(actor.now),
        ..Default::default()
    };
    // The number alone comes back: texts may be long.
    let mut insert = change::Entity::insert(row).into_query();
    insert.returning_col(change::Column::Number);
    let row = orm(connection).query_one(&insert).await?.ok_or(Error::NotFound("change"))?;
    Ok((id, row.try_get("", "number")?))
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

fn next_revision() -> Expr {
    change::Column::Revision.into_expr().add(1)
}

/// The author that a change has, or this one.
fn author_or(author: PersonId) -> Expr {
    Func::coalesce([change::Column::AuthorId.into_expr(), Expr::value(author.0)]).into()
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
    let row = change::ActiveModel {
        state: Set(State::Submitted.to_string()),
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
    Ok(change::Entity::find()
        .filter(change::Column::Kind.eq(kind.to_string()))
        .filter(change::Column::Name.eq(name))
        .filter(change::Column::Hash.eq(hash.0.to_vec()))
        .filter(change::Column::State.is_in([State::Draft, State::Submitted].map(|state| state.to_string())))
        .exists(&orm(connection))
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
    let replaced = change::Entity::find()
        .select_only()
        .column(change::Column::Id)
        .filter(change::Column::Kind.eq(draft.kind.to_string()))
        .filter(change::Column::Name.eq(draft.name))
        .filter(change::Column::State.eq(State::Draft.to_string()))
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
/// [`crate::Error::NotFound`] when there is none.
pub async fn locked(connection: &mut PgConnection, number: i64) -> Result<Change> {
    let _: Option<Uuid> = change::Entity::find()
        .select_only()
        .column(change::Column::Id)
        .filter(change::Column::Number.eq(number))
        .lock_exclusive()
        .into_tuple()
        .one(&orm(connection))
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

/// Records that a person edited a change, and so cannot approve it.
///
/// # Errors
/// When the database fails.
pub async fn add_editor(connection: &mut PgConnection, change: Uuid, person: PersonId) -> Result<()> {
    let row = change_editor::ActiveModel { change_id: Set(change), person_id: Set(person.0) };
    change_editor::Entity::insert(row)
        .on_conflict_do_nothing()
        .exec_without_returning(&orm(connection))
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
