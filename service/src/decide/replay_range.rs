//! Deciding many stored decisions again, batch by batch.

use chrono::{DateTime, Utc};
use engine::ids::DecisionId;
use futures::stream::{self, StreamExt as _, TryStreamExt as _};
use serde::{Deserialize, Serialize};
use store::reads::replays::{self, DecisionRange};

use super::Pipeline;

/// Decisions of a batch.
const BATCH: i64 = 200;
/// Decisions that are read at a time; each takes a statement or two.
const AT_ONCE: usize = 4;
/// Differences that are named.
const NAMED: usize = 20;

/// Which stored decisions.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplayRange {
    /// Of this workflow, by name; of all without it.
    pub workflow: Option<String>,
    /// About what came at this instant or later.
    pub from: Option<DateTime<Utc>>,
    /// About what came before this instant.
    pub before: Option<DateTime<Utc>>,
}

/// What deciding many decisions again came to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplayReport {
    /// Decisions that come out the same, byte for byte.
    pub same: u64,
    /// Decisions that cannot be compared any more, since the person was erased.
    pub erased: u64,
    /// Decisions that come out differently.
    pub different: u64,
    /// The first of these.
    pub differences: Vec<ReplayDifference>,
    /// The last decision that was compared.
    after: Option<DecisionId>,
}

/// A decision that comes out differently. What differs may tell of a person, so it is told where it is asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplayDifference {
    /// The decision.
    pub decision_id: DecisionId,
    /// Its first part that differs, for example `action`.
    pub part: String,
}

impl ReplayReport {
    /// Returns how many decisions were compared, or found erased.
    pub fn checked(&self) -> u64 {
        self.same + self.erased + self.different
    }
}

impl Pipeline {
    /// Returns how many decisions a range has.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn count_decisions(&self, range: &ReplayRange) -> store::Result<u64> {
        replays::count(self.store(), &stored(range)).await
    }

    /// Decides the next decisions of a range again and adds to the report; returns whether there were any.
    ///
    /// # Errors
    /// When the database fails.
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
