//! Releases: rollouts of a bundle to traffic.
//!
//! Nothing here decides policy. `engine::control::release` defines how a release moves and who may move it. The
//! database enforces the four-eyes principle, approvals of exactly one bundle, and the atomic swap of the live
//! release (`0014_releases`).

mod reads;
mod write;

use chrono::{DateTime, Utc};
use engine::canonical::Digest;
use engine::change::Kind;
use engine::control::release::{InFlight, ReleasePosition, Stage};
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
    /// ID of the release, as decisions reference it.
    pub id: ReleaseId,
    /// Number shown to people.
    pub number: i64,
    /// The workflow that is released.
    pub workflow: WorkflowId,
    /// Name of the workflow, as used in files and URLs.
    pub workflow_name: String,
    /// Display title of the workflow.
    pub workflow_title: String,
    /// The approved change behind the release; `None` for the first release of a workflow.
    pub change: Option<ReleasedChange>,
    /// Why a first release went live without approval.
    pub waiver: Option<String>,
    /// Hash of the bundle that the release delivers.
    pub bundle: Digest,
    /// Hash of the live bundle that the release is based on; `None` for the first release of a workflow.
    pub base_bundle: Option<Digest>,
    /// When the bundle was last built.
    pub built_at: DateTime<Utc>,
    /// Current stage.
    pub stage: Stage,
    /// When the release entered its stage.
    pub stage_since: DateTime<Utc>,
    /// Who moved it to its stage, as the audit log names actors.
    pub stage_by: String,
    /// Reason for the step; empty if the step explains itself.
    pub stage_why: String,
    /// The stage in which it was paused, while it is paused.
    pub paused_from: Option<Stage>,
    /// Percentage of leads that the release decides.
    pub share: i16,
    /// How leads in flight are handled when the release goes live.
    pub in_flight: InFlight,
    /// When the release last went live.
    pub live_since: Option<DateTime<Utc>>,
    /// Number of the release that replaced this one.
    pub replaced_by: Option<i64>,
    /// When the release was created.
    pub created_at: DateTime<Utc>,
    /// Who created the release, as the audit log names actors.
    pub created_by: String,
}

impl Release {
    /// Returns the inputs to the transition table.
    pub fn position(&self) -> ReleasePosition {
        ReleasePosition {
            stage: self.stage,
            paused_from: self.paused_from,
            has_been_live: self.live_since.is_some(),
        }
    }

    /// Returns the title of the change, or a fixed title for a first release.
    pub fn title(&self) -> &str {
        self.change.as_ref().map_or("First release", |change| &change.title)
    }
}

/// The change behind a release.
#[derive(Clone, Debug)]
pub struct ReleasedChange {
    /// ID of the change.
    pub id: uuid::Uuid,
    /// Number shown to people.
    pub number: i64,
    /// One-line summary of the change.
    pub title: String,
    /// Kind of version that the change targets.
    pub kind: Kind,
    /// Name of the version that the change targets.
    pub name: String,
    /// The version that the change became.
    pub version_id: VersionId,
    /// Roles that must approve the release, each through a different person.
    pub required: Vec<Role>,
}

/// A part in which a release differs from the live bundle it is based on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReleasePart {
    /// Kind of the part.
    pub kind: Kind,
    /// Name of the part.
    pub name: String,
    /// The version in the release; `None` if the release removes the part.
    pub version: Option<u32>,
    /// The version that it replaces; `None` if the part is new.
    pub replaces: Option<u32>,
}

/// An approval of one bundle of a release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReleaseApproval {
    /// The approver.
    pub person: PersonId,
    /// The person's display name.
    pub name: String,
    /// The role that the approver acted in.
    pub role: Role,
    /// Hash of the bundle that was approved.
    pub bundle: Digest,
    /// When it was approved.
    pub at: DateTime<Utc>,
}

/// A step in a release's history: a new stage, or another bundle, share or set of gates within a stage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReleaseStep {
    /// Stage at that time.
    pub stage: Stage,
    /// Hash of the bundle at that time.
    pub bundle: Digest,
    /// Percentage of leads that the release decided from then on; `None` in steps older than this column.
    pub share: Option<i16>,
    /// When the step happened.
    pub at: DateTime<Utc>,
    /// Who took the step, as the audit log names actors.
    pub by: String,
    /// Reason for the step; empty if the step explains itself.
    pub why: String,
}

/// The live release of a workflow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiveRelease {
    /// ID of the release, as decisions reference it.
    pub id: ReleaseId,
    /// Number shown to people.
    pub number: i64,
    /// Hash of the bundle.
    pub bundle: Digest,
}
