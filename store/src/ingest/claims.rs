//! Idempotency keys, each claimed once for one request body.
//!
//! Hand-written SQL: the hot path of events, with one array per column.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::columns::Columns;
use crate::error::Result;
use crate::keyring::Keyring;

/// A request's claim on its idempotency key, hashed once.
#[derive(Clone, Debug)]
pub struct KeyClaim {
    scope: String,
    key: Vec<u8>,
    body: Vec<u8>,
    result_id: Uuid,
    at: DateTime<Utc>,
}

impl KeyClaim {
    /// Creates a claim on `key`, which is unique within `scope`, for the canonical body of a request. `result_id`
    /// identifies the result that the request will create.
    pub fn new(
        keyring: &Keyring,
        scope: String,
        key: &str,
        body: &[u8],
        result_id: Uuid,
        at: DateTime<Utc>,
    ) -> Self {
        let key = keyring.lookup(&format!("key:{scope}"), key.as_bytes()).to_vec();
        Self { scope, key, body: keyring.lookup("body", body).to_vec(), result_id, at }
    }

    /// Returns the scope and hashed key, which are unique among accepted requests.
    pub fn key(&self) -> (&str, &[u8]) {
        (&self.scope, &self.key)
    }

    /// Returns whether another claim has the same body.
    pub fn has_body_of(&self, other: &Self) -> bool {
        self.body == other.body
    }
}

/// Result of a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyClaimResult {
    /// The key was free and is now claimed.
    Fresh,
    /// The same request was accepted before and created this result.
    Repeat(Uuid),
    /// The key was claimed with a different body.
    Other,
}

/// Looks up which claims repeat an earlier request, without claiming anything. A claim that is fresh here may be gone
/// by the time [`claim_keys`] runs.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn look_up_keys(connection: &mut PgConnection, claims: &[KeyClaim]) -> Result<Vec<KeyClaimResult>> {
    let stored = stored_keys(connection, &claims.iter().collect::<Vec<_>>()).await?;
    Ok(claims
        .iter()
        .map(|claim| match stored.get(&(claim.scope.clone(), claim.key.clone())) {
            None => KeyClaimResult::Fresh,
            Some((body, result)) if *body == claim.body => KeyClaimResult::Repeat(*result),
            Some(_) => KeyClaimResult::Other,
        })
        .collect())
}

/// Claims idempotency keys, each once. Waits for a transaction that is claiming the same key. If `claims` contains
/// duplicates, the first one wins.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn claim_keys(connection: &mut PgConnection, claims: &[KeyClaim]) -> Result<Vec<KeyClaimResult>> {
    let mut firsts: BTreeMap<(&str, &[u8]), usize> = BTreeMap::new();
    for (i, claim) in claims.iter().enumerate() {
        firsts.entry((&claim.scope, &claim.key)).or_insert(i);
    }
    let first: Vec<&KeyClaim> = firsts.values().map(|i| &claims[*i]).collect();
    let columns = keys(&first)
        .with("body_hmac", |claim| &claim.body)
        .with("result_id", |claim| claim.result_id)
        .with("created_at", |claim| claim.at);
    let sql = format!(
        "INSERT INTO idempotency_keys ({names}) SELECT {names} FROM {} ON CONFLICT (scope, key_hmac) DO NOTHING RETURNING scope, key_hmac",
        columns.table("c"),
        names = columns.names(),
    );
    let taken: Vec<(String, Vec<u8>)> = columns.query_as(sql)?.fetch_all(&mut *connection).await?;
    let taken: BTreeSet<(String, Vec<u8>)> = taken.into_iter().collect();
    let stored =
        if taken.len() < first.len() { stored_keys(connection, &first).await? } else { BTreeMap::new() };
    Ok(claims
        .iter()
        .enumerate()
        .map(|(i, claim)| {
            let id = (claim.scope.clone(), claim.key.clone());
            let first = firsts.get(&(claim.scope.as_str(), claim.key.as_slice())).copied().unwrap_or(i);
            if taken.contains(&id) {
                return match first {
                    first if first == i => KeyClaimResult::Fresh,
                    first if claims[first].body == claim.body => {
                        KeyClaimResult::Repeat(claims[first].result_id)
                    }
                    _ => KeyClaimResult::Other,
                };
            }
            match stored.get(&id) {
                Some((body, result)) if *body == claim.body => KeyClaimResult::Repeat(*result),
                _ => KeyClaimResult::Other,
            }
        })
        .collect())
}

/// Returns the bodies and results of claimed keys, by scope and key.
async fn stored_keys(
    connection: &mut PgConnection,
    claims: &[&KeyClaim],
) -> Result<BTreeMap<(String, Vec<u8>), (Vec<u8>, Uuid)>> {
    let keys = keys(claims);
    // One look into the index for each key. A plan for a join, made while the table is small, would read the whole table and be kept.
    let sql = format!(
        "SELECT k.scope, k.key_hmac, k.body_hmac, k.result_id FROM {} CROSS JOIN LATERAL ( \
           SELECT k.* FROM idempotency_keys k WHERE k.scope = c.scope AND k.key_hmac = c.key_hmac LIMIT 1) k",
        keys.table("c"),
    );
    let rows: Vec<(String, Vec<u8>, Vec<u8>, Uuid)> = keys.query_as(sql)?.fetch_all(connection).await?;
    Ok(rows.into_iter().map(|(scope, key, body, result)| ((scope, key), (body, result))).collect())
}

fn keys<'r>(claims: &'r [&KeyClaim]) -> Columns<'r, &'r KeyClaim> {
    Columns::of(claims).with("scope", |claim| &claim.scope).with("key_hmac", |claim| &claim.key)
}
