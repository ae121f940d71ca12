//! Data of a lead's page beyond its decisions: its history, and the rules behind it.
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

/// Maximum number of entries of each kind in a lead's history; a person's history rarely has more.
const ENTRIES: i64 = 60;

/// An event in the history.
#[derive(Clone, Debug, FromRow)]
pub struct EventEntry {
    /// Unique ID.
    pub id: Uuid,
    /// Kind of signal.
    pub kind: String,
    /// Source system.
    pub source: String,
    /// When the signal occurred.
    pub occurred_at: Option<DateTime<Utc>>,
    /// When it was received.
    pub received_at: DateTime<Utc>,
}

/// A decision in the history.
#[derive(Clone, Debug, FromRow)]
pub struct DecisionEntry {
    /// Unique ID.
    pub id: Uuid,
    /// The workflow.
    pub workflow_id: Uuid,
    /// The action that was decided.
    pub action: String,
    /// ID of the rule that fired; `None` if the default applied.
    pub rule_id: Option<String>,
    /// ID of the rule that could not be evaluated.
    pub held_by: Option<String>,
    /// The rule set's version.
    pub rule_version: i32,
    /// Parameters of the action, with `assignee`.
    pub parameters: Json,
    /// The decision's `as_of`.
    pub as_of: DateTime<Utc>,
}

/// A merge of two leads, or the undoing of one.
#[derive(Clone, Debug, FromRow)]
pub struct MergeEntry {
    /// The lead that became an alias of `other_lead_id`, or no longer is one.
    pub lead_id: Uuid,
    /// The lead that remained.
    pub other_lead_id: Uuid,
    /// Whether the merge was undone.
    pub is_undo: bool,
    /// When it was done.
    pub at: DateTime<Utc>,
    /// Who did it, as the audit log names actors.
    pub by_whom: String,
}

/// A suggestion to merge with another lead that an event also named.
#[derive(Clone, Debug, FromRow)]
pub struct MergeSuggestion {
    /// The lead with the external ID, which names the suggestion together with the next.
    pub first: Uuid,
    /// The lead with the e-mail address.
    pub second: Uuid,
    /// The other lead.
    pub other_lead_id: Uuid,
    /// The other lead's name, company or address, if known.
    pub other: Option<String>,
    /// When it was opened.
    pub opened_at: DateTime<Utc>,
}

/// History of a lead, each kind newest first.
#[derive(Clone, Debug, Default)]
pub struct LeadTimeline {
    /// Events, newest first.
    pub events: Vec<EventEntry>,
    /// Decisions, newest first.
    pub decisions: Vec<DecisionEntry>,
    /// Merges that involve the lead.
    pub merges: Vec<MergeEntry>,
    /// Open suggestions to merge the lead with others.
    pub suggestions: Vec<MergeSuggestion>,
}

/// Returns the history of a lead.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn history(store: &Store, lead: LeadId) -> Result<LeadTimeline> {
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
        "SELECT lead_id, other_lead_id, kind = 'undo' AS is_undo, at, by_whom FROM lead_merges WHERE lead_id = $1 OR other_lead_id = $1 ORDER BY at DESC, id DESC LIMIT $2",
    )
    .bind(lead.0)
    .bind(ENTRIES)
    .fetch_all(store.pool())
    .await?;
    let suggestions = sqlx::query_as(
        "SELECT s.lead_id AS first, s.other_lead_id AS second, o.id AS other_lead_id, coalesce(o.name, o.email, o.company) AS other, s.opened_at FROM merge_suggestions s \
         JOIN leads o ON o.id = CASE WHEN s.lead_id = $1 THEN s.other_lead_id ELSE s.lead_id END \
         WHERE (s.lead_id = $1 OR s.other_lead_id = $1) AND s.closed_at IS NULL ORDER BY s.opened_at DESC LIMIT $2",
    )
    .bind(lead.0)
    .bind(ENTRIES)
    .fetch_all(store.pool())
    .await?;
    Ok(LeadTimeline { events, decisions, merges, suggestions })
}

/// Hashes of a decision and its event, which still prove them once the person has been erased.
#[derive(Clone, Debug, FromRow)]
pub struct DecisionProof {
    /// SHA-256 of the decision's row.
    pub decision_hash: Vec<u8>,
    /// SHA-256 of the event's row; `None` for a decision without an event.
    pub event_hash: Option<Vec<u8>>,
}

/// Returns the hashes of a decision and of its event.
///
/// # Errors
/// Returns [`Error::NotFound`] if the decision is no longer stored.
pub async fn proof(store: &Store, decision: DecisionId, event: Option<EventId>) -> Result<DecisionProof> {
    sqlx::query_as("SELECT d.hash AS decision_hash, (SELECT e.hash FROM events e WHERE e.id = $2) AS event_hash FROM decisions d WHERE d.id = $1")
        .bind(decision.0)
        .bind(event.map(|event| event.0))
        .fetch_optional(store.pool())
        .await?
        .ok_or(Error::NotFound("decision"))
}

/// Returns when the person was erased, if they were.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn erased_at(store: &Store, lead: LeadId) -> Result<Option<DateTime<Utc>>> {
    let at: Option<Option<DateTime<Utc>>> = sqlx::query_scalar("SELECT erased_at FROM leads WHERE id = $1")
        .bind(lead.0)
        .fetch_optional(store.pool())
        .await?;
    Ok(at.flatten())
}

/// Returns the reasons why destinations are paused, by name. Omits active destinations.
///
/// # Errors
/// Returns an error if the database fails.
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
