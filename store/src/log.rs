//! Events and decisions: append-only rows, and reading them back.
//!
//! Hand-written SQL: events and decisions are append-only and have no entities.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use engine::action::Action;
use engine::canonical::Digest;
use engine::decision::{Decision, HumanOverride, Mode, Snapshot, TraceEntry, Trigger, UnknownReason};
use engine::ids::{DecisionId, EffectId, EventId, LeadId, WorkflowId};
use serde_json::Value as Json;
use sqlx::{FromRow, Row as _};
use uuid::Uuid;

use crate::columns::TableRow as _;
use crate::error::{Error, Result};
use crate::keyring::{CiphertextLocation, DataKey};
use crate::pool::Store;

mod rows;

pub use rows::{DecisionRow, EventRow, insert_decisions, insert_events};

/// An event with its body decrypted.
#[derive(Clone, Debug)]
pub struct StoredEvent {
    /// Unique ID.
    pub id: EventId,
    /// The lead.
    pub lead_id: LeadId,
    /// Kind of signal.
    pub kind: String,
    /// Source system.
    pub source: String,
    /// `kind`, `source`, `lead` and `payload` as received; `None` once the person has been erased.
    pub body: Option<Json>,
    /// When the signal occurred.
    pub occurred_at: Option<DateTime<Utc>>,
    /// When it was received.
    pub received_at: DateTime<Utc>,
}

/// A stored decision with its snapshot decrypted.
#[derive(Clone, Debug)]
pub struct StoredDecision {
    /// The decision as the API returns it.
    pub decision: Decision,
    /// The workflow.
    pub workflow_id: WorkflowId,
    /// Position in the lead's sequence of decisions.
    pub sequence: i64,
    /// Inputs and result of the assignment pick.
    pub pick: Option<Json>,
}

/// Filters a list of decisions.
#[derive(Clone, Debug, Default)]
pub struct DecisionFilter {
    /// Only decisions of this workflow.
    pub workflow: Option<String>,
    /// Only decisions with this action.
    pub action: Option<Action>,
    /// Only decisions by this rule.
    pub rule_id: Option<String>,
    /// Only decisions in this mode.
    pub mode: Option<Mode>,
    /// Only decisions about this lead.
    pub lead: Option<LeadId>,
    /// Earliest `as_of`, inclusive.
    pub from: Option<DateTime<Utc>>,
    /// Latest `as_of`, exclusive.
    pub to: Option<DateTime<Utc>>,
}

/// Returns an event by its ID.
///
/// # Errors
/// Returns [`Error::NotFound`] if it does not exist.
pub async fn event(store: &Store, id: EventId) -> Result<StoredEvent> {
    events(store, &[id.0]).await?.pop().ok_or(Error::NotFound("event"))
}

/// Returns the events of a lead, newest first.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn events_of(store: &Store, lead: LeadId, limit: i64) -> Result<Vec<StoredEvent>> {
    let ids: Vec<Uuid> =
        sqlx::query_scalar("SELECT id FROM events WHERE lead_id = $1 ORDER BY id DESC LIMIT $2")
            .bind(lead.0)
            .bind(limit)
            .fetch_all(store.pool())
            .await?;
    events(store, &ids).await
}

/// Returns events by ID, newest first.
///
/// # Errors
/// Returns an error if the database fails or a row cannot be read.
pub async fn events(store: &Store, ids: &[Uuid]) -> Result<Vec<StoredEvent>> {
    let columns = EventRow::select("e");
    let rows = sqlx::query(sqlx::AssertSqlSafe(format!(
        "SELECT {columns}, l.data_key FROM events e JOIN leads l ON l.id = e.lead_id WHERE e.id = ANY($1) ORDER BY e.id DESC"
    )))
    .bind(ids)
    .fetch_all(store.pool())
    .await?;
    rows.iter()
        .map(|row| {
            let key = data_key(store, row)?;
            let row = EventRow::from_row(row)?;
            let body = key.map(|key| open_json(&key, &row.body, "events.body", row.id)).transpose()?;
            Ok(StoredEvent {
                id: row.id.into(),
                lead_id: row.lead_id.into(),
                kind: row.kind,
                source: row.source,
                body,
                occurred_at: row.occurred_at,
                received_at: row.received_at,
            })
        })
        .collect()
}

/// Returns a decision by its ID, in the form that the API serves.
///
/// # Errors
/// Returns [`Error::NotFound`] if it does not exist.
pub async fn decision(store: &Store, id: DecisionId) -> Result<Decision> {
    Ok(stored_decision(store, id).await?.decision)
}

/// Returns a stored decision by its ID.
///
/// # Errors
/// Returns [`Error::NotFound`] if it does not exist.
pub async fn stored_decision(store: &Store, id: DecisionId) -> Result<StoredDecision> {
    stored_decisions(store, &[id.0]).await?.pop().ok_or(Error::NotFound("decision"))
}

/// Returns decisions that pass a filter, newest first, starting before `after` if given.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn decisions(
    store: &Store,
    filter: &DecisionFilter,
    after: Option<DecisionId>,
    limit: i64,
) -> Result<Vec<Decision>> {
    let ids: Vec<Uuid> = sqlx::query_scalar(
        "SELECT d.id FROM decisions d WHERE ($1::uuid IS NULL OR d.id < $1) \
         AND ($2::text IS NULL OR d.workflow_id = (SELECT id FROM workflows WHERE name = $2)) \
         AND ($3::text IS NULL OR d.action = $3) AND ($4::text IS NULL OR d.rule_id = $4) AND ($5::text IS NULL OR d.mode = $5) \
         AND ($6::uuid IS NULL OR d.lead_id = $6) AND ($7::timestamptz IS NULL OR d.as_of >= $7) AND ($8::timestamptz IS NULL OR d.as_of < $8) \
         ORDER BY d.id DESC LIMIT $9",
    )
    .bind(after.map(|id| id.0))
    .bind(filter.workflow.as_deref())
    .bind(filter.action.map(<&str>::from))
    .bind(filter.rule_id.as_deref())
    .bind(filter.mode.map(<&str>::from))
    .bind(filter.lead.map(|lead| lead.0))
    .bind(filter.from)
    .bind(filter.to)
    .bind(limit)
    .fetch_all(store.pool())
    .await?;
    Ok(stored_decisions(store, &ids).await?.into_iter().map(|stored| stored.decision).collect())
}

/// Returns the decisions about events, by event.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn decisions_on(store: &Store, events: &[Uuid]) -> Result<BTreeMap<EventId, Decision>> {
    if events.is_empty() {
        return Ok(BTreeMap::new());
    }
    let ids: Vec<Uuid> = sqlx::query_scalar("SELECT id FROM decisions WHERE event_id = ANY($1)")
        .bind(events)
        .fetch_all(store.pool())
        .await?;
    Ok(stored_decisions(store, &ids)
        .await?
        .into_iter()
        .filter_map(|stored| Some((stored.decision.event_id?, stored.decision)))
        .collect())
}

/// Returns decisions by ID, newest first, with any later overrides by people.
///
/// # Errors
/// Returns an error if the database fails or a row cannot be read.
pub async fn stored_decisions(store: &Store, ids: &[Uuid]) -> Result<Vec<StoredDecision>> {
    let columns = DecisionRow::select("d");
    let rows = sqlx::query(sqlx::AssertSqlSafe(format!(
        "SELECT {columns}, l.data_key, w.name AS workflow FROM decisions d JOIN leads l ON l.id = d.lead_id JOIN workflows w ON w.id = d.workflow_id \
         WHERE d.id = ANY($1) ORDER BY d.id DESC"
    )))
    .bind(ids)
    .fetch_all(store.pool())
    .await?;
    let mut overrides = overrides(store, ids).await?;
    rows.iter()
        .map(|row| {
            let key = data_key(store, row)?;
            let workflow: String = row.try_get("workflow")?;
            let row = DecisionRow::from_row(row)?;
            let snapshot = key
                .map(|key| -> Result<Snapshot> {
                    Ok(serde_json::from_value(open_json(&key, &row.snapshot, "decisions.snapshot", row.id)?)?)
                })
                .transpose()?;
            let human_overrides = overrides.remove(&row.id).unwrap_or_default();
            row.into_stored(workflow, snapshot, human_overrides)
        })
        .collect()
}

impl DecisionRow {
    fn into_stored(
        self,
        workflow: String,
        content_snapshot: Option<Snapshot>,
        human_overrides: Vec<HumanOverride>,
    ) -> Result<StoredDecision> {
        let corrupt = |what: &str| Error::Corrupt(format!("decision {} has an unreadable {what}", self.id));
        let decision = Decision {
            decision_id: self.id.into(),
            lead_id: self.lead_id.into(),
            event_id: self.event_id.map(Into::into),
            workflow,
            mode: self.mode.parse().map_err(|_| corrupt("mode"))?,
            rule_set: self.rule_set.clone(),
            rule_version: u32::try_from(self.rule_version).map_err(|_| corrupt("rule version"))?,
            bundle: Digest::from_slice(&self.bundle).ok_or_else(|| corrupt("bundle"))?,
            release: self.release_id.map(Into::into),
            trigger: match &self.trigger {
                Some(trigger) => trigger.parse().map_err(|_| corrupt("trigger"))?,
                None => Trigger::Event,
            },
            variant: self.variant.clone(),
            selection_probability: self.selection_probability,
            conditions: self.conditions.clone().map(serde_json::from_value).transpose()?.unwrap_or_default(),
            rule_id: self.rule_id.clone(),
            action: self.action.parse().map_err(|_| corrupt("action"))?,
            parameters: serde_json::from_value::<BTreeMap<String, Json>>(self.parameters.clone())?,
            confidence: self.confidence,
            risk_tags: serde_json::from_value(self.risk_tags.clone())?,
            held_by: self.held_by.clone(),
            because: serde_json::from_value::<Vec<UnknownReason>>(self.because.clone())?,
            content_snapshot,
            trace: serde_json::from_value::<Vec<TraceEntry>>(self.trace.clone())?,
            human_overrides,
            as_of: self.as_of,
            decided_at: self.decided_at,
            effects: serde_json::from_value::<Vec<EffectId>>(self.effects.clone())?,
        };
        Ok(StoredDecision {
            decision,
            workflow_id: self.workflow_id.into(),
            sequence: self.sequence,
            pick: self.pick,
        })
    }
}

#[derive(FromRow)]
struct OverrideRow {
    id: Uuid,
    decision_id: Uuid,
    action: String,
    reason: Vec<u8>,
    by_whom: String,
    at: DateTime<Utc>,
}

async fn overrides(store: &Store, decisions: &[Uuid]) -> Result<BTreeMap<Uuid, Vec<HumanOverride>>> {
    let rows = sqlx::query(
        "SELECT o.id, o.lead_id, o.decision_id, o.action, o.reason, o.by_whom, o.at, l.data_key FROM standing_overrides o JOIN leads l ON l.id = o.lead_id \
         WHERE o.decision_id = ANY($1) ORDER BY o.id",
    )
    .bind(decisions)
    .fetch_all(store.pool())
    .await?;
    let mut by_decision: BTreeMap<Uuid, Vec<HumanOverride>> = BTreeMap::new();
    for row in &rows {
        let key = data_key(store, row)?;
        let row = OverrideRow::from_row(row)?;
        let reason = match key {
            Some(key) => String::from_utf8_lossy(
                &key.open(&row.reason, CiphertextLocation { column: "overrides.reason", row: row.id })?,
            )
            .into_owned(),
            None => String::new(),
        };
        let action = row
            .action
            .parse()
            .map_err(|_| Error::Corrupt(format!("override {} has an unreadable action", row.id)))?;
        by_decision.entry(row.decision_id).or_default().push(HumanOverride {
            by: row.by_whom,
            at: row.at,
            action,
            reason,
        });
    }
    Ok(by_decision)
}

/// Returns the key in the column `data_key` of a row joined to its lead, or `None` if the person has been erased.
fn data_key(store: &Store, row: &sqlx::postgres::PgRow) -> Result<Option<DataKey>> {
    let wrapped: Option<Vec<u8>> = row.try_get("data_key")?;
    let lead: Uuid = row.try_get("lead_id")?;
    wrapped.map(|wrapped| store.keyring().unwrap_data_key(lead, &wrapped)).transpose()
}

fn open_json(key: &DataKey, sealed: &[u8], column: &'static str, row: Uuid) -> Result<Json> {
    Ok(serde_json::from_slice(&key.open(sealed, CiphertextLocation { column, row })?)?)
}
