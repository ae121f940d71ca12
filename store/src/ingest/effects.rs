//! Effects, their keys and their places in the outbox.
//!
//! Hand-written SQL: a notification, and a read of a log table; its rows are written by `columns`.

use chrono::{DateTime, TimeDelta, Utc};
use engine::decision::Decision;
use engine::effect::{Body, Lead, PersonVerdict};
use engine::ids::{DecisionId, DestinationId, EffectId, LeadId, WorkflowId};
use engine::sync::keys;
use sqlx::PgConnection;
use uuid::Uuid;

use super::Profile;
use crate::channel::{Channel, notify};
use crate::columns::Columns;
use crate::error::Result;
use crate::keyring::{DataKey, Place};
use crate::pool::Store;
use crate::workflows::Target;

/// A lead as something that was decided about it leaves it.
pub struct LeadThen {
    /// Its id.
    pub id: LeadId,
    /// What seals what is said of it.
    pub key: DataKey,
    /// How much has been decided about it.
    pub sequence: i64,
    /// What is known of it.
    pub profile: Profile,
}

/// One write to one destination.
#[derive(Clone, Debug)]
pub struct EffectRow {
    /// Its id.
    pub id: Uuid,
    /// The decision it belongs to.
    pub decision_id: Uuid,
    /// The person's verdict on it that is told, if one is.
    pub verdict_id: Option<Uuid>,
    /// The lead.
    pub lead_id: Uuid,
    /// The decision's workflow.
    pub workflow_id: Uuid,
    /// Its number among what was decided about the lead.
    pub lead_sequence: i64,
    /// The destination.
    pub destination_id: Uuid,
    /// What is written.
    pub kind: String,
    /// Unique for decision or verdict, kind and destination.
    pub effect_key: Vec<u8>,
    /// Names the record at the destination.
    pub remote_key: Vec<u8>,
    /// What to write, ciphertext.
    pub body: Vec<u8>,
    /// When it was decided.
    pub created_at: DateTime<Utc>,
    /// When it is of no use any more.
    pub expires_at: Option<DateTime<Utc>>,
}

impl EffectRow {
    /// The write that a decision, or a person's verdict on it, asks of a destination.
    ///
    /// # Errors
    /// When a number of the decision is not finite.
    pub fn new(
        id: EffectId,
        lead: &LeadThen,
        workflow: WorkflowId,
        decision: &Decision,
        verdict: Option<&PersonVerdict>,
        (destination, target): (DestinationId, &Target),
    ) -> Result<Self> {
        let effect_key = match verdict {
            Some(verdict) => keys::verdict_key(verdict.verdict_id, &target.purpose, destination),
            None => keys::effect_key(decision.decision_id, &target.purpose, destination),
        };
        let remote_key = keys::remote_key(lead.id, workflow, &target.purpose, destination);
        let profile = lead.profile.clone();
        let told = Lead {
            id: lead.id,
            email: profile.email,
            name: profile.name,
            company: profile.company,
            domain: profile.domain,
            external_id: profile.external_id,
        };
        let body = Body::new(effect_key, remote_key, lead.sequence, told, decision, verdict.cloned())?;
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
            body: lead.key.seal(&body.bytes()?, Place { column: "effects.body", row: id.0 }),
            created_at,
            expires_at: target.expires_hours.map(|hours| created_at + TimeDelta::hours(i64::from(hours))),
        })
    }
}

/// The destinations that a verdict was told to, each as the workflow named it then; those that are told that it does not count
/// when it is taken back.
///
/// # Errors
/// When the database fails.
pub async fn targets_of_verdict(
    connection: &mut PgConnection,
    decision: DecisionId,
    verdict: Uuid,
) -> Result<Vec<(DestinationId, Target)>> {
    let rows: Vec<(Uuid, String, String, Option<i64>)> = sqlx::query_as(
        "SELECT e.destination_id, d.name, e.kind, (extract(epoch FROM e.expires_at - e.created_at) / 3600)::bigint FROM effects e \
         JOIN destinations d ON d.id = e.destination_id WHERE e.decision_id = $1 AND e.verdict_id = $2 ORDER BY e.id",
    )
    .bind(decision.0)
    .bind(verdict)
    .fetch_all(connection)
    .await?;
    let target = |(destination, to, purpose, hours): (Uuid, String, String, Option<i64>)| {
        let expires_hours = hours.and_then(|hours| u32::try_from(hours).ok());
        (destination.into(), Target { to, purpose, on: Vec::new(), expires_hours })
    };
    Ok(rows.into_iter().map(target).collect())
}

/// Writes effects, takes their keys and puts them into the outbox. Once they are committed, [`announce_effects`] wakes
/// the dispatchers.
///
/// # Errors
/// [`crate::Error::Duplicate`] when an effect key is taken.
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
        // Of a decision that plays the past, too, the effects have waited since now.
        .with("due_at", |row| row.created_at.max(now))
        .with("expires_at", |row| row.expires_at)
        .with("workflow_id", |row| row.workflow_id)
        .insert_into("outbox", "", connection)
        .await?;
    Ok(())
}

/// Wakes the dispatchers of all processes. Not part of the commit: Postgres lets only one transaction that notifies
/// commit at a time, and would wait for the disk with it. What is not announced is found by polling.
///
/// # Errors
/// When the database fails.
pub async fn announce_effects(connection: &mut PgConnection) -> Result<()> {
    notify(connection, Channel::Outbox, "").await
}

/// Wakes the dispatchers of all processes. What was committed stays committed: where this fails, they find it by polling.
pub async fn wake_dispatchers(store: &Store) {
    let told = match store.pool().acquire().await {
        Ok(mut connection) => announce_effects(&mut connection).await,
        Err(error) => Err(error.into()),
    };
    if let Err(error) = told {
        tracing::debug!(%error, "effects were committed and not announced");
    }
}
