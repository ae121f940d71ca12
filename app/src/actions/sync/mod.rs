//! Actions on syncs: pause a destination, retry failed deliveries, run a job now.

mod pause;
mod replay;
mod run_job;

pub use self::pause::{
    PauseDestination, ResumeDestination, ReviewExpired, pause_destination, resume_destination, review_expired,
};
pub(crate) use self::pause::{one_line, problem, sent};
pub use self::replay::{
    ReplayChosen, ReplayEffect, ReplayEffects, StopReplay, replay_chosen, replay_effect, replay_effects,
    stop_replay,
};
pub use self::run_job::{RunJob, run_job};

use store::Store;
use store::sync::{DestinationRecord, destinations};

use crate::error::{Error, Missing, Result};
use crate::ui::filters::Address;

/// The page that confirms a resume.
const RESUME: &str = "/sync/resume";

/// Returns the URL of the page that confirms that a destination is resumed.
pub fn resume_destination_page(name: &str) -> String {
    Address::new(RESUME).with("destination", name).href()
}

/// Returns the URL of the page that confirms that a workflow, or [`ALL`](super::stop::ALL), is resumed.
pub fn resume_workflow_page(name: &str) -> String {
    Address::new(RESUME).with("workflow", name).href()
}

/// Returns the destination with this name. An unknown name is an error, so that a typo never selects all destinations.
async fn destination(store: &Store, name: &str) -> Result<DestinationRecord> {
    let found = destinations(store).await?.into_iter().find(|destination| destination.name == name);
    found.ok_or(Error::NotFound { what: Missing::Destination })
}
