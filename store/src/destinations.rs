//! Configuration of destinations.
//!
//! Hand-written SQL: a table lock, and an upsert that keeps the existing secret.

use std::collections::BTreeMap;

use engine::ids::DestinationId;
use engine::sync::flow::Pace;
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, QuerySelect as _};
use serde_json::Value as Json;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::actor::Actor;
use crate::control::{Audit, audit};
use crate::entity::destination;
use crate::error::{Error, Result};
use crate::orm::orm;
use crate::pool::Store;

/// A destination, with its secret still sealed.
#[derive(Clone, Debug)]
pub struct DestinationRow {
    /// Unique ID.
    pub id: Uuid,
    /// Name.
    pub name: String,
    /// Kind of system.
    pub kind: String,
    /// Settings, in the format of the destination's kind.
    pub settings: Json,
    /// Rate limits.
    pub pace: Pace,
    /// Why delivery is paused; `None` while it is active.
    pub paused_reason: Option<String>,
    /// The credential that it authenticates with, unless it uses a secret.
    pub credential_id: Option<Uuid>,
}

/// Returns all destinations, by name.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn by_name(connection: &mut PgConnection) -> Result<BTreeMap<String, DestinationRow>> {
    let rows = destination::Entity::find().all(&orm(connection)).await?;
    rows.into_iter().map(|row| Ok((row.name.clone(), row.try_into()?))).collect()
}

impl TryFrom<destination::Model> for DestinationRow {
    type Error = Error;
    fn try_from(row: destination::Model) -> Result<Self> {
        let destination::Model { id, name, kind, settings, paused_reason, pace, credential_id, .. } = row;
        Ok(Self {
            id,
            name,
            kind,
            settings,
            pace: serde_json::from_value(pace)?,
            paused_reason,
            credential_id,
        })
    }
}

/// A destination to store.
#[derive(Clone)]
pub struct DestinationInput<'a> {
    /// Name.
    pub name: &'a str,
    /// Kind of system.
    pub kind: &'a str,
    /// Settings, in the format of the destination's kind.
    pub settings: &'a Json,
    /// Rate limits.
    pub pace: &'a Pace,
    /// Secret to authenticate with instead of a credential. The existing secret or credential is kept if both are
    /// `None`.
    pub secret: Option<&'a [u8]>,
    /// Credential to authenticate with instead of a secret.
    pub credential: Option<Uuid>,
    /// Reason to pause delivery; `None` to deliver.
    pub paused_reason: Option<&'a str>,
}

/// Creates or updates a destination.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn save(
    store: &Store,
    connection: &mut PgConnection,
    actor: &Actor,
    input: DestinationInput<'_>,
) -> Result<DestinationId> {
    // Serialize saves: the secret is sealed for the row's ID, and two concurrent first saves of a name would each
    // generate one.
    sqlx::query("LOCK TABLE destinations IN SHARE ROW EXCLUSIVE MODE").execute(&mut *connection).await?;
    let known: Option<Uuid> = destination::Entity::find()
        .select_only()
        .column(destination::Column::Id)
        .filter(destination::Column::Name.eq(input.name))
        .into_tuple()
        .one(&orm(connection))
        .await?;
    let id = known.unwrap_or_else(|| engine::ids::mint(actor.now, rand::random()));
    let secret = input.secret.map(|secret| {
        store
            .keyring()
            .seal(secret, crate::keyring::CiphertextLocation { column: "destinations.secret", row: id })
    });
    sqlx::query(
        "INSERT INTO destinations (id, name, kind, settings, secret, paused_reason, created_at, pace, credential_id) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) \
         ON CONFLICT (name) DO UPDATE SET kind = excluded.kind, settings = excluded.settings, \
         secret = CASE WHEN excluded.credential_id IS NULL THEN coalesce(excluded.secret, destinations.secret) END, \
         credential_id = CASE WHEN excluded.secret IS NULL THEN coalesce(excluded.credential_id, destinations.credential_id) END, paused_reason = excluded.paused_reason, pace = excluded.pace",
    )
    .bind(id)
    .bind(input.name)
    .bind(input.kind)
    .bind(input.settings)
    .bind(secret)
    .bind(input.paused_reason)
    .bind(actor.now)
    .bind(sqlx::types::Json(input.pace))
    .bind(input.credential)
    .execute(&mut *connection)
    .await?;
    let detail = serde_json::json!({ "kind": input.kind, "settings": input.settings, "pace": input.pace, "paused": input.paused_reason, "secret_changed": input.secret.is_some(), "credential": input.credential });
    audit(
        connection,
        actor,
        Audit {
            action: "destination.save",
            subject: &format!("destination:{}", input.name),
            lead: None,
            detail,
        },
    )
    .await?;
    Ok(id.into())
}
