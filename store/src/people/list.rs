//! Paginated list of people.
//!
//! Hand-written SQL: a keyset list, which compares rows of two columns.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use engine::change::KnownPerson;
use engine::ids::PersonId;
use sea_orm::sea_query::Query;
use sea_orm::{
    ColumnTrait as _, EntityTrait as _, ExprTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _,
};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{Person, read};
use crate::actor::Role;
use crate::entity::{person, person_role};
use crate::error::Result;
use crate::orm::orm;
use crate::pool::Store;
use crate::reads::keyset::{self, Order};

/// Number of people on a page.
pub const PAGE_ROWS: usize = 50;
/// Maximum number of role holders to return; a longer list is impractical to choose from.
const HOLDERS: u64 = 200;

/// Filters a list of people.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PeopleFilter {
    /// Only people with this text in the name or the e-mail address.
    pub text: Option<String>,
    /// Only people who hold this role.
    pub role: Option<Role>,
    /// Only people with this sign-in status.
    pub status: Option<SignInStatus>,
}

/// Sign-in status of a person.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    strum::Display,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantArray,
)]
#[strum(serialize_all = "lowercase")]
pub enum SignInStatus {
    /// The person can sign in.
    #[strum(to_string = "active", serialize = "open")]
    Active,
    /// The person was invited and has no password yet.
    Invited,
    /// The person was deactivated.
    #[strum(to_string = "deactivated", serialize = "shut")]
    Deactivated,
}

/// Sort key for people.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PeopleSort {
    /// By name; [`Order::Newest`] sorts from A to Z.
    #[default]
    Name,
    /// By the time they were added.
    Added,
}

/// Cursor into the list of people.
pub type PeopleCursor = keyset::Cursor<PersonId>;

/// A page of people.
#[derive(Clone, Debug, Default)]
pub struct PeoplePage {
    /// The people, in list order.
    pub people: Vec<Person>,
    /// Number of people who pass the filter, on all pages.
    pub total: i64,
    /// Cursors of the adjacent pages.
    pub beside: keyset::AdjacentPages<PersonId>,
}

/// Returns a page of at most `limit` people who pass the filter.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn page(
    store: &Store,
    filter: &PeopleFilter,
    by: PeopleSort,
    order: Order,
    cursor: PeopleCursor,
    limit: usize,
) -> Result<PeoplePage> {
    const FOUND: &str = "($1::text IS NULL OR strpos(lower(p.name), lower($1)) > 0 OR strpos(p.email, lower($1)) > 0) \
        AND ($2::text IS NULL OR EXISTS (SELECT FROM person_roles r WHERE r.person_id = p.id AND r.role = $2)) \
        AND ($3::text IS NULL OR $3 = CASE WHEN p.disabled_at IS NOT NULL THEN 'deactivated' WHEN p.password_hash IS NULL THEN 'invited' ELSE 'active' END)";
    let role = filter.role.map(<&'static str>::from);
    let status = filter.status.map(<&'static str>::from);
    let count = format!("SELECT count(*) FROM people p WHERE {FOUND}");
    let total = sqlx::query_scalar(sqlx::AssertSqlSafe(count))
        .bind(&filter.text)
        .bind(role)
        .bind(status)
        .fetch_one(store.pool())
        .await?;
    // A to Z is the reverse of newest to oldest.
    let (key, newer, older) = match by {
        PeopleSort::Name => ("p.name, p.id", "<", ">"),
        PeopleSort::Added => ("p.created_at, p.id", ">", "<"),
    };
    let (at, side) = match cursor {
        PeopleCursor::Start => (None, ">"),
        PeopleCursor::Before(person) => (Some(person), older),
        PeopleCursor::After(person) => (Some(person), newer),
    };
    let direction = if cursor.is_ascending(order) == (by == PeopleSort::Added) { "ASC" } else { "DESC" };
    let ordered =
        key.split(", ").map(|column| format!("{column} {direction}")).collect::<Vec<_>>().join(", ");
    let query = format!(
        "SELECT p.id FROM people p WHERE {FOUND} AND ($4::uuid IS NULL OR ({key}) {side} (SELECT {key} FROM people p WHERE p.id = $4)) \
         ORDER BY {ordered} LIMIT $5"
    );
    let mut ids: Vec<Uuid> = sqlx::query_scalar(sqlx::AssertSqlSafe(query))
        .bind(&filter.text)
        .bind(role)
        .bind(status)
        .bind(at.map(|person| person.0))
        .bind(limit as i64 + 1)
        .fetch_all(store.pool())
        .await?;
    let beside = keyset::turn(&mut ids, limit, &cursor, order, |id| PersonId(*id));
    let mut people = by_ids(store, ids.clone()).await?;
    people.sort_by_key(|person| ids.iter().position(|id| *id == person.id.0));
    Ok(PeoplePage { people, total, beside })
}

/// Returns the people who hold a role and can sign in, by name.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn holders(store: &Store, role: Role) -> Result<Vec<Person>> {
    let ids = person::Entity::find()
        .select_only()
        .column(person::Column::Id)
        .inner_join(person_role::Entity)
        .filter(person_role::Column::Role.eq(role.to_string()))
        .filter(person::Column::DisabledAt.is_null())
        .order_by_asc(person::Column::Name)
        .order_by_asc(person::Column::Id)
        .limit(HOLDERS)
        .into_tuple()
        .all(store.db())
        .await?;
    by_ids(store, ids).await
}

/// Returns the people with these e-mail addresses, and everyone who can get leads, by e-mail address.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn known_assignees(
    connection: &mut PgConnection,
    emails: &[String],
) -> Result<BTreeMap<String, KnownPerson>> {
    let connection = orm(connection);
    let takes_leads = Query::select()
        .column(person_role::Column::PersonId)
        .from(person_role::Entity)
        .and_where(person_role::Column::Role.eq(Role::Ae.to_string()))
        .to_owned();
    let people = person::Entity::find()
        .select_only()
        .columns([person::Column::Email, person::Column::Name, person::Column::DisabledAt])
        .column_as(person::Column::Id.in_subquery(takes_leads.clone()), "takes_leads")
        .filter(
            person::Column::Email
                .eq_any(emails.iter().cloned())
                .or(person::Column::Id.in_subquery(takes_leads)),
        );
    let rows: Vec<(String, String, Option<DateTime<Utc>>, bool)> =
        people.into_tuple().all(&connection).await?;
    let known = |(email, name, disabled_at, takes_leads): (_, _, Option<_>, _)| {
        (email, KnownPerson { name, is_active: disabled_at.is_none(), takes_leads })
    };
    Ok(rows.into_iter().map(known).collect())
}

async fn by_ids(store: &Store, ids: Vec<Uuid>) -> Result<Vec<Person>> {
    let select = person::Entity::find()
        .filter(person::Column::Id.eq_any(ids))
        .order_by_asc(person::Column::Name)
        .order_by_asc(person::Column::Id);
    Ok(read(store, select).await?.into_iter().map(|(person, _)| person).collect())
}
