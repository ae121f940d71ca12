//! The scheduler: runs the jobs that are due, each run in one process.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures::FutureExt as _;
use store::Store;
use store::sync::jobs::{self, Ended, Run};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::tasks::jobs::{Means, run as run_job};
use crate::tasks::trouble::Trouble;

/// How late a job that is due begins.
const POLL: Duration = Duration::from_secs(2);
/// How long a run may take; then it is broken off. Its lease is longer, so that no other process begins meanwhile.
const LIMIT: Duration = Duration::from_secs(120);
const LEASE: Duration = Duration::from_secs(150);

/// Runs jobs until the token is cancelled; `requested` signals that one was asked for.
pub async fn run(
    store: Store,
    means: Means,
    mut requested: watch::Receiver<()>,
    shutdown: CancellationToken,
) {
    let mut trouble = Trouble::default();
    let runner = runner();
    let mut is_known = false;
    while !shutdown.is_cancelled() {
        requested.mark_unchanged();
        match due(&store, &means, &runner, &mut is_known).await {
            Ok(()) => {
                trouble.over("running jobs");
                tokio::select! {
                    () = tokio::time::sleep(POLL) => {}
                    _ = requested.changed() => {}
                    () = shutdown.cancelled() => {}
                }
            }
            Err(error) => trouble.wait("running jobs", &error, &shutdown).await,
        }
    }
}

/// Runs everything that is due and that nobody is at.
async fn due(store: &Store, means: &Means, runner: &str, is_known: &mut bool) -> store::Result<()> {
    if !*is_known {
        jobs::register(store).await?;
        *is_known = true;
    }
    while let Some(run) = jobs::begin(store, runner, LEASE).await? {
        let ended = one(store, means, run).await;
        if !jobs::end(store, run, &ended).await? {
            tracing::warn!(job = %run.job, "another process has taken the job over meanwhile");
        }
    }
    Ok(())
}

async fn one(store: &Store, means: &Means, run: Run) -> Ended {
    let work = AssertUnwindSafe(run_job(store, means, run.job)).catch_unwind();
    let done = match tokio::time::timeout(LIMIT, work).await {
        Ok(Ok(done)) => done,
        Ok(Err(_panic)) => Err("It failed inside Meshline; the log says where.".into()),
        Err(_) => Err(format!("It was not done within {} s.", LIMIT.as_secs())),
    };
    let succeeded = done.is_ok();
    let result = done.unwrap_or_else(|problem| problem);
    let outcome = if succeeded { "done" } else { "failed" };
    metrics::counter!("meshline_job_runs_total", "job" => run.job.to_string(), "result" => outcome)
        .increment(1);
    if succeeded {
        tracing::debug!(job = %run.job, result, "job done");
    } else {
        tracing::warn!(job = %run.job, result, "job failed");
    }
    Ended { succeeded, result }
}

/// What this process is called where several run.
fn runner() -> String {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    format!("{} {}", host.trim(), std::process::id()).trim().to_owned()
}
