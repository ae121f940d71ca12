//! Retries failed deliveries, all or those that match a filter.

use chrono::{DateTime, Utc};
use engine::ids::{DestinationId, EffectId};
use serde::{Deserialize, Serialize};
use store::sync::{self, DeadEffectFilter};

use super::{RunContext, RunHandle, RunKind, Work};
use crate::error::Result;

/// Retries failed deliveries.
pub struct ReplayDeliveries;

/// Selects failed deliveries.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplayDeliveriesInput {
    /// Only deliveries to this destination.
    pub destination: Option<DestinationId>,
    /// Only deliveries whose last error contains this text.
    pub error: Option<String>,
}

/// The result of retrying failed deliveries.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplayDeliveriesResult {
    /// Deliveries that were queued again.
    pub ready: u64,
    /// Deliveries that were closed, since a later decision has changed the same record.
    pub superseded: u64,
    /// Deliveries left unchanged, since a later one for the same lead is under way.
    pub overtaken: u64,
    /// The due time of all of them, which distinguishes them from other deliveries.
    pub due_at: DateTime<Utc>,
    /// The last delivery processed.
    after: Option<EffectId>,
}

impl ReplayDeliveriesResult {
    fn looked_at(&self) -> u64 {
        self.ready + self.superseded + self.overtaken
    }
}

impl Work for ReplayDeliveries {
    const KIND: RunKind = RunKind::ReplayDeliveries;
    type Input = ReplayDeliveriesInput;
    type Checkpoint = ReplayDeliveriesResult;
    type Output = ReplayDeliveriesResult;

    async fn run(
        context: &RunContext,
        input: ReplayDeliveriesInput,
        checkpoint: Option<ReplayDeliveriesResult>,
        handle: &RunHandle,
    ) -> Result<ReplayDeliveriesResult> {
        let store = context.pipeline.store();
        let mut replayed = checkpoint
            .unwrap_or(ReplayDeliveriesResult { due_at: handle.created_at(), ..Default::default() });
        let actor = store::Actor { now: replayed.due_at, ..handle.actor().await? };
        let filter = DeadEffectFilter { destination: input.destination, error: input.error };
        let left = sync::count_dead_after(store, &filter, replayed.after).await?;
        let total = replayed.looked_at() + left;
        loop {
            handle.report_progress("Queueing deliveries", replayed.looked_at(), Some(total));
            handle.check()?;
            // Commits deliveries and checkpoint together, so that a crash never counts a delivery twice.
            let mut tx = store.begin().await?;
            let Some((last, batch)) = sync::replay_next(&mut tx, &actor, &filter, replayed.after).await?
            else {
                return Ok(replayed);
            };
            replayed.after = Some(last);
            replayed.ready += batch.ready as u64;
            replayed.superseded += batch.superseded as u64;
            replayed.overtaken += batch.overtaken as u64;
            handle.report_progress("Queueing deliveries", replayed.looked_at(), Some(total));
            handle.save_with(&mut tx, &replayed).await?;
            tx.commit().await?;
        }
    }
}
