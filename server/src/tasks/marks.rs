//! Notifies open pages of changes that are too frequent for a notification in each transaction.

use std::time::Duration;

use store::Store;
use tokio_util::sync::CancellationToken;

use crate::tasks::outage::DatabaseOutage;

/// Interval between notifications. A page that changes more often is unreadable.
const FLUSH_EVERY: Duration = Duration::from_millis(300);

/// Sends notifications for marked topics until the token is cancelled.
pub async fn run(store: Store, shutdown: CancellationToken) {
    let mut trouble = DatabaseOutage::default();
    while !shutdown.is_cancelled() {
        match store.flush_marks().await {
            Ok(_) => {
                trouble.over("telling open pages of changes");
                tokio::select! {
                    () = tokio::time::sleep(FLUSH_EVERY) => {}
                    () = shutdown.cancelled() => {}
                }
            }
            Err(error) => trouble.wait("telling open pages of changes", &error, &shutdown).await,
        }
    }
}
