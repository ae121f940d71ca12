//! Counts attempts and rejects further ones for a while once the limit is reached.
//!
//! A custom counter, because `governor` cannot express a lockout. Its algorithm (GCRA) returns attempts one by one. A quota of
//! five attempts per 15 minutes allows the sixth after three minutes; one that rejects it for 15 minutes, with a burst of five,
//! then allows a single attempt per 15 minutes and all five again only after 75. It also cannot reset one key after a correct
//! password, and it does not limit the number of keys.

use std::net::IpAddr;
use std::sync::Mutex;

use chrono::{DateTime, TimeDelta, Utc};
use quick_cache::unsync::Cache;

/// Wrong passwords allowed per account and address, and how long further ones are rejected.
const PASSWORDS: (u32, TimeDelta) = (5, TimeDelta::minutes(15));
/// Links allowed per account, across all addresses, so that a mailbox cannot be flooded.
const LINKS_TO_ACCOUNT: (u32, TimeDelta) = (3, TimeDelta::hours(1));
/// Links allowed per address, across all accounts; an entire office can share one address.
const LINKS_FROM_ADDRESS: (u32, TimeDelta) = (20, TimeDelta::hours(1));
/// The maximum number of tracked pairs of account and address. The least recently used ones are evicted, so that guessing
/// cannot exhaust the memory.
const ENTRIES: usize = 10_000;

type Pair = (String, IpAddr);

/// All counters. They live in this process's memory because they do not have to survive a restart.
pub struct Throttles {
    /// Wrong passwords.
    pub passwords: Throttle,
    links_to_account: Throttle,
    links_from_address: Throttle,
}

impl Default for Throttles {
    fn default() -> Self {
        Self {
            passwords: Throttle::new(PASSWORDS),
            links_to_account: Throttle::new(LINKS_TO_ACCOUNT),
            links_from_address: Throttle::new(LINKS_FROM_ADDRESS),
        }
    }
}

impl Throttles {
    /// Returns whether a link can be sent to this account at the request of this address, and counts the request.
    pub fn may_link(&self, account: &str, peer: IpAddr, now: DateTime<Utc>) -> bool {
        const ANYWHERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::UNSPECIFIED);
        let counts = [(&self.links_from_address, "", peer), (&self.links_to_account, account, ANYWHERE)];
        counts.into_iter().all(|(throttle, account, peer)| throttle.take(account, peer, now).is_none())
    }
}

/// Counters of one kind.
pub struct Throttle {
    tries: u32,
    window: TimeDelta,
    counts: Mutex<Cache<Pair, Tries>>,
}

#[derive(Clone, Copy, Debug)]
struct Tries {
    tries: u32,
    since: DateTime<Utc>,
}

impl Throttle {
    fn new((tries, window): (u32, TimeDelta)) -> Self {
        Self { tries, window, counts: Mutex::new(Cache::new(ENTRIES)) }
    }

    /// Takes one attempt, or returns how long attempts are rejected if none is left. Concurrent attempts are counted one by
    /// one.
    pub fn take(&self, account: &str, peer: IpAddr, now: DateTime<Utc>) -> Option<TimeDelta> {
        let mut counts = self.counts.lock().ok()?;
        let pair = pair(account, peer);
        let known = counts.get(&pair).copied().filter(|count| now - count.since < self.window);
        let mut count = known.unwrap_or(Tries { tries: 0, since: now });
        if count.tries >= self.tries {
            return Some(self.window - (now - count.since));
        }
        count.tries += 1;
        if count.tries == self.tries {
            count.since = now;
        }
        counts.insert(pair, count);
        None
    }

    /// Resets the counter after a successful attempt.
    pub fn forget(&self, account: &str, peer: IpAddr) {
        if let Ok(mut counts) = self.counts.lock() {
            counts.remove(&pair(account, peer));
        }
    }
}

fn pair(account: &str, peer: IpAddr) -> Pair {
    // A client with one IPv6 address controls the entire /64 around it.
    let peer = match peer {
        IpAddr::V6(peer) => IpAddr::V6((u128::from(peer) >> 64 << 64).into()),
        v4 => v4,
    };
    // An address has at most 320 characters; longer ones share one counter.
    (account.trim().chars().take(320).flat_map(char::to_lowercase).collect(), peer)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOME: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    #[test]
    fn the_door_shuts_after_five_tries_and_opens_again() {
        let (throttle, now) = (Throttle::new(PASSWORDS), Utc::now());
        let window = PASSWORDS.1;
        for _ in 0..4 {
            assert_eq!(throttle.take("ana@acme.example", HOME, now), None);
        }
        assert_eq!(throttle.take(" ANA@acme.example", HOME, now), None);
        assert_eq!(throttle.take("ana@acme.example", HOME, now), Some(window));
        assert_eq!(throttle.take("ben@acme.example", HOME, now), None);
        assert_eq!(throttle.take("ana@acme.example", HOME, now + window), None);
        let (one, other) = ("2001:db8::1".parse().unwrap(), "2001:db8::2".parse().unwrap());
        assert!((0..5).all(|_| throttle.take("ana@acme.example", one, now).is_none()));
        assert_eq!(throttle.take("ana@acme.example", other, now), Some(window), "the same network");
    }

    #[test]
    fn a_right_one_clears_the_count_and_the_memory_has_a_bound() {
        let (throttle, now) = (Throttle::new(PASSWORDS), Utc::now());
        assert!((0..5).all(|_| throttle.take("ana", HOME, now).is_none()));
        throttle.forget("ana", HOME);
        assert_eq!(throttle.take("ana", HOME, now), None);
        for n in 0..ENTRIES + 10 {
            throttle.take(&n.to_string(), HOME, now + TimeDelta::microseconds(n as i64));
        }
        assert!(throttle.counts.lock().unwrap().len() <= ENTRIES);
    }

    #[test]
    fn links_are_counted_by_account_wherever_from_and_by_address_whomever_for() {
        let (throttles, now) = (Throttles::default(), Utc::now());
        let from = |n: u8| IpAddr::from([192, 0, 2, n]);
        assert!((1..=3).all(|n| throttles.may_link("ana@acme.example", from(n), now)));
        assert!(
            !throttles.may_link("Ana@acme.example ", from(4), now),
            "from another address, and written otherwise"
        );
        assert!(throttles.may_link("ana@acme.example", from(4), now + LINKS_TO_ACCOUNT.1));
        let others = (0..30).filter(|n| throttles.may_link(&n.to_string(), from(9), now)).count();
        assert_eq!(others, 20);
    }
}
