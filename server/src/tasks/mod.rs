//! The loops of the process: carrying out effects, jobs and runs, and passing on what other processes commit.
//!
//! Each task looks at the database, does one bounded piece of work and looks again; it is woken by a signal and by the
//! clock. Any number of processes may run them at once, and any of them may die at any moment.

mod attempt;
pub mod dispatch;
mod health;
mod held;
mod jobs;
pub mod listen;
pub mod marks;
mod notices;
mod outbox_client;
mod releases;
pub mod runs;
pub mod schedule;
mod trouble;
mod uploads;
mod worker;

use std::time::Duration;

pub use self::jobs::Means;
pub use self::notices::Letters;
pub use self::uploads::delete as delete_uploads;

use service::run::RunContext;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::signals::Signals;

/// How long stopping may take: a write that has begun may end, and its result is told.
const STOP_WITHIN: Duration = Duration::from_secs(20);

/// The running tasks. Dropping the value breaks them off where they are; what they held is taken over by others.
pub struct Tasks {
    running: JoinSet<()>,
}

impl Tasks {
    /// Starts all tasks.
    pub fn start(context: RunContext, means: Means, signals: &Signals, shutdown: &CancellationToken) -> Self {
        let pipeline = context.pipeline.clone();
        let store = pipeline.store().clone();
        let mut running = JoinSet::new();
        running.spawn(schedule::run(store.clone(), means, signals.jobs(), shutdown.clone()));
        running.spawn(runs::run(context, signals.clone(), shutdown.clone()));
        let options = dispatch::Options::default();
        running.spawn(dispatch::run(store.clone(), options, signals.clone(), shutdown.clone()));
        running.spawn(releases::run(pipeline, signals.releases(), shutdown.clone()));
        running.spawn(marks::run(store.clone(), shutdown.clone()));
        running.spawn(listen::run(store, signals.clone(), shutdown.clone()));
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
