//! Figures for pages, computed outside requests, once for all readers, and cached.
//!
//! Figures are not runs. Pages must show the latest decision immediately, and a row in `runs` for each view of a dashboard would
//! bury the work that people started. Slow figures share the slots of runs instead ([`crate::run::WorkSlots`]), so that a process
//! still works on at most two heavy computations.

mod cache;
mod completeness;

use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use engine::control::kpi::Ratio;
use store::Store;
use store::reads::dashboard::{self, BarWidth, Cohort, DecisionBar, FigureReport, PipelineValue};
use store::reads::home::{self, DecidedCount};
use store::refresh::Topic;
use uuid::Uuid;

use self::cache::{ComputeLimits, FigureCache};
pub use self::cache::{FigureLookup, FiguresError, TimedFigures};
pub use self::completeness::is_reproduced;
use crate::bundles::Bundles;
use crate::run::WorkSlots;

/// Time limit for one statement of slow figures. No page waits this long. Beyond the limit, the page reports that there are too
/// many leads.
const TIME_LIMIT: Duration = Duration::from_secs(120);

/// The cached figures of all pages. Cheap to clone.
#[derive(Clone)]
pub struct Figures {
    dashboard: FigureCache<(Cohort, BarWidth, Tz), DashboardFigures>,
    key_figures: FigureCache<(Cohort, Tz), FigureReport>,
    today: FigureCache<DateTime<Utc>, DecidedToday>,
}

/// The dashboard's figures for one period and workflow.
pub struct DashboardFigures {
    /// Figures by week, by rule and in total.
    pub report: FigureReport,
    /// Open and won pipeline.
    pub pipeline: Vec<PipelineValue>,
    /// Decisions by time and action.
    pub bars: Vec<DecisionBar>,
    /// The ratio of complete decisions among the newest ones.
    pub complete: Ratio,
}

/// The decisions of a day, shared by all readers whose day began at the same instant.
pub struct DecidedToday {
    /// Decisions made today.
    pub decided: Vec<DecidedCount>,
    /// Whether there are more decisions than the limit allows to read.
    pub is_cut: bool,
    /// The number of leads that each workflow decides per day.
    pub load: Vec<(Uuid, f64)>,
}

impl Figures {
    /// Creates an empty cache whose slow figures use these slots.
    pub fn new(slots: WorkSlots) -> Self {
        Self {
            dashboard: FigureCache::new(ComputeLimits::InSlots(slots.clone())),
            key_figures: FigureCache::new(ComputeLimits::InSlots(slots)),
            // The store reads a bounded number of rows for these figures, and every home page waits for them.
            today: FigureCache::new(ComputeLimits::Bounded),
        }
    }

    /// Returns the dashboard's figures, with weeks and days in `zone`.
    ///
    /// # Errors
    /// Returns [`FiguresError::Busy`] if too many requests are waiting, and [`FiguresError::Failed`] if the database fails.
    pub async fn dashboard(
        &self,
        store: &Store,
        bundles: &Bundles,
        (cohort, step, zone): (Cohort, BarWidth, Tz),
        now: DateTime<Utc>,
    ) -> Result<FigureLookup<DashboardFigures>, FiguresError> {
        let compute = dashboard_figures(&store.background(), bundles, cohort, step, zone);
        self.dashboard.get((cohort, step, zone), now, compute, notifier(store)).await
    }

    /// Returns the dashboard's figures, however long they take, or `None` if there are too many leads.
    ///
    /// # Errors
    /// Same as [`Figures::dashboard`].
    pub async fn wait_for_dashboard(
        &self,
        store: &Store,
        bundles: &Bundles,
        (cohort, step, zone): (Cohort, BarWidth, Tz),
        now: DateTime<Utc>,
    ) -> Result<Option<Arc<DashboardFigures>>, FiguresError> {
        let compute = dashboard_figures(&store.background(), bundles, cohort, step, zone);
        self.dashboard.wait((cohort, step, zone), now, compute).await
    }

    /// Returns the key figures of the home page.
    ///
    /// # Errors
    /// Same as [`Figures::dashboard`].
    pub async fn key_figures(
        &self,
        store: &Store,
        (cohort, zone): (Cohort, Tz),
        now: DateTime<Utc>,
    ) -> Result<FigureLookup<FigureReport>, FiguresError> {
        let from = store.background();
        let compute = move |limit| {
            let store = from.clone();
            async move { within_limit(dashboard::report(&store, &cohort, zone.name(), limit).await) }
        };
        self.key_figures.get((cohort, zone), now, compute, notifier(store)).await
    }

    /// Returns the decisions since an instant, which is midnight in the reader's time zone.
    ///
    /// # Errors
    /// Same as [`Figures::dashboard`].
    pub async fn today(
        &self,
        store: &Store,
        since: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Result<Arc<DecidedToday>, FiguresError> {
        let from = store.clone();
        let compute = move |_| {
            let store = from.clone();
            async move {
                let (decided, is_cut) = home::decided_since(&store, since).await?;
                Ok(Some(DecidedToday { decided, is_cut, load: home::daily_load(&store, now).await? }))
            }
        };
        self.today.wait(since, now, compute).await?.ok_or(FiguresError::Failed)
    }
}

/// Returns a callback that notifies open pages when slow figures are ready.
fn notifier(store: &Store) -> impl FnOnce() + Send + use<> {
    let store = store.clone();
    move || store.mark(&[Topic::Figures])
}

fn dashboard_figures(
    store: &Store,
    bundles: &Bundles,
    cohort: Cohort,
    step: BarWidth,
    zone: Tz,
) -> impl Fn(Duration) -> futures::future::BoxFuture<'static, store::Result<Option<DashboardFigures>>>
+ Clone
+ Send
+ Sync
+ use<> {
    let (store, bundles) = (store.clone(), bundles.clone());
    move |limit| {
        let (store, bundles) = (store.clone(), bundles.clone());
        Box::pin(
            async move { within_limit(read_dashboard(&store, &bundles, &cohort, step, zone, limit).await) },
        )
    }
}

async fn read_dashboard(
    store: &Store,
    bundles: &Bundles,
    cohort: &Cohort,
    step: BarWidth,
    zone: Tz,
    limit: Duration,
) -> store::Result<DashboardFigures> {
    let since = Instant::now();
    // A short limit covers all statements together. A long limit applies to each statement.
    let left = || if limit < TIME_LIMIT { limit.saturating_sub(since.elapsed()) } else { limit };
    let zone = zone.name();
    Ok(DashboardFigures {
        report: dashboard::report(store, cohort, zone, left()).await?,
        pipeline: dashboard::pipeline(store, cohort, zone, left()).await?,
        bars: dashboard::bars(store, cohort, step, zone, left()).await?,
        complete: completeness::check(store, bundles, cohort).await?,
    })
}

/// Returns `None` for figures that exceeded their limit.
fn within_limit<V>(computed: store::Result<V>) -> store::Result<Option<V>> {
    match computed {
        Err(error) if dashboard::is_too_much(&error) => Ok(None),
        computed => computed.map(Some),
    }
}
