//! Filter, order and cursor of the list of leads.

use chrono::{DateTime, Utc};
use engine::action::Action;
use engine::control::outcome::OutcomeStage;
use uuid::Uuid;

use crate::reads::keyset::{self, Order};

/// Filters the list of leads. A lead must match every field that is set.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LeadListFilter {
    /// Only this workflow.
    pub workflow: Option<Uuid>,
    /// Only leads for which this action counts: a person's, or that of the latest decision.
    pub action: Option<Action>,
    /// Only leads whose latest decision is by this rule.
    pub rule: Option<RuleFilter>,
    /// Only leads that wait in this queue.
    pub queue: Option<QueueFilter>,
    /// Only leads at this stage.
    pub stage: Option<OutcomeStage>,
    /// Text to find in the name, company, e-mail address or source ID.
    pub text: Option<String>,
    /// Earliest first `as_of`, inclusive.
    pub from: Option<DateTime<Utc>>,
    /// Latest first `as_of`, exclusive.
    pub to: Option<DateTime<Utc>>,
    /// Only leads that a figure of the dashboard counts.
    pub counts: Option<FigurePart>,
    /// Only leads assigned to the person with this address.
    pub assignee: Option<String>,
    /// Only leads whose first event came from this source.
    pub source: Option<String>,
    /// Only leads whose latest decision is at least this sure.
    pub confidence: Option<f64>,
    /// Only this lead.
    pub lead: Option<Uuid>,
}

/// Sort order of the list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LeadListSort {
    /// Whether to sort by the first decision instead of the latest.
    pub by_first: bool,
    /// Sort direction.
    pub order: Order,
}

/// Filters by the rule that decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RuleFilter {
    /// The rule with this ID.
    Rule(String),
    /// No rule: the safe default.
    Default,
}

/// Filters by what a lead waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::EnumString, strum::IntoStaticStr)]
#[strum(serialize_all = "lowercase")]
pub enum QueueFilter {
    /// A person, in any queue.
    Any,
    /// An SDR.
    Sdr,
    /// A person, because the workflow is stopped or a rule is paused.
    Manual,
    /// Nothing; the lead is not in a queue.
    None,
}

/// The leads in the numerator or denominator of a figure; see `engine::control::kpi`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::EnumString, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum FigurePart {
    /// An AE accepted the lead, or it became an opportunity.
    Qualified,
    /// The system advanced or assigned the lead, and a person judged it.
    Judged,
    /// The system advanced or assigned the lead, and the first verdict was negative.
    FalsePositive,
    /// The system assigned the lead.
    Assigned,
    /// The system assigned the lead, and it became an opportunity.
    Converted,
}

/// Cursor into the list of leads.
pub type LeadListCursor = keyset::Cursor<LeadListPosition>;

/// A position in the list, by the latest decision or verdict or by the first decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LeadListPosition {
    /// `as_of` of the first decision, if the list is sorted by it.
    pub first_as_of: Option<DateTime<Utc>>,
    /// The latest decision, or the verdict on it.
    pub effective: Uuid,
}

/// Formats the place for a URL: microseconds since 1970 and the decision, or the decision alone.
impl std::fmt::Display for LeadListPosition {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let Some(at) = self.first_as_of {
            write!(f, "{}.", at.timestamp_micros())?;
        }
        self.effective.fmt(f)
    }
}

impl std::str::FromStr for LeadListPosition {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        let (at, decision) = text.split_once('.').map_or((None, text), |(at, decision)| (Some(at), decision));
        let instant = |at: &str| DateTime::from_timestamp_micros(at.parse().ok()?);
        let first_as_of = at.map(|at| instant(at).ok_or(())).transpose()?;
        Ok(Self { first_as_of, effective: decision.parse().map_err(drop)? })
    }
}

impl LeadListFilter {
    /// Returns whether the filter restricts the time of the first decision.
    pub fn has_period(&self) -> bool {
        self.from.is_some() || self.to.is_some()
    }

    /// Returns whether the filter has a condition that no index covers, so that rows must be searched.
    pub(super) fn is_searched(&self) -> bool {
        self.rule.is_some()
            || self.stage.is_some()
            || self.text.is_some()
            || self.counts.is_some()
            || self.source.is_some()
            || self.confidence.is_some()
    }
}
