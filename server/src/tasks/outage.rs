//! Retries while the database is unavailable, and logs the outage once.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

/// Maximum delay between two attempts, and thus before work resumes once the database has recovered.
const LONGEST: Duration = Duration::from_secs(5);

/// The number of consecutive failures.
#[derive(Default)]
pub(super) struct DatabaseOutage {
    failures: u32,
}

impl DatabaseOutage {
    /// Records a failure. Logs the first one, and waits longer after each.
    pub(super) async fn wait(&mut self, what: &'static str, error: &store::Error, stop: &CancellationToken) {
        if self.failures == 0 {
            tracing::error!(error = %error, "{what} failed; it is tried again until it works");
        }
        let wait = LONGEST.min(Duration::from_millis(100) * 2_u32.pow(self.failures.min(8)));
        self.failures += 1;
        tokio::select! {
            () = tokio::time::sleep(wait.mul_f64(0.5 + rand::random::<f64>() / 2.0)) => {}
            () = stop.cancelled() => {}
        }
    }

    /// Records a success, and logs the recovery after failures.
    pub(super) fn over(&mut self, what: &'static str) {
        if self.failures > 0 {
            tracing::info!(failures = self.failures, "{what} works again");
            self.failures = 0;
        }
    }
}
