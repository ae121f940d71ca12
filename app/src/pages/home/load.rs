//! Everything the page shows, read once.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use engine::ids::PersonId;
use service::figures::{DecidedToday, FigureLookup};
use store::Store;
use store::actor::Role;
use store::changes::{self, ListedChange, Show};
use store::control::kill::{KillSwitch, kill_switches};
use store::notices::{self, Notice, What};
use store::people;
use store::queue::{self, Filter, Waiting};
use store::reads::dashboard::{Cohort, Report};
use store::reads::frame::{LayerOwners, around, names_of_actors};
use store::reads::home::{self, Assigned, WorkflowState};
use store::reads::keyset::{Cursor, Order};
use store::releases::{self, Release};
use store::sync::jobs::{Job, jobs};
use store::sync::{self, DeadFilter, OpenBreaker};

use crate::error::{Error, Result};
use crate::pages::frame::Here;
use crate::pages::queue::midnight;
use crate::ui::clock::Clock;
use crate::ui::words;

/// How long a lead may wait before it is an alert: half a working day.
pub const TOO_LONG: TimeDelta = TimeDelta::hours(4);
/// Rows of each list of what waits.
pub const ROWS: usize = 5;
/// Weeks of the figures' lines.
const WEEKS: i64 = 12;

/// Everything the page shows.
pub struct HomeData {
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
    /// Leads that are assigned to the viewer and wait for their answer.
    pub assigned: Vec<Assigned>,
    /// Changes that the viewer can approve.
    pub approvals: Vec<ListedChange>,
    /// Releases that the viewer can go live with, or approve again.
    pub releases: Vec<Release>,
    /// People who were let in and have no password yet, for administrators.
    pub invited: Vec<String>,
    /// Whether failed actions are the viewer's to look after.
    pub mends: bool,
    /// Whether leads are assigned to the viewer.
    pub is_ae: bool,
    /// Who is accountable for each layer.
    pub owners: LayerOwners,
    /// All workflows.
    pub workflows: Vec<WorkflowState>,
    /// What was decided today.
    pub today: Arc<DecidedToday>,
    /// The figures, for those whose page has them.
    pub figures: Option<FigureLookup<Report>>,
    /// The viewer's id.
    pub viewer: uuid::Uuid,
    /// Where and when the viewer is.
    pub clock: Clock,
}

/// Reads it.
///
/// # Errors
/// When the database fails.
pub async fn load(here: &Here, with_figures: bool) -> Result<HomeData> {
    let (store, clock) = (&here.request.store, here.clock);
    let viewer = here.request.viewer.as_ref().ok_or(Error::SignedOut)?;
    let is = |roles: &[Role]| viewer.roles.iter().any(|role| roles.contains(role));
    let decides = is(&[Role::Sdr, Role::RepLeader, Role::RevopsLead]);
    let queue = async {
        if !decides {
            return Ok(None);
        }
        let mut rows = queue::waiting(store, &Filter::default(), clock.now).await?;
        rows.truncate(ROWS);
        Ok::<_, Error>(Some((rows, here.queued.clone()?)))
    };
    let invited = async { if is(&[Role::Admin]) { invited(store).await } else { Ok(Vec::new()) } };
    let assigned =
        async { if is(&[Role::Ae]) { home::unanswered(store, &viewer.email).await } else { Ok(Vec::new()) } };
    let workflows_and_figures = async {
        let workflows = home::workflows(store).await?;
        let figures = if with_figures { Some(figures(here, &workflows).await?) } else { None };
        Ok::<_, Error>((workflows, figures))
    };
    let acts = async {
        let (stops, resumed) = tokio::try_join!(kill_switches(store), resumed(store, viewer.id, clock.now))?;
        Ok::<_, Error>(named(store, stops, resumed).await?)
    };
    let waiting = Show::WaitingFor(viewer.id, viewer.roles.clone()).into();
    let dead = DeadFilter::default();
    // Concurrently: none needs what another reads.
    let ((stops, resumed), (workflows, figures), today, queue) =
        tokio::try_join!(acts, workflows_and_figures, today(here), queue)?;
    let (destinations, breakers, failed, jobs, late, approvals, releases, around, invited, assigned) = tokio::try_join!(
        sync::destinations(store),
        sync::open_breakers(store),
        sync::count_dead(store, &dead),
        jobs(store),
        home::waiting_since(store, clock.now - TOO_LONG),
        changes::list(store, &waiting, Order::Newest, Cursor::Start, ROWS),
        releases::waiting_for(store, viewer.id, &viewer.roles, ROWS),
        around(store),
        invited,
        assigned,
    )?;
    let name = |id| destinations.iter().find(|known| known.id().0 == id).map(|known| known.name.clone());
    Ok(HomeData {
        stops,
        resumed,
        failed,
        paused: destinations.iter().filter(|known| known.paused_reason.is_some()).count(),
        breakers: breakers
            .into_iter()
            .filter_map(|open| Some((open.clone(), name(open.destination_id)?)))
            .collect(),
        jobs,
        late,
        queue,
        assigned,
        approvals: approvals.rows,
        releases,
        invited,
        mends: is(&[Role::Integrations]),
        is_ae: is(&[Role::Ae]),
        owners: around.owners,
        today,
        figures,
        workflows,
        viewer: viewer.id.0,
        clock,
    })
}

/// Workflows that go on again, as a person was told; the newest word on each counts.
async fn resumed(store: &Store, person: PersonId, now: DateTime<Utc>) -> store::Result<Vec<Notice>> {
    let mut resumed = notices::of_person(store, person, now).await?;
    let mut said = std::collections::BTreeSet::new();
    resumed.retain(|notice| said.insert(notice.workflow_id) && notice.what == <&str>::from(What::Resumed));
    Ok(resumed)
}

/// Stops and notices, each with the name of who acted.
async fn named(
    store: &Store,
    stops: Vec<KillSwitch>,
    resumed: Vec<Notice>,
) -> store::Result<(Vec<(KillSwitch, String)>, Vec<(Notice, String)>)> {
    let stopped = stops.iter().map(|switch| switch.killed_by.clone());
    let actors: Vec<String> = stopped.chain(resumed.iter().map(|notice| notice.by_whom.clone())).collect();
    let names = names_of_actors(store, &actors).await?;
    let by = |actor: &str| words::actor(actor, &names);
    Ok((
        stops.into_iter().map(|switch| (switch.clone(), by(&switch.killed_by))).collect(),
        resumed.into_iter().map(|notice| (notice.clone(), by(&notice.by_whom))).collect(),
    ))
}

/// People who were let in and have no password yet.
async fn invited(store: &Store) -> store::Result<Vec<String>> {
    let people = people::all(store).await?.into_iter();
    let invited = people.filter(|person| !person.has_password && !person.is_disabled);
    Ok(invited.map(|person| person.name).collect())
}

/// Counted once for everyone who asks at the same time.
async fn today(here: &Here) -> Result<Arc<DecidedToday>> {
    let since = midnight(here.clock.now, here.clock.zone);
    Ok(here.request.figures.today(&here.request.store, since, here.clock.now).await?)
}

/// The figures of the last weeks, as the dashboard has them.
async fn figures(here: &Here, workflows: &[WorkflowState]) -> Result<FigureLookup<Report>> {
    let Here { request, clock, .. } = here;
    // From a midnight on, so that they are the same for everybody all day.
    let from = midnight(clock.now, clock.zone) - TimeDelta::weeks(WEEKS);
    let only = workflows.first().filter(|_| workflows.len() == 1).map(|only| only.id);
    let cohort = Cohort { workflow: only, from: Some(from), to: None, line_from: Some(from) };
    Ok(request.figures.key_figures(&request.store, (cohort, clock.zone), clock.now).await?)
}
