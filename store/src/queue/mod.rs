//! The queue: leads that wait for a person. Who has one open, and what people decide.
//!
//! A verdict is committed by `service::decide::verdict`; (decision, turn) is unique.

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

pub(crate) use answers::ASSIGNMENT;
pub use answers::{
    AssignedLead, Assignment, LockedState, Rejection, assigned, insert_return, lock_state, record_answer,
    rejection,
};
pub use claims::{Claimed, claim, claim_next, release, release_all, renew, taken};
pub use list::{
    COUNTED, Claim, Filter, Gone, LIST_ROWS, Past, Waiting, claim_of, count, decided_since, gone, gone_now,
    last_by, oldest, pool_state, since, verdicts_of, waiting,
};

pub use write::{
    LastVerdict, NewVerdict, WaitingState, address, insert_override, insert_verdict, is_assigned_elsewhere,
    leave, lock_last_verdict, lock_waiting, newest_decision, pool_of_decision, requeue, takes_leads,
};

/// How long a lead is somebody's without a sign of them: enough to read it and call up the company, short enough that one
/// left open is free again before anybody has to ask for it.
pub const CLAIM: TimeDelta = TimeDelta::minutes(10);

/// How long a verdict can be taken back by who gave it: a slip is noticed at once, and what others do about the verdict
/// should not be undone under their hands.
pub const TAKE_BACK: TimeDelta = TimeDelta::minutes(2);

/// A lead in a workflow: what waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The lead.
    pub lead: LeadId,
    /// The workflow.
    pub workflow: WorkflowId,
}

/// A person's verdict on a waiting lead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Which lead.
    pub place: Place,
    /// The decision that the person saw.
    pub decision: DecisionId,
    /// What kind it is.
    pub kind: Kind,
    /// The action; [`Action::Reject`] where it disqualifies.
    pub action: Action,
    /// What else the rules say of the action, where it is theirs: a meeting, a stage.
    pub parameters: BTreeMap<String, Json>,
    /// Who gets the lead, by address.
    pub assignee: Option<String>,
    /// The pool whose turn it counts as, by name.
    pub pool: Option<String>,
    /// Why; asked for unless the person agrees.
    pub reason: Option<String>,
}

/// Somebody else works on the lead.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Taken {
    /// What the person is called.
    pub by: String,
    /// Until when, unless they do something.
    pub until: DateTime<Utc>,
}
