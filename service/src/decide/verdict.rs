//! Verdicts of people about waiting leads, the second path into the log. A verdict locks the lead as a decision's commit does,
//! takes its next sequence number, and writes its effects with the same function.

use std::collections::{BTreeMap, BTreeSet};

use engine::action::Action;
use engine::control::outcome::OutcomeStage;
use engine::decision::{Decision, Mode};
use engine::effect::PersonVerdict;
use engine::ids::{DestinationId, EffectId, PersonId};
use engine::rules::pick::{Pool, chosen};
use serde_json::{Value as Json, json};
use sqlx::PgConnection;
use store::ingest::{self, EffectRow, LeadSnapshot, LockedLead, PoolState};
use store::installation;
use store::outcomes::{self, OutcomeInput, OutcomeRow};
use store::queue::{
    self, ClaimedByOther, Kind, LockedState, NewVerdict, QueueItem, StandingVerdict, Verdict, WaitingState,
};
use store::workflows::{self, WorkflowTarget};
use store::{Actor, Error, Result, Store, log};

pub use store::queue::NotWaitingReason;

/// The result of a verdict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VerdictResult {
    /// The verdict was recorded.
    Done,
    /// Nothing changed: another person has claimed the lead.
    Taken(ClaimedByOther),
    /// Nothing changed: the lead is no longer waiting with this decision.
    Gone(NotWaitingReason),
}

/// The result of undoing a verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UndoResult {
    /// The lead is back in its queue.
    Done,
    /// The time limit has passed, or the lead has changed since.
    TooLate,
}

/// Records a verdict about a waiting lead, or changes the decision about a lead that does not wait.
///
/// One transaction writes the verdict, an override if it differs from the suggestion, the outcome of a disqualified lead, the
/// removal from the queue, and the effects for destinations. If two people decide at the same moment, only one succeeds. A
/// verdict that stands on the same decision is taken back first, with its override and its outcome.
///
/// # Errors
/// Returns [`Error::Erased`] if the person behind the lead was erased, and [`Error::Refused`] if the actor is not a person or the
/// assignee does not accept leads.
pub async fn decide(store: &Store, actor: &Actor, verdict: &Verdict) -> Result<VerdictResult> {
    let (person, place) = (actor.person()?, verdict.place);
    let decision = log::decision(store, verdict.decision).await?;
    let mut tx = store.begin().await?;
    let mut lead = ingest::lock_lead(&mut tx, store.keyring(), place.lead).await?;
    if let Some(taken) = queue::taken(&mut tx, actor, person, place).await? {
        return Ok(VerdictResult::Taken(taken));
    }
    if let Some(assignee) = &verdict.assignee
        && !queue::takes_leads(&mut tx, verdict.decision, assignee).await?
    {
        return Err(Error::Refused("no one with this address takes leads".into()));
    }
    let pools = take_turn(&mut tx, verdict).await?;
    let state = queue::lock_state(&mut tx, place).await?;
    let Some(state) = state.filter(|state| is_as_seen(state, verdict)) else {
        return Ok(VerdictResult::Gone(
            queue::not_waiting_reason_now(&mut tx, place, verdict.decision).await?,
        ));
    };
    let by = queue::address(&mut tx, person).await?;
    let before = lead.assignee.clone();
    let waiting = WaitingState {
        last_decision_id: state.last_decision_id,
        queue: state.queue.clone(),
        queued_at: state.queued_at,
        suggested: state.suggested.clone(),
    };
    let earlier = queue::standing(&mut tx, verdict.decision).await?;
    let targets = targets_of_change(&mut tx, verdict, earlier.as_ref(), state.queue.is_none()).await?;
    if let Some(earlier) = &earlier {
        take_back(&mut tx, actor, person, place, earlier).await?;
    }
    let override_id = write_override(&mut tx, actor, verdict, &lead, &by).await?;
    let outcome_id = write_outcome(&mut tx, actor, verdict, &lead, &by).await?;
    let mut said_parameters = parameters_of(verdict);
    if let Some(assignee) = &verdict.assignee {
        lead.assignee = Some(assignee.clone());
    } else if state.queue.is_none()
        && lead.assignee.is_some()
        && lead.assignee == assigned_by(&decision, earlier.as_ref())
        && !queue::is_assigned_elsewhere(&mut tx, place, state.effective_at).await?
    {
        // The person that the changed decision assigned no longer has the lead.
        lead.assignee = None;
        said_parameters.insert("assignee".to_owned(), Json::Null);
    }
    ingest::update_pools(&mut tx, &pools).await?;
    let row = NewVerdict {
        kind: verdict.kind,
        action: verdict.action,
        assignee: verdict.assignee.clone(),
        assignee_before: before,
        override_id,
        outcome_id,
        state: waiting,
        pool: verdict.pool.clone(),
    };
    let said = PersonVerdict {
        verdict_id: queue::insert_verdict(&mut tx, actor, person, place, &row).await?,
        kind: verdict.kind,
        by,
        at: engine::time::cut(actor.now),
        action: verdict.action,
        parameters: said_parameters,
        reason: verdict.reason.clone(),
    };
    queue::leave(&mut tx, place, verdict.decision, (said.verdict_id, verdict.action, actor.now)).await?;
    outcomes::restage(&mut tx, &[place.lead.0]).await?;
    let has_effects = finish(&mut tx, store, place, lead, &decision, &said, &targets).await?;
    tx.commit().await?;
    if has_effects {
        ingest::wake_dispatchers(store).await;
    }
    Ok(VerdictResult::Done)
}

/// Returns the destinations of a verdict: those that receive leads with its action and, if it changes what was reported before,
/// those that it was reported to.
async fn targets_of_change(
    connection: &mut PgConnection,
    verdict: &Verdict,
    earlier: Option<&StandingVerdict>,
    is_decided: bool,
) -> Result<Vec<(DestinationId, WorkflowTarget)>> {
    let mut targets = workflows::targets_of(connection, verdict.place.workflow).await?;
    targets.retain(|(_, target)| target.wants(verdict.action));
    if let Some(earlier) = earlier {
        targets.extend(ingest::targets_of_verdict(connection, verdict.decision, earlier.id).await?);
    } else if is_decided {
        targets.extend(ingest::targets_of_decision(connection, verdict.decision).await?);
    }
    // A destination has one effect of a kind. Where the workflow names it still, its target there counts.
    let mut seen = BTreeSet::new();
    targets.retain(|(destination, target)| seen.insert((destination.0, target.purpose.clone())));
    Ok(targets)
}

/// Takes back a verdict that another one replaces, with its override and its outcome.
async fn take_back(
    connection: &mut PgConnection,
    actor: &Actor,
    person: PersonId,
    place: QueueItem,
    earlier: &StandingVerdict,
) -> Result<()> {
    let row = NewVerdict {
        kind: Kind::GiveBack,
        action: action_of(&earlier.action)?,
        assignee: None,
        assignee_before: None,
        override_id: earlier.override_id,
        outcome_id: earlier.outcome_id,
        state: WaitingState { queue: None, queued_at: None, ..earlier.state.clone() },
        pool: None,
    };
    queue::insert_return(connection, actor, person, place, &row).await.map(drop)
}

/// Returns who has a lead by a decision or by the verdict on it that stands.
fn assigned_by(decision: &Decision, earlier: Option<&StandingVerdict>) -> Option<String> {
    match earlier {
        Some(earlier) => earlier.assignee.clone(),
        None if decision.action == Action::Assign => {
            decision.parameters.get("assignee").and_then(Json::as_str).map(str::to_owned)
        }
        None => None,
    }
}

fn action_of(text: &str) -> Result<Action> {
    text.parse().map_err(|_| Error::Corrupt("a verdict has an unreadable action".into()))
}

/// Undoes the actor's verdict, within [`queue::TAKE_BACK`] and only if nothing else has happened to the lead since.
///
/// The lead returns to its queue and keeps its original waiting time. If it did not wait, what counted before counts again: the
/// verdict that this one had replaced, or the decision of the rules. The verdict's rows remain, and a new row revokes them.
/// Every destination that received the verdict receives the revocation too.
///
/// # Errors
/// Returns an error if the database fails or the actor is not a person.
pub async fn give_back(store: &Store, actor: &Actor, place: QueueItem) -> Result<UndoResult> {
    let person = actor.person()?;
    let Some(newest) = queue::newest_decision(store, place).await? else { return Ok(UndoResult::TooLate) };
    let decision = log::decision(store, newest).await?;
    let mut tx = store.begin().await?;
    let mut lead = ingest::lock_lead(&mut tx, store.keyring(), place.lead).await?;
    let last = queue::lock_last_verdict(&mut tx, actor, person, place, newest).await?;
    let Some(last) = last else { return Ok(UndoResult::TooLate) };
    let is_waiting = last.state.queue.is_some();
    let earlier =
        if is_waiting { None } else { queue::replaced(&mut tx, newest, last.verdict_id.into()).await? };
    queue::requeue(&mut tx, place, &last.state).await?;
    let mut parameters = BTreeMap::new();
    if last.assignee.is_some() || (!is_waiting && last.assignee_before.is_some()) {
        // Keeps the assignee if another workflow has assigned the lead since.
        if lead.assignee == last.assignee && !queue::is_assigned_elsewhere(&mut tx, place, last.at).await? {
            lead.assignee.clone_from(&last.assignee_before);
        }
        parameters.insert("assignee".to_owned(), json!(lead.assignee));
    }
    let row = NewVerdict {
        kind: Kind::GiveBack,
        action: action_of(&last.action)?,
        assignee: None,
        assignee_before: None,
        override_id: last.override_id,
        outcome_id: last.outcome_id,
        state: last.state,
        pool: None,
    };
    let verdict_id = queue::insert_verdict(&mut tx, actor, person, place, &row).await?;
    let by = queue::address(&mut tx, person).await?;
    // Includes every destination that received the verdict, even if it does not receive waiting leads or the workflow no longer
    // names it.
    let targets = ingest::targets_of_verdict(&mut tx, newest, last.verdict_id).await?;
    let said = match earlier {
        Some(earlier) => restore(&mut tx, actor, place, &lead, &earlier).await?,
        None if is_waiting => PersonVerdict {
            verdict_id,
            kind: Kind::GiveBack,
            by,
            at: engine::time::cut(actor.now),
            action: Action::Hold,
            parameters,
            reason: None,
        },
        // The rules' decision counts again, so destinations receive it again.
        None => PersonVerdict {
            verdict_id,
            kind: Kind::Accept,
            by,
            at: engine::time::cut(actor.now),
            action: decision.action,
            parameters: decision.parameters.clone().into_iter().chain(parameters).collect(),
            reason: None,
        },
    };
    outcomes::restage(&mut tx, &[place.lead.0]).await?;
    let has_effects = finish(&mut tx, store, place, lead, &decision, &said, &targets).await?;
    tx.commit().await?;
    if has_effects {
        ingest::wake_dispatchers(store).await;
    }
    Ok(UndoResult::Done)
}

/// Writes a verdict again that another one had replaced, in the name of the person who gave it, and returns it for destinations.
async fn restore(
    connection: &mut PgConnection,
    actor: &Actor,
    place: QueueItem,
    lead: &LockedLead,
    earlier: &StandingVerdict,
) -> Result<PersonVerdict> {
    let person = PersonId(earlier.person_id);
    let by = queue::address(connection, person).await?;
    let reason = match earlier.override_id {
        Some(id) => queue::reason_of(connection, &lead.key, id).await?,
        None => None,
    };
    let reported = queue::reported(connection, &lead.key, earlier.id.into()).await?;
    let parameters =
        reported.and_then(|body| serde_json::from_value(body["verdict"]["parameters"].clone()).ok());
    let kind: Kind =
        earlier.kind.parse().map_err(|_| Error::Corrupt("a verdict has an unreadable kind".into()))?;
    let verdict = Verdict {
        place,
        decision: earlier.state.last_decision_id.into(),
        seen: None,
        kind,
        action: action_of(&earlier.action)?,
        parameters: parameters.unwrap_or_default(),
        assignee: earlier.assignee.clone(),
        pool: earlier.pool.clone(),
        reason,
    };
    let override_id = write_override(connection, actor, &verdict, lead, &by).await?;
    let outcome_id = write_outcome(connection, actor, &verdict, lead, &by).await?;
    let row = NewVerdict {
        kind,
        action: verdict.action,
        assignee: verdict.assignee.clone(),
        assignee_before: earlier.assignee_before.clone(),
        override_id,
        outcome_id,
        state: WaitingState { queue: None, queued_at: None, ..earlier.state.clone() },
        pool: verdict.pool.clone(),
    };
    let verdict_id = queue::insert_return(connection, actor, person, place, &row).await?;
    queue::leave(connection, place, verdict.decision, (verdict_id, verdict.action, actor.now)).await?;
    Ok(PersonVerdict {
        verdict_id,
        kind,
        by,
        at: engine::time::cut(actor.now),
        action: verdict.action,
        parameters: parameters_of(&verdict),
        reason: verdict.reason,
    })
}

/// Returns whether the lead is as the person saw it: with the same decision and, if it waits and they accept it, the same
/// suggestion. If it does not wait, the same verdict or decision must count, and there is no suggestion to accept.
fn is_as_seen(state: &LockedState, verdict: &Verdict) -> bool {
    let suggested = state.suggested.as_deref().and_then(|action| action.parse().ok()).map(Action::agreed);
    let is_seen = match (&state.queue, verdict.seen) {
        (Some(_), _) => verdict.kind != Kind::Accept || suggested == Some(verdict.action),
        (None, Some(seen)) => verdict.kind != Kind::Accept && seen == state.effective_id,
        (None, None) => false,
    };
    is_seen && state.last_decision_id == verdict.decision.0
}

/// Returns the action's parameters with the pool and the assignee that the person chose.
fn parameters_of(verdict: &Verdict) -> BTreeMap<String, Json> {
    let mut parameters = verdict.parameters.clone();
    for (name, chosen) in [("pool", &verdict.pool), ("assignee", &verdict.assignee)] {
        match chosen {
            Some(chosen) => parameters.insert(name.to_owned(), json!(chosen)),
            None => parameters.remove(name),
        };
    }
    parameters
}

/// Returns the state of the pool after the chosen person's turn. The pool stays locked until the commit.
async fn take_turn(connection: &mut PgConnection, verdict: &Verdict) -> Result<BTreeMap<String, PoolState>> {
    let (Some(pool), Some(assignee)) = (&verdict.pool, &verdict.assignee) else { return Ok(BTreeMap::new()) };
    let body = queue::pool_of_decision(connection, verdict.decision, pool).await?;
    let members: Pool = serde_json::from_value(body)?;
    let mut states = ingest::lock_pools(connection, &BTreeSet::from([pool.clone()])).await?;
    let state = states.entry(pool.clone()).or_insert_with(PoolState::empty);
    let counters = serde_json::from_value(state.counters.clone())?;
    let after = chosen(&members.weighted(&state.weights), &counters, assignee)
        .ok_or_else(|| Error::Refused("the person is not in this pool".into()))?;
    state.counters = serde_json::to_value(after)?;
    Ok(states)
}

/// Writes an override if the person disagreed with the rules.
async fn write_override(
    connection: &mut PgConnection,
    actor: &Actor,
    verdict: &Verdict,
    lead: &LockedLead,
    by: &str,
) -> Result<Option<uuid::Uuid>> {
    if verdict.kind == Kind::Accept {
        return Ok(None);
    }
    queue::insert_override(connection, actor, &lead.key, verdict, by).await.map(Some)
}

/// Writes the outcome of a disqualified lead. Accepting the suggestion or changing the action writes none: no contact has been
/// made yet, and the assigned AE decides whether to accept the lead.
async fn write_outcome(
    connection: &mut PgConnection,
    actor: &Actor,
    verdict: &Verdict,
    lead: &LockedLead,
    by: &str,
) -> Result<Option<uuid::Uuid>> {
    if verdict.action != Action::Reject {
        return Ok(None);
    }
    let id = engine::ids::mint(actor.now, rand::random());
    let input = OutcomeInput {
        stage: OutcomeStage::Disqualified,
        at: Some(actor.now),
        by: Some(by.to_owned()),
        amount: None,
        currency: None,
        opportunity_id: None,
        reason: verdict.reason.clone(),
    };
    let row = OutcomeRow::new(id, lead.id, &lead.key, &input, actor.now, &actor.who.to_string());
    outcomes::insert(connection, &[row]).await?;
    Ok(Some(id))
}

/// Assigns the verdict its sequence number and writes its effects to these destinations, as a decision would. Returns whether
/// there are any.
///
/// The effects wait while the workflow is stopped. A verdict on a trial decision has no effects.
pub(super) async fn finish(
    connection: &mut PgConnection,
    store: &Store,
    place: QueueItem,
    mut lead: LockedLead,
    decision: &Decision,
    verdict: &PersonVerdict,
    targets: &[(DestinationId, WorkflowTarget)],
) -> Result<bool> {
    let is_trial = matches!(decision.mode, Mode::Historical | Mode::Simulation | Mode::Shadow);
    if !is_trial {
        lead.sequence += 1;
    }
    ingest::save_leads(connection, std::iter::once(&lead), &BTreeMap::new()).await?;
    if is_trial {
        return Ok(false);
    }
    let incarnation = installation::incarnation(connection, store).await?;
    let LockedLead { id, key, sequence, profile, .. } = lead;
    let lead = LeadSnapshot { id, key, sequence, incarnation, profile };
    let rows = targets
        .iter()
        .enumerate()
        .map(|(n, (destination, target))| {
            let id = EffectId(engine::ids::mint_nth(verdict.at, n, rand::random()));
            EffectRow::new(id, &lead, place.workflow, decision, Some(verdict), (*destination, target))
        })
        .collect::<Result<Vec<_>>>()?;
    ingest::insert_effects(connection, &rows).await?;
    Ok(!rows.is_empty())
}
