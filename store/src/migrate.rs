//! Schema and partitions: operations that the owner performs on a separate connection outside the pool.
//!
//! Hand-written SQL: the owner's functions, which run before a pool exists.

use chrono::{DateTime, Datelike as _, NaiveDate, Utc};
use migrations::Migrator;
use sea_orm::sea_query::OnConflict;
use sea_orm::{EntityTrait as _, Set};
use sea_orm_migration::MigratorTrait as _;
use sea_orm_migration::sea_orm::Database;
use sqlx::{Connection as _, PgConnection};

use crate::entity::setting;
use crate::error::{Error, Result};
use crate::keyring::Keyring;
use crate::orm::orm;

/// Months of partitions to create ahead, so that a server can run for a quarter without its daily task and still
/// write.
const MONTHS_AHEAD: i32 = 3;

/// Migrates the schema, creates the partitions around `now`, and binds the database to the master key.
///
/// # Errors
/// Returns [`Error::Key`] if the database was created with another key, or [`Error::Refused`] if the user lacks the
/// privilege to create roles.
pub async fn up(database_url: &str, keyring: &Keyring, now: DateTime<Utc>) -> Result<()> {
    let other_key = || {
        Error::Key(
            "this database was made with another master key; MESHLINE_KEY_FILE names the right one".into(),
        )
    };
    // Before anything is changed, and again below in case another process is first.
    if key_fingerprint(database_url).await?.is_some_and(|known| known != keyring.fingerprint()) {
        return Err(other_key());
    }
    let db = Database::connect(database_url).await?;
    Migrator::up(&db, None).await?;
    db.close().await?;
    make_partitions(database_url, now, now).await?;
    let mut owner = PgConnection::connect(database_url).await?;
    let row = setting::ActiveModel {
        name: Set("key_fingerprint".to_owned()),
        value: Set(keyring.fingerprint().into()),
    };
    let stored = setting::Entity::insert(row)
        // A no-op update returns the existing row.
        .on_conflict(
            OnConflict::column(setting::Column::Name).update_column(setting::Column::Name).to_owned(),
        )
        .exec_with_returning(&orm(&mut owner))
        .await?;
    owner.close().await?;
    if stored.value.as_str() == Some(&keyring.fingerprint()) { Ok(()) } else { Err(other_key()) }
}

/// Returns the fingerprint of the master key that a database was made with; `None` if it has no schema yet.
///
/// # Errors
/// Returns [`Error::Unavailable`] if the database does not respond.
pub async fn key_fingerprint(database_url: &str) -> Result<Option<String>> {
    let mut owner = PgConnection::connect(database_url).await?;
    let has_settings: bool =
        sqlx::query_scalar("SELECT to_regclass('settings') IS NOT NULL").fetch_one(&mut owner).await?;
    let stored = if has_settings {
        setting::Entity::find_by_id("key_fingerprint").one(&orm(&mut owner)).await?
    } else {
        None
    };
    owner.close().await?;
    Ok(stored.and_then(|row| row.value.as_str().map(str::to_owned)))
}

/// Reverts the whole schema and deletes all data.
///
/// # Errors
/// Returns an error if a migration cannot be reverted.
pub async fn down(database_url: &str) -> Result<()> {
    let db = Database::connect(database_url).await?;
    Migrator::down(&db, None).await?;
    db.close().await?;
    Ok(())
}

/// Creates the missing monthly partitions from the month of `from` to a quarter after `now`, and returns how many
/// were created.
///
/// # Errors
/// Returns [`Error::Unavailable`] if the database does not respond.
pub async fn make_partitions(database_url: &str, from: DateTime<Utc>, now: DateTime<Utc>) -> Result<i32> {
    let month = |at: DateTime<Utc>| at.year() * 12 + at.month0() as i32;
    let first = from.min(now);
    let months = month(now) - month(first) + 1 + MONTHS_AHEAD;
    let first = NaiveDate::from_ymd_opt(first.year(), first.month(), 1).unwrap_or_default();
    let mut owner = PgConnection::connect(database_url).await?;
    let made = sqlx::query_scalar("SELECT make_month_partitions($1, $2)")
        .bind(first)
        .bind(months)
        .fetch_one(&mut owner)
        .await?;
    owner.close().await?;
    Ok(made)
}
