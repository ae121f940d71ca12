//! Runs: long work with progress that people can watch and cancel, done by one process at a time.
//!
//! A kind of run is a [`Work`]: a typed input, a typed result, and what happens when the process that worked on it ends: it
//! resumes from its last checkpoint, or starts over. Either way the result is the same. [`execute`] drives one run.

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
pub use self::kind::{AfterRestart, RunKind};
pub use self::replay_decisions::ReplayDecisions;
pub use self::replay_deliveries::{DeliveriesReplayed, ReplayDeliveries, ReplayDeliveriesInput};
pub use self::slots::{WorkSlot, WorkSlots};
use crate::decide::Pipeline;
use crate::error::Result;

/// What runs need. Cheap to clone.
#[derive(Clone)]
pub struct RunContext {
    /// The way of a lead.
    pub pipeline: Arc<Pipeline>,
    /// The folder for files that people upload, which all processes share; without it nothing is imported from the browser.
    pub data_dir: Option<PathBuf>,
    /// Room for heavy work, which runs share with slow figures.
    pub slots: WorkSlots,
}

/// A kind of run.
pub trait Work {
    /// Its kind.
    const KIND: RunKind;
    /// What it works on.
    type Input: Serialize + DeserializeOwned + Send;
    /// Where it got to; `()` for a kind that starts over.
    type Checkpoint: DeserializeOwned + Send;
    /// What it finds or does.
    type Output: Serialize + DeserializeOwned;

    /// Does the work, from a checkpoint if there is one. It asks the handle now and then whether to go on.
    fn run(
        context: &RunContext,
        input: Self::Input,
        checkpoint: Option<Self::Checkpoint>,
        handle: &RunHandle,
    ) -> impl Future<Output = Result<Self::Output>> + Send;

    /// Tidies up once the result is stored; may be left out when the process ends.
    fn tidy(context: &RunContext, input: &Self::Input) -> impl Future<Output = ()> + Send {
        let _ = (context, input);
        std::future::ready(())
    }
}

/// Starts a run of a kind for a person; returns its id.
///
/// # Errors
/// [`store::Error::Repeated`] when the actor's form was sent before.
pub async fn start<W: Work>(store: &Store, actor: &Actor, input: &W::Input) -> Result<Uuid> {
    let input = serde_json::to_value(input)?;
    let mut tx = store.pool().begin().await?;
    let id =
        runs::start(&mut tx, actor, NewRun { kind: W::KIND.into(), work_key: None, input: &input }).await?;
    tx.commit().await?;
    Ok(id)
}
