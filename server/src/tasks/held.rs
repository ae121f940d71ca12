//! The effects that one worker holds: those that wait for their turn, those being written, and results not yet told.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;

use destinations::Destination;
use engine::ids::EffectId;
use engine::sync::flow::Pace;
use store::Error;
use store::sync::{BATCH, Claimed, Finish, LEASE, Ticket};
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::tasks::attempt::{Attempted, attempt, broken_off, longest};
use crate::tasks::desk::Answered;
use crate::tasks::health::Health;

/// Effects held for each write under way: the next ones are at hand while results are told.
const HELD_PER_WRITE: usize = 4;

pub(super) struct Held {
    destination: Arc<dyn Destination>,
    waiting: VecDeque<(Claimed, Instant)>,
    writing: JoinSet<Attempted>,
    begun: HashMap<tokio::task::Id, Ticket>,
    /// Results to tell.
    pub(super) ended: Vec<Finish>,
    /// How many results are being told.
    pub(super) telling: usize,
    /// Why nothing more should be sent.
    pub(super) pause: Option<String>,
    /// How the destination does.
    pub(super) health: Health,
    /// Whether what is held counts against a bound of all processes; then nothing is held that is not being written.
    is_shared: bool,
}

impl Held {
    pub(super) fn new(destination: Arc<dyn Destination>, pace: &Pace) -> Self {
        Self {
            destination,
            waiting: VecDeque::new(),
            writing: JoinSet::new(),
            begun: HashMap::new(),
            ended: Vec::new(),
            telling: 0,
            pause: None,
            health: Health::new(pace.breaks_after()),
            is_shared: pace.at_once.is_some(),
        }
    }

    /// How many more to claim: none while more than half of what can be held is, so that claims are few and large.
    /// Results do not count, since the next effects are claimed while they are told, but where all processes share.
    pub(super) fn room(&self) -> usize {
        let held = self.waiting.len() + self.begun.len();
        let in_flight = self.destination.limits().in_flight.max(1);
        if self.is_shared {
            return in_flight.saturating_sub(held + self.ended.len() + self.telling);
        }
        let most = (in_flight * HELD_PER_WRITE).min(2 * BATCH);
        if held * 2 > most { 0 } else { (most - held).min(BATCH) }
    }

    pub(super) fn is_idle(&self) -> bool {
        self.begun.is_empty()
    }

    /// Takes over what a request came to; answers whether there may be more to claim.
    ///
    /// # Errors
    /// Those of the request; what could not be told is held again.
    pub(super) fn receive(&mut self, answered: Answered) -> Result<bool, Error> {
        match answered {
            Answered::Claimed { since, wanted, taken } => {
                let taken = taken?;
                let is_full = taken.effects.len() == wanted;
                self.health.is_trial |= taken.is_trial;
                self.take(taken.effects, since);
                Ok(is_full)
            }
            Answered::Told { ended, counted } => {
                self.telling = 0;
                if counted.is_err() {
                    self.ended.extend(ended);
                }
                // What is finished lets its successors go.
                counted
            }
        }
    }

    /// Takes over claims made at `since`.
    fn take(&mut self, claimed: Vec<Claimed>, since: Instant) {
        self.waiting.extend(claimed.into_iter().map(|claimed| (claimed, since + LEASE)));
    }

    /// Begins as many writes as may be under way. One begins only while its lease outlasts it: even if the database is
    /// away and the effect is taken over, nobody else writes at the same time.
    pub(super) fn begin(&mut self) {
        let limits = self.destination.limits();
        let ends_by = Instant::now() + longest(&limits);
        while self.begun.len() < limits.in_flight.max(1)
            && self.waiting.front().is_some_and(|(_, held_until)| *held_until >= ends_by)
        {
            let Some((claimed, _)) = self.waiting.pop_front() else { return };
            let ticket = claimed.ticket.clone();
            let task = self.writing.spawn(attempt(self.destination.clone(), claimed));
            self.begun.insert(task.id(), ticket);
        }
    }

    /// Waits for a write to end, and takes all that have.
    pub(super) async fn end(&mut self) {
        let Some(first) = self.writing.join_next_with_id().await else { return std::future::pending().await };
        let mut next = Some(first);
        while let Some(result) = next {
            match result {
                Ok((task, Attempted { finish, pause, not_before })) => {
                    self.begun.remove(&task);
                    self.health.note(finish.outcome, finish.answer.error.as_deref(), not_before);
                    self.ended.push(finish);
                    self.pause = self.pause.take().or(pause);
                }
                Err(broken) => self.ended.extend(self.begun.remove(&broken.id()).map(broken_off)),
            }
            next = self.writing.try_join_next_with_id();
        }
    }

    /// The leases held.
    pub(super) fn leases(&self) -> Vec<(EffectId, i64)> {
        let waiting = self.waiting.iter().map(|(claimed, _)| &claimed.ticket);
        waiting
            .chain(self.begun.values())
            .chain(self.ended.iter().map(|finish| &finish.ticket))
            .map(lease)
            .collect()
    }

    /// Notes which leases were still held at `since`. The others belong to somebody else by now.
    pub(super) fn keep(&mut self, still: Vec<EffectId>, since: Instant) {
        let still: HashSet<EffectId> = still.into_iter().collect();
        self.waiting.retain(|(claimed, _)| still.contains(&claimed.ticket.effect_id));
        for (_, held_until) in &mut self.waiting {
            *held_until = since + LEASE;
        }
    }

    /// What was never begun, to be given back.
    pub(super) fn give_back(&mut self) -> Vec<(EffectId, i64)> {
        self.waiting.drain(..).map(|(claimed, _)| lease(&claimed.ticket)).collect()
    }

    /// Breaks off the writes under way; each becomes a result to tell.
    pub(super) fn break_off(&mut self) {
        self.writing.abort_all();
        self.ended.extend(self.begun.drain().map(|(_, ticket)| broken_off(ticket)));
    }
}

fn lease(ticket: &Ticket) -> (EffectId, i64) {
    (ticket.effect_id, ticket.run_lease)
}
