//! The roles of people, which define who owns a layer and who approves its changes.

use serde::{Deserialize, Serialize};

/// The role of a person. The database defines the same ten.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    strum::Display,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantArray,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Role {
    /// Owns the content layer.
    Enablement,
    /// SDR manager; approves content changes.
    RepLeader,
    /// Owns the rule layer.
    Revops,
    /// Sales manager; approves rule changes that affect assignment or quota.
    AeRepLeader,
    /// Owns execution and synchronisation.
    Integrations,
    /// Owns observability and control.
    RevopsLead,
    /// Reads dashboards.
    SalesLeader,
    /// Works the queue.
    Sdr,
    /// Accepts or rejects assigned leads.
    Ae,
    /// Manages people, keys and retention.
    Admin,
}

impl Role {
    /// Returns the label shown on screens.
    pub fn title(self) -> &'static str {
        match self {
            Self::Enablement => "Enablement",
            Self::RepLeader => "SDR manager",
            Self::Revops => "RevOps",
            Self::AeRepLeader => "Sales manager",
            Self::Integrations => "Integrations",
            Self::RevopsLead => "RevOps lead",
            Self::SalesLeader => "Sales leadership",
            Self::Sdr => "SDR",
            Self::Ae => "AE",
            Self::Admin => "Administrator",
        }
    }
}
