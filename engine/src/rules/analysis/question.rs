//! Questions about a single field, and the values for which they hold.

use std::cmp::Ordering;
use std::ops::Range as Places;

use super::classes::Range;
use super::space::Values;
use crate::rules::code::{AcceptedOrderings, LiteralSet as Written, Operand, Operation};
use crate::rules::numeric::Numeric;

/// A question about one field.
pub(super) enum FieldQuestion<'a> {
    Number { needed: f64, accepted: AcceptedOrderings, bound: Numeric },
    Numbers { needed: f64, all: &'a [Numeric] },
    Text { needed: f64, accepted: AcceptedOrderings, bound: &'a str },
    Texts { needed: f64, all: &'a [Box<str>] },
    Codes { needed: f64, accepted: &'a [bool] },
    Flag { needed: f64 },
    Has,
    Sure { accepted: AcceptedOrderings, bound: Numeric },
}

impl<'a> FieldQuestion<'a> {
    pub fn of(kind: &'a Operation) -> Option<(usize, Self)> {
        match kind {
            Operation::Bound { read, accepted, bound } => Some((
                read.slot.into(),
                Self::Number { needed: read.needed, accepted: *accepted, bound: *bound },
            )),
            Operation::Codes { read, accepted } => {
                Some((read.slot.into(), Self::Codes { needed: read.needed, accepted }))
            }
            Operation::Flag(read) => Some((read.slot.into(), Self::Flag { needed: read.needed })),
            Operation::Has(slot) => Some(((*slot).into(), Self::Has)),
            Operation::OneOf { needle: Operand::Field(read), set } => Some((
                read.slot.into(),
                match set {
                    Written::Numbers(all) => Self::Numbers { needed: read.needed, all },
                    Written::Texts(all) => Self::Texts { needed: read.needed, all },
                },
            )),
            Operation::Compare { left, accepted, right } => {
                let (side, literal, accepted) = match (left, right) {
                    (side, literal @ (Operand::Number(_) | Operand::Text(_))) => (side, literal, *accepted),
                    (literal @ (Operand::Number(_) | Operand::Text(_)), side) => {
                        (side, literal, accepted.flipped())
                    }
                    _ => return None,
                };
                match (side, literal) {
                    (Operand::Confidence(slot), Operand::Number(bound)) => {
                        Some(((*slot).into(), Self::Sure { accepted, bound: *bound }))
                    }
                    (Operand::Field(read), Operand::Text(bound)) => {
                        Some((read.slot.into(), Self::Text { needed: read.needed, accepted, bound }))
                    }
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// Returns whether the field has the type that the question is about.
    pub fn fits(&self, values: &Values) -> bool {
        match self {
            Self::Number { .. } | Self::Numbers { .. } => matches!(values, Values::Numbers(_)),
            Self::Text { .. } | Self::Texts { .. } => matches!(values, Values::Texts(_)),
            Self::Codes { .. } => matches!(values, Values::Codes(_)),
            Self::Flag { .. } => matches!(values, Values::Bool),
            Self::Has | Self::Sure { .. } => !matches!(values, Values::TooMany),
        }
    }

    /// Returns the confidence that the question requires.
    pub fn needed(&self) -> f64 {
        match self {
            Self::Number { needed, .. }
            | Self::Numbers { needed, .. }
            | Self::Text { needed, .. }
            | Self::Texts { needed, .. }
            | Self::Codes { needed, .. }
            | Self::Flag { needed } => *needed,
            Self::Has | Self::Sure { .. } => 0.0,
        }
    }

    /// Returns the steps needed to find the values.
    pub fn weight(&self) -> usize {
        match self {
            Self::Numbers { all, .. } => 16 + all.len() * 64,
            Self::Texts { all, .. } => 16 + all.len() * 64,
            Self::Codes { accepted, .. } => 16 + accepted.len(),
            _ => 32,
        }
    }

    /// Returns the indices of the values with this result, in ascending order.
    pub fn values(&self, values: &Values, wanted: bool) -> Vec<Places<usize>> {
        match (self, values) {
            (Self::Number { accepted, bound, .. }, Values::Numbers(all)) => {
                compared(all, |range| range.order(bound), *accepted, wanted)
            }
            (Self::Text { accepted, bound, .. }, Values::Texts(all)) => {
                compared(all, |range| range.order_by(|text| (**text).cmp(bound)), *accepted, wanted)
            }
            (Self::Numbers { all: named, .. }, Values::Numbers(all)) => {
                let places = named.iter().filter_map(|number| place(all, |range| range.order(number)));
                listed(places.collect(), all.len(), wanted)
            }
            (Self::Texts { all: named, .. }, Values::Texts(all)) => {
                let order =
                    |text: &'a str| move |range: &Range<Box<str>>| range.order_by(|one| (**one).cmp(text));
                let places = named.iter().filter_map(|text| place(all, order(text)));
                listed(places.collect(), all.len(), wanted)
            }
            (Self::Codes { accepted, .. }, Values::Codes(count)) => {
                let is_in = |code: &usize| accepted.get(*code).is_some_and(|accepted| *accepted == wanted);
                (0..*count).filter(is_in).map(|code| code..code + 1).collect()
            }
            (Self::Flag { .. }, Values::Bool) => {
                let value = usize::from(wanted);
                std::iter::once(value..value + 1).collect()
            }
            _ => Vec::new(),
        }
    }
}

/// Returns the indices of the values whose order relative to a bound is accepted, or is not.
fn compared<T>(
    all: &[Range<T>],
    order: impl Fn(&Range<T>) -> Ordering,
    accepted: AcceptedOrderings,
    wanted: bool,
) -> Vec<Places<usize>> {
    let from = all.partition_point(|range| order(range) == Ordering::Less);
    let to = all.partition_point(|range| order(range) != Ordering::Greater);
    [(Ordering::Less, 0..from), (Ordering::Equal, from..to), (Ordering::Greater, to..all.len())]
        .into_iter()
        .filter(|(order, places)| accepted.accepts(*order) == wanted && !places.is_empty())
        .map(|(_, places)| places)
        .collect()
}

/// Returns the index of a value that questions name.
fn place<T>(all: &[Range<T>], order: impl Fn(&Range<T>) -> Ordering) -> Option<usize> {
    let at = all.partition_point(|range| order(range) == Ordering::Less);
    all.get(at).filter(|range| order(range) == Ordering::Equal).map(|_| at)
}

/// Returns these indices, or all others.
fn listed(mut places: Vec<usize>, len: usize, wanted: bool) -> Vec<Places<usize>> {
    places.sort_unstable();
    places.dedup();
    if wanted {
        return places.into_iter().map(|place| place..place + 1).collect();
    }
    let starts = std::iter::once(0).chain(places.iter().map(|place| place + 1));
    let ends = places.iter().copied().chain([len]);
    starts.zip(ends).map(|(from, to)| from..to).filter(|places| !places.is_empty()).collect()
}
