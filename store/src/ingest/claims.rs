//! Idempotency keys: taken once, for one body.
//!
//! Hand-written SQL: the path of every event, with an array for each column.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::columns::Columns;
use crate::error::Result;
use crate::keyring::Keyring;

/// A request's claim on its idempotency key.
#[derive(Clone, Debug)]
pub struct Claim {
    /// What the key is unique within.
    pub scope: String,
    /// The key.
    pub key: String,
    /// The canonical body.
    pub body: Vec<u8>,
    /// What the request will make.
    pub result_id: Uuid,
    /// When the request was received.
    pub at: DateTime<Utc>,
}

/// What became of a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claimed {
    /// The key is new and now taken.
    Fresh,
    /// The same request was accepted before and made this.
    Repeat(Uuid),
    /// The key was taken by another body.
    Other,
}

/// Takes idempotency keys, each once; waits for a transaction that is taking the same key. Of two equal claims in
/// `claims` the first counts.
///
/// # Errors
/// When the database fails.
pub async fn claim_keys(
    connection: &mut PgConnection,
    keyring: &Keyring,
    claims: &[Claim],
) -> Result<Vec<Claimed>> {
    struct Hashed<'a> {
        claim: &'a Claim,
        key: Vec<u8>,
        body: Vec<u8>,
    }
    let hashed: Vec<Hashed<'_>> = claims
        .iter()
        .map(|claim| Hashed {
            claim,
            key: keyring.lookup(&format!("key:{}", claim.scope), claim.key.as_bytes()).to_vec(),
            body: keyring.lookup("body", &claim.body).to_vec(),
        })
        .collect();
    let mut firsts: BTreeMap<(&str, &[u8]), usize> = BTreeMap::new();
    for (i, hashed) in hashed.iter().enumerate() {
        firsts.entry((&hashed.claim.scope, &hashed.key)).or_insert(i);
    }
    let first: Vec<&Hashed<'_>> = firsts.values().map(|i| &hashed[*i]).collect();
    let keys = || Columns::of(&first).with("scope", |h| &h.claim.scope).with("key_hmac", |h| &h.key);
    let columns = keys()
        .with("body_hmac", |h| &h.body)
        .with("result_id", |h| h.claim.result_id)
        .with("created_at", |h| h.claim.at);
    let sql = format!(
        "INSERT INTO idempotency_keys ({names}) SELECT {names} FROM {} ON CONFLICT (scope, key_hmac) DO NOTHING RETURNING scope, key_hmac",
        columns.table("c"),
        names = columns.names(),
    );
    let taken: Vec<(String, Vec<u8>)> = columns.query_as(sql)?.fetch_all(&mut *connection).await?;
    let taken: BTreeSet<(String, Vec<u8>)> = taken.into_iter().collect();
    let mut stored: BTreeMap<(String, Vec<u8>), (Vec<u8>, Uuid)> = BTreeMap::new();
    if taken.len() < first.len() {
        let keys = keys();
        let sql = format!(
            "SELECT k.scope, k.key_hmac, k.body_hmac, k.result_id FROM idempotency_keys k JOIN {} USING (scope, key_hmac)",
            keys.table("c"),
        );
        let rows: Vec<(String, Vec<u8>, Vec<u8>, Uuid)> = keys.query_as(sql)?.fetch_all(connection).await?;
        stored.extend(rows.into_iter().map(|(scope, key, body, result)| ((scope, key), (body, result))));
    }
    Ok(hashed
        .iter()
        .enumerate()
        .map(|(i, h)| {
            let id = (h.claim.scope.clone(), h.key.clone());
            let first = firsts.get(&(h.claim.scope.as_str(), h.key.as_slice())).copied().unwrap_or(i);
            if taken.contains(&id) {
                return match first {
                    first if first == i => Claimed::Fresh,
                    first if hashed[first].body == h.body => Claimed::Repeat(hashed[first].claim.result_id),
                    _ => Claimed::Other,
                };
            }
            match stored.get(&id) {
                Some((body, result)) if *body == h.body => Claimed::Repeat(*result),
                _ => Claimed::Other,
            }
        })
        .collect())
}
