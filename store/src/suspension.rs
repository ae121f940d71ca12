//! Why a process neither decides nor delivers at the moment.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use engine::control::continuity::HighWaterMark;
use tokio::sync::Notify;

/// The reason why a process neither decides nor delivers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Suspension {
    /// Commits are missing.
    #[error(
        "The database went back in time: commits that Meshline confirmed are missing. It was restored from a backup, or a \
         replica took over without the last commits. Run `meshline recovered` to continue from here."
    )]
    WentBack,
    /// The database is at another place, and there is nothing to compare it with.
    #[error(
        "The database was restored or moved, and the data directory has no record that shows whether commits are missing. \
         Run `meshline recovered` to continue from here."
    )]
    Unknown,
    /// The database is at another place, and the process has not compared it yet.
    #[error(
        "The database was restored or moved, and `meshline serve` has not checked it yet. Try again in a few seconds."
    )]
    Moved,
    /// The clocks differ by more than [`crate::installation::CLOCK_TOLERANCE`].
    #[error("The clock of this machine is {} the clock of the database. Synchronize both clocks.", difference(*.ahead_seconds))]
    Clock {
        /// How far the process is ahead, in seconds; negative if it is behind.
        ahead_seconds: i64,
    },
}

/// Returns a difference in words, such as `3 minutes ahead of`.
fn difference(ahead_seconds: i64) -> String {
    let seconds = ahead_seconds.unsigned_abs();
    let (count, unit) = match seconds {
        172_800.. => (seconds / 86_400, "days"),
        7_200.. => (seconds / 3_600, "hours"),
        120.. => (seconds / 60, "minutes"),
        _ => (seconds, "seconds"),
    };
    format!("{count} {unit} {}", if ahead_seconds < 0 { "behind" } else { "ahead of" })
}

/// What a process knows of its database. Cheap to clone.
#[derive(Clone, Default)]
pub(crate) struct ProcessState {
    known: Arc<Mutex<Known>>,
    /// Wakes the task that compares the database.
    pub(crate) in_doubt: Arc<Notify>,
}

/// What a process knows of its database.
#[derive(Default)]
pub(crate) struct Known {
    /// The last heartbeat.
    pub(crate) mark: Option<HighWaterMark>,
    /// Why the database does not continue where it was.
    pub(crate) continuity: Option<Suspension>,
    /// Why the clock cannot be trusted.
    pub(crate) clock: Option<Suspension>,
}

impl ProcessState {
    /// Returns the knowledge, for one look or change.
    pub(crate) fn lock(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
