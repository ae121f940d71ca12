//! Verdicts of candidates in the shadow stage.
//!
//! Hand-written SQL: the rows are inserted in one statement with the commit.

use chrono::{DateTime, Utc};
use serde_json::Value as Json;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::columns::{TableRow as _, columns};
use crate::error::Result;

/// A candidate's verdict, stored next to the actual decision.
#[derive(Clone, Debug)]
pub struct ShadowRow {
    /// Unique ID.
    pub id: Uuid,
    /// The actual decision.
    pub decision_id: Uuid,
    /// The lead.
    pub lead_id: Uuid,
    /// The workflow.
    pub workflow_id: Uuid,
    /// The release in the shadow stage.
    pub release_id: Uuid,
    /// Hash of the release's bundle.
    pub bundle: Vec<u8>,
    /// Version of the release's rule set.
    pub rule_version: i32,
    /// ID of the rule that fired.
    pub rule_id: Option<String>,
    /// Action that the candidate would have decided.
    pub action: String,
    /// Parameters of the action. Shadow verdicts never pick a person.
    pub parameters: Json,
    /// Confidence of the verdict.
    pub confidence: Option<f64>,
    /// Risk tags and other tags.
    pub risk_tags: Json,
    /// ID of the rule that could not be evaluated.
    pub held_by: Option<String>,
    /// Explanation of the verdict.
    pub because: Json,
    /// Evaluation trace of each scanned rule.
    pub trace: Json,
    /// Inputs as the candidate extracted them, encrypted.
    pub snapshot: Vec<u8>,
    /// Value of `now` that the rules saw.
    pub as_of: DateTime<Utc>,
    /// When the decision was made.
    pub decided_at: DateTime<Utc>,
}

columns!(ShadowRow {
    id,
    decision_id,
    lead_id,
    workflow_id,
    release_id,
    bundle,
    rule_version,
    rule_id,
    action,
    parameters,
    confidence,
    risk_tags,
    held_by,
    because,
    trace,
    snapshot,
    as_of,
    decided_at,
});

/// Inserts the verdicts of candidates.
///
/// # Errors
/// Returns an error if the database rejects a row.
pub async fn insert_shadows(connection: &mut PgConnection, rows: &[ShadowRow]) -> Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    ShadowRow::columns(rows).insert_into("shadow_verdicts", "", connection).await?;
    Ok(())
}
