//! Records where the scan of each lead stops, and compares two rule sets.

use std::collections::BTreeMap;

use super::bits::{ROWS, WORD, ones};
use super::plan::Plan;
use crate::action::Action;
use crate::rules::rule_set::{RuleSet, ScanStop};
use crate::rules::simulate::StopCounts;

/// The stop of each lead's scan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScanStops {
    /// Codes for matching rules, rules that held, and the default, numbered in this order.
    codes: Vec<u16>,
    rules: usize,
}

/// The number of leads for each pair of stops under two rule sets. Empty cells are omitted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StopMatrix {
    /// The cells, ordered by the first stop and then the second.
    pub cells: Vec<StopTransition>,
}

/// A cell of a [`StopMatrix`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StopTransition {
    /// The stop under the first rule set.
    pub from: ScanStop,
    /// The stop under the second rule set.
    pub to: ScanStop,
    /// The number of leads.
    pub count: u64,
}

impl Plan<'_> {
    /// Returns where the scan of each lead stops.
    pub fn stops(&self) -> ScanStops {
        let mut stops = ScanStops { codes: vec![0; self.columns.len()], rules: self.rules.rules().len() };
        self.each_block(|block, stop, rows| {
            let code = stops.code(stop);
            let codes = &mut stops.codes[block * ROWS..];
            for (word, rows) in rows.iter().enumerate() {
                ones(*rows).for_each(|place| codes[word * WORD + place] = code);
            }
        });
        stops
    }
}

impl ScanStops {
    /// Returns the number of leads.
    pub fn len(&self) -> usize {
        self.codes.len()
    }

    /// Returns whether there are no leads.
    pub fn is_empty(&self) -> bool {
        self.codes.is_empty()
    }

    /// Returns where the scan of a lead stops.
    pub fn of(&self, row: usize) -> Option<ScanStop> {
        self.codes.get(row).map(|code| self.stop(*code))
    }

    /// Returns the rows of the leads whose scan stops here.
    pub fn rows(&self, stop: ScanStop) -> impl Iterator<Item = usize> {
        let code = self.code(stop);
        self.codes.iter().enumerate().filter(move |(_, other)| **other == code).map(|(row, _)| row)
    }

    /// Returns the rows of a cell of [`ScanStops::matrix`].
    pub fn moved(&self, from: ScanStop, other: &Self, to: ScanStop) -> impl Iterator<Item = usize> {
        let (from, to) = (self.code(from), other.code(to));
        let both = self.codes.iter().zip(&other.codes).enumerate();
        both.filter(move |(_, (a, b))| (**a, **b) == (from, to)).map(|(row, _)| row)
    }

    /// Returns the number of leads that each rule decides; `rules` is the rule set of these stops.
    pub fn counts(&self, rules: &RuleSet) -> StopCounts {
        let mut counts = StopCounts::new(rules);
        self.codes.iter().for_each(|code| counts.add(self.stop(*code), 1));
        counts
    }

    /// Compares these stops with those of another rule set over the same leads.
    pub fn matrix(&self, other: &Self) -> StopMatrix {
        let width = other.kinds();
        let mut counts = vec![0_u32; self.kinds() * width];
        for (from, to) in self.codes.iter().zip(&other.codes) {
            counts[usize::from(*from) * width + usize::from(*to)] += 1;
        }
        let cells = counts.into_iter().enumerate().filter(|(_, count)| *count > 0).map(|(place, count)| {
            let (from, to) = (self.stop((place / width) as u16), other.stop((place % width) as u16));
            StopTransition { from, to, count: count.into() }
        });
        StopMatrix { cells: cells.collect() }
    }

    fn kinds(&self) -> usize {
        2 * self.rules + 1
    }

    /// The limit on rules in a rule set ensures that the code fits.
    fn code(&self, stop: ScanStop) -> u16 {
        const { assert!(2 * crate::limits::RULES < u16::MAX as usize) };
        let code = match stop {
            ScanStop::Fired(rule) => rule,
            ScanStop::Held(rule) => self.rules + rule,
            ScanStop::Default => 2 * self.rules,
        };
        u16::try_from(code).unwrap_or(u16::MAX)
    }

    fn stop(&self, code: u16) -> ScanStop {
        match usize::from(code) {
            rule if rule < self.rules => ScanStop::Fired(rule),
            rule if rule < 2 * self.rules => ScanStop::Held(rule - self.rules),
            _ => ScanStop::Default,
        }
    }
}

impl StopMatrix {
    /// Returns the number of leads.
    pub fn total(&self) -> u64 {
        self.cells.iter().map(|cell| cell.count).sum()
    }

    /// Returns the number of leads by their actions under the first and the second rule set.
    pub fn by_action(&self, from: &RuleSet, to: &RuleSet) -> BTreeMap<(Action, Action), u64> {
        let mut sums = BTreeMap::new();
        for cell in &self.cells {
            *sums.entry((from.action_of(cell.from), to.action_of(cell.to))).or_default() += cell.count;
        }
        sums
    }
}
