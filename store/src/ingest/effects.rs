//! Effects, their keys and their rows in the outbox.
//!
//! Hand-written SQL: a notification, and a read of a log table; `columns` writes its rows.

use chrono::{DateTime, TimeDelta, Utc};
use engine::decision::Decision;
use engine::effect::{DecisionOrder, EffectBody, EffectLead, PersonVerdict};
use engine::ids::{DecisionId, DestinationId, EffectId, LeadId, WorkflowId};
use engine::sync::keys;
use sqlx::PgConnection;
use uuid::Uuid;

use super::Profile;
use crate::channel::{Channel, notify};
use crate::columns::Columns;
use crate::error::Result;
use crate::keyring::{CiphertextLocation, DataKey};
use crate::pool::Store;
use crate::workflows::WorkflowTarget;

/// Snapshot of a lead right after a decision or verdict about it.
pub struct LeadSnapshot {
    /// Unique ID.
    pub id: LeadId,
    /// The data key that seals the effect's body.
    pub key: DataKey,
    /// Position of the decision or verdict in the lead's sequence.
    pub sequence: i64,
    /// Incarnation of the installation; see [`crate::installation::incarnation`].
    pub incarnation: i64,
    /// Profile of the lead.
    pub profile: Profile,
}

/// One write to one destination.
#[derive(Clone, Debug)]
pub struct EffectRow {
    /// Unique ID.
    pub id: Uuid,
    /// The decision that the effect belongs to.
    pub decision_id: Uuid,
    /// The verdict that the effect reports, if it reports one.
    pub verdict_id: Option<Uuid>,
    /// The lead.
    pub lead_id: Uuid,
    /// Workflow of the decision.
    pub workflow_id: Uuid,
    /// Position in the lead's sequence of decisions and verdicts.
    pub lead_sequence: i64,
    /// The destination.
    pub destination_id: Uuid,
    /// Kind of write.
    pub kind: String,
    /// Unique per decision or verdict, kind and destination.
    pub effect_key: Vec<u8>,
    /// Key of the record at the destination.
    pub remote_key: Vec<u8>,
    /// Content of the write, encrypted.
    pub body: Vec<u8>,
    /// When the decision was made.
    pub created_at: DateTime<Utc>,
    /// Instant after which the effect expires.
    pub expires_at: Option<DateTime<Utc>>,
}

impl EffectRow {
    /// Creates the effect that a decision, or a person's verdict on it, requests from a destination.
    ///
    /// # Errors
    /// Returns an error if a number in the decision is not finite.
    pub fn new(
        id: EffectId,
        lead: &LeadSnapshot,
        workflow: WorkflowId,
        decision: &Decision,
        verdict: Option<&PersonVerdict>,
        (destination, target): (DestinationId, &WorkflowTarget),
    ) -> Result<Self> {
        let effect_key = match verdict {
            Some(verdict) => keys::verdict_key(verdict.verdict_id, &target.purpose, destination),
            None => keys::effect_key(decision.decision_id, &target.purpose, destination),
        };
        let remote_key = keys::remote_key(lead.id, workflow, &target.purpose, destination);
        let profile = lead.profile.clone();
        let told = EffectLead {
            id: lead.id,
            email: profile.email,
            name: profile.name,
            company: profile.company,
            domain: profile.domain,
            external_id: profile.external_id,
        };
        let order = DecisionOrder { incarnation: lead.incarnation, lead_sequence: lead.sequence };
        let body = EffectBody::new(effect_key, remote_key, order, told, decision, verdict.cloned())?;
        let created_at = verdict.map_or(decision.decided_at, |verdict| verdict.at);
        Ok(Self {
            id: id.0,
            decision_id: decision.decision_id.0,
            verdict_id: verdict.map(|verdict| verdict.verdict_id.0),
            lead_id: lead.id.0,
            workflow_id: workflow.0,
            lead_sequence: lead.sequence,
            destination_id: destination.0,
            kind: target.purpose.clone(),
            effect_key: effect_key.0.to_vec(),
            remote_key: remote_key.0.to_vec(),
            body: lead.key.seal(&body.bytes()?, CiphertextLocation { column: "effects.body", row: id.0 }),
            created_at,
            expires_at: target.expires_hours.map(|hours| created_at + TimeDelta::hours(i64::from(hours))),
        })
    }
}

/// Returns the destinations that a verdict was reported to, each as the workflow named it at the time. They must be
/// notified if the verdict is undone.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn targets_of_verdict(
    connection: &mut PgConnection,
    decision: DecisionId,
    verdict: Uuid,
) -> Result<Vec<(DestinationId, WorkflowTarget)>> {
    targets_of(connection, decision, Some(verdict)).await
}

/// Returns the destinations that a decision by the rules was reported to, like [`targets_of_verdict`]. They must be notified if
/// a person decides otherwise.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn targets_of_decision(
    connection: &mut PgConnection,
    decision: DecisionId,
) -> Result<Vec<(DestinationId, WorkflowTarget)>> {
    targets_of(connection, decision, None).await
}

async fn targets_of(
    connection: &mut PgConnection,
    decision: DecisionId,
    verdict: Option<Uuid>,
) -> Result<Vec<(DestinationId, WorkflowTarget)>> {
    let rows: Vec<(Uuid, String, String, Option<i64>)> = sqlx::query_as(
        "SELECT e.destination_id, d.name, e.kind, (extract(epoch FROM e.expires_at - e.created_at) / 3600)::bigint FROM effects e \
         JOIN destinations d ON d.id = e.destination_id WHERE e.decision_id = $1 AND e.verdict_id IS NOT DISTINCT FROM $2 ORDER BY e.id",
    )
    .bind(decision.0)
    .bind(verdict)
    .fetch_all(connection)
    .await?;
    let target = |(destination, to, purpose, hours): (Uuid, String, String, Option<i64>)| {
        let expires_hours = hours.and_then(|hours| u32::try_from(hours).ok());
        (destination.into(), WorkflowTarget { to, purpose, on: Vec::new(), expires_hours })
    };
    Ok(rows.into_iter().map(target).collect())
}

/// Inserts effects, claims their keys and adds them to the outbox. After the commit, [`announce_effects`] wakes the
/// dispatchers.
///
/// # Errors
/// Returns [`crate::Error::Duplicate`] if an effect key is already taken.
pub async fn insert_effects(connection: &mut PgConnection, rows: &[EffectRow]) -> Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let now = engine::time::cut(Utc::now());
    Columns::of(rows)
        .with("effect_key", |row| &row.effect_key)
        .with("effect_id", |row| row.id)
        .insert_into("effect_keys", "", connection)
        .await?;
    Columns::of(rows)
        .with("id", |row| row.id)
        .with("decision_id", |row| row.decision_id)
        .with("lead_id", |row| row.lead_id)
        .with("lead_sequence", |row| row.lead_sequence)
        .with("destination_id", |row| row.destination_id)
        .with("kind", |row| &row.kind)
        .with("effect_key", |row| &row.effect_key)
        .with("remote_key", |row| &row.remote_key)
        .with("body", |row| &row.body)
        .with("created_at", |row| row.created_at)
        .with("expires_at", |row| row.expires_at)
        .with("verdict_id", |row| row.verdict_id)
        .insert_into("effects", "", connection)
        .await?;
    Columns::of(rows)
        .with("effect_id", |row| row.id)
        .with("destination_id", |row| row.destination_id)
        .with("lead_id", |row| row.lead_id)
        .with("lead_sequence", |row| row.lead_sequence)
        // Even for decisions that replay history, effects start to wait only now.
        .with("due_at", |row| row.created_at.max(now))
        .with("expires_at", |row| row.expires_at)
        .with("workflow_id", |row| row.workflow_id)
        .insert_into("outbox", "", connection)
        .await?;
    Ok(())
}

/// Wakes the dispatchers of all processes. This runs outside the commit, because Postgres serializes commits of
/// transactions that notify, including their disk flush. Dispatchers find unannounced effects by polling.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn announce_effects(connection: &mut PgConnection) -> Result<()> {
    notify(connection, Channel::Outbox, "").await
}

/// Wakes the dispatchers of all processes. A failure is harmless: the effects are committed, and dispatchers find
/// them by polling.
pub async fn wake_dispatchers(store: &Store) {
    let told = match store.pool().acquire().await {
        Ok(mut connection) => announce_effects(&mut connection).await,
        Err(error) => Err(error.into()),
    };
    if let Err(error) = told {
        tracing::debug!(%error, "effects were committed and not announced");
    }
}
