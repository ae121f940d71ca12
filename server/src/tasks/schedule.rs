//! The scheduler: runs the jobs that are due, each in one process at a time and beside the others.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures::FutureExt as _;
use store::Store;
use store::sync::jobs::{self, Ended, JobClaim};
use tokio::sync::watch;
use tokio::task::JoinSet;
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
    let mut running = JoinSet::new();
    while !shutdown.is_cancelled() {
        requested.mark_unchanged();
        match begin_due(&store, &means, &runner, &mut is_known, &mut running).await {
            Ok(()) => {
                trouble.over("running jobs");
                tokio::select! {
                    () = tokio::time::sleep(POLL) => {}
                    _ = requested.changed() => {}
                    // A job that somebody asked for while it ran is due again.
                    Some(_) = running.join_next() => {}
                    () = shutdown.cancelled() => {}
                }
            }
            Err(error) => trouble.wait("running jobs", &error, &shutdown).await,
        }
    }
    while running.join_next().await.is_some() {}
}

/// Begins everything that is due and that no process runs. No job waits for another one.
async fn begin_due(
    store: &Store,
    means: &Means,
    runner: &str,
    is_known: &mut bool,
    running: &mut JoinSet<()>,
) -> store::Result<()> {
    if !*is_known {
        jobs::register(store).await?;
        *is_known = true;
    }
    while let Some(claim) = jobs::begin(store, runner, LEASE).await? {
        running.spawn(to_its_end(store.clone(), means.clone(), claim));
    }
    Ok(())
}

async fn to_its_end(store: Store, means: Means, claim: JobClaim) {
    let ended = one(&store, &means, claim).await;
    match jobs::end(&store, claim, &ended).await {
        Ok(true) => {}
        Ok(false) => tracing::warn!(job = %claim.job, "another process has taken the job over"),
        // Its lease runs out, and it runs again.
        Err(error) => tracing::warn!(job = %claim.job, %error, "the end of a job could not be written"),
    }
}

async fn one(store: &Store, means: &Means, run: JobClaim) -> Ended {
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
pub(super) fn runner() -> String {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    format!("{} {}", host.trim(), std::process::id()).trim().to_owned()
}
