//! Binds the slots of a rule set to columns, and finds the values for which an atom is true.

use std::cmp::Ordering;

use super::column::{Column, KeyMeaning, ReadQuality as Reading};
use super::columns::{AsOf, Columns};
use super::lanes::KeyFilter;
use super::lookups::{LookupResult, Lookups};
use crate::decision::Outcome3;
use crate::rules::ast::CompareOp;
use crate::rules::code::{AcceptedOrderings, LiteralSet, Node, Operand, Operation};
use crate::rules::eval::EvalContext;
use crate::rules::row::{Datum, Row, RowCell, Slot};
use crate::rules::rule_set::RuleSet;

/// The columns of a rule set's slots, and the results of the lists.
#[derive(Clone, Debug)]
pub(super) struct ColumnBinding<'a> {
    pub slots: &'a [Slot],
    pub columns: Vec<Option<&'a Column>>,
    pub looked: Vec<LookupResult>,
    /// The slot that each question is about.
    pub asked: Vec<usize>,
    pub as_of: &'a AsOf,
}

impl<'a> ColumnBinding<'a> {
    pub fn new(rules: &'a RuleSet, columns: &'a Columns, lookups: &mut Lookups<'_>) -> Self {
        let slots = rules.slots();
        let bound: Vec<_> = slots.iter().map(|slot| columns.column(&slot.name)).collect();
        let place = |field: &str| slots.iter().position(|slot| slot.name == field).unwrap_or(usize::MAX);
        let asked: Vec<usize> = rules.questions().iter().map(|question| place(&question.field)).collect();
        let looked = rules.questions().iter().zip(&asked).map(|(question, slot)| {
            lookups.look(&question.list, slots.get(*slot), bound.get(*slot).copied().flatten())
        });
        Self { slots, looked: looked.collect(), columns: bound, asked, as_of: &columns.as_of }
    }

    /// Returns the cell of a slot in a row.
    pub fn cell(&self, slot: usize, row: usize) -> RowCell<'a> {
        match self.columns[slot] {
            Some(column) => column.cell(&self.slots[slot], row),
            None => self.slots[slot].cell(None),
        }
    }

    /// Returns the results of the lists in a row.
    pub fn answers(&self, row: usize, answers: &mut Vec<Option<bool>>) {
        answers.clear();
        answers.extend(self.looked.iter().zip(&self.asked).map(|(looked, slot)| {
            match self.columns.get(*slot).copied().flatten() {
                Some(column) => looked.answer(column.readings.of(row), column.values.key(row)),
                None => looked.stated,
            }
        }));
    }

    /// Returns the result of an atom on one slot for this cell.
    fn outcome(&self, code: &[Node], slot: usize, cell: RowCell<'_>, answers: &[Option<bool>]) -> Outcome3 {
        let mut cells = vec![RowCell::MISSING; slot + 1];
        cells[slot] = cell;
        let as_of = match self.as_of {
            AsOf::One(as_of) => *as_of,
            AsOf::Each(_) => 0,
        };
        let row = Row { cells: &cells, answers, as_of };
        EvalContext { slots: self.slots, row: &row }.outcome(code)
    }

    /// Returns whether an atom is unknown or an error both without a value of its field and with an invalid
    /// one.
    pub fn depends_on(&self, code: &[Node], slot: usize) -> bool {
        [RowCell::MISSING, RowCell::read(Datum::Invalid, 1.0)]
            .into_iter()
            .all(|cell| matches!(self.outcome(code, slot, cell, &[]), Outcome3::Unknown | Outcome3::Error))
    }

    /// Returns the result of an atom if its field was not found.
    pub fn missing(&self, code: &[Node], slot: usize) -> Outcome3 {
        let answers: Vec<_> = self.looked.iter().map(|looked| looked.stated).collect();
        self.outcome(code, slot, self.slots[slot].cell(None), &answers)
    }

    /// Returns the values for which an atom is true, as ranges of keys.
    pub fn ranges(&self, kind: &Operation, column: &Column) -> Option<Vec<(i64, i64)>> {
        /// The maximum number of literals compared one by one; with more, each row is looked up.
        const NUMBERS: usize = 8;
        let ends = column.values.ends();
        if matches!(column.meaning, KeyMeaning::Loose(_)) {
            return None;
        }
        let number =
            |bound| move |key| column.number(key).map_or(Ordering::Equal, |number| number.order(bound));
        match (&column.meaning, kind) {
            (
                KeyMeaning::Whole | KeyMeaning::Divided(_) | KeyMeaning::Floats,
                Operation::Bound { accepted, bound, .. },
            ) => Some(accepted_keys(*accepted, ends, number(*bound))),
            (
                KeyMeaning::Whole | KeyMeaning::Divided(_) | KeyMeaning::Floats,
                Operation::OneOf { set: LiteralSet::Numbers(numbers), .. },
            ) if numbers.len() <= NUMBERS => {
                let equal = AcceptedOrderings::by(CompareOp::Equal);
                Some(numbers.iter().flat_map(|bound| accepted_keys(equal, ends, number(*bound))).collect())
            }
            (KeyMeaning::Instants, Operation::Compare { left, accepted, right }) => {
                let AsOf::One(as_of) = *self.as_of else { return None };
                match (left, right) {
                    (Operand::Field(_), Operand::AsOf) => {
                        Some(accepted_keys(*accepted, ends, |key| key.cmp(&as_of)))
                    }
                    (Operand::AsOf, Operand::Field(_)) => {
                        Some(accepted_keys(accepted.flipped(), ends, |key| key.cmp(&as_of)))
                    }
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// Returns the values for which an atom is true, and those for which it is an error, by trying each.
    pub fn values(
        &self,
        code: &[Node],
        kind: &Operation,
        slot: usize,
        column: &Column,
    ) -> Option<(KeyFilter, Option<KeyFilter>)> {
        if matches!(self.as_of, AsOf::Each(_)) && !is_timeless(kind) {
            return None;
        }
        let mut answers = Vec::new();
        let outcome = |key: usize| {
            let key = key as i64;
            answers.clear();
            answers.extend(self.looked.iter().map(|looked| looked.answer(Reading::Well(1.0), key)));
            self.outcome(code, slot, RowCell::read(column.datum_of(&self.slots[slot], key), 1.0), &answers)
        };
        Some(tried(column.few()?, outcome))
    }

    /// Returns the readings for which an atom is true, and those for which it is an error, for atoms that
    /// depend only on how a field was read.
    pub fn readings(
        &self,
        code: &[Node],
        slot: usize,
        column: &Column,
    ) -> Option<(KeyFilter, Option<KeyFilter>)> {
        if matches!(self.as_of, AsOf::Each(_)) && !code.iter().all(|node| is_timeless(&node.kind)) {
            return None;
        }
        let outcome = |key: usize| {
            let cell = match column.readings.table[key] {
                Reading::Not => self.slots[slot].cell(None),
                Reading::Wrongly(confidence) | Reading::Well(confidence) => {
                    RowCell::read(Datum::Invalid, confidence)
                }
            };
            self.outcome(code, slot, cell, &[])
        };
        Some(tried(column.readings.table.len(), outcome))
    }
}

/// Returns whether the result does not depend on the current time.
pub(super) fn is_timeless(kind: &Operation) -> bool {
    match kind {
        Operation::Flag(_)
        | Operation::Has(_)
        | Operation::Bound { .. }
        | Operation::Codes { .. }
        | Operation::Listed { .. } => true,
        Operation::Compare { left, right, .. } => *left != Operand::AsOf && *right != Operand::AsOf,
        Operation::OneOf { needle, .. } => *needle != Operand::AsOf,
        _ => false,
    }
}

/// Returns the keys that a comparison accepts, given the order of each relative to the compared value, which
/// increases with the key.
fn accepted_keys(
    accepted: AcceptedOrderings,
    ends: (i64, i64),
    order: impl Fn(i64) -> Ordering,
) -> Vec<(i64, i64)> {
    let (least, most) = (i128::from(ends.0), i128::from(ends.1));
    let first = |is_reached: &dyn Fn(Ordering) -> bool| {
        let (mut low, mut high) = (least, most + 1);
        while low < high {
            let middle = low + (high - low) / 2;
            if is_reached(order(middle as i64)) { high = middle } else { low = middle + 1 }
        }
        low
    };
    let equal = first(&|order| order != Ordering::Less);
    let greater = first(&|order| order == Ordering::Greater);
    let parts = [
        (Ordering::Less, least, equal),
        (Ordering::Equal, equal, greater),
        (Ordering::Greater, greater, most + 1),
    ];
    let mut ranges: Vec<(i64, i64)> = Vec::new();
    for (_, from, to) in parts.into_iter().filter(|(order, from, to)| accepted.accepts(*order) && from < to) {
        let (from, last) = (from as i64, (to - 1) as i64);
        match ranges.last_mut() {
            Some((_, end)) if end.checked_add(1) == Some(from) => *end = last,
            _ => ranges.push((from, last)),
        }
    }
    ranges
}

/// Returns the keys for which the result is true, and those for which it is neither true nor false.
fn tried(len: usize, mut outcome: impl FnMut(usize) -> Outcome3) -> (KeyFilter, Option<KeyFilter>) {
    let mut sets = [vec![0_u64; len / 64 + 1], vec![0_u64; len / 64 + 1]];
    for key in 0..len {
        let set = match outcome(key) {
            Outcome3::False => continue,
            Outcome3::True => 0,
            Outcome3::Unknown | Outcome3::Error => 1,
        };
        sets[set][key / 64] |= 1 << (key % 64);
    }
    let [yes, wrong] = sets.map(|set| KeyFilter::of(&set, len));
    (yes, Some(wrong).filter(|wrong| !wrong.is_empty()))
}
