//! Deciding about a lead again, for another reason than an event: its newest event is read once more, with all that came before.

use std::sync::Arc;

use chrono::TimeDelta;
use engine::content::EventDocument;
use engine::decision::{Conditions, Decision, Trigger};
use engine::ids::{DecisionId, LeadId};
use engine::limits;
use store::ingest::{self, HistoryWanted};

use super::prepare::{Cause, Draft, known, make_all};
use super::registry::Live;
use super::{Pipeline, Receipt, Refusal, TRIES, back_off};

/// A lead that is to be decided again.
#[derive(Clone, Debug)]
pub struct Again {
    /// The lead.
    pub lead: LeadId,
    /// The workflow, by name.
    pub workflow: String,
    /// What leads to it; not [`Trigger::Event`].
    pub trigger: Trigger,
}

/// Why a lead was not decided again.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotDecided {
    /// The workflow does not decide.
    #[error(transparent)]
    Workflow(#[from] Refusal),
    /// The lead has no event in the workflow that could be read again.
    #[error("this lead has no event in the workflow that could be read again")]
    NothingToRead,
}

impl Pipeline {
    /// Decides about a lead again by what is live now, and commits the decision with its effects as for an event.
    ///
    /// # Errors
    /// Outer: when the database fails. Inner: why the lead was not decided again.
    pub async fn decide_again(
        &self,
        receipt: &Receipt,
        again: &Again,
    ) -> store::Result<Result<Decision, NotDecided>> {
        let receipt = Arc::new(receipt.clone());
        let mut tries = 0;
        loop {
            match self.try_again(&receipt, again).await {
                Err(error) if error.is_transient() && tries < TRIES => {
                    tries += 1;
                    back_off(tries).await;
                }
                other => return other,
            }
        }
    }

    async fn try_again(
        &self,
        receipt: &Arc<Receipt>,
        again: &Again,
    ) -> store::Result<Result<Decision, NotDecided>> {
        let live = match self.registry.live(&again.workflow).await? {
            Ok(live) => live,
            Err(refusal) => return Ok(Err(refusal.into())),
        };
        let Some(mut draft) = self.draft_again(receipt, again, live).await? else {
            return Ok(Err(NotDecided::NothingToRead));
        };
        self.code_features(std::slice::from_mut(&mut draft)).await?;
        let committed = self.commit(vec![draft]).await?;
        let decision = committed.decisions.into_iter().next().map(|(_, decision)| decision);
        decision.map(Ok).ok_or(store::Error::NotFound("decision"))
    }

    async fn draft_again(
        &self,
        receipt: &Arc<Receipt>,
        again: &Again,
        live: Arc<Live>,
    ) -> store::Result<Option<Draft>> {
        let as_of = engine::time::cut(receipt.as_of);
        let from = as_of - TimeDelta::days(limits::EARLIER_DAYS.into());
        let wanted = HistoryWanted { lead: again.lead, workflow: live.id, from, to: as_of };
        let limit = limits::EARLIER_EVENTS as i64 + 1;
        let mut connection = self.store.pool().acquire().await?;
        let mut histories =
            ingest::histories(&mut connection, self.store.keyring(), &[wanted], limit).await?;
        drop(connection);
        let Some(mut history) = histories.pop().filter(|history| !history.events.is_empty()) else {
            return Ok(None);
        };
        let newest = history.events.remove(0);
        let conditions = Conditions::default();
        let (made, shadows) = {
            let known = known(Some(&history), std::iter::empty(), as_of);
            let document = EventDocument { id: newest.id, document: &newest.body };
            make_all(&live, again.lead, &document, &known, &conditions)
        };
        Ok(Some(Draft {
            place: 0,
            receipt: receipt.clone(),
            live,
            cause: Cause::Other(again.trigger, newest.source),
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
