//! Deciding stored decisions again, all or those of a workflow.

use super::{RunContext, RunHandle, RunKind, Work};
use crate::decide::{ReplayRange, ReplayReport};
use crate::error::Result;

/// Decides stored decisions again and compares.
pub struct ReplayDecisions;

impl Work for ReplayDecisions {
    const KIND: RunKind = RunKind::ReplayDecisions;
    type Input = ReplayRange;
    type Checkpoint = ReplayReport;
    type Output = ReplayReport;

    async fn run(
        context: &RunContext,
        range: ReplayRange,
        checkpoint: Option<ReplayReport>,
        handle: &RunHandle,
    ) -> Result<ReplayReport> {
        // Decisions made meanwhile are left out, so that the result does not depend on how long it took.
        let range = ReplayRange { before: Some(range.before.unwrap_or(handle.created_at())), ..range };
        let mut report = checkpoint.unwrap_or_default();
        let total = context.pipeline.count_decisions(&range).await?;
        loop {
            handle.tell("Comparing decisions", report.checked(), Some(total));
            handle.check()?;
            if !context.pipeline.replay_next(&range, &mut report).await? {
                return Ok(report);
            }
            handle.save(&report).await?;
        }
    }
}
