//! Settings of the organisation.

use sea_orm::sea_query::OnConflict;
use sea_orm::{ConnectionTrait, EntityTrait as _, Set};
use serde::{Deserialize, Serialize};

use crate::actor::Actor;
use crate::control::{Audit, audit};
use crate::entity::setting;
use crate::error::Result;
use crate::orm::orm;
use crate::pool::Store;

/// Name of the row that stores [`Organisation`].
const ORGANISATION: &str = "organisation";

/// Thousands and decimal separators. The database defines the same three formats.
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

/// The organisation, and the default preferences for new people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Organisation {
    /// Name of the organisation; empty until it is set.
    pub name: String,
    /// IANA time zone that times are shown in. The caller validates it.
    pub time_zone: String,
    /// Number format.
    pub number_format: NumberFormat,
}

impl Default for Organisation {
    fn default() -> Self {
        Self { name: String::new(), time_zone: "UTC".into(), number_format: NumberFormat::default() }
    }
}

/// Returns the current settings.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn organisation(store: &Store) -> Result<Organisation> {
    read_organisation(store.db()).await
}

pub(crate) async fn read_organisation(db: &impl ConnectionTrait) -> Result<Organisation> {
    let kept = setting::Entity::find_by_id(ORGANISATION).one(db).await?;
    Ok(kept.map(|kept| serde_json::from_value(kept.value)).transpose()?.unwrap_or_default())
}

/// Saves the settings. Existing people keep their preferences.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn set_organisation(store: &Store, actor: &Actor, organisation: &Organisation) -> Result<()> {
    let detail = serde_json::to_value(organisation)?;
    let mut tx = store.begin().await?;
    let row = setting::ActiveModel { name: Set(ORGANISATION.to_owned()), value: Set(detail.clone()) };
    setting::Entity::insert(row)
        .on_conflict(
            OnConflict::column(setting::Column::Name).update_column(setting::Column::Value).to_owned(),
        )
        .exec_without_returning(&orm(&mut tx))
        .await?;
    let entry =
        Audit { action: "settings.set_organisation", subject: "settings:organisation", lead: None, detail };
    audit(&mut tx, actor, entry).await?;
    Ok(tx.commit().await?)
}
