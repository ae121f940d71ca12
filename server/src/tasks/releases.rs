//! Keeps up with releases made by other processes.

use std::sync::Arc;

use service::decide::Pipeline;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// Forgets what was read of workflows whenever something is released anywhere, until the token is cancelled. A release
/// that is missed while the database is away does no harm: the commit checks the epoch itself.
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
