//! The vector engine, which evaluates a rule set over columns, one block of rows at a time.
//!
//! For each row, a piece is true, false, or neither (unknown or an error, which stop the scan alike), so its
//! result is two bitmaps. Rows that an earlier rule stopped, or whose conjunction is already false, are no
//! longer open.

use super::bits::{Bits, NONE, ROWS, WORD, count, is_none, merge, ones};
use super::plan::{ColumnQuery, Plan, PlanNode};
use crate::decision::Outcome3;
use crate::rules::code::Node;
use crate::rules::eval::EvalContext;
use crate::rules::row::{Row, RowCell};
use crate::rules::rule_set::ScanStop;
use crate::rules::simulate::StopCounts;

/// The result of a piece for the open rows of a block.
#[derive(Clone, Copy, Debug)]
pub(super) struct BlockResult {
    pub yes: Bits,
    /// Neither true nor false.
    pub open: Bits,
}

/// Results cached for a block, and scratch space.
pub(super) struct Scratch<'a> {
    guards: Vec<Option<Bits>>,
    cells: Vec<RowCell<'a>>,
    answers: Vec<Option<bool>>,
}

impl<'a> Plan<'a> {
    /// Returns the number of leads that each rule decides.
    pub fn counts(&self) -> StopCounts {
        let mut counts = StopCounts::new(self.rules);
        self.each_block(|_, stop, rows| counts.add(stop, count(self.level, rows)));
        counts
    }

    /// Returns the number of leads for which a rule's condition is true, whether or not the scan reaches it.
    pub(in crate::rules) fn holding(&mut self, rule: usize) -> u64 {
        let Some(rule) = self.rules.rules().get(rule) else { return 0 };
        let piece = self.condition(rule);
        let mut scratch = self.scratch();
        let blocks = 0..self.columns.blocks();
        blocks.map(|block| count(self.level, &self.whole_piece(&piece, block, &mut scratch).yes)).sum()
    }

    /// Calls `tell` with the rows of each block, grouped by where their scan stops.
    pub(super) fn each_block(&self, mut tell: impl FnMut(usize, ScanStop, &Bits)) {
        let mut scratch = self.scratch();
        for block in 0..self.columns.blocks() {
            scratch.guards.fill(None);
            let mut open = self.columns.rows_of(block);
            for (index, piece) in &self.pieces {
                if is_none(&open) {
                    break;
                }
                let truth = self.piece(piece, block, &open, &mut scratch);
                tell(block, ScanStop::Fired(*index), &truth.yes);
                tell(block, ScanStop::Held(*index), &truth.open);
                open = merge([&open, &truth.yes, &truth.open], |[open, yes, held]| open & !(yes | held));
            }
            tell(block, ScanStop::Default, &open);
        }
    }

    pub(super) fn scratch(&self) -> Scratch<'a> {
        Scratch {
            guards: vec![None; self.guards.len()],
            cells: vec![RowCell::MISSING; self.binding.slots.len()],
            answers: Vec::new(),
        }
    }

    /// Evaluates a rule's condition for a whole block, regardless of earlier rules.
    pub(super) fn whole_piece(
        &self,
        piece: &PlanNode<'a>,
        block: usize,
        scratch: &mut Scratch<'a>,
    ) -> BlockResult {
        scratch.guards.clear();
        scratch.guards.resize(self.guards.len(), None);
        self.piece(piece, block, &self.columns.rows_of(block), scratch)
    }

    fn piece(
        &self,
        piece: &PlanNode<'a>,
        block: usize,
        open: &Bits,
        scratch: &mut Scratch<'a>,
    ) -> BlockResult {
        match piece {
            PlanNode::All(parts) => self.all(parts, block, open, scratch),
            PlanNode::Any(parts) => self.any(parts, block, open, scratch),
            PlanNode::Not(part) => {
                let truth = self.piece(part, block, open, scratch);
                let yes = merge([open, &truth.yes, &truth.open], |[open, yes, held]| open & !(yes | held));
                BlockResult { yes, open: truth.open }
            }
            PlanNode::Same { negated, sides } => {
                let [left, right] = [&sides[0], &sides[1]].map(|side| self.piece(side, block, open, scratch));
                let held = merge([&left.open, &right.open], |[a, b]| a | b);
                let flip = if *negated { 0 } else { u64::MAX };
                let yes = merge([open, &left.yes, &right.yes, &held], |[open, a, b, held]| {
                    open & !held & (a ^ b ^ flip)
                });
                BlockResult { yes, open: held }
            }
            PlanNode::Constant(outcome) => BlockResult::constant(*outcome, open),
            PlanNode::Ask(ask) => self.ask(ask, block, open, scratch),
            PlanNode::Rows { code, slots } => self.rows(code, slots, block, open, scratch),
        }
    }

    fn all(
        &self,
        parts: &[PlanNode<'a>],
        block: usize,
        open: &Bits,
        scratch: &mut Scratch<'a>,
    ) -> BlockResult {
        // The rows that are not false so far, and those for which some part is neither true nor false.
        let (mut rest, mut held) = (*open, NONE);
        for part in parts {
            if part.cost() > 0 && is_none(&rest) {
                break;
            }
            let truth = self.piece(part, block, &rest, scratch);
            rest = merge([&rest, &truth.yes, &truth.open], |[rest, yes, held]| rest & (yes | held));
            held = merge([&held, &truth.open], |[held, open]| held | open);
        }
        BlockResult {
            yes: merge([&rest, &held], |[rest, held]| rest & !held),
            open: merge([&rest, &held], |[rest, held]| rest & held),
        }
    }

    fn any(
        &self,
        parts: &[PlanNode<'a>],
        block: usize,
        open: &Bits,
        scratch: &mut Scratch<'a>,
    ) -> BlockResult {
        let mut any = BlockResult { yes: NONE, open: NONE };
        let mut rest = *open;
        for part in parts {
            if is_none(&rest) {
                break;
            }
            let truth = self.piece(part, block, &rest, scratch);
            rest = merge([&rest, &truth.yes], |[rest, yes]| rest & !yes);
            any.yes = merge([&any.yes, &truth.yes], |[any, yes]| any | yes);
            any.open = merge([&any.open, &truth.open, &any.yes], |[any, held, yes]| (any | held) & !yes);
        }
        any
    }

    fn ask(
        &self,
        ask: &ColumnQuery<'a>,
        block: usize,
        open: &Bits,
        scratch: &mut Scratch<'a>,
    ) -> BlockResult {
        let sure = ask.sure.map(|guard| self.guard(guard, block, scratch));
        let yes = ask.lanes.which(self.level, block, &ask.yes, open);
        let wrong = ask.wrong.as_ref().map_or(NONE, |wrong| ask.lanes.which(self.level, block, wrong, open));
        let mut truth = match sure {
            Some(sure) => BlockResult {
                yes: merge([&yes, open, &sure], |[yes, open, sure]| yes & open & sure),
                open: merge([&wrong, open, &sure], |[wrong, open, sure]| open & (wrong | !sure)),
            },
            None => BlockResult {
                yes: merge([&yes, open], |[yes, open]| yes & open),
                open: merge([&wrong, open], |[wrong, open]| wrong & open),
            },
        };
        if let Some((found, outcome)) = ask.found {
            let found = self.guard(found, block, scratch);
            let missing = merge([open, &found], |[open, found]| open & !found);
            let stated = BlockResult::constant(outcome, &missing);
            truth.yes = merge([&truth.yes, &found, &stated.yes], |[yes, found, stated]| yes & found | stated);
            truth.open =
                merge([&truth.open, &found, &stated.open], |[held, found, stated]| held & found | stated);
        }
        truth
    }

    fn guard(&self, guard: usize, block: usize, scratch: &mut Scratch<'a>) -> Bits {
        let asked = self.guards[guard];
        *scratch.guards[guard]
            .get_or_insert_with(|| asked.codes.between(self.level, block, asked.from as i64, i64::MAX))
    }

    fn rows(
        &self,
        code: &'a [Node],
        slots: &[usize],
        block: usize,
        open: &Bits,
        scratch: &mut Scratch<'a>,
    ) -> BlockResult {
        let mut truth = BlockResult { yes: NONE, open: NONE };
        for (word, open) in open.iter().enumerate() {
            for place in ones(*open) {
                let row = block * ROWS + word * WORD + place;
                for slot in slots {
                    scratch.cells[*slot] = self.binding.cell(*slot, row);
                }
                self.binding.answers(row, &mut scratch.answers);
                let as_of = self.columns.as_of(row);
                let row = Row { cells: &scratch.cells, answers: &scratch.answers, as_of };
                match (EvalContext { slots: self.binding.slots, row: &row }).outcome(code) {
                    Outcome3::True => truth.yes[word] |= 1 << place,
                    Outcome3::False => {}
                    Outcome3::Unknown | Outcome3::Error => truth.open[word] |= 1 << place,
                }
            }
        }
        truth
    }
}

impl BlockResult {
    fn constant(outcome: Outcome3, open: &Bits) -> Self {
        match outcome {
            Outcome3::True => Self { yes: *open, open: NONE },
            Outcome3::False => Self { yes: NONE, open: NONE },
            Outcome3::Unknown | Outcome3::Error => Self { yes: NONE, open: *open },
        }
    }
}
