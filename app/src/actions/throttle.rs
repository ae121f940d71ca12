//! Wrong passwords are counted, and after a few the door stays shut for a while.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Mutex;

use chrono::{DateTime, TimeDelta, Utc};

/// Wrong passwords for one account from one address before the door is shut.
const TRIES: u32 = 5;
/// How long they are remembered, and the door stays shut.
const WINDOW: TimeDelta = TimeDelta::minutes(15);
/// Pairs of account and address remembered; beyond it the oldest are forgotten, so that guessing cannot eat the memory.
const ENTRIES: usize = 10_000;

type Pair = (String, IpAddr);

/// The counts, in this process's memory: they need not outlive it.
#[derive(Debug, Default)]
pub struct Throttle(Mutex<HashMap<Pair, Count>>);

#[derive(Clone, Copy, Debug)]
struct Count {
    wrong: u32,
    since: DateTime<Utc>,
}

impl Throttle {
    /// How long the door stays shut for this account from this address; `None` when it is open.
    pub fn shut_for(&self, account: &str, peer: IpAddr, now: DateTime<Utc>) -> Option<TimeDelta> {
        let counts = self.0.lock().ok()?;
        let count = counts.get(&pair(account, peer))?;
        let left = WINDOW - (now - count.since);
        (count.wrong >= TRIES && left > TimeDelta::zero()).then_some(left)
    }

    /// Counts a wrong password.
    pub fn wrong(&self, account: &str, peer: IpAddr, now: DateTime<Utc>) {
        let Ok(mut counts) = self.0.lock() else { return };
        if counts.len() >= ENTRIES {
            counts.retain(|_, count| now - count.since < WINDOW);
        }
        if counts.len() >= ENTRIES
            && let Some(oldest) =
                counts.iter().min_by_key(|(_, count)| count.since).map(|(pair, _)| pair.clone())
        {
            counts.remove(&oldest);
        }
        let count = counts.entry(pair(account, peer)).or_insert(Count { wrong: 0, since: now });
        if now - count.since >= WINDOW {
            *count = Count { wrong: 0, since: now };
        }
        count.wrong += 1;
        if count.wrong == TRIES {
            count.since = now;
        }
    }

    /// Forgets the wrong ones after a right one.
    pub fn right(&self, account: &str, peer: IpAddr) {
        if let Ok(mut counts) = self.0.lock() {
            counts.remove(&pair(account, peer));
        }
    }
}

fn pair(account: &str, peer: IpAddr) -> Pair {
    // An address is 320 characters at most; what is longer shares one count.
    (account.trim().chars().take(320).flat_map(char::to_lowercase).collect(), peer)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOME: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    #[test]
    fn the_door_shuts_after_five_wrong_ones_and_opens_again() {
        let (throttle, now) = (Throttle::default(), Utc::now());
        for _ in 0..4 {
            throttle.wrong("ana@acme.example", HOME, now);
        }
        assert_eq!(throttle.shut_for("ana@acme.example", HOME, now), None);
        throttle.wrong(" ANA@acme.example", HOME, now);
        assert_eq!(throttle.shut_for("ana@acme.example", HOME, now), Some(WINDOW));
        assert_eq!(throttle.shut_for("ben@acme.example", HOME, now), None);
        assert_eq!(throttle.shut_for("ana@acme.example", HOME, now + WINDOW), None);
        throttle.wrong("ana@acme.example", HOME, now + WINDOW);
        assert_eq!(throttle.shut_for("ana@acme.example", HOME, now + WINDOW), None);
    }

    #[test]
    fn a_right_one_clears_the_count_and_the_memory_has_a_bound() {
        let (throttle, now) = (Throttle::default(), Utc::now());
        (0..5).for_each(|_| throttle.wrong("ana", HOME, now));
        throttle.right("ana", HOME);
        assert_eq!(throttle.shut_for("ana", HOME, now), None);
        (0..ENTRIES + 10)
            .for_each(|n| throttle.wrong(&n.to_string(), HOME, now + TimeDelta::microseconds(n as i64)));
        assert_eq!(throttle.0.lock().unwrap().len(), ENTRIES);
    }
}
