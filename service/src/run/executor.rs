//! Drives one run: sends its heartbeat, stores its result, and stops it early if necessary.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value as Json;
use store::Store;
use store::runs::{self, RunClaim, RunResult};
use tokio::time::{Instant, MissedTickBehavior};
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use super::impact::ComputeImpact;
use super::import::ImportFile;
use super::{ReplayDecisions, ReplayDeliveries, RestartPolicy, RunContext, RunHandle, RunKind, Work};
use crate::error::{Error, Result};

/// How long a process keeps a run without a heartbeat before another process resumes it.
pub const LEASE: Duration = Duration::from_secs(20);
/// The interval between heartbeats, and thus the delay before a run notices its cancellation.
const HEARTBEAT: Duration = Duration::from_secs(1);
/// How long the work may take to stop on request before it is aborted.
const STOP_WITHIN: Duration = Duration::from_secs(10);
/// Maximum number of attempts to begin a run. A run that exceeds it is more likely to crash processes than to be unlucky.
const ATTEMPTS: i32 = 100;

/// The reason for a request to stop.
#[derive(Clone, Copy, PartialEq, Eq)]
enum StopReason {
    Cancelled,
    Shutdown,
}

/// Works on a run until it ends, is cancelled, is taken over, or the process stops.
///
/// # Errors
/// Returns an error if the database fails. Another process then takes the run over.
pub async fn execute(
    context: &RunContext,
    claim: RunClaim,
    shutdown: &CancellationToken,
) -> store::Result<()> {
    let store = context.pipeline.store().clone();
    let Ok(kind) = claim.kind.parse::<RunKind>() else { return Ok(()) };
    if claim.is_cancelled {
        runs::finish(&store, &claim, &RunResult::Cancelled).await?;
        return Ok(());
    }
    if claim.attempts > ATTEMPTS {
        let said = format!("Gave up: {ATTEMPTS} processes began this and none came to its end.");
        runs::finish(&store, &claim, &RunResult::Failed(said)).await?;
        return Ok(());
    }
    let handle = Arc::new(RunHandle::new(store.clone(), claim.clone()));
    let task = tokio::spawn(work(context.clone(), kind, claim.clone(), handle.clone()));
    let mut task = AbortOnDropHandle::new(task);
    let mut driver =
        Driver { store: &store, claim: &claim, handle: &handle, heard: Instant::now(), stopped: None };
    let mut heartbeat = tokio::time::interval(HEARTBEAT);
    heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let ended = loop {
        tokio::select! {
            ended = &mut task => break ended,
            _ = heartbeat.tick() => if !driver.beat().await {
                tracing::warn!(run = %claim.id, "another process has taken the run over");
                return Ok(());
            },
            () = shutdown.cancelled(), if driver.stopped.is_none() => driver.stop(StopReason::Shutdown),
            () = driver.patience() => break Ok(Err(Error::Interrupted)),
        }
    };
    drop(task);
    // Saves the final progress so that readers see it next to the result.
    driver.beat().await;
    let ending = match (ended, driver.stopped.map(|(reason, _)| reason)) {
        (Ok(Ok(result)), _) => RunResult::Done(result),
        (Ok(Err(_)), Some(StopReason::Cancelled)) => RunResult::Cancelled,
        (Ok(Err(_)), Some(StopReason::Shutdown)) => return runs::hand_back(&store, &claim).await,
        (Ok(Err(Error::Store(error))), None) if is_passing(&error) => return Err(error),
        (Ok(Err(error)), None) => RunResult::Failed(failure_message(kind, &error)),
        (Err(_), _) => RunResult::Failed("It failed inside Meshline; the log says where.".into()),
    };
    end(context, kind, &claim, &ending).await
}

/// Stores the result of a run, and cleans up after a successful one.
async fn end(context: &RunContext, kind: RunKind, claim: &RunClaim, ending: &RunResult) -> store::Result<()> {
    let outcome = match ending {
        RunResult::Done(_) => "done",
        RunResult::Failed(_) => "failed",
        RunResult::Cancelled => "cancelled",
    };
    metrics::counter!("meshline_runs_total", "kind" => kind.to_string(), "result" => outcome).increment(1);
    let counted = runs::finish(context.pipeline.store(), claim, ending).await?;
    if counted && matches!(ending, RunResult::Done(_)) {
        tidy(context, kind, claim).await;
    }
    Ok(())
}

struct Driver<'a> {
    store: &'a Store,
    claim: &'a RunClaim,
    handle: &'a RunHandle,
    /// The instant at which the database last confirmed the lease.
    heard: Instant,
    /// The reason and the instant of the request to stop, if there was one.
    stopped: Option<(StopReason, Instant)>,
}

impl Driver<'_> {
    /// Renews the lease and saves the progress. Returns whether this process still holds the run.
    async fn beat(&mut self) -> bool {
        match runs::heartbeat(self.store, self.claim, &self.handle.progress(), LEASE).await {
            Ok(Some(is_cancelled)) => {
                self.heard = Instant::now();
                if is_cancelled && self.stopped.is_none() {
                    self.stop(StopReason::Cancelled);
                }
                true
            }
            Ok(None) => false,
            Err(error) => {
                tracing::debug!(run = %self.claim.id, %error, "no heartbeat");
                self.heard.elapsed() < LEASE
            }
        }
    }

    fn stop(&mut self, reason: StopReason) {
        self.stopped = Some((reason, Instant::now()));
        self.handle.stop();
    }

    /// Completes once the work has failed to stop within its time limit.
    async fn patience(&self) {
        match self.stopped {
            Some((_, since)) => tokio::time::sleep_until(since + STOP_WITHIN).await,
            None => std::future::pending().await,
        }
    }
}

async fn work(context: RunContext, kind: RunKind, claim: RunClaim, handle: Arc<RunHandle>) -> Result<Json> {
    match kind {
        RunKind::ReplayDecisions => drive::<ReplayDecisions>(&context, claim, &handle).await,
        RunKind::ReplayDeliveries => drive::<ReplayDeliveries>(&context, claim, &handle).await,
        RunKind::ChangeImpact => Box::pin(drive::<ComputeImpact>(&context, claim, &handle)).await,
        RunKind::Import => Box::pin(drive::<ImportFile>(&context, claim, &handle)).await,
    }
}

async fn drive<W: Work>(context: &RunContext, claim: RunClaim, handle: &RunHandle) -> Result<Json> {
    let input: W::Input = serde_json::from_value(claim.input)?;
    let checkpoint = match W::KIND.after_restart() {
        RestartPolicy::Resumes => claim.checkpoint.map(serde_json::from_value).transpose()?,
        RestartPolicy::StartsOver => None,
    };
    Ok(serde_json::to_value(W::run(context, input, checkpoint, handle).await?)?)
}

async fn tidy(context: &RunContext, kind: RunKind, claim: &RunClaim) {
    match kind {
        RunKind::ReplayDecisions => tidy_up::<ReplayDecisions>(context, claim).await,
        RunKind::ReplayDeliveries => tidy_up::<ReplayDeliveries>(context, claim).await,
        RunKind::ChangeImpact => tidy_up::<ComputeImpact>(context, claim).await,
        RunKind::Import => tidy_up::<ImportFile>(context, claim).await,
    }
}

async fn tidy_up<W: Work>(context: &RunContext, claim: &RunClaim) {
    if let Ok(input) = serde_json::from_value(claim.input.clone()) {
        W::tidy(context, &input).await;
    }
}

/// Returns whether the error is temporary, so that another process may succeed.
fn is_passing(error: &store::Error) -> bool {
    error.is_transient() || matches!(error, store::Error::Unavailable(_) | store::Error::Suspended(_))
}

/// Describes why a run failed. Errors of the database or the disk go only to the log, since they may contain row values or paths.
fn failure_message(kind: RunKind, error: &Error) -> String {
    match error {
        Error::Invalid(_) | Error::InvalidFile { .. } => sentence(&error.to_string()),
        Error::Store(store::Error::NotFound(_) | store::Error::Refused(_)) => sentence(&error.to_string()),
        Error::Unreadable(_) => {
            tracing::error!(%kind, %error, "a file could not be read to its end");
            sentence(&error.to_string())
        }
        Error::File { .. } | Error::Store(_) | Error::Busy | Error::Interrupted => {
            tracing::error!(%kind, %error, "a run failed");
            "It failed inside Meshline; the log says where.".into()
        }
    }
}

fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", letters.as_str().trim_end_matches('.'))
}
