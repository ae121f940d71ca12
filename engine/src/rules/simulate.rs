//! What a rule set would decide about the leads of a file: counts by rule, and never an effect.

use std::collections::BTreeMap;
use std::io::Read;

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use super::leads_csv::Rejected;

use super::leads_csv::Leads;
use super::lists::ReferenceList;
use super::row::{Cell, Row, instant};
use super::rule_set::{RuleSet, Stop};
use crate::action::Action;
use crate::catalogue::Catalogue;
use crate::problem::Problem;

/// How many leads each rule decides. `default`, `held` and the rules' counts add up to `total`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Simulation {
    /// Leads decided.
    pub total: u64,
    /// Leads for which every rule was false.
    pub default: u64,
    /// Leads at which the scan stopped at a rule that was unknown or an error.
    pub held: u64,
    /// The rules in order. Those that only tag decide nothing and are left out.
    pub rules: Vec<RuleCount>,
}

/// How many leads a rule decides.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RuleCount {
    /// The rule's id.
    pub id: String,
    /// What it decides.
    pub action: Action,
    /// For how many leads it fired.
    pub count: u64,
}

/// How many leads each rule of a set stops, by its index.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// For how many it fired.
    pub fired: Vec<u64>,
    /// For how many it was unknown or an error.
    pub held: Vec<u64>,
    /// For how many every rule was false.
    pub default: u64,
}

/// What leads are decided with.
#[derive(Clone, Copy, Debug)]
pub struct Setup<'a> {
    /// The rules.
    pub rules: &'a RuleSet,
    /// The fields that columns may be.
    pub catalogue: &'a Catalogue,
    /// The lists the rules ask, by name.
    pub lists: &'a BTreeMap<String, ReferenceList>,
    /// What rules take for now.
    pub as_of: DateTime<Utc>,
}

/// Something that the reader of the counts should know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// Columns that name no field.
    Ignored(Vec<String>),
    /// A line that was not decided.
    Rejected(Rejected),
}

impl Simulation {
    /// Decides every lead of a CSV file, one at a time. Lines that are no leads are told and not counted.
    ///
    /// # Errors
    /// When the file cannot be read or its header makes no sense.
    pub fn run(
        setup: &Setup<'_>,
        leads: impl Read,
        mut tell: impl FnMut(Notice),
    ) -> Result<Self, Vec<Problem>> {
        let mut leads = Leads::open(setup.rules, setup.catalogue, leads)?;
        if !leads.ignored.is_empty() {
            tell(Notice::Ignored(std::mem::take(&mut leads.ignored)));
        }
        let asked = setup.asked();
        let mut counts = Counts::new(setup.rules);
        while let Some(lead) = leads.next()? {
            match lead {
                Ok(cells) => counts.add(setup.decide(&asked, &cells), 1),
                Err(rejected) => tell(Notice::Rejected(rejected)),
            }
        }
        Ok(counts.simulation(setup.rules))
    }
}

/// A question of the rules with what it takes to answer it.
struct Asked<'a> {
    slot: usize,
    list: Option<&'a ReferenceList>,
}

impl<'a> Setup<'a> {
    fn asked(&self) -> Vec<Asked<'a>> {
        let asked = self.rules.questions().iter().filter_map(|question| {
            let slot = self.rules.slots().iter().position(|slot| slot.name == question.field)?;
            Some(Asked { slot, list: self.lists.get(&question.list) })
        });
        asked.collect()
    }

    fn decide(&self, asked: &[Asked<'_>], cells: &[Cell<'_>]) -> Stop {
        let answer = |asked: &Asked<'_>| {
            let text = self.rules.slots().get(asked.slot)?.text(cells.get(asked.slot)?.datum)?;
            Some(asked.list?.contains(text).is_some())
        };
        let answers: Vec<Option<bool>> = asked.iter().map(answer).collect();
        self.rules.decide_row(&Row { cells, answers: &answers, as_of: instant(self.as_of) })
    }
}

impl Counts {
    /// No lead yet.
    pub fn new(rules: &RuleSet) -> Self {
        let none = vec![0; rules.rules().len()];
        Self { fired: none.clone(), held: none, default: 0 }
    }

    /// Counts leads whose scan stops here.
    pub fn add(&mut self, stop: Stop, leads: u64) {
        match stop {
            Stop::Fired(rule) => self.fired[rule] += leads,
            Stop::Held(rule) => self.held[rule] += leads,
            Stop::Default => self.default += leads,
        }
    }

    /// How many leads there are.
    pub fn total(&self) -> u64 {
        self.fired.iter().sum::<u64>() + self.held.iter().sum::<u64>() + self.default
    }

    /// The leads by what is decided about them, given the rule set of these counts.
    pub fn by_action(&self, rules: &RuleSet) -> BTreeMap<Action, u64> {
        let fired = self.fired.iter().enumerate().map(|(rule, leads)| (Stop::Fired(rule), *leads));
        let undecided = (Stop::Default, self.held.iter().sum::<u64>() + self.default);
        let mut sums = BTreeMap::new();
        for (stop, leads) in fired.chain([undecided]).filter(|(_, leads)| *leads > 0) {
            *sums.entry(rules.action_of(stop)).or_default() += leads;
        }
        sums
    }

    /// As they are told, given the rule set of these counts.
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
