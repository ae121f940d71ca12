//! Waiting out a database that is away, and telling about it once.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

/// The longest wait between two tries: how late work goes on once the database is back.
const LONGEST: Duration = Duration::from_secs(5);

/// How long the trouble has lasted.
#[derive(Default)]
pub(super) struct Trouble {
    failures: u32,
}

impl Trouble {
    /// It failed: tells it when it is the first time, and waits longer each time.
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

    /// It worked.
    pub(super) fn over(&mut self, what: &'static str) {
        if self.failures > 0 {
            tracing::info!(failures = self.failures, "{what} works again");
            self.failures = 0;
        }
    }
}
