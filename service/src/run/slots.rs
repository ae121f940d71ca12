//! Slots for heavy work, shared by runs and slow figures.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Maximum number of concurrent heavy tasks per process.
const SLOTS: usize = 2;
/// Maximum number of slow figures among them, so that one slot is always left for runs.
const FIGURES: usize = 1;

/// The slots of a process. Cheap to clone.
#[derive(Clone, Debug)]
pub struct WorkSlots {
    all: Arc<Semaphore>,
    figures: Arc<Semaphore>,
}

/// A slot, held until it is dropped.
#[derive(Debug)]
pub struct WorkSlot(#[expect(dead_code, reason = "held, not read")] Vec<OwnedSemaphorePermit>);

impl Default for WorkSlots {
    fn default() -> Self {
        Self { all: Arc::new(Semaphore::new(SLOTS)), figures: Arc::new(Semaphore::new(FIGURES)) }
    }
}

impl WorkSlots {
    /// Acquires a slot for a run. Waits until one is free.
    pub async fn take(&self) -> WorkSlot {
        WorkSlot(permits(&[&self.all]).await)
    }

    /// Acquires a slot for slow figures. Waits until one is free and no other figures hold one.
    pub async fn take_for_figures(&self) -> WorkSlot {
        WorkSlot(permits(&[&self.figures, &self.all]).await)
    }
}

async fn permits(semaphores: &[&Arc<Semaphore>]) -> Vec<OwnedSemaphorePermit> {
    let mut permits = Vec::with_capacity(semaphores.len());
    for semaphore in semaphores {
        // The semaphores are never closed.
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
