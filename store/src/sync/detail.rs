//! A single effect with all of its details.
//!
//! Hand-written SQL: one statement joins an effect with the log and the outbox.

use chrono::{DateTime, Utc};
use engine::canonical::Digest;
use engine::ids::EffectId;
use sqlx::{FromRow, Row as _};

use crate::error::{Error, Result};
use crate::pool::Store;
use crate::sync::lists::{Effect, effects};

/// An effect with its lead and its state in the outbox.
#[derive(Clone, Debug)]
pub struct EffectDetail {
    /// The effect.
    pub effect: Effect,
    /// Idempotency key of the write; a destination ignores a second write with the same key.
    pub effect_key: Digest,
    /// Why delivery to the destination is paused; `None` while it is active.
    pub paused_reason: Option<String>,
    /// Whether its workflow is stopped, which blocks delivery.
    pub is_stopped: bool,
    /// When the lease of the process that is sending it expires.
    pub leased_until: Option<DateTime<Utc>>,
    /// The lead that the effect concerns.
    pub lead: LeadName,
}

/// Identifying data of a lead.
#[derive(Clone, Debug, FromRow)]
pub struct LeadName {
    /// Full name.
    pub name: Option<String>,
    /// Company name.
    pub company: Option<String>,
    /// E-mail address.
    pub email: Option<String>,
    /// The person's ID in the source system.
    pub external_id: Option<String>,
    /// When the person was erased.
    pub erased_at: Option<DateTime<Utc>>,
}

/// Returns an effect by its ID.
///
/// # Errors
/// Returns [`Error::NotFound`] if no row has this ID.
pub async fn effect(store: &Store, id: EffectId) -> Result<EffectDetail> {
    let effect = effects(store, "WHERE e.id = $1 AND $2::uuid IS NULL LIMIT $3", id.0, None, 1)
        .await?
        .into_iter()
        .next()
        .ok_or(Error::NotFound("action"))?;
    let row = sqlx::query(
        "SELECT e.effect_key, n.paused_reason, o.leased_until, l.name, l.company, l.email, l.external_id, l.erased_at, \
           EXISTS (SELECT FROM kill_switches k WHERE k.workflow_id IS NULL OR k.workflow_id = o.workflow_id) AS is_stopped \
         FROM effects e JOIN destinations n ON n.id = e.destination_id JOIN leads l ON l.id = e.lead_id \
         LEFT JOIN outbox o ON o.effect_id = e.id WHERE e.id = $1",
    )
    .bind(id.0)
    .fetch_one(store.pool())
    .await?;
    let effect_key = Digest::from_slice(row.try_get::<&[u8], _>("effect_key")?)
        .ok_or_else(|| Error::Corrupt(format!("effect {id} has an unreadable effect key")))?;
    Ok(EffectDetail {
        effect,
        effect_key,
        paused_reason: row.try_get("paused_reason")?,
        is_stopped: row.try_get("is_stopped")?,
        leased_until: row.try_get("leased_until")?,
        lead: LeadName::from_row(&row)?,
    })
}
