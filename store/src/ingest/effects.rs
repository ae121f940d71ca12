//! Effects, their keys and their places in the outbox.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::OUTBOX_CHANNEL;
use crate::error::Result;
use crate::log::column;

/// One write to one destination.
#[derive(Clone, Debug)]
pub struct EffectRow {
    /// Its id.
    pub id: Uuid,
    /// The decision it belongs to.
    pub decision_id: Uuid,
    /// The lead.
    pub lead_id: Uuid,
    /// The decision's workflow.
    pub workflow_id: Uuid,
    /// The decision's number among those of its lead.
    pub lead_sequence: i64,
    /// The destination.
    pub destination_id: Uuid,
    /// What is written.
    pub kind: String,
    /// Unique for decision, kind and destination.
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
    sqlx::query(
        "INSERT INTO effect_keys (effect_key, effect_id) SELECT * FROM unnest($1::bytea[], $2::uuid[])",
    )
    .bind(column(rows, |row| row.effect_key.clone()))
    .bind(column(rows, |row| row.id))
    .execute(&mut *connection)
    .await?;
    sqlx::query(
        "INSERT INTO effects (id, decision_id, lead_id, lead_sequence, destination_id, kind, effect_key, remote_key, body, created_at, expires_at) \
         SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::bigint[], $5::uuid[], $6::text[], $7::bytea[], $8::bytea[], $9::bytea[], $10::timestamptz[], $11::timestamptz[])",
    )
    .bind(column(rows, |row| row.id))
    .bind(column(rows, |row| row.decision_id))
    .bind(column(rows, |row| row.lead_id))
    .bind(column(rows, |row| row.lead_sequence))
    .bind(column(rows, |row| row.destination_id))
    .bind(column(rows, |row| row.kind.clone()))
    .bind(column(rows, |row| row.effect_key.clone()))
    .bind(column(rows, |row| row.remote_key.clone()))
    .bind(column(rows, |row| row.body.clone()))
    .bind(column(rows, |row| row.created_at))
    .bind(column(rows, |row| row.expires_at))
    .execute(&mut *connection)
    .await?;
    sqlx::query(
        "INSERT INTO outbox (effect_id, destination_id, lead_id, lead_sequence, due_at, expires_at, workflow_id) \
         SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::bigint[], $5::timestamptz[], $6::timestamptz[], $7::uuid[])",
    )
    .bind(column(rows, |row| row.id))
    .bind(column(rows, |row| row.destination_id))
    .bind(column(rows, |row| row.lead_id))
    .bind(column(rows, |row| row.lead_sequence))
    // Of a decision that plays the past, too, the effects have waited since now.
    .bind(column(rows, |row| row.created_at.max(now)))
    .bind(column(rows, |row| row.expires_at))
    .bind(column(rows, |row| row.workflow_id))
    .execute(connection)
    .await?;
    Ok(())
}

/// Wakes the dispatchers of all processes. Not part of the commit: Postgres lets only one transaction that notifies
/// commit at a time, and would wait for the disk with it. What is not announced is found by polling.
///
/// # Errors
/// When the database fails.
pub async fn announce_effects(connection: &mut PgConnection) -> Result<()> {
    sqlx::query("SELECT pg_notify($1, '')").bind(OUTBOX_CHANNEL).execute(connection).await?;
    Ok(())
}
