//! Conditions in the form that the interpreter runs: a sequence of nodes in prefix order. Each node stores the
//! number of nodes it spans, so a piece of a condition is a slice with its own node followed by those of its
//! children. And, or, not and the atoms correspond one to one to the pieces of the tree.

use std::cmp::Ordering;

use super::ast::CompareOp;
use super::numeric::Numeric;
use super::typed::Program;

/// A node.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Node {
    /// The number of nodes that it spans, including itself.
    pub len: u32,
    pub kind: Operation,
}

/// The operation of a node.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Operation {
    Constant(bool),
    All,
    Any,
    Not,
    /// Whether its two children have the same result, or different ones.
    Same {
        negated: bool,
    },
    /// Whether the field is `true`.
    Flag(FieldRead),
    Has(u16),
    /// Compares a numeric field with a literal; a separate node because it is the most common test.
    Bound {
        read: FieldRead,
        accepted: AcceptedOrderings,
        bound: Numeric,
    },
    /// Whether an enum field has one of these codes.
    Codes {
        read: FieldRead,
        accepted: Box<[bool]>,
    },
    Compare {
        left: Operand,
        accepted: AcceptedOrderings,
        right: Operand,
    },
    OneOf {
        needle: Operand,
        set: LiteralSet,
    },
    /// The answer of a list to a question.
    Listed {
        read: FieldRead,
        question: u32,
    },
    /// Any other expression, run by the evaluator of typed expressions.
    General(Box<Program>),
}

/// A field to read, and the confidence required.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct FieldRead {
    pub slot: u16,
    pub needed: f64,
}

/// One side of a comparison.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Operand {
    Field(FieldRead),
    Confidence(u16),
    AsOf,
    Number(Numeric),
    Text(Box<str>),
}

/// Literal values, sorted.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum LiteralSet {
    Numbers(Box<[Numeric]>),
    Texts(Box<[Box<str>]>),
}

/// The orderings that satisfy a comparison, one bit each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct AcceptedOrderings(u8);

impl Operation {
    /// Returns the fields whose values are read.
    pub fn reads(&self) -> impl Iterator<Item = FieldRead> {
        let side = |operand: &Operand| match operand {
            Operand::Field(read) => Some(*read),
            _ => None,
        };
        let (first, second) = match self {
            Self::Flag(read)
            | Self::Bound { read, .. }
            | Self::Codes { read, .. }
            | Self::Listed { read, .. } => (Some(*read), None),
            Self::Compare { left, right, .. } => (side(left), side(right)),
            Self::OneOf { needle, .. } => (side(needle), None),
            Self::Constant(_)
            | Self::All
            | Self::Any
            | Self::Not
            | Self::Same { .. }
            | Self::Has(_)
            | Self::General(_) => (None, None),
        };
        let general = match self {
            Self::General(program) => &*program.reads,
            _ => &[],
        };
        first.into_iter().chain(second).chain(general.iter().copied())
    }

    /// Returns the fields of which only presence or confidence is used.
    pub fn observes(&self) -> impl Iterator<Item = u16> {
        let side = |operand: &Operand| match operand {
            Operand::Confidence(slot) => Some(*slot),
            _ => None,
        };
        let (first, second) = match self {
            Self::Has(slot) => (Some(*slot), None),
            Self::Compare { left, right, .. } => (side(left), side(right)),
            Self::OneOf { needle, .. } => (side(needle), None),
            _ => (None, None),
        };
        let general = match self {
            Self::General(program) => &*program.observes,
            _ => &[],
        };
        first.into_iter().chain(second).chain(general.iter().copied())
    }
}

impl LiteralSet {
    pub fn numbers(mut numbers: Vec<Numeric>) -> Self {
        numbers.sort_by(|a, b| a.order(*b));
        Self::Numbers(numbers.into())
    }

    pub fn texts(mut texts: Vec<Box<str>>) -> Self {
        texts.sort();
        Self::Texts(texts.into())
    }
}

impl AcceptedOrderings {
    pub fn by(op: CompareOp) -> Self {
        let (less, equal, greater) = (1, 2, 4);
        Self(match op {
            CompareOp::Equal => equal,
            CompareOp::NotEqual => less | greater,
            CompareOp::Less => less,
            CompareOp::LessOrEqual => less | equal,
            CompareOp::Greater => greater,
            CompareOp::GreaterOrEqual => greater | equal,
        })
    }

    /// Returns the orderings with the sides swapped.
    pub fn flipped(self) -> Self {
        Self(self.0 >> 2 & 1 | self.0 & 2 | (self.0 & 1) << 2)
    }

    pub fn accepts(self, order: Ordering) -> bool {
        self.0 & (1 << (order as i8 + 1)) != 0
    }
}

/// Returns the direct children of a piece.
pub(super) fn children(piece: &[Node]) -> impl Iterator<Item = &[Node]> {
    let mut rest = piece.get(1..).unwrap_or_default();
    std::iter::from_fn(move || {
        let (child, after) = rest.split_at_checked(rest.first()?.len as usize)?;
        rest = after;
        Some(child)
    })
}

/// Returns the operation of a piece without children.
pub(super) fn atom(piece: &[Node]) -> Option<&Operation> {
    match piece {
        [node] => Some(&node.kind),
        _ => None,
    }
}
