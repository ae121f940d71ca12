//! The effect of each step, as defined by `store/src/sync` and the destinations' contract.

use stateright::{Model, Property};

use crate::promises::promises;
use crate::state::{Action, EFFECTS, FAULTS, Message, Outcome, Row, State, WORKERS, Worker};

/// The protocol to check, with the conditions that can be removed from it.
#[derive(Clone, Copy)]
pub struct Protocol {
    /// Whether both effects belong to one lead, in which case the first must arrive before the second.
    pub one_lead: bool,
    /// `o.run_lease = g.run_lease` in `finish.sql`.
    pub fence: bool,
    /// `NOT EXISTS (… p.lead_sequence < o.lead_sequence …)` in `claim.sql`.
    pub predecessors: bool,
    /// The destination's idempotency by key.
    pub key: bool,
    /// The destination's guard by sequence.
    pub guard: bool,
}

/// Removes nothing.
pub const WHOLE: Protocol =
    Protocol { one_lead: true, fence: true, predecessors: true, key: true, guard: true };

impl Protocol {
    fn record(self, effect: usize) -> usize {
        if self.one_lead { 0 } else { effect }
    }

    /// `claim.sql`: the effect is ready, and no earlier one of its lead is ready or running. Dead ones do not
    /// count.
    fn may_claim(self, state: &State, effect: usize) -> bool {
        let waits_for =
            |earlier: usize| self.one_lead && matches!(state.rows[earlier], Row::Ready | Row::Running { .. });
        state.rows[effect] == Row::Ready && !(self.predecessors && (0..effect).any(waits_for))
    }

    /// `finish.sql`: applies only while the row is running under the given lease.
    fn finish(self, state: &mut State, effect: usize, lease: u8, result: Outcome) {
        let is_held = matches!(state.rows[effect], Row::Running { .. })
            && (!self.fence || state.leases[effect] == lease);
        if !is_held {
            state.stale_refused = true;
            return;
        }
        state.stale_counted |= state.leases[effect] != lease;
        state.rows[effect] = match result {
            Outcome::Delivered => Row::Closed,
            Outcome::Retry => Row::Ready,
            Outcome::Dead => Row::Dead,
        };
        state.delivered[effect] += u8::from(result == Outcome::Delivered);
    }

    fn arrive(self, state: &mut State, effect: usize) {
        state.came_late |= matches!(state.rows[effect], Row::Closed | Row::Dead);
        // Without the key, two writes are enough to show the problem.
        let most = if self.key { 1 } else { 2 };
        if state.arrived.iter().filter(|arrived| **arrived == effect).count() < most {
            state.arrived.push(effect);
        }
        let current = &mut state.current[self.record(effect)];
        if !self.guard || *current <= Some(effect) {
            state.went_back |= *current > Some(effect);
            *current = Some(effect);
        }
    }

    fn worker_actions(self, state: &State, worker: usize, actions: &mut Vec<Action>) {
        let may_fail = state.faults > 0;
        let beats = |effect: usize, lease: u8| {
            state.leases[effect] == lease && state.rows[effect] == Row::Running { is_lapsed: true }
        };
        match state.workers[worker] {
            Worker::Idle => {
                let due = (0..EFFECTS).filter(|effect| self.may_claim(state, *effect));
                actions.extend(due.map(|effect| Action::Claim { worker, effect }));
                return;
            }
            Worker::Holding { effect, lease } => {
                actions.push(Action::Send { worker });
                actions.extend(may_fail.then_some(Action::Release { worker }));
                actions.extend(beats(effect, lease).then_some(Action::Heartbeat { worker }));
            }
            Worker::Writing { effect, lease } => {
                let is_answered =
                    state.network.iter().any(|message| (message.effect, message.lease) == (effect, lease));
                // If nothing is in transit, only the clock can end the wait.
                actions.extend((may_fail || !is_answered).then_some(Action::TimeOut { worker }));
                actions.extend(may_fail.then_some(Action::GiveUp { worker }));
                actions.extend(beats(effect, lease).then_some(Action::Heartbeat { worker }));
            }
            Worker::Reporting { is_reported, .. } => {
                actions.extend((may_fail || !is_reported).then_some(Action::Finish { worker }));
                actions.extend(is_reported.then_some(Action::Hear { worker }));
            }
        }
        actions.extend(may_fail.then_some(Action::Crash { worker }));
    }
}

impl Model for Protocol {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        vec![State {
            rows: [Row::Ready; EFFECTS],
            leases: [0; EFFECTS],
            workers: [Worker::Idle; WORKERS],
            network: Vec::new(),
            faults: FAULTS,
            arrived: Vec::new(),
            current: [None; EFFECTS],
            went_back: false,
            delivered: [0; EFFECTS],
            stale_counted: false,
            stale_refused: false,
            came_late: false,
        }]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        for worker in 0..WORKERS {
            self.worker_actions(state, worker, actions);
        }
        for effect in 0..EFFECTS {
            match state.rows[effect] {
                Row::Running { is_lapsed: true } => actions.push(Action::Reclaim { effect }),
                // The lease of a dead holder is certain to lapse; that of a live one lapses only if it stalls.
                Row::Running { is_lapsed: false }
                    if state.faults > 0 || !state.is_held_by_the_living(effect) =>
                {
                    actions.push(Action::Lapse { effect })
                }
                _ => {}
            }
        }
        for message in &state.network {
            actions.push(if message.is_answer { Action::Answer(*message) } else { Action::Arrive(*message) });
            actions.extend((state.faults > 0).then_some(Action::Lose(*message)));
        }
    }

    fn next_state(&self, before: &State, action: Action) -> Option<State> {
        let mut state = before.clone();
        match action {
            Action::Claim { worker, effect } => {
                state.rows[effect] = Row::Running { is_lapsed: false };
                state.leases[effect] += 1;
                state.workers[worker] = Worker::Holding { effect, lease: state.leases[effect] };
            }
            Action::Release { worker } => {
                let Worker::Holding { effect, lease } = state.workers[worker] else { return None };
                if state.leases[effect] == lease && matches!(state.rows[effect], Row::Running { .. }) {
                    state.rows[effect] = Row::Ready;
                }
                state.workers[worker] = Worker::Idle;
                state.fail();
            }
            Action::Send { worker } => {
                let Worker::Holding { effect, lease } = state.workers[worker] else { return None };
                state.workers[worker] = Worker::Writing { effect, lease };
                state.put(Message { effect, lease, is_answer: false });
            }
            Action::Arrive(message) => {
                state.take(message);
                state.put(Message { is_answer: true, ..message });
                self.arrive(&mut state, message.effect);
            }
            Action::Answer(message) => {
                let Message { effect, lease, .. } = message;
                state.take(message);
                let waiting =
                    state.workers.iter_mut().find(|worker| **worker == Worker::Writing { effect, lease });
                if let Some(worker) = waiting {
                    *worker =
                        Worker::Reporting { effect, lease, result: Outcome::Delivered, is_reported: false };
                }
            }
            Action::Lose(message) => {
                state.take(message);
                state.fail();
            }
            Action::TimeOut { worker } | Action::GiveUp { worker } => {
                let Worker::Writing { effect, lease } = state.workers[worker] else { return None };
                let result =
                    if matches!(action, Action::GiveUp { .. }) { Outcome::Dead } else { Outcome::Retry };
                state.workers[worker] = Worker::Reporting { effect, lease, result, is_reported: false };
                state.fail();
            }
            Action::Finish { worker } => {
                let Worker::Reporting { effect, lease, result, is_reported } = state.workers[worker] else {
                    return None;
                };
                self.finish(&mut state, effect, lease, result);
                state.workers[worker] = Worker::Reporting { effect, lease, result, is_reported: true };
                // The first answer was lost.
                if is_reported {
                    state.fail();
                }
            }
            Action::Hear { worker } | Action::Crash { worker } => {
                state.workers[worker] = Worker::Idle;
                if matches!(action, Action::Crash { .. }) {
                    state.fail();
                }
            }
            Action::Lapse { effect } => {
                if state.is_held_by_the_living(effect) {
                    state.fail();
                }
                state.rows[effect] = Row::Running { is_lapsed: true };
            }
            Action::Heartbeat { worker } => {
                let (Worker::Holding { effect, .. } | Worker::Writing { effect, .. }) = state.workers[worker]
                else {
                    return None;
                };
                state.rows[effect] = Row::Running { is_lapsed: false };
            }
            Action::Reclaim { effect } => {
                let lease = state.leases[effect];
                self.finish(&mut state, effect, lease, Outcome::Retry);
            }
        }
        // Workers are interchangeable.
        state.workers.sort_unstable();
        Some(state)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        promises()
    }
}
