//! Hears of releases made by other processes.

use std::sync::Arc;
use std::time::Duration;

use sqlx::postgres::PgListener;
use store::ingest::RELEASE_CHANNEL;
use tokio_util::sync::CancellationToken;

use service::decide::Pipeline;

/// Forgets what was read of workflows whenever something is released anywhere. A release that is missed while the
/// database is away does no harm: the commit checks the epoch itself, and everything is forgotten on reconnecting.
pub async fn listen(pipeline: Arc<Pipeline>, shutdown: CancellationToken) {
    while !shutdown.is_cancelled() {
        let heard = tokio::select! {
            () = shutdown.cancelled() => return,
            heard = hear(&pipeline) => heard,
        };
        if let Err(error) = heard {
            tracing::warn!(%error, "not hearing of releases; trying again");
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

async fn hear(pipeline: &Pipeline) -> sqlx::Result<()> {
    let mut listener = PgListener::connect_with(pipeline.store().pool()).await?;
    listener.listen(RELEASE_CHANNEL).await?;
    pipeline.registry().forget();
    while listener.try_recv().await?.is_some() {
        pipeline.registry().forget();
    }
    Ok(())
}
