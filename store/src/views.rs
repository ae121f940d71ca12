//! Saved views: URLs of lists that a person has named.
//!
//! Hand-written SQL: an advisory lock.

use engine::ids::PersonId;
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ColumnTrait as _, DerivePartialModel, EntityTrait as _, PaginatorTrait as _, QueryFilter as _,
    QueryOrder as _, QuerySelect as _, Set,
};
use serde_json::json;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::actor::{Actor, ActorId};
use crate::control::{Audit, audit};
use crate::entity::saved_view;
use crate::error::{Error, Result};
use crate::orm::orm;
use crate::pool::Store;

/// Maximum number of views that a person can save for a page, which shows them in one line.
pub const VIEWS: u64 = 12;
/// Maximum length of a view's name, in characters.
pub const NAME_CHARS: usize = 60;
/// Maximum length of a view's query, in characters.
pub const QUERY_CHARS: usize = 400;

/// A saved view.
#[derive(Clone, Debug, PartialEq, Eq, DerivePartialModel)]
#[sea_orm(entity = "saved_view::Entity")]
pub struct SavedView {
    /// Unique ID.
    pub id: Uuid,
    /// The page that the view belongs to, for example `/leads`.
    pub page: String,
    /// Name that the person chose.
    pub name: String,
    /// Query string, without the question mark.
    pub query: String,
}

/// Returns a person's views of a page, by name.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn views(store: &Store, person: PersonId, page: &str) -> Result<Vec<SavedView>> {
    Ok(saved_view::Entity::find()
        .filter(saved_view::Column::PersonId.eq(person.0))
        .filter(saved_view::Column::Page.eq(page))
        .order_by_asc(saved_view::Column::Name)
        .limit(VIEWS)
        .into_partial_model()
        .all(store.db())
        .await?)
}

/// Saves a view, and replaces any view with the same name.
///
/// # Errors
/// Returns [`Error::Refused`] if the person already has [`VIEWS`] views of the page, or a text is too long.
pub async fn save(store: &Store, actor: &Actor, page: &str, name: &str, query: &str) -> Result<()> {
    let person = person(actor)?;
    let mut tx = store.begin().await?;
    // Two concurrent saves must not both find room.
    sqlx::query("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))")
        .bind(format!("saved_views:{person}"))
        .execute(&mut *tx)
        .await?;
    let others = saved_view::Entity::find()
        .filter(saved_view::Column::PersonId.eq(person.0))
        .filter(saved_view::Column::Page.eq(page))
        .filter(saved_view::Column::Name.ne(name))
        .count(&orm(&mut tx))
        .await?;
    if others >= VIEWS {
        return Err(Error::Refused(format!("this page already has {VIEWS} views; delete one first")));
    }
    let row = saved_view::ActiveModel {
        id: Set(engine::ids::mint(actor.now, rand::random())),
        person_id: Set(person.0),
        page: Set(page.to_owned()),
        name: Set(name.to_owned()),
        query: Set(query.to_owned()),
        created_at: Set(actor.now),
    };
    let same_name = [saved_view::Column::PersonId, saved_view::Column::Page, saved_view::Column::Name];
    let saved = saved_view::Entity::insert(row)
        .on_conflict(OnConflict::columns(same_name).update_column(saved_view::Column::Query).to_owned())
        .exec_with_returning(&orm(&mut tx))
        .await?;
    record(&mut tx, actor, "view.save", saved.id, page).await?;
    tx.commit().await?;
    Ok(())
}

/// Renames one of the person's views.
///
/// # Errors
/// Returns [`Error::NotFound`] if the view does not belong to the person, or [`Error::Duplicate`] if the name is
/// taken.
pub async fn rename(store: &Store, actor: &Actor, view: Uuid, name: &str) -> Result<SavedView> {
    let person = person(actor)?;
    let mut tx = store.begin().await?;
    let renamed = saved_view::Entity::update_many()
        .set(saved_view::ActiveModel { name: Set(name.to_owned()), ..Default::default() })
        .filter(saved_view::Column::Id.eq(view))
        .filter(saved_view::Column::PersonId.eq(person.0))
        .exec_with_returning(&orm(&mut tx))
        .await?;
    let renamed = renamed.into_iter().next().ok_or(Error::NotFound("view"))?;
    record(&mut tx, actor, "view.rename", view, &renamed.page).await?;
    tx.commit().await?;
    Ok(renamed.into())
}

/// Deletes one of the person's views, and returns it.
///
/// # Errors
/// Returns [`Error::NotFound`] if the view does not belong to the person.
pub async fn delete(store: &Store, actor: &Actor, view: Uuid) -> Result<SavedView> {
    let person = person(actor)?;
    let mut tx = store.begin().await?;
    let deleted = saved_view::Entity::delete_many()
        .filter(saved_view::Column::Id.eq(view))
        .filter(saved_view::Column::PersonId.eq(person.0))
        .exec_with_returning(&orm(&mut tx))
        .await?;
    let deleted = deleted.into_iter().next().ok_or(Error::NotFound("view"))?;
    record(&mut tx, actor, "view.delete", view, &deleted.page).await?;
    tx.commit().await?;
    Ok(deleted.into())
}

impl From<saved_view::Model> for SavedView {
    fn from(row: saved_view::Model) -> Self {
        let saved_view::Model { id, page, name, query, .. } = row;
        Self { id, page, name, query }
    }
}

/// Writes the audit row. It omits the view's name and query, since they may name a lead.
async fn record(
    connection: &mut PgConnection,
    actor: &Actor,
    action: &'static str,
    view: Uuid,
    page: &str,
) -> Result<()> {
    let detail = json!({ "page": page });
    audit(connection, actor, Audit { action, subject: &format!("view:{view}"), lead: None, detail }).await
}

fn person(actor: &Actor) -> Result<PersonId> {
    match actor.who {
        ActorId::Person(id) => Ok(id),
        ActorId::ApiKey(_) | ActorId::Command(_) => Err(Error::Refused("only people can have views".into())),
    }
}
