//! An AE's answer about a lead that is assigned to them.
//!
//! Accepting records the outcome. Rejecting also records it, as the signal for false positives, credits the person's turn and
//! returns the lead to the queue, all in one transaction.

use std::collections::{BTreeMap, BTreeSet};

use engine::action::Action;
use engine::control::outcome::OutcomeStage;
use engine::effect::PersonVerdict;
use engine::ids::{LeadId, PersonId};
use engine::rules::pick::{Pool, credited};
use serde_json::Value as Json;
use sqlx::PgConnection;
use store::ingest::{self, LockedLead, PoolState};
use store::outcomes::{self, OutcomeInput, OutcomeRow};
use store::queue::{self, Assignment, Kind, NewVerdict, QueueItem, WaitingState};
use store::{Actor, Error, Result, Store, log, workflows};

use super::verdict::finish;

/// An AE's answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AssigneeAnswer {
    /// The lead is worth their time.
    Accept,
    /// The lead is not worth their time.
    Reject {
        /// A predefined reason, for the audit log.
        reason: String,
        /// A free-text note, which may contain personal data about the lead.
        note: Option<String>,
    },
}

/// The result of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnswerResult {
    /// The answer was recorded.
    Done,
    /// Nothing changed: the lead is not assigned to this person.
    NotYours,
    /// Nothing changed: the lead has had another outcome since its assignment.
    Already(OutcomeStage),
}

/// Records an AE's answer about a lead that is assigned to them.
///
/// # Errors
/// Returns [`Error::Raced`] if another transaction decides the lead at the same time, [`Error::Erased`] if the person behind the
/// lead was erased, or an error if the database fails.
pub async fn answer(
    store: &Store,
    actor: &Actor,
    lead: LeadId,
    answer: &AssigneeAnswer,
) -> Result<AnswerResult> {
    let person = actor.person()?;
    // Reading the decision before the transaction avoids a second connection while locks are held.
    let decision = newest_decision(store, person, lead, answer).await?;
    let mut tx = store.begin().await?;
    let mut locked = ingest::lock_lead(&mut tx, store.keyring(), lead).await?;
    let email = queue::address(&mut tx, person).await?;
    let Some(assigned) = queue::assigned(&mut tx, lead, &email).await? else {
        return Ok(AnswerResult::NotYours);
    };
    if let Some(stage) = assigned.answer {
        return Ok(AnswerResult::Already(stage));
    }
    let row = outcome(actor, &locked, answer, &email);
    outcomes::insert(&mut tx, &[row]).await?;
    let (stage, reason) = parts(answer);
    queue::record_answer(&mut tx, actor, lead, stage, reason).await?;
    let mut has_effects = false;
    if let AssigneeAnswer::Reject { .. } = answer {
        locked.assignee = None;
        if let Some(assignment) = &assigned.assignment {
            credit(&mut tx, assignment, &email).await?;
            let place = QueueItem { lead, workflow: assignment.workflow_id.into() };
            let state = queue::lock_state(&mut tx, place).await?.ok_or(Error::Raced)?;
            let decision =
                decision.filter(|known| known.decision_id.0 == state.last_decision_id).ok_or(Error::Raced)?;
            let said = requeue(&mut tx, actor, person, place, state, &email).await?;
            // Every destination of assignments must learn that this one is void.
            let mut targets = workflows::targets_of(&mut tx, place.workflow).await?;
            targets.retain(|(_, target)| target.wants(Action::Assign));
            has_effects = finish(&mut tx, store, place, locked, &decision, &said, &targets).await?;
        } else {
            ingest::save_leads(&mut tx, std::iter::once(&locked), &BTreeMap::new()).await?;
        }
    }
    tx.commit().await?;
    if has_effects {
        ingest::wake_dispatchers(store).await;
    }
    Ok(AnswerResult::Done)
}

/// Returns the newest decision in the workflow that assigned the lead, or `None` if the lead will not return to its queue.
async fn newest_decision(
    store: &Store,
    person: PersonId,
    lead: LeadId,
    answer: &AssigneeAnswer,
) -> Result<Option<engine::decision::Decision>> {
    if *answer == AssigneeAnswer::Accept {
        return Ok(None);
    }
    let mut connection = store.pool().acquire().await?;
    let email = queue::address(&mut connection, person).await?;
    let assigned = queue::assigned(&mut connection, lead, &email).await?;
    drop(connection);
    let Some(assignment) = assigned.and_then(|assigned| assigned.assignment) else { return Ok(None) };
    let place = QueueItem { lead, workflow: assignment.workflow_id.into() };
    match queue::newest_decision(store, place).await? {
        Some(id) => log::decision(store, id).await.map(Some),
        None => Ok(None),
    }
}

fn parts(answer: &AssigneeAnswer) -> (OutcomeStage, Option<&str>) {
    match answer {
        AssigneeAnswer::Accept => (OutcomeStage::Accepted, None),
        AssigneeAnswer::Reject { reason, .. } => (OutcomeStage::Rejected, Some(reason)),
    }
}

fn outcome(actor: &Actor, lead: &LockedLead, answer: &AssigneeAnswer, by: &str) -> OutcomeRow {
    let reason = match answer {
        AssigneeAnswer::Accept => None,
        AssigneeAnswer::Reject { reason, note: None } => Some(reason.clone()),
        AssigneeAnswer::Reject { reason, note: Some(note) } => Some(format!("{reason}: {note}")),
    };
    let input = OutcomeInput {
        stage: parts(answer).0,
        at: Some(actor.now),
        by: Some(by.to_owned()),
        amount: None,
        currency: None,
        opportunity_id: None,
        reason,
    };
    let id = engine::ids::mint(actor.now, rand::random());
    OutcomeRow::new(id, lead.id, &lead.key, &input, actor.now, &actor.who.to_string())
}

/// Credits the turn that the assignment used. Does nothing if the assignment used no turn or if the person has left the pool
/// since.
async fn credit(connection: &mut PgConnection, assignment: &Assignment, person: &str) -> Result<()> {
    let Some(name) = &assignment.pool else { return Ok(()) };
    let body = queue::pool_of_decision(connection, assignment.decision_id.into(), name).await?;
    let pool: Pool = serde_json::from_value(body)?;
    let mut states = ingest::lock_pools(connection, &BTreeSet::from([name.clone()])).await?;
    let state = states.entry(name.clone()).or_insert_with(PoolState::empty);
    let counters = serde_json::from_value(state.counters.clone())?;
    if let Some(after) = credited(&pool.weighted(&state.weights), &counters, &state.away, person) {
        state.counters = serde_json::to_value(after)?;
        ingest::update_pools(connection, &states).await?;
    }
    Ok(())
}

/// Returns the lead to the SDR queue, unless it is already waiting there, and returns the verdict to report to destinations.
/// Suggests no action, since the AE has just rejected the one that the rules chose.
async fn requeue(
    connection: &mut PgConnection,
    actor: &Actor,
    person: PersonId,
    place: QueueItem,
    locked: queue::LockedState,
    email: &str,
) -> Result<PersonVerdict> {
    let state = WaitingState {
        last_decision_id: locked.last_decision_id,
        queue: locked.queue.or_else(|| Some("sdr".to_owned())),
        queued_at: locked.queued_at.or(Some(engine::time::cut(actor.now))),
        suggested: Some(<&str>::from(Action::Hold).to_owned()),
    };
    queue::requeue(connection, place, &state).await?;
    let row = NewVerdict {
        kind: Kind::GiveBack,
        action: Action::Assign,
        assignee: None,
        assignee_before: Some(email.to_owned()),
        override_id: None,
        outcome_id: None,
        state,
        pool: None,
    };
    Ok(PersonVerdict {
        verdict_id: queue::insert_return(connection, actor, person, place, &row).await?,
        kind: Kind::GiveBack,
        by: email.to_owned(),
        at: engine::time::cut(actor.now),
        action: Action::Hold,
        parameters: BTreeMap::from([("assignee".to_owned(), Json::Null)]),
        reason: None,
    })
}
