//! Queries behind the pages that show changes.
//!
//! Hand-written SQL: keyset lists that aggregate the approving roles into an array, and the chain of changes that one was started from.

use chrono::{DateTime, Utc};
use engine::canonical::Digest;
use engine::change::Kind;
use engine::ids::PersonId;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait as _, DerivePartialModel, EntityTrait as _, JoinType, QueryFilter as _, QueryOrder as _,
    QuerySelect as _, RelationTrait as _, Select,
};
use serde_json::Value as Json;
use sqlx::{AssertSqlSafe, FromRow, PgConnection, Postgres, QueryBuilder};
use uuid::Uuid;

use super::{Change, ChangeHead, ChangeState, Review};
use crate::actor::Role;
use crate::entity::{change, change_editor, change_review, person, version};
use crate::error::{Error, Result};
use crate::orm::orm;
use crate::pool::Store;
use crate::reads::keyset::{self, Order};

/// Number of changes on a page of the list.
pub const CHANGE_PAGE_ROWS: usize = 50;
/// Number of waiting changes at which counting stops; the exact figure no longer matters beyond it.
const COUNTED: i64 = 100;

#[derive(DerivePartialModel)]
#[sea_orm(entity = "change::Entity")]
struct ChangeHeadRow {
    id: Uuid,
    number: i64,
    kind: String,
    name: String,
    base_version: i32,
    state: String,
    title: String,
    why: String,
    #[sea_orm(from_expr = "source_bytes()")]
    source_bytes: i32,
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
    #[sea_orm(from_expr = "newest_version()")]
    newest_version: i32,
    #[sea_orm(from_expr = "started_from()")]
    started_from: Option<i64>,
}

#[derive(DerivePartialModel)]
#[sea_orm(entity = "change::Entity")]
struct ChangeRow {
    #[sea_orm(nested)]
    head: ChangeHeadRow,
    source: String,
    body: Option<Json>,
}

/// Builds an expression for the size of a change's text, which Postgres knows without reading it.
fn source_bytes() -> Expr {
    Expr::cust("octet_length(changes.source)")
}

/// Builds an expression for the number of the change that a change was started from.
fn started_from() -> Expr {
    Expr::cust("(SELECT s.number FROM changes s WHERE s.id = changes.started_from_id)")
}

/// Builds an expression for the newest version of what a change is about.
fn newest_version() -> Expr {
    Expr::cust(
        "(SELECT coalesce(max(v.version), 0) FROM versions v WHERE v.kind = changes.kind AND v.name = changes.name)",
    )
}

fn corrupt(what: &str, text: &str) -> Error {
    Error::Corrupt(format!("a change has the {what} {text}"))
}

impl TryFrom<ChangeHeadRow> for ChangeHead {
    type Error = Error;

    fn try_from(row: ChangeHeadRow) -> Result<Self> {
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
            source_bytes: usize::try_from(row.source_bytes).unwrap_or_default(),
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
            newest_version: u32::try_from(row.newest_version).unwrap_or_default(),
            started_from: row.started_from,
        })
    }
}

/// Returns a change by its number.
///
/// # Errors
/// Returns [`Error::NotFound`] if it does not exist.
pub async fn by_number(connection: &mut PgConnection, number: i64) -> Result<Change> {
    let row: Option<ChangeRow> = of_number(number).into_partial_model().one(&orm(connection)).await?;
    let ChangeRow { head, source, body } = row.ok_or(Error::NotFound("change"))?;
    Ok(Change { head: head.try_into()?, source, body })
}

/// Returns the SHA-256 of a change's text without reading the text.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn source_digest(connection: &mut PgConnection, change: Uuid) -> Result<Vec<u8>> {
    let digest: Option<Vec<u8>> = change::Entity::find()
        .select_only()
        .column_as(Expr::cust("sha256(convert_to(changes.source, 'UTF8'))"), "digest")
        .filter(change::Column::Id.eq(change))
        .into_tuple()
        .one(&orm(connection))
        .await?;
    digest.ok_or(Error::NotFound("change"))
}

/// Returns a change without its content by its number.
///
/// # Errors
/// Returns [`Error::NotFound`] if it does not exist.
pub async fn head_by_number(connection: &mut PgConnection, number: i64) -> Result<ChangeHead> {
    let row: Option<ChangeHeadRow> = of_number(number).into_partial_model().one(&orm(connection)).await?;
    row.ok_or(Error::NotFound("change"))?.try_into()
}

fn of_number(number: i64) -> Select<change::Entity> {
    change::Entity::find()
        .join(JoinType::LeftJoin, change::Relation::Author.def())
        .join(JoinType::LeftJoin, change::Relation::Version.def())
        .filter(change::Column::Number.eq(number))
}

/// Returns the number of a person's newest draft of a name, if they have one.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn open_draft(
    connection: &mut PgConnection,
    author: PersonId,
    kind: Kind,
    name: &str,
) -> Result<Option<i64>> {
    Ok(change::Entity::find()
        .select_only()
        .column(change::Column::Number)
        .filter(change::Column::AuthorId.eq(author.0))
        .filter(change::Column::Kind.eq(kind.to_string()))
        .filter(change::Column::Name.eq(name))
        .filter(change::Column::State.eq(ChangeState::Draft.to_string()))
        .order_by_desc(change::Column::Number)
        .limit(1)
        .into_tuple()
        .one(&orm(connection))
        .await?)
}

/// Maximum number of changes whose discussions are shown together.
const EARLIER_CHANGES: i32 = 20;

/// Returns the reviews of a change and of those that it was started from, oldest first.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn discussion(connection: &mut PgConnection, change: Uuid) -> Result<Vec<Review>> {
    let chain: Vec<Uuid> = sqlx::query_scalar(
        "WITH RECURSIVE chain (id, started_from_id, step) AS (\
             SELECT id, started_from_id, 1 FROM changes WHERE id = $1 \
             UNION ALL SELECT c.id, c.started_from_id, step + 1 FROM chain JOIN changes c ON c.id = chain.started_from_id WHERE step < $2) \
         SELECT id FROM chain",
    )
    .bind(change)
    .bind(EARLIER_CHANGES)
    .fetch_all(&mut *connection)
    .await?;
    reviews_of(connection, chain).await
}

/// Returns the reviews of a change, oldest first.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn reviews(connection: &mut PgConnection, change: Uuid) -> Result<Vec<Review>> {
    reviews_of(connection, vec![change]).await
}

async fn reviews_of(connection: &mut PgConnection, all: Vec<Uuid>) -> Result<Vec<Review>> {
    type Row = (Uuid, String, String, Option<String>, String, DateTime<Utc>, i64);
    let rows: Vec<Row> = change_review::Entity::find()
        .select_only()
        .column(change_review::Column::PersonId)
        .column(person::Column::Name)
        .column(change_review::Column::Verdict)
        .column(change_review::Column::Role)
        .column(change_review::Column::Comment)
        .column(change_review::Column::At)
        .column(change::Column::Number)
        .inner_join(person::Entity)
        .inner_join(change::Entity)
        .filter(change_review::Column::ChangeId.eq_any(all))
        .order_by_asc(change_review::Column::Id)
        .into_tuple()
        .all(&orm(connection))
        .await?;
    rows.into_iter()
        .map(|(person, name, verdict, role, comment, at, change)| {
            Ok(Review {
                person: person.into(),
                name,
                verdict: verdict.parse().map_err(|_| corrupt("verdict", &verdict))?,
                role: role.map(|role| role.parse().map_err(|_| corrupt("role", &role))).transpose()?,
                comment,
                at,
                change,
            })
        })
        .collect()
}

/// Returns everyone who edited a change, with their names. None of them can approve it.
///
/// # Errors
/// Returns an error if the database fails.
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

/// A row in the list of changes.
#[derive(Clone, Debug, FromRow)]
pub struct ListedChange {
    /// Number shown to people.
    pub number: i64,
    /// Kind of version that the change targets; a [`Kind`].
    pub kind: String,
    /// Name of the version that the change targets.
    pub name: String,
    /// The version that the change starts from.
    pub base_version: i32,
    /// Current state; a [`ChangeState`].
    pub state: String,
    /// One-line summary.
    pub title: String,
    /// Display name of the author or submitter.
    pub author_name: Option<String>,
    /// Roles that must approve the change.
    pub required: Vec<String>,
    /// Roles that have approved the change.
    pub signed: Vec<String>,
    /// When the change was last saved, submitted or closed.
    pub at: DateTime<Utc>,
    /// Whether another version was approved after the change was started.
    pub is_outdated: bool,
}

/// The column `is_outdated` of a list of changes `c`.
const IS_OUTDATED: &str = "(c.state IN ('draft', 'submitted') AND c.base_version <> \
    (SELECT coalesce(max(v.version), 0) FROM versions v WHERE v.kind = c.kind AND v.name = c.name))";

/// Selects which changes a list shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChangeScope {
    /// Submitted changes that this person can approve in one of these roles; outdated ones cannot be approved.
    WaitingFor(PersonId, Vec<Role>),
    /// All submitted changes.
    Open,
    /// All drafts.
    Drafts,
    /// Changes by this person.
    By(PersonId),
    /// Changes that were approved, returned or withdrawn.
    Closed,
}

/// Filters a list of changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangeListFilter {
    /// Selects which changes to list.
    pub show: ChangeScope,
    /// Only changes to this kind of version.
    pub kind: Option<Kind>,
    /// Only changes with this text in the title or in the name of the target.
    pub text: Option<String>,
}

impl From<ChangeScope> for ChangeListFilter {
    fn from(show: ChangeScope) -> Self {
        Self { show, kind: None, text: None }
    }
}

/// Cursor into the list of changes, by change number.
pub type ChangeCursor = keyset::Cursor<i64>;

/// A page of the list of changes.
#[derive(Clone, Debug, Default)]
pub struct ChangeListPage {
    /// The changes, in list order.
    pub rows: Vec<ListedChange>,
    /// Cursors of the adjacent pages.
    pub beside: keyset::AdjacentPages<i64>,
}

/// Returns a page of at most `limit` changes that pass the filter, ordered by number.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn list(
    store: &Store,
    filter: &ChangeListFilter,
    order: Order,
    cursor: ChangeCursor,
    limit: usize,
) -> Result<ChangeListPage> {
    let mut query = QueryBuilder::new(format!(
        "SELECT c.number, c.kind, c.name, c.base_version, c.state, c.title, p.name AS author_name, c.required, \
         ARRAY(SELECT r.role FROM change_reviews r WHERE r.change_id = c.id AND r.verdict = 'approve' ORDER BY r.id) AS signed, \
         coalesce(c.closed_at, c.submitted_at, c.updated_at) AS at, {IS_OUTDATED} AS is_outdated FROM changes c LEFT JOIN people p ON p.id = c.author_id WHERE ",
    ));
    push_show(&mut query, &filter.show);
    if let Some(kind) = filter.kind {
        query.push(" AND c.kind = ").push_bind(<&str>::from(kind));
    }
    if let Some(text) = &filter.text {
        query.push(" AND strpos(lower(c.title || ' ' || c.name), lower(").push_bind(text).push(")) > 0");
    }
    match cursor {
        keyset::Cursor::Start => {}
        keyset::Cursor::Before(number) => drop(query.push(" AND c.number < ").push_bind(number)),
        keyset::Cursor::After(number) => drop(query.push(" AND c.number > ").push_bind(number)),
    }
    let direction = if cursor.is_ascending(order) { "ASC" } else { "DESC" };
    query.push(format!(" ORDER BY c.number {direction} LIMIT ")).push_bind(limit as i64 + 1);
    let mut rows: Vec<ListedChange> = query.build_query_as().fetch_all(store.pool()).await?;
    let beside = keyset::turn(&mut rows, limit, &cursor, order, |row| row.number);
    Ok(ChangeListPage { rows, beside })
}

/// Returns how many changes wait for this person's approval; counting stops at a hundred.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn waiting_for(store: &Store, person: PersonId, roles: &[Role]) -> Result<i64> {
    let mut query = QueryBuilder::new("SELECT count(*) FROM (SELECT 1 FROM changes c WHERE ");
    push_show(&mut query, &ChangeScope::WaitingFor(person, roles.to_vec()));
    query.push(" LIMIT ").push_bind(COUNTED).push(") waiting");
    Ok(query.build_query_scalar().fetch_one(store.pool()).await?)
}

/// Returns how many of a person's own changes are outdated; counting stops at a hundred.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn outdated_by(store: &Store, author: PersonId) -> Result<i64> {
    let mut query = QueryBuilder::new("SELECT count(*) FROM (SELECT 1 FROM changes c WHERE c.author_id = ");
    query.push_bind(author.0).push(" AND ").push(IS_OUTDATED);
    query.push(" LIMIT ").push_bind(COUNTED).push(") outdated");
    Ok(query.build_query_scalar().fetch_one(store.pool()).await?)
}

fn push_show(query: &mut QueryBuilder<Postgres>, show: &ChangeScope) {
    match show {
        ChangeScope::WaitingFor(person, roles) => {
            let roles: Vec<String> = roles.iter().map(ToString::to_string).collect();
            query
                .push("c.state = 'submitted' AND NOT EXISTS (SELECT 1 FROM change_editors e WHERE e.change_id = c.id AND e.person_id = ")
                .push_bind(person.0)
                .push(") AND NOT EXISTS (SELECT 1 FROM change_reviews r WHERE r.change_id = c.id AND r.verdict = 'approve' AND r.person_id = ")
                .push_bind(person.0)
                .push(") AND EXISTS (SELECT 1 FROM unnest(c.required) AS needed (role) WHERE needed.role = ANY(")
                .push_bind(roles)
                .push(") AND NOT EXISTS (SELECT 1 FROM change_reviews r WHERE r.change_id = c.id AND r.verdict = 'approve' AND r.role = needed.role)) AND NOT ")
                // An outdated change cannot be approved, so it waits for its author.
                .push(IS_OUTDATED);
        }
        ChangeScope::Open => {
            query.push("c.state = 'submitted'");
        }
        ChangeScope::Drafts => {
            query.push("c.state = 'draft'");
        }
        ChangeScope::By(person) => {
            query.push("c.author_id = ").push_bind(person.0);
        }
        ChangeScope::Closed => {
            query.push("c.state IN ('approved', 'returned', 'withdrawn')");
        }
    }
}

/// Returns the drafts and submitted changes for a name, newest first.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn open_of(store: &Store, kind: Kind, name: Option<&str>) -> Result<Vec<ListedChange>> {
    let states = [ChangeState::Draft, ChangeState::Submitted].map(|state| state.to_string());
    Ok(sqlx::query_as(AssertSqlSafe(format!(
        "SELECT c.number, c.kind, c.name, c.base_version, c.state, c.title, p.name AS author_name, c.required, \
         ARRAY(SELECT r.role FROM change_reviews r WHERE r.change_id = c.id AND r.verdict = 'approve' ORDER BY r.id) AS signed, \
         coalesce(c.submitted_at, c.updated_at) AS at, {IS_OUTDATED} AS is_outdated FROM changes c LEFT JOIN people p ON p.id = c.author_id \
         WHERE c.kind = $1 AND c.state = ANY($2) AND ($3::text IS NULL OR c.name = $3) ORDER BY c.number DESC LIMIT 200",
    )))
    .bind(<&str>::from(kind))
    .bind(states.to_vec())
    .bind(name)
    .fetch_all(store.pool())
    .await?)
}
