//! What the process does by itself: carrying out effects, the jobs of the scheduler, and runs.
//!
//! Each task looks at the database, does one bounded piece of work and looks again; it is woken by a signal and by the
//! clock. Any number of processes may run them at once, and any of them may die at any moment.

mod attempt;
pub mod dispatch;
mod health;
mod held;
mod jobs;
mod listen;
mod notices;
mod outbox_client;
pub mod runs;
pub mod schedule;
mod trouble;
mod uploads;
mod worker;

use std::time::Duration;

pub use self::jobs::Means;
pub use self::notices::Letters;

use service::run::RunContext;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// How long stopping may take: a write that has begun may end, and its result is told.
const STOP_WITHIN: Duration = Duration::from_secs(20);

/// The running tasks. Dropping the value breaks them off where they are; what they held is taken over by others.
pub struct Tasks {
    running: JoinSet<()>,
}

impl Tasks {
    /// Starts all tasks.
    pub fn start(context: RunContext, means: Means, shutdown: CancellationToken) -> Self {
        let store = context.pipeline.store().clone();
        let mut running = JoinSet::new();
        running.spawn(schedule::run(store.clone(), means, shutdown.clone()));
        running.spawn(runs::run(context, shutdown.clone()));
        running.spawn(dispatch::run(store, dispatch::Options::default(), shutdown));
        Self { running }
    }

    /// Waits until the tasks have stopped, which they do once the shutdown token is cancelled.
    pub async fn stopped(mut self) {
        let all = async { while self.running.join_next().await.is_some() {} };
        if tokio::time::timeout(STOP_WITHIN, all).await.is_err() {
            tracing::warn!(seconds = STOP_WITHIN.as_secs(), "tasks did not stop in time and are broken off");
        }
    }
}
