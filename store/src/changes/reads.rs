//! Changes as pages show them.
//!
//! Hand-written SQL: keyset lists with the roles that have approved, gathered in an array.

use chrono::{DateTime, Utc};
use engine::canonical::Digest;
use engine::change::Kind;
use engine::ids::PersonId;
use sea_orm::{
    ColumnTrait as _, DerivePartialModel, EntityTrait as _, JoinType, QueryFilter as _, QueryOrder as _,
    QuerySelect as _, RelationTrait as _,
};
use serde_json::Value as Json;
use sqlx::{FromRow, PgConnection, Postgres, QueryBuilder};
use uuid::Uuid;

use super::{Change, Review, State};
use crate::actor::Role;
use crate::entity::{change, change_editor, change_review, person, version};
use crate::error::{Error, Result};
use crate::orm::orm;
use crate::pool::Store;

/// Rows a page has.
const PAGE_ROWS: usize = 50;
/// Where counting what waits stops: a hundred is many.
const COUNTED: i64 = 100;

#[derive(DerivePartialModel)]
#[sea_orm(entity = "change::Entity")]
struct ChangeRow {
    id: Uuid,
    number: i64,
    kind: String,
    name: String,
    base_version: i32,
    state: String,
    title: String,
    why: String,
    source: String,
    body: Option<Json>,
    hash: Option<Vec<u8>>,
    required: Vec<String>,
    revision: i32,
    author_id: Option<Uuid>,
    #[sea_orm(from_expr = "person::Column::Name")]
    author_name: Option<String>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    submitted_at: Option<DateTime<Utc>>,
    closed_at: Option<DateTime<Utc>>,
    #[sea_orm(from_expr = "version::Column::Version")]
    version: Option<i32>,
}

fn corrupt(what: &str, text: &str) -> Error {
    Error::Corrupt(format!("a change has the {what} {text}"))
}

impl TryFrom<ChangeRow> for Change {
    type Error = Error;

    fn try_from(row: ChangeRow) -> Result<Self> {
        let required = row.required.iter().map(|role| role.parse().map_err(|_| corrupt("role", role)));
        Ok(Self {
            id: row.id,
            number: row.number,
            kind: row.kind.parse().map_err(|_| corrupt("kind", &row.kind))?,
            name: row.name,
            base_version: u32::try_from(row.base_version).unwrap_or_default(),
            state: row.state.parse().map_err(|_| corrupt("state", &row.state))?,
            title: row.title,
            why: row.why,
            source: row.source,
            body: row.body,
            hash: row.hash.as_deref().and_then(Digest::from_slice),
            required: required.collect::<Result<_>>()?,
            revision: row.revision,
            author: row.author_id.map(Into::into),
            author_name: row.author_name,
            created_at: row.created_at,
            updated_at: row.updated_at,
            submitted_at: row.submitted_at,
            closed_at: row.closed_at,
            version: row.version.and_then(|version| u32::try_from(version).ok()),
        })
    }
}

/// A change by its number.
///
/// # Errors
/// [`Error::NotFound`] when there is none.
pub async fn by_number(connection: &mut PgConnection, number: i64) -> Result<Change> {
    let row: Option<ChangeRow> = change::Entity::find()
        .join(JoinType::LeftJoin, change::Relation::Author.def())
        .join(JoinType::LeftJoin, change::Relation::Version.def())
        .filter(change::Column::Number.eq(number))
        .into_partial_model()
        .one(&orm(connection))
        .await?;
    row.ok_or(Error::NotFound("change"))?.try_into()
}

/// What was said of a change, the first first.
///
/// # Errors
/// When the database fails.
pub async fn reviews(connection: &mut PgConnection, change: Uuid) -> Result<Vec<Review>> {
    type Row = (Uuid, String, String, Option<String>, String, DateTime<Utc>);
    let rows: Vec<Row> = change_review::Entity::find()
        .select_only()
        .column(change_review::Column::PersonId)
        .column(person::Column::Name)
        .column(change_review::Column::Verdict)
        .column(change_review::Column::Role)
        .column(change_review::Column::Comment)
        .column(change_review::Column::At)
        .inner_join(person::Entity)
        .filter(change_review::Column::ChangeId.eq(change))
        .order_by_asc(change_review::Column::Id)
        .into_tuple()
        .all(&orm(connection))
        .await?;
    rows.into_iter()
        .map(|(person, name, verdict, role, comment, at)| {
            Ok(Review {
                person: person.into(),
                name,
                verdict: verdict.parse().map_err(|_| corrupt("verdict", &verdict))?,
                role: role.map(|role| role.parse().map_err(|_| corrupt("role", &role))).transpose()?,
                comment,
                at,
            })
        })
        .collect()
}

/// Everybody who had a hand in a change, with their names: none of them signs it.
///
/// # Errors
/// When the database fails.
pub async fn editors(connection: &mut PgConnection, change: Uuid) -> Result<Vec<(PersonId, String)>> {
    let rows: Vec<(Uuid, String)> = change_editor::Entity::find()
        .select_only()
        .columns([person::Column::Id, person::Column::Name])
        .inner_join(person::Entity)
        .filter(change_editor::Column::ChangeId.eq(change))
        .order_by_asc(person::Column::Name)
        .into_tuple()
        .all(&orm(connection))
        .await?;
    Ok(rows.into_iter().map(|(id, name)| (id.into(), name)).collect())
}

/// A change as a list shows it.
#[derive(Clone, Debug, FromRow)]
pub struct Listed {
    /// Its number.
    pub number: i64,
    /// What it changes; a [`Kind`].
    pub kind: String,
    /// The name of what it changes.
    pub name: String,
    /// The version it starts from.
    pub base_version: i32,
    /// Where it stands; a [`State`].
    pub state: String,
    /// What it does, in a line.
    pub title: String,
    /// Who writes or submitted it.
    pub author_name: Option<String>,
    /// The roles that have to sign.
    pub required: Vec<String>,
    /// The roles that have signed.
    pub signed: Vec<String>,
    /// When it was saved, submitted or decided last.
    pub at: DateTime<Utc>,
}

/// Which changes a list shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Show {
    /// Those that one of these roles still has to sign, and this person may.
    WaitingFor(PersonId, Vec<Role>),
    /// All that are submitted.
    Open,
    /// All drafts.
    Drafts,
    /// Those of this person.
    By(PersonId),
    /// Those that were decided or taken back.
    Closed,
}

/// Where a page of the list begins: below a number, or at the newest.
pub type Cursor = Option<i64>;

/// A page of the list.
#[derive(Clone, Debug, Default)]
pub struct Page {
    /// The changes, the newest first.
    pub rows: Vec<Listed>,
    /// Where older ones begin.
    pub older: Cursor,
}

/// A page of changes.
///
/// # Errors
/// When the database fails.
pub async fn list(store: &Store, show: &Show, before: Cursor) -> Result<Page> {
    let mut query = QueryBuilder::new(
        "SELECT c.number, c.kind, c.name, c.base_version, c.state, c.title, p.name AS author_name, c.required, \
         ARRAY(SELECT r.role FROM change_reviews r WHERE r.change_id = c.id AND r.verdict = 'approve' ORDER BY r.id) AS signed, \
         coalesce(c.closed_at, c.submitted_at, c.updated_at) AS at FROM changes c LEFT JOIN people p ON p.id = c.author_id WHERE ",
    );
    push_show(&mut query, show);
    if let Some(before) = before {
        query.push(" AND c.number < ").push_bind(before);
    }
    query.push(" ORDER BY c.number DESC LIMIT ").push_bind(PAGE_ROWS as i64 + 1);
    let mut rows: Vec<Listed> = query.build_query_as().fetch_all(store.pool()).await?;
    let more = rows.len() > PAGE_ROWS;
    rows.truncate(PAGE_ROWS);
    let older = rows.last().filter(|_| more).map(|row| row.number);
    Ok(Page { rows, older })
}

/// How many changes wait for this person's signature, up to a hundred.
///
/// # Errors
/// When the database fails.
pub async fn waiting_for(store: &Store, person: PersonId, roles: &[Role]) -> Result<i64> {
    let mut query = QueryBuilder::new("SELECT count(*) FROM (SELECT 1 FROM changes c WHERE ");
    push_show(&mut query, &Show::WaitingFor(person, roles.to_vec()));
    query.push(" LIMIT ").push_bind(COUNTED).push(") waiting");
    Ok(query.build_query_scalar().fetch_one(store.pool()).await?)
}

fn push_show(query: &mut QueryBuilder<Postgres>, show: &Show) {
    match show {
        Show::WaitingFor(person, roles) => {
            let roles: Vec<String> = roles.iter().map(ToString::to_string).collect();
            query
                .push("c.state = 'submitted' AND NOT EXISTS (SELECT 1 FROM change_editors e WHERE e.change_id = c.id AND e.person_id = ")
                .push_bind(person.0)
                .push(") AND NOT EXISTS (SELECT 1 FROM change_reviews r WHERE r.change_id = c.id AND r.verdict = 'approve' AND r.person_id = ")
                .push_bind(person.0)
                .push(") AND EXISTS (SELECT 1 FROM unnest(c.required) AS needed (role) WHERE needed.role = ANY(")
                .push_bind(roles)
                .push(") AND NOT EXISTS (SELECT 1 FROM change_reviews r WHERE r.change_id = c.id AND r.verdict = 'approve' AND r.role = needed.role))");
        }
        Show::Open => {
            query.push("c.state = 'submitted'");
        }
        Show::Drafts => {
            query.push("c.state = 'draft'");
        }
        Show::By(person) => {
            query.push("c.author_id = ").push_bind(person.0);
        }
        Show::Closed => {
            query.push("c.state IN ('approved', 'returned', 'withdrawn')");
        }
    }
}

/// The drafts and submitted changes of a name, the newest first.
///
/// # Errors
/// When the database fails.
pub async fn open_of(store: &Store, kind: Kind, name: Option<&str>) -> Result<Vec<Listed>> {
    let states = [State::Draft, State::Submitted].map(|state| state.to_string());
    Ok(sqlx::query_as(
        "SELECT c.number, c.kind, c.name, c.base_version, c.state, c.title, p.name AS author_name, c.required, \
         ARRAY(SELECT r.role FROM change_reviews r WHERE r.change_id = c.id AND r.verdict = 'approve' ORDER BY r.id) AS signed, \
         coalesce(c.submitted_at, c.updated_at) AS at FROM changes c LEFT JOIN people p ON p.id = c.author_id \
         WHERE c.kind = $1 AND c.state = ANY($2) AND ($3::text IS NULL OR c.name = $3) ORDER BY c.number DESC LIMIT 200",
    )
    .bind(<&str>::from(kind))
    .bind(states.to_vec())
    .bind(name)
    .fetch_all(store.pool())
    .await?)
}
