//! A rule set bound to columns: each atom becomes the cheapest question that the column can be asked.

use std::cmp::Ordering;

use super::bits::Level;
use super::column::{Column, Meaning, Read as Reading};
use super::columns::{AsOf, Columns};
use super::lanes::{Lanes, Which};
use super::lookups::{Looked, Lookups};
use crate::decision::Outcome3;
use crate::rules::code::{Accepted, Kind, Node, Operand, Read, Set, children};
use crate::rules::eval::Machine;
use crate::rules::row::{Cell, Row, Slot};
use crate::rules::rule_set::{Rule, RuleSet};

/// A rule set ready to decide about all leads of some columns.
#[derive(Clone, Debug)]
pub struct Plan<'a> {
    pub(super) rules: &'a RuleSet,
    pub(super) columns: &'a Columns,
    pub(super) level: Level,
    /// The rules that decide, by index, with their conditions.
    pub(super) pieces: Vec<(usize, Piece<'a>)>,
    pub(super) binding: Binding<'a>,
    pub(super) guards: Vec<Guard<'a>>,
}

/// The columns of a rule set's slots, and the answers of the lists.
#[derive(Clone, Debug)]
pub(super) struct Binding<'a> {
    pub slots: &'a [Slot],
    pub columns: Vec<Option<&'a Column>>,
    pub looked: Vec<Looked>,
    /// Of the slot that each question is about.
    pub asked: Vec<usize>,
    pub as_of: &'a AsOf,
}

/// A piece of a condition.
#[derive(Clone, Debug)]
pub(super) enum Piece<'a> {
    All(Vec<Self>),
    Any(Vec<Self>),
    Not(Box<Self>),
    Same {
        negated: bool,
        sides: Box<[Self; 2]>,
    },
    Constant(Outcome3),
    Ask(Ask<'a>),
    /// Asked row by row, as the row engine does.
    Rows {
        code: &'a [Node],
        slots: Vec<usize>,
    },
}

/// A question to one column.
#[derive(Clone, Debug)]
pub(super) struct Ask<'a> {
    pub lanes: &'a Lanes,
    /// The rows for which the answer is yes.
    pub yes: Which,
    /// Those for which there is none.
    pub wrong: Option<Which>,
    /// The rows whose readings are sure enough; the answer for the others is unknown. All of them by default.
    pub sure: Option<usize>,
    /// The rows that were read, and what the answer for the others is where a missing field counts as something.
    pub found: Option<(usize, Outcome3)>,
}

/// A question about readings: those of this code or a higher one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Guard<'a> {
    pub codes: &'a Lanes,
    pub from: usize,
}

impl<'a> Plan<'a> {
    /// Binds a rule set to columns. A field without a column was read for no lead.
    pub fn new(rules: &'a RuleSet, columns: &'a Columns, lookups: &mut Lookups<'_>) -> Self {
        Self::at(Level::best(), rules, columns, lookups)
    }

    /// As [`Plan::new`], with these vector instructions.
    pub fn at(level: Level, rules: &'a RuleSet, columns: &'a Columns, lookups: &mut Lookups<'_>) -> Self {
        let mut plan = Self::unasked(level, rules, columns, lookups);
        for (index, rule) in rules.rules().iter().enumerate().filter(|(_, rule)| rule.act.is_some()) {
            let piece = plan.condition(rule);
            plan.pieces.push((index, piece));
        }
        plan
    }

    /// A plan that asks no rule yet.
    pub(super) fn unasked(
        level: Level,
        rules: &'a RuleSet,
        columns: &'a Columns,
        lookups: &mut Lookups<'_>,
    ) -> Self {
        let binding = Binding::new(rules, columns, lookups);
        Self { rules, columns, level, pieces: Vec::new(), binding, guards: Vec::new() }
    }

    /// Binds a rule's condition.
    pub(super) fn condition(&mut self, rule: &'a Rule) -> Piece<'a> {
        self.bind(&rule.code)
    }

    fn bind(&mut self, code: &'a [Node]) -> Piece<'a> {
        let Some(node) = code.first() else { return Piece::Constant(Outcome3::Error) };
        let mut parts: Vec<Piece<'a>> = match node.kind {
            Kind::All | Kind::Any | Kind::Not | Kind::Same { .. } => {
                children(code).map(|child| self.bind(child)).collect()
            }
            _ => return self.atom(code, &node.kind),
        };
        match (&node.kind, parts.len()) {
            (Kind::All | Kind::Any, _) => {
                // What settles a row first spares it the rest; the order changes no outcome.
                parts.sort_by_key(Piece::cost);
                if node.kind == Kind::All { Piece::All(parts) } else { Piece::Any(parts) }
            }
            (Kind::Not, 1) => Piece::Not(parts.remove(0).into()),
            (Kind::Same { negated }, 2) => {
                let right = parts.remove(1);
                Piece::Same { negated: *negated, sides: [parts.remove(0), right].into() }
            }
            _ => Piece::Constant(Outcome3::Error),
        }
    }

    fn atom(&mut self, code: &'a [Node], kind: &'a Kind) -> Piece<'a> {
        if let Kind::Constant(holds) = kind {
            return Piece::Constant((*holds).into());
        }
        let slots = slots_of(code);
        let rows = Piece::Rows { code, slots: slots.clone() };
        let [slot] = slots.as_slice() else { return rows };
        let reads: Vec<Read> = code.iter().flat_map(|node| node.kind.reads()).collect();
        let observes = code.iter().any(|node| node.kind.observes().next().is_some());
        let Some(column) = self.binding.columns[*slot] else {
            return match self.binding.as_of {
                AsOf::One(_) => Piece::Constant(self.binding.missing(code, *slot)),
                AsOf::Each(_) => rows,
            };
        };
        let asked = match (reads.as_slice(), observes) {
            ([], true) => self.binding.readings(code, *slot, column).map(|(yes, wrong)| Ask {
                lanes: &column.readings.codes,
                yes,
                wrong,
                sure: None,
                found: None,
            }),
            ([read], false) => self.value(code, kind, *read, column),
            _ => None,
        };
        asked.map_or(rows, Piece::Ask)
    }

    /// The question to a column's values.
    fn value(&mut self, code: &'a [Node], kind: &Kind, read: Read, column: &'a Column) -> Option<Ask<'a>> {
        let slot = usize::from(read.slot);
        let is_known = self.binding.slots[slot].definition.kind == column.kind;
        let ranges = if is_known { self.binding.ranges(kind, column) } else { None };
        let (yes, wrong) = match ranges {
            Some(ranges) => (Which::Between(ranges), None),
            None => self.binding.values(code, kind, slot, column)?,
        };
        let has_stated = self.binding.slots[slot].stated.is_some();
        let found = has_stated.then(|| self.ask_readings(column, column.readings.found())).flatten();
        if found.is_some() && matches!(self.binding.as_of, AsOf::Each(_)) && !is_timeless(kind) {
            return None;
        }
        let missing = self.binding.missing(code, slot);
        let sure = self.ask_readings(column, column.readings.sure(read.needed));
        Some(Ask { lanes: &column.values, yes, wrong, sure, found: found.map(|guard| (guard, missing)) })
    }

    /// The number of a question about readings, which is asked once a block; `None` if it is true of all.
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

impl<'a> Binding<'a> {
    fn new(rules: &'a RuleSet, columns: &'a Columns, lookups: &mut Lookups<'_>) -> Self {
        let slots = rules.slots();
        let bound: Vec<_> = slots.iter().map(|slot| columns.column(&slot.name)).collect();
        let place = |field: &str| slots.iter().position(|slot| slot.name == field).unwrap_or(usize::MAX);
        let asked: Vec<usize> = rules.questions().iter().map(|question| place(&question.field)).collect();
        let looked = rules.questions().iter().zip(&asked).map(|(question, slot)| {
            lookups.look(&question.list, slots.get(*slot), bound.get(*slot).copied().flatten())
        });
        Self { slots, looked: looked.collect(), columns: bound, asked, as_of: &columns.as_of }
    }

    /// The cell of a slot in a row.
    pub fn cell(&self, slot: usize, row: usize) -> Cell<'a> {
        match self.columns[slot] {
            Some(column) => column.cell(&self.slots[slot], row),
            None => self.slots[slot].cell(None),
        }
    }

    /// The answers of the lists in a row.
    pub fn answers(&self, row: usize, answers: &mut Vec<Option<bool>>) {
        answers.clear();
        answers.extend(self.looked.iter().zip(&self.asked).map(|(looked, slot)| {
            match self.columns.get(*slot).copied().flatten() {
                Some(column) => looked.answer(column.readings.of(row), column.values.key(row)),
                None => looked.stated,
            }
        }));
    }

    /// What an atom on one slot comes to with this cell.
    fn outcome(&self, code: &[Node], slot: usize, cell: Cell<'_>, answers: &[Option<bool>]) -> Outcome3 {
        let mut cells = vec![Cell::MISSING; slot + 1];
        cells[slot] = cell;
        let as_of = match self.as_of {
            AsOf::One(as_of) => *as_of,
            AsOf::Each(_) => 0,
        };
        let row = Row { cells: &cells, answers, as_of };
        Machine { slots: self.slots, row: &row }.outcome(code)
    }

    /// What an atom comes to where its field was not found.
    fn missing(&self, code: &[Node], slot: usize) -> Outcome3 {
        let answers: Vec<_> = self.looked.iter().map(|looked| looked.stated).collect();
        self.outcome(code, slot, self.slots[slot].cell(None), &answers)
    }

    /// The values for which an atom is true, as ranges of keys.
    fn ranges(&self, kind: &Kind, column: &Column) -> Option<Vec<(i64, i64)>> {
        /// So many numbers are asked for one by one; more of them are looked up row by row.
        const NUMBERS: usize = 8;
        let ends = column.values.ends();
        if matches!(column.meaning, Meaning::Loose(_)) {
            return None;
        }
        let number =
            |bound| move |key| column.number(key).map_or(Ordering::Equal, |number| number.order(bound));
        match (&column.meaning, kind) {
            (Meaning::Whole | Meaning::Divided(_) | Meaning::Floats, Kind::Bound { accepted, bound, .. }) => {
                Some(accepted_keys(*accepted, ends, number(*bound)))
            }
            (
                Meaning::Whole | Meaning::Divided(_) | Meaning::Floats,
                Kind::OneOf { set: Set::Numbers(numbers), .. },
            ) if numbers.len() <= NUMBERS => {
                let equal = Accepted::by(crate::rules::ast::CompareOp::Equal);
                Some(numbers.iter().flat_map(|bound| accepted_keys(equal, ends, number(*bound))).collect())
            }
            (Meaning::Instants, Kind::Compare { left, accepted, right }) => {
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

    /// The values for which an atom is true, and those for which it is an error, found by trying each.
    fn values(
        &self,
        code: &[Node],
        kind: &Kind,
        slot: usize,
        column: &Column,
    ) -> Option<(Which, Option<Which>)> {
        if matches!(self.as_of, AsOf::Each(_)) && !is_timeless(kind) {
            return None;
        }
        let mut answers = Vec::new();
        let outcome = |key: usize| {
            let key = key as i64;
            answers.clear();
            answers.extend(self.looked.iter().map(|looked| looked.answer(Reading::Well(1.0), key)));
            self.outcome(code, slot, Cell::read(column.datum_of(&self.slots[slot], key), 1.0), &answers)
        };
        Some(tried(column.few()?, outcome))
    }

    /// The readings for which an atom is true, and those for which it is an error: for what asks only how a field was
    /// read.
    fn readings(&self, code: &[Node], slot: usize, column: &Column) -> Option<(Which, Option<Which>)> {
        if matches!(self.as_of, AsOf::Each(_)) && !code.iter().all(|node| is_timeless(&node.kind)) {
            return None;
        }
        let outcome = |key: usize| {
            let cell = match column.readings.table[key] {
                Reading::Not => self.slots[slot].cell(None),
                Reading::Wrongly(confidence) | Reading::Well(confidence) => {
                    Cell::read(crate::rules::row::Datum::Invalid, confidence)
                }
            };
            self.outcome(code, slot, cell, &[])
        };
        Some(tried(column.readings.table.len(), outcome))
    }
}

impl Piece<'_> {
    /// What it costs to ask, to be compared with others.
    fn cost(&self) -> u8 {
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

/// The slots that a piece looks at, each once.
fn slots_of(code: &[Node]) -> Vec<usize> {
    let reads = code.iter().flat_map(|node| node.kind.reads()).map(|read| read.slot);
    let mut slots: Vec<usize> =
        reads.chain(code.iter().flat_map(|node| node.kind.observes())).map(usize::from).collect();
    slots.sort_unstable();
    slots.dedup();
    slots
}

/// Whether it does not ask what time it is.
fn is_timeless(kind: &Kind) -> bool {
    match kind {
        Kind::Flag(_) | Kind::Has(_) | Kind::Bound { .. } | Kind::Codes { .. } | Kind::Listed { .. } => true,
        Kind::Compare { left, right, .. } => *left != Operand::AsOf && *right != Operand::AsOf,
        Kind::OneOf { needle, .. } => *needle != Operand::AsOf,
        _ => false,
    }
}

/// The keys that a comparison accepts, given the order of each and what it is compared with, which rises with them.
fn accepted_keys(accepted: Accepted, ends: (i64, i64), order: impl Fn(i64) -> Ordering) -> Vec<(i64, i64)> {
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

/// The keys for which the outcome is true, and those for which it is neither true nor false.
fn tried(len: usize, mut outcome: impl FnMut(usize) -> Outcome3) -> (Which, Option<Which>) {
    let mut sets = [vec![0_u64; len / 64 + 1], vec![0_u64; len / 64 + 1]];
    for key in 0..len {
        let set = match outcome(key) {
            Outcome3::False => continue,
            Outcome3::True => 0,
            Outcome3::Unknown | Outcome3::Error => 1,
        };
        sets[set][key / 64] |= 1 << (key % 64);
    }
    let [yes, wrong] = sets.map(|set| Which::of(&set, len));
    (yes, Some(wrong).filter(|wrong| !wrong.is_empty()))
}
