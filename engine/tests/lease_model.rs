//! The lease protocol of the outbox, every interleaving of it: two workers, two effects, a network that holds writes
//! back, workers that crash, stall or give up at any moment.
//!
//! The model mirrors `store/src/sync`: [`Action::Claim`] is `claim.sql`, [`Action::Finish`] is `finish.sql`,
//! [`Action::Reclaim`], [`Action::Heartbeat`] and [`Action::Release`] are the functions of these names in `claim.rs`. Each is
//! one transaction there, so one step here. Whoever changes a condition there changes it here.
//!
//! The destination keeps its part of the contract (`destinations/src/destination.rs`): a key counts once, and a record is
//! overwritten only by a later sequence. What the model leaves out: time, of which it knows only that a lease can lapse
//! at any moment, also under a worker that lives.
//!
//! A model that cannot fail proves nothing. So each condition is taken away once, and the checker has to find out.

#![allow(clippy::unwrap_used, reason = "a test fails where something goes wrong")]

use stateright::{Checker, Model, Property};

const WORKERS: usize = 2;
const EFFECTS: usize = 2;

/// Crashes, stalls, lost answers and the like on one path. What goes wrong between two workers goes wrong with three.
const FAULTS: u8 = 3;

/// What is to be checked, and what is taken away from it.
#[derive(Clone, Copy)]
struct Protocol {
    /// Whether both effects are of one lead; then the first has to arrive before the second.
    one_lead: bool,
    /// `o.run_lease = g.run_lease` in `finish.sql`.
    fence: bool,
    /// `NOT EXISTS (… p.lead_sequence < o.lead_sequence …)` in `claim.sql`.
    predecessors: bool,
    /// The destination's idempotency by key.
    key: bool,
    /// The destination's guard by sequence.
    guard: bool,
}

const WHOLE: Protocol = Protocol { one_lead: true, fence: true, predecessors: true, key: true, guard: true };

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Row {
    Ready,
    Running {
        is_lapsed: bool,
    },
    Dead,
    /// Gone from the outbox.
    Closed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Told {
    Delivered,
    Retry,
    Dead,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Worker {
    Idle,
    /// It holds a lease, as far as it knows, and has not begun.
    Holding {
        effect: usize,
        lease: u8,
    },
    /// It waits for the answer to its write.
    Writing {
        effect: usize,
        lease: u8,
    },
    /// It knows what came of the write and tells it, again if it does not hear that it was told.
    Telling {
        effect: usize,
        lease: u8,
        told: Told,
        is_told: bool,
    },
}

/// Something under way between a worker and the destination. It outlives its sender.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Message {
    effect: usize,
    lease: u8,
    is_answer: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct State {
    rows: [Row; EFFECTS],
    leases: [u8; EFFECTS],
    workers: [Worker; WORKERS],
    network: Vec<Message>,
    faults: u8,
    /// Writes that counted at the destination, in their order.
    arrived: Vec<usize>,
    /// The effect each record shows, and whether an older one ever overwrote a newer.
    current: [Option<usize>; EFFECTS],
    went_back: bool,
    /// Rows `delivered` of the log.
    delivered: [u8; EFFECTS],
    /// The log has a row for a lease that was not the one held.
    stale_counted: bool,
    /// A finish came too late and was refused.
    stale_refused: bool,
    /// A write arrived when its effect had been finished by somebody else.
    came_late: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Action {
    Claim {
        worker: usize,
        effect: usize,
    },
    Release {
        worker: usize,
    },
    Send {
        worker: usize,
    },
    /// A write gets to the destination and counts there.
    Arrive(Message),
    /// An answer gets back to whoever still waits for it.
    Answer(Message),
    /// A write or an answer is lost.
    Lose(Message),
    /// The worker waits no longer. The write may still arrive.
    TimeOut {
        worker: usize,
    },
    /// The destination refused, or it was the last attempt.
    GiveUp {
        worker: usize,
    },
    /// The result is committed; the worker has not heard so.
    Finish {
        worker: usize,
    },
    /// The worker hears that its result was told, in time or too late.
    Hear {
        worker: usize,
    },
    Crash {
        worker: usize,
    },
    Lapse {
        effect: usize,
    },
    Heartbeat {
        worker: usize,
    },
    Reclaim {
        effect: usize,
    },
}

impl Protocol {
    fn record(self, effect: usize) -> usize {
        if self.one_lead { 0 } else { effect }
    }

    /// `claim.sql`: ready, and of its lead no earlier one that is ready or running. A dead one does not count.
    fn may_claim(self, state: &State, effect: usize) -> bool {
        let waits_for =
            |earlier: usize| self.one_lead && matches!(state.rows[earlier], Row::Ready | Row::Running { .. });
        state.rows[effect] == Row::Ready && !(self.predecessors && (0..effect).any(waits_for))
    }

    /// `finish.sql`: counts while the row is running under the lease that is named.
    fn finish(self, state: &mut State, effect: usize, lease: u8, told: Told) {
        let is_held = matches!(state.rows[effect], Row::Running { .. })
            && (!self.fence || state.leases[effect] == lease);
        if !is_held {
            state.stale_refused = true;
            return;
        }
        state.stale_counted |= state.leases[effect] != lease;
        state.rows[effect] = match told {
            Told::Delivered => Row::Closed,
            Told::Retry => Row::Ready,
            Told::Dead => Row::Dead,
        };
        state.delivered[effect] += u8::from(told == Told::Delivered);
    }

    fn arrive(self, state: &mut State, effect: usize) {
        state.came_late |= matches!(state.rows[effect], Row::Closed | Row::Dead);
        // Without the key, twice is enough to see it.
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
                // Without anything on the way there is nothing but the clock to end the wait.
                actions.extend((may_fail || !is_answered).then_some(Action::TimeOut { worker }));
                actions.extend(may_fail.then_some(Action::GiveUp { worker }));
                actions.extend(beats(effect, lease).then_some(Action::Heartbeat { worker }));
            }
            Worker::Telling { is_told, .. } => {
                actions.extend((may_fail || !is_told).then_some(Action::Finish { worker }));
                actions.extend(is_told.then_some(Action::Hear { worker }));
            }
        }
        actions.extend(may_fail.then_some(Action::Crash { worker }));
    }
}

impl State {
    fn is_held_by_the_living(&self, effect: usize) -> bool {
        self.workers.iter().any(|worker| match *worker {
            Worker::Idle => false,
            Worker::Holding { effect: held, lease }
            | Worker::Writing { effect: held, lease }
            | Worker::Telling { effect: held, lease, .. } => held == effect && lease == self.leases[effect],
        })
    }

    fn take(&mut self, message: Message) {
        let at = self.network.iter().position(|other| *other == message).unwrap();
        self.network.remove(at);
    }

    fn put(&mut self, message: Message) {
        self.network.push(message);
        self.network.sort_unstable();
    }

    fn fail(&mut self) {
        self.faults = self.faults.saturating_sub(1);
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
                // A dead holder's lease lapses for certain; a living one's when it stalls.
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
                    *worker = Worker::Telling { effect, lease, told: Told::Delivered, is_told: false };
                }
            }
            Action::Lose(message) => {
                state.take(message);
                state.fail();
            }
            Action::TimeOut { worker } | Action::GiveUp { worker } => {
                let Worker::Writing { effect, lease } = state.workers[worker] else { return None };
                let told = if matches!(action, Action::GiveUp { .. }) { Told::Dead } else { Told::Retry };
                state.workers[worker] = Worker::Telling { effect, lease, told, is_told: false };
                state.fail();
            }
            Action::Finish { worker } => {
                let Worker::Telling { effect, lease, told, is_told } = state.workers[worker] else {
                    return None;
                };
                self.finish(&mut state, effect, lease, told);
                state.workers[worker] = Worker::Telling { effect, lease, told, is_told: true };
                // The first answer was lost.
                if is_told {
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
                self.finish(&mut state, effect, lease, Told::Retry);
            }
        }
        // Which of the workers does it is all the same.
        state.workers.sort_unstable();
        Some(state)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always(REFUSED, |_, state: &State| !state.stale_counted),
            Property::always(ONCE, |_, state: &State| {
                (0..EFFECTS).all(|effect| {
                    state.arrived.iter().filter(|arrived| **arrived == effect).count() <= 1
                        && state.delivered[effect] <= 1
                })
            }),
            Property::always(TRUE, |_, state: &State| {
                (0..EFFECTS).all(|effect| {
                    (state.rows[effect] == Row::Closed) == (state.delivered[effect] == 1)
                        && (state.delivered[effect] == 0 || state.arrived.contains(&effect))
                })
            }),
            Property::always(ORDERED, |protocol: &Protocol, state: &State| {
                // What a person has to look at may have arrived after all, later than its successors.
                let overtaken = state.arrived.first() == Some(&1)
                    && !matches!(state.rows[0], Row::Dead)
                    && protocol.one_lead;
                !overtaken && !state.went_back
            }),
            Property::eventually(NOT_LOST, |_, state: &State| {
                state.rows.iter().all(|row| matches!(row, Row::Closed | Row::Dead))
            }),
            Property::sometimes("a finish is refused", |_, state: &State| state.stale_refused),
            Property::sometimes("a write comes late", |_, state: &State| state.came_late),
            Property::sometimes("both arrive after all that can go wrong", |_, state: &State| {
                state.faults == 0 && state.rows == [Row::Closed; EFFECTS]
            }),
            Property::sometimes("one dies and the other arrives", |_, state: &State| {
                state.rows == [Row::Dead, Row::Closed]
            }),
        ]
    }
}

const REFUSED: &str = "a finish counts only under the lease that holds the row";
const ONCE: &str = "each effect counts once, at the destination and in the log";
const TRUE: &str = "what is told delivered has arrived and has left the outbox";
const ORDERED: &str = "the earlier of one lead arrives first, and nothing goes back";
const NOT_LOST: &str = "in the end nothing waits";

/// Looks at all states, and names the promises that are broken.
fn broken(protocol: Protocol) -> Vec<&'static str> {
    let checker = protocol.checker().threads(2).spawn_bfs().join();
    println!("{} states, {} of them different", checker.state_count(), checker.unique_state_count());
    let discoveries = checker.discoveries();
    let mut broken = Vec::new();
    for property in protocol.properties() {
        let is_found = discoveries.contains_key(property.name);
        if is_found == (property.expectation != stateright::Expectation::Sometimes) {
            broken.push(property.name);
        }
    }
    broken
}

#[test]
fn effects_of_one_lead_arrive_once_and_in_order() {
    assert_eq!(broken(WHOLE), [] as [&str; 0]);
}

#[test]
fn effects_of_two_leads_arrive_once() {
    assert_eq!(broken(Protocol { one_lead: false, ..WHOLE }), [] as [&str; 0]);
}

#[test]
fn without_the_fence_a_late_finish_counts() {
    let broken = broken(Protocol { fence: false, ..WHOLE });
    assert!(broken.contains(&REFUSED), "{broken:?}");
}

#[test]
fn without_its_predecessors_a_lead_is_out_of_order() {
    let broken = broken(Protocol { predecessors: false, ..WHOLE });
    assert!(broken.contains(&ORDERED), "{broken:?}");
}

#[test]
fn a_destination_without_keys_counts_twice() {
    let broken = broken(Protocol { key: false, ..WHOLE });
    assert!(broken.contains(&ONCE), "{broken:?}");
}

#[test]
fn a_destination_without_sequences_goes_back() {
    let broken = broken(Protocol { guard: false, ..WHOLE });
    assert!(broken.contains(&ORDERED), "{broken:?}");
}
