//! Destinations as they are configured.
//!
//! Hand-written SQL: a lock of the table, and an insert that keeps the secret that is there.

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

/// A destination, its secret still sealed.
#[derive(Clone, Debug)]
pub struct DestinationRow {
    /// Its id.
    pub id: Uuid,
    /// Its name.
    pub name: String,
    /// Which system it is.
    pub kind: String,
    /// Its settings.
    pub settings: Json,
    /// How hard it may be worked.
    pub pace: Pace,
    /// Why nothing is sent; `None` while it is.
    pub paused_reason: Option<String>,
    /// The credential it signs in with, where that is not a secret of its own.
    pub credential_id: Option<Uuid>,
}

/// All destinations by name.
///
/// # Errors
/// When the database fails.
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

/// What to store of a destination.
#[derive(Clone)]
pub struct DestinationInput<'a> {
    /// Its name.
    pub name: &'a str,
    /// Which system it is.
    pub kind: &'a str,
    /// Its settings.
    pub settings: &'a Json,
    /// How hard it may be worked.
    pub pace: &'a Pace,
    /// Its secret, in place of a credential; what there is stays when both are absent.
    pub secret: Option<&'a [u8]>,
    /// The credential it signs in with, in place of a secret.
    pub credential: Option<Uuid>,
    /// Why nothing is sent; `None` to send.
    pub paused_reason: Option<&'a str>,
}

/// Makes or changes a destination.
///
/// # Errors
/// When the database fails.
pub async fn save(
    store: &Store,
    connection: &mut PgConnection,
    actor: &Actor,
    input: DestinationInput<'_>,
) -> Result<DestinationId> {
    // One at a time: the secret is sealed for the row's id, which two first saves of a name would each make for themselves.
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
        store.keyring().seal(secret, crate::keyring::Place { column: "destinations.secret", row: id })
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
