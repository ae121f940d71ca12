//! Whether boxes cover a box: what one box leaves over is looked for in the next, down to nothing or a place that is
//! in none of them.

use std::collections::BTreeSet;
use std::rc::Rc;

use super::budget::Budget;
use super::set::{Cube, Set};

/// Words of all boxes that are kept, which is some tens of megabytes.
const ROOM: u64 = 4_000_000;

/// The boxes of the rules in the order of the scan.
pub(super) struct Cover {
    whole: Vec<Side>,
    boxes: Vec<Laid>,
    weight: u64,
    /// Whether all that rules take is in the boxes.
    pub is_whole: bool,
}

/// Classes of a variable, with the first and last of them.
#[derive(Clone)]
struct Side {
    set: Rc<Set>,
    first: u32,
    last: u32,
}

/// A box of a rule: its sides by variable.
struct Laid {
    rule: usize,
    sides: Vec<(usize, Side)>,
    weight: u64,
}

/// What came out.
pub(super) enum Search {
    /// A place that is in none of the boxes: the classes of every variable.
    Found(Vec<Rc<Set>>),
    /// The rules whose boxes cover it, sorted.
    Covered(BTreeSet<usize>),
    /// The bound was met before.
    GaveUp,
}

/// A box that a place is looked for outside of: first beyond its first open side, then within that beyond the next.
struct Level {
    nearest: usize,
    open: Vec<usize>,
    /// The sides beyond which there is nothing, by variable, as they were before.
    kept: Vec<(usize, Side)>,
    /// The boxes that may take some of it.
    near: Vec<usize>,
}

impl Side {
    fn new(set: Set) -> Self {
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
        let whole = sizes.iter().map(|size| Side::new(Set::all(*size))).collect();
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

    /// The classes of every variable in a box.
    pub fn domain(&self, cube: &Cube) -> Vec<Rc<Set>> {
        let mut domain: Vec<Rc<Set>> = self.whole.iter().map(|side| Rc::clone(&side.set)).collect();
        for (variable, set) in &cube.0 {
            domain[*variable] = Rc::new(set.clone());
        }
        domain
    }

    /// Looks for a place in a box that is in none of the boxes so far.
    pub fn outside(&self, cube: &Cube, budget: &Budget) -> Search {
        let mut domain = self.whole.clone();
        for (variable, set) in &cube.0 {
            domain[*variable] = Side::new(set.clone());
        }
        if !budget.take(self.weight + self.whole.len() as u64) {
            return Search::GaveUp;
        }
        let meets = |index: &usize| {
            self.boxes[*index].sides.iter().all(|(variable, side)| domain[*variable].meets(side))
        };
        let near: Vec<usize> = (0..self.boxes.len()).filter(meets).collect();
        let mut used = BTreeSet::new();
        match self.search(&mut domain, near, &mut used, budget) {
            Some(true) => Search::Found(domain.into_iter().map(|side| side.set).collect()),
            Some(false) => Search::Covered(used),
            None => Search::GaveUp,
        }
    }

    /// Whether there is a place outside, to which the domain is narrowed then; `None` at the bound.
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
                    // Nothing was found beyond this side; what is left lies within, and is looked at on the others.
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

    /// The box that leaves the fewest sides open, with those sides; `None` when no box is near.
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
