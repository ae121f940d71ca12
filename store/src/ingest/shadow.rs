//! What candidates in the shadow stage would have decided. By hand, as it is written in one statement with the commit.

use chrono::{DateTime, Utc};
use serde_json::Value as Json;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::columns::{Row as _, columns};
use crate::error::Result;

/// The verdict of a candidate beside the decision that counts.
#[derive(Clone, Debug)]
pub struct ShadowRow {
    /// Its id.
    pub id: Uuid,
    /// The decision that counts.
    pub decision_id: Uuid,
    /// The lead.
    pub lead_id: Uuid,
    /// The workflow.
    pub workflow_id: Uuid,
    /// The release in the shadow stage.
    pub release_id: Uuid,
    /// Its bundle's hash.
    pub bundle: Vec<u8>,
    /// Its rule set's version.
    pub rule_version: i32,
    /// The rule that fired.
    pub rule_id: Option<String>,
    /// What it would have decided.
    pub action: String,
    /// The action's parameters; nobody is picked.
    pub parameters: Json,
    /// The confidence.
    pub confidence: Option<f64>,
    /// Risk tags and tags.
    pub risk_tags: Json,
    /// The rule that could not be evaluated.
    pub held_by: Option<String>,
    /// Why.
    pub because: Json,
    /// Each scanned rule.
    pub trace: Json,
    /// The inputs as the candidate read them, ciphertext.
    pub snapshot: Vec<u8>,
    /// `now`, as the rules saw it.
    pub as_of: DateTime<Utc>,
    /// When it was decided.
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

/// Writes the verdicts of candidates.
///
/// # Errors
/// When the database refuses one.
pub async fn insert_shadows(connection: &mut PgConnection, rows: &[ShadowRow]) -> Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    ShadowRow::columns(rows).insert_into("shadow_verdicts", "", connection).await?;
    Ok(())
}
