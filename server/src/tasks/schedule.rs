//! The scheduler: runs due jobs concurrently, each in one process at a time.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures::FutureExt as _;
use store::Store;
use store::sync::jobs::{self, JobClaim, JobResult};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::tasks::jobs::{JobResources, run as run_job};
use crate::tasks::outage::DatabaseOutage;

/// Maximum delay of a due job.
const POLL: Duration = Duration::from_secs(2);
/// Time limit for a job, after which it is aborted. The lease is longer, so that no other process begins the job in the meantime.
const LIMIT: Duration = Duration::from_secs(120);
const LEASE: Duration = Duration::from_secs(150);

/// Runs jobs until the token is cancelled. `requested` signals that a person has requested one.
pub async fn run(
    store: Store,
    means: JobResources,
    mut requested: watch::Receiver<()>,
    shutdown: CancellationToken,
) {
    let mut trouble = DatabaseOutage::default();
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
                    // A job that was requested while it ran is due again.
                    Some(_) = running.join_next() => {}
                    () = shutdown.cancelled() => {}
                }
            }
            Err(error) => trouble.wait("running jobs", &error, &shutdown).await,
        }
    }
    while running.join_next().await.is_some() {}
}

/// Begins every due job that no process is running. No job waits for another.
async fn begin_due(
    store: &Store,
    means: &JobResources,
    runner: &str,
    is_known: &mut bool,
    running: &mut JoinSet<()>,
) -> store::Result<()> {
    // Jobs judge by the time whether something is old enough to be deleted.
    if store.suspension().is_some() {
        return Ok(());
    }
    if !*is_known {
        jobs::register(store).await?;
        *is_known = true;
    }
    while let Some(claim) = jobs::begin(store, runner, LEASE).await? {
        running.spawn(to_its_end(store.clone(), means.clone(), claim));
    }
    Ok(())
}

async fn to_its_end(store: Store, means: JobResources, claim: JobClaim) {
    let ended = one(&store, &means, claim).await;
    match jobs::end(&store, claim, &ended).await {
        Ok(true) => {}
        Ok(false) => tracing::warn!(job = %claim.job, "another process has taken the job over"),
        // The lease expires, and the job runs again.
        Err(error) => tracing::warn!(job = %claim.job, %error, "the end of a job could not be written"),
    }
}

async fn one(store: &Store, means: &JobResources, run: JobClaim) -> JobResult {
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
    JobResult { succeeded, result }
}

/// Returns the name of this process, which distinguishes it from other processes.
pub(super) fn runner() -> String {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    format!("{} {}", host.trim(), std::process::id()).trim().to_owned()
}
