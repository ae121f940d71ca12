//! Schema and partitions: operations that the owner performs on a separate connection outside the pool.
//!
//! Hand-written SQL: the owner's functions, which run before a pool exists.

use std::time::Duration;

use chrono::{DateTime, Datelike as _, NaiveDate, Utc};
use migrations::Migrator;
use sea_orm::sea_query::OnConflict;
use sea_orm::{DatabaseConnection, EntityTrait as _, Set, SqlxPostgresConnector};
use sea_orm_migration::MigratorTrait as _;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{Connection as _, PgConnection};

use crate::entity::setting;
use crate::error::{Error, Result};
use crate::keyring::Keyring;
use crate::orm::orm;
use crate::pool::Store;
use crate::schema;

/// Months of partitions to create ahead, so that a server can run for a quarter without its daily task and still
/// write.
const MONTHS_AHEAD: i32 = 3;

/// How long a migration waits for a lock.
const LOCK_TIMEOUT: &str = "3s";
/// How often a migration that waits for a lock is tried, and the pause before it is tried again.
const LOCK_TRIES: usize = 10;
const LOCK_PAUSE: Duration = Duration::from_secs(2);

/// Migrates the schema, creates the partitions around `now`, and binds the database to the master key.
///
/// # Errors
/// Returns [`Error::Key`] if the database was created with another key, [`Error::Schema`] if its schema is newer than
/// this program, [`Error::Refused`] if the user lacks the privilege to create roles, or [`Error::Unavailable`] if a
/// table stays locked.
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
    migrate(database_url).await?;
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
    let db = connect(database_url).await?;
    Migrator::down(&db, None).await?;
    db.close().await?;
    Ok(())
}

/// Applies the missing migrations. Each is a transaction that waits for a lock only for a moment, because everything
/// that needs the table queues behind it, and then tries again.
async fn migrate(database_url: &str) -> Result<()> {
    let db = connect(database_url).await?;
    let mut tries = 1;
    loop {
        let attempt = async {
            schema::check_known(db.get_postgres_connection_pool()).await?;
            Migrator::up(&db, None).await.map_err(Error::from)
        };
        match attempt.await {
            Err(error) if error.is_timeout() && tries < LOCK_TRIES => {
                tracing::warn!(%error, tries, "a table is locked; trying again");
                tries += 1;
                tokio::time::sleep(LOCK_PAUSE).await;
            }
            done => {
                db.close().await?;
                return done;
            }
        }
    }
}

/// Connects as the owner, for migrations.
async fn connect(database_url: &str) -> Result<DatabaseConnection> {
    let options: PgConnectOptions = database_url.parse().map_err(Error::Db)?;
    let pool = PgPoolOptions::new()
        .max_connections(1)
        .connect_with(options.options([("lock_timeout", LOCK_TIMEOUT)]));
    Ok(SqlxPostgresConnector::from_sqlx_postgres_pool(pool.await?))
}

/// Creates the missing partitions of this month and the next three, and returns how many were created. Needs no rights
/// of the owner.
///
/// # Errors
/// Returns [`Error::Unavailable`] if the database does not respond, or a table is locked.
pub async fn make_coming_partitions(store: &Store) -> Result<i32> {
    Ok(sqlx::query_scalar("SELECT make_coming_partitions()").fetch_one(store.pool()).await?)
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
