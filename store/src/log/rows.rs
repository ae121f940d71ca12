//! Stored rows of events and decisions, and their inserts.

use chrono::{DateTime, Utc};
use engine::canonical::Digest;
use engine::time::micros;
use rayon::iter::{IntoParallelRefIterator as _, ParallelIterator as _};
use serde::Serialize;
use serde_json::Value as Json;
use sqlx::{FromRow, PgConnection};
use uuid::Uuid;

use crate::columns::{TableRow as _, columns};
use crate::error::Result;
use crate::hash::{hex, row_hash, stamp_or_null};

/// An event as it is stored. Its hash covers exactly these columns.
#[derive(Clone, Debug, Serialize, FromRow)]
pub struct EventRow {
    /// Unique ID.
    pub id: Uuid,
    /// The lead.
    pub lead_id: Uuid,
    /// The workflow that received it.
    pub workflow_id: Uuid,
    /// Kind of signal.
    pub kind: String,
    /// Source system.
    pub source: String,
    /// The request, encrypted.
    #[serde(serialize_with = "hex")]
    pub body: Vec<u8>,
    /// When the signal occurred.
    #[serde(serialize_with = "stamp_or_null")]
    pub occurred_at: Option<DateTime<Utc>>,
    /// When it was received.
    #[serde(with = "micros")]
    pub received_at: DateTime<Utc>,
    /// Who sent it, as the audit log names actors.
    pub received_from: String,
    /// ID of the request.
    pub request_id: String,
}

/// A decision as it is stored. Its hash covers exactly these columns.
#[derive(Clone, Debug, Serialize, FromRow)]
pub struct DecisionRow {
    /// Unique ID.
    pub id: Uuid,
    /// The event that triggered the decision; `None` for other triggers.
    pub event_id: Option<Uuid>,
    /// The lead.
    pub lead_id: Uuid,
    /// The workflow.
    pub workflow_id: Uuid,
    /// Position in the lead's sequence of decisions.
    pub sequence: i64,
    /// Release epoch that the decision was committed under.
    pub epoch: i64,
    /// Mode of the decision.
    pub mode: String,
    /// Hash of the bundle.
    #[serde(serialize_with = "hex")]
    pub bundle: Vec<u8>,
    /// Name of the rule set.
    pub rule_set: String,
    /// Version of the rule set.
    pub rule_version: i32,
    /// Variant of the experiment.
    pub variant: Option<String>,
    /// ID of the rule that fired.
    pub rule_id: Option<String>,
    /// The action that was decided.
    pub action: String,
    /// Parameters of the action.
    pub parameters: Json,
    /// Confidence of the decision.
    pub confidence: Option<f64>,
    /// Risk tags and other tags.
    pub risk_tags: Json,
    /// ID of the rule that could not be evaluated.
    pub held_by: Option<String>,
    /// Explanation of the decision.
    pub because: Json,
    /// Evaluation trace of each scanned rule.
    pub trace: Json,
    /// Inputs and result of the assignment pick.
    pub pick: Option<Json>,
    /// Inputs, encrypted.
    #[serde(serialize_with = "hex")]
    pub snapshot: Vec<u8>,
    /// Effects committed with the decision.
    pub effects: Json,
    /// Value of `now` that the rules saw.
    #[serde(with = "micros")]
    pub as_of: DateTime<Utc>,
    /// When the decision was made.
    #[serde(with = "micros")]
    pub decided_at: DateTime<Utc>,
    // Older decisions lack these columns, so their hashes cover only the columns above.
    /// The release that applied the bundle to this lead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub release_id: Option<Uuid>,
    /// Trigger of the decision; an [`engine::decision::Trigger`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trigger: Option<String>,
    /// Probability of this decision, if randomness was involved.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub selection_probability: Option<f64>,
    /// Conditions outside the bundle that altered the decision.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conditions: Option<Json>,
}

columns!(EventRow {
    id,
    lead_id,
    workflow_id,
    kind,
    source,
    body,
    occurred_at,
    received_at,
    received_from,
    request_id,
});

columns!(DecisionRow {
    id,
    event_id,
    lead_id,
    workflow_id,
    sequence,
    epoch,
    mode,
    bundle,
    rule_set,
    rule_version,
    variant,
    rule_id,
    action,
    parameters,
    confidence,
    risk_tags,
    held_by,
    because,
    trace,
    pick,
    snapshot,
    effects,
    as_of,
    decided_at,
    release_id,
    trigger,
    selection_probability,
    conditions,
});

impl EventRow {
    /// Returns the row's hash.
    ///
    /// # Errors
    /// Returns an error if a column cannot be serialized as JSON.
    pub fn hash(&self) -> Result<Digest> {
        row_hash("events", self)
    }
}

impl DecisionRow {
    /// Returns the row's hash.
    ///
    /// # Errors
    /// Returns an error if a column cannot be serialized as JSON.
    pub fn hash(&self) -> Result<Digest> {
        row_hash("decisions", self)
    }
}

/// Inserts events.
///
/// # Errors
/// Returns an error if the database rejects a row.
pub async fn insert_events(connection: &mut PgConnection, rows: &[EventRow]) -> Result<()> {
    let hashes = hashes(rows, EventRow::hash)?;
    EventRow::columns(rows).and("hash", hashes.iter()).insert_into("events", "", connection).await?;
    Ok(())
}

/// Inserts decisions.
///
/// # Errors
/// Returns an error if the database rejects a row.
pub async fn insert_decisions(connection: &mut PgConnection, rows: &[DecisionRow]) -> Result<()> {
    let hashes = hashes(rows, DecisionRow::hash)?;
    DecisionRow::columns(rows).and("hash", hashes.iter()).insert_into("decisions", "", connection).await?;
    Ok(())
}

/// Hashes rows in parallel.
fn hashes<R: Sync>(rows: &[R], hash: impl Fn(&R) -> Result<Digest> + Sync) -> Result<Vec<Vec<u8>>> {
    rows.par_iter().map(|row| Ok(hash(row)?.0.to_vec())).collect()
}
