//! The values of a column, in the narrowest type that fits.

use super::bits::{Bits, Lane, NONE, ROWS, SimdLevel, between, within};

/// A key for each row, padded to whole blocks; see [`Lane::of`].
#[derive(Clone, Debug)]
pub enum Lanes {
    /// 0 in every row.
    Zero,
    Bytes(Vec<u8>),
    Shorts(Vec<i16>),
    Ints(Vec<i32>),
    Longs(Vec<i64>),
    Floats(Vec<f64>),
}

/// Evaluates an expression with the vector, whatever its type.
macro_rules! each_lane {
    ($lanes:expr, $zero:expr, $values:ident => $run:expr) => {
        match $lanes {
            Lanes::Zero => $zero,
            Lanes::Bytes($values) => $run,
            Lanes::Shorts($values) => $run,
            Lanes::Ints($values) => $run,
            Lanes::Longs($values) => $run,
            Lanes::Floats($values) => $run,
        }
    };
}

/// Selects rows by their keys.
#[derive(Clone, Debug, PartialEq)]
pub enum KeyFilter {
    /// The key is between two others, inclusive.
    Between(Vec<(i64, i64)>),
    /// The bit of the key, starting at 0, is set.
    In(Box<[u64]>),
}

impl Lanes {
    /// Stores whole numbers in the narrowest type that fits.
    pub fn whole(keys: impl ExactSizeIterator<Item = i64> + Clone) -> Self {
        let least = keys.clone().min().unwrap_or(0);
        let most = keys.clone().max().unwrap_or(0);
        let fits = |low: i64, high: i64| low <= least && most <= high;
        if fits(0, 0) {
            Self::Zero
        } else if fits(0, u8::MAX.into()) {
            Self::Bytes(padded(keys))
        } else if fits(i16::MIN.into(), i16::MAX.into()) {
            Self::Shorts(padded(keys))
        } else if fits(i32::MIN.into(), i32::MAX.into()) {
            Self::Ints(padded(keys))
        } else {
            Self::Longs(padded(keys))
        }
    }

    /// Stores floating-point numbers.
    pub fn floats(numbers: &[f64]) -> Self {
        Self::Floats(padded(numbers.iter().map(|number| number.key())))
    }

    /// Returns the key of a row.
    pub fn key(&self, row: usize) -> i64 {
        each_lane!(self, 0, values => values.get(row).map_or(0, |value| value.key()))
    }

    /// Returns the least and the greatest possible key.
    pub fn ends(&self) -> (i64, i64) {
        fn of<T: Lane>(_: &[T]) -> (i64, i64) {
            (T::LEAST.key(), T::MOST.key())
        }
        each_lane!(self, (0, 0), values => of(values))
    }

    /// Returns the number of bytes used.
    pub fn bytes(&self) -> usize {
        each_lane!(self, 0, values => size_of_val(values.as_slice()))
    }

    /// Returns the selected rows of a block; rows that are not open may or may not be included.
    pub fn which(&self, level: SimdLevel, block: usize, which: &KeyFilter, open: &Bits) -> Bits {
        match which {
            KeyFilter::Between(ranges) => {
                let mut all = NONE;
                for (low, high) in ranges {
                    let bits = self.between(level, block, *low, *high);
                    all.iter_mut().zip(bits).for_each(|(all, bits)| *all |= bits);
                }
                all
            }
            KeyFilter::In(set) => {
                let zero = || if set.first().is_some_and(|word| word & 1 == 1) { *open } else { NONE };
                each_lane!(self, zero(), values => within(rows(values, block), set, open))
            }
        }
    }

    /// Returns the rows of a block whose keys are between two others.
    pub fn between(&self, level: SimdLevel, block: usize, low: i64, high: i64) -> Bits {
        fn of<T: Lane>(level: SimdLevel, values: &[T], low: i64, high: i64) -> Bits {
            let (low, high) = (low.max(T::LEAST.key()), high.min(T::MOST.key()));
            if low <= high { between(level, values, T::of(low), T::of(high)) } else { NONE }
        }
        let zero = if low <= 0 && 0 <= high { [u64::MAX; NONE.len()] } else { NONE };
        each_lane!(self, zero, values => of(level, rows(values, block), low, high))
    }
}

impl KeyFilter {
    /// Selects the keys whose bit is set; a few runs of keys become ranges, which are faster.
    pub fn of(set: &[u64], len: usize) -> Self {
        const RUNS: usize = 4;
        let has = |key: usize| set[key / 64] >> (key % 64) & 1 == 1;
        let mut runs: Vec<(i64, i64)> = Vec::new();
        for key in (0..len).filter(|key| has(*key)) {
            let key = key as i64;
            match runs.last_mut() {
                Some((_, last)) if *last + 1 == key => *last = key,
                _ => runs.push((key, key)),
            }
            if runs.len() > RUNS {
                return Self::In(set.into());
            }
        }
        Self::Between(runs)
    }

    /// Returns whether no row is selected.
    pub fn is_empty(&self) -> bool {
        matches!(self, Self::Between(ranges) if ranges.is_empty())
    }

    /// Returns the relative cost of the selection.
    pub fn cost(&self) -> u8 {
        match self {
            Self::Between(_) => 0,
            Self::In(_) => 1,
        }
    }
}

/// Returns the values of a block.
fn rows<T>(values: &[T], block: usize) -> &[T] {
    values.get(block * ROWS..(block + 1) * ROWS).unwrap_or_default()
}

/// Converts keys to values, padded to whole blocks.
fn padded<T: Lane>(keys: impl ExactSizeIterator<Item = i64>) -> Vec<T> {
    let len = keys.len().next_multiple_of(ROWS);
    let mut values = Vec::with_capacity(len);
    values.extend(keys.map(T::of));
    values.resize(len, T::of(0));
    values
}
