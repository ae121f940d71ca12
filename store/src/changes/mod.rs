//! Change requests: what somebody proposes to decide by, what others say of it, and what becomes of it.
//!
//! The database itself keeps the four eyes: it takes a signature only from somebody who holds the role and had no hand
//! in the change, and a version only from a change that every role has signed (`0008_changes`).

mod reads;
mod review;
mod write;

use chrono::{DateTime, Utc};
use engine::canonical::Digest;
use engine::change::Kind;
use engine::ids::PersonId;
use serde_json::Value as Json;
use uuid::Uuid;

use crate::actor::Role;

pub use self::reads::{
    CHANGE_PAGE_ROWS, ChangeCursor, ChangeListFilter, ChangeListPage, ListedChange, Show, by_number, editors,
    list, open_of, reviews, waiting_for,
};
pub use self::review::{NewReview, approved_roles, insert_review, make_version};
pub use self::write::{
    Edit, NewDraft, add_editor, close, insert, locked, log, open_drafts_of, replace_command_draft,
    same_is_open, set_submitted, update,
};

/// Where a change stands.
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
pub enum State {
    /// Being written.
    Draft,
    /// Waits for signatures; what it says never changes any more.
    Submitted,
    /// Signed by all: a version.
    Approved,
    /// Sent back: its author begins another one from it.
    Returned,
    /// Taken back by its author.
    Withdrawn,
}

/// A change.
#[derive(Clone, Debug)]
pub struct Change {
    /// Its id.
    pub id: Uuid,
    /// Its number, as people name it.
    pub number: i64,
    /// What it changes.
    pub kind: Kind,
    /// The name of what it changes.
    pub name: String,
    /// The version it starts from; 0 when there is none.
    pub base_version: u32,
    /// Where it stands.
    pub state: State,
    /// What it does, in a line; may be empty in a draft.
    pub title: String,
    /// Why.
    pub why: String,
    /// The text as it was written.
    pub source: String,
    /// What the text says; `None` while it cannot be read.
    pub body: Option<Json>,
    /// SHA-256 of what it says: what is signed.
    pub hash: Option<Digest>,
    /// The roles that have to sign; known once it was submitted.
    pub required: Vec<Role>,
    /// Counts saves.
    pub revision: i32,
    /// Who writes or submitted it; `None` for a draft that came from a file.
    pub author: Option<PersonId>,
    /// What the author is called.
    pub author_name: Option<String>,
    /// When it was begun.
    pub created_at: DateTime<Utc>,
    /// When it was saved last.
    pub updated_at: DateTime<Utc>,
    /// When it was submitted.
    pub submitted_at: Option<DateTime<Utc>>,
    /// When it was decided or taken back.
    pub closed_at: Option<DateTime<Utc>>,
    /// The version it became.
    pub version: Option<u32>,
}

impl Change {
    /// Whether it says just this already.
    pub fn says(&self, title: &str, why: &str, source: &str) -> bool {
        self.title == title && self.why == why && self.source == source
    }
}

/// What somebody said of a change.
#[derive(Clone, Debug)]
pub struct Review {
    /// Who.
    pub person: PersonId,
    /// What the person is called.
    pub name: String,
    /// What it comes to.
    pub verdict: Verdict,
    /// The role it was signed in.
    pub role: Option<Role>,
    /// What was said.
    pub comment: String,
    /// When.
    pub at: DateTime<Utc>,
}

/// What a review comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::Display, strum::EnumString, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum Verdict {
    /// A signature.
    Approve,
    /// Sent back.
    Return,
    /// Just words.
    Comment,
}
