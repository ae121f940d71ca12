//! The second half of the pipeline: one transaction for all decisions that were made together, regardless of their trigger.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use engine::decision::{Decision, Mode};
use engine::ids::{LeadId, WorkflowId};
use serde_json::json;
use sqlx::PgConnection;
use store::Actor;
use store::control::{Audit, audit};
use store::ingest::{self, KeyClaim, KeyClaimResult, LeadIdentities, LockedLeads, PoolState};
use store::installation;
use store::refresh::Topic;

use super::Pipeline;
use super::prepare::{DecisionCause, PendingDecision};
use super::rows::{CommitRows, NumberedDecision};

impl Pipeline {
    /// Commits drafts and returns each decision with its draft's position. `actor` is the person who requested the decisions that
    /// have no event, and gets an audit row for each.
    ///
    /// # Errors
    /// Returns [`store::Error::Repeated`] if the actor's form was sent before, [`store::Error::Raced`] if the drafts must be
    /// decided again, and [`store::Error::Suspended`] if this process must not decide. In all cases nothing was written.
    pub(super) async fn commit(
        &self,
        drafts: Vec<PendingDecision>,
        actor: Option<&Actor>,
    ) -> store::Result<Vec<(usize, Decision)>> {
        if drafts.is_empty() {
            return Ok(Vec::new());
        }
        let mut tx = self.store.begin().await?;
        claim(&mut tx, &drafts).await?;
        if let Some(actor) = actor {
            record(&mut tx, actor, &drafts).await?;
        }
        let workflows: BTreeSet<WorkflowId> = drafts.iter().map(|draft| draft.live.id).collect();
        let standing = ingest::lock_epochs(&mut tx, &workflows).await?;
        if drafts
            .iter()
            .any(|draft| standing.get(&draft.live.id).map(|now| now.epoch) != Some(draft.live.epoch))
        {
            // A release changed after these verdicts were made. Reload it and decide again.
            self.registry.forget();
            return Err(store::Error::Raced);
        }
        let LockedLeads { mut leads, foreign_emails, added, suggestions } =
            self.lock(&mut tx, &drafts).await?;
        let incarnation = installation::incarnation(&mut tx, &self.store).await?;
        let is_killed =
            |draft: &PendingDecision| standing.get(&draft.live.id).is_none_or(|now| now.is_killed);
        let pools: BTreeSet<String> = drafts
            .iter()
            .filter(|draft| draft.mode(is_killed(draft)) == Mode::Live)
            .filter_map(|draft| draft.variant().bundle.pool_of(&draft.made.verdict))
            .map(str::to_owned)
            .collect();
        // Held until the commit. The holder never waits for anything that others in the queue hold.
        let turn = if pools.is_empty() { None } else { Some(self.pools.lock().await) };
        let mut pools: BTreeMap<String, PoolState> =
            if turn.is_some() { ingest::lock_pools(&mut tx, &pools).await? } else { BTreeMap::new() };
        let mut numbered = Vec::with_capacity(drafts.len());
        for draft in drafts {
            let lead = leads.get_mut(&draft.lead).ok_or(store::Error::NotFound("lead"))?;
            if draft.sequence.is_some_and(|seen| seen != lead.sequence) {
                // The lead has changed since the decision was made.
                return Err(store::Error::Raced);
            }
            let is_killed = is_killed(&draft);
            let keeps_email = draft.event().is_none_or(|event| !foreign_emails.contains(&event.id.0));
            numbered.push(NumberedDecision::new(
                draft,
                is_killed,
                keeps_email,
                incarnation,
                lead,
                &mut pools,
            )?);
        }
        let (rows, decisions) = CommitRows::build(numbered)?;
        let has_effects = rows.has_effects();
        ingest::save_leads(&mut tx, leads.values(), &added).await?;
        ingest::suggest_merges(&mut tx, &suggestions).await?;
        rows.write(&mut tx, &pools).await?;
        tx.commit().await?;
        drop(turn);
        self.store.mark(&[Topic::Leads, Topic::Queue]);
        if has_effects {
            ingest::wake_dispatchers(&self.store).await;
        }
        Ok(decisions)
    }

    /// Locks the leads of all drafts. Leads of events are located by their identities.
    async fn lock(&self, tx: &mut PgConnection, drafts: &[PendingDecision]) -> store::Result<LockedLeads> {
        let keyring = self.store.keyring();
        let (mut named, mut found): (Vec<LeadIdentities>, Vec<LeadId>) = (Vec::new(), Vec::new());
        for draft in drafts {
            if let Some(event) = draft.event() {
                named.push(event.named.clone());
                found.push(draft.lead);
            }
        }
        let mut locked = if named.is_empty() {
            LockedLeads::default()
        } else {
            ingest::lock_leads(tx, keyring, &named, &found).await?
        };
        for draft in drafts.iter().filter(|draft| matches!(draft.cause, DecisionCause::Other(..))) {
            if let Entry::Vacant(free) = locked.leads.entry(draft.lead) {
                free.insert(ingest::lock_lead(tx, keyring, draft.lead).await?);
            }
        }
        Ok(locked)
    }
}

/// Claims the idempotency keys of events.
///
/// # Errors
/// Returns [`store::Error::Raced`] if another transaction has claimed a key since it was looked up. The next lookup finds that
/// transaction's answer.
async fn claim(tx: &mut PgConnection, drafts: &[PendingDecision]) -> store::Result<()> {
    let claims: Vec<KeyClaim> =
        drafts.iter().filter_map(|draft| Some(draft.event()?.claim.clone())).collect();
    if claims.is_empty() {
        return Ok(());
    }
    let claimed = ingest::claim_keys(tx, &claims).await?;
    if claimed.iter().all(|claimed| *claimed == KeyClaimResult::Fresh) {
        Ok(())
    } else {
        Err(store::Error::Raced)
    }
}

/// Records who requested each decision that has no event.
async fn record(tx: &mut PgConnection, actor: &Actor, drafts: &[PendingDecision]) -> store::Result<()> {
    for draft in drafts.iter().filter(|draft| draft.event().is_none()) {
        let entry = Audit {
            action: "lead.evaluate",
            subject: &format!("lead:{}", draft.lead),
            lead: Some(draft.lead),
            detail: json!({ "workflow": draft.live.name, "decision": draft.decision_id }),
        };
        audit(tx, actor, entry).await?;
    }
    Ok(())
}
