//! Releases: a bundle's way to traffic.
//!
//! Nothing here decides. What moves a release, and who may, is `engine::control::release`; the database keeps four eyes,
//! the approvals of exactly one bundle, and the swap of the live release whole (`0014_releases`).

mod reads;
mod write;

use chrono::{DateTime, Utc};
use engine::canonical::Digest;
use engine::change::Kind;
use engine::control::release::{InFlight, Position, Stage};
use engine::ids::{PersonId, ReleaseId, VersionId, WorkflowId};

use crate::actor::Role;

pub use self::reads::{
    RELEASE_PAGE_ROWS, ReleaseCursor, ReleaseListFilter, ReleaseListPage, approvals, by_number, history,
    live, live_bundles_of, locked, missing_roles, of_change, open_of, page, parts, waiting_for,
};
pub use self::write::{
    NewRelease, ReleaseOrigin, approve, carry_approvals, create, go_live, move_to, rebuild, waive,
};

/// A release.
#[derive(Clone, Debug)]
pub struct Release {
    /// Identifies the release in decisions.
    pub id: ReleaseId,
    /// The number by which people name it.
    pub number: i64,
    /// The workflow that it is a release of.
    pub workflow: WorkflowId,
    /// The workflow's name in files and addresses.
    pub workflow_name: String,
    /// What people call the workflow.
    pub workflow_title: String,
    /// The approved change that it comes from; `None` for the first release of a workflow.
    pub change: Option<ReleasedChange>,
    /// Why a first release went live without approval.
    pub waiver: Option<String>,
    /// Hash of the bundle that it brings to traffic.
    pub bundle: Digest,
    /// Hash of the live bundle that it was built on; `None` for the first release of a workflow.
    pub base_bundle: Option<Digest>,
    /// When it was built last.
    pub built_at: DateTime<Utc>,
    /// How far it has come.
    pub stage: Stage,
    /// Since when it is in that stage.
    pub stage_since: DateTime<Utc>,
    /// Who moved it there, as the audit log names actors.
    pub stage_by: String,
    /// Why, where that is not the act itself; may be empty.
    pub stage_why: String,
    /// The stage it was paused in, while it is paused.
    pub paused_from: Option<Stage>,
    /// Percent of the leads that it decides.
    pub share: i16,
    /// What happens to leads in flight when it goes live.
    pub in_flight: InFlight,
    /// When it last went live.
    pub live_since: Option<DateTime<Utc>>,
    /// The number of the release that took its place.
    pub replaced_by: Option<i64>,
    /// When it was created.
    pub created_at: DateTime<Utc>,
    /// Who created it, as the audit log names actors.
    pub created_by: String,
}

impl Release {
    /// Returns what the table of transitions needs to know.
    pub fn position(&self) -> Position {
        Position {
            stage: self.stage,
            paused_from: self.paused_from,
            has_been_live: self.live_since.is_some(),
        }
    }

    /// Returns the title of its change, or what a first release is called.
    pub fn title(&self) -> &str {
        self.change.as_ref().map_or("First release", |change| &change.title)
    }
}

/// The change that a release comes from.
#[derive(Clone, Debug)]
pub struct ReleasedChange {
    /// The change's id.
    pub id: uuid::Uuid,
    /// The number by which people name it.
    pub number: i64,
    /// What it does, in a line.
    pub title: String,
    /// What it changes.
    pub kind: Kind,
    /// The name of what it changes.
    pub name: String,
    /// The version that it became.
    pub version_id: VersionId,
    /// The roles that must approve it, each a different person.
    pub required: Vec<Role>,
}

/// One part in which a release differs from the live bundle it was built on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReleasePart {
    /// What it is.
    pub kind: Kind,
    /// The name of it.
    pub name: String,
    /// The version it brings; `None` where it leaves the part out.
    pub version: Option<u32>,
    /// The version it replaces; `None` where the part is new.
    pub replaces: Option<u32>,
}

/// An approval of one bundle of a release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReleaseApproval {
    /// Who approved.
    pub person: PersonId,
    /// What the person is called.
    pub name: String,
    /// The role the person approved in.
    pub role: Role,
    /// Hash of the bundle that was approved.
    pub bundle: Digest,
    /// When.
    pub at: DateTime<Utc>,
}

/// A step on a release's way: a stage that it came to, or another bundle, share or gates within a stage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReleaseStep {
    /// The stage.
    pub stage: Stage,
    /// Hash of the bundle that it had.
    pub bundle: Digest,
    /// Percent of the leads that it decided from here on; `None` in steps from before it was kept.
    pub share: Option<i16>,
    /// When.
    pub at: DateTime<Utc>,
    /// Whose act it was, as the audit log names actors.
    pub by: String,
    /// Why, where that is not the act itself; may be empty.
    pub why: String,
}

/// The live release of a workflow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiveRelease {
    /// Identifies the release in decisions.
    pub id: ReleaseId,
    /// The number by which people name it.
    pub number: i64,
    /// Hash of its bundle.
    pub bundle: Digest,
}
