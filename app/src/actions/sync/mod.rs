//! Actions on syncs: pause a destination, retry failed deliveries, run a job now.

mod pause;
mod replay;
mod run_job;

pub use self::pause::{PauseDestination, ResumeDestination, pause_destination, resume_destination};
pub use self::replay::{
    ReplayChosen, ReplayEffect, ReplayEffects, StopReplay, replay_chosen, replay_effect, replay_effects,
    stop_replay,
};
pub use self::run_job::{RunJob, run_job};

use store::Store;
use store::sync::{DestinationRecord, destinations};

use crate::error::{Error, Result};

/// Returns the destination with this name. An unknown name is an error, so that a typo never selects all destinations.
async fn destination(store: &Store, name: &str) -> Result<DestinationRecord> {
    let found = destinations(store).await?.into_iter().find(|destination| destination.name == name);
    found.ok_or_else(|| Error::NotFound { what: "destination".into() })
}
