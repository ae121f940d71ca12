//! Everything the page shows, read once.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use store::Store;
use store::actor::Role;
use store::changes::{self, Listed, Show};
use store::control::kill::{KillSwitch, kill_switches};
use store::live::{Topic, mark};
use store::notices::{self, Notice, What};
use store::people;
use store::queue::{self, Filter, Waiting};
use store::reads::dashboard::{self, Cohort, Report};
use store::reads::frame::{LayerOwners, around, names_of_actors};
use store::reads::home::{self, Assigned, WorkflowState};
use store::releases::{self, Release};
use store::sync::jobs::{Job, jobs};
use store::sync::{self, DeadFilter, OpenBreaker};

use crate::error::{Error, Result};
use crate::figures::DecidedToday;
use crate::pages::frame::Here;
use crate::pages::queue::midnight;
use crate::summaries::Found;
use crate::ui::clock::Clock;
use crate::ui::words;

/// How long a lead may wait before it burns: half a working day.
pub const TOO_LONG: TimeDelta = TimeDelta::hours(4);
/// Rows of each list of what waits.
pub const ROWS: usize = 5;
/// Weeks of the figures' lines.
const WEEKS: i64 = 12;

/// Everything the page shows.
pub struct Loaded {
    /// Switches that are thrown, each with who threw it.
    pub stops: Vec<(KillSwitch, String)>,
    /// Workflows that go on again, as the viewer was told, each with who let it; those stopped once more left out.
    pub resumed: Vec<(Notice, String)>,
    /// Actions that failed and need somebody.
    pub failed: i64,
    /// Destinations that are left alone for a while after failures, by name.
    pub breakers: Vec<(OpenBreaker, String)>,
    /// Destinations that somebody paused.
    pub paused: usize,
    /// All jobs.
    pub jobs: Vec<Job>,
    /// Leads that have waited too long.
    pub late: i64,
    /// The first of the queue, for those who decide.
    pub queue: Option<(Vec<Waiting>, i64)>,
    /// Leads of the viewer that they have not answered.
    pub assigned: Vec<Assigned>,
    /// Changes that the viewer can approve.
    pub approvals: Vec<Listed>,
    /// Releases that the viewer can go live with, or approve again.
    pub releases: Vec<Release>,
    /// People who were let in and have no password yet, for administrators.
    pub invited: Vec<String>,
    /// Whether failed actions are the viewer's to look after.
    pub mends: bool,
    /// Who is accountable for each layer.
    pub owners: LayerOwners,
    /// All workflows.
    pub workflows: Vec<WorkflowState>,
    /// What was decided today.
    pub today: Arc<DecidedToday>,
    /// The figures, for those whose page has them.
    pub figures: Option<Found<Report>>,
    /// The viewer's id.
    pub viewer: uuid::Uuid,
    /// Where and when the viewer is.
    pub clock: Clock,
}

async fn read_today(store: &Store, since: DateTime<Utc>, now: DateTime<Utc>) -> store::Result<DecidedToday> {
    let (decided, is_cut) = home::decided_since(store, since).await?;
    Ok(DecidedToday { decided, is_cut, load: home::load_a_day(store, now).await? })
}

/// Reads it.
///
/// # Errors
/// When the database fails.
pub async fn load(here: &Here, with_figures: bool) -> Result<Loaded> {
    let (store, clock) = (&here.request.store, here.clock);
    let viewer = here.request.viewer.as_ref().ok_or(Error::SignedOut)?;
    let is = |roles: &[Role]| viewer.roles.iter().any(|role| roles.contains(role));
    let thrown = kill_switches(store).await?;
    let mut resumed = notices::of_person(store, viewer.id, clock.now).await?;
    // The newest word on a workflow counts.
    let mut said = std::collections::BTreeSet::new();
    resumed.retain(|notice| said.insert(notice.workflow_id) && notice.what == <&str>::from(What::Resumed));
    let stopped = thrown.iter().map(|switch| switch.killed_by.clone());
    let actors: Vec<String> = stopped.chain(resumed.iter().map(|notice| notice.by_whom.clone())).collect();
    let names = names_of_actors(store, &actors).await?;
    let destinations = sync::destinations(store).await?;
    let name = |id| destinations.iter().find(|known| known.id().0 == id).map(|known| known.name.clone());
    let breakers = sync::open_breakers(store).await?.into_iter();
    let workflows = home::workflows(store).await?;
    let queue = if is(&[Role::Sdr, Role::RepLeader, Role::RevopsLead]) {
        let mut rows = queue::waiting(store, &Filter::default(), clock.now).await?;
        rows.truncate(ROWS);
        Some((rows, queue::count(store, &Filter::default()).await?))
    } else {
        None
    };
    let mut approvals =
        changes::list(store, &Show::WaitingFor(viewer.id, viewer.roles.clone()), None).await?.rows;
    approvals.truncate(ROWS);
    let releases = releases::waiting_for(store, viewer.id, &viewer.roles, ROWS).await?;
    let invited = if is(&[Role::Admin]) {
        let people = people::all(store).await?.into_iter();
        people
            .filter(|person| !person.has_password && !person.is_disabled)
            .map(|person| person.name)
            .collect()
    } else {
        Vec::new()
    };
    Ok(Loaded {
        stops: thrown
            .into_iter()
            .map(|switch| {
                let by = words::actor(&switch.killed_by, &names);
                (switch, by)
            })
            .collect(),
        resumed: resumed
            .into_iter()
            .map(|notice| {
                let by = words::actor(&notice.by_whom, &names);
                (notice, by)
            })
            .collect(),
        failed: sync::count_dead(store, &DeadFilter::default()).await?,
        paused: destinations.iter().filter(|known| known.paused_reason.is_some()).count(),
        breakers: breakers.filter_map(|open| Some((open.clone(), name(open.destination_id)?))).collect(),
        jobs: jobs(store).await?,
        late: home::waiting_since(store, clock.now - TOO_LONG).await?,
        queue,
        assigned: if is(&[Role::Ae]) { home::unanswered(store, &viewer.email).await? } else { Vec::new() },
        approvals,
        releases,
        invited,
        mends: is(&[Role::Integrations]),
        owners: around(store).await?.owners,
        today: today(here).await?,
        figures: if with_figures { Some(figures(here, &workflows).await?) } else { None },
        workflows,
        viewer: viewer.id.0,
        clock,
    })
}

/// Counted once for all who ask at the same time.
async fn today(here: &Here) -> Result<Arc<DecidedToday>> {
    let (store, now) = (&here.request.store, here.clock.now);
    let since = midnight(now, here.clock.zone);
    let count = || {
        let store = store.clone();
        async move { read_today(&store, since, now).await.map(Some) }
    };
    here.request.summaries.today.wait(since, now, count).await?.ok_or(Error::Internal)
}

/// The figures of the last weeks, as the dashboard adds them up.
async fn figures(here: &Here, workflows: &[WorkflowState]) -> Result<Found<Report>> {
    let Here { request, clock, .. } = here;
    // From a midnight on, so that they are the same for everybody all day.
    let from = midnight(clock.now, clock.zone) - TimeDelta::weeks(WEEKS);
    let only = workflows.first().filter(|_| workflows.len() == 1).map(|only| only.id);
    let cohort = Cohort { workflow: only, from: Some(from), to: None, line_from: Some(from) };
    let (store, zone) = (request.store.clone(), clock.zone);
    let add_up = || async move {
        match dashboard::report(&store, &cohort, zone.name()).await {
            Err(error) if dashboard::is_too_much(&error) => Ok(None),
            report => report.map(Some),
        }
    };
    let store = request.store.clone();
    let late = move || mark(&store, &[Topic::Figures]);
    request.summaries.home.get((cohort, zone), clock.now, add_up, late).await
}
