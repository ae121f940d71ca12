//! The background loops of the process: delivering effects, executing jobs and runs, and forwarding notifications from other
//! processes.
//!
//! Each task checks the database, does a bounded piece of work and checks again. Signals and timers wake it. Any number of
//! processes may run the tasks at once, and any of them may crash at any moment.

mod attempt;
pub mod continuity;
pub mod dispatch;
mod health;
mod in_flight;
mod jobs;
pub mod listen;
pub mod marks;
mod notices;
mod outage;
mod outbox_client;
mod releases;
pub mod runs;
pub mod schedule;
pub mod streams;
mod uploads;
mod worker;

use std::time::Duration;

pub use self::jobs::JobResources;
pub use self::notices::NoticeMail;
pub use self::uploads::delete as delete_uploads;

use service::run::RunContext;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::http::SessionStreams;
use crate::signals::Signals;

/// Time limit for stopping, which allows pending writes to complete and their results to be reported.
const STOP_WITHIN: Duration = Duration::from_secs(20);

/// The running tasks. Dropping this value aborts them immediately, and other processes take over their work.
pub struct Tasks {
    running: JoinSet<()>,
}

impl Tasks {
    /// Starts all tasks.
    pub fn start(
        context: RunContext,
        means: JobResources,
        marks: Option<continuity::MarkFile>,
        signals: &Signals,
        streams: SessionStreams,
        shutdown: &CancellationToken,
    ) -> Self {
        let pipeline = context.pipeline.clone();
        let store = pipeline.store().clone();
        let mut running = JoinSet::new();
        running.spawn(schedule::run(store.clone(), means, signals.jobs(), shutdown.clone()));
        running.spawn(runs::run(context, signals.clone(), shutdown.clone()));
        let options = dispatch::DispatchOptions::default();
        running.spawn(dispatch::run(store.clone(), options, signals.clone(), shutdown.clone()));
        running.spawn(releases::run(pipeline, signals.releases(), shutdown.clone()));
        running.spawn(continuity::run(store.access(), marks, shutdown.clone()));
        running.spawn(marks::run(store.clone(), shutdown.clone()));
        running.spawn(streams::run(store.access(), streams, shutdown.clone()));
        running.spawn(listen::run(store, signals.clone(), shutdown.clone()));
        Self { running }
    }

    /// Waits until the tasks have stopped, which happens after the shutdown token is cancelled.
    pub async fn stopped(mut self) {
        let all = async { while self.running.join_next().await.is_some() {} };
        if tokio::time::timeout(STOP_WITHIN, all).await.is_err() {
            tracing::warn!(seconds = STOP_WITHIN.as_secs(), "tasks did not stop in time and are broken off");
        }
    }
}
