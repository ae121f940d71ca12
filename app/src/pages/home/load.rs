//! Loads all data of the page.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use engine::ids::PersonId;
use service::figures::{DecidedToday, FigureLookup};
use store::Store;
use store::actor::Role;
use store::control::kill::{KillSwitch, kill_switches};
use store::notices::{self, Notice, NoticeKind};
use store::people;
use store::queue::{self, QueueListFilter, WaitingLead};
use store::reads::dashboard::{Cohort, FigureReport};
use store::reads::frame::{LayerOwners, frame_data, names_of_actors};
use store::reads::home::{self, UnansweredLead, WorkflowState};
use store::releases::{self, Release};
use store::sync::jobs::{Job, jobs};
use store::sync::{self, DeadEffectFilter, OpenBreaker, OutboxCount};

use super::task_data::{self, Approval, Held, Installation, OwnChange};
use crate::actions::people::AccountNotice;
use crate::actions::sync::RunJob;
use crate::error::{Error, Result};
use crate::pages::frame::PageContext;
use crate::pages::queue::midnight;
use crate::ui::clock::Clock;
use crate::ui::words;

/// Longest time that a lead can wait before it raises an alert: half a working day.
pub const TOO_LONG: TimeDelta = TimeDelta::hours(4);
/// Maximum rows of each task list.
pub const ROWS: usize = 5;
/// Length of the trend lines, in weeks.
const WEEKS: i64 = 12;

/// Data of the home page.
pub struct HomeData {
    /// Active kill switches, each with the name of the person who stopped the workflow.
    pub stops: Vec<(KillSwitch, String)>,
    /// Workflows that were resumed after the viewer was notified of the stop, each with the name of the
    /// person who resumed it. Workflows that have been stopped again are excluded.
    pub resumed: Vec<(Notice, String)>,
    /// Failed actions that need a person.
    pub failed: i64,
    /// Counts of each destination's actions; loaded for people who can act on them only.
    pub outbox: Vec<OutboxCount>,
    /// Destinations with an open circuit breaker, by name.
    pub breakers: Vec<(OpenBreaker, String)>,
    /// All background jobs.
    pub jobs: Vec<Job>,
    /// Leads that have waited too long.
    pub late: i64,
    /// The top of the queue and its length, for viewers who decide leads.
    pub queue: Option<(Vec<WaitingLead>, i64)>,
    /// Leads assigned to the viewer that await an answer.
    pub assigned: Vec<UnansweredLead>,
    /// Changes that the viewer can approve, with their impact.
    pub approvals: Vec<Approval>,
    /// The viewer's drafts, and their changes that were sent back.
    pub own: Vec<OwnChange>,
    /// Notices about what others did to the viewer's account, or, for administrators, to any account.
    pub accounts: Vec<AccountNotice>,
    /// Paused destinations and what they hold back.
    pub held: Vec<Held>,
    /// The state of the installation; loaded for administrators only.
    pub installation: Option<Installation>,
    /// Releases that the viewer can take live or approve again.
    pub releases: Vec<Release>,
    /// Invited people without a password; loaded for administrators only.
    pub invited: Vec<String>,
    /// Whether the viewer is responsible for failed actions.
    pub mends: bool,
    /// Whether leads can be assigned to the viewer.
    pub is_ae: bool,
    /// The owner of each layer.
    pub owners: LayerOwners,
    /// All workflows with their state.
    pub workflows: Vec<WorkflowState>,
    /// Today's decisions.
    pub today: Arc<DecidedToday>,
    /// The key figures, if the viewer's roles include them.
    pub figures: Option<FigureLookup<FigureReport>>,
    /// The viewer's ID.
    pub viewer: uuid::Uuid,
    /// The current time and the viewer's time zone.
    pub clock: Clock,
}

/// Loads the data of the home page.
///
/// # Errors
/// Returns an error if the viewer is signed out or the database fails.
pub async fn load(here: &PageContext, with_figures: bool) -> Result<HomeData> {
    let (store, clock) = (&here.request.store, here.clock);
    let viewer = here.request.viewer.as_ref().ok_or(Error::SignedOut)?;
    let is = |roles: &[Role]| viewer.roles.iter().any(|role| roles.contains(role));
    // What the viewer could not approve yet is no task.
    let terms = people::terms(store, viewer.id).await?;
    let counting: Vec<Role> =
        terms.iter().filter(|term| term.counts(clock.now)).map(|term| term.role).collect();
    let decides = is(&[Role::Sdr, Role::RepLeader, Role::RevopsLead]);
    let queue = async {
        if !decides {
            return Ok(None);
        }
        let mut rows = queue::waiting(store, &QueueListFilter::default(), clock.now).await?;
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
    let installation =
        async { if is(&[Role::Admin]) { task_data::installation(here).await.map(Some) } else { Ok(None) } };
    // The impact of an approval reads whole changes; kept apart, so that the joined futures stay small.
    let changes = Box::pin(async {
        let approvals = task_data::approvals(store, viewer.id, &counting).await?;
        Ok::<_, Error>((approvals, task_data::own_changes(here, viewer.id).await?))
    });
    let mends = is(&[Role::Integrations]);
    let dead = DeadEffectFilter::default();
    // These queries are independent, so they run concurrently.
    let ((stops, resumed), (workflows, figures), today, queue) =
        tokio::try_join!(acts, workflows_and_figures, today(here), queue)?;
    let (approvals, own) = changes.await?;
    let installation = installation.await?;
    let (destinations, counts, breakers, failed, jobs, late, releases, around, invited, assigned) = tokio::try_join!(
        sync::destinations(store),
        sync::outbox_counts(store, clock.now),
        sync::open_breakers(store),
        sync::count_dead(store, &dead),
        jobs(store),
        home::waiting_since(store, clock.now - TOO_LONG),
        releases::waiting_for(store, viewer.id, &counting, ROWS),
        frame_data(store),
        invited,
        assigned,
    )?;
    let name = |id| destinations.iter().find(|known| known.id().0 == id).map(|known| known.name.clone());
    Ok(HomeData {
        stops,
        resumed,
        accounts: accounts(store, viewer.id, clock.now).await?,
        failed,
        held: task_data::held(&destinations, &counts),
        breakers: breakers
            .into_iter()
            .filter_map(|open| Some((open.clone(), name(open.destination_id)?)))
            .collect(),
        jobs,
        late,
        queue,
        assigned,
        approvals,
        own,
        installation,
        releases,
        invited,
        mends,
        outbox: if here.may::<RunJob>() { counts } else { Vec::new() },
        is_ae: is(&[Role::Ae]),
        owners: around.owners,
        today,
        figures,
        workflows,
        viewer: viewer.id.0,
        clock,
    })
}

/// Returns the resumed workflows that the person was notified about. Only the newest notice of each workflow counts.
async fn resumed(store: &Store, person: PersonId, now: DateTime<Utc>) -> store::Result<Vec<Notice>> {
    let mut resumed = notices::of_person(store, person, now).await?;
    let mut said = std::collections::BTreeSet::new();
    resumed.retain(|notice| notice.about_id.is_none());
    resumed
        .retain(|notice| said.insert(notice.workflow_id) && notice.what == <&str>::from(NoticeKind::Resumed));
    Ok(resumed)
}

/// Returns the notices about accounts, newest first.
async fn accounts(store: &Store, person: PersonId, now: DateTime<Utc>) -> store::Result<Vec<AccountNotice>> {
    let mut accounts = Vec::new();
    for notice in notices::of_person(store, person, now).await? {
        accounts.extend(AccountNotice::read(store, notice).await?);
    }
    Ok(accounts)
}

/// Adds the actor's name to each stop and notice.
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

/// Returns the invited people who have not set a password yet.
async fn invited(store: &Store) -> store::Result<Vec<String>> {
    let people = people::all(store).await?.into_iter();
    let invited = people.filter(|person| !person.has_password && !person.is_disabled);
    Ok(invited.map(|person| person.name).collect())
}

/// Returns today's decisions; concurrent requests share one query.
async fn today(here: &PageContext) -> Result<Arc<DecidedToday>> {
    let since = midnight(here.clock.now, here.clock.zone);
    Ok(here.request.figures.today(&here.request.store, since, here.clock.now).await?)
}

/// Returns the figures of the last weeks from the dashboard's cache.
async fn figures(here: &PageContext, workflows: &[WorkflowState]) -> Result<FigureLookup<FigureReport>> {
    let PageContext { request, clock, .. } = here;
    // Starts at midnight, so that all viewers in a time zone share the cached figures all day.
    let from = midnight(clock.now, clock.zone) - TimeDelta::weeks(WEEKS);
    let only = workflows.first().filter(|_| workflows.len() == 1).map(|only| only.id);
    let cohort =
        Cohort { workflow: only, from: Some(from), to: None, line_from: Some(from), ..Cohort::default() };
    Ok(request.figures.key_figures(&request.store, (cohort, clock.zone), clock.now).await?)
}
