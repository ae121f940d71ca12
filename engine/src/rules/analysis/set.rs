//! Sets of classes of one variable, and boxes made of such sets.

/// Some classes of a variable, one bit each.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct ClassSet(Box<[u64]>);

impl ClassSet {
    pub fn of(len: usize, is_in: impl Fn(usize) -> bool) -> Self {
        let mut words = vec![0_u64; len.div_ceil(64)];
        for class in (0..len).filter(|class| is_in(*class)) {
            words[class / 64] |= 1 << (class % 64);
        }
        Self(words.into())
    }

    /// Creates the set of the classes in some ranges.
    pub fn of_ranges(len: usize, ranges: impl IntoIterator<Item = std::ops::Range<usize>>) -> Self {
        let mut words = vec![0_u64; len.div_ceil(64)];
        for range in ranges.into_iter().filter(|range| !range.is_empty()) {
            let (first, last) = (range.start / 64, (range.end - 1) / 64);
            let below = |bit: usize| if bit == 64 { u64::MAX } else { (1_u64 << bit) - 1 };
            for (index, word) in words.iter_mut().enumerate().take(last + 1).skip(first) {
                let from = range.start.max(index * 64) - index * 64;
                let to = range.end.min(index * 64 + 64) - index * 64;
                *word |= below(to) & !below(from);
            }
        }
        Self(words.into())
    }

    /// Creates the set of all classes.
    pub fn all(len: usize) -> Self {
        Self::of_ranges(len, std::iter::once(0..len))
    }

    /// Returns the number of words to iterate over.
    pub fn words(&self) -> u64 {
        self.0.len() as u64
    }

    /// Returns the number of classes in the set.
    pub fn count(&self) -> usize {
        self.0.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// Keeps only the classes that are also in the other set.
    pub fn keep(&mut self, other: &Self) {
        self.0.iter_mut().zip(&other.0).for_each(|(a, b)| *a &= b);
    }

    /// Adds the classes of the other set.
    pub fn add(&mut self, other: &Self) {
        self.0.iter_mut().zip(&other.0).for_each(|(a, b)| *a |= b);
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
        self.0.iter().enumerate().flat_map(|(index, word)| {
            let mut rest = *word;
            std::iter::from_fn(move || {
                let class = (rest != 0).then(|| index * 64 + rest.trailing_zeros() as usize);
                rest &= rest.wrapping_sub(1);
                class
            })
        })
    }

    /// Returns the first and the last class; the set must not be empty.
    pub fn hull(&self) -> (u32, u32) {
        let first = self.0.iter().position(|word| *word != 0).unwrap_or(0);
        let last = self.0.iter().rposition(|word| *word != 0).unwrap_or(0);
        let bit = |word: usize, bit: u32| u32::try_from(word * 64).unwrap_or(u32::MAX) + bit;
        let (low, high) = (self.0.get(first).copied().unwrap_or(1), self.0.get(last).copied().unwrap_or(1));
        (bit(first, low.trailing_zeros() % 64), bit(last, 63 - high.leading_zeros() % 64))
    }
}

/// The allowed classes of some variables, each variable once and in order; all other variables can have any
/// class. A variable listed with all of its classes must be known.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Cube(pub Vec<(usize, ClassSet)>);

impl Cube {
    /// Returns the intersection; `None` if it is empty.
    pub fn and(mut self, other: &Self) -> Option<Self> {
        for (variable, set) in &other.0 {
            match self.0.binary_search_by_key(variable, |side| side.0) {
                Ok(at) => {
                    let mine = &mut self.0[at].1;
                    mine.keep(set);
                    if mine.is_empty() {
                        return None;
                    }
                }
                Err(at) => self.0.insert(at, (*variable, set.clone())),
            }
        }
        Some(self)
    }

    /// Returns whether the box is contained in the other one, including unknown fields.
    pub fn is_within(&self, other: &Self) -> bool {
        let mut mine = self.0.iter();
        other.0.iter().all(|(variable, set)| {
            let found = mine.find(|(mine, _)| mine >= variable);
            found.is_some_and(|(mine, classes)| mine == variable && classes.is_within(set))
        })
    }

    /// Returns the steps needed to iterate over it.
    pub fn weight(&self) -> u64 {
        self.0.iter().map(|(_, set)| 4 + set.words()).sum::<u64>() + 4
    }
}
