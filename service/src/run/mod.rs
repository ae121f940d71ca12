//! Runs: long work with visible progress that people can cancel, performed by one process at a time.
//!
//! A kind of run is a [`Work`]: a typed input, a typed result, and a policy for the end of its process. It either resumes from
//! its last checkpoint or starts over, with the same result. [`execute`] drives one run.

mod executor;
mod handle;
mod impact;
mod import;
mod kind;
mod replay_decisions;
mod replay_deliveries;
mod slots;

use std::future::Future;
use std::path::PathBuf;
use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;
use store::runs::{self, NewRun};
use store::{Actor, Store};
use uuid::Uuid;

pub use self::executor::{LEASE, execute};
pub use self::handle::RunHandle;
pub use self::impact::{ImpactInput, ensure_impact};
pub use self::import::{ImportInput, retry_import, start_import};
pub use self::kind::{RestartPolicy, RunKind};
pub use self::replay_decisions::ReplayDecisions;
pub use self::replay_deliveries::{ReplayDeliveries, ReplayDeliveriesInput, ReplayDeliveriesResult};
pub use self::slots::{WorkSlot, WorkSlots};
use crate::compute::ComputeSlots;
use crate::decide::Pipeline;
use crate::error::Result;

/// The dependencies of runs. Cheap to clone.
#[derive(Clone)]
pub struct RunContext {
    /// The decision pipeline.
    pub pipeline: Arc<Pipeline>,
    /// The folder for uploaded files, shared by all processes. Without it, files cannot be imported from the browser.
    pub data_dir: Option<PathBuf>,
    /// The slots for heavy work, shared by runs and slow figures.
    pub slots: WorkSlots,
    /// The slots for reading and comparing content, shared with the pages that do.
    pub compute: ComputeSlots,
}

/// The work of one kind of run.
pub trait Work {
    /// The kind of run.
    const KIND: RunKind;
    /// The input of the work.
    type Input: Serialize + DeserializeOwned + Send;
    /// The saved progress. `()` for a kind that starts over.
    type Checkpoint: DeserializeOwned + Send;
    /// The result of the work.
    type Output: Serialize + DeserializeOwned;

    /// Does the work, from a checkpoint if there is one. Must check the handle regularly for a request to stop.
    fn run(
        context: &RunContext,
        input: Self::Input,
        checkpoint: Option<Self::Checkpoint>,
        handle: &RunHandle,
    ) -> impl Future<Output = Result<Self::Output>> + Send;

    /// Cleans up once the result is stored. Skipped if the process ends first.
    fn tidy(context: &RunContext, input: &Self::Input) -> impl Future<Output = ()> + Send {
        let _ = (context, input);
        std::future::ready(())
    }
}

/// Starts a run for a person and returns its id.
///
/// # Errors
/// Returns [`store::Error::Repeated`] if the actor's form was sent before.
pub async fn start<W: Work>(store: &Store, actor: &Actor, input: &W::Input) -> Result<Uuid> {
    let input = serde_json::to_value(input)?;
    let mut tx = store.begin().await?;
    let id =
        runs::start(&mut tx, actor, NewRun { kind: W::KIND.into(), work_key: None, input: &input }).await?;
    tx.commit().await?;
    Ok(id)
}
