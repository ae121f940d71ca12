//! The second half of a lead's way: one transaction for all decisions that were made together, whatever led to them.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use engine::decision::Decision;
use engine::ids::{EventId, LeadId, WorkflowId};
use sqlx::PgConnection;
use store::ingest::{self, Claim, Claimed, LockedLead, LockedLeads, NamedLead, PoolState};
use store::refresh::Topic;

use super::Pipeline;
use super::prepare::{Cause, Draft};
use super::rows::{Numbered, Rows};

/// What a commit came to, by the places of the drafts.
#[derive(Default)]
pub(super) struct Committed {
    /// Decisions that were committed.
    pub decisions: Vec<(usize, Decision)>,
    /// Signals that repeat these events.
    pub repeats: Vec<(usize, EventId)>,
    /// Signals whose key was used for another body.
    pub reused: Vec<usize>,
}

impl Pipeline {
    /// Commits drafts.
    ///
    /// # Errors
    /// [`store::Error::Raced`] when they have to be decided again; then nothing was written.
    pub(super) async fn commit(&self, drafts: Vec<Draft>) -> store::Result<Committed> {
        let mut committed = Committed::default();
        if drafts.is_empty() {
            return Ok(committed);
        }
        let mut tx = self.store.pool().begin().await?;
        let fresh = claim(&mut tx, drafts, &mut committed).await?;
        if fresh.is_empty() {
            tx.rollback().await?;
            return Ok(committed);
        }
        let workflows: BTreeSet<WorkflowId> = fresh.iter().map(|draft| draft.live.id).collect();
        let standing = ingest::lock_epochs(&mut tx, &workflows).await?;
        if fresh
            .iter()
            .any(|draft| standing.get(&draft.live.id).map(|now| now.epoch) != Some(draft.live.epoch))
        {
            // A release moved since the verdicts were made: read it and decide again.
            self.registry.forget();
            return Err(store::Error::Raced);
        }
        let LockedLeads { mut leads, added } = self.lock(&mut tx, &fresh).await?;
        let pools: BTreeSet<String> = fresh
            .iter()
            .filter_map(|draft| draft.variant().bundle.pool_of(&draft.made.verdict))
            .map(str::to_owned)
            .collect();
        // Held until the commit. Whoever has it waits for nothing that others in line for it hold.
        let turn = if pools.is_empty() { None } else { Some(self.pools.lock().await) };
        let mut pools: BTreeMap<String, PoolState> =
            if turn.is_some() { ingest::lock_pools(&mut tx, &pools).await? } else { BTreeMap::new() };
        let mut numbered = Vec::with_capacity(fresh.len());
        for draft in fresh {
            let lead = leads.get_mut(&draft.lead).ok_or(store::Error::NotFound("lead"))?;
            if draft.sequence.is_some_and(|seen| seen != lead.sequence) {
                // More is known of the lead than the decision was made on.
                return Err(store::Error::Raced);
            }
            let is_killed = standing.get(&draft.live.id).is_none_or(|now| now.is_killed);
            numbered.push(Numbered::new(draft, is_killed, lead, &mut pools)?);
        }
        let (rows, decisions) = Rows::build(numbered)?;
        committed.decisions = decisions;
        let has_effects = rows.has_effects();
        ingest::save_leads(&mut tx, leads.values(), &added).await?;
        rows.write(&mut tx, &pools).await?;
        tx.commit().await?;
        drop(turn);
        self.store.mark(&[Topic::Leads, Topic::Queue]);
        if has_effects {
            ingest::wake_dispatchers(&self.store).await;
        }
        Ok(committed)
    }

    /// Locks the leads of all drafts, those of events by what names them.
    async fn lock(&self, tx: &mut PgConnection, drafts: &[Draft]) -> store::Result<LockedLeads> {
        let keyring = self.store.keyring();
        let (mut named, mut found): (Vec<NamedLead>, Vec<LeadId>) = (Vec::new(), Vec::new());
        for draft in drafts {
            if let Some(event) = draft.event() {
                named.push(event.named.clone());
                found.push(draft.lead);
            }
        }
        let mut locked = if named.is_empty() {
            LockedLeads { leads: HashMap::<LeadId, LockedLead>::new(), added: BTreeMap::new() }
        } else {
            ingest::lock_leads(tx, keyring, &named, &found).await?
        };
        for draft in drafts.iter().filter(|draft| matches!(draft.cause, Cause::Other(..))) {
            if let Entry::Vacant(free) = locked.leads.entry(draft.lead) {
                free.insert(ingest::lock_lead(tx, keyring, draft.lead).await?);
            }
        }
        Ok(locked)
    }
}

/// Takes the idempotency keys of events; returns the drafts that are new.
async fn claim(
    tx: &mut PgConnection,
    drafts: Vec<Draft>,
    committed: &mut Committed,
) -> store::Result<Vec<Draft>> {
    let claims: Vec<Claim> = drafts.iter().filter_map(|draft| Some(draft.event()?.claim.clone())).collect();
    let mut claimed =
        if claims.is_empty() { Vec::new() } else { ingest::claim_keys(tx, &claims).await? }.into_iter();
    let mut fresh = Vec::with_capacity(drafts.len());
    let mut is_short = false;
    for draft in drafts {
        let claimed = if draft.event().is_some() { claimed.next() } else { None };
        match claimed {
            None | Some(Claimed::Fresh) => fresh.push(draft),
            Some(Claimed::Repeat(event)) => {
                is_short = true;
                committed.repeats.push((draft.place, event.into()));
            }
            Some(Claimed::Other) => {
                is_short = true;
                committed.reused.push(draft.place);
            }
        }
    }
    // A later draft about the same lead was decided with one that is not new after all.
    if is_short && fresh.iter().any(|draft| draft.sequence.is_some()) {
        return Err(store::Error::Raced);
    }
    Ok(fresh)
}
