//! Conditions as sums of boxes: where a condition is true, and where it is not false.

use super::set::{Cube, Set};
use super::space::Space;
use crate::rules::code::{Kind, Node, children};

/// Boxes of one condition that are followed up; what people write has a handful.
pub(super) const BOXES: usize = 256;

/// What is asked of a condition.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Want {
    True,
    False,
    NotTrue,
    NotFalse,
}

/// Boxes that together are all of it, or, where there were too many, a part of it.
#[derive(Clone, Debug)]
pub(super) struct Sum {
    pub cubes: Vec<Cube>,
    pub is_whole: bool,
}

impl Sum {
    fn all() -> Self {
        Self { cubes: vec![Cube::default()], is_whole: true }
    }

    fn none() -> Self {
        Self { cubes: Vec::new(), is_whole: true }
    }

    fn one(variable: usize, set: Set) -> Self {
        if set.is_empty() {
            Self::none()
        } else {
            Self { cubes: vec![Cube(vec![(variable, set)])], is_whole: true }
        }
    }

    /// What is in both.
    pub fn and(self, other: &Self) -> Self {
        let mut cubes = Vec::new();
        let mut is_whole = self.is_whole && other.is_whole;
        'pairs: for mine in &self.cubes {
            for theirs in &other.cubes {
                if cubes.len() > BOXES {
                    is_whole = false;
                    break 'pairs;
                }
                cubes.extend(mine.and(theirs));
            }
        }
        Self { cubes, is_whole }.tidied()
    }

    fn or(mut self, other: Self) -> Self {
        self.cubes.extend(other.cubes);
        self.is_whole &= other.is_whole;
        self.tidied()
    }

    /// Without boxes that lie in others, and sorted, so that the same conditions are the same sums.
    fn tidied(mut self) -> Self {
        self.cubes.sort();
        self.cubes.dedup();
        let cubes = &self.cubes;
        let is_needed = |index: usize| {
            !cubes.iter().enumerate().any(|(other, cube)| other != index && cubes[index].is_within(cube))
        };
        if cubes.len() > 1 {
            self.cubes = (0..cubes.len())
                .filter(|index| is_needed(*index))
                .map(|index| cubes[index].clone())
                .collect();
        }
        if self.cubes.len() > BOXES {
            self.cubes.truncate(BOXES);
            self.is_whole = false;
        }
        self
    }
}

impl Space {
    /// Where a piece of a condition comes to what is wanted.
    pub fn sum(&self, piece: &[Node], want: Want) -> Sum {
        let [node, ..] = piece else { return Sum::none() };
        match (&node.kind, want) {
            (Kind::All, Want::True | Want::NotFalse) | (Kind::Any, Want::False | Want::NotTrue) => {
                children(piece).fold(Sum::all(), |sum, child| sum.and(&self.sum(child, want)))
            }
            (Kind::All | Kind::Any, _) => {
                children(piece).fold(Sum::none(), |sum, child| sum.or(self.sum(child, want)))
            }
            (Kind::Not, _) => {
                children(piece).next().map_or_else(Sum::none, |child| self.sum(child, want.opposite()))
            }
            (Kind::Same { negated }, _) => self.same(piece, if *negated { want.opposite() } else { want }),
            (atom, _) => self.question(atom, want),
        }
    }

    fn same(&self, piece: &[Node], want: Want) -> Sum {
        let mut sides = children(piece);
        let (Some(left), Some(right)) = (sides.next(), sides.next()) else { return Sum::none() };
        let both = |a: Want, b: Want| self.sum(left, a).and(&self.sum(right, b));
        let either = |a: Want, b: Want| self.sum(left, a).or(self.sum(right, b));
        match want {
            Want::True => both(Want::True, Want::True).or(both(Want::False, Want::False)),
            Want::False => both(Want::True, Want::False).or(both(Want::False, Want::True)),
            Want::NotTrue => {
                either(Want::NotTrue, Want::NotTrue).and(&either(Want::NotFalse, Want::NotFalse))
            }
            Want::NotFalse => {
                either(Want::NotTrue, Want::NotFalse).and(&either(Want::NotFalse, Want::NotTrue))
            }
        }
    }

    fn question(&self, kind: &Kind, want: Want) -> Sum {
        if let Kind::Constant(holds) = kind {
            let is_so = matches!(
                (want, holds),
                (Want::True | Want::NotFalse, true) | (Want::False | Want::NotTrue, false)
            );
            return if is_so { Sum::all() } else { Sum::none() };
        }
        if let Some((slot, yes, no)) = self.atom(kind) {
            let all = || Set::of_ranges(self.sizes[slot], [0..self.sizes[slot]]);
            return match want {
                Want::True => Sum::one(slot, yes),
                Want::False => Sum::one(slot, no),
                Want::NotTrue => Sum::one(slot, all().without(&yes)),
                Want::NotFalse => Sum::one(slot, all().without(&no)),
            };
        }
        let (variable, yes) = match kind {
            Kind::Listed { question, .. } => (self.answer(*question), Set::of(2, |class| class == 1)),
            other => match self.other(other) {
                Some(found) => found,
                None => return Sum { cubes: Vec::new(), is_whole: false },
            },
        };
        let size = self.sizes.get(variable).copied().unwrap_or(2);
        let no = Set::of(size, |class| !yes.has(class));
        // Where all fields are known it holds or it does not; where one is not, neither.
        let known: Vec<(usize, Set)> = match kind {
            Kind::Listed { .. } | Kind::Compare { .. } => kind
                .reads()
                .filter_map(|read| Some((read.slot.into(), self.known(read.slot.into(), read.needed)?)))
                .collect(),
            _ => Vec::new(),
        };
        let told = |set: Set| {
            known
                .iter()
                .fold(Sum::one(variable, set), |sum, (slot, set)| sum.and(&Sum::one(*slot, set.clone())))
        };
        let untold = |set: Set| {
            known.iter().fold(Sum::one(variable, set), |sum, (slot, set)| {
                let len = self.sizes.get(*slot).copied().unwrap_or_default();
                sum.or(Sum::one(*slot, Set::of(len, |class| !set.has(class))))
            })
        };
        match want {
            Want::True => told(yes),
            Want::False => told(no),
            Want::NotTrue => untold(no),
            Want::NotFalse => untold(yes),
        }
    }
}

impl Want {
    fn opposite(self) -> Self {
        match self {
            Self::True => Self::False,
            Self::False => Self::True,
            Self::NotTrue => Self::NotFalse,
            Self::NotFalse => Self::NotTrue,
        }
    }
}
