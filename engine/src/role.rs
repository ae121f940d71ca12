//! Roles of people: who owns a layer, and who approves what.

use serde::{Deserialize, Serialize};

/// A role of a person; the database has the same ten.
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
    /// SDR manager; signs content changes.
    RepLeader,
    /// Owns the rule layer.
    Revops,
    /// Sales manager; signs rule changes that touch assignment or quota.
    AeRepLeader,
    /// Owns execution and sync.
    Integrations,
    /// Owns observability and control.
    RevopsLead,
    /// Reads dashboards.
    SalesLeader,
    /// Works the queue.
    Sdr,
    /// Accepts or rejects assigned leads.
    Ae,
    /// People, keys, retention.
    Admin,
}

impl Role {
    /// What the role is called on screen.
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
