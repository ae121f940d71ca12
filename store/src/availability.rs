//! Weights and absences of pool members, which change outside releases.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ColumnTrait as _, DerivePartialModel, EntityTrait as _, QueryFilter as _, QueryOrder as _, Set,
};
use serde_json::json;

use crate::actor::Actor;
use crate::control::{Audit, audit};
use crate::entity::pool_availability;
use crate::error::{Error, Result};
use crate::orm::orm;
use crate::pool::Store;

/// Maximum weight: the turns that a person gets for each turn of a member with weight 1.
pub const MOST_WEIGHT: u32 = 1_000;

/// Availability of a pool member.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Availability {
    /// Overrides the weight in the pool's version, from 1 to [`MOST_WEIGHT`]; `None` keeps it.
    pub weight: Option<u32>,
    /// The member receives no leads until this instant.
    pub away_until: Option<DateTime<Utc>>,
}

/// A pool member with an individual weight or absence.
#[derive(Clone, Debug, DerivePartialModel)]
#[sea_orm(entity = "pool_availability::Entity")]
pub struct MemberAvailability {
    /// E-mail address, as it appears in the pool.
    pub person: String,
    /// Overrides the weight in the pool's version.
    pub weight: Option<i32>,
    /// The member receives no leads until this instant.
    pub away_until: Option<DateTime<Utc>>,
    /// When the setting was made.
    pub changed_at: DateTime<Utc>,
    /// Who made the setting, as the audit log names actors.
    pub changed_by: String,
}

/// Returns the settings for the members of a pool.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn of_pool(store: &Store, pool: &str) -> Result<Vec<MemberAvailability>> {
    Ok(pool_availability::Entity::find()
        .filter(pool_availability::Column::Pool.eq(pool))
        .order_by_asc(pool_availability::Column::Person)
        .into_partial_model()
        .all(store.db())
        .await?)
}

/// Sets the weight and absence of a pool member, effective from the next pick.
///
/// # Errors
/// Returns [`Error::Refused`] if the weight is out of range.
pub async fn set(
    store: &Store,
    actor: &Actor,
    pool: &str,
    person: &str,
    wanted: &Availability,
) -> Result<()> {
    let weight = match wanted.weight {
        Some(weight) if !(1..=MOST_WEIGHT).contains(&weight) => {
            return Err(Error::Refused(format!("a weight must be between 1 and {MOST_WEIGHT}")));
        }
        weight => weight.and_then(|weight| i32::try_from(weight).ok()),
    };
    let mut tx = store.begin().await?;
    let row = pool_availability::ActiveModel {
        pool: Set(pool.to_owned()),
        person: Set(person.to_owned()),
        weight: Set(weight),
        away_until: Set(wanted.away_until),
        changed_at: Set(actor.now),
        changed_by: Set(actor.who.to_string()),
    };
    let member = [pool_availability::Column::Pool, pool_availability::Column::Person];
    let set = [
        pool_availability::Column::Weight,
        pool_availability::Column::AwayUntil,
        pool_availability::Column::ChangedAt,
        pool_availability::Column::ChangedBy,
    ];
    pool_availability::Entity::insert(row)
        .on_conflict(OnConflict::columns(member).update_columns(set).to_owned())
        .exec_without_returning(&orm(&mut tx))
        .await?;
    let detail = json!({ "person": person, "weight": wanted.weight, "away_until": wanted.away_until });
    let entry =
        Audit { action: "pool.set_availability", subject: &format!("pool:{pool}"), lead: None, detail };
    audit(&mut tx, actor, entry).await?;
    tx.commit().await?;
    Ok(())
}
