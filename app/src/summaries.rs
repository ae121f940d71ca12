//! Figures that take the database seconds to add up: added up once for everybody who asks, and shown again for as long as
//! that was worth it. A page says as of when they are.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use store::reads::dashboard::{Cohort, Report, Step};
use tokio::sync::{Semaphore, watch};

use crate::error::{Error, Result};
use crate::figures::{DashboardFigures, DecidedToday};

/// How long a page waits for figures before it says that they are being added up.
const PATIENCE: Duration = Duration::from_millis(700);
/// What is added up faster than this is added up each time, so that it is as of now.
const QUICK: Duration = Duration::from_millis(200);
/// What takes longer is shown again for so many times as long as it took: a twentieth of one connection's time goes into it.
const WORTH: u32 = 20;
/// Summaries of one kind that are kept; beyond it the oldest goes.
const KEPT: usize = 100;
/// Summaries of one kind that are added up at a time, by a process: pages must find connections, and processors.
const AT_ONCE: usize = 2;
/// Summaries of one kind that are added up or wait for it; who asks for one more is told to come again.
const LINE: usize = 50;

/// All that pages ask for. Cheap to clone.
#[derive(Clone, Default)]
pub struct Summaries {
    /// Of the dashboard.
    pub dashboard: Kept<(Cohort, Step, Tz), DashboardFigures>,
    /// Of the home page.
    pub home: Kept<(Cohort, Tz), Report>,
    /// What was decided since somebody's midnight.
    pub today: Kept<DateTime<Utc>, DecidedToday>,
}

/// Summaries of one kind.
pub struct Kept<K, V>(Arc<Inner<K, V>>);

struct Inner<K, V> {
    slots: Mutex<HashMap<K, Slot<V>>>,
    turns: Semaphore,
}

/// Figures as they are found.
pub enum Found<V> {
    /// They are there.
    Ready(Summary<V>),
    /// They are being added up, for so long by now.
    Adding(Duration),
}

/// Figures, and as of when they are.
pub struct Summary<V> {
    /// The figures; `None` where there were too many leads to add up within the limit.
    pub value: Option<Arc<V>>,
    /// As of when.
    pub as_of: DateTime<Utc>,
    took: Duration,
    ready: Instant,
}

struct Slot<V> {
    kept: Option<Summary<V>>,
    running: Option<Running>,
}

#[derive(Clone)]
struct Running {
    since: Instant,
    /// Closed when it is over.
    over: watch::Receiver<()>,
}

impl<K, V> Kept<K, V>
where
    K: Clone + Eq + Hash + Send + Sync + 'static,
    V: Send + Sync + 'static,
{
    /// The figures of a key. `add_up` goes on when the page has stopped waiting, and `late` is called when that is over; it
    /// gives `None` for too many leads.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when too many others wait already; [`Error::Internal`] when adding up failed, which is logged
    /// where it did.
    pub async fn get<F>(
        &self,
        key: K,
        now: DateTime<Utc>,
        add_up: impl FnOnce() -> F,
        late: impl FnOnce() + Send + 'static,
    ) -> Result<Found<V>>
    where
        F: Future<Output = store::Result<Option<V>>> + Send + 'static,
    {
        let (kept, mut running) = {
            let mut slots = self.slots();
            let is_full = slots.values().filter(|slot| slot.running.is_some()).count() >= LINE;
            if is_full && slots.get(&key).is_none_or(|slot| slot.kept.is_none() && slot.running.is_none()) {
                return Err(Error::Unavailable);
            }
            let slot = slots.entry(key.clone()).or_default();
            if let Some(kept) =
                slot.kept.as_ref().filter(|kept| kept.is_worth_it() || (is_full && slot.running.is_none()))
            {
                return Ok(Found::Ready(kept.clone()));
            }
            let running = slot.running.get_or_insert_with(|| self.start(key.clone(), now, add_up(), late));
            (slot.kept.clone(), running.clone())
        };
        // Whoever has slow figures is shown them while newer ones are made.
        if let Some(kept) = kept.as_ref().filter(|kept| kept.took > PATIENCE) {
            return Ok(Found::Ready(kept.clone()));
        }
        if tokio::time::timeout(PATIENCE, running.over.changed()).await.is_err() {
            return Ok(kept.map_or_else(|| Found::Adding(running.since.elapsed()), Found::Ready));
        }
        let made = self.slots().get(&key).and_then(|slot| slot.kept.clone());
        made.filter(|made| made.ready >= running.since).map(Found::Ready).ok_or(Error::Internal)
    }

    /// The figures of a key, however long they take; `None` for too many leads.
    ///
    /// # Errors
    /// As [`Kept::get`].
    pub async fn wait<F>(&self, key: K, now: DateTime<Utc>, add_up: impl Fn() -> F) -> Result<Option<Arc<V>>>
    where
        F: Future<Output = store::Result<Option<V>>> + Send + 'static,
    {
        loop {
            if let Found::Ready(summary) = self.get(key.clone(), now, &add_up, || {}).await? {
                return Ok(summary.value);
            }
        }
    }

    fn start(
        &self,
        key: K,
        as_of: DateTime<Utc>,
        add_up: impl Future<Output = store::Result<Option<V>>> + Send + 'static,
        late: impl FnOnce() + Send + 'static,
    ) -> Running {
        let (alive, over) = watch::channel(());
        let all = self.clone();
        tokio::spawn(async move {
            // However it ends, the slot is free again, and those who wait are told.
            let _end = End { all: &all, key: &key, _alive: alive };
            let Ok(_turn) = all.0.turns.acquire().await else { return };
            let since = Instant::now();
            let added = add_up.await;
            let took = since.elapsed();
            let value = match added {
                Ok(value) => value.map(Arc::new),
                Err(error) => return tracing::error!(%error, "figures could not be added up"),
            };
            all.keep(&key, Summary { value, as_of, took, ready: Instant::now() });
            if took > PATIENCE {
                late();
            }
        });
        Running { since: Instant::now(), over }
    }

    fn keep(&self, key: &K, summary: Summary<V>) {
        let mut slots = self.slots();
        slots.entry(key.clone()).or_default().kept = Some(summary);
        let idle = slots.iter().filter(|(_, slot)| slot.running.is_none());
        let oldest = idle.min_by_key(|(_, slot)| slot.kept.as_ref().map(|kept| kept.ready));
        if let Some(oldest) = oldest.map(|(key, _)| key.clone()).filter(|_| slots.len() > KEPT) {
            slots.remove(&oldest);
        }
    }
}

impl<K, V> Kept<K, V> {
    fn slots(&self) -> MutexGuard<'_, HashMap<K, Slot<V>>> {
        // Nothing that holds the lock can leave a slot half written.
        self.0.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<V> Summary<V> {
    fn is_worth_it(&self) -> bool {
        self.took >= QUICK && self.ready.elapsed() < self.took * WORTH
    }
}

struct End<'a, K: Eq + Hash, V> {
    all: &'a Kept<K, V>,
    key: &'a K,
    _alive: watch::Sender<()>,
}

impl<K: Eq + Hash, V> Drop for End<'_, K, V> {
    fn drop(&mut self) {
        let mut slots = self.all.slots();
        let Some(slot) = slots.get_mut(self.key) else { return };
        slot.running = None;
        if slot.kept.is_none() {
            slots.remove(self.key);
        }
    }
}

impl<K, V> Clone for Kept<K, V> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<K, V> Default for Kept<K, V> {
    fn default() -> Self {
        Self(Arc::new(Inner { slots: Mutex::default(), turns: Semaphore::new(AT_ONCE) }))
    }
}

impl<V> Clone for Summary<V> {
    fn clone(&self) -> Self {
        Self { value: self.value.clone(), ..*self }
    }
}

impl<V> Default for Slot<V> {
    fn default() -> Self {
        Self { kept: None, running: None }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    const LONG: Duration = Duration::from_millis(1_000);

    #[derive(Clone, Default)]
    struct Asked(Arc<AtomicU32>);

    impl Asked {
        /// How often the figures were added up so far, as the figures.
        async fn ask(&self, all: &Kept<u8, u32>, takes: Duration) -> Result<Found<u32>> {
            let count = self.0.clone();
            let add_up = || async move {
                tokio::time::sleep(takes).await;
                Ok(Some(count.fetch_add(1, Ordering::Relaxed) + 1))
            };
            all.get(0, DateTime::UNIX_EPOCH, add_up, || {}).await
        }
    }

    fn figure(found: Result<Found<u32>>) -> Option<u32> {
        match found.unwrap() {
            Found::Ready(summary) => summary.value.map(|figure| *figure),
            Found::Adding(_) => None,
        }
    }

    #[tokio::test]
    async fn what_is_quick_is_as_of_now_every_time() {
        let (all, asked) = (Kept::default(), Asked::default());
        for expected in 1..=3 {
            assert_eq!(figure(asked.ask(&all, Duration::ZERO).await), Some(expected));
        }
    }

    #[tokio::test]
    async fn what_is_slow_is_added_up_once_and_kept() {
        let (all, asked) = (Kept::default(), Asked::default());
        let (first, second) = tokio::join!(asked.ask(&all, LONG), asked.ask(&all, LONG));
        assert_eq!((figure(first), figure(second)), (None, None));
        tokio::time::sleep(LONG).await;
        assert_eq!(figure(asked.ask(&all, LONG).await), Some(1));
        assert_eq!(figure(asked.ask(&all, LONG).await), Some(1));
        assert_eq!(asked.0.load(Ordering::Relaxed), 1);
    }

    #[tokio::test]
    async fn old_figures_are_shown_while_newer_ones_are_made() {
        let all = Kept::default();
        let old = Summary {
            value: Some(Arc::new(0)),
            as_of: DateTime::UNIX_EPOCH,
            took: LONG,
            ready: Instant::now().checked_sub(LONG * WORTH).unwrap(),
        };
        all.keep(&0, old);
        let asked = Asked::default();
        assert_eq!(figure(asked.ask(&all, LONG).await), Some(0));
        tokio::time::sleep(LONG * 3 / 2).await;
        assert_eq!(figure(asked.ask(&all, LONG).await), Some(1));
    }

    #[tokio::test]
    async fn whoever_can_wait_gets_the_figures() {
        let all = Kept::<u8, u32>::default();
        let add_up = || async {
            tokio::time::sleep(LONG).await;
            Ok(Some(7))
        };
        assert_eq!(all.wait(0, DateTime::UNIX_EPOCH, add_up).await.unwrap().as_deref(), Some(&7));
    }

    #[tokio::test]
    async fn the_line_has_an_end() {
        let all = Kept::<usize, u32>::default();
        let never = || std::future::pending::<store::Result<Option<u32>>>();
        let mut asked = tokio::task::JoinSet::new();
        for key in 0..LINE {
            let all = all.clone();
            asked.spawn(async move { all.get(key, DateTime::UNIX_EPOCH, never, || {}).await });
        }
        for adding in asked.join_all().await {
            assert!(matches!(adding, Ok(Found::Adding(_))));
        }
        let one_more = all.get(LINE, DateTime::UNIX_EPOCH, never, || {}).await;
        assert!(matches!(one_more, Err(Error::Unavailable)));
        assert_eq!(all.slots().len(), LINE);
        // Whoever waits for what is in the line goes on waiting for it.
        assert!(matches!(all.get(0, DateTime::UNIX_EPOCH, never, || {}).await, Ok(Found::Adding(_))));
    }

    #[tokio::test]
    async fn a_failure_is_told_and_not_kept() {
        let (all, asked) = (Kept::<u8, u32>::default(), Asked::default());
        let fail = || async { Err(store::Error::NotFound("figures")) };
        assert!(all.get(0, DateTime::UNIX_EPOCH, fail, || {}).await.is_err());
        assert!(all.slots().is_empty());
        assert_eq!(figure(asked.ask(&all, Duration::ZERO).await), Some(1));
    }

    #[tokio::test]
    async fn the_oldest_goes_when_there_are_too_many() {
        let all = Kept::<usize, u32>::default();
        for key in 0..=KEPT {
            let add_up = || async { Ok(Some(0)) };
            all.get(key, DateTime::UNIX_EPOCH, add_up, || {}).await.unwrap();
        }
        let slots = all.slots();
        assert!(slots.len() <= KEPT + 1 && !slots.contains_key(&0) && slots.contains_key(&KEPT));
    }
}
