//! Leads, destinations and effects for tests.
//!
//! Hand-written SQL: rows of the log and the outbox, which have no entities.

use chrono::{DateTime, TimeDelta, Utc};
use engine::canonical;
use engine::ids::{DestinationId, EffectId, LeadId, WorkflowId};
use engine::sync::keys::{effect_key, remote_key};
use serde_json::{Value as Json, json};
use uuid::Uuid;

use crate::actor::Actor;
use crate::error::Result;
use crate::ingest::{EffectRow, announce_effects, insert_effects};
use crate::keyring::CiphertextLocation;
use crate::pool::Store;
use crate::sync::{DeadEffectFilter, ReplaySummary, replay_next};

/// The workflow of every effect created here; it has no row.
pub const WORKFLOW: WorkflowId = WorkflowId(Uuid::from_u128(1));

/// Creates an active destination.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn destination(
    store: &Store,
    name: &str,
    kind: &str,
    settings: &Json,
    secret: Option<&[u8]>,
) -> Result<DestinationId> {
    let id = engine::ids::mint(Utc::now(), rand::random());
    let secret = secret.map(|secret| {
        store.keyring().seal(secret, CiphertextLocation { column: "destinations.secret", row: id })
    });
    sqlx::query("INSERT INTO destinations (id, name, kind, settings, secret, created_at) VALUES ($1, $2, $3, $4, $5, $6)")
        .bind(id)
        .bind(name)
        .bind(kind)
        .bind(settings)
        .bind(secret)
        .bind(Utc::now())
        .execute(store.pool())
        .await?;
    Ok(id.into())
}

/// Creates a lead with a data key.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn lead(store: &Store) -> Result<LeadId> {
    let id = engine::ids::mint(Utc::now(), rand::random());
    let (_, wrapped) = store.keyring().new_data_key(id);
    sqlx::query("INSERT INTO leads (id, data_key, created_at) VALUES ($1, $2, $3)")
        .bind(id)
        .bind(wrapped)
        .bind(Utc::now())
        .execute(store.pool())
        .await?;
    Ok(id.into())
}

/// Erases a lead as far as the outbox is concerned.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn erase(store: &Store, lead: LeadId) -> Result<()> {
    sqlx::query("UPDATE leads SET data_key = NULL, erased_at = now() WHERE id = $1")
        .bind(lead.0)
        .execute(store.pool())
        .await?;
    Ok(())
}

/// Creates an effect that is due, for the lead's `sequence`-th decision.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn effect(
    store: &Store,
    destination: DestinationId,
    lead: LeadId,
    sequence: i64,
) -> Result<EffectId> {
    let ids =
        effects(store, &[NewEffect { destination, lead, sequence, kind: "lead_update", expires_at: None }])
            .await?;
    ids.first().copied().ok_or(crate::Error::NotFound("effect"))
}

/// An effect to create.
#[derive(Clone, Copy)]
pub struct NewEffect {
    /// The destination.
    pub destination: DestinationId,
    /// The lead.
    pub lead: LeadId,
    /// Position of the decision in the lead's sequence.
    pub sequence: i64,
    /// Kind of write.
    pub kind: &'static str,
    /// Instant after which the effect expires.
    pub expires_at: Option<DateTime<Utc>>,
}

/// Creates effects that are due and committed together, each for a separate decision.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn effects(store: &Store, wanted: &[NewEffect]) -> Result<Vec<EffectId>> {
    insert(store, wanted, body).await
}

/// Creates an effect with a body that no decision of this version has.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn effect_with_body(
    store: &Store,
    destination: DestinationId,
    lead: LeadId,
    text: &Json,
) -> Result<EffectId> {
    let new = NewEffect { destination, lead, sequence: 1, kind: "lead_update", expires_at: None };
    let ids = insert(store, &[new], |_, _, _, _| text.clone()).await?;
    ids.first().copied().ok_or(crate::Error::NotFound("effect"))
}

async fn insert(
    store: &Store,
    wanted: &[NewEffect],
    body: impl Fn(&NewEffect, Uuid, &str, &str) -> Json,
) -> Result<Vec<EffectId>> {
    // Due a moment ago, so that any later clock reading finds them due.
    let at = engine::time::cut(Utc::now() - TimeDelta::milliseconds(1));
    let keys: std::collections::HashMap<Uuid, Vec<u8>> =
        sqlx::query_as("SELECT id, data_key FROM leads WHERE id = ANY($1)")
            .bind(wanted.iter().map(|new| new.lead.0).collect::<Vec<_>>())
            .fetch_all(store.pool())
            .await?
            .into_iter()
            .collect();
    let rows = wanted
        .iter()
        .map(|new| {
            let (id, decision) =
                (engine::ids::mint(at, rand::random()), engine::ids::mint(at, rand::random()));
            let effect = effect_key(decision.into(), new.kind, new.destination);
            let remote = remote_key(new.lead, WORKFLOW, "lead", new.destination);
            let body = canonical::bytes(&body(new, decision, &effect.to_string(), &remote.to_string()))?;
            let key = store
                .keyring()
                .unwrap_data_key(new.lead.0, keys.get(&new.lead.0).map_or(&[], Vec::as_slice))?;
            Ok(EffectRow {
                id,
                verdict_id: None,
                decision_id: decision,
                lead_id: new.lead.0,
                workflow_id: WORKFLOW.0,
                lead_sequence: new.sequence,
                destination_id: new.destination.0,
                kind: new.kind.to_owned(),
                effect_key: effect.0.to_vec(),
                remote_key: remote.0.to_vec(),
                body: key.seal(&body, CiphertextLocation { column: "effects.body", row: id }),
                created_at: at,
                expires_at: new.expires_at,
            })
        })
        .collect::<Result<Vec<_>>>()?;
    let mut transaction = store.begin().await?;
    insert_effects(&mut transaction, &rows).await?;
    announce_effects(&mut transaction).await?;
    transaction.commit().await?;
    Ok(rows.into_iter().map(|row| row.id.into()).collect())
}

/// Replays all dead effects that match the filter, as a run does.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn replay_all(store: &Store, actor: &Actor, filter: &DeadEffectFilter) -> Result<ReplaySummary> {
    let (mut all, mut after) = (ReplaySummary::default(), None);
    loop {
        let mut transaction = store.begin().await?;
        let Some((last, batch)) = replay_next(&mut transaction, actor, filter, after).await? else {
            return Ok(all);
        };
        transaction.commit().await?;
        after = Some(last);
        all.ready += batch.ready;
        all.superseded += batch.superseded;
        all.overtaken += batch.overtaken;
    }
}

fn body(new: &NewEffect, decision: Uuid, effect: &str, remote: &str) -> Json {
    let bundle = canonical::Digest::of(b"bundle");
    json!({
        "schema": "meshline.decision.v1", "effect": effect, "remote_key": remote, "lead_sequence": new.sequence, "workflow": "inbound-form",
        "lead": {"id": new.lead, "email": "bob@beta.example", "name": "Bob", "company": "Beta", "domain": "beta.example", "external_id": null},
        "decision": {
            "decision_id": decision, "lead_id": new.lead, "event_id": Uuid::from_u128(7), "workflow": "inbound-form", "mode": "live",
            "rule_set": "inbound-form", "rule_version": 7, "bundle": bundle, "variant": null, "rule_id": "tam-high-intent", "action": "assign",
            "parameters": {"pool": "enterprise-ae", "assignee": "jane@acme.example"}, "confidence": 0.91, "risk_tags": [], "held_by": null,
            "because": [], "content_snapshot": {"fields": {}, "lists": {}}, "trace": [], "as_of": "2026-11-22T09:00:00.000000Z",
            "decided_at": "2026-11-22T09:00:00.012345Z", "effects": [],
        },
    })
}
