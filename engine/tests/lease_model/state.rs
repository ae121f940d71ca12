//! The state of the model and its actions.

pub const WORKERS: usize = 2;
pub const EFFECTS: usize = 2;

/// The maximum number of crashes, stalls, lost answers and other faults on one path. Any fault between three
/// workers also occurs between two.
pub const FAULTS: u8 = 3;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Row {
    Ready,
    Running {
        is_lapsed: bool,
    },
    Dead,
    /// Removed from the outbox.
    Closed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Outcome {
    Delivered,
    Retry,
    Dead,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Worker {
    Idle,
    /// The worker believes it holds a lease, and has not started.
    Holding {
        effect: usize,
        lease: u8,
    },
    /// The worker waits for the answer to its write.
    Writing {
        effect: usize,
        lease: u8,
    },
    /// The worker has the result of the write and reports it, repeatedly if it gets no confirmation.
    Reporting {
        effect: usize,
        lease: u8,
        result: Outcome,
        is_reported: bool,
    },
}

/// A message between a worker and the destination. It outlives its sender.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Message {
    pub effect: usize,
    pub lease: u8,
    pub is_answer: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct State {
    pub rows: [Row; EFFECTS],
    pub leases: [u8; EFFECTS],
    pub workers: [Worker; WORKERS],
    pub network: Vec<Message>,
    pub faults: u8,
    /// The writes that counted at the destination, in order.
    pub arrived: Vec<usize>,
    /// The effect that each record shows, and whether an older effect ever overwrote a newer one.
    pub current: [Option<usize>; EFFECTS],
    pub went_back: bool,
    /// The `delivered` rows of the log.
    pub delivered: [u8; EFFECTS],
    /// Whether the log has a row for a lease that was not the current one.
    pub stale_counted: bool,
    /// Whether a finish came too late and was rejected.
    pub stale_refused: bool,
    /// Whether a write arrived after another worker had finished its effect.
    pub came_late: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
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
    /// A write reaches the destination and counts there.
    Arrive(Message),
    /// An answer reaches the worker that waits for it.
    Answer(Message),
    /// A write or an answer is lost.
    Lose(Message),
    /// The worker stops waiting. The write can still arrive.
    TimeOut {
        worker: usize,
    },
    /// The destination rejected the write, or it was the last attempt.
    GiveUp {
        worker: usize,
    },
    /// The result is committed, but the worker has not been notified.
    Finish {
        worker: usize,
    },
    /// The worker is notified whether its result was accepted or came too late.
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

impl State {
    pub fn is_held_by_the_living(&self, effect: usize) -> bool {
        self.workers.iter().any(|worker| match *worker {
            Worker::Idle => false,
            Worker::Holding { effect: held, lease }
            | Worker::Writing { effect: held, lease }
            | Worker::Reporting { effect: held, lease, .. } => held == effect && lease == self.leases[effect],
        })
    }

    pub fn take(&mut self, message: Message) {
        let at = self.network.iter().position(|other| *other == message).unwrap();
        self.network.remove(at);
    }

    pub fn put(&mut self, message: Message) {
        self.network.push(message);
        self.network.sort_unstable();
    }

    pub fn fail(&mut self) {
        self.faults = self.faults.saturating_sub(1);
    }
}
