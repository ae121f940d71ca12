//! What people do about syncs: hold a destination back, try again what failed, run a job at once.

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

/// The destination with this name. One that is not there is an error and never stands for all of them.
async fn destination(store: &Store, name: &str) -> Result<DestinationRecord> {
    let found = destinations(store).await?.into_iter().find(|destination| destination.name == name);
    found.ok_or_else(|| Error::NotFound { what: "destination".into() })
}
