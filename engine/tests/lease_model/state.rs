//! What there is in the model, and what can happen.

pub const WORKERS: usize = 2;
pub const EFFECTS: usize = 2;

/// Crashes, stalls, lost answers and the like on one path. What goes wrong between two workers goes wrong with three.
pub const FAULTS: u8 = 3;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Row {
    Ready,
    Running {
        is_lapsed: bool,
    },
    Dead,
    /// Gone from the outbox.
    Closed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Told {
    Delivered,
    Retry,
    Dead,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Worker {
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
    /// Writes that counted at the destination, in their order.
    pub arrived: Vec<usize>,
    /// The effect each record shows, and whether an older one ever overwrote a newer.
    pub current: [Option<usize>; EFFECTS],
    pub went_back: bool,
    /// Rows `delivered` of the log.
    pub delivered: [u8; EFFECTS],
    /// The log has a row for a lease that was not the one held.
    pub stale_counted: bool,
    /// A finish came too late and was refused.
    pub stale_refused: bool,
    /// A write arrived when its effect had been finished by somebody else.
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

impl State {
    pub fn is_held_by_the_living(&self, effect: usize) -> bool {
        self.workers.iter().any(|worker| match *worker {
            Worker::Idle => false,
            Worker::Holding { effect: held, lease }
            | Worker::Writing { effect: held, lease }
            | Worker::Telling { effect: held, lease, .. } => held == effect && lease == self.leases[effect],
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
