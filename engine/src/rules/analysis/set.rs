//! Sets of classes of one variable, and boxes of them.

/// Some of the classes of a variable, a bit each.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Set(Box<[u64]>);

impl Set {
    pub fn of(len: usize, is_in: impl Fn(usize) -> bool) -> Self {
        let mut words = vec![0_u64; len.div_ceil(64)];
        for class in (0..len).filter(|class| is_in(*class)) {
            words[class / 64] |= 1 << (class % 64);
        }
        Self(words.into())
    }

    /// The classes of some ranges.
    pub fn of_ranges<const N: usize>(len: usize, ranges: [std::ops::Range<usize>; N]) -> Self {
        let mut words = vec![0_u64; len.div_ceil(64)];
        for range in ranges {
            for (index, word) in words.iter_mut().enumerate() {
                let (from, to) = (range.start.max(index * 64), range.end.min(index * 64 + 64));
                if from < to {
                    let below = |bit: usize| if bit == 64 { u64::MAX } else { (1_u64 << bit) - 1 };
                    *word |= below(to - index * 64) & !below(from - index * 64);
                }
            }
        }
        Self(words.into())
    }

    pub fn has(&self, class: usize) -> bool {
        self.0.get(class / 64).is_some_and(|word| word & (1 << (class % 64)) != 0)
    }

    pub fn is_empty(&self) -> bool {
        self.0.iter().all(|word| *word == 0)
    }

    pub fn is_within(&self, other: &Self) -> bool {
        self.0.iter().zip(&other.0).all(|(a, b)| a & !b == 0)
    }

    pub fn meets(&self, other: &Self) -> bool {
        self.0.iter().zip(&other.0).any(|(a, b)| a & b != 0)
    }

    pub fn and(&self, other: &Self) -> Self {
        Self(self.0.iter().zip(&other.0).map(|(a, b)| a & b).collect())
    }

    pub fn without(&self, other: &Self) -> Self {
        Self(self.0.iter().zip(&other.0).map(|(a, b)| a & !b).collect())
    }

    pub fn classes(&self) -> impl Iterator<Item = usize> {
        (0..self.0.len() * 64).filter(|class| self.has(*class))
    }

    /// The first and the last class; the set must not be empty.
    pub fn hull(&self) -> (u32, u32) {
        let first = self.0.iter().position(|word| *word != 0).unwrap_or(0);
        let last = self.0.iter().rposition(|word| *word != 0).unwrap_or(0);
        let bit = |word: usize, bit: u32| u32::try_from(word * 64).unwrap_or(u32::MAX) + bit;
        let (low, high) = (self.0.get(first).copied().unwrap_or(1), self.0.get(last).copied().unwrap_or(1));
        (bit(first, low.trailing_zeros() % 64), bit(last, 63 - high.leading_zeros() % 64))
    }
}

/// Variables with the classes they may be in, each variable once, in order; what is not named may be anything. A
/// variable that may be in all of its classes is named where it has to be known.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Cube(pub Vec<(usize, Set)>);

impl Cube {
    /// What is in both; `None` if nothing is.
    pub fn and(&self, other: &Self) -> Option<Self> {
        let (mut mine, mut theirs) = (self.0.iter().peekable(), other.0.iter().peekable());
        let mut both = Vec::with_capacity(self.0.len() + other.0.len());
        loop {
            let next = match (mine.peek(), theirs.peek()) {
                (None, None) => return Some(Self(both)),
                (Some(a), Some(b)) if a.0 == b.0 => {
                    let set = a.1.and(&b.1);
                    if set.is_empty() {
                        return None;
                    }
                    let next = (a.0, set);
                    mine.next();
                    theirs.next();
                    Some(next)
                }
                (Some(a), b) if b.is_none_or(|b| a.0 < b.0) => mine.next().cloned(),
                _ => theirs.next().cloned(),
            };
            both.extend(next);
        }
    }

    /// Whether all that is in it is in the other, unknown fields included.
    pub fn is_within(&self, other: &Self) -> bool {
        other.0.iter().all(|(variable, set)| {
            self.0.iter().any(|(mine, classes)| mine == variable && classes.is_within(set))
        })
    }
}
