//! Claims runs and works on them.

use std::time::Duration;

use service::run::{self, RunContext, RunKind};
use store::runs;
use strum::VariantArray as _;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::outage::DatabaseOutage;
use super::schedule::runner;
use crate::signals::Signals;

/// Maximum delay of a run whose notification was lost.
const POLL: Duration = Duration::from_secs(2);

/// Works on runs until the token is cancelled: on at most two at a time, and on at most one long run, so that a short run that a
/// person waits for is never blocked by two imports. Each run occupies one of the process's slots.
pub async fn run(context: RunContext, signals: Signals, shutdown: CancellationToken) {
    let all: Vec<&str> = RunKind::VARIANTS.iter().map(Into::into).collect();
    let short: Vec<&str> = RunKind::VARIANTS.iter().filter(|kind| !kind.is_long()).map(Into::into).collect();
    tokio::join!(
        work(&context, &all, signals.runs(), &shutdown),
        work(&context, &short, signals.runs(), &shutdown),
    );
}

/// Works on runs of these kinds, one after another.
async fn work(
    context: &RunContext,
    kinds: &[&str],
    mut heard: watch::Receiver<()>,
    shutdown: &CancellationToken,
) {
    let store = context.pipeline.store();
    let mut trouble = DatabaseOutage::default();
    let runner = runner();
    while !shutdown.is_cancelled() {
        let slot = tokio::select! {
            slot = context.slots.take() => slot,
            () = shutdown.cancelled() => return,
        };
        heard.mark_unchanged();
        let worked = match runs::claim(store, &runner, kinds, run::LEASE).await {
            Ok(Some(claim)) => Box::pin(run::execute(context, claim, shutdown)).await.map(|()| true),
            Ok(None) => Ok(false),
            Err(error) => Err(error),
        };
        // Frees the slot while there is nothing to do.
        drop(slot);
        match worked {
            Ok(true) => trouble.over("working on runs"),
            Ok(false) => {
                trouble.over("working on runs");
                tokio::select! {
                    () = tokio::time::sleep(POLL) => {}
                    _ = heard.changed() => {}
                    () = shutdown.cancelled() => {}
                }
            }
            Err(error) => trouble.wait("working on runs", &error, shutdown).await,
        }
    }
}
