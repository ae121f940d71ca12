//! People page by page.

use engine::ids::PersonId;
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _};
use uuid::Uuid;

use super::entity::person;
use super::{Person, read};
use crate::actor::Role;
use crate::error::Result;
use crate::pool::Store;

/// People on a page.
pub const PAGE_ROWS: usize = 50;
/// Those who hold a role, at most: more are no choice to choose from.
const HOLDERS: i64 = 200;

/// Whom to list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PeopleFilter {
    /// With this in the name or the address.
    pub text: Option<String>,
    /// After this person.
    pub after: Option<PersonId>,
}

/// A page of people.
#[derive(Clone, Debug, Default)]
pub struct PeoplePage {
    /// By name.
    pub people: Vec<Person>,
    /// How many pass the filter, on all pages.
    pub total: i64,
    /// After whom the next page begins, when there is one.
    pub next: Option<PersonId>,
}

/// A page of the people that pass the filter, by name.
///
/// # Errors
/// When the database fails.
pub async fn page(store: &Store, filter: &PeopleFilter) -> Result<PeoplePage> {
    const FOUND: &str =
        "($1::text IS NULL OR strpos(lower(name), lower($1)) > 0 OR strpos(email, lower($1)) > 0)";
    let total = sqlx::query_scalar(sqlx::AssertSqlSafe(format!("SELECT count(*) FROM people WHERE {FOUND}")))
        .bind(&filter.text)
        .fetch_one(store.pool())
        .await?;
    let mut ids: Vec<Uuid> = sqlx::query_scalar(sqlx::AssertSqlSafe(format!(
        "SELECT id FROM people WHERE {FOUND} AND ($2::uuid IS NULL OR (name, id) > (SELECT name, id FROM people WHERE id = $2)) \
         ORDER BY name, id LIMIT $3"
    )))
    .bind(&filter.text)
    .bind(filter.after.map(|person| person.0))
    .bind(PAGE_ROWS as i64 + 1)
    .fetch_all(store.pool())
    .await?;
    let more = ids.len() > PAGE_ROWS;
    ids.truncate(PAGE_ROWS);
    let next = ids.last().filter(|_| more).map(|id| PersonId(*id));
    Ok(PeoplePage { people: by_ids(store, ids).await?, total, next })
}

/// Those who may sign in and hold a role, by name.
///
/// # Errors
/// When the database fails.
pub async fn holders(store: &Store, role: Role) -> Result<Vec<Person>> {
    let ids = sqlx::query_scalar(
        "SELECT p.id FROM people p JOIN person_roles r ON r.person_id = p.id WHERE r.role = $1 AND p.disabled_at IS NULL \
         ORDER BY p.name, p.id LIMIT $2",
    )
    .bind(<&'static str>::from(role))
    .bind(HOLDERS)
    .fetch_all(store.pool())
    .await?;
    by_ids(store, ids).await
}

async fn by_ids(store: &Store, ids: Vec<Uuid>) -> Result<Vec<Person>> {
    let select = person::Entity::find()
        .filter(person::Column::Id.is_in(ids))
        .order_by_asc(person::Column::Name)
        .order_by_asc(person::Column::Id);
    Ok(read(store, select).await?.into_iter().map(|(person, _)| person).collect())
}
