//! How a person wants to see things.

use serde_json::json;

use super::{lock, log};
use crate::actor::{Actor, Who};
use crate::error::Result;
use crate::pool::Store;

/// What stands between thousands and before decimals; the database knows the same three.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    serde::Serialize,
    serde::Deserialize,
    strum::Display,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantArray,
)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum NumberFormat {
    /// `1,234.56`
    #[default]
    Comma,
    /// `1.234,56`
    Dot,
    /// `1 234,56`
    Space,
}

/// What a person chose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preferences<'a> {
    /// IANA name of the zone times are shown in, which the caller has looked up.
    pub time_zone: &'a str,
    /// How figures are shown.
    pub number_format: NumberFormat,
    /// Whether single keys do something on pages.
    pub single_keys: bool,
}

/// Shows things to whoever acts in this way from now on.
///
/// # Errors
/// [`crate::Error::NotFound`] when there is no such person.
pub async fn set_preferences(store: &Store, actor: &Actor, chosen: Preferences<'_>) -> Result<()> {
    let Who::Person(id) = actor.who else { return Ok(()) };
    let Preferences { time_zone, number_format, single_keys } = chosen;
    let mut tx = store.pool().begin().await?;
    lock(&mut tx, id).await?;
    sqlx::query("UPDATE people SET time_zone = $2, number_format = $3, single_keys = $4 WHERE id = $1")
        .bind(id.0)
        .bind(time_zone)
        .bind(<&'static str>::from(number_format))
        .bind(single_keys)
        .execute(&mut *tx)
        .await?;
    let detail =
        json!({ "time_zone": time_zone, "number_format": number_format, "single_keys": single_keys });
    log(&mut tx, actor, "person.set_preferences", id, detail).await?;
    Ok(tx.commit().await?)
}
