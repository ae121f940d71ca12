//! Tracks releases by other processes.

use std::sync::Arc;

use service::decide::Pipeline;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// Clears cached workflows after every release in any process, until the token is cancelled. A release that is missed while the
/// database is unavailable does no harm, since the commit checks the epoch itself.
pub async fn run(pipeline: Arc<Pipeline>, mut releases: watch::Receiver<()>, shutdown: CancellationToken) {
    loop {
        tokio::select! {
            changed = releases.changed() => match changed {
                Ok(()) => pipeline.registry().forget(),
                Err(_) => return,
            },
            () = shutdown.cancelled() => return,
        }
    }
}
