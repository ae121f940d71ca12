//! Slots for work that the processor is busy with: reading, compiling and comparing what people write.
//!
//! Such work takes seconds in the worst case and cannot be interrupted, so it never runs on the threads that serve requests. A slot is
//! taken before anything else, above all before a connection or a lock, so that its holder never waits for another slot.

use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::error::{Error, Result};

/// Number of slots per process. The worst text takes one core and some hundred megabytes.
const SLOTS: u32 = 2;
/// Maximum time to wait for a slot; below the time limit of a request.
const PATIENCE: Duration = Duration::from_secs(8);
/// Size of a text, in bytes, from which on its work takes all slots: two million-entry lists at a time would need too much memory.
const LARGE_BYTES: usize = 1024 * 1024;

/// The slots of a process. Cheap to clone.
#[derive(Clone, Debug)]
pub struct ComputeSlots(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    slots: Arc<Semaphore>,
    line: Semaphore,
    places: usize,
    patience: Duration,
}

impl Default for ComputeSlots {
    fn default() -> Self {
        Self::new(Self::LINE)
    }
}

impl ComputeSlots {
    /// Number of requests that can wait for a slot. Further ones are refused.
    pub const LINE: usize = 16;

    /// Creates the slots, for which `line` requests can wait.
    pub fn new(line: usize) -> Self {
        Self::with_patience(line, PATIENCE)
    }

    fn with_patience(line: usize, patience: Duration) -> Self {
        let slots = Arc::new(Semaphore::new(SLOTS as usize));
        Self(Arc::new(Inner { slots, line: Semaphore::new(line), places: line, patience }))
    }

    /// Returns how many requests wait for a slot.
    pub fn waiting(&self) -> usize {
        self.0.places - self.0.line.available_permits()
    }

    /// Runs work about a text of this many bytes in a slot, on a thread of its own. It may wait for the database, and continues when the
    /// caller stops waiting.
    ///
    /// # Errors
    /// Returns [`Error::Busy`] if no slot becomes free in time, and [`Error::Interrupted`] if the work panics.
    pub async fn run<W, T>(&self, bytes: usize, work: W) -> Result<T>
    where
        W: AsyncFnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        let slot = self.take(slots_for(bytes)).await?;
        on_thread(slot, work).await
    }

    /// The same for work that no request waits for: it waits for a slot as long as it takes.
    ///
    /// # Errors
    /// Returns [`Error::Interrupted`] if the work panics.
    pub async fn run_in_turn<W, T>(&self, bytes: usize, work: W) -> Result<T>
    where
        W: AsyncFnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        let slot = self.0.slots.clone().acquire_many_owned(slots_for(bytes)).await;
        on_thread(slot.map_err(|_| Error::Busy)?, work).await
    }

    /// Runs work without a slot, for what must never wait: going live, and back.
    ///
    /// # Errors
    /// Returns [`Error::Interrupted`] if the work panics.
    pub async fn run_at_once<W, T>(&self, work: W) -> Result<T>
    where
        W: AsyncFnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        on_thread((), work).await
    }

    async fn take(&self, slots: u32) -> Result<OwnedSemaphorePermit> {
        if let Ok(slot) = self.0.slots.clone().try_acquire_many_owned(slots) {
            return Ok(slot);
        }
        let _place = self.0.line.try_acquire().map_err(|_| Error::Busy)?;
        let slot =
            tokio::time::timeout(self.0.patience, self.0.slots.clone().acquire_many_owned(slots)).await;
        // The semaphore is never closed.
        slot.map_err(|_| Error::Busy)?.map_err(|_| Error::Busy)
    }
}

fn slots_for(bytes: usize) -> u32 {
    if bytes < LARGE_BYTES { 1 } else { SLOTS }
}

async fn on_thread<W, T>(slot: impl Send + 'static, work: W) -> Result<T>
where
    W: AsyncFnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    let runtime = Handle::current();
    let done = tokio::task::spawn_blocking(move || {
        let _slot = slot;
        runtime.block_on(work())
    });
    done.await.map_err(|_| Error::Interrupted)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use std::sync::mpsc;
    use std::thread;

    use super::*;

    /// Starts work that blocks its thread until the sender is dropped.
    async fn blocked(
        slots: &ComputeSlots,
        bytes: usize,
    ) -> (mpsc::Sender<()>, tokio::task::JoinHandle<Result<()>>) {
        let (release, wait) = mpsc::channel::<()>();
        let (begun, has_begun) = tokio::sync::oneshot::channel();
        let slots = slots.clone();
        let work = async move || {
            begun.send(()).unwrap();
            wait.recv().unwrap_err();
        };
        let task = tokio::spawn(async move { slots.run(bytes, work).await });
        has_begun.await.unwrap();
        (release, task)
    }

    // One thread serves everything, so the test would never end if work ran on it.
    #[tokio::test]
    async fn work_leaves_the_threads_of_requests_free() {
        let slots = ComputeSlots::default();
        let serving = thread::current().id();
        let on = slots.run(0, async || thread::current().id()).await.unwrap();
        assert_ne!(on, serving);
        let (release, task) = blocked(&slots, 0).await;
        for _ in 0..1_000 {
            tokio::task::yield_now().await;
        }
        assert!(!task.is_finished());
        drop(release);
        task.await.unwrap().unwrap();
    }

    #[tokio::test]
    async fn beyond_the_slots_and_the_line_work_is_refused() {
        let slots = ComputeSlots::new(0);
        let (first, one) = blocked(&slots, 0).await;
        let (second, other) = blocked(&slots, 0).await;
        assert!(matches!(slots.run(0, async || ()).await, Err(Error::Busy)));
        drop((first, second));
        one.await.unwrap().unwrap();
        other.await.unwrap().unwrap();
        assert!(slots.run(0, async || ()).await.is_ok());
    }

    #[tokio::test]
    async fn the_wait_for_a_slot_has_an_end() {
        let slots = ComputeSlots::with_patience(1, Duration::ZERO);
        let (release, task) = blocked(&slots, LARGE_BYTES).await;
        assert!(matches!(slots.run(0, async || ()).await, Err(Error::Busy)), "a large text takes all slots");
        drop(release);
        task.await.unwrap().unwrap();
    }

    #[tokio::test]
    async fn a_panic_frees_the_slot() {
        let slots = ComputeSlots::new(0);
        for _ in 0..3 {
            assert!(matches!(
                slots.run(LARGE_BYTES, async || panic!("on purpose")).await,
                Err(Error::Interrupted)
            ));
        }
    }
}
