//! Figures for pages: computed beside the requests that ask for them, once for everyone who asks, and kept.
//!
//! They are no runs of their own: what is quick must show the last decision on every page, and a row in `runs` for each look
//! at a dashboard would bury the work that people started. The slow ones share the slots of runs instead
//! ([`crate::run::WorkSlots`]), so that a process still works on two heavy things at most.

mod cache;
mod completeness;

use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use engine::control::kpi::Ratio;
use store::Store;
use store::reads::dashboard::{self, Bar, Cohort, Pipeline, Report, Step};
use store::reads::home::{self, DecidedCount};
use store::refresh::Topic;
use uuid::Uuid;

use self::cache::{FigureCache, Limits};
pub use self::cache::{FigureLookup, FiguresError, TimedFigures};
pub use self::completeness::is_reproduced;
use crate::bundles::Bundles;
use crate::run::WorkSlots;

/// How long one statement of slow figures may take. No page waits for it; if it takes longer, the page says that there are too
/// many leads.
const TIME_LIMIT: Duration = Duration::from_secs(120);

/// The figures of pages. Cheap to clone.
#[derive(Clone)]
pub struct Figures {
    dashboard: FigureCache<(Cohort, Step, Tz), DashboardFigures>,
    key_figures: FigureCache<(Cohort, Tz), Report>,
    today: FigureCache<DateTime<Utc>, DecidedToday>,
}

/// The dashboard's figures for one period and workflow.
pub struct DashboardFigures {
    /// Figures by week, by rule and in total.
    pub report: Report,
    /// Open and won pipeline.
    pub pipeline: Vec<Pipeline>,
    /// Decisions by time and action.
    pub bars: Vec<Bar>,
    /// Complete decisions among the newest ones.
    pub complete: Ratio,
}

/// The decisions of a day, for everyone whose day began at the same instant.
pub struct DecidedToday {
    /// Decisions made today.
    pub decided: Vec<DecidedCount>,
    /// Whether there were more decisions than were read.
    pub is_cut: bool,
    /// How many leads each workflow decides in a day.
    pub load: Vec<(Uuid, f64)>,
}

impl Figures {
    /// Returns an empty cache whose slow figures wait for these slots.
    pub fn new(slots: WorkSlots) -> Self {
        Self {
            dashboard: FigureCache::new(Limits::InSlots(slots.clone())),
            key_figures: FigureCache::new(Limits::InSlots(slots)),
            // The store reads a bounded number of rows for it, and every home page waits for it.
            today: FigureCache::new(Limits::Bounded),
        }
    }

    /// Returns the dashboard's figures; weeks and days are those of `zone`.
    ///
    /// # Errors
    /// [`FiguresError::Busy`] when too many others wait, [`FiguresError::Failed`] when the database fails.
    pub async fn dashboard(
        &self,
        store: &Store,
        bundles: &Bundles,
        (cohort, step, zone): (Cohort, Step, Tz),
        now: DateTime<Utc>,
    ) -> Result<FigureLookup<DashboardFigures>, FiguresError> {
        let compute = dashboard_figures(store, bundles, cohort, step, zone);
        self.dashboard.get((cohort, step, zone), now, compute, tell(store)).await
    }

    /// Returns the dashboard's figures, however long they take; `None` for too many leads.
    ///
    /// # Errors
    /// As [`Figures::dashboard`].
    pub async fn wait_for_dashboard(
        &self,
        store: &Store,
        bundles: &Bundles,
        (cohort, step, zone): (Cohort, Step, Tz),
        now: DateTime<Utc>,
    ) -> Result<Option<Arc<DashboardFigures>>, FiguresError> {
        let compute = dashboard_figures(store, bundles, cohort, step, zone);
        self.dashboard.wait((cohort, step, zone), now, compute).await
    }

    /// Returns the key figures of the home page.
    ///
    /// # Errors
    /// As [`Figures::dashboard`].
    pub async fn key_figures(
        &self,
        store: &Store,
        (cohort, zone): (Cohort, Tz),
        now: DateTime<Utc>,
    ) -> Result<FigureLookup<Report>, FiguresError> {
        let from = store.clone();
        let compute = move |limit| {
            let store = from.clone();
            async move { within_limit(dashboard::report(&store, &cohort, zone.name(), limit).await) }
        };
        self.key_figures.get((cohort, zone), now, compute, tell(store)).await
    }

    /// Returns the decisions since an instant, which is somebody's midnight.
    ///
    /// # Errors
    /// As [`Figures::dashboard`].
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
                Ok(Some(DecidedToday { decided, is_cut, load: home::load_a_day(&store, now).await? }))
            }
        };
        self.today.wait(since, now, compute).await?.ok_or(FiguresError::Failed)
    }
}

/// Tells open pages that slow figures are there.
fn tell(store: &Store) -> impl FnOnce() + Send + use<> {
    let store = store.clone();
    move || store.mark(&[Topic::Figures])
}

fn dashboard_figures(
    store: &Store,
    bundles: &Bundles,
    cohort: Cohort,
    step: Step,
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
    step: Step,
    zone: Tz,
    limit: Duration,
) -> store::Result<DashboardFigures> {
    let since = Instant::now();
    // Short figures are short as a whole; each statement of long ones has the whole limit.
    let left = || if limit < TIME_LIMIT { limit.saturating_sub(since.elapsed()) } else { limit };
    let zone = zone.name();
    Ok(DashboardFigures {
        report: dashboard::report(store, cohort, zone, left()).await?,
        pipeline: dashboard::pipeline(store, cohort, zone, left()).await?,
        bars: dashboard::bars(store, cohort, step, zone, left()).await?,
        complete: completeness::check(store, bundles, cohort).await?,
    })
}

/// Returns `None` for figures that took longer than their limit.
fn within_limit<V>(computed: store::Result<V>) -> store::Result<Option<V>> {
    match computed {
        Err(error) if dashboard::is_too_much(&error) => Ok(None),
        computed => computed.map(Some),
    }
}
