//! Paginated list of the audit log, newest first.
//!
//! Hand-written SQL: a keyset list of a partitioned log.

use chrono::{DateTime, Utc};
use serde_json::Value as Json;
use sqlx::FromRow;
use uuid::Uuid;

use crate::error::Result;
use crate::pool::Store;
use crate::reads::keyset::{self, Order};

/// Number of entries on a page.
pub const PAGE_ROWS: usize = 50;
/// Maximum number of entries to search for a page, whatever the filter.
pub const SEARCHED_ROWS: usize = 20_000;

/// Filters the audit log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// Prefix of the actor: `person:0199…` matches one person, `command:` all commands, `key:` all programs.
    pub actor: Option<String>,
    /// The part of the action before the dot, for example `person` or `workflow`.
    pub area: Option<String>,
    /// Text that the subject contains.
    pub subject: Option<String>,
}

/// An entry in the audit log.
#[derive(Clone, Debug, FromRow)]
pub struct AuditEntry {
    /// Unique ID.
    pub id: Uuid,
    /// When the act happened.
    pub at: DateTime<Utc>,
    /// The actor, for example `person:0199…`, `key:0199…` or `command:import`.
    pub actor: String,
    /// Roles that the actor held.
    pub roles: Vec<String>,
    /// The action, for example `person.add`.
    pub action: String,
    /// The subject, for example `person:0199…`.
    pub subject: String,
    /// The lead that the act concerns.
    pub lead_id: Option<Uuid>,
    /// Further details.
    pub detail: Option<Json>,
    /// ID of the request.
    pub request_id: String,
}

/// Cursor into the log, which is ordered by entry ID.
pub type AuditCursor = keyset::Cursor<Uuid>;

/// A page of the log.
#[derive(Clone, Debug, Default)]
pub struct AuditPage {
    /// The entries, in list order.
    pub entries: Vec<AuditEntry>,
    /// Cursors of the adjacent pages. If the search was cut off, the next one continues where it stopped.
    pub beside: keyset::AdjacentPages<Uuid>,
    /// Whether the search stopped after [`SEARCHED_ROWS`] entries, before the page was full.
    pub cut: bool,
}

/// Returns a page of the log with at most `limit` entries.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn audit_log(
    store: &Store,
    filter: &AuditFilter,
    order: Order,
    cursor: AuditCursor,
    limit: usize,
) -> Result<AuditPage> {
    let (is_searched, is_ascending) = (*filter != AuditFilter::default(), cursor.is_ascending(order));
    let window = |columns: &str, rest: &str| {
        let place = match cursor {
            AuditCursor::Start => "$1::uuid IS NULL",
            AuditCursor::Before(_) => "id < $1",
            AuditCursor::After(_) => "id > $1",
        };
        let direction = if is_ascending { "ASC" } else { "DESC" };
        format!("SELECT {columns} FROM audit_log WHERE {place} ORDER BY id {direction} {rest}")
    };
    let at = match cursor {
        AuditCursor::Start => None,
        AuditCursor::Before(id) | AuditCursor::After(id) => Some(id),
    };
    let near = window("id, at, actor, roles, action, subject, lead_id, detail, request_id", "LIMIT $2");
    let direction = if is_ascending { "ASC" } else { "DESC" };
    let mut entries: Vec<AuditEntry> = sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "WITH near AS MATERIALIZED ({near}) \
         SELECT * FROM near WHERE ($3::text IS NULL OR starts_with(actor, $3)) AND ($4::text IS NULL OR starts_with(action, $4 || '.')) \
           AND ($5::text IS NULL OR strpos(subject, $5) > 0) ORDER BY id {direction} LIMIT $6"
    )))
    .bind(at)
    .bind(if is_searched { SEARCHED_ROWS } else { limit + 1 } as i64)
    .bind(&filter.actor)
    .bind(&filter.area)
    .bind(&filter.subject)
    .bind(limit as i64 + 1)
    .fetch_all(store.pool())
    .await?;
    let is_full = entries.len() > limit;
    let beside = keyset::turn(&mut entries, limit, &cursor, order, |entry| entry.id);
    let mut page = AuditPage { entries, beside, cut: false };
    if is_full || !is_searched {
        return Ok(page);
    }
    let end: Option<Uuid> = sqlx::query_scalar(sqlx::AssertSqlSafe(window("id", "OFFSET $2 LIMIT 1")))
        .bind(at)
        .bind(SEARCHED_ROWS as i64 - 1)
        .fetch_optional(store.pool())
        .await?;
    if let Some(end) = end {
        page.cut = true;
        if is_ascending {
            page.beside.newer = Some(AuditCursor::After(end));
        } else {
            page.beside.older = Some(AuditCursor::Before(end));
        }
    }
    Ok(page)
}
