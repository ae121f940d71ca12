//! The effects that one worker holds: waiting ones, those being written, and results that are not yet reported.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;

use destinations::{Destination, DestinationLimits};
use engine::ids::EffectId;
use engine::sync::flow::Pace;
use store::Error;
use store::sync::{BATCH, ClaimedEffect, FinishedAttempt, LEASE, Ticket};
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::tasks::attempt::{AttemptResult, attempt, broken_off, longest};
use crate::tasks::health::DestinationHealth;
use crate::tasks::outbox_client::RequestResult;

/// Number of effects to hold per concurrent write, so that the next ones are ready while results are reported.
const HELD_PER_WRITE: usize = 4;
/// Maximum total size of the bodies in a batch. A larger body is sent alone.
const BATCH_BYTES: usize = 4 * 1024 * 1024;

pub(super) struct InFlightEffects {
    destination: Arc<dyn Destination>,
    waiting: VecDeque<(ClaimedEffect, Instant)>,
    writing: JoinSet<Vec<AttemptResult>>,
    /// The batches being written.
    begun: HashMap<tokio::task::Id, Vec<Ticket>>,
    /// Results that are not yet reported.
    pub(super) ended: Vec<FinishedAttempt>,
    /// The number of results being reported.
    pub(super) reporting: usize,
    /// The reason to pause the destination, if there is one.
    pub(super) pause: Option<String>,
    /// The health of the destination.
    pub(super) health: DestinationHealth,
    /// Whether held effects count toward a limit shared by all processes. If so, the worker holds only effects that it is
    /// writing.
    is_shared: bool,
}

impl InFlightEffects {
    pub(super) fn new(destination: Arc<dyn Destination>, pace: &Pace) -> Self {
        Self {
            destination,
            waiting: VecDeque::new(),
            writing: JoinSet::new(),
            begun: HashMap::new(),
            ended: Vec::new(),
            reporting: 0,
            pause: None,
            health: DestinationHealth::new(pace.breaks_after()),
            is_shared: pace.at_once.is_some(),
        }
    }

    /// Returns how many more effects to claim. Returns zero while more than half of the capacity is in use, so that claims are
    /// few and large. Results do not count, since the next effects are claimed while they are reported, unless all processes
    /// share the limit.
    pub(super) fn room(&self) -> usize {
        let held = self.waiting.len() + self.begun.values().map(Vec::len).sum::<usize>();
        let DestinationLimits { in_flight, batch, .. } = self.destination.limits();
        let at_once = in_flight.max(1).saturating_mul(batch.max(1));
        if self.is_shared {
            return at_once.saturating_sub(held + self.ended.len() + self.reporting).min(BATCH);
        }
        let most = at_once.saturating_mul(HELD_PER_WRITE).min(2 * BATCH);
        if held * 2 > most { 0 } else { (most - held).min(BATCH) }
    }

    pub(super) fn is_idle(&self) -> bool {
        self.begun.is_empty()
    }

    /// Processes the answer to a request and returns whether there may be more to claim.
    ///
    /// # Errors
    /// Returns the error of the request. Results that could not be reported are held again.
    pub(super) fn receive(&mut self, answered: RequestResult) -> Result<bool, Error> {
        match answered {
            RequestResult::Claimed { since, wanted, taken } => {
                let taken = taken?;
                let is_full = taken.effects.len() == wanted;
                self.health.is_trial |= taken.is_trial;
                self.take(taken.effects, since);
                Ok(is_full)
            }
            RequestResult::Reported { ended, counted } => {
                self.reporting = 0;
                if counted.is_err() {
                    self.ended.extend(ended);
                }
                // Finished effects unblock their successors.
                counted
            }
        }
    }

    /// Adds effects that were claimed at `since`.
    fn take(&mut self, claimed: Vec<ClaimedEffect>, since: Instant) {
        self.waiting.extend(claimed.into_iter().map(|claimed| (claimed, since + LEASE)));
    }

    /// Begins as many batches as the destination permits. A batch begins only if its leases outlast it, so that no other process
    /// writes the same effect at the same time, even if the database fails and the effect is reclaimed.
    pub(super) fn begin(&mut self) {
        let limits = self.destination.limits();
        let ends_by = Instant::now() + longest(&limits);
        while self.begun.len() < limits.in_flight.max(1) {
            let batch = self.next_batch(&limits, ends_by);
            if batch.is_empty() {
                return;
            }
            let tickets = batch.iter().map(|claimed| claimed.ticket.clone()).collect();
            let task = self.writing.spawn(attempt(self.destination.clone(), batch));
            self.begun.insert(task.id(), tickets);
        }
    }

    /// Removes the next batch from the head of the queue. Its effects belong to different leads, so that the effects of one lead
    /// are written in sequence even if a failed one is replayed along with its successor.
    fn next_batch(&mut self, limits: &DestinationLimits, ends_by: Instant) -> Vec<ClaimedEffect> {
        let (mut batch, mut bytes, mut leads) = (Vec::new(), 0, HashSet::new());
        while batch.len() < limits.batch.max(1)
            && let Some((claimed, held_until)) = self.waiting.front()
        {
            bytes += claimed.body.len();
            let is_alone = is_suspect(claimed, limits);
            let has_room = batch.is_empty() || (bytes <= BATCH_BYTES && !is_alone);
            if *held_until < ends_by || !has_room || !leads.insert(claimed.ticket.lead_id) {
                break;
            }
            batch.extend(self.waiting.pop_front().map(|(claimed, _)| claimed));
            if is_alone {
                break;
            }
        }
        batch
    }

    /// Waits for a write to complete, and collects all completed ones.
    pub(super) async fn end(&mut self) {
        let Some(first) = self.writing.join_next_with_id().await else { return std::future::pending().await };
        let mut next = Some(first);
        while let Some(result) = next {
            match result {
                Ok((task, attempted)) => {
                    self.begun.remove(&task);
                    for AttemptResult { finish, pause, not_before } in attempted {
                        self.health.note(finish.outcome, finish.answer.error.as_deref(), not_before);
                        self.ended.push(finish);
                        self.pause = self.pause.take().or(pause);
                    }
                }
                Err(broken) => {
                    let tickets = self.begun.remove(&broken.id()).unwrap_or_default();
                    self.ended.extend(tickets.into_iter().map(broken_off));
                }
            }
            next = self.writing.try_join_next_with_id();
        }
    }

    /// Returns the leases held.
    pub(super) fn leases(&self) -> Vec<(EffectId, i64)> {
        let waiting = self.waiting.iter().map(|(claimed, _)| &claimed.ticket);
        waiting
            .chain(self.begun.values().flatten())
            .chain(self.ended.iter().map(|finish| &finish.ticket))
            .map(lease)
            .collect()
    }

    /// Keeps the effects whose leases were still held at `since`. Other processes own the rest.
    pub(super) fn keep(&mut self, still: Vec<EffectId>, since: Instant) {
        let still: HashSet<EffectId> = still.into_iter().collect();
        self.waiting.retain(|(claimed, _)| still.contains(&claimed.ticket.effect_id));
        for (_, held_until) in &mut self.waiting {
            *held_until = since + LEASE;
        }
    }

    /// Removes and returns the leases of effects that were never begun, so that they can be released.
    pub(super) fn give_back(&mut self) -> Vec<(EffectId, i64)> {
        self.waiting.drain(..).map(|(claimed, _)| lease(&claimed.ticket)).collect()
    }

    /// Aborts the writes under way. Each becomes a result to report.
    pub(super) fn break_off(&mut self) {
        self.writing.abort_all();
        self.ended.extend(self.begun.drain().flat_map(|(_, tickets)| tickets).map(broken_off));
    }
}

/// Returns whether an effect has used up half of its attempts. It may be the one that makes whole batches fail, so it is sent
/// alone.
fn is_suspect(claimed: &ClaimedEffect, limits: &DestinationLimits) -> bool {
    let attempt = u32::try_from(claimed.ticket.attempt).unwrap_or(u32::MAX);
    attempt > 1 && attempt > limits.retry.attempts / 2
}

fn lease(ticket: &Ticket) -> (EffectId, i64) {
    (ticket.effect_id, ticket.run_lease)
}
