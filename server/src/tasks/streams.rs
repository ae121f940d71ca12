//! Ends event streams whose session has ended, in this process or another one.

use std::time::Duration;

use store::Store;
use store::people::sessions;
use tokio_util::sync::CancellationToken;

use crate::http::SessionStreams;
use crate::tasks::outage::DatabaseOutage;

/// Interval between checks, and thus for how long a stream outlives its session.
const CHECK_EVERY: Duration = Duration::from_secs(2);

/// Checks the sessions of open streams until the token is cancelled.
pub async fn run(store: Store, streams: SessionStreams, shutdown: CancellationToken) {
    let mut outage = DatabaseOutage::default();
    while !shutdown.is_cancelled() {
        match check(&store, &streams).await {
            Ok(()) => {
                outage.over("checking the sessions of open pages");
                tokio::select! {
                    () = tokio::time::sleep(CHECK_EVERY) => {}
                    () = shutdown.cancelled() => {}
                }
            }
            Err(error) => outage.wait("checking the sessions of open pages", &error, &shutdown).await,
        }
    }
}

async fn check(store: &Store, streams: &SessionStreams) -> store::Result<()> {
    let asked = streams.sessions();
    if !asked.is_empty() {
        let remaining = sessions::unexpired_of(store, &asked, chrono::Utc::now()).await?;
        streams.end_all_except(&asked, &remaining);
    }
    Ok(())
}
