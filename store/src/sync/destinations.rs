//! Destinations as the dispatcher sees them.

use chrono::{DateTime, Utc};
use engine::ids::DestinationId;
use engine::sync::flow::Pace;
use serde_json::Value as Json;
use sqlx::FromRow;
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::actor::Actor;
use crate::channel::{Channel, notify};
use crate::control::{Audit, audit};
use crate::error::{Error, Result};
use crate::keyring::Place;
use crate::pool::Store;

/// A destination, its secret still sealed. Two that are equal would be opened in the same way.
#[derive(Clone, PartialEq, FromRow)]
pub struct DestinationRecord {
    id: Uuid,
    /// Its name.
    pub name: String,
    /// Which system it is.
    pub kind: String,
    /// Its settings.
    pub settings: Json,
    secret: Option<Vec<u8>>,
    /// Why nothing is sent; `None` while it is.
    pub paused_reason: Option<String>,
    /// How hard all processes together may work it.
    #[sqlx(json)]
    pub pace: Pace,
    /// Since when it is there.
    pub created_at: DateTime<Utc>,
}

impl DestinationRecord {
    /// Its id.
    pub fn id(&self) -> DestinationId {
        self.id.into()
    }

    /// Whether it has a secret.
    pub fn has_secret(&self) -> bool {
        self.secret.is_some()
    }

    /// Its secret.
    ///
    /// # Errors
    /// [`Error::Corrupt`] when it was sealed with another key.
    pub fn secret(&self, store: &Store) -> Result<Option<Zeroizing<Vec<u8>>>> {
        let place = Place { column: "destinations.secret", row: self.id };
        self.secret.as_deref().map(|sealed| store.keyring().open(sealed, place)).transpose()
    }
}

/// All destinations by name.
///
/// # Errors
/// When the database fails.
pub async fn destinations(store: &Store) -> Result<Vec<DestinationRecord>> {
    Ok(sqlx::query_as(
        "SELECT id, name, kind, settings, secret, paused_reason, pace, created_at FROM destinations ORDER BY name",
    )
    .fetch_all(store.pool())
    .await?)
}

/// Stops sending to a destination. In force for the next claim of every process.
///
/// # Errors
/// [`Error::NotFound`] when there is no such destination.
pub async fn pause(store: &Store, actor: &Actor, destination: DestinationId, reason: &str) -> Result<()> {
    set_paused(store, actor, destination, Some(reason)).await
}

/// Sends to a destination again.
///
/// # Errors
/// [`Error::NotFound`] when there is no such destination.
pub async fn resume(store: &Store, actor: &Actor, destination: DestinationId) -> Result<()> {
    set_paused(store, actor, destination, None).await
}

/// What is so already is left as it is, with its first reason, and is no act to be audited.
async fn set_paused(
    store: &Store,
    actor: &Actor,
    destination: DestinationId,
    reason: Option<&str>,
) -> Result<()> {
    let mut transaction = store.pool().begin().await?;
    let before: Option<(String, Option<String>)> =
        sqlx::query_as("SELECT name, paused_reason FROM destinations WHERE id = $1 FOR NO KEY UPDATE")
            .bind(destination.0)
            .fetch_optional(&mut *transaction)
            .await?;
    let (name, was) = before.ok_or(Error::NotFound("destination"))?;
    if was.is_some() == reason.is_some() {
        return Ok(());
    }
    sqlx::query("UPDATE destinations SET paused_reason = $2 WHERE id = $1")
        .bind(destination.0)
        .bind(reason)
        .execute(&mut *transaction)
        .await?;
    notify(&mut transaction, Channel::Outbox, "").await?;
    let action = if reason.is_some() { "destination.pause" } else { "destination.resume" };
    let detail = serde_json::json!({ "reason": reason.or(was.as_deref()) });
    audit(
        &mut transaction,
        actor,
        Audit { action, subject: &format!("destination:{name}"), lead: None, detail },
    )
    .await?;
    transaction.commit().await?;
    Ok(())
}
