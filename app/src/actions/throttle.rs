//! Limits attempts to sign in and requests for links.
//!
//! Counts live in the database, so that several processes allow no more attempts than one (`store::people::attempts`). A custom
//! counter, because `governor` cannot express a lockout: its algorithm (GCRA) returns attempts one by one, and cannot reset one
//! key after a correct password. What limits the load is in this process: how many attempts are in progress at a time.

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;
use std::sync::{Arc, Mutex};

use chrono::{DateTime, TimeDelta, Utc};
use store::Store;
use store::people::HashLane;
use store::people::attempts::{self, AttemptKey, AttemptLimit, LimitOutcome, network};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::error::Result;

/// Wrong passwords allowed per account and network.
const PASSWORDS: (i32, TimeDelta) = (5, TimeDelta::minutes(15));
/// Wrong passwords allowed per network, across all accounts; an entire office can share one address.
const PASSWORDS_FROM_NETWORK: (i32, TimeDelta) = (50, TimeDelta::minutes(15));
/// Wrong passwords allowed per account, across all networks without an earlier sign-in to it (OWASP ASVS 4.0.3, 2.2.1).
const PASSWORDS_TO_ACCOUNT: (i32, TimeDelta) = (100, TimeDelta::hours(1));
/// Links allowed per account, across all networks, so that a mailbox cannot be flooded.
const LINKS_TO_ACCOUNT: (i32, TimeDelta) = (3, TimeDelta::hours(1));
/// Links allowed per network, across all accounts.
const LINKS_FROM_NETWORK: (i32, TimeDelta) = (20, TimeDelta::hours(1));

/// Attempts in progress from networks without an earlier sign-in, and how many of them from one network. A hash takes some
/// 15 ms, so the last in the queue waits for half a second.
const STRANGERS: (usize, usize) = (32, 8);
/// The same for networks that people signed in from before.
const KNOWN: (usize, usize) = (32, 16);
/// How long the list of known networks is used before it is read again.
const KNOWN_MAX_AGE: TimeDelta = TimeDelta::minutes(1);

/// Admits attempts to sign in. Each process has one.
pub struct SignInGate {
    strangers: Arc<Semaphore>,
    known: Arc<Semaphore>,
    in_progress: Arc<Mutex<HashMap<IpAddr, usize>>>,
    networks: tokio::sync::Mutex<KnownNetworks>,
}

#[derive(Default)]
struct KnownNetworks {
    keys: HashSet<AttemptKey>,
    read_at: Option<DateTime<Utc>>,
}

/// A place in the queue for one attempt. Dropping it makes room for the next.
pub struct SignInPlace {
    /// The slots for password hashes that the attempt may use.
    pub lane: HashLane,
    network: IpAddr,
    in_progress: Arc<Mutex<HashMap<IpAddr, usize>>>,
    _permit: OwnedSemaphorePermit,
}

impl Drop for SignInPlace {
    fn drop(&mut self) {
        if let Ok(mut counts) = self.in_progress.lock()
            && let Some(count) = counts.get_mut(&self.network)
        {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.network);
            }
        }
    }
}

impl Default for SignInGate {
    fn default() -> Self {
        Self {
            strangers: Arc::new(Semaphore::new(STRANGERS.0)),
            known: Arc::new(Semaphore::new(KNOWN.0)),
            in_progress: Arc::default(),
            networks: tokio::sync::Mutex::default(),
        }
    }
}

impl SignInGate {
    /// Takes a place for an attempt from this address. Returns `None` if too many attempts are in progress already.
    pub async fn enter(&self, store: &Store, peer: IpAddr, now: DateTime<Utc>) -> Option<SignInPlace> {
        let known = self.is_known(store, network_key(store, peer), now).await;
        self.place(network(peer), known)
    }

    fn place(&self, network: IpAddr, is_known: bool) -> Option<SignInPlace> {
        let (lane, places, (_, most)) = if is_known {
            (HashLane::Known, &self.known, KNOWN)
        } else {
            (HashLane::Stranger, &self.strangers, STRANGERS)
        };
        let permit = places.clone().try_acquire_owned().ok()?;
        let mut counts = self.in_progress.lock().ok()?;
        // Bounded by the number of places: a network without attempts in progress has no entry.
        let count = counts.entry(network).or_default();
        if *count >= most {
            return None;
        }
        *count += 1;
        Some(SignInPlace { lane, network, in_progress: self.in_progress.clone(), _permit: permit })
    }

    async fn is_known(&self, store: &Store, key: AttemptKey, now: DateTime<Utc>) -> bool {
        let mut networks = self.networks.lock().await;
        if networks.read_at.is_none_or(|read_at| now - read_at > KNOWN_MAX_AGE) {
            // Whether or not it succeeds: a flood must not repeat it, and attempts fail anyway if the database does not answer.
            networks.read_at = Some(now);
            match attempts::known_networks(store, now).await {
                Ok(keys) => networks.keys = keys.into_iter().collect(),
                Err(error) => tracing::warn!(%error, "known networks could not be read"),
            }
        }
        networks.keys.contains(&key)
    }

    async fn remember(&self, store: &Store, keys: [AttemptKey; 2], now: DateTime<Utc>) -> Result<()> {
        self.networks.lock().await.keys.extend(keys);
        Ok(attempts::remember_networks(store, &keys, now).await?)
    }
}

/// An attempt with a password, which the limits have allowed.
pub struct PasswordAttempt<'a> {
    account: &'a str,
    peer: IpAddr,
    limits: Vec<AttemptLimit>,
    reached: Vec<AttemptKey>,
}

impl<'a> PasswordAttempt<'a> {
    /// Counts an attempt before its password is checked, so that concurrent attempts cannot all pass the limit.
    ///
    /// # Errors
    /// Returns an error if the database fails.
    pub async fn take(
        gate: &SignInGate,
        store: &Store,
        account: &'a str,
        peer: IpAddr,
        now: DateTime<Utc>,
    ) -> Result<Result<Self, TimeDelta>> {
        let pair = limit(store, "password", Some(account), Some(peer), PASSWORDS);
        let from_network = limit(store, "passwords from network", None, Some(peer), PASSWORDS_FROM_NETWORK);
        let mut limits = vec![pair, from_network];
        // Otherwise, anyone with enough addresses could keep the person out.
        if !gate.is_known(store, account_key(store, account, peer), now).await {
            limits.push(limit(store, "passwords to account", Some(account), None, PASSWORDS_TO_ACCOUNT));
        }
        Ok(match attempts::take(store, &limits, now).await? {
            LimitOutcome::Taken(reached) => Ok(Self { account, peer, limits, reached }),
            LimitOutcome::Rejected(until) => Err(until - now),
        })
    }

    /// Returns until when the account is locked if the password was wrong: for this network, or for all that are not known.
    pub fn locks_until(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let of_account = self.limits.iter().filter(|limit| !self.is_from_network(limit));
        of_account.filter(|limit| self.reached.contains(&limit.key)).map(|limit| now + limit.period).max()
    }

    /// Uncounts the attempt after a correct password, and remembers the network.
    ///
    /// # Errors
    /// Returns an error if the database fails.
    pub async fn succeeded(self, gate: &SignInGate, store: &Store, now: DateTime<Utc>) -> Result<()> {
        let [pair, others @ ..] = &*self.limits else { return Ok(()) };
        let others: Vec<AttemptKey> = others.iter().map(|limit| limit.key).collect();
        attempts::give_back(store, pair.key, &others).await?;
        let keys = [network_key(store, self.peer), account_key(store, self.account, self.peer)];
        gate.remember(store, keys, now).await
    }

    fn is_from_network(&self, limit: &AttemptLimit) -> bool {
        self.limits.get(1).is_some_and(|from_network| from_network.key == limit.key)
    }
}

/// Returns whether a link can be sent to this account at the request of this address, and counts the request.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn may_link(store: &Store, account: &str, peer: IpAddr, now: DateTime<Utc>) -> Result<bool> {
    let limits = [
        limit(store, "links from network", None, Some(peer), LINKS_FROM_NETWORK),
        limit(store, "links to account", Some(account), None, LINKS_TO_ACCOUNT),
    ];
    Ok(matches!(attempts::take(store, &limits, now).await?, LimitOutcome::Taken(_)))
}

fn limit(
    store: &Store,
    kind: &str,
    account: Option<&str>,
    peer: Option<IpAddr>,
    (most, period): (i32, TimeDelta),
) -> AttemptLimit {
    AttemptLimit { key: AttemptKey::new(store.keyring(), kind, account, peer), most, period }
}

fn network_key(store: &Store, peer: IpAddr) -> AttemptKey {
    AttemptKey::new(store.keyring(), "known network", None, Some(peer))
}

fn account_key(store: &Store, account: &str, peer: IpAddr) -> AttemptKey {
    AttemptKey::new(store.keyring(), "known network of account", Some(account), Some(peer))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strangers_fill_their_own_places_only_and_one_network_a_few_of_them() {
        let gate = SignInGate::default();
        let from = |n: u8| IpAddr::from([192, 0, 2, n]);
        let mut places: Vec<SignInPlace> = (0..10).filter_map(|_| gate.place(from(1), false)).collect();
        assert_eq!(places.len(), STRANGERS.1, "one network");
        places.extend((2..200).filter_map(|n| gate.place(from(n), false)));
        assert_eq!(places.len(), STRANGERS.0);
        let known = gate.place(from(250), true).unwrap();
        assert_eq!((known.lane, places[0].lane), (HashLane::Known, HashLane::Stranger));
        places.pop();
        assert!(gate.place(from(251), false).is_some(), "a place that was given back");
        drop((places, known));
        assert!(gate.in_progress.lock().unwrap().is_empty());
    }
}
