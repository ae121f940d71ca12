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
    /// Replays stored decisions and compares the results.
    ReplayDecisions,
    /// Retries failed deliveries.
    ReplayDeliveries,
    /// Decides the newest leads with and without a change.
    ChangeImpact,
    /// Imports a file of leads.
    Import,
}

/// The policy for a run whose process has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RestartPolicy {
    /// The run continues from its last checkpoint.
    Resumes,
    /// The run starts over, since it is short.
    StartsOver,
}

impl RunKind {
    /// Returns the policy for runs of this kind after their process ends.
    pub const fn after_restart(self) -> RestartPolicy {
        match self {
            Self::ReplayDecisions | Self::ReplayDeliveries | Self::Import => RestartPolicy::Resumes,
            Self::ChangeImpact => RestartPolicy::StartsOver,
        }
    }

    /// Returns whether runs of this kind may take minutes or hours. A process works on only one of these at a time, so that it
    /// always has room for a short run that a person is waiting for.
    pub const fn is_long(self) -> bool {
        match self {
            Self::ReplayDecisions | Self::Import => true,
            // The run only queues deliveries. The dispatcher sends them.
            Self::ReplayDeliveries | Self::ChangeImpact => false,
        }
    }

    /// Returns the roles that may start and cancel runs of this kind.
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
