//! Change requests: what a person proposes to decide by, who approves it, and what happens with the last approval.
//!
//! Architecture invariant: the policy is here and the guard is in the database, which takes an approval only from a person who
//! holds the role and did not edit the change, and a version only from a change that every role has approved.

mod impact;
mod policy;
mod propose;
mod reading;
mod review;
mod write;

pub use impact::{ChangeImpact, WorkflowImpact, impact};
pub use policy::{approvers, may_write};
pub use propose::{Proposed, propose};
pub use reading::{Reading, read, text_of};
pub use review::{Approval, approve, comment, send_back};
pub use write::{save, start, submit, withdraw};
