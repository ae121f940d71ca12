//! What the page of one lead shows beside its decisions: its history, and what its rules were.
//!
//! Hand-written SQL: joins of the log with parts of stored versions.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use engine::ids::{DecisionId, EventId, LeadId};
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, QuerySelect as _};
use serde_json::Value as Json;
use sqlx::FromRow;
use uuid::Uuid;

use crate::entity::destination;
use crate::error::{Error, Result};
use crate::pool::Store;

/// Entries of each kind that a lead's history shows; whoever has more has no person's history.
const ENTRIES: i64 = 60;

/// An event of the history.
#[derive(Clone, Debug, FromRow)]
pub struct EventEntry {
    /// Its id.
    pub id: Uuid,
    /// What kind of signal it was.
    pub kind: String,
    /// Which system it came from.
    pub source: String,
    /// When it happened.
    pub occurred_at: Option<DateTime<Utc>>,
    /// When it came.
    pub received_at: DateTime<Utc>,
}

/// A decision of the history.
#[derive(Clone, Debug, FromRow)]
pub struct DecisionEntry {
    /// Its id.
    pub id: Uuid,
    /// The workflow.
    pub workflow_id: Uuid,
    /// What was decided.
    pub action: String,
    /// The rule that fired; `None` by default.
    pub rule_id: Option<String>,
    /// The rule that could not be told.
    pub held_by: Option<String>,
    /// The rule set's version.
    pub rule_version: i32,
    /// Its parameters, with `assignee`.
    pub parameters: Json,
    /// As of when.
    pub as_of: DateTime<Utc>,
}

/// A merge of two leads.
#[derive(Clone, Debug, FromRow)]
pub struct MergeEntry {
    /// The lead that is now another name of `merged_into`.
    pub lead_id: Uuid,
    /// The lead that stays.
    pub merged_into: Uuid,
    /// When.
    pub at: DateTime<Utc>,
    /// Who said so.
    pub by_whom: String,
}

/// Another lead that an event named as well.
#[derive(Clone, Debug, FromRow)]
pub struct Suggestion {
    /// The other lead.
    pub other_lead_id: Uuid,
    /// Its name, company or address, if any is known.
    pub other: Option<String>,
    /// Since when it has been open.
    pub opened_at: DateTime<Utc>,
}

/// What has happened to a lead, each kind newest first.
#[derive(Clone, Debug, Default)]
pub struct History {
    /// Events.
    pub events: Vec<EventEntry>,
    /// Decisions.
    pub decisions: Vec<DecisionEntry>,
    /// Merges it took part in.
    pub merges: Vec<MergeEntry>,
    /// Leads it may be the same as, nobody having said yet.
    pub suggestions: Vec<Suggestion>,
}

/// What has happened to a lead.
///
/// # Errors
/// When the database fails.
pub async fn history(store: &Store, lead: LeadId) -> Result<History> {
    let events = sqlx::query_as("SELECT id, kind, source, occurred_at, received_at FROM events WHERE lead_id = $1 ORDER BY id DESC LIMIT $2")
        .bind(lead.0)
        .bind(ENTRIES)
        .fetch_all(store.pool())
        .await?;
    let decisions = sqlx::query_as(
        "SELECT id, workflow_id, action, rule_id, held_by, rule_version, parameters, as_of FROM decisions \
         WHERE lead_id = $1 AND mode NOT IN ('simulation', 'shadow') ORDER BY id DESC LIMIT $2",
    )
    .bind(lead.0)
    .bind(ENTRIES)
    .fetch_all(store.pool())
    .await?;
    let merges = sqlx::query_as(
        "SELECT lead_id, merged_into, at, by_whom FROM lead_aliases WHERE lead_id = $1 OR merged_into = $1 ORDER BY at DESC LIMIT $2",
    )
    .bind(lead.0)
    .bind(ENTRIES)
    .fetch_all(store.pool())
    .await?;
    let suggestions = sqlx::query_as(
        "SELECT o.id AS other_lead_id, coalesce(o.name, o.email, o.company) AS other, s.opened_at FROM merge_suggestions s \
         JOIN leads o ON o.id = CASE WHEN s.lead_id = $1 THEN s.other_lead_id ELSE s.lead_id END \
         WHERE (s.lead_id = $1 OR s.other_lead_id = $1) AND s.closed_at IS NULL ORDER BY s.opened_at DESC LIMIT $2",
    )
    .bind(lead.0)
    .bind(ENTRIES)
    .fetch_all(store.pool())
    .await?;
    Ok(History { events, decisions, merges, suggestions })
}

/// Hashes of a decision and its event: what still proves them once the person has been erased.
#[derive(Clone, Debug, FromRow)]
pub struct Proof {
    /// SHA-256 of the decision's row.
    pub decision_hash: Vec<u8>,
    /// SHA-256 of the event's row; none for a decision without an event.
    pub event_hash: Option<Vec<u8>>,
}

/// The hashes of a decision and of its event.
///
/// # Errors
/// [`Error::NotFound`] when the decision is not kept any more.
pub async fn proof(store: &Store, decision: DecisionId, event: Option<EventId>) -> Result<Proof> {
    sqlx::query_as("SELECT d.hash AS decision_hash, (SELECT e.hash FROM events e WHERE e.id = $2) AS event_hash FROM decisions d WHERE d.id = $1")
        .bind(decision.0)
        .bind(event.map(|event| event.0))
        .fetch_optional(store.pool())
        .await?
        .ok_or(Error::NotFound("decision"))
}

/// When the person was erased.
///
/// # Errors
/// When the database fails.
pub async fn erased_at(store: &Store, lead: LeadId) -> Result<Option<DateTime<Utc>>> {
    let at: Option<Option<DateTime<Utc>>> = sqlx::query_scalar("SELECT erased_at FROM leads WHERE id = $1")
        .bind(lead.0)
        .fetch_optional(store.pool())
        .await?;
    Ok(at.flatten())
}

/// Why nothing is sent to destinations, by their names; those that something is sent to are not in it.
///
/// # Errors
/// When the database fails.
pub async fn paused_destinations(store: &Store) -> Result<BTreeMap<String, String>> {
    let rows: Vec<(String, String)> = destination::Entity::find()
        .select_only()
        .columns([destination::Column::Name, destination::Column::PausedReason])
        .filter(destination::Column::PausedReason.is_not_null())
        .into_tuple()
        .all(store.db())
        .await?;
    Ok(rows.into_iter().collect())
}
