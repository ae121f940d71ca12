//! What the organisation chose for everybody.

use sea_orm::sea_query::OnConflict;
use sea_orm::{ConnectionTrait, EntityTrait as _, Set};
use serde::{Deserialize, Serialize};

use crate::actor::Actor;
use crate::control::{Audit, audit};
use crate::entity::setting;
use crate::error::Result;
use crate::orm::orm;
use crate::pool::Store;

/// Names the row of [`Organisation`].
const ORGANISATION: &str = "organisation";

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
    read_organisation(store.db()).await
}

pub(crate) async fn read_organisation(db: &impl ConnectionTrait) -> Result<Organisation> {
    let kept = setting::Entity::find_by_id(ORGANISATION).one(db).await?;
    Ok(kept.map(|kept| serde_json::from_value(kept.value)).transpose()?.unwrap_or_default())
}

/// Chooses. People who are there keep what they have.
///
/// # Errors
/// When the database fails.
pub async fn set_organisation(store: &Store, actor: &Actor, organisation: &Organisation) -> Result<()> {
    let detail = serde_json::to_value(organisation)?;
    let mut tx = store.pool().begin().await?;
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
