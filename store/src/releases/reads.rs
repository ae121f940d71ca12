//! Queries for releases.
//!
//! Hand-written SQL: keyset lists that join a release with its workflow, its change and the release that replaced it.

use chrono::{DateTime, Utc};
use engine::canonical::Digest;
use engine::change::Kind;
use engine::control::release::Stage;
use engine::ids::{PersonId, ReleaseId, WorkflowId};
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _};
use sqlx::{AssertSqlSafe, FromRow, PgConnection};
use uuid::Uuid;

use super::{LiveRelease, Release, ReleaseApproval, ReleasePart, ReleaseStep, ReleasedChange};
use crate::actor::Role;
use crate::entity::{person, release_approval};
use crate::error::{Error, Result};
use crate::orm::orm;
use crate::pool::Store;
use crate::reads::keyset::{self, Order};

/// Number of releases on a page of the list.
pub const RELEASE_PAGE_ROWS: usize = 50;

#[derive(FromRow)]
struct ReleaseRow {
    id: Uuid,
    number: i64,
    workflow_id: Uuid,
    workflow_name: String,
    workflow_title: String,
    change_id: Option<Uuid>,
    change_number: Option<i64>,
    change_title: Option<String>,
    change_kind: Option<String>,
    change_name: Option<String>,
    version_id: Option<Uuid>,
    required: Option<Vec<String>>,
    waiver: Option<String>,
    bundle: Vec<u8>,
    base_bundle: Option<Vec<u8>>,
    built_at: DateTime<Utc>,
    stage: String,
    stage_since: DateTime<Utc>,
    stage_by: String,
    stage_why: String,
    paused_from: Option<String>,
    share: i16,
    in_flight: String,
    live_since: Option<DateTime<Utc>>,
    replaced_by: Option<i64>,
    created_at: DateTime<Utc>,
    created_by: String,
}

const RELEASE: &str = "SELECT r.id, r.number, r.workflow_id, w.name AS workflow_name, w.title AS workflow_title, r.change_id, c.number AS change_number, \
     c.title AS change_title, c.kind AS change_kind, c.name AS change_name, c.version_id, c.required, r.waiver, r.bundle, r.base_bundle, r.built_at, \
     r.stage, r.stage_since, r.stage_by, r.stage_why, r.paused_from, r.share, r.in_flight, r.live_since, n.number AS replaced_by, r.created_at, r.created_by \
     FROM releases r JOIN workflows w ON w.id = r.workflow_id LEFT JOIN changes c ON c.id = r.change_id LEFT JOIN releases n ON n.id = r.replaced_by";

const IS_OPEN: &str = "r.stage NOT IN ('live', 'retired', 'rolled_back')";

fn corrupt(what: &str, text: &str) -> Error {
    Error::Corrupt(format!("a release has the {what} {text}"))
}

fn read<T: std::str::FromStr>(what: &str, text: &str) -> Result<T> {
    text.parse().map_err(|_| corrupt(what, text))
}

fn digest(bytes: &[u8]) -> Result<Digest> {
    Digest::from_slice(bytes).ok_or_else(|| Error::Corrupt("a release's bundle has no hash".into()))
}

impl ReleaseRow {
    fn change(&self) -> Result<Option<ReleasedChange>> {
        let (Some(id), Some(number), Some(title), Some(kind), Some(name), Some(version), Some(required)) = (
            self.change_id,
            self.change_number,
            &self.change_title,
            &self.change_kind,
            &self.change_name,
            self.version_id,
            &self.required,
        ) else {
            return Ok(None);
        };
        Ok(Some(ReleasedChange {
            id,
            number,
            title: title.clone(),
            kind: read("kind", kind)?,
            name: name.clone(),
            version_id: version.into(),
            required: required.iter().map(|role| read("role", role)).collect::<Result<_>>()?,
        }))
    }
}

impl TryFrom<ReleaseRow> for Release {
    type Error = Error;

    fn try_from(row: ReleaseRow) -> Result<Self> {
        Ok(Self {
            id: row.id.into(),
            number: row.number,
            workflow: row.workflow_id.into(),
            change: row.change()?,
            workflow_name: row.workflow_name,
            workflow_title: row.workflow_title,
            waiver: row.waiver,
            bundle: digest(&row.bundle)?,
            base_bundle: row.base_bundle.as_deref().map(digest).transpose()?,
            built_at: row.built_at,
            stage: read("stage", &row.stage)?,
            stage_since: row.stage_since,
            stage_by: row.stage_by,
            stage_why: row.stage_why,
            paused_from: row.paused_from.as_deref().map(|stage| read("stage", stage)).transpose()?,
            share: row.share,
            in_flight: read("choice for leads in flight", &row.in_flight)?,
            live_since: row.live_since,
            replaced_by: row.replaced_by,
            created_at: row.created_at,
            created_by: row.created_by,
        })
    }
}

/// Returns a release by its number.
///
/// # Errors
/// Returns [`Error::NotFound`] if it does not exist.
pub async fn by_number(connection: &mut PgConnection, number: i64) -> Result<Release> {
    let row: Option<ReleaseRow> = sqlx::query_as(AssertSqlSafe(format!("{RELEASE} WHERE r.number = $1")))
        .bind(number)
        .fetch_optional(connection)
        .await?;
    row.ok_or(Error::NotFound("release"))?.try_into()
}

/// Returns a release by its number and locks its workflow's releases until the transaction ends, so that no two
/// releases of a workflow move at the same time.
///
/// # Errors
/// Returns the same errors as [`by_number`].
pub async fn locked(connection: &mut PgConnection, number: i64) -> Result<Release> {
    sqlx::query(
        "SELECT 1 FROM workflows WHERE id = (SELECT workflow_id FROM releases WHERE number = $1) FOR NO KEY UPDATE",
    )
    .bind(number)
    .execute(&mut *connection)
    .await?;
    by_number(connection, number).await
}

/// Returns the live release of a workflow.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn live(connection: &mut PgConnection, workflow: WorkflowId) -> Result<Option<LiveRelease>> {
    let row: Option<(Uuid, i64, Vec<u8>)> =
        sqlx::query_as("SELECT id, number, bundle FROM live_releases WHERE workflow_id = $1")
            .bind(workflow.0)
            .fetch_optional(connection)
            .await?;
    row.map(|(id, number, bundle)| Ok(LiveRelease { id: id.into(), number, bundle: digest(&bundle)? }))
        .transpose()
}

/// Returns the bundles of the live workflows that use this name, in order. Reviewers compare a change with these
/// bundles.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn live_bundles_of(connection: &mut PgConnection, kind: Kind, name: &str) -> Result<Vec<Digest>> {
    let bundles: Vec<Vec<u8>> = sqlx::query_scalar("SELECT unnest(live_bundles_of($1, $2))")
        .bind(<&str>::from(kind))
        .bind(name)
        .fetch_all(connection)
        .await?;
    bundles.iter().map(|hash| digest(hash)).collect()
}

/// Returns the releases of a workflow that can still go live, oldest first.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn open_of(connection: &mut PgConnection, workflow: WorkflowId) -> Result<Vec<Release>> {
    let rows: Vec<ReleaseRow> = sqlx::query_as(AssertSqlSafe(format!(
        "{RELEASE} WHERE r.workflow_id = $1 AND {IS_OPEN} ORDER BY r.number"
    )))
    .bind(workflow.0)
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(Release::try_from).collect()
}

/// Returns the releases that a change created, by workflow title.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn of_change(connection: &mut PgConnection, change: Uuid) -> Result<Vec<Release>> {
    let rows: Vec<ReleaseRow> =
        sqlx::query_as(AssertSqlSafe(format!("{RELEASE} WHERE r.change_id = $1 ORDER BY w.title, r.number")))
            .bind(change)
            .fetch_all(connection)
            .await?;
    rows.into_iter().map(Release::try_from).collect()
}

/// Filters a list of releases.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReleaseListFilter {
    /// Only releases of the workflow with this name.
    pub workflow: Option<String>,
    /// Only releases in this stage.
    pub stage: Option<Stage>,
}

/// Cursor into the list of releases, by release number.
pub type ReleaseCursor = keyset::Cursor<i64>;

/// A page of the list of releases.
#[derive(Clone, Debug, Default)]
pub struct ReleaseListPage {
    /// The releases, in list order.
    pub rows: Vec<Release>,
    /// Cursors of the adjacent pages.
    pub beside: keyset::AdjacentPages<i64>,
}

/// Returns a page of at most `limit` releases that pass the filter, ordered by number.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn page(
    store: &Store,
    filter: &ReleaseListFilter,
    order: Order,
    cursor: ReleaseCursor,
    limit: usize,
) -> Result<ReleaseListPage> {
    let (side, number) = match cursor {
        keyset::Cursor::Start => ("<", None),
        keyset::Cursor::Before(number) => ("<", Some(number)),
        keyset::Cursor::After(number) => (">", Some(number)),
    };
    let direction = if cursor.is_ascending(order) { "ASC" } else { "DESC" };
    let rows: Vec<ReleaseRow> = sqlx::query_as(AssertSqlSafe(format!(
        "{RELEASE} WHERE ($1::text IS NULL OR w.name = $1) AND ($2::text IS NULL OR r.stage = $2) \
         AND ($3::bigint IS NULL OR r.number {side} $3) ORDER BY r.number {direction} LIMIT $4"
    )))
    .bind(&filter.workflow)
    .bind(filter.stage.map(<&'static str>::from))
    .bind(number)
    .bind(limit as i64 + 1)
    .fetch_all(store.pool())
    .await?;
    let mut rows: Vec<Release> = rows.into_iter().map(Release::try_from).collect::<Result<_>>()?;
    let beside = keyset::turn(&mut rows, limit, &cursor, order, |row| row.number);
    Ok(ReleaseListPage { rows, beside })
}

/// Returns the parts in which a release differs from the live bundle it is based on, by kind and name.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn parts(connection: &mut PgConnection, release: ReleaseId) -> Result<Vec<ReleasePart>> {
    let rows: Vec<(String, String, Option<i32>, Option<i32>)> = sqlx::query_as(
        "SELECT kind, name, version, replaces FROM release_parts WHERE release_id = $1 ORDER BY kind, name",
    )
    .bind(release.0)
    .fetch_all(connection)
    .await?;
    let number = |version: Option<i32>| version.and_then(|version| u32::try_from(version).ok());
    let part = |(kind, name, version, replaces): (String, String, _, _)| {
        Ok(ReleasePart {
            kind: read("kind", &kind)?,
            name,
            version: number(version),
            replaces: number(replaces),
        })
    };
    rows.into_iter().map(part).collect()
}

/// Returns the approvals of all bundles that a release has had, oldest first.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn approvals(connection: &mut PgConnection, release: ReleaseId) -> Result<Vec<ReleaseApproval>> {
    type Row = (Uuid, String, String, Vec<u8>, DateTime<Utc>);
    let rows: Vec<Row> = release_approval::Entity::find()
        .select_only()
        .column(release_approval::Column::PersonId)
        .column(person::Column::Name)
        .column(release_approval::Column::Role)
        .column(release_approval::Column::Bundle)
        .column(release_approval::Column::At)
        .inner_join(person::Entity)
        .filter(release_approval::Column::ReleaseId.eq(release.0))
        .order_by_asc(release_approval::Column::At)
        .order_by_asc(release_approval::Column::Role)
        .into_tuple()
        .all(&orm(connection))
        .await?;
    let approval = |(person, name, role, bundle, at): (Uuid, _, String, Vec<u8>, _)| {
        Ok(ReleaseApproval {
            person: person.into(),
            name,
            role: read("role", &role)?,
            bundle: digest(&bundle)?,
            at,
        })
    };
    rows.into_iter().map(approval).collect()
}

/// Returns the roles that have not approved the release's current bundle.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn missing_roles(connection: &mut PgConnection, release: ReleaseId) -> Result<Vec<Role>> {
    let roles: Vec<String> = sqlx::query_scalar(
        "SELECT n.role FROM releases r JOIN changes c ON c.id = r.change_id CROSS JOIN LATERAL unnest(c.required) WITH ORDINALITY AS n (role, place) \
         WHERE r.id = $1 AND NOT EXISTS (SELECT 1 FROM release_approvals a WHERE (a.release_id, a.bundle, a.role) = (r.id, r.bundle, n.role)) ORDER BY n.place",
    )
    .bind(release.0)
    .fetch_all(connection)
    .await?;
    roles.iter().map(|role| read("role", role)).collect()
}

/// Returns every stage, bundle and share that a release has had, oldest first.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn history(connection: &mut PgConnection, release: ReleaseId) -> Result<Vec<ReleaseStep>> {
    type Row = (String, Vec<u8>, Option<i16>, DateTime<Utc>, String, String);
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT stage, bundle, share, at, by_whom, why FROM release_history WHERE release_id = $1 ORDER BY step",
    )
    .bind(release.0)
    .fetch_all(connection)
    .await?;
    let step = |(stage, bundle, share, at, by, why): (String, Vec<u8>, _, _, _, _)| {
        Ok(ReleaseStep { stage: read("stage", &stage)?, bundle: digest(&bundle)?, share, at, by, why })
    };
    rows.into_iter().map(step).collect()
}

/// Returns the oldest releases that this person can approve again or take live.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn waiting_for(
    store: &Store,
    person: PersonId,
    roles: &[Role],
    limit: usize,
) -> Result<Vec<Release>> {
    let names: Vec<String> = roles.iter().map(ToString::to_string).collect();
    let rows: Vec<ReleaseRow> = sqlx::query_as(AssertSqlSafe(format!(
        "{RELEASE} WHERE r.stage = 'approved' \
         AND NOT EXISTS (SELECT 1 FROM change_editors e WHERE e.change_id = c.id AND e.person_id = $1) \
         AND CASE WHEN release_is_approved(r.id) THEN 'revops' = ANY($2) \
         ELSE NOT EXISTS (SELECT 1 FROM release_approvals a WHERE (a.release_id, a.bundle, a.person_id) = (r.id, r.bundle, $1)) \
         AND EXISTS (SELECT 1 FROM unnest(c.required) AS n (role) WHERE n.role = ANY($2) \
         AND NOT EXISTS (SELECT 1 FROM release_approvals a WHERE (a.release_id, a.bundle, a.role) = (r.id, r.bundle, n.role))) END \
         ORDER BY r.number LIMIT $3"
    )))
    .bind(person.0)
    .bind(names)
    .bind(limit as i64)
    .fetch_all(store.pool())
    .await?;
    rows.into_iter().map(Release::try_from).collect()
}
