//! Counts of attempts to sign in and of requested links, shared by all processes, and the networks that people signed in from.
//!
//! Hand-written SQL: one statement reads and raises several counts, so that concurrent attempts cannot all pass the limit.

use std::net::IpAddr;

use chrono::{DateTime, TimeDelta, Utc};
use engine::identity::plain_email;
use serde_json::json;

use super::{by_email, log};
use crate::actor::Actor;
use crate::error::Result;
use crate::keyring::Keyring;
use crate::pool::Store;

/// How long a network stays known after the last sign-in from it.
const KNOWN_FOR: TimeDelta = TimeDelta::days(90);
/// Maximum number of known networks that a process keeps in memory, most recently used first.
const KNOWN_MOST: i64 = 20_000;
/// Characters of an account that count. An address has at most 320; longer texts share one count.
const ACCOUNT_CHARS: usize = 320;

/// The key of a count or of a known network: an HMAC, so that the tables reveal neither account nor address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AttemptKey([u8; 32]);

impl AttemptKey {
    /// Returns the key of a kind of count for an account and a network, either of which can be left out.
    pub fn new(keyring: &Keyring, kind: &str, account: Option<&str>, network: Option<IpAddr>) -> Self {
        let account = account.map(normal_account).unwrap_or_default();
        let network = network.map(|network| self::network(network).to_string()).unwrap_or_default();
        let value = format!("{kind}\0{network}\0{account}");
        Self(keyring.lookup("sign-in attempt", value.as_bytes()))
    }
}

/// Returns a short keyed hash of an account for log lines: the same account has the same hash, and only this installation can
/// compute it.
pub fn account_hash(keyring: &Keyring, account: &str) -> String {
    let hash = keyring.lookup("log account", normal_account(account).as_bytes());
    hash.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

/// Returns the form in which all spellings of an account are the same.
fn normal_account(account: &str) -> String {
    plain_email(account)
        .unwrap_or_else(|| account.trim().chars().take(ACCOUNT_CHARS).flat_map(char::to_lowercase).collect())
}

/// Returns the network of an address, for which attempts are counted. A client with one IPv6 address controls the entire /64 around it.
pub fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6((u128::from(address) >> 64 << 64).into()),
        v4 => v4,
    }
}

/// A count, how many attempts it allows, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AttemptLimit {
    /// What is counted.
    pub key: AttemptKey,
    /// Attempts allowed within `period`.
    pub most: i32,
    /// How long attempts are counted, and how long further ones are rejected once `most` is reached.
    pub period: TimeDelta,
}

/// The result of [`take`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LimitOutcome {
    /// The attempt is allowed. Contains the counts that it brought to their limit.
    Taken(Vec<AttemptKey>),
    /// The attempt is rejected until this instant, and counted nowhere.
    Rejected(DateTime<Utc>),
}

/// Key, attempts, maximum and expiry of a count.
type CountRow = (Option<Vec<u8>>, i32, i32, DateTime<Utc>);

/// Takes one attempt from each limit, or from none if one of them is used up.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn take(store: &Store, limits: &[AttemptLimit], now: DateTime<Utc>) -> Result<LimitOutcome> {
    let keys: Vec<&[u8]> = limits.iter().map(|limit| limit.key.0.as_slice()).collect();
    let most: Vec<i32> = limits.iter().map(|limit| limit.most).collect();
    let ends: Vec<DateTime<Utc>> = limits.iter().map(|limit| now + limit.period).collect();
    // Rows are locked in the order of their keys, so that attempts cannot wait for each other in a circle.
    let rows: Vec<CountRow> = sqlx::query_as(
        "WITH asked AS (SELECT * FROM unnest($1::bytea[], $2::int[], $3::timestamptz[]) AS a (key, most, expires_at)),
              used_up AS (SELECT max(t.expires_at) AS until FROM sign_in_attempts t JOIN asked a USING (key)
                          WHERE t.attempts >= a.most AND t.expires_at > $4),
              taken AS (INSERT INTO sign_in_attempts AS t (key, attempts, most, expires_at)
                        SELECT a.key, 1, a.most, a.expires_at FROM asked a, used_up WHERE used_up.until IS NULL ORDER BY a.key
                        ON CONFLICT (key) DO UPDATE SET
                            most = excluded.most,
                            attempts = CASE WHEN t.expires_at > $4 THEN t.attempts + 1 ELSE 1 END,
                            expires_at = CASE WHEN t.expires_at > $4 AND t.attempts + 1 <> excluded.most THEN t.expires_at
                                              ELSE excluded.expires_at END
                        RETURNING t.key, t.attempts, t.most, t.expires_at)
         SELECT key, attempts, most, expires_at FROM taken
         UNION ALL SELECT NULL, 1, 0, until FROM used_up WHERE until IS NOT NULL",
    )
    .bind(keys)
    .bind(most)
    .bind(ends)
    .bind(now)
    .fetch_all(store.pool())
    .await?;
    let over = rows.iter().filter(|(_, attempts, most, _)| attempts > most).map(|(.., until)| *until).max();
    if let Some(until) = over {
        return Ok(LimitOutcome::Rejected(until));
    }
    let reached = rows.into_iter().filter(|(_, attempts, most, _)| attempts == most);
    let reached = reached.filter_map(|(key, ..)| key?.try_into().ok()).map(AttemptKey).collect();
    Ok(LimitOutcome::Taken(reached))
}

/// Clears one count, and gives one attempt back to each of the others.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn give_back(store: &Store, cleared: AttemptKey, others: &[AttemptKey]) -> Result<()> {
    let others: Vec<&[u8]> = others.iter().map(|key| key.0.as_slice()).collect();
    sqlx::query(
        "WITH locked AS MATERIALIZED (SELECT key FROM sign_in_attempts WHERE key = $1 OR key = ANY ($2) ORDER BY key FOR UPDATE),
              cleared AS (DELETE FROM sign_in_attempts WHERE key = $1 AND key IN (SELECT key FROM locked))
         UPDATE sign_in_attempts SET attempts = attempts - 1
         WHERE key IN (SELECT key FROM locked) AND key <> $1 AND attempts > 0",
    )
    .bind(cleared.0.as_slice())
    .bind(others)
    .execute(store.pool())
    .await?;
    Ok(())
}

/// Records that sign-in to an account is locked until an instant, if the account exists: anyone can try others.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn record_lock(store: &Store, actor: &Actor, account: &str, until: DateTime<Utc>) -> Result<()> {
    let Some(person) = by_email(store, account).await? else { return Ok(()) };
    let mut connection = store.pool().acquire().await?;
    log(&mut connection, actor, "person.lock_sign_in", person.id, json!({ "until": until })).await
}

/// Returns the networks that people signed in from, most recently used first.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn known_networks(store: &Store, now: DateTime<Utc>) -> Result<Vec<AttemptKey>> {
    let rows: Vec<Vec<u8>> = sqlx::query_scalar(
        "SELECT key FROM known_networks WHERE last_used_at > $1 ORDER BY last_used_at DESC LIMIT $2",
    )
    .bind(now - KNOWN_FOR)
    .bind(KNOWN_MOST)
    .fetch_all(store.pool())
    .await?;
    Ok(rows.into_iter().filter_map(|key| key.try_into().ok()).map(AttemptKey).collect())
}

/// Records networks that a person signed in from. Writes at most once per day and network.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn remember_networks(store: &Store, keys: &[AttemptKey], now: DateTime<Utc>) -> Result<()> {
    let keys: Vec<&[u8]> = keys.iter().map(|key| key.0.as_slice()).collect();
    sqlx::query(
        "INSERT INTO known_networks AS k (key, last_used_at) SELECT key, $2 FROM unnest($1::bytea[]) AS a (key) ORDER BY key
         ON CONFLICT (key) DO UPDATE SET last_used_at = excluded.last_used_at
         WHERE k.last_used_at < excluded.last_used_at - interval '1 day'",
    )
    .bind(keys)
    .bind(now)
    .execute(store.pool())
    .await?;
    Ok(())
}

/// Deletes counts that have expired and networks that were not used for a long time.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn delete_expired(store: &Store, now: DateTime<Utc>) -> Result<()> {
    sqlx::query(
        "DELETE FROM sign_in_attempts WHERE key IN
             (SELECT key FROM sign_in_attempts WHERE expires_at <= $1 ORDER BY key FOR UPDATE SKIP LOCKED)",
    )
    .bind(now)
    .execute(store.pool())
    .await?;
    sqlx::query("DELETE FROM known_networks WHERE last_used_at <= $1")
        .bind(now - KNOWN_FOR)
        .execute(store.pool())
        .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_an_account_and_addresses_of_a_network_share_a_key() {
        let keyring = Keyring::new(&[1; 32]);
        let key = |account, network: &str| {
            AttemptKey::new(&keyring, "pair", Some(account), Some(network.parse().unwrap()))
        };
        let ana = key("ana@acme.example", "2001:db8::1");
        assert_eq!(ana, key(" ANA@acme.example", "2001:db8::2"));
        assert_eq!(key("ana@acme.example", "192.0.2.1"), key("ana@acme.example", "::ffff:192.0.2.1"));
        for other in [key("ben@acme.example", "2001:db8::1"), key("ana@acme.example", "2001:db8:0:1::1")] {
            assert_ne!(ana, other);
        }
        let long = "x".repeat(400);
        assert_eq!(key(&long, "192.0.2.1"), key(&long[..320], "192.0.2.1"));
        assert_eq!(account_hash(&keyring, "Ana@acme.example "), account_hash(&keyring, "ana@acme.example"));
        assert_ne!(account_hash(&keyring, "ana"), account_hash(&Keyring::new(&[2; 32]), "ana"));
    }
}
