//! Whether boxes cover a box: what one box leaves over is looked for in the next, down to nothing or a place that is
//! in none of them.

use super::set::{Cube, Set};

/// Boxes looked at for one question, and for all questions about a set: a table of 1,000 rows takes a fraction.
const STEPS: u64 = 2_000_000;
const STEPS_OF_A_SET: u64 = 10_000_000;

/// The boxes of the rules in the order of the scan.
pub(super) struct Cover {
    whole: Vec<Side>,
    boxes: Vec<Laid>,
    left_of_the_set: u64,
    left: u64,
}

/// Classes of a variable, with the first and last of them.
#[derive(Clone)]
struct Side {
    set: Set,
    first: u32,
    last: u32,
}

/// A box of a rule: its sides by variable.
struct Laid {
    rule: usize,
    sides: Vec<(usize, Side)>,
}

/// What came out.
pub(super) enum Search {
    /// A place that is in none of the boxes: the classes of every variable.
    Found(Vec<Set>),
    /// The rules whose boxes cover it.
    Covered(Vec<usize>),
    /// The bound was met before.
    GaveUp,
}

impl Side {
    fn new(set: Set) -> Self {
        let (first, last) = set.hull();
        Self { set, first, last }
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
        let whole = sizes.iter().map(|size| Side::new(Set::of(*size, |_| true))).collect();
        Self { whole, boxes: Vec::new(), left_of_the_set: STEPS_OF_A_SET, left: 0 }
    }

    pub fn add(&mut self, rule: usize, cube: Cube) {
        let sides = cube.0.into_iter().map(|(variable, set)| (variable, Side::new(set))).collect();
        self.boxes.push(Laid { rule, sides });
    }

    /// Looks for a place in a box that is in none of the boxes so far.
    pub fn outside(&mut self, cube: &Cube) -> Search {
        let allowed = STEPS.min(self.left_of_the_set);
        self.left = allowed;
        let mut domain = self.whole.clone();
        for (variable, set) in &cube.0 {
            domain[*variable] = Side::new(set.clone());
        }
        let near: Vec<usize> = (0..self.boxes.len())
            .filter(|index| {
                self.boxes[*index].sides.iter().all(|(variable, side)| domain[*variable].meets(side))
            })
            .collect();
        let mut used = Vec::new();
        let found = self.search(&mut domain, &near, &mut used);
        self.left_of_the_set -= allowed - self.left;
        match found {
            Some(true) => Search::Found(domain.into_iter().map(|side| side.set).collect()),
            Some(false) => {
                used.sort_unstable();
                used.dedup();
                Search::Covered(used)
            }
            None => Search::GaveUp,
        }
    }

    /// Whether there is a place outside, to which the domain is narrowed then; `None` at the bound.
    fn search(&mut self, domain: &mut Vec<Side>, near: &[usize], used: &mut Vec<usize>) -> Option<bool> {
        self.left = self.left.checked_sub(near.len() as u64 + 1)?;
        let Some((nearest, open)) = self.nearest(domain, near) else { return Some(true) };
        let mut kept = Vec::with_capacity(open.len());
        for at in open {
            let (variable, set) = {
                let (variable, side) = &self.boxes[nearest].sides[at];
                (*variable, side.set.clone())
            };
            let before = domain[variable].clone();
            domain[variable] = Side::new(before.set.without(&set));
            let meets = |index: &usize| {
                let mut sides = self.boxes[*index].sides.iter();
                sides.all(|(side, classes)| *side != variable || domain[variable].meets(classes))
            };
            let still: Vec<usize> = near.iter().copied().filter(meets).collect();
            match self.search(domain, &still, used) {
                Some(false) => {}
                other => return other,
            }
            // What is left lies in the box on this side, and is looked at on the others.
            domain[variable] = Side::new(before.set.and(&set));
            kept.push((variable, before));
        }
        for (variable, before) in kept.into_iter().rev() {
            domain[variable] = before;
        }
        used.push(self.boxes[nearest].rule);
        Some(false)
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
