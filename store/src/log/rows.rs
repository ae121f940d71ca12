//! Rows of events and decisions as they are stored, and writing them.

use chrono::{DateTime, Utc};
use engine::canonical::Digest;
use engine::time::micros;
use rayon::iter::{IntoParallelRefIterator as _, ParallelIterator as _};
use serde::Serialize;
use serde_json::Value as Json;
use sqlx::{FromRow, PgConnection};
use uuid::Uuid;

use crate::columns::{Row as _, columns};
use crate::error::Result;
use crate::hash::{hex, row_hash, stamp_or_null};

/// An event as it is stored; its hash is over exactly these columns.
#[derive(Clone, Debug, Serialize, FromRow)]
pub struct EventRow {
    /// Its id.
    pub id: Uuid,
    /// The lead.
    pub lead_id: Uuid,
    /// The workflow that took it.
    pub workflow_id: Uuid,
    /// What kind of signal it is.
    pub kind: String,
    /// Which system it came from.
    pub source: String,
    /// The request, ciphertext.
    #[serde(serialize_with = "hex")]
    pub body: Vec<u8>,
    /// When it happened.
    #[serde(serialize_with = "stamp_or_null")]
    pub occurred_at: Option<DateTime<Utc>>,
    /// When it came.
    #[serde(with = "micros")]
    pub received_at: DateTime<Utc>,
    /// Who brought it.
    pub received_from: String,
    /// In which request.
    pub request_id: String,
}

/// A decision as it is stored; its hash is over exactly these columns.
#[derive(Clone, Debug, Serialize, FromRow)]
pub struct DecisionRow {
    /// Its id.
    pub id: Uuid,
    /// The event that was decided on; none where another trigger led to the decision.
    pub event_id: Option<Uuid>,
    /// The lead.
    pub lead_id: Uuid,
    /// The workflow.
    pub workflow_id: Uuid,
    /// Its number among the lead's decisions.
    pub sequence: i64,
    /// The release epoch it was committed under.
    pub epoch: i64,
    /// The mode.
    pub mode: String,
    /// The bundle's hash.
    #[serde(serialize_with = "hex")]
    pub bundle: Vec<u8>,
    /// The rule set's name.
    pub rule_set: String,
    /// The rule set's version.
    pub rule_version: i32,
    /// The experiment's variant.
    pub variant: Option<String>,
    /// The rule that fired.
    pub rule_id: Option<String>,
    /// What was decided.
    pub action: String,
    /// The action's parameters.
    pub parameters: Json,
    /// The decision's confidence.
    pub confidence: Option<f64>,
    /// Risk tags and tags.
    pub risk_tags: Json,
    /// The rule that could not be told.
    pub held_by: Option<String>,
    /// Why.
    pub because: Json,
    /// Each scanned rule.
    pub trace: Json,
    /// Inputs and result of picking a person.
    pub pick: Option<Json>,
    /// The inputs, ciphertext.
    #[serde(serialize_with = "hex")]
    pub snapshot: Vec<u8>,
    /// The effects committed with it.
    pub effects: Json,
    /// `now`, as the rules saw it.
    #[serde(with = "micros")]
    pub as_of: DateTime<Utc>,
    /// When it was decided.
    #[serde(with = "micros")]
    pub decided_at: DateTime<Utc>,
    // Decisions from before these were kept have none, and their hashes are over the columns above.
    /// The release that brought the bundle to this lead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub release_id: Option<Uuid>,
    /// Why the decision was made; a [`engine::decision::Trigger`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trigger: Option<String>,
    /// The probability of this decision where chance took part in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub selection_probability: Option<f64>,
    /// What altered the decision and is not in the bundle.
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
    /// The row's hash.
    ///
    /// # Errors
    /// When a column cannot be JSON.
    pub fn hash(&self) -> Result<Digest> {
        row_hash("events", self)
    }
}

impl DecisionRow {
    /// The row's hash.
    ///
    /// # Errors
    /// When a column cannot be JSON.
    pub fn hash(&self) -> Result<Digest> {
        row_hash("decisions", self)
    }
}

/// Writes events.
///
/// # Errors
/// When the database refuses one.
pub async fn insert_events(connection: &mut PgConnection, rows: &[EventRow]) -> Result<()> {
    let hashes = hashes(rows, EventRow::hash)?;
    EventRow::columns(rows).and("hash", hashes.iter()).insert_into("events", "", connection).await?;
    Ok(())
}

/// Writes decisions.
///
/// # Errors
/// When the database refuses one.
pub async fn insert_decisions(connection: &mut PgConnection, rows: &[DecisionRow]) -> Result<()> {
    let hashes = hashes(rows, DecisionRow::hash)?;
    DecisionRow::columns(rows).and("hash", hashes.iter()).insert_into("decisions", "", connection).await?;
    Ok(())
}

/// The rows' hashes, on all processors.
fn hashes<R: Sync>(rows: &[R], hash: impl Fn(&R) -> Result<Digest> + Sync) -> Result<Vec<Vec<u8>>> {
    rows.par_iter().map(|row| Ok(hash(row)?.0.to_vec())).collect()
}
