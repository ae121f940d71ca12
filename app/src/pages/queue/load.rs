//! Loads all data of the page.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use engine::canonical::Digest;
use engine::control::outcome::OutcomeStage;
use engine::ids::{DecisionId, LeadId};
use engine::rules::RuleAction;
use engine::rules::pick::PickInputs;
use serde_json::Value as Json;
use service::Bundles;
use service::bundles::ReadableBundle;
use store::Store;
use store::actor::Role;
use store::control::kill::{KillSwitch, kill_switches};
use store::queue::{
    self, NotWaitingReason, PastVerdict, QueueClaim, QueueItem, QueueListFilter, WaitingLead,
};
use store::reads::frame::{WorkflowName, workflow_names};

use crate::actions::queue::{DecideLead, QueueFilter};
use crate::error::{Error, Missing, Result};
use crate::pages::frame::PageContext;
use crate::pages::lead::decision::ExplainedDecision;
use crate::pages::lead::load as lead;
use crate::ui::clock::Clock;
use crate::ui::words;

/// Age at which viewing the lead renews a claim: often enough to keep it, without a write on each view.
const RENEW_AFTER: TimeDelta = TimeDelta::minutes(1);

/// The parsed query parameters.
#[derive(Clone, Debug)]
pub struct QueueQuery {
    /// The filter of the queue.
    pub shown: QueueFilter,
    /// The open lead.
    pub lead: Option<String>,
    /// Name of the workflow in which the lead is open.
    pub workflow: Option<String>,
    /// Whether an open page refreshes itself, which does not count as viewing the lead.
    pub is_refresh: bool,
}

/// Query parameter of requests that refresh a page or prefetch a lead. They do not count as viewing the lead.
pub const REFRESH: &str = "refresh";

/// The open lead.
pub struct OpenLead {
    /// The lead and its workflow.
    pub place: QueueItem,
    /// The workflow's name in URLs.
    pub workflow: String,
    /// Data of the lead page.
    pub lead: lead::LeadData,
    /// The current claim.
    pub claim: Option<QueueClaim>,
    /// Index in the list, if the list reaches that far.
    pub row: Option<usize>,
    /// Start of the wait; `None` once the lead has left the queue.
    pub since: Option<DateTime<Utc>>,
    /// Reason that the lead is no longer in the queue.
    pub gone: Option<NotWaitingReason>,
    /// The AE's rejection that returned the lead to the queue.
    pub rejected: Option<AssigneeRejection>,
    /// The suggested action; `None` if an AE rejected the result of the rules.
    pub suggestion: Option<RuleAction>,
    /// The rotation of the pool that the lead would go to.
    pub turn: Option<PoolRotation>,
    /// E-mail addresses and names of the AEs that a lead can be assigned to.
    pub everybody: Vec<(String, String)>,
    /// Whether the workflow is stopped.
    pub is_stopped: bool,
}

/// An AE's rejection of the lead.
pub struct AssigneeRejection {
    /// The AE's name.
    pub by: String,
    /// Time of the rejection.
    pub at: DateTime<Utc>,
    /// The AE's reason.
    pub reason: Option<String>,
}

/// The rotation of a pool.
pub struct PoolRotation {
    /// The pool's name; `None` if an assignee has already been picked.
    pub pool: Option<String>,
    /// E-mail address of the person whose turn it is.
    pub person: Option<String>,
    /// E-mail addresses and names of the members.
    pub members: Vec<(String, String)>,
}

/// Data of the queue page.
pub struct QueueData {
    /// The filter of the queue.
    pub shown: QueueFilter,
    /// The waiting leads.
    pub rows: Vec<WaitingLead>,
    /// The bundles that decided the leads, by hash.
    pub rules: BTreeMap<Vec<u8>, Arc<ReadableBundle>>,
    /// Number of waiting leads that match the filter.
    pub total: i64,
    /// Number of all waiting leads.
    pub everything: i64,
    /// Start of the longest wait.
    pub oldest: Option<DateTime<Utc>>,
    /// Number of leads that the viewer has decided today.
    pub decided_today: i64,
    /// The viewer's last verdict while it can be undone, with the name of the lead.
    pub last: Option<(PastVerdict, String)>,
    /// The open lead.
    pub open: Option<OpenLead>,
    /// Active kill switches.
    pub stops: Vec<KillSwitch>,
    /// All workflows.
    pub workflows: Vec<WorkflowName>,
    /// Whether the viewer may decide leads.
    pub may: bool,
    /// The viewer's ID.
    pub viewer: uuid::Uuid,
    /// The current time and the viewer's time zone.
    pub clock: Clock,
}

impl QueueData {
    /// Returns the URL that refreshes the page. It names the open lead, so that a more urgent one does not replace it.
    pub fn refreshed_from(&self) -> String {
        let open = self.open.as_ref().map(|open| (open.place.lead, open.workflow.as_str()));
        let href = self.shown.href(open);
        format!("{href}{}{REFRESH}=1", if href.contains('?') { '&' } else { '?' })
    }
}

/// Loads the data of the queue page.
///
/// # Errors
/// Returns [`Error::NotFound`] if the lead in the URL does not exist.
pub async fn load(here: &PageContext, asked: QueueQuery) -> Result<QueueData> {
    let store = &here.request.store;
    let viewer = here.request.viewer.as_ref().ok_or(Error::SignedOut)?;
    let now = here.clock.now;
    let (workflows, stops, oldest, decided_today, past) = tokio::try_join!(
        workflow_names(store),
        kill_switches(store),
        queue::oldest(store),
        queue::decided_since(store, viewer.id, midnight(now, here.clock.zone)),
        queue::last_by(store, viewer.id, now - queue::TAKE_BACK),
    )?;
    let filter = asked.shown.filter(&workflows, Some(viewer));
    let everything = here.queued.clone()?;
    let total = async {
        if filter == QueueListFilter::default() { Ok(everything) } else { queue::count(store, &filter).await }
    };
    let (rows, total) = tokio::try_join!(queue::waiting(store, &filter, now), total)?;
    let open = match requested_item(&asked, &rows, &workflows)? {
        Some(place) => Some(place),
        None if asked.lead.is_some() => return Err(Error::NotFound { what: Missing::Lead }),
        None => first_free(&rows, viewer.id.0),
    };
    let open = async {
        match open {
            Some(place) => {
                load_open(here, place, &workflows, (&rows, &stops), !asked.is_refresh).await.map(Some)
            }
            None => Ok(None),
        }
    };
    let past = past.filter(|past| past.kind != <&str>::from(queue::Kind::GiveBack));
    let (open, last, rules) =
        tokio::try_join!(open, with_name(store, past), rules_of(&here.request.bundles, &rows))?;
    Ok(QueueData {
        rules,
        rows,
        total,
        everything,
        oldest,
        decided_today,
        last,
        open,
        stops,
        workflows,
        may: here.may::<DecideLead>(),
        viewer: viewer.id.0,
        clock: here.clock,
        shown: asked.shown,
    })
}

/// Adds the name of the lead to a verdict.
async fn with_name(store: &Store, past: Option<PastVerdict>) -> Result<Option<(PastVerdict, String)>> {
    let Some(past) = past else { return Ok(None) };
    let lead = store::leads::get(store, past.lead_id.into()).await?;
    let (who, _) = words::lead(
        lead.name.as_ref(),
        lead.company.as_ref(),
        lead.email.as_ref(),
        lead.external_id.as_deref(),
    );
    Ok(Some((past, who)))
}

/// Loads the bundles behind the rows; nearly all rows share one.
async fn rules_of(bundles: &Bundles, rows: &[WaitingLead]) -> Result<BTreeMap<Vec<u8>, Arc<ReadableBundle>>> {
    let mut known = BTreeMap::new();
    for bundle in rows.iter().filter_map(|row| row.bundle.as_ref()) {
        if let (false, Some(hash)) = (known.contains_key(bundle), Digest::from_slice(bundle)) {
            known.insert(bundle.clone(), bundles.readable(&hash).await?);
        }
    }
    Ok(known)
}

/// Returns the lead in the URL, in the workflow given there or else in the one where it waits.
fn requested_item(
    asked: &QueueQuery,
    rows: &[WaitingLead],
    workflows: &[WorkflowName],
) -> Result<Option<QueueItem>> {
    let Some(id) = &asked.lead else { return Ok(None) };
    let lead: LeadId = id.parse().map_err(|_| Error::NotFound { what: Missing::Lead })?;
    let named = asked.workflow.as_deref().unwrap_or(&asked.shown.workflow);
    let workflow = workflows.iter().find(|known| known.name == named).map(|known| known.id);
    let waits = || rows.iter().find(|row| row.lead_id == lead.0).map(|row| row.workflow_id);
    let only = || if let [only] = workflows { Some(only.id) } else { None };
    Ok(workflow.or_else(waits).or_else(only).map(|workflow| QueueItem { lead, workflow: workflow.into() }))
}

/// Returns the first lead claimed by the viewer, else the first unclaimed one, else the first.
fn first_free(rows: &[WaitingLead], viewer: uuid::Uuid) -> Option<QueueItem> {
    let own = rows.iter().find(|row| row.taken_by == Some(viewer));
    let free = || rows.iter().find(|row| row.taken_by.is_none());
    own.or_else(free).or(rows.first()).map(WaitingLead::place)
}

async fn load_open(
    here: &PageContext,
    place: QueueItem,
    workflows: &[WorkflowName],
    (rows, stops): (&[WaitingLead], &[KillSwitch]),
    is_looked_at: bool,
) -> Result<OpenLead> {
    let store = &here.request.store;
    let not_found = || Error::NotFound { what: Missing::Lead };
    let workflow = workflows.iter().find(|known| known.id == place.workflow.0).ok_or_else(not_found)?;
    let asked = lead::LeadQuery {
        decision: None,
        workflow: Some(workflow.name.clone()),
        nearest: false,
        decision_only: true,
    };
    let loaded = lead::load(here, place.lead, &asked).await?;
    let standing = loaded.lead.workflows.iter().find(|standing| standing.workflow == workflow.name);
    let standing = standing.ok_or_else(not_found)?;
    let (decision, waits) = (standing.decision_id, standing.queue.is_some());
    let row = rows.iter().position(|row| row.place() == place);
    let since = async {
        match row.and_then(|row| rows.get(row)) {
            Some(row) => Ok(Some(row.queued_at)),
            None if waits => queue::since(store, place).await,
            None => Ok(None),
        }
    };
    let gone = async {
        if waits { Ok(None) } else { queue::not_waiting_reason(store, place, decision).await.map(Some) }
    };
    let everybody = async { if waits { sales(store).await } else { Ok(Vec::new()) } };
    let claim = queue::claim_of(store, place, here.clock.now);
    let rejected = async { if waits { rejected(store, place, decision).await } else { Ok(None) } };
    let (since, gone, claim, rejected, everybody) =
        tokio::try_join!(since, gone, claim, rejected, everybody)?;
    let claim = claim.filter(|_| waits);
    if let (Some(claim), Some(actor)) = (&claim, here.request.actor())
        && here.request.viewer.as_ref().is_some_and(|viewer| viewer.id.0 == claim.person_id)
        && claim.until - here.clock.now < queue::CLAIM - RENEW_AFTER
        && is_looked_at
    {
        queue::renew(store, &actor, place).await?;
    }
    let waiting = loaded.decided.as_ref().filter(|_| waits && rejected.is_none());
    let suggestion = waiting.map(|decided| decided.rules.bundle.suggestion_for(decided.decision()));
    let turn = match (&suggestion, &loaded.decided) {
        (Some(act), Some(decided)) => turn(here, decided, act, loaded.lead.assignee.clone()).await?,
        _ => None,
    };
    let is_stopped = stops.iter().any(|switch| switch.workflow_id.is_none_or(|id| id == place.workflow.0));
    Ok(OpenLead {
        place,
        workflow: workflow.name.clone(),
        lead: loaded,
        claim,
        row,
        since,
        gone,
        rejected,
        suggestion,
        turn,
        everybody,
        is_stopped,
    })
}

async fn rejected(
    store: &Store,
    place: QueueItem,
    decision: DecisionId,
) -> store::Result<Option<AssigneeRejection>> {
    let Some(found) = queue::rejection(store, decision).await? else { return Ok(None) };
    let outcomes = store::outcomes::of_lead(store, place.lead).await?;
    let last = outcomes.into_iter().rfind(|outcome| outcome.stage == OutcomeStage::Rejected);
    Ok(Some(AssigneeRejection {
        by: found.by,
        at: found.at,
        reason: last.and_then(|outcome| outcome.reason),
    }))
}

async fn turn(
    here: &PageContext,
    decided: &ExplainedDecision,
    act: &RuleAction,
    owner: Option<String>,
) -> Result<Option<PoolRotation>> {
    let text = |name: &str| act.parameters.get(name).and_then(Json::as_str);
    let bundle = &decided.rules.bundle;
    let Some((version, pool)) = text("pool").and_then(|name| bundle.pool(name)) else { return Ok(None) };
    let store = &here.request.store;
    let emails: Vec<String> = pool.members.iter().map(|member| member.person.clone()).collect();
    let picked = text("assignee").map(str::to_owned);
    let state = async {
        if picked.is_some() { Ok(None) } else { queue::pool_state(store, &pool.name).await.map(Some) }
    };
    let names = store::reads::frame::names_of(store, &emails);
    let (names, state) = tokio::try_join!(names, state)?;
    let person = match state {
        None => picked.clone(),
        Some(state) => {
            let inputs = PickInputs {
                pool_version: version,
                counters: serde_json::from_value(state.counters).map_err(store::Error::from)?,
                available: emails.iter().filter(|email| !state.away.contains(*email)).cloned().collect(),
                owner,
                weights: state.weights,
            };
            bundle.pick(&pool.name, inputs).pick.map(|pick| pick.assignee)
        }
    };
    let members = emails
        .into_iter()
        .map(|email| (email.clone(), names.get(&email).cloned().unwrap_or(email)))
        .collect();
    Ok(Some(PoolRotation { pool: picked.is_none().then(|| pool.name.clone()), person, members }))
}

/// Returns the people that leads can be assigned to.
async fn sales(store: &Store) -> store::Result<Vec<(String, String)>> {
    let people = store::people::all(store).await?.into_iter();
    let takes = |person: &store::people::Person| !person.is_disabled && person.roles.contains(&Role::Ae);
    Ok(people.filter(takes).map(|person| (person.email, person.name)).collect())
}

/// Returns the start of the viewer's day.
pub fn midnight(now: DateTime<Utc>, zone: Tz) -> DateTime<Utc> {
    let local = now.with_timezone(&zone).date_naive().and_hms_opt(0, 0, 0);
    // If daylight saving time skips midnight, the day starts at the given instant instead.
    local
        .and_then(|start| start.and_local_timezone(zone).earliest())
        .map_or(now, |start| start.with_timezone(&Utc))
}
