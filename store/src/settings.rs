//! What the organisation chose for everybody.

use serde::{Deserialize, Serialize};
use sqlx::types::Json;

use crate::actor::Actor;
use crate::control::{Audit, audit};
use crate::error::Result;
use crate::people::NumberFormat;
use crate::pool::Store;

/// The organisation, and how new people see things until they choose themselves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Organisation {
    /// What it is called; empty when it has no name yet.
    pub name: String,
    /// IANA name of the zone times are shown in, which the caller has looked up.
    pub time_zone: String,
    /// How figures are shown.
    pub number_format: NumberFormat,
}

impl Default for Organisation {
    fn default() -> Self {
        Self { name: String::new(), time_zone: "UTC".into(), number_format: NumberFormat::default() }
    }
}

/// What was chosen last.
///
/// # Errors
/// When the database fails.
pub async fn organisation(store: &Store) -> Result<Organisation> {
    let kept: Option<Json<Organisation>> =
        sqlx::query_scalar("SELECT value FROM settings WHERE name = 'organisation'")
            .fetch_optional(store.pool())
            .await?;
    Ok(kept.map(|kept| kept.0).unwrap_or_default())
}

/// Chooses. People who are there keep what they have.
///
/// # Errors
/// When the database fails.
pub async fn set_organisation(store: &Store, actor: &Actor, organisation: &Organisation) -> Result<()> {
    let detail = serde_json::to_value(organisation)?;
    let mut tx = store.pool().begin().await?;
    sqlx::query(
        "INSERT INTO settings (name, value) VALUES ('organisation', $1) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
    )
    .bind(&detail)
    .execute(&mut *tx)
    .await?;
    let entry =
        Audit { action: "settings.set_organisation", subject: "settings:organisation", lead: None, detail };
    audit(&mut tx, actor, entry).await?;
    Ok(tx.commit().await?)
}
