//! Browser sessions. Only the browser has the ID of its session; the database stores a hash of it.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use engine::ids::PersonId;
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, EntityTrait as _, PaginatorTrait as _, QueryFilter as _,
    QueryOrder as _, QuerySelect as _, Select, Set,
};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::log;
use crate::actor::{Actor, ActorId};
use crate::entity::session;
use crate::error::{Error, Result};
use crate::orm::orm;
use crate::pool::Store;

/// Maximum number of a person's sessions to list.
const LISTED: u64 = 100;

/// SHA-256 of a session ID. It identifies a session but cannot be used to sign in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SessionIdHash(pub [u8; 32]);

impl fmt::Display for SessionIdHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl FromStr for SessionIdHash {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        let mut hash = [0; 32];
        if text.len() != 64 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(());
        }
        for (byte, pair) in hash.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
            let pair = std::str::from_utf8(pair).map_err(drop)?;
            *byte = u8::from_str_radix(pair, 16).map_err(drop)?;
        }
        Ok(Self(hash))
    }
}

/// A browser session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// The person who is signed in.
    pub person: PersonId,
    /// IP address of the browser at sign-in.
    pub address: String,
    /// User agent of the browser at sign-in.
    pub agent: String,
    /// When the person signed in.
    pub signed_in_at: DateTime<Utc>,
    /// When the session was last used, accurate to a few minutes.
    pub seen_at: DateTime<Utc>,
}

impl From<session::Model> for Session {
    fn from(row: session::Model) -> Self {
        let session::Model { person_id, address, agent, signed_in_at, seen_at, .. } = row;
        Self { person: person_id.into(), address, agent, signed_in_at, seen_at }
    }
}

/// Stores a new session. Returns `false` if the ID is already in use.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn create(
    store: &Store,
    id: SessionIdHash,
    session: &Session,
    expires_at: DateTime<Utc>,
) -> Result<bool> {
    let row = session::ActiveModel {
        id_hash: Set(id.0.to_vec()),
        person_id: Set(session.person.0),
        address: Set(session.address.clone()),
        agent: Set(session.agent.clone()),
        signed_in_at: Set(session.signed_in_at),
        seen_at: Set(session.seen_at),
        expires_at: Set(expires_at),
    };
    let on_conflict = OnConflict::column(session::Column::IdHash).do_nothing().to_owned();
    let rows =
        session::Entity::insert(row).on_conflict(on_conflict).exec_without_returning(store.db()).await?;
    Ok(rows == 1)
}

/// Extends an existing session. A session that was ended in the meantime stays ended.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn prolong(
    store: &Store,
    id: SessionIdHash,
    seen_at: DateTime<Utc>,
    expires_at: DateTime<Utc>,
) -> Result<()> {
    let row =
        session::ActiveModel { seen_at: Set(seen_at), expires_at: Set(expires_at), ..Default::default() };
    session::Entity::update_many()
        .set(row)
        .filter(session::Column::IdHash.eq(id.0.to_vec()))
        .exec(store.db())
        .await?;
    Ok(())
}

/// Returns a session and its expiry, or `None` if it does not exist or has expired.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn load(
    store: &Store,
    id: SessionIdHash,
    now: DateTime<Utc>,
) -> Result<Option<(Session, DateTime<Utc>)>> {
    let row = session::Entity::find_by_id(id.0.to_vec())
        .filter(session::Column::ExpiresAt.gt(now))
        .one(store.db())
        .await?;
    Ok(row.map(|row| (row.expires_at, row)).map(|(expires_at, row)| (row.into(), expires_at)))
}

/// Returns those of the sessions that exist and have not expired.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn unexpired_of(
    store: &Store,
    ids: &[SessionIdHash],
    now: DateTime<Utc>,
) -> Result<Vec<SessionIdHash>> {
    let hashes: Vec<Vec<u8>> = session::Entity::find()
        .select_only()
        .column(session::Column::IdHash)
        .filter(session::Column::IdHash.is_in(ids.iter().map(|id| id.0.to_vec())))
        .filter(session::Column::ExpiresAt.gt(now))
        .into_tuple()
        .all(store.db())
        .await?;
    hashes.iter().map(|hash| hash_of(hash)).collect()
}

fn hash_of(bytes: &[u8]) -> Result<SessionIdHash> {
    let hash = <[u8; 32]>::try_from(bytes);
    hash.map(SessionIdHash).map_err(|_| Error::Corrupt("a session's hash has the wrong length".into()))
}

/// Ends a session.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn delete(store: &Store, id: SessionIdHash) -> Result<()> {
    session::Entity::delete_by_id(id.0.to_vec()).exec(store.db()).await?;
    Ok(())
}

/// Deletes expired sessions and returns how many.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn delete_expired(store: &Store, now: DateTime<Utc>) -> Result<u64> {
    let done =
        session::Entity::delete_many().filter(session::Column::ExpiresAt.lte(now)).exec(store.db()).await?;
    Ok(done.rows_affected)
}

/// Selects a person's unexpired sessions.
fn unexpired(person: PersonId, now: DateTime<Utc>) -> Select<session::Entity> {
    session::Entity::find()
        .filter(session::Column::PersonId.eq(person.0))
        .filter(session::Column::ExpiresAt.gt(now))
}

/// Returns a person's sessions, most recently used first.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn of(
    store: &Store,
    person: PersonId,
    now: DateTime<Utc>,
) -> Result<Vec<(SessionIdHash, Session)>> {
    let rows = unexpired(person, now)
        .order_by_desc(session::Column::SeenAt)
        .order_by_desc(session::Column::SignedInAt)
        .limit(LISTED)
        .all(store.db())
        .await?;
    rows.into_iter().map(|row| Ok((hash_of(&row.id_hash)?, row.into()))).collect()
}

/// Returns how many sessions a person has.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn count(store: &Store, person: PersonId, now: DateTime<Utc>) -> Result<i64> {
    let count = unexpired(person, now).count(store.db()).await?;
    Ok(i64::try_from(count).unwrap_or(i64::MAX))
}

/// Ends one of the actor's sessions.
///
/// # Errors
/// Returns [`Error::NotFound`] if the session does not exist or belongs to another person.
pub async fn end_one(store: &Store, actor: &Actor, id: SessionIdHash) -> Result<()> {
    let ActorId::Person(person) = actor.who else { return Ok(()) };
    let mut tx = store.begin().await?;
    let done = session::Entity::delete_by_id(id.0.to_vec())
        .filter(session::Column::PersonId.eq(person.0))
        .exec(&orm(&mut tx))
        .await?;
    if done.rows_affected == 0 {
        return Err(Error::NotFound("session"));
    }
    log(&mut tx, actor, "person.end_session", person, json!({})).await?;
    Ok(tx.commit().await?)
}

/// Ends all of the actor's sessions except one, and returns how many.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn end_others(store: &Store, actor: &Actor, kept: SessionIdHash) -> Result<u64> {
    let ActorId::Person(person) = actor.who else { return Ok(0) };
    let mut tx = store.begin().await?;
    let ended = session::Entity::delete_many()
        .filter(session::Column::PersonId.eq(person.0))
        .filter(session::Column::IdHash.ne(kept.0.to_vec()))
        .exec(&orm(&mut tx))
        .await?
        .rows_affected;
    log(&mut tx, actor, "person.end_sessions", person, json!({ "ended": ended })).await?;
    tx.commit().await?;
    Ok(ended)
}

/// Ends all sessions of a person.
pub(super) async fn end_all(db: &impl ConnectionTrait, person: PersonId) -> Result<()> {
    session::Entity::delete_many().filter(session::Column::PersonId.eq(person.0)).exec(db).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_read_as_it_is_written() {
        let hash = SessionIdHash(std::array::from_fn(|i| (i * 7 + 3) as u8));
        assert_eq!(hash.to_string().parse(), Ok(hash));
        for wrong in
            ["", "00", &"zz".repeat(32), &"é".repeat(32), &"0".repeat(65), &format!("+f{}", "0".repeat(62))]
        {
            assert_eq!(wrong.parse::<SessionIdHash>(), Err(()), "{wrong}");
        }
    }
}
