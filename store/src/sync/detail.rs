//! One effect, for the page that shows all there is to say of it.
//!
//! Hand-written SQL: one statement joins an effect with the log and the outbox.

use chrono::{DateTime, Utc};
use engine::canonical::Digest;
use engine::ids::EffectId;
use sqlx::{FromRow, Row as _};

use crate::error::{Error, Result};
use crate::pool::Store;
use crate::sync::lists::{Effect, effects};

/// An effect with whom it is about and what the outbox knows of it.
#[derive(Clone, Debug)]
pub struct EffectDetail {
    /// The effect.
    pub effect: Effect,
    /// Names the write: of two with the same key the second is none.
    pub effect_key: Digest,
    /// Why nothing is sent to its destination; `None` while it is.
    pub paused_reason: Option<String>,
    /// Its workflow is stopped, so that it is not sent.
    pub is_stopped: bool,
    /// Until when whoever sends it now has it.
    pub leased_until: Option<DateTime<Utc>>,
    /// Whom it is about.
    pub lead: LeadName,
}

/// What a lead is called.
#[derive(Clone, Debug, FromRow)]
pub struct LeadName {
    /// The person's name.
    pub name: Option<String>,
    /// The company.
    pub company: Option<String>,
    /// The address.
    pub email: Option<String>,
    /// The source's id of the person.
    pub external_id: Option<String>,
    /// Since when the person is erased.
    pub erased_at: Option<DateTime<Utc>>,
}

/// One effect.
///
/// # Errors
/// [`Error::NotFound`] when there is none with this id.
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
