//! Checks every interleaving of the outbox's lease protocol: two workers, two effects, a network that delays
//! writes, and workers that crash, stall or give up at any moment.
//!
//! The model mirrors `store/src/sync`: `Action::Claim` is `claim.sql`, `Action::Finish` is `finish.sql`, and
//! `Action::Reclaim`, `Action::Heartbeat` and `Action::Release` are the functions with these names in
//! `claim.rs`. Each is a single transaction there, and therefore a single step here. A change to a condition
//! there must be repeated here.
//!
//! The destination fulfils its part of the contract (`destinations/src/destination.rs`): a key counts once, and
//! a record is overwritten only by a later sequence. The model has no time; a lease can lapse at any moment,
//! even while its worker is alive.
//!
//! A model that cannot fail proves nothing, so each condition is removed once, and the checker must notice.

#![allow(clippy::unwrap_used, reason = "a test fails where something goes wrong")]

mod promises;
mod protocol;
mod state;

use stateright::{Checker as _, Model as _};

use crate::promises::{ONCE, ORDERED, REFUSED};
use crate::protocol::{Protocol, WHOLE};

/// Checks all states and returns the names of the broken promises.
fn broken(protocol: Protocol) -> Vec<&'static str> {
    let checker = protocol.checker().threads(2).spawn_bfs().join();
    println!("{} states, {} of them different", checker.state_count(), checker.unique_state_count());
    let discoveries = checker.discoveries();
    let mut broken = Vec::new();
    for property in protocol.properties() {
        let is_found = discoveries.contains_key(property.name);
        if is_found == (property.expectation != stateright::Expectation::Sometimes) {
            broken.push(property.name);
        }
    }
    broken
}

#[test]
fn effects_of_one_lead_arrive_once_and_in_order() {
    assert_eq!(broken(WHOLE), [] as [&str; 0]);
}

#[test]
fn effects_of_two_leads_arrive_once() {
    assert_eq!(broken(Protocol { one_lead: false, ..WHOLE }), [] as [&str; 0]);
}

#[test]
fn without_the_fence_a_late_finish_counts() {
    let broken = broken(Protocol { fence: false, ..WHOLE });
    assert!(broken.contains(&REFUSED), "{broken:?}");
}

#[test]
fn without_its_predecessors_a_lead_is_out_of_order() {
    let broken = broken(Protocol { predecessors: false, ..WHOLE });
    assert!(broken.contains(&ORDERED), "{broken:?}");
}

#[test]
fn a_destination_without_keys_counts_twice() {
    let broken = broken(Protocol { key: false, ..WHOLE });
    assert!(broken.contains(&ONCE), "{broken:?}");
}

#[test]
fn a_destination_without_sequences_goes_back() {
    let broken = broken(Protocol { guard: false, ..WHOLE });
    assert!(broken.contains(&ORDERED), "{broken:?}");
}
