//! Actions in the queue: claim a lead, put it back, decide it, undo a decision.

mod claim;
mod decide;
mod filter;

pub use self::claim::{ReleaseLead, TakeLead, release_lead, take_lead};
pub use self::decide::{
    DecideForm, DecideLead, GiveBackLead, OTHER_REASON, REASON_CHARS, REASONS, decide_lead, give_back_lead,
};
pub(super) use self::decide::{is_stopped, plain, suggested};
pub use self::filter::QueueFilter;

use engine::action::Action;
use engine::ids::LeadId;
use store::Store;
use store::queue::{ClaimedByOther, NotWaitingReason, QueueItem};
use store::reads::frame::{WorkflowName, workflow_names};

use crate::context::Request;
use crate::error::{Error, Missing, Result};
use crate::texts::texts;
use crate::ui::clock::Clock;
use crate::ui::{number, words};

/// Returns the lead's place in the queue as a form names it, and all workflows.
pub(super) async fn queue_item(
    store: &Store,
    lead: &str,
    workflow: &str,
) -> Result<(QueueItem, Vec<WorkflowName>)> {
    let not_found = |what| Error::NotFound { what };
    let lead: LeadId = lead.parse().map_err(|_| not_found(Missing::Lead))?;
    let workflows = workflow_names(store).await?;
    let found =
        workflows.iter().find(|known| known.name == workflow).ok_or_else(|| not_found(Missing::Workflow))?;
    Ok((QueueItem { lead, workflow: found.id.into() }, workflows))
}

pub(super) fn clock(request: &Request) -> Clock {
    let zone = request.viewer.as_ref().map_or(chrono_tz::UTC, |viewer| viewer.time_zone);
    Clock { now: request.now, zone }
}

/// Returns who else has claimed a lead: `Claimed by Ruth Osei (4 min left).`
pub fn taken(taken: &ClaimedByOther, clock: Clock) -> String {
    texts().queue_claimed(&taken.by, left(clock, taken.until))
}

/// Returns how long a claim lasts: `4 min left`.
pub fn left(clock: Clock, until: chrono::DateTime<chrono::Utc>) -> String {
    let seconds = (until - clock.now).num_seconds().max(0);
    if seconds < 60 {
        texts().queue_left_soon()
    } else {
        texts().queue_left_minutes(((seconds + 59) / 60).to_string())
    }
}

/// Returns the sentence that explains why a lead is no longer in the queue.
pub fn not_waiting_message(gone: &NotWaitingReason, clock: Clock) -> String {
    match gone {
        NotWaitingReason::Decided { by, action, at, .. } => {
            texts().queue_decided_by(by, clock.in_sentence(*at), decided(*action))
        }
        NotWaitingReason::Again => texts().queue_decided_again(),
        NotWaitingReason::Left => texts().queue_taken_out(),
    }
}

/// Returns a decided action in the middle of a sentence.
pub fn decided(action: Action) -> String {
    words::action_done(action).to_lowercase()
}

/// Returns a number of leads in the queue. A `+` marks a count that stopped at the limit.
pub fn count(n: i64) -> String {
    if n > store::queue::COUNTED {
        format!("{}+", number::count(store::queue::COUNTED))
    } else {
        number::count(n)
    }
}
