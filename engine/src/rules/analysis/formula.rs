//! Represents conditions as sums of boxes: where a condition is true, and where it is not false.

use super::budget::Budget;
use super::set::{ClassSet, Cube};
use super::space::Space;
use crate::rules::code::{Node, Operation, children};

/// The maximum number of boxes for one condition; conditions written by people have a handful.
const BOXES: usize = 256;

/// The wanted result of a condition.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum WantedResult {
    True,
    False,
    NotTrue,
    NotFalse,
}

/// Boxes that together form the whole set or, if there were too many, a part of it.
#[derive(Clone, Debug)]
pub(super) struct CubeSum {
    pub cubes: Vec<Cube>,
    pub is_whole: bool,
}

impl CubeSum {
    fn all() -> Self {
        Self { cubes: vec![Cube::default()], is_whole: true }
    }

    fn none() -> Self {
        Self { cubes: Vec::new(), is_whole: true }
    }

    /// Creates a sum about which nothing is known.
    fn open() -> Self {
        Self { cubes: Vec::new(), is_whole: false }
    }

    fn one(variable: usize, set: ClassSet) -> Self {
        if set.is_empty() {
            Self::none()
        } else {
            Self { cubes: vec![Cube(vec![(variable, set)])], is_whole: true }
        }
    }

    /// Returns whether the sum is certainly empty.
    pub fn is_none(&self) -> bool {
        self.cubes.is_empty() && self.is_whole
    }

    /// Returns the intersection of both sums.
    pub fn and(self, other: &Self, budget: &Budget) -> Self {
        let is_whole = self.is_whole && other.is_whole;
        if let [theirs] = other.cubes.as_slice() {
            // The most common case by far, handled in place.
            let mut cubes = Vec::with_capacity(self.cubes.len());
            for mine in self.cubes {
                if !budget.take(theirs.weight()) {
                    return Self { cubes, is_whole: false };
                }
                cubes.extend(mine.and(theirs));
            }
            return Self { cubes, is_whole }.tidied(budget);
        }
        let mut cubes = Vec::new();
        for mine in &self.cubes {
            for theirs in &other.cubes {
                if cubes.len() > BOXES || !budget.take(mine.weight() + theirs.weight()) {
                    return Self { cubes, is_whole: false }.tidied(budget);
                }
                cubes.extend(mine.clone().and(theirs));
            }
        }
        Self { cubes, is_whole }.tidied(budget)
    }

    fn or(mut self, other: Self, budget: &Budget) -> Self {
        self.add(other, budget);
        self.tidied(budget)
    }

    /// Adds another sum without tidying.
    fn add(&mut self, other: Self, budget: &Budget) {
        self.is_whole &= other.is_whole;
        self.cubes.extend(other.cubes);
        if self.cubes.len() > 2 * BOXES {
            *self = std::mem::replace(self, Self::none()).tidied(budget);
        }
    }

    /// Removes boxes contained in others and sorts the rest, so that equal conditions have equal sums.
    fn tidied(mut self, budget: &Budget) -> Self {
        if self.cubes.len() < 2 {
            return self;
        }
        let weight: u64 = self.cubes.iter().map(Cube::weight).sum();
        if budget.take(weight * 4) {
            self.cubes.sort();
            self.cubes.dedup();
            merge_slices(&mut self.cubes);
        }
        let count = self.cubes.len();
        if count > 1 && budget.take((count * count) as u64 * 4 + weight) {
            let cubes = &self.cubes;
            let is_needed = |index: usize| {
                !cubes.iter().enumerate().any(|(other, cube)| other != index && cubes[index].is_within(cube))
            };
            let needed: Vec<bool> = (0..count).map(is_needed).collect();
            let mut needed = needed.into_iter();
            self.cubes.retain(|_| needed.next() == Some(true));
        }
        if self.cubes.len() > BOXES {
            self.cubes.truncate(BOXES);
            self.is_whole = false;
        }
        self
    }
}

/// Merges boxes whose only sides are on the same variable.
fn merge_slices(cubes: &mut Vec<Cube>) {
    let (slices, rest): (Vec<Cube>, Vec<Cube>) =
        std::mem::take(cubes).into_iter().partition(|cube| cube.0.len() == 1);
    for cube in slices {
        match (cubes.last_mut().map(|last| last.0.as_mut_slice()), cube.0.as_slice()) {
            (Some([(last, all)]), [(variable, set)]) if last == variable => all.add(set),
            _ => cubes.push(cube),
        }
    }
    cubes.extend(rest);
    cubes.sort();
}

impl Space {
    /// Returns where a piece of a condition has the wanted result.
    pub fn sum(&self, piece: &[Node], want: WantedResult) -> CubeSum {
        let [node, ..] = piece else { return CubeSum::none() };
        let budget = &self.budget;
        if !budget.take(8) {
            return CubeSum::open();
        }
        match (&node.kind, want) {
            (Operation::All, WantedResult::True | WantedResult::NotFalse)
            | (Operation::Any, WantedResult::False | WantedResult::NotTrue) => {
                let mut sum = CubeSum::all();
                for child in children(piece) {
                    sum = sum.and(&self.sum(child, want), budget);
                    if sum.is_none() {
                        break;
                    }
                }
                sum
            }
            (Operation::All | Operation::Any, _) => {
                let mut sum = CubeSum::none();
                children(piece).for_each(|child| sum.add(self.sum(child, want), budget));
                sum.tidied(budget)
            }
            (Operation::Not, _) => {
                children(piece).next().map_or_else(CubeSum::none, |child| self.sum(child, want.opposite()))
            }
            (Operation::Same { negated }, _) => {
                self.same(piece, if *negated { want.opposite() } else { want })
            }
            (atom, _) => self.question(atom, want),
        }
    }

    fn same(&self, piece: &[Node], want: WantedResult) -> CubeSum {
        let mut sides = children(piece);
        let (Some(left), Some(right)) = (sides.next(), sides.next()) else { return CubeSum::none() };
        let budget = &self.budget;
        let both = |a: WantedResult, b: WantedResult| self.sum(left, a).and(&self.sum(right, b), budget);
        let either = |a: WantedResult, b: WantedResult| self.sum(left, a).or(self.sum(right, b), budget);
        match want {
            WantedResult::True => both(WantedResult::True, WantedResult::True)
                .or(both(WantedResult::False, WantedResult::False), budget),
            WantedResult::False => both(WantedResult::True, WantedResult::False)
                .or(both(WantedResult::False, WantedResult::True), budget),
            WantedResult::NotTrue => either(WantedResult::NotTrue, WantedResult::NotTrue)
                .and(&either(WantedResult::NotFalse, WantedResult::NotFalse), budget),
            WantedResult::NotFalse => either(WantedResult::NotTrue, WantedResult::NotFalse)
                .and(&either(WantedResult::NotFalse, WantedResult::NotTrue), budget),
        }
    }

    fn question(&self, kind: &Operation, want: WantedResult) -> CubeSum {
        if let Operation::Constant(holds) = kind {
            let is_so = matches!(
                (want, holds),
                (WantedResult::True | WantedResult::NotFalse, true)
                    | (WantedResult::False | WantedResult::NotTrue, false)
            );
            return if is_so { CubeSum::all() } else { CubeSum::none() };
        }
        if let Some((slot, yes, no)) = self.atom(kind) {
            let but = |set: ClassSet| ClassSet::all(self.sizes[slot]).without(&set);
            return match want {
                WantedResult::True => CubeSum::one(slot, yes),
                WantedResult::False => CubeSum::one(slot, no),
                WantedResult::NotTrue => CubeSum::one(slot, but(yes)),
                WantedResult::NotFalse => CubeSum::one(slot, but(no)),
            };
        }
        let (variable, yes) = match kind {
            Operation::Listed { question, .. } => {
                (self.answer(*question), ClassSet::of(2, |class| class == 1))
            }
            other => match self.other(other) {
                Some(found) => found,
                None => return CubeSum::open(),
            },
        };
        let size = self.sizes.get(variable).copied().unwrap_or(2);
        let no = ClassSet::of(size, |class| !yes.has(class));
        // If all fields are known, the condition is true or false; otherwise it is neither.
        let known: Vec<(usize, ClassSet)> = match kind {
            Operation::Listed { .. } | Operation::Compare { .. } => kind
                .reads()
                .filter_map(|read| Some((read.slot.into(), self.known(read.slot.into(), read.needed)?)))
                .collect(),
            _ => Vec::new(),
        };
        let certain = |set: ClassSet| {
            known.iter().fold(CubeSum::one(variable, set), |sum, (slot, set)| {
                sum.and(&CubeSum::one(*slot, set.clone()), &self.budget)
            })
        };
        let possible = |set: ClassSet| {
            known.iter().fold(CubeSum::one(variable, set), |sum, (slot, set)| {
                let len = self.sizes.get(*slot).copied().unwrap_or_default();
                sum.or(CubeSum::one(*slot, ClassSet::all(len).without(set)), &self.budget)
            })
        };
        match want {
            WantedResult::True => certain(yes),
            WantedResult::False => certain(no),
            WantedResult::NotTrue => possible(no),
            WantedResult::NotFalse => possible(yes),
        }
    }
}

impl WantedResult {
    fn opposite(self) -> Self {
        match self {
            Self::True => Self::False,
            Self::False => Self::True,
            Self::NotTrue => Self::NotFalse,
            Self::NotFalse => Self::NotTrue,
        }
    }
}
