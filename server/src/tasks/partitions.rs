//! Makes the coming months' partitions.

use std::time::Duration;

use chrono::Utc;
use tokio_util::sync::CancellationToken;

use crate::tasks::trouble::Trouble;

/// Partitions are made a quarter ahead; once an hour leaves room for a long outage.
const EVERY: Duration = Duration::from_secs(3600);

pub(super) async fn run(database_url: String, shutdown: CancellationToken) {
    let mut trouble = Trouble::default();
    while !shutdown.is_cancelled() {
        let now = Utc::now();
        match store::migrate::make_partitions(&database_url, now, now).await {
            Ok(made) => {
                trouble.over("making partitions");
                if made > 0 {
                    tracing::info!(made, "partitions made");
                }
                tokio::select! {
                    () = tokio::time::sleep(EVERY) => {}
                    () = shutdown.cancelled() => {}
                }
            }
            Err(error) => trouble.wait("making partitions", &error, &shutdown).await,
        }
    }
}
