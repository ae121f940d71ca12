//! Reevaluates a lead for a reason other than a new event: reads its newest event again, together with its earlier ones.

use std::sync::Arc;

use chrono::TimeDelta;
use engine::content::EventDocument;
use engine::decision::{Decision, Mode, Trigger};
use engine::ids::{DecisionId, LeadId};
use engine::limits;
use store::ingest::{self, HistoryRequest};
use store::{Actor, Error, control};

use super::prepare::{DecisionCause, PendingDecision, known, known_until, make_all};
use super::registry::RoutedWorkflow;
use super::{Pipeline, Receipt, SignalRefusal, TRIES, back_off};

/// A request to reevaluate a lead.
#[derive(Clone, Debug)]
pub struct Reevaluation {
    /// The lead to evaluate.
    pub lead: LeadId,
    /// The name of the workflow.
    pub workflow: String,
    /// The reason for the evaluation. Never [`Trigger::Event`].
    pub trigger: Trigger,
}

/// Why a lead was not reevaluated.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReevaluationRefusal {
    /// The workflow does not decide.
    #[error(transparent)]
    Workflow(#[from] SignalRefusal),
    /// The workflow is stopped.
    #[error("this workflow is stopped; resume it first")]
    Stopped,
    /// The lead was merged into another one.
    #[error("this lead was merged into another one; evaluate that lead instead")]
    Merged,
    /// The person was erased.
    #[error("this person was erased, so there is nothing left to evaluate")]
    Erased,
    /// The workflow has no event of this lead that is still readable.
    #[error("this lead has no event of the last {} days in this workflow", limits::EARLIER_DAYS)]
    NothingToRead,
}

impl Pipeline {
    /// Reevaluates a lead with the live release. Commits the decision and its effects as for an event, together with the actor's
    /// audit row.
    ///
    /// # Errors
    /// The outer result is [`Error::Repeated`] if the actor's form was sent before, or another error if the database fails. The
    /// inner result gives the reason why the lead was not reevaluated.
    pub async fn decide_again(
        &self,
        actor: &Actor,
        again: &Reevaluation,
    ) -> store::Result<Result<Decision, ReevaluationRefusal>> {
        let receipt = Arc::new(Receipt {
            received_at: actor.now,
            as_of: actor.now,
            received_from: actor.who.to_string(),
            request_id: actor.request_id.clone(),
            mode: Mode::Live,
        });
        let mut tries = 0;
        loop {
            match self.try_again(actor, &receipt, again).await {
                Err(error) if error.is_transient() && tries < TRIES => {
                    tries += 1;
                    back_off(tries).await;
                }
                Err(Error::Erased) => return Ok(Err(ReevaluationRefusal::Erased)),
                other => return other,
            }
        }
    }

    async fn try_again(
        &self,
        actor: &Actor,
        receipt: &Arc<Receipt>,
        again: &Reevaluation,
    ) -> store::Result<Result<Decision, ReevaluationRefusal>> {
        let live = match self.registry.live(&again.workflow).await? {
            Ok(live) => live,
            Err(refusal) => return Ok(Err(refusal.into())),
        };
        if let Some(refusal) = self.refusal(again.lead, &live).await? {
            return Ok(Err(refusal));
        }
        let Some(mut draft) = self.draft_again(receipt, again, live).await? else {
            return Ok(Err(ReevaluationRefusal::NothingToRead));
        };
        self.code_features(std::slice::from_mut(&mut draft)).await?;
        let decision = self.commit(vec![draft], Some(actor)).await?.into_iter().next();
        decision.map(|(_, decision)| Ok(decision)).ok_or(Error::NotFound("decision"))
    }

    /// Returns the reason to skip the lead regardless of its events, if there is one.
    async fn refusal(
        &self,
        lead: LeadId,
        live: &RoutedWorkflow,
    ) -> store::Result<Option<ReevaluationRefusal>> {
        let lead = match store::leads::get(&self.store, lead).await {
            Err(Error::NotFound(_)) => return Ok(Some(ReevaluationRefusal::NothingToRead)),
            lead => lead?,
        };
        if lead.erased {
            return Ok(Some(ReevaluationRefusal::Erased));
        }
        if lead.merged_into.is_some() {
            return Ok(Some(ReevaluationRefusal::Merged));
        }
        let stops = control::kill::kill_switches(&self.store).await?;
        let is_stopped = stops.iter().any(|stop| stop.workflow_id.is_none_or(|id| id == live.id.0));
        Ok(is_stopped.then_some(ReevaluationRefusal::Stopped))
    }

    async fn draft_again(
        &self,
        receipt: &Arc<Receipt>,
        again: &Reevaluation,
        live: Arc<RoutedWorkflow>,
    ) -> store::Result<Option<PendingDecision>> {
        let as_of = engine::time::cut(receipt.as_of);
        let from = as_of - TimeDelta::days(limits::EARLIER_DAYS.into());
        let to = known_until(receipt, as_of);
        let wanted = HistoryRequest { lead: again.lead, workflow: live.id, from, to };
        let limit = limits::EARLIER_EVENTS as i64 + 1;
        let mut connection = self.store.pool().acquire().await?;
        let mut histories =
            ingest::histories(&mut connection, self.store.keyring(), &[wanted], limit).await?;
        drop(connection);
        let Some(mut history) = histories.pop().filter(|history| !history.events.is_empty()) else {
            return Ok(None);
        };
        let newest = history.events.remove(0);
        let domains = if live.switches.has_mutes(receipt.received_at) {
            store::leads::domains(&self.store, &[again.lead]).await?.remove(&again.lead).unwrap_or_default()
        } else {
            Vec::new()
        };
        let conditions = live.switches.conditions(&domains, receipt.received_at);
        let (made, shadows) = {
            let known = known(Some(&history), std::iter::empty(), receipt, as_of);
            let document = EventDocument { id: newest.id, document: &newest.body };
            make_all(&live, again.lead, &document, &known, &conditions, receipt.mode)
        };
        Ok(Some(PendingDecision {
            place: 0,
            receipt: receipt.clone(),
            live,
            cause: DecisionCause::Other(again.trigger, newest.source),
            lead: again.lead,
            sequence: Some(history.sequence),
            decision_id: DecisionId(engine::ids::mint(receipt.received_at, rand::random())),
            made,
            shadows,
            as_of,
            conditions,
            features: Vec::new(),
        }))
    }
}
