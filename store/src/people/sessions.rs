//! Browser sessions as they are kept. The id of a session is known to its browser alone; here is its hash.

use chrono::{DateTime, Utc};
use engine::ids::PersonId;
use sea_orm::{ActiveValue::Set, ColumnTrait as _, EntityTrait as _, QueryFilter as _, TryInsertResult};
use serde_json::Value as Json;
use sqlx::PgConnection;

use super::entity::session;
use crate::error::Result;
use crate::pool::Store;

/// The member of a session's data that names who is signed in.
pub const PERSON: &str = "person";

/// SHA-256 of a session's id.
pub type IdHash = [u8; 32];

/// Keeps a new session; `false` when there is one with this id.
///
/// # Errors
/// When the database fails.
pub async fn create(store: &Store, id: &IdHash, data: Json, expires_at: DateTime<Utc>) -> Result<bool> {
    let row =
        session::ActiveModel { id_hash: Set(id.to_vec()), data: Set(data), expires_at: Set(expires_at) };
    let inserted =
        session::Entity::insert(row).on_conflict_do_nothing().exec_without_returning(store.db()).await?;
    Ok(matches!(inserted, TryInsertResult::Inserted(1..)))
}

/// Changes a session that is there; one that was ended meanwhile stays ended.
///
/// # Errors
/// When the database fails.
pub async fn save(store: &Store, id: &IdHash, data: Json, expires_at: DateTime<Utc>) -> Result<()> {
    let change = session::ActiveModel { data: Set(data), expires_at: Set(expires_at), ..Default::default() };
    session::Entity::update_many()
        .set(change)
        .filter(session::Column::IdHash.eq(id.to_vec()))
        .exec(store.db())
        .await?;
    Ok(())
}

/// The data of a session and when it expires; `None` when there is none or it has expired.
///
/// # Errors
/// When the database fails.
pub async fn load(store: &Store, id: &IdHash, now: DateTime<Utc>) -> Result<Option<(Json, DateTime<Utc>)>> {
    let row = session::Entity::find_by_id(id.to_vec())
        .filter(session::Column::ExpiresAt.gt(now))
        .one(store.db())
        .await?;
    Ok(row.map(|row| (row.data, row.expires_at)))
}

/// Ends a session.
///
/// # Errors
/// When the database fails.
pub async fn delete(store: &Store, id: &IdHash) -> Result<()> {
    session::Entity::delete_by_id(id.to_vec()).exec(store.db()).await?;
    Ok(())
}

/// Forgets the sessions that have expired; answers how many.
///
/// # Errors
/// When the database fails.
pub async fn delete_expired(store: &Store, now: DateTime<Utc>) -> Result<u64> {
    let done =
        session::Entity::delete_many().filter(session::Column::ExpiresAt.lte(now)).exec(store.db()).await?;
    Ok(done.rows_affected)
}

/// How many browsers a person is signed in with.
///
/// # Errors
/// When the database fails.
pub async fn count(store: &Store, person: PersonId, now: DateTime<Utc>) -> Result<i64> {
    Ok(sqlx::query_scalar("SELECT count(*) FROM sessions WHERE data ->> $1 = $2 AND expires_at > $3")
        .bind(PERSON)
        .bind(person.to_string())
        .bind(now)
        .fetch_one(store.pool())
        .await?)
}

/// Ends all sessions of a person.
pub(super) async fn end_all(connection: &mut PgConnection, person: PersonId) -> Result<()> {
    sqlx::query("DELETE FROM sessions WHERE data ->> $1 = $2")
        .bind(PERSON)
        .bind(person.to_string())
        .execute(connection)
        .await?;
    Ok(())
}
