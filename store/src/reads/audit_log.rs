//! The audit log, newest first.

use chrono::{DateTime, Utc};
use serde_json::Value as Json;
use sqlx::FromRow;
use uuid::Uuid;

use crate::error::Result;
use crate::pool::Store;

/// Entries on a page.
pub const PAGE_ROWS: usize = 50;
/// Entries looked through for a page at most, whatever the filter.
pub const SEARCHED_ROWS: usize = 20_000;

/// What the list is narrowed to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// How the actor begins: `person:0199…` is one person, `command:` all commands, `key:` all programs.
    pub actor: Option<String>,
    /// The part of an action before the dot: `person`, `workflow`.
    pub area: Option<String>,
    /// What the subject has in it.
    pub subject: Option<String>,
}

/// One act.
#[derive(Clone, Debug, FromRow)]
pub struct AuditEntry {
    /// Its id.
    pub id: Uuid,
    /// When.
    pub at: DateTime<Utc>,
    /// Who, as `person:0199…`, `key:0199…` or `command:import`.
    pub actor: String,
    /// The roles the actor held.
    pub roles: Vec<String>,
    /// What was done, for example `person.add`.
    pub action: String,
    /// To what, for example `person:0199…`.
    pub subject: String,
    /// The lead it concerns.
    pub lead_id: Option<Uuid>,
    /// What else there is to say.
    pub detail: Option<Json>,
    /// The request it happened in.
    pub request_id: String,
}

/// A page of the log.
#[derive(Clone, Debug, Default)]
pub struct AuditPage {
    /// The newest first.
    pub entries: Vec<AuditEntry>,
    /// Where the next page begins, when there may be one.
    pub older: Option<Uuid>,
    /// Only [`SEARCHED_ROWS`] were looked through, and the page is not full.
    pub cut: bool,
}

/// A page of the log, from the newest or from before an entry.
///
/// # Errors
/// When the database fails.
pub async fn audit_log(store: &Store, filter: &AuditFilter, before: Option<Uuid>) -> Result<AuditPage> {
    let mut entries: Vec<AuditEntry> = sqlx::query_as(
        "WITH near AS MATERIALIZED (SELECT id, at, actor, roles, action, subject, lead_id, detail, request_id FROM audit_log \
           WHERE $1::uuid IS NULL OR id < $1 ORDER BY id DESC LIMIT $2) \
         SELECT * FROM near WHERE ($3::text IS NULL OR starts_with(actor, $3)) AND ($4::text IS NULL OR starts_with(action, $4 || '.')) \
           AND ($5::text IS NULL OR strpos(subject, $5) > 0) ORDER BY id DESC LIMIT $6",
    )
    .bind(before)
    .bind(SEARCHED_ROWS as i64)
    .bind(&filter.actor)
    .bind(&filter.area)
    .bind(&filter.subject)
    .bind(PAGE_ROWS as i64 + 1)
    .fetch_all(store.pool())
    .await?;
    if entries.len() > PAGE_ROWS {
        entries.truncate(PAGE_ROWS);
        let older = entries.last().map(|entry| entry.id);
        return Ok(AuditPage { entries, older, cut: false });
    }
    let older: Option<Uuid> = sqlx::query_scalar(
        "SELECT id FROM audit_log WHERE $1::uuid IS NULL OR id < $1 ORDER BY id DESC OFFSET $2 LIMIT 1",
    )
    .bind(before)
    .bind(SEARCHED_ROWS as i64 - 1)
    .fetch_optional(store.pool())
    .await?;
    Ok(AuditPage { entries, cut: older.is_some(), older })
}
