//! Computes the impact of a change once per content and live bundles.

use engine::canonical::Digest;
use engine::change::Kind;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use store::changes::{self, ChangeHead};
use store::runs::{self, Run};
use store::{Actor, Store, workflows};

use super::{RunContext, RunHandle, RunKind, Work};
use crate::change::{ChangeImpact, impact};
use crate::error::{Error, Result};

/// Decides the newest leads with and without a change.
pub(super) struct ComputeImpact;

/// A saved change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImpactInput {
    /// The change's number.
    pub change: i64,
    /// The hash of the change's content.
    pub hash: Digest,
}

impl Work for ComputeImpact {
    const KIND: RunKind = RunKind::ChangeImpact;
    type Input = ImpactInput;
    type Checkpoint = ();
    type Output = ChangeImpact;

    async fn run(
        context: &RunContext,
        input: ImpactInput,
        _checkpoint: Option<()>,
        handle: &RunHandle,
    ) -> Result<ChangeImpact> {
        let store = context.pipeline.store().clone();
        let head = changes::head_by_number(&mut *store.pool().acquire().await?, input.change).await?;
        handle.report_progress("Deciding the newest leads", 0, None);
        let before = handle.created_at();
        let compute = async move || {
            let change = changes::by_number(&mut *store.pool().acquire().await?, input.change).await?;
            if change.hash != Some(input.hash) {
                return Err(Error::Invalid("the draft was saved again in the meantime".into()));
            }
            impact(&store, &change, before).await
        };
        context.compute.run_in_turn(head.source_bytes, compute).await?
    }
}

/// Returns the run that computes the impact of a change for its current content and the current live bundles, and creates it if
/// necessary. Returns `None` if the change cannot be read or no live workflow would use it.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn ensure_impact(store: &Store, change: &ChangeHead) -> Result<Option<Run>> {
    let Some(hash) = change.hash else { return Ok(None) };
    let (live, source) = {
        let mut connection = store.pool().acquire().await?;
        let live = workflows::live_with(&mut connection, change.kind, Some(&change.name)).await?;
        if live.is_empty() {
            return Ok(None);
        }
        // Only findings point into the text.
        let source = match change.kind.spec().notes {
            Some(_) => changes::source_digest(&mut connection, change.id).await?,
            None => Vec::new(),
        };
        (live, source)
    };
    let beside: Vec<_> = live.iter().map(|workflow| (&workflow.name, &workflow.version_ids)).collect();
    let key = key(change.kind, &change.name, &hash, &source, &beside)?;
    let input = serde_json::to_value(ImpactInput { change: change.number, hash })?;
    let kind = RunKind::ChangeImpact.into();
    Ok(Some(runs::ensure(store, &Actor::command("impact"), kind, &key, &input).await?))
}

/// The format of the result. An earlier one cannot be read, so the impact is computed again.
const RESULT_FORMAT: u32 = 2;

/// Returns the key of an impact, a hash of everything it depends on: the content, the hash of its text where findings point into it,
/// and the live bundles.
fn key(kind: Kind, name: &str, hash: &Digest, source: &[u8], beside: &impl Serialize) -> Result<String> {
    let parts = (RESULT_FORMAT, kind.to_string(), name, hash, source, beside);
    Ok(hex::encode(Sha256::digest(engine::canonical::bytes(&parts)?)))
}
