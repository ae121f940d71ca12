//! Weight and absence of pool members, which change outside releases.

use chrono::{DateTime, Utc};
use serde_json::json;
use sqlx::FromRow;

use crate::actor::Actor;
use crate::control::{Audit, audit};
use crate::error::{Error, Result};
use crate::pool::Store;

/// Turns that one person may have while others have one.
pub const MOST_WEIGHT: u32 = 1_000;

/// What is set for a member of a pool.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Availability {
    /// Replaces the weight in the pool's version, 1 to [`MOST_WEIGHT`]; none leaves it as it is.
    pub weight: Option<u32>,
    /// The person takes no leads until then.
    pub away_until: Option<DateTime<Utc>>,
}

/// A member of a pool for whom something is set.
#[derive(Clone, Debug, FromRow)]
pub struct MemberAvailability {
    /// E-mail address, as the pool has it.
    pub person: String,
    /// Replaces the weight in the pool's version.
    pub weight: Option<i32>,
    /// The person takes no leads until then.
    pub away_until: Option<DateTime<Utc>>,
    /// When it was set.
    pub changed_at: DateTime<Utc>,
    /// Who set it, as in the audit log.
    pub changed_by: String,
}

/// Returns what is set for the members of a pool.
///
/// # Errors
/// When the database fails.
pub async fn of_pool(store: &Store, pool: &str) -> Result<Vec<MemberAvailability>> {
    Ok(sqlx::query_as(
        "SELECT person, weight, away_until, changed_at, changed_by FROM pool_availability WHERE pool = $1 ORDER BY person",
    )
    .bind(pool)
    .fetch_all(store.pool())
    .await?)
}

/// Sets weight and absence of a member of a pool, from the next pick on.
///
/// # Errors
/// [`Error::Refused`] when the weight is out of range.
pub async fn set(
    store: &Store,
    actor: &Actor,
    pool: &str,
    person: &str,
    wanted: &Availability,
) -> Result<()> {
    let weight = match wanted.weight {
        Some(weight) if !(1..=MOST_WEIGHT).contains(&weight) => {
            return Err(Error::Refused(format!("a weight is between 1 and {MOST_WEIGHT}")));
        }
        weight => weight.and_then(|weight| i32::try_from(weight).ok()),
    };
    let mut tx = store.pool().begin().await?;
    sqlx::query(
        "INSERT INTO pool_availability (pool, person, weight, away_until, changed_at, changed_by) VALUES ($1, $2, $3, $4, $5, $6) \
         ON CONFLICT (pool, person) DO UPDATE SET weight = excluded.weight, away_until = excluded.away_until, changed_at = excluded.changed_at, \
         changed_by = excluded.changed_by",
    )
    .bind(pool)
    .bind(person)
    .bind(weight)
    .bind(wanted.away_until)
    .bind(actor.now)
    .bind(actor.who.to_string())
    .execute(&mut *tx)
    .await?;
    let detail = json!({ "person": person, "weight": wanted.weight, "away_until": wanted.away_until });
    let entry =
        Audit { action: "pool.set_availability", subject: &format!("pool:{pool}"), lead: None, detail };
    audit(&mut tx, actor, entry).await?;
    tx.commit().await?;
    Ok(())
}
