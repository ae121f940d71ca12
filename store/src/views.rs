//! Saved views: addresses of lists that a person gave a name.

use engine::ids::PersonId;
use serde_json::json;
use sqlx::{FromRow, PgConnection};
use uuid::Uuid;

use crate::actor::{Actor, Who};
use crate::control::{Audit, audit};
use crate::error::{Error, Result};
use crate::pool::Store;

/// Views that one person has of one page at most: they stand in a line above it.
pub const VIEWS: i64 = 12;
/// Characters of a view's name.
pub const NAME_CHARS: usize = 60;
/// Characters of a view's query.
pub const QUERY_CHARS: usize = 400;

/// A saved view.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct View {
    /// Its id.
    pub id: Uuid,
    /// The page it is of, for example `/leads`.
    pub page: String,
    /// What the person calls it.
    pub name: String,
    /// What stands after the question mark.
    pub query: String,
}

/// A person's views of a page, by name.
///
/// # Errors
/// When the database fails.
pub async fn views(store: &Store, person: PersonId, page: &str) -> Result<Vec<View>> {
    let sql = "SELECT id, page, name, query FROM saved_views WHERE person_id = $1 AND page = $2 ORDER BY name LIMIT $3";
    Ok(sqlx::query_as(sql).bind(person.0).bind(page).bind(VIEWS).fetch_all(store.pool()).await?)
}

/// Saves a view; one of the same name is replaced.
///
/// # Errors
/// [`Error::Refused`] when the person has [`VIEWS`] of the page, or a text is too long.
pub async fn save(store: &Store, actor: &Actor, page: &str, name: &str, query: &str) -> Result<()> {
    let person = person(actor)?;
    let mut tx = store.pool().begin().await?;
    // Two saves at one moment would both find room.
    sqlx::query("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))")
        .bind(format!("saved_views:{person}"))
        .execute(&mut *tx)
        .await?;
    let others: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM saved_views WHERE person_id = $1 AND page = $2 AND name <> $3",
    )
    .bind(person.0)
    .bind(page)
    .bind(name)
    .fetch_one(&mut *tx)
    .await?;
    if others >= VIEWS {
        return Err(Error::Refused(format!("there are {VIEWS} views of this page; delete one first")));
    }
    let id: Uuid = sqlx::query_scalar(
        "INSERT INTO saved_views (id, person_id, page, name, query, created_at) VALUES ($1, $2, $3, $4, $5, $6) \
         ON CONFLICT ON CONSTRAINT saved_views_name_key DO UPDATE SET query = excluded.query RETURNING id",
    )
    .bind(engine::ids::mint(actor.now, rand::random()))
    .bind(person.0)
    .bind(page)
    .bind(name)
    .bind(query)
    .bind(actor.now)
    .fetch_one(&mut *tx)
    .await?;
    record(&mut tx, actor, "view.save", id, page).await?;
    tx.commit().await?;
    Ok(())
}

/// Calls one of the person's own views something else.
///
/// # Errors
/// [`Error::NotFound`] when it is not the person's, [`Error::Duplicate`] when the name is taken.
pub async fn rename(store: &Store, actor: &Actor, view: Uuid, name: &str) -> Result<View> {
    let sql =
        "UPDATE saved_views SET name = $3 WHERE id = $1 AND person_id = $2 RETURNING id, page, name, query";
    change(store, actor, view, sql, Some(name), "view.rename").await
}

/// Deletes one of the person's own views, and answers what it was.
///
/// # Errors
/// [`Error::NotFound`] when it is not the person's.
pub async fn delete(store: &Store, actor: &Actor, view: Uuid) -> Result<View> {
    let sql = "DELETE FROM saved_views WHERE id = $1 AND person_id = $2 RETURNING id, page, name, query";
    change(store, actor, view, sql, None, "view.delete").await
}

async fn change(
    store: &Store,
    actor: &Actor,
    view: Uuid,
    sql: &'static str,
    name: Option<&str>,
    action: &'static str,
) -> Result<View> {
    let mut tx = store.pool().begin().await?;
    let query = sqlx::query_as(sql).bind(view).bind(person(actor)?.0);
    let query = if let Some(name) = name { query.bind(name) } else { query };
    let changed: Option<View> = query.fetch_optional(&mut *tx).await?;
    let changed = changed.ok_or(Error::NotFound("view"))?;
    record(&mut tx, actor, action, view, &changed.page).await?;
    tx.commit().await?;
    Ok(changed)
}

/// What a view is called and looks for may name a lead, so the log has neither.
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
        Who::Person(id) => Ok(id),
        Who::ApiKey(_) | Who::Command(_) => Err(Error::Refused("views belong to people".into())),
    }
}
