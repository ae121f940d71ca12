//! How a person wants to see things.

use sea_orm::Set;
use serde_json::json;

use super::{lock, log, update};
use crate::actor::{Actor, Who};
use crate::entity::person;
use crate::error::Result;
use crate::orm::orm;
use crate::pool::Store;
use crate::settings::NumberFormat;

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
    lock(&orm(&mut tx), id).await?;
    let row = person::ActiveModel {
        time_zone: Set(time_zone.to_owned()),
        number_format: Set(number_format.to_string()),
        single_keys: Set(single_keys),
        ..Default::default()
    };
    update(&orm(&mut tx), id, row).await?;
    let detail =
        json!({ "time_zone": time_zone, "number_format": number_format, "single_keys": single_keys });
    log(&mut tx, actor, "person.set_preferences", id, detail).await?;
    Ok(tx.commit().await?)
}
