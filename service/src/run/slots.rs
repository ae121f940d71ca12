//! Room for heavy work, which runs and slow figures share.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Heavy work that a process does at a time.
const SLOTS: usize = 2;
/// Slow figures among it: one slot is always left to runs.
const FIGURES: usize = 1;

/// The slots of a process. Cheap to clone.
#[derive(Clone, Debug)]
pub struct WorkSlots {
    all: Arc<Semaphore>,
    figures: Arc<Semaphore>,
}

/// A slot, taken until it is dropped.
#[derive(Debug)]
pub struct WorkSlot(#[expect(dead_code, reason = "held, not read")] Vec<OwnedSemaphorePermit>);

impl Default for WorkSlots {
    fn default() -> Self {
        Self { all: Arc::new(Semaphore::new(SLOTS)), figures: Arc::new(Semaphore::new(FIGURES)) }
    }
}

impl WorkSlots {
    /// Takes a slot for a run; waits until one is free.
    pub async fn take(&self) -> WorkSlot {
        WorkSlot(permits(&[&self.all]).await)
    }

    /// Takes a slot for slow figures; waits until no other figures hold one and one is free.
    pub async fn take_for_figures(&self) -> WorkSlot {
        WorkSlot(permits(&[&self.figures, &self.all]).await)
    }
}

async fn permits(semaphores: &[&Arc<Semaphore>]) -> Vec<OwnedSemaphorePermit> {
    let mut permits = Vec::with_capacity(semaphores.len());
    for semaphore in semaphores {
        // They are never closed.
        permits.extend((*semaphore).clone().acquire_owned().await);
    }
    permits
}

#[cfg(test)]
mod tests {
    use futures::FutureExt as _;

    use super::*;

    #[tokio::test]
    async fn two_at_a_time_and_one_of_them_figures() {
        let slots = WorkSlots::default();
        let figures = slots.take_for_figures().await;
        assert!(slots.take_for_figures().now_or_never().is_none(), "figures leave one slot to runs");
        let run = slots.take().await;
        assert!(slots.take().now_or_never().is_none());
        drop(run);
        let runs = [slots.take().await];
        drop(figures);
        assert!(slots.take().now_or_never().is_some());
        drop(runs);
    }
}
