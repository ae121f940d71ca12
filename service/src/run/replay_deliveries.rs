//! Retrying failed deliveries, all or those that a filter means.

use chrono::{DateTime, Utc};
use engine::ids::{DestinationId, EffectId};
use serde::{Deserialize, Serialize};
use store::sync::{self, DeadFilter};

use super::{RunContext, RunHandle, RunKind, Work};
use crate::error::Result;

/// Retries failed deliveries.
pub struct ReplayDeliveries;

/// Which failed deliveries.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplayDeliveriesInput {
    /// To this destination, or to any.
    pub destination: Option<DestinationId>,
    /// Whose last error contains this text.
    pub error: Option<String>,
}

/// What became of failed deliveries.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliveriesReplayed {
    /// Queued again.
    pub ready: u64,
    /// Closed, since a later decision has changed the same record.
    pub superseded: u64,
    /// Left as they were, since a later one of the same lead is on its way.
    pub overtaken: u64,
    /// The instant that all of them are due at, by which they are told from others.
    pub due_at: DateTime<Utc>,
    /// The last one that was looked at.
    after: Option<EffectId>,
}

impl DeliveriesReplayed {
    fn looked_at(&self) -> u64 {
        self.ready + self.superseded + self.overtaken
    }
}

impl Work for ReplayDeliveries {
    const KIND: RunKind = RunKind::ReplayDeliveries;
    type Input = ReplayDeliveriesInput;
    type Checkpoint = DeliveriesReplayed;
    type Output = DeliveriesReplayed;

    async fn run(
        context: &RunContext,
        input: ReplayDeliveriesInput,
        checkpoint: Option<DeliveriesReplayed>,
        handle: &RunHandle,
    ) -> Result<DeliveriesReplayed> {
        let store = context.pipeline.store();
        let mut replayed =
            checkpoint.unwrap_or(DeliveriesReplayed { due_at: handle.created_at(), ..Default::default() });
        let actor = store::Actor { now: replayed.due_at, ..handle.actor().await? };
        let filter = DeadFilter { destination: input.destination, error: input.error };
        let left = sync::count_dead_after(store, &filter, replayed.after).await?;
        let total = replayed.looked_at() + left;
        loop {
            handle.tell("Queueing deliveries", replayed.looked_at(), Some(total));
            handle.check()?;
            // Deliveries and checkpoint in one transaction: none is counted twice, whenever the process ends.
            let mut tx = store.pool().begin().await?;
            let Some((last, batch)) = sync::replay_next(&mut tx, &actor, &filter, replayed.after).await?
            else {
                return Ok(replayed);
            };
            replayed.after = Some(last);
            replayed.ready += batch.ready as u64;
            replayed.superseded += batch.superseded as u64;
            replayed.overtaken += batch.overtaken as u64;
            handle.tell("Queueing deliveries", replayed.looked_at(), Some(total));
            handle.save_with(&mut tx, &replayed).await?;
            tx.commit().await?;
        }
    }
}
