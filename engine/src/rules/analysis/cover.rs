//! Determines whether boxes cover a box: the part that one box leaves uncovered is searched in the next, until
//! nothing is left or a place outside all of them is found.

use std::collections::BTreeSet;
use std::rc::Rc;

use super::budget::Budget;
use super::set::{ClassSet, Cube};

/// The maximum number of words in all boxes, which is some tens of megabytes.
const ROOM: u64 = 4_000_000;

/// The boxes of the rules in scan order.
pub(super) struct Cover {
    whole: Vec<Side>,
    boxes: Vec<Laid>,
    weight: u64,
    /// Whether the boxes include everything that the rules match.
    pub is_whole: bool,
}

/// Classes of a variable, with the first and last of them.
#[derive(Clone)]
struct Side {
    set: Rc<ClassSet>,
    first: u32,
    last: u32,
}

/// A box of a rule, as its sides by variable.
struct Laid {
    rule: usize,
    sides: Vec<(usize, Side)>,
    weight: u64,
}

/// The result of a search.
pub(super) enum CoverSearch {
    /// A place outside all boxes, as the classes of every variable.
    Found(Vec<Rc<ClassSet>>),
    /// The rules whose boxes cover the box, sorted.
    Covered(BTreeSet<usize>),
    /// The limit was reached first.
    GaveUp,
}

/// A box outside of which a place is searched: first beyond its first open side, then within that side beyond
/// the next one.
struct Level {
    nearest: usize,
    open: Vec<usize>,
    /// The previous values of the sides beyond which nothing was found, by variable.
    kept: Vec<(usize, Side)>,
    /// The boxes that can cover part of it.
    near: Vec<usize>,
}

impl Side {
    fn new(set: ClassSet) -> Self {
        let (first, last) = set.hull();
        Self { set: Rc::new(set), first, last }
    }

    fn meets(&self, other: &Self) -> bool {
        self.first <= other.last && other.first <= self.last && self.set.meets(&other.set)
    }

    fn is_within(&self, other: &Self) -> bool {
        other.first <= self.first && self.last <= other.last && self.set.is_within(&other.set)
    }
}

impl Cover {
    pub fn new(sizes: &[usize]) -> Self {
        let whole = sizes.iter().map(|size| Side::new(ClassSet::all(*size))).collect();
        Self { whole, boxes: Vec::new(), weight: 0, is_whole: true }
    }

    pub fn add(&mut self, rule: usize, cube: Cube) {
        let weight = cube.weight();
        if self.weight + weight > ROOM {
            self.is_whole = false;
            return;
        }
        self.weight += weight;
        let sides = cube.0.into_iter().map(|(variable, set)| (variable, Side::new(set))).collect();
        self.boxes.push(Laid { rule, sides, weight });
    }

    /// Returns the classes of every variable in a box.
    pub fn domain(&self, cube: &Cube) -> Vec<Rc<ClassSet>> {
        let mut domain: Vec<Rc<ClassSet>> = self.whole.iter().map(|side| Rc::clone(&side.set)).collect();
        for (variable, set) in &cube.0 {
            domain[*variable] = Rc::new(set.clone());
        }
        domain
    }

    /// Searches for a place in a box that is outside all boxes so far.
    pub fn outside(&self, cube: &Cube, budget: &Budget) -> CoverSearch {
        let mut domain = self.whole.clone();
        for (variable, set) in &cube.0 {
            domain[*variable] = Side::new(set.clone());
        }
        if !budget.take(self.weight + self.whole.len() as u64) {
            return CoverSearch::GaveUp;
        }
        let meets = |index: &usize| {
            self.boxes[*index].sides.iter().all(|(variable, side)| domain[*variable].meets(side))
        };
        let near: Vec<usize> = (0..self.boxes.len()).filter(meets).collect();
        let mut used = BTreeSet::new();
        match self.search(&mut domain, near, &mut used, budget) {
            Some(true) => CoverSearch::Found(domain.into_iter().map(|side| side.set).collect()),
            Some(false) => CoverSearch::Covered(used),
            None => CoverSearch::GaveUp,
        }
    }

    /// Returns whether there is a place outside, and narrows the domain to it; returns `None` when the limit is
    /// reached.
    fn search(
        &self,
        domain: &mut [Side],
        mut near: Vec<usize>,
        used: &mut BTreeSet<usize>,
        budget: &Budget,
    ) -> Option<bool> {
        let mut levels: Vec<Level> = Vec::new();
        loop {
            let weight: u64 = near.iter().map(|index| self.boxes[*index].weight).sum();
            if !budget.take(weight + 8) {
                return None;
            }
            let Some((nearest, open)) = self.nearest(domain, &near) else { return Some(true) };
            levels.push(Level { nearest, open, kept: Vec::new(), near });
            near = loop {
                let Some(level) = levels.last_mut() else { return Some(false) };
                let laid = &self.boxes[level.nearest];
                if let Some((variable, before)) = level.kept.last() {
                    // Nothing was found beyond this side, so the search continues within it, on the other
                    // sides.
                    let (_, side) = &laid.sides[level.open[level.kept.len() - 1]];
                    domain[*variable] = Side::new(before.set.and(&side.set));
                }
                if let Some(at) = level.open.get(level.kept.len()) {
                    let (variable, side) = &laid.sides[*at];
                    let beyond = Side::new(domain[*variable].set.without(&side.set));
                    let before = std::mem::replace(&mut domain[*variable], beyond);
                    level.kept.push((*variable, before));
                    let meets = |index: &usize| {
                        let mut sides = self.boxes[*index].sides.iter();
                        sides.all(|(other, side)| other != variable || domain[*variable].meets(side))
                    };
                    break level.near.iter().copied().filter(meets).collect();
                }
                for (variable, before) in level.kept.drain(..).rev() {
                    domain[variable] = before;
                }
                used.insert(laid.rule);
                levels.pop();
            };
        }
    }

    /// Returns the box with the fewest open sides, and those sides; `None` if no box is near.
    fn nearest(&self, domain: &[Side], near: &[usize]) -> Option<(usize, Vec<usize>)> {
        let open = |index: usize| {
            let sides = self.boxes[index].sides.iter().enumerate();
            sides.filter(|(_, (variable, side))| !domain[*variable].is_within(side)).map(|(at, _)| at)
        };
        let mut best: Option<(usize, usize)> = None;
        for index in near {
            let count = open(*index).count();
            if best.is_none_or(|(least, _)| count < least) {
                best = Some((count, *index));
                if count == 0 {
                    break;
                }
            }
        }
        best.map(|(_, index)| (index, open(index).collect()))
    }
}
