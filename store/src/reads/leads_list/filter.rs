//! Which leads to list, and where in the list.

use chrono::{DateTime, Utc};
use engine::action::Action;
use engine::control::outcome::OutcomeStage;
use uuid::Uuid;

use crate::reads::keyset::{self, Order};

/// Which leads to list. Everything given has to hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// In this workflow.
    pub workflow: Option<Uuid>,
    /// Last decided so.
    pub action: Option<Action>,
    /// Last decided by this rule.
    pub rule: Option<RuleFilter>,
    /// Whom it waits for.
    pub queue: Option<QueueFilter>,
    /// At this stage.
    pub stage: Option<OutcomeStage>,
    /// Text in name, company, e-mail address or the source's id.
    pub text: Option<String>,
    /// First decided as of this instant or later.
    pub from: Option<DateTime<Utc>>,
    /// First decided as of before this instant.
    pub to: Option<DateTime<Utc>>,
    /// Those that one figure of the dashboard counts.
    pub counts: Option<Counts>,
    /// Assigned to the person with this address.
    pub assignee: Option<String>,
    /// This lead alone.
    pub lead: Option<Uuid>,
}

/// In which order leads are listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sort {
    /// By the first decision rather than the last.
    pub by_first: bool,
    /// Which end comes first.
    pub order: Order,
}

/// Which rule decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RuleFilter {
    /// The rule with this id.
    Rule(String),
    /// None: the safe default.
    Default,
}

/// What a lead waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::EnumString, strum::IntoStaticStr)]
#[strum(serialize_all = "lowercase")]
pub enum QueueFilter {
    /// A person, in any queue.
    Any,
    /// An SDR.
    Sdr,
    /// A person, because the workflow is stopped or a rule is paused.
    Manual,
    /// Nobody.
    None,
}

/// The leads above or below the line of a figure; see `engine::control::kpi`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::EnumString, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum Counts {
    /// An AE accepted it or it became an opportunity.
    Qualified,
    /// The system advanced or assigned it and somebody judged it.
    Judged,
    /// The system advanced or assigned it and the first verdict was against it.
    FalsePositive,
    /// The system assigned it.
    Assigned,
    /// The system assigned it and it became an opportunity.
    Converted,
}

/// Which page of the list.
pub type Cursor = keyset::Cursor<Place>;

/// A place in the list. It is ordered by the last decision, or by the first one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// As of when the first decision was made, where the list is ordered by it.
    pub first_as_of: Option<DateTime<Utc>>,
    /// The last decision.
    pub last_decision: Uuid,
}

/// In an address: microseconds since 1970 and the decision, or the decision alone.
impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let Some(at) = self.first_as_of {
            write!(f, "{}.", at.timestamp_micros())?;
        }
        self.last_decision.fmt(f)
    }
}

impl std::str::FromStr for Place {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        let (at, decision) = text.split_once('.').map_or((None, text), |(at, decision)| (Some(at), decision));
        let instant = |at: &str| DateTime::from_timestamp_micros(at.parse().ok()?);
        let first_as_of = at.map(|at| instant(at).ok_or(())).transpose()?;
        Ok(Self { first_as_of, last_decision: decision.parse().map_err(drop)? })
    }
}

impl Filter {
    /// Whether the filter asks when leads were first decided.
    pub fn has_period(&self) -> bool {
        self.from.is_some() || self.to.is_some()
    }

    /// Whether there is something in it that no index answers, so that rows have to be looked through.
    pub(super) fn is_searched(&self) -> bool {
        self.rule.is_some() || self.stage.is_some() || self.text.is_some() || self.counts.is_some()
    }
}
