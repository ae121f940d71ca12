//! Destinations as the dispatcher sees them.
//!
//! Hand-written SQL: a notification.

use chrono::{DateTime, Utc};
use engine::ids::DestinationId;
use engine::sync::flow::Pace;
use sea_orm::sea_query::LockType;
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _, Set};
use serde_json::Value as Json;
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::actor::Actor;
use crate::channel::{Channel, notify};
use crate::control::{Audit, audit};
use crate::entity::destination;
use crate::error::{Error, Result};
use crate::keyring::Place;
use crate::orm::orm;
use crate::pool::Store;

/// A destination, its secret still sealed. Two that are equal would be opened in the same way.
#[derive(Clone, PartialEq)]
pub struct DestinationRecord {
    id: Uuid,
    /// Its name.
    pub name: String,
    /// Which system it is.
    pub kind: String,
    /// Its settings.
    pub settings: Json,
    secret: Option<Vec<u8>>,
    /// The account that it signs in with, where that is not a secret of its own.
    pub credential_id: Option<Uuid>,
    /// Why nothing is sent; `None` while it is.
    pub paused_reason: Option<String>,
    /// How hard all processes together may work it.
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
    let rows = destination::Entity::find().order_by_asc(destination::Column::Name).all(store.db()).await?;
    rows.into_iter().map(DestinationRecord::try_from).collect()
}

impl TryFrom<destination::Model> for DestinationRecord {
    type Error = Error;
    fn try_from(row: destination::Model) -> Result<Self> {
        let destination::Model {
            id,
            name,
            kind,
            settings,
            secret,
            paused_reason,
            pace,
            created_at,
            credential_id,
            title: _,
        } = row;
        let pace = serde_json::from_value(pace)?;
        Ok(Self { id, name, kind, settings, secret, credential_id, paused_reason, pace, created_at })
    }
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
    let before: Option<(String, Option<String>)> = destination::Entity::find_by_id(destination.0)
        .select_only()
        .columns([destination::Column::Name, destination::Column::PausedReason])
        .lock(LockType::NoKeyUpdate)
        .into_tuple()
        .one(&orm(&mut transaction))
        .await?;
    let (name, was) = before.ok_or(Error::NotFound("destination"))?;
    if was.is_some() == reason.is_some() {
        return Ok(());
    }
    let paused_reason = Set(reason.map(str::to_owned));
    destination::Entity::update_many()
        .set(destination::ActiveModel { paused_reason, ..Default::default() })
        .filter(destination::Column::Id.eq(destination.0))
        .exec(&orm(&mut transaction))
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
