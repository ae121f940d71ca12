//! Replays many stored decisions, batch by batch.

use chrono::{DateTime, Utc};
use engine::ids::DecisionId;
use futures::stream::{self, StreamExt as _, TryStreamExt as _};
use serde::{Deserialize, Serialize};
use store::reads::replays::{self, DecisionRange};

use super::Pipeline;

/// Number of decisions per batch.
const BATCH: i64 = 200;
/// Number of decisions to read concurrently. Each takes one or two statements.
const AT_ONCE: usize = 4;
/// Maximum number of differences to list.
const NAMED: usize = 20;

/// Selects stored decisions.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplayRange {
    /// The name of the workflow, or `None` for all workflows.
    pub workflow: Option<String>,
    /// Only decisions on events from this instant or later.
    pub from: Option<DateTime<Utc>>,
    /// Only decisions on events before this instant.
    pub before: Option<DateTime<Utc>>,
}

/// The result of replaying many decisions.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplayReport {
    /// The number of decisions with the same result, byte for byte.
    pub same: u64,
    /// The number of decisions that are no longer comparable, since the person was erased.
    pub erased: u64,
    /// The number of decisions with a different result.
    pub different: u64,
    /// The first differences.
    pub differences: Vec<ReplayDifference>,
    /// The last decision compared.
    after: Option<DecisionId>,
}

/// A decision whose replay differs. The values may contain personal data, so the report names only the part and a single replay
/// shows the values.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplayDifference {
    /// The decision's id.
    pub decision_id: DecisionId,
    /// The first part that differs, for example `action`.
    pub part: String,
}

impl ReplayReport {
    /// Returns how many decisions were compared or found erased.
    pub fn checked(&self) -> u64 {
        self.same + self.erased + self.different
    }
}

impl Pipeline {
    /// Returns the number of decisions in a range.
    ///
    /// # Errors
    /// Returns an error if the database fails.
    pub async fn count_decisions(&self, range: &ReplayRange) -> store::Result<u64> {
        replays::count(self.store(), &stored(range)).await
    }

    /// Replays the next decisions of a range and adds them to the report. Returns whether there were any.
    ///
    /// # Errors
    /// Returns an error if the database fails.
    pub async fn replay_next(&self, range: &ReplayRange, report: &mut ReplayReport) -> store::Result<bool> {
        let ids = replays::ids(self.store(), &stored(range), report.after, BATCH).await?;
        let Some(last) = ids.last().copied() else { return Ok(false) };
        let replays =
            stream::iter(ids).map(|id| async move { Ok::<_, store::Error>((id, self.replay(id).await?)) });
        let mut replays = std::pin::pin!(replays.buffered(AT_ONCE));
        while let Some((decision_id, replay)) = replays.try_next().await? {
            match (replay.same, replay.difference) {
                (Some(true), _) => report.same += 1,
                (None, _) => report.erased += 1,
                (Some(false), difference) => {
                    report.different += 1;
                    if report.differences.len() < NAMED {
                        let part = difference.as_ref().and_then(|difference| difference["part"].as_str());
                        let part = part.unwrap_or_default().to_owned();
                        report.differences.push(ReplayDifference { decision_id, part });
                    }
                }
            }
        }
        report.after = Some(last);
        Ok(true)
    }
}

fn stored(range: &ReplayRange) -> DecisionRange<'_> {
    DecisionRange { workflow: range.workflow.as_deref(), from: range.from, before: range.before }
}
