//! Binds a rule set to columns, translating each atom to the cheapest question about a column.

use super::binding::{ColumnBinding, is_timeless};
use super::bits::SimdLevel;
use super::column::Column;
use super::columns::{AsOf, Columns};
use super::lanes::{KeyFilter, Lanes};
use super::lookups::Lookups;
use crate::decision::Outcome3;
use crate::rules::code::{FieldRead, Node, Operation, children};
use crate::rules::rule_set::{Rule, RuleSet};

/// A rule set that is ready to decide all leads of some columns.
#[derive(Clone, Debug)]
pub struct Plan<'a> {
    pub(super) rules: &'a RuleSet,
    pub(super) columns: &'a Columns,
    pub(super) level: SimdLevel,
    /// The rules with actions, by index, with their conditions.
    pub(super) pieces: Vec<(usize, PlanNode<'a>)>,
    pub(super) binding: ColumnBinding<'a>,
    pub(super) guards: Vec<Guard<'a>>,
}

/// A piece of a condition.
#[derive(Clone, Debug)]
pub(super) enum PlanNode<'a> {
    All(Vec<Self>),
    Any(Vec<Self>),
    Not(Box<Self>),
    Same {
        negated: bool,
        sides: Box<[Self; 2]>,
    },
    Constant(Outcome3),
    Ask(ColumnQuery<'a>),
    /// Evaluated row by row with the row engine.
    Rows {
        code: &'a [Node],
        slots: Vec<usize>,
    },
}

/// A question about one column.
#[derive(Clone, Debug)]
pub(super) struct ColumnQuery<'a> {
    pub lanes: &'a Lanes,
    /// The rows for which the answer is yes.
    pub yes: KeyFilter,
    /// The rows that have an error.
    pub wrong: Option<KeyFilter>,
    /// The first code of readings with sufficient confidence; the answer for other rows is unknown. By default,
    /// all have it.
    pub sure: Option<usize>,
    /// The first code of rows that were read, and the answer for the others if a missing field has an assumed
    /// value.
    pub found: Option<(usize, Outcome3)>,
}

/// A question about readings: those with this code or a higher one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Guard<'a> {
    pub codes: &'a Lanes,
    pub from: usize,
}

impl<'a> Plan<'a> {
    /// Binds a rule set to columns. A field without a column counts as not read for any lead.
    pub fn new(rules: &'a RuleSet, columns: &'a Columns, lookups: &mut Lookups<'_>) -> Self {
        Self::at(SimdLevel::best(), rules, columns, lookups)
    }

    /// Does the same as [`Plan::new`], with these vector instructions.
    pub fn at(level: SimdLevel, rules: &'a RuleSet, columns: &'a Columns, lookups: &mut Lookups<'_>) -> Self {
        let mut plan = Self::without_rules(level, rules, columns, lookups);
        for (index, rule) in rules.rules().iter().enumerate().filter(|(_, rule)| rule.act.is_some()) {
            let piece = plan.condition(rule);
            plan.pieces.push((index, piece));
        }
        plan
    }

    /// Creates a plan without any rules.
    pub(super) fn without_rules(
        level: SimdLevel,
        rules: &'a RuleSet,
        columns: &'a Columns,
        lookups: &mut Lookups<'_>,
    ) -> Self {
        let binding = ColumnBinding::new(rules, columns, lookups);
        Self { rules, columns, level, pieces: Vec::new(), binding, guards: Vec::new() }
    }

    /// Binds the condition of a rule.
    pub(super) fn condition(&mut self, rule: &'a Rule) -> PlanNode<'a> {
        self.bind(&rule.code)
    }

    fn bind(&mut self, code: &'a [Node]) -> PlanNode<'a> {
        let Some(node) = code.first() else { return PlanNode::Constant(Outcome3::Error) };
        let mut parts: Vec<PlanNode<'a>> = match node.kind {
            Operation::All | Operation::Any | Operation::Not | Operation::Same { .. } => {
                children(code).map(|child| self.bind(child)).collect()
            }
            _ => return self.atom(code, &node.kind),
        };
        match (&node.kind, parts.len()) {
            (Operation::All | Operation::Any, _) => {
                // Pieces that decide rows cheaply come first and save work for the others; the order does not
                // affect results.
                parts.sort_by_key(PlanNode::cost);
                if node.kind == Operation::All { PlanNode::All(parts) } else { PlanNode::Any(parts) }
            }
            (Operation::Not, 1) => PlanNode::Not(parts.remove(0).into()),
            (Operation::Same { negated }, 2) => {
                let right = parts.remove(1);
                PlanNode::Same { negated: *negated, sides: [parts.remove(0), right].into() }
            }
            _ => PlanNode::Constant(Outcome3::Error),
        }
    }

    fn atom(&mut self, code: &'a [Node], kind: &'a Operation) -> PlanNode<'a> {
        if let Operation::Constant(holds) = kind {
            return PlanNode::Constant((*holds).into());
        }
        let slots = slots_of(code);
        let rows = PlanNode::Rows { code, slots: slots.clone() };
        let [slot] = slots.as_slice() else { return rows };
        let mut reads: Vec<FieldRead> = code.iter().flat_map(|node| node.kind.reads()).collect();
        reads.dedup();
        let observes = code.iter().any(|node| node.kind.observes().next().is_some());
        let Some(column) = self.binding.columns[*slot] else {
            return match self.binding.as_of {
                AsOf::One(_) => PlanNode::Constant(self.binding.missing(code, *slot)),
                AsOf::Each(_) => rows,
            };
        };
        let asked = match (reads.as_slice(), observes) {
            ([], true) => self.binding.readings(code, *slot, column).map(|(yes, wrong)| ColumnQuery {
                lanes: &column.readings.codes,
                yes,
                wrong,
                sure: None,
                found: None,
            }),
            ([read], false) => self.value(code, kind, *read, column),
            _ => None,
        };
        asked.map_or(rows, PlanNode::Ask)
    }

    /// Returns the question about a column's values.
    fn value(
        &mut self,
        code: &'a [Node],
        kind: &Operation,
        read: FieldRead,
        column: &'a Column,
    ) -> Option<ColumnQuery<'a>> {
        let slot = usize::from(read.slot);
        if !self.binding.depends_on(code, slot) {
            return None;
        }
        let is_known = self.binding.slots[slot].definition.kind == column.kind;
        let ranges = if is_known { self.binding.ranges(kind, column) } else { None };
        let (yes, wrong) = match ranges {
            Some(ranges) => (KeyFilter::Between(ranges), None),
            None => self.binding.values(code, kind, slot, column)?,
        };
        let has_stated = self.binding.slots[slot].stated.is_some();
        let found = has_stated.then(|| self.ask_readings(column, column.readings.found())).flatten();
        if found.is_some() && matches!(self.binding.as_of, AsOf::Each(_)) && !is_timeless(kind) {
            return None;
        }
        let missing = self.binding.missing(code, slot);
        let sure = self.ask_readings(column, column.readings.sure(read.needed));
        Some(ColumnQuery {
            lanes: &column.values,
            yes,
            wrong,
            sure,
            found: found.map(|guard| (guard, missing)),
        })
    }

    /// Returns the number of a question about readings, which is evaluated once per block; `None` if it is true
    /// for all.
    fn ask_readings(&mut self, column: &'a Column, from: usize) -> Option<usize> {
        if from == 0 {
            return None;
        }
        let codes = &column.readings.codes;
        let known =
            self.guards.iter().position(|guard| std::ptr::eq(guard.codes, codes) && guard.from == from);
        Some(known.unwrap_or_else(|| {
            self.guards.push(Guard { codes, from });
            self.guards.len() - 1
        }))
    }
}

impl PlanNode<'_> {
    /// Returns the relative cost of the piece.
    pub(super) fn cost(&self) -> u8 {
        const ROWS: u8 = 9;
        match self {
            Self::Constant(_) => 0,
            Self::Ask(ask) => ask.yes.cost(),
            Self::All(parts) | Self::Any(parts) => parts.iter().map(Self::cost).max().unwrap_or(0),
            Self::Not(part) => part.cost(),
            Self::Same { sides, .. } => sides.iter().map(Self::cost).max().unwrap_or(0),
            Self::Rows { .. } => ROWS,
        }
    }
}

/// Returns the slots that a piece uses, without duplicates.
fn slots_of(code: &[Node]) -> Vec<usize> {
    let reads = code.iter().flat_map(|node| node.kind.reads()).map(|read| read.slot);
    let mut slots: Vec<usize> =
        reads.chain(code.iter().flat_map(|node| node.kind.observes())).map(usize::from).collect();
    slots.sort_unstable();
    slots.dedup();
    slots
}
