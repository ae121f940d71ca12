//! Destinations from the dispatcher's point of view.
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
use crate::keyring::CiphertextLocation;
use crate::orm::orm;
use crate::pool::Store;

/// A destination, with its secret still sealed. Equal records produce equal clients.
#[derive(Clone, PartialEq)]
pub struct DestinationRecord {
    id: Uuid,
    /// Name.
    pub name: String,
    /// Kind of system.
    pub kind: String,
    /// Settings, in the format of the destination's kind.
    pub settings: Json,
    secret: Option<Vec<u8>>,
    /// The credential that it authenticates with, unless it uses a secret.
    pub credential_id: Option<Uuid>,
    /// Why delivery is paused; `None` while it is active.
    pub paused_reason: Option<String>,
    /// Rate limits that all processes share.
    pub pace: Pace,
    /// When it was created.
    pub created_at: DateTime<Utc>,
}

impl DestinationRecord {
    /// Returns the ID.
    pub fn id(&self) -> DestinationId {
        self.id.into()
    }

    /// Returns whether the destination has a secret.
    pub fn has_secret(&self) -> bool {
        self.secret.is_some()
    }

    /// Returns the decrypted secret.
    ///
    /// # Errors
    /// Returns [`Error::Corrupt`] if it was sealed with another key.
    pub fn secret(&self, store: &Store) -> Result<Option<Zeroizing<Vec<u8>>>> {
        let place = CiphertextLocation { column: "destinations.secret", row: self.id };
        self.secret.as_deref().map(|sealed| store.keyring().open(sealed, place)).transpose()
    }
}

/// Returns all destinations, by name.
///
/// # Errors
/// Returns an error if the database fails.
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
            expired_reviewed_at: _,
        } = row;
        let pace = serde_json::from_value(pace)?;
        Ok(Self { id, name, kind, settings, secret, credential_id, paused_reason, pace, created_at })
    }
}

/// Pauses delivery to a destination, starting with the next claim of any process.
///
/// # Errors
/// Returns [`Error::NotFound`] if the destination does not exist.
pub async fn pause(store: &Store, actor: &Actor, destination: DestinationId, reason: &str) -> Result<()> {
    set_paused(store, actor, destination, Some(reason), reason).await
}

/// Resumes delivery to a destination.
///
/// # Errors
/// Returns [`Error::NotFound`] if the destination does not exist.
pub async fn resume(store: &Store, actor: &Actor, destination: DestinationId, reason: &str) -> Result<()> {
    set_paused(store, actor, destination, None, reason).await
}

/// Pauses or resumes a destination. If nothing changes, keeps the original reason and writes no audit row.
async fn set_paused(
    store: &Store,
    actor: &Actor,
    destination: DestinationId,
    paused: Option<&str>,
    reason: &str,
) -> Result<()> {
    let mut transaction = store.begin().await?;
    let before: Option<(String, Option<String>)> = destination::Entity::find_by_id(destination.0)
        .select_only()
        .columns([destination::Column::Name, destination::Column::PausedReason])
        .lock(LockType::NoKeyUpdate)
        .into_tuple()
        .one(&orm(&mut transaction))
        .await?;
    let (name, was) = before.ok_or(Error::NotFound("destination"))?;
    if was.is_some() == paused.is_some() {
        return Ok(());
    }
    let paused_reason = Set(paused.map(str::to_owned));
    destination::Entity::update_many()
        .set(destination::ActiveModel { paused_reason, ..Default::default() })
        .filter(destination::Column::Id.eq(destination.0))
        .exec(&orm(&mut transaction))
        .await?;
    notify(&mut transaction, Channel::Outbox, "").await?;
    let (action, detail) = match paused {
        Some(_) => ("destination.pause", serde_json::json!({ "reason": reason })),
        None => ("destination.resume", serde_json::json!({ "reason": reason, "paused_for": was })),
    };
    audit(
        &mut transaction,
        actor,
        Audit { action, subject: &format!("destination:{name}"), lead: None, detail },
    )
    .await?;
    transaction.commit().await?;
    Ok(())
}

/// Marks the actions that have expired at a destination so far as reviewed, so that pages no longer warn of them.
///
/// # Errors
/// Returns [`Error::NotFound`] if the destination does not exist.
pub async fn review_expired(store: &Store, actor: &Actor, destination: DestinationId) -> Result<()> {
    let mut transaction = store.begin().await?;
    let reviewed = destination::Entity::update_many()
        .set(destination::ActiveModel { expired_reviewed_at: Set(Some(actor.now)), ..Default::default() })
        .filter(destination::Column::Id.eq(destination.0))
        .exec_with_returning(&orm(&mut transaction))
        .await?;
    let name = reviewed.into_iter().next().ok_or(Error::NotFound("destination"))?.name;
    let entry = Audit {
        action: "destination.review_expired",
        subject: &format!("destination:{name}"),
        lead: None,
        detail: serde_json::json!({}),
    };
    audit(&mut transaction, actor, entry).await?;
    transaction.commit().await?;
    Ok(())
}
