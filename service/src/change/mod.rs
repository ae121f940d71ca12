//! Change requests: proposed content, its reviews, and the releases that the last approval creates.
//!
//! Architecture invariant: the policy lives here, and the database enforces it. The database accepts an approval only from a
//! person who holds the role and did not edit the change, and a version only from a change that every required role has approved.

mod impact;
mod list;
mod names;
mod policy;
mod propose;
mod reading;
mod review;
mod update;
mod view;
mod write;

pub use impact::{ChangeImpact, MovedLead, WorkflowImpact, impact};
pub use list::{ListFileError, UploadMode, list_text};
pub use names::AssigneeNames;
pub use policy::{approvers, may_write};
pub use propose::{ProposeResult, propose};
pub use reading::{DraftReading, read, text_of};
pub use review::{ApprovalResult, approve, comment, send_back};
pub use update::{MergePreview, StartedOver, bring_up_to_date, preview_merge, start_over};
pub use view::{ChangeView, ChangeViews, FoundEntries, ViewedChange, list_entries};
pub use write::{keep_apart, save, start, submit, withdraw};
