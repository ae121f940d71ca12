//! The queue: leads that wait for a person, who has claimed them, and the verdicts that people give.
//!
//! `service::decide::verdict` commits verdicts; (decision, turn) is unique.

mod answers;
mod claims;
mod list;
mod write;

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use engine::action::Action;
pub use engine::effect::VerdictKind as Kind;
use engine::ids::{DecisionId, LeadId, WorkflowId};
use serde_json::Value as Json;
use uuid::Uuid;

pub(crate) use answers::ASSIGNMENT;
pub use answers::{
    AssignedLead, Assignment, LockedState, Rejection, assigned, insert_return, lock_state, record_answer,
    rejection,
};
pub use claims::{ClaimResult, claim, claim_next, release, release_all, renew, taken};
pub use list::{
    COUNTED, LIST_ROWS, NotWaitingReason, PastVerdict, QueueClaim, QueueListFilter, WaitingLead, claim_of,
    count, decided_since, last_by, not_waiting_reason, not_waiting_reason_now, oldest, pool_state, since,
    verdicts_of, waiting,
};

pub use write::{
    LastVerdict, NewVerdict, StandingVerdict, WaitingState, address, close, insert_override, insert_verdict,
    is_assigned_elsewhere, leave, lock_last_verdict, newest_decision, pool_of_decision, reason_of, replaced,
    reported, requeue, standing, takes_leads,
};

/// How long a claim lasts without activity: long enough to read the lead and call the company, short enough that an
/// abandoned lead becomes free before another person has to ask for it.
pub const CLAIM: TimeDelta = TimeDelta::minutes(10);

/// How long the person who gave a verdict can undo it. Slips are noticed at once, and other people's work on the
/// verdict should not be undone under their hands.
pub const TAKE_BACK: TimeDelta = TimeDelta::minutes(2);

/// A lead in a workflow, which is the unit of the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QueueItem {
    /// The lead.
    pub lead: LeadId,
    /// The workflow.
    pub workflow: WorkflowId,
}

/// A person's verdict on a lead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The lead and its workflow.
    pub place: QueueItem,
    /// The decision that the person saw.
    pub decision: DecisionId,
    /// The verdict or decision that counted when the person looked, if they may change the decision about a lead that does
    /// not wait.
    pub seen: Option<Uuid>,
    /// Kind of verdict.
    pub kind: Kind,
    /// The chosen action; [`Action::Reject`] if it disqualifies the lead.
    pub action: Action,
    /// Further parameters of the action if the rules suggested it, for example a meeting or a stage.
    pub parameters: BTreeMap<String, Json>,
    /// Address of the person who receives the lead.
    pub assignee: Option<String>,
    /// Name of the pool that is charged for the turn.
    pub pool: Option<String>,
    /// Reason; required unless the person agrees with the rules.
    pub reason: Option<String>,
}

/// Indicates that another person has claimed the lead.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct ClaimedByOther {
    /// The person's display name.
    pub by: String,
    /// When the claim expires without further activity.
    pub until: DateTime<Utc>,
}
