//! The outbox: claiming effects, recording their results, and listing them.
//!
//! Leases use the database's clock, the only clock that all processes share. A process holds a claimed effect for
//! [`LEASE`], can extend it with [`heartbeat`], and ends it with [`finish()`]. Each claim increments the row's
//! `run_lease`, and a finish with an older lease changes nothing. The leases of a process that dies simply expire.

pub mod claim;
pub mod destinations;
pub mod detail;
pub mod finish;
#[cfg(feature = "testing")]
pub mod fixture;
pub mod flow;
pub mod history;
pub mod jobs;
pub mod lists;
pub mod replay;
pub mod resumption;
pub mod unfinished;

use std::time::Duration;

use sqlx::{Postgres, Transaction};

pub use claim::{ClaimedBatch, ClaimedEffect, Ticket, claim, heartbeat, reclaim, release};
pub use destinations::{DestinationRecord, destinations, pause, resume, review_expired};
pub use detail::{EffectDetail, effect};
pub use finish::{AttemptExchange, AttemptOutcome, DeliveryRow, FinishResult, FinishedAttempt, finish};
pub use flow::{OpenBreaker, close_breaker, open_breaker, open_breakers, used_on};
pub use lists::{
    Delivery, Effect, EffectState, OutboxCount, dead, deliveries, effects_of_decision, effects_of_lead,
    outbox_counts,
};
pub use replay::{
    DeadEffectFilter, ReplayResult, ReplaySummary, count_dead_after, replay, replay_chosen, replay_next,
    stop_replay, untried,
};
pub use resumption::{Resumption, resumption_of_destination, resumption_of_workflows};
pub use unfinished::{UnfinishedEffect, UnfinishedFilter, UnfinishedState, count_dead, unfinished};

use crate::error::Result;
use crate::pool::Store;

/// How long a claim is valid without a heartbeat: long enough that a busy process keeps its effects, short enough
/// that those of a dead process are retried within half a minute.
pub const LEASE: Duration = Duration::from_secs(25);

/// Maximum number of effects to claim, finish or reclaim in one statement.
pub const BATCH: usize = 500;

/// Starts a transaction whose statements read the outbox by its indexes, in index order. The statistics of a table
/// that fills and empties within minutes are always stale; with them, Postgres would scan and sort a long backlog on
/// every claim.
async fn begin(store: &Store) -> Result<Transaction<'static, Postgres>> {
    const BEGIN: &str = "BEGIN; SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off";
    Ok(store.begin_with(BEGIN).await?)
}
