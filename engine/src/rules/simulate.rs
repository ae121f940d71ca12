//! Simulates a rule set on the leads of a file and counts the decisions by rule, without any effects.

use std::collections::BTreeMap;
use std::io;

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use super::leads_csv::RejectedLead;

use super::leads_csv::{LeadReader, LeadRow};
use super::lists::ReferenceList;
use super::row::{Row, RowCell, instant};
use super::rule_set::{RuleSet, ScanStop};
use crate::action::Action;
use crate::catalogue::Catalogue;
use crate::problem::Problem;
use crate::tabular::{DataTable, Dialect, RecordSource};
use crate::time::TimeFormat;

/// The number of leads that each rule decides. `default`, `held` and the counts of the rules add up to `total`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Simulation {
    /// The number of leads evaluated.
    pub total: u64,
    /// The number of leads that no rule matched.
    pub default: u64,
    /// The number of leads whose scan stopped at a rule that was unknown or an error.
    pub held: u64,
    /// The rules in order, without those that only tag.
    pub rules: Vec<RuleCount>,
}

/// The number of leads that a rule decides.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RuleCount {
    /// The ID of the rule.
    pub id: String,
    /// The action of the rule.
    pub action: Action,
    /// The number of leads that the rule matched.
    pub count: u64,
}

/// The number of leads that each rule of a set stops, by the index of the rule.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StopCounts {
    /// The number of leads that the rule matched.
    pub fired: Vec<u64>,
    /// The number of leads for which the rule was unknown or an error.
    pub held: Vec<u64>,
    /// The number of leads that no rule matched.
    pub default: u64,
}

/// The inputs of a simulation other than the leads.
#[derive(Clone, Copy, Debug)]
pub struct SimulationInput<'a> {
    /// The rules.
    pub rules: &'a RuleSet,
    /// The fields that columns can have.
    pub catalogue: &'a Catalogue,
    /// The lists that the rules use, by name.
    pub lists: &'a BTreeMap<String, ReferenceList>,
    /// The time that rules use as `now`.
    pub as_of: DateTime<Utc>,
}

/// Why a simulation ended early.
#[derive(Debug, thiserror::Error)]
pub enum SimulationError {
    /// The header of the file is invalid.
    #[error("the header is invalid")]
    Invalid(Vec<Problem>),
    /// The file cannot be read to its end.
    #[error("the file could not be read: {0}")]
    Unreadable(#[from] io::Error),
}

/// A notice for people who read the counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SimulationNotice {
    /// How the file is written.
    Recognized(Dialect),
    /// Columns that match no field.
    Ignored(Vec<String>),
    /// A line that was skipped.
    Rejected(RejectedLead),
    /// The number of rows without any text, which were skipped.
    Blank(u64),
}

impl Simulation {
    /// Evaluates every lead of a table, one at a time. Lines that are not valid leads are reported and not
    /// counted.
    ///
    /// # Errors
    /// Returns [`SimulationError::Invalid`] if the header is invalid, and [`SimulationError::Unreadable`] if the rest of the
    /// file cannot be read.
    pub fn run<S: RecordSource>(
        setup: &SimulationInput<'_>,
        table: DataTable<S>,
        times: TimeFormat,
        mut tell: impl FnMut(SimulationNotice),
    ) -> Result<Self, SimulationError> {
        tell(SimulationNotice::Recognized(table.dialect()));
        let leads = LeadReader::open(setup.rules, setup.catalogue, table, times);
        let mut leads = leads.map_err(SimulationError::Invalid)?;
        if !leads.ignored.is_empty() {
            tell(SimulationNotice::Ignored(std::mem::take(&mut leads.ignored)));
        }
        let asked = setup.asked();
        let mut counts = StopCounts::new(setup.rules);
        let mut blank = 0;
        while let Some(lead) = leads.next()? {
            match lead {
                LeadRow::Lead(Ok(cells)) => counts.add(setup.decide(&asked, &cells), 1),
                LeadRow::Lead(Err(rejected)) => tell(SimulationNotice::Rejected(rejected)),
                LeadRow::Blank => blank += 1,
            }
        }
        if blank > 0 {
            tell(SimulationNotice::Blank(blank));
        }
        Ok(counts.simulation(setup.rules))
    }
}

/// A question of the rules with the data needed to answer it.
struct NeededLookup<'a> {
    slot: usize,
    list: Option<&'a ReferenceList>,
}

impl<'a> SimulationInput<'a> {
    fn asked(&self) -> Vec<NeededLookup<'a>> {
        let asked = self.rules.questions().iter().filter_map(|question| {
            let slot = self.rules.slots().iter().position(|slot| slot.name == question.field)?;
            Some(NeededLookup { slot, list: self.lists.get(&question.list) })
        });
        asked.collect()
    }

    fn decide(&self, asked: &[NeededLookup<'_>], cells: &[RowCell<'_>]) -> ScanStop {
        let answer = |asked: &NeededLookup<'_>| {
            let text = self.rules.slots().get(asked.slot)?.text(cells.get(asked.slot)?.datum)?;
            Some(asked.list?.contains(text).is_some())
        };
        let answers: Vec<Option<bool>> = asked.iter().map(answer).collect();
        self.rules.decide_row(&Row { cells, answers: &answers, as_of: instant(self.as_of) })
    }
}

impl StopCounts {
    /// Creates counts of zero.
    pub fn new(rules: &RuleSet) -> Self {
        let none = vec![0; rules.rules().len()];
        Self { fired: none.clone(), held: none, default: 0 }
    }

    /// Counts leads whose scan stops here.
    pub fn add(&mut self, stop: ScanStop, leads: u64) {
        match stop {
            ScanStop::Fired(rule) => self.fired[rule] += leads,
            ScanStop::Held(rule) => self.held[rule] += leads,
            ScanStop::Default => self.default += leads,
        }
    }

    /// Returns the number of leads.
    pub fn total(&self) -> u64 {
        self.fired.iter().sum::<u64>() + self.held.iter().sum::<u64>() + self.default
    }

    /// Returns the number of leads by action, given the rule set of these counts.
    pub fn by_action(&self, rules: &RuleSet) -> BTreeMap<Action, u64> {
        let fired = self.fired.iter().enumerate().map(|(rule, leads)| (ScanStop::Fired(rule), *leads));
        let undecided = (ScanStop::Default, self.held.iter().sum::<u64>() + self.default);
        let mut sums = BTreeMap::new();
        for (stop, leads) in fired.chain([undecided]).filter(|(_, leads)| *leads > 0) {
            *sums.entry(rules.action_of(stop)).or_default() += leads;
        }
        sums
    }

    /// Converts the counts to a simulation, given their rule set.
    pub fn simulation(&self, rules: &RuleSet) -> Simulation {
        let counted = rules.rules().iter().zip(&self.fired);
        let counts = counted.filter_map(|(rule, count)| {
            rule.act.as_ref().map(|act| RuleCount { id: rule.id.clone(), action: act.action, count: *count })
        });
        Simulation {
            total: self.total(),
            default: self.default,
            held: self.held.iter().sum(),
            rules: counts.collect(),
        }
    }
}
