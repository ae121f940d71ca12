//! Caches figures by key: computes them once for all requests, and keeps them for a time that depends on their cost.
//!
//! No request computes slow figures. It starts a task, waits for it briefly, and then reports that the figures are being
//! computed. The task limits its first attempt to the same duration. Slower figures wait for one of the slots of runs and are
//! computed there.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use tokio::sync::{Semaphore, watch};

use super::TIME_LIMIT;
use crate::run::WorkSlots;

/// How long a page waits before it reports that figures are being computed. Anything slower counts as slow.
const PATIENCE: Duration = Duration::from_millis(700);
/// Figures that compute faster than this are never cached, so that they are always current.
const QUICK: Duration = Duration::from_millis(200);
/// Figures are cached for this multiple of their computing time, so that recomputing them uses a twentieth of one connection.
const WORTH: u32 = 20;
/// Maximum number of cached figures of one kind. Beyond it, the oldest are dropped.
const KEPT: usize = 100;
/// Maximum number of concurrent computations of one kind outside the slots, per process: pages need free connections.
const AT_ONCE: usize = 2;
/// Maximum number of figures of one kind that are computing or waiting. Further requests are rejected until some finish.
const LINE: usize = 50;

/// Why figures are unavailable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FiguresError {
    /// Too many other requests are waiting for figures.
    #[error("too many figures are being computed")]
    Busy,
    /// The computation failed. The log has the reason.
    #[error("the figures could not be computed")]
    Failed,
}

/// Where figures are computed.
pub(super) enum ComputeLimits {
    /// Potentially slow figures: computed within [`PATIENCE`] if possible, and otherwise in a slot.
    InSlots(WorkSlots),
    /// Figures that read a bounded number of rows.
    Bounded,
}

/// Figures of one kind, by key.
pub(super) struct FigureCache<K, V>(Arc<Inner<K, V>>);

struct Inner<K, V> {
    slots: Mutex<HashMap<K, Slot<V>>>,
    turns: Semaphore,
    limits: ComputeLimits,
}

/// The result of a lookup.
pub enum FigureLookup<V> {
    /// The figures are available.
    Ready(TimedFigures<V>),
    /// The figures have been computing for this long.
    Computing(Duration),
}

/// Figures with the time that they refer to.
pub struct TimedFigures<V> {
    /// The figures, or `None` if there were too many leads to compute them within the limit.
    pub value: Option<Arc<V>>,
    /// The instant that the figures refer to.
    pub as_of: DateTime<Utc>,
    took: Duration,
    ready: Instant,
}

struct Slot<V> {
    kept: Option<TimedFigures<V>>,
    running: Option<Running>,
}

#[derive(Clone)]
struct Running {
    since: Instant,
    /// Closed when the computation ends.
    over: watch::Receiver<()>,
}

impl<K, V> FigureCache<K, V>
where
    K: Clone + Eq + Hash + Send + Sync + 'static,
    V: Send + Sync + 'static,
{
    pub(super) fn new(limits: ComputeLimits) -> Self {
        Self(Arc::new(Inner { slots: Mutex::default(), turns: Semaphore::new(AT_ONCE), limits }))
    }

    /// Returns the figures of a key.
    ///
    /// `compute` receives the time limit of a statement and returns `None` if it was exceeded. The computation continues when the
    /// page stops waiting, and `late` is called when it ends.
    ///
    /// # Errors
    /// Returns [`FiguresError::Busy`] if too many requests are waiting already, and [`FiguresError::Failed`] if the computation
    /// failed. The task logs the failure.
    pub(super) async fn get<F>(
        &self,
        key: K,
        now: DateTime<Utc>,
        compute: impl Fn(Duration) -> F + Send + Sync + 'static,
        late: impl FnOnce() + Send + 'static,
    ) -> Result<FigureLookup<V>, FiguresError>
    where
        F: Future<Output = store::Result<Option<V>>> + Send + 'static,
    {
        let (kept, mut running) = {
            let mut slots = self.slots();
            let is_full = slots.values().filter(|slot| slot.running.is_some()).count() >= LINE;
            if is_full && slots.get(&key).is_none_or(|slot| slot.kept.is_none() && slot.running.is_none()) {
                return Err(FiguresError::Busy);
            }
            let slot = slots.entry(key.clone()).or_default();
            if let Some(kept) =
                slot.kept.as_ref().filter(|kept| kept.is_worth_it() || (is_full && slot.running.is_none()))
            {
                return Ok(FigureLookup::Ready(kept.clone()));
            }
            let is_slow = slot.kept.as_ref().is_some_and(|kept| kept.took > PATIENCE);
            let running =
                slot.running.get_or_insert_with(|| self.start(key.clone(), now, is_slow, compute, late));
            (slot.kept.clone(), running.clone())
        };
        // Serves slow figures from the cache while newer ones are computed.
        if let Some(kept) = kept.as_ref().filter(|kept| kept.took > PATIENCE) {
            return Ok(FigureLookup::Ready(kept.clone()));
        }
        if tokio::time::timeout(PATIENCE, running.over.changed()).await.is_err() {
            let computing = || FigureLookup::Computing(running.since.elapsed());
            return Ok(kept.map_or_else(computing, FigureLookup::Ready));
        }
        let made = self.slots().get(&key).and_then(|slot| slot.kept.clone());
        let made = made.filter(|made| made.ready >= running.since);
        made.map(FigureLookup::Ready).ok_or(FiguresError::Failed)
    }

    /// Returns the figures of a key, however long they take, or `None` if there are too many leads.
    ///
    /// # Errors
    /// Same as [`FigureCache::get`].
    pub(super) async fn wait<F>(
        &self,
        key: K,
        now: DateTime<Utc>,
        compute: impl Fn(Duration) -> F + Clone + Send + Sync + 'static,
    ) -> Result<Option<Arc<V>>, FiguresError>
    where
        F: Future<Output = store::Result<Option<V>>> + Send + 'static,
    {
        loop {
            if let FigureLookup::Ready(figures) = self.get(key.clone(), now, compute.clone(), || {}).await? {
                return Ok(figures.value);
            }
        }
    }

    fn start<F>(
        &self,
        key: K,
        as_of: DateTime<Utc>,
        is_slow: bool,
        compute: impl Fn(Duration) -> F + Send + Sync + 'static,
        late: impl FnOnce() + Send + 'static,
    ) -> Running
    where
        F: Future<Output = store::Result<Option<V>>> + Send + 'static,
    {
        let (alive, over) = watch::channel(());
        let all = self.clone();
        let since = Instant::now();
        tokio::spawn(async move {
            // Frees the slot and wakes waiting requests however the task ends, even by a panic.
            let _end = End { all: &all, key: &key, _alive: alive };
            match all.compute(is_slow, compute).await {
                Ok((value, took)) => {
                    all.keep(
                        &key,
                        TimedFigures { value: value.map(Arc::new), as_of, took, ready: Instant::now() },
                    );
                }
                Err(error) => return tracing::error!(%error, "figures could not be computed"),
            }
            if since.elapsed() > PATIENCE {
                late();
            }
        });
        Running { since, over }
    }

    /// Computes figures and returns the time that it took, excluding the wait for a slot.
    async fn compute<F>(
        &self,
        is_slow: bool,
        compute: impl Fn(Duration) -> F + Send + Sync,
    ) -> store::Result<(Option<V>, Duration)>
    where
        F: Future<Output = store::Result<Option<V>>> + Send,
    {
        let timed = async |limit| {
            let since = Instant::now();
            let value = compute(limit).await?;
            Ok::<_, store::Error>((value, since.elapsed()))
        };
        let ComputeLimits::InSlots(slots) = &self.0.limits else {
            let _turn = self.0.turns.acquire().await;
            return timed(TIME_LIMIT).await;
        };
        if !is_slow {
            let _turn = self.0.turns.acquire().await;
            if let (Some(value), took) = timed(PATIENCE).await? {
                return Ok((Some(value), took));
            }
        }
        let _slot = slots.take_for_figures().await;
        timed(TIME_LIMIT).await
    }

    fn keep(&self, key: &K, figures: TimedFigures<V>) {
        let mut slots = self.slots();
        slots.entry(key.clone()).or_default().kept = Some(figures);
        let idle = slots.iter().filter(|(_, slot)| slot.running.is_none());
        let oldest = idle.min_by_key(|(_, slot)| slot.kept.as_ref().map(|kept| kept.ready));
        if let Some(oldest) = oldest.map(|(key, _)| key.clone()).filter(|_| slots.len() > KEPT) {
            slots.remove(&oldest);
        }
    }
}

impl<K, V> FigureCache<K, V> {
    fn slots(&self) -> MutexGuard<'_, HashMap<K, Slot<V>>> {
        // A poisoned lock is safe to use: no holder can leave a slot half written.
        self.0.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<V> TimedFigures<V> {
    fn is_worth_it(&self) -> bool {
        self.took >= QUICK && self.ready.elapsed() < self.took * WORTH
    }
}

struct End<'a, K: Eq + Hash, V> {
    all: &'a FigureCache<K, V>,
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

impl<K, V> Clone for FigureCache<K, V> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<V> Clone for TimedFigures<V> {
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

    fn cache<K, V>() -> FigureCache<K, V>
    where
        K: Clone + Eq + Hash + Send + Sync + 'static,
        V: Send + Sync + 'static,
    {
        FigureCache::new(ComputeLimits::InSlots(WorkSlots::default()))
    }

    /// Counts how often figures were computed, and how often a computation was abandoned.
    #[derive(Clone, Default)]
    struct Source {
        computed: Arc<AtomicU32>,
        given_up: Arc<AtomicU32>,
    }

    impl Source {
        async fn ask(
            &self,
            all: &FigureCache<u8, u32>,
            takes: Duration,
        ) -> Result<FigureLookup<u32>, FiguresError> {
            let source = self.clone();
            // Stops at the limit, as the database does.
            let compute = move |limit: Duration| {
                let source = source.clone();
                async move {
                    tokio::time::sleep(takes.min(limit)).await;
                    if takes > limit {
                        source.given_up.fetch_add(1, Ordering::Relaxed);
                        return Ok(None);
                    }
                    Ok(Some(source.computed.fetch_add(1, Ordering::Relaxed) + 1))
                }
            };
            all.get(0, DateTime::UNIX_EPOCH, compute, || {}).await
        }
    }

    fn figure(found: Result<FigureLookup<u32>, FiguresError>) -> Option<u32> {
        match found.unwrap() {
            FigureLookup::Ready(figures) => figures.value.map(|figure| *figure),
            FigureLookup::Computing(_) => None,
        }
    }

    fn kept(value: u32, ready: Instant) -> TimedFigures<u32> {
        TimedFigures { value: Some(Arc::new(value)), as_of: DateTime::UNIX_EPOCH, took: LONG, ready }
    }

    #[tokio::test]
    async fn what_is_quick_is_as_of_now_every_time() {
        let (all, source) = (cache(), Source::default());
        for expected in 1..=3 {
            assert_eq!(figure(source.ask(&all, Duration::ZERO).await), Some(expected));
        }
    }

    #[tokio::test]
    async fn what_is_slow_is_computed_once_and_kept() {
        let (all, source) = (cache(), Source::default());
        let (first, second) = tokio::join!(source.ask(&all, LONG), source.ask(&all, LONG));
        assert_eq!((figure(first), figure(second)), (None, None));
        tokio::time::sleep(LONG).await;
        assert_eq!(figure(source.ask(&all, LONG).await), Some(1));
        assert_eq!(figure(source.ask(&all, LONG).await), Some(1));
        assert_eq!(source.computed.load(Ordering::Relaxed), 1);
        assert_eq!(source.given_up.load(Ordering::Relaxed), 1, "tried once outside the slots");
    }

    #[tokio::test]
    async fn slow_figures_wait_for_a_slot_and_quick_ones_do_not() {
        let slots = WorkSlots::default();
        let all = FigureCache::new(ComputeLimits::InSlots(slots.clone()));
        let taken = [slots.take().await, slots.take().await];
        let source = Source::default();
        assert_eq!(figure(source.ask(&all, Duration::ZERO).await), Some(1));
        // From here on the figures are slow.
        all.keep(&0, kept(7, Instant::now().checked_sub(LONG * WORTH).unwrap()));
        assert_eq!(figure(source.ask(&all, LONG).await), Some(7));
        tokio::time::sleep(LONG * 3 / 2).await;
        assert_eq!(source.computed.load(Ordering::Relaxed), 1, "both slots are taken");
        drop(taken);
        tokio::time::sleep(LONG * 3 / 2).await;
        assert_eq!(source.computed.load(Ordering::Relaxed), 2);
    }

    #[tokio::test]
    async fn old_figures_are_shown_while_newer_ones_are_computed() {
        let all = cache();
        all.keep(&0, kept(0, Instant::now().checked_sub(LONG * WORTH).unwrap()));
        let source = Source::default();
        assert_eq!(figure(source.ask(&all, LONG).await), Some(0));
        tokio::time::sleep(LONG * 3 / 2).await;
        assert_eq!(figure(source.ask(&all, LONG).await), Some(1));
        assert_eq!(source.given_up.load(Ordering::Relaxed), 0, "known to be slow, they are not tried first");
    }

    #[tokio::test]
    async fn whoever_can_wait_gets_the_figures() {
        let all = cache::<u8, u32>();
        let compute = |limit: Duration| async move {
            tokio::time::sleep(LONG.min(limit)).await;
            Ok((LONG <= limit).then_some(7))
        };
        assert_eq!(all.wait(0, DateTime::UNIX_EPOCH, compute).await.unwrap().as_deref(), Some(&7));
    }

    #[tokio::test]
    async fn what_takes_longer_than_the_limit_has_no_value() {
        let all = cache::<u8, u32>();
        let never = |_| async { Ok(None) };
        assert_eq!(all.wait(0, DateTime::UNIX_EPOCH, never).await.unwrap(), None);
    }

    #[tokio::test]
    async fn the_line_has_an_end() {
        let all = cache::<usize, u32>();
        let never = |_| std::future::pending::<store::Result<Option<u32>>>();
        let mut asked = tokio::task::JoinSet::new();
        for key in 0..LINE {
            let all = all.clone();
            asked.spawn(async move { all.get(key, DateTime::UNIX_EPOCH, never, || {}).await });
        }
        for computing in asked.join_all().await {
            assert!(matches!(computing, Ok(FigureLookup::Computing(_))));
        }
        let one_more = all.get(LINE, DateTime::UNIX_EPOCH, never, || {}).await;
        assert!(matches!(one_more, Err(FiguresError::Busy)));
        assert_eq!(all.slots().len(), LINE);
        // Figures that are already computing accept further waiting requests.
        assert!(matches!(
            all.get(0, DateTime::UNIX_EPOCH, never, || {}).await,
            Ok(FigureLookup::Computing(_))
        ));
    }

    #[tokio::test]
    async fn a_failure_is_reported_and_not_kept() {
        let (all, source) = (cache::<u8, u32>(), Source::default());
        let fail = |_| async { Err(store::Error::NotFound("figures")) };
        assert!(all.get(0, DateTime::UNIX_EPOCH, fail, || {}).await.is_err());
        assert!(all.slots().is_empty());
        assert_eq!(figure(source.ask(&all, Duration::ZERO).await), Some(1));
    }

    #[tokio::test]
    async fn the_oldest_are_dropped_when_there_are_too_many() {
        let all = cache::<usize, u32>();
        for key in 0..=KEPT {
            let compute = |_| async { Ok(Some(0)) };
            all.get(key, DateTime::UNIX_EPOCH, compute, || {}).await.unwrap();
        }
        let slots = all.slots();
        assert!(slots.len() <= KEPT + 1 && !slots.contains_key(&0) && slots.contains_key(&KEPT));
    }
}
