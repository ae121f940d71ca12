//! The kinds of runs.

use engine::role::Role;

/// A kind of run.
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
pub enum RunKind {
    /// Decides stored decisions again and compares.
    ReplayDecisions,
    /// Retries failed deliveries.
    ReplayDeliveries,
    /// Decides the newest leads with a change and without it.
    ChangeImpact,
    /// Imports a file of leads.
    Import,
}

/// What becomes of a run when the process that worked on it ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AfterRestart {
    /// It continues where it was.
    Resumes,
    /// It begins again; it is short.
    StartsOver,
}

impl RunKind {
    /// Returns what becomes of it when its process ends.
    pub const fn after_restart(self) -> AfterRestart {
        match self {
            Self::ReplayDecisions | Self::ReplayDeliveries | Self::Import => AfterRestart::Resumes,
            Self::ChangeImpact => AfterRestart::StartsOver,
        }
    }

    /// Returns whether it may take minutes or hours. Of these a process does one at a time, so that it always has room for a
    /// short one that a person waits for.
    pub const fn is_long(self) -> bool {
        match self {
            Self::ReplayDecisions | Self::Import => true,
            // Deliveries are only queued here; sending them is the dispatcher's.
            Self::ReplayDeliveries | Self::ChangeImpact => false,
        }
    }

    /// Returns the roles that may start and cancel it.
    pub const fn owners(self) -> &'static [Role] {
        match self {
            Self::ReplayDecisions => &[Role::Revops, Role::RevopsLead, Role::Admin],
            Self::ReplayDeliveries => &[Role::Integrations, Role::RevopsLead, Role::Admin],
            Self::ChangeImpact => {
                &[Role::Enablement, Role::RepLeader, Role::Revops, Role::RevopsLead, Role::Admin]
            }
            Self::Import => &[Role::Revops, Role::Admin],
        }
    }
}
