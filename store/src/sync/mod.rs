//! The outbox: claiming effects, telling what became of them, and what pages show of it.
//!
//! Leases are told by the database's clock, the one clock that all processes share. Whoever claims an effect holds it
//! for [`LEASE`], may ask for more time with [`heartbeat`], and tells the end with [`finish()`]; each claim raises the
//! row's `run_lease`, and a finish that names an older one changes nothing. A process that dies simply falls silent.

pub mod claim;
pub mod destinations;
pub mod detail;
pub mod finish;
#[cfg(feature = "testing")]
pub mod fixture;
pub mod flow;
pub mod jobs;
pub mod lists;
pub mod replay;
pub mod unfinished;

use std::time::Duration;

use sqlx::{Postgres, Transaction};

pub use claim::{Claimed, Taken, Ticket, claim, heartbeat, reclaim, release};
pub use destinations::{DestinationRecord, destinations, pause, resume};
pub use detail::{EffectDetail, effect};
pub use finish::{Answer, DeliveryRow, Finish, Finished, Outcome, finish};
pub use flow::{OpenBreaker, close_breaker, open_breaker, open_breakers, used_on};
pub use lists::{
    Delivery, Effect, EffectState, OutboxCount, dead, deliveries, effects_of_decision, effects_of_lead,
    outbox_counts,
};
pub use replay::{
    DeadFilter, Replayed, ReplayedMany, count_dead_after, replay, replay_chosen, replay_next, stop_replay,
    untried,
};
pub use unfinished::{Unfinished, UnfinishedFilter, UnfinishedState, count_dead, unfinished};

use crate::error::Result;
use crate::pool::Store;

/// How long a claim holds without a heartbeat. Long enough that a busy process does not lose its effects, short enough
/// that those of a dead one are tried again within half a minute.
pub const LEASE: Duration = Duration::from_secs(25);

/// Effects claimed, finished or reclaimed in one statement, at most.
pub const BATCH: usize = 500;

/// A transaction whose statements reach the outbox by its indexes, in their order. The statistics of a table that fills
/// and empties within minutes are always of another moment: left to them, Postgres takes to reading and sorting all of a
/// long backlog for each claim.
async fn begin(store: &Store) -> Result<Transaction<'static, Postgres>> {
    const BEGIN: &str = "BEGIN; SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off";
    Ok(store.pool().begin_with(BEGIN).await?)
}
