//! Conditions as the interpreter runs them: a row of nodes in the order they are written, each knowing how many
//! nodes it is made of, so that a piece of a condition is a slice: its own node, then those of its children. And,
//! or, not and the atoms stand one to one for the pieces of the tree.

use std::cmp::Ordering;

use super::ast::CompareOp;
use super::numeric::Numeric;
use super::typed::Program;

/// One node.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Node {
    /// How many nodes it is, itself and all below.
    pub len: u32,
    pub kind: Kind,
}

/// What a node asks.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Kind {
    Constant(bool),
    All,
    Any,
    Not,
    /// Its two children come to the same, or do not.
    Same {
        negated: bool,
    },
    /// The field is `true`.
    Flag(Read),
    Has(u16),
    /// A number field against a written number: the commonest question has a node of its own.
    Bound {
        read: Read,
        accepted: Accepted,
        bound: Numeric,
    },
    /// An enum field is one of these, by code.
    Codes {
        read: Read,
        accepted: Box<[bool]>,
    },
    Compare {
        left: Operand,
        accepted: Accepted,
        right: Operand,
    },
    OneOf {
        needle: Operand,
        set: Set,
    },
    /// The list answers yes to the question.
    Listed {
        read: Read,
        question: u32,
    },
    /// Anything else, run by the evaluator of expressions.
    General(Box<Program>),
}

/// A field that is read, and how sure the reading has to be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Read {
    pub slot: u16,
    pub needed: f64,
}

/// One side of a comparison.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Operand {
    Field(Read),
    Confidence(u16),
    AsOf,
    Number(Numeric),
    Text(Box<str>),
}

/// Values that are written out, sorted.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Set {
    Numbers(Box<[Numeric]>),
    Texts(Box<[Box<str>]>),
}

/// The orderings that satisfy a comparison, a bit each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Accepted(u8);

impl Kind {
    /// The fields it reads as values.
    pub fn reads(&self) -> impl Iterator<Item = Read> {
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

    /// The fields it looks at only from outside: whether and how surely they were read.
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

impl Set {
    pub fn numbers(mut numbers: Vec<Numeric>) -> Self {
        numbers.sort_by(|a, b| a.order(*b));
        Self::Numbers(numbers.into())
    }

    pub fn texts(mut texts: Vec<Box<str>>) -> Self {
        texts.sort();
        Self::Texts(texts.into())
    }
}

impl Accepted {
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

    /// With the sides swapped.
    pub fn flipped(self) -> Self {
        Self(self.0 >> 2 & 1 | self.0 & 2 | (self.0 & 1) << 2)
    }

    pub fn accepts(self, order: Ordering) -> bool {
        self.0 & (1 << (order as i8 + 1)) != 0
    }
}

/// The pieces that a piece is made of.
pub(super) fn children(piece: &[Node]) -> impl Iterator<Item = &[Node]> {
    let mut rest = piece.get(1..).unwrap_or_default();
    std::iter::from_fn(move || {
        let (child, after) = rest.split_at_checked(rest.first()?.len as usize)?;
        rest = after;
        Some(child)
    })
}

/// The question of a piece that has no children.
pub(super) fn atom(piece: &[Node]) -> Option<&Kind> {
    match piece {
        [node] => Some(&node.kind),
        _ => None,
    }
}
