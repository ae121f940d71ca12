//! Change requests: proposed versions, their reviews and their results.
//!
//! The database itself enforces the four-eyes principle: it accepts an approval only from a person who holds the role
//! and did not edit the change, and creates a version only from a change that every required role has approved
//! (`0008_changes`).

mod reads;
mod review;
mod write;

use std::ops::Deref;

use chrono::{DateTime, Utc};
use engine::canonical::Digest;
use engine::change::Kind;
use engine::ids::PersonId;
use serde_json::Value as Json;
use uuid::Uuid;

use crate::actor::Role;

pub use self::reads::{
    CHANGE_PAGE_ROWS, ChangeCursor, ChangeListFilter, ChangeListPage, ChangeScope, ListedChange, by_number,
    discussion, editors, head_by_number, list, open_draft, open_of, outdated_by, reviews, source_digest,
    waiting_for,
};
pub use self::review::{NewReview, approved_roles, insert_review, make_version, outdated};
pub use self::write::{
    DraftEdit, NewDraft, add_editor, close, insert, locked, locked_head, log, open_drafts_of, rebase,
    replace_command_draft, same_is_open, set_submitted, update,
};

/// State of a change.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    strum::Display,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantArray,
)]
#[strum(serialize_all = "snake_case")]
pub enum ChangeState {
    /// The author is still editing it.
    Draft,
    /// Submitted for approval; its content is frozen.
    Submitted,
    /// Every required role approved it, and it became a version.
    Approved,
    /// Returned by a reviewer; the author starts a new change from it.
    Returned,
    /// Withdrawn by its author.
    Withdrawn,
}

/// A change request without its content, which can be many megabytes.
#[derive(Clone, Debug)]
pub struct ChangeHead {
    /// Unique ID.
    pub id: Uuid,
    /// Number shown to people.
    pub number: i64,
    /// Kind of version that the change targets.
    pub kind: Kind,
    /// Name of the version that the change targets.
    pub name: String,
    /// The version that the change starts from; 0 if there is none.
    pub base_version: u32,
    /// Current state.
    pub state: ChangeState,
    /// One-line summary; may be empty in a draft.
    pub title: String,
    /// Motivation for the change.
    pub why: String,
    /// Size of the source text in bytes.
    pub source_bytes: usize,
    /// SHA-256 of the content, which is what reviewers approve.
    pub hash: Option<Digest>,
    /// Roles that must approve the change; set on submission.
    pub required: Vec<Role>,
    /// Revision number, incremented on each save.
    pub revision: i32,
    /// The author or submitter; `None` for a draft created from a file.
    pub author: Option<PersonId>,
    /// Display name of the author.
    pub author_name: Option<String>,
    /// When the change was created.
    pub created_at: DateTime<Utc>,
    /// When the change was last saved.
    pub updated_at: DateTime<Utc>,
    /// When the change was submitted.
    pub submitted_at: Option<DateTime<Utc>>,
    /// When the change was approved, returned or withdrawn.
    pub closed_at: Option<DateTime<Utc>>,
    /// Number of the version that the change became.
    pub version: Option<u32>,
    /// Number of the newest version; 0 if there is none.
    pub newest_version: u32,
    /// Number of the change that this one was started from.
    pub started_from: Option<i64>,
}

/// A change request with its content.
#[derive(Clone, Debug)]
pub struct Change {
    /// Everything but the content.
    pub head: ChangeHead,
    /// Source text as the author wrote it.
    pub source: String,
    /// Parsed content; `None` if the source does not parse.
    pub body: Option<Json>,
}

impl Deref for Change {
    type Target = ChangeHead;

    fn deref(&self) -> &ChangeHead {
        &self.head
    }
}

impl ChangeHead {
    /// Returns whether another version was approved after the change was started, so that the change has to be brought up to
    /// date before it can be approved. A closed change is never outdated.
    pub fn is_outdated(&self) -> bool {
        matches!(self.state, ChangeState::Draft | ChangeState::Submitted)
            && self.base_version != self.newest_version
    }
}

impl Change {
    /// Returns whether the change already has exactly this text.
    pub fn has_text(&self, title: &str, why: &str, source: &str) -> bool {
        self.title == title && self.why == why && self.source == source
    }
}

/// A review of a change.
#[derive(Clone, Debug)]
pub struct Review {
    /// The reviewer.
    pub person: PersonId,
    /// The person's display name.
    pub name: String,
    /// Verdict of the review.
    pub verdict: ReviewVerdict,
    /// The role that the reviewer approved in.
    pub role: Option<Role>,
    /// The reviewer's comment.
    pub comment: String,
    /// When the review was submitted.
    pub at: DateTime<Utc>,
    /// Number of the change that it was submitted on.
    pub change: i64,
}

/// Verdict of a review.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::Display, strum::EnumString, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum ReviewVerdict {
    /// Approves the change.
    Approve,
    /// Returns the change to its author.
    Return,
    /// Comments without a verdict.
    Comment,
}
