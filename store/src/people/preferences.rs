//! Display preferences of people.

use sea_orm::Set;
use serde_json::json;

use super::{lock, log, update};
use crate::actor::{Actor, ActorId};
use crate::entity::person;
use crate::error::Result;
use crate::orm::orm;
use crate::pool::Store;
use crate::settings::NumberFormat;

/// Preferences that a person has chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preferences<'a> {
    /// IANA time zone that times are shown in. The caller validates it.
    pub time_zone: &'a str,
    /// Number format.
    pub number_format: NumberFormat,
    /// Whether single-key shortcuts are enabled.
    pub single_keys: bool,
}

/// Saves the actor's display preferences.
///
/// # Errors
/// Returns [`crate::Error::NotFound`] if the person does not exist.
pub async fn set_preferences(store: &Store, actor: &Actor, chosen: Preferences<'_>) -> Result<()> {
    let ActorId::Person(id) = actor.who else { return Ok(()) };
    let Preferences { time_zone, number_format, single_keys } = chosen;
    let mut tx = store.begin().await?;
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
