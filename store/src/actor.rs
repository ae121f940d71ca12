//! Who acts: the first argument of every writing function.

use chrono::{DateTime, Utc};
use engine::ids::{ApiKeyId, PersonId};
use serde::{Deserialize, Serialize};

/// A role of a person; the database knows the same ten.
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

/// Who is behind an act.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Who {
    /// Somebody signed in.
    Person(PersonId),
    /// A program with a key.
    ApiKey(ApiKeyId),
    /// A command on the command line, or a task of the scheduler, by its name.
    Command(&'static str),
}

impl std::fmt::Display for Who {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Person(id) => write!(f, "person:{id}"),
            Self::ApiKey(id) => write!(f, "key:{id}"),
            Self::Command(name) => write!(f, "command:{name}"),
        }
    }
}

/// Who acts, in which roles, in the course of which request, and when.
#[derive(Clone, Debug)]
pub struct Actor {
    /// Who.
    pub who: Who,
    /// The roles held at that moment.
    pub roles: Vec<Role>,
    /// The request it happened in; also on the error page and in the log lines.
    pub request_id: String,
    /// The instant that counts as now.
    pub now: DateTime<Utc>,
    /// Names the form that was sent, where sending it twice must not act twice; see [`crate::control::audit`].
    pub form: Option<String>,
}

impl Actor {
    /// A command of the command line or a task, acting now.
    pub fn command(name: &'static str) -> Self {
        Self {
            who: Who::Command(name),
            roles: Vec::new(),
            request_id: uuid::Uuid::from_bytes(rand::random()).simple().to_string(),
            now: engine::time::cut(Utc::now()),
            form: None,
        }
    }

    /// Whether the actor holds any of these roles.
    pub fn is_any(&self, roles: &[Role]) -> bool {
        self.roles.iter().any(|role| roles.contains(role))
    }
}
