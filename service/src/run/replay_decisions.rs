//! Replays stored decisions, all or those of one workflow.

use super::{RunContext, RunHandle, RunKind, Work};
use crate::decide::{ReplayRange, ReplayReport};
use crate::error::Result;

/// Replays stored decisions and compares the results.
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
        // Excludes decisions made during the run, so that the result does not depend on its duration.
        let range = ReplayRange { before: Some(range.before.unwrap_or(handle.created_at())), ..range };
        let mut report = checkpoint.unwrap_or_default();
        let total = context.pipeline.count_decisions(&range).await?;
        loop {
            handle.report_progress("Comparing decisions", report.checked(), Some(total));
            handle.check()?;
            if !context.pipeline.replay_next(&range, &mut report).await? {
                return Ok(report);
            }
            handle.save(&report).await?;
        }
    }
}
