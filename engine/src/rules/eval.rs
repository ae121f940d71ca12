//! The row interpreter, which evaluates conditions for one lead.

use std::cmp::Ordering;

use super::code::{FieldRead, LiteralSet, Node, Operand, Operation, children};
use super::kleene;
use super::numeric::Numeric;
use super::row::{Datum, Row, RowCell, Slot};
use crate::decision::Outcome3;
use crate::decision::Outcome3::{Error, False, True, Unknown};

/// A lead and the fields of its cells.
#[derive(Clone, Copy)]
pub(super) struct EvalContext<'a> {
    pub slots: &'a [Slot],
    pub row: &'a Row<'a>,
}

/// A value to compare.
#[derive(Clone, Copy)]
enum Scalar<'a> {
    Number(Numeric),
    Text(&'a str),
    Timestamp(i64),
}

/// The cell of a row that is too short.
static NO_CELL: RowCell<'static> = RowCell::MISSING;

impl<'a> EvalContext<'a> {
    /// Evaluates a piece of a condition. Evaluation stops at a child that determines the result, which is safe
    /// because such a child determines it in any position.
    pub fn outcome(self, piece: &'a [Node]) -> Outcome3 {
        let [node, ..] = piece else { return Error };
        match &node.kind {
            Operation::All => self.all(piece),
            Operation::Any => self.any(piece),
            Operation::Not => kleene::not(self.only(piece)),
            Operation::Same { negated } => self.same(piece, *negated),
            atom => self.test(atom),
        }
    }

    /// Returns the cell of a slot.
    pub fn cell(self, slot: u16) -> &'a RowCell<'a> {
        self.row.cells.get(usize::from(slot)).unwrap_or(&NO_CELL)
    }

    /// Returns the value of a field if it is known, or else the result of a condition on it.
    pub fn read(self, read: FieldRead) -> Result<&'a Datum<'a>, Outcome3> {
        let cell = self.cell(read.slot);
        match &cell.datum {
            Datum::Missing => Err(Unknown),
            _ if cell.confidence < read.needed => Err(Unknown),
            Datum::Invalid => Err(Error),
            datum => Ok(datum),
        }
    }

    fn all(self, piece: &'a [Node]) -> Outcome3 {
        let mut outcome = True;
        let mut at = 1;
        while let Some(node) = piece.get(at) {
            match self.part(node, piece, at) {
                False => return False,
                True => {}
                other => outcome = kleene::and(outcome, other),
            }
            at += node.len as usize;
        }
        outcome
    }

    fn any(self, piece: &'a [Node]) -> Outcome3 {
        let mut outcome = False;
        let mut at = 1;
        while let Some(node) = piece.get(at) {
            match self.part(node, piece, at) {
                True => return True,
                False => {}
                other => outcome = kleene::or(outcome, other),
            }
            at += node.len as usize;
        }
        outcome
    }

    /// Evaluates the node, whose subtree begins at this index of the piece; most kinds are handled without a
    /// call.
    #[inline(always)]
    fn part(self, node: &'a Node, piece: &'a [Node], at: usize) -> Outcome3 {
        match node.len {
            1 => self.test(&node.kind),
            len => self.outcome(piece.get(at..at + len as usize).unwrap_or_default()),
        }
    }

    fn only(self, piece: &'a [Node]) -> Outcome3 {
        children(piece).next().map_or(Error, |child| self.outcome(child))
    }

    fn same(self, piece: &'a [Node], negated: bool) -> Outcome3 {
        let mut sides = children(piece).map(|child| self.outcome(child));
        let (Some(left), Some(right)) = (sides.next(), sides.next()) else { return Error };
        let same = kleene::same(left, right);
        if negated { kleene::not(same) } else { same }
    }

    #[inline(always)]
    fn test(self, atom: &'a Operation) -> Outcome3 {
        let holds = match atom {
            Operation::Bound { read, accepted, bound } => match self.read(*read) {
                Ok(Datum::Number(number)) => Ok(accepted.accepts(number.order(*bound))),
                Ok(_) => Err(Error),
                Err(outcome) => Err(outcome),
            },
            Operation::Codes { read, accepted } => match self.read(*read) {
                Ok(Datum::Code(code)) => accepted.get(*code as usize).copied().ok_or(Error),
                Ok(_) => Err(Error),
                Err(outcome) => Err(outcome),
            },
            Operation::Flag(read) => match self.read(*read) {
                Ok(Datum::Bool(holds)) => Ok(*holds),
                Ok(_) => Err(Error),
                Err(outcome) => Err(outcome),
            },
            Operation::Listed { read, question } => self
                .read(*read)
                .and_then(|_| self.row.answers.get(*question as usize).copied().flatten().ok_or(Error)),
            Operation::Constant(holds) => Ok(*holds),
            Operation::Has(slot) => Ok(self.cell(*slot).is_read),
            rarer => self.test_rarer(rarer),
        };
        holds.map_or_else(|outcome| outcome, Outcome3::from)
    }

    /// Evaluates the kinds that are too rare for the innermost loop.
    #[inline(never)]
    fn test_rarer(self, atom: &'a Operation) -> Result<bool, Outcome3> {
        match atom {
            Operation::Compare { left, accepted, right } => {
                let (left, right) = self.both(left, right)?;
                order(left, right).map(|order| accepted.accepts(order)).ok_or(Error)
            }
            Operation::OneOf { needle, set } => is_member(self.scalar(needle)?, set).ok_or(Error),
            Operation::General(program) => match program.outcome(self) {
                True => Ok(true),
                False => Ok(false),
                other => Err(other),
            },
            _ => Err(Error),
        }
    }

    /// Evaluates both sides of a comparison. An error takes precedence over an unknown, as everywhere.
    fn both(self, left: &'a Operand, right: &'a Operand) -> Result<(Scalar<'a>, Scalar<'a>), Outcome3> {
        match (self.scalar(left), self.scalar(right)) {
            (Ok(left), Ok(right)) => Ok((left, right)),
            (Err(Error), _) | (_, Err(Error)) => Err(Error),
            _ => Err(Unknown),
        }
    }

    fn scalar(self, operand: &'a Operand) -> Result<Scalar<'a>, Outcome3> {
        match operand {
            Operand::Number(number) => Ok(Scalar::Number(*number)),
            Operand::Text(text) => Ok(Scalar::Text(text)),
            Operand::AsOf => Ok(Scalar::Timestamp(self.row.as_of)),
            Operand::Confidence(slot) => Ok(Scalar::Number(Numeric::Float(self.observed_confidence(*slot)))),
            Operand::Field(read) => match self.read(*read)? {
                Datum::Number(number) => Ok(Scalar::Number(*number)),
                Datum::Timestamp(at) => Ok(Scalar::Timestamp(*at)),
                datum => self
                    .slots
                    .get(usize::from(read.slot))
                    .and_then(|slot| slot.text(*datum))
                    .map(Scalar::Text)
                    .ok_or(Error),
            },
        }
    }

    /// Returns the confidence of a field as seen by `confidence`.
    pub fn observed_confidence(self, slot: u16) -> f64 {
        let cell = self.cell(slot);
        if cell.is_read { cell.confidence } else { 0.0 }
    }
}

/// Compares two values; returns `None` if they are of different types.
fn order(left: Scalar<'_>, right: Scalar<'_>) -> Option<Ordering> {
    match (left, right) {
        (Scalar::Number(a), Scalar::Number(b)) => Some(a.order(b)),
        // The order of UTF-8 bytes is the order of Unicode scalar values.
        (Scalar::Text(a), Scalar::Text(b)) => Some(a.cmp(b)),
        (Scalar::Timestamp(a), Scalar::Timestamp(b)) => Some(a.cmp(&b)),
        _ => None,
    }
}

fn is_member(needle: Scalar<'_>, set: &LiteralSet) -> Option<bool> {
    match (needle, set) {
        (Scalar::Number(needle), LiteralSet::Numbers(numbers)) => {
            Some(numbers.binary_search_by(|number| number.order(needle)).is_ok())
        }
        (Scalar::Text(needle), LiteralSet::Texts(texts)) => {
            Some(texts.binary_search_by(|text| (**text).cmp(needle)).is_ok())
        }
        _ => None,
    }
}
