//! Bitmaps of a block of rows, and how columns are converted to them: which values are between two bounds, or
//! in a set.
//!
//! The loops are plain Rust that the compiler vectorises. If the processor supports wider instructions than its
//! baseline, which is detected at run time, versions of the same loops compiled for these are used; the
//! resulting bits are the same.
#![allow(unsafe_code, reason = "functions compiled for wider instructions are called after detecting them")]

/// The rows in a block.
pub const ROWS: usize = 1024;

/// The rows in a word.
pub const WORD: usize = 64;

/// One bit for each row of a block.
pub type Bits = [u64; ROWS / WORD];

/// A bitmap without rows.
pub const NONE: Bits = [0; ROWS / WORD];

/// A level of vector instructions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SimdLevel(Instructions);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Instructions {
    Baseline,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    #[cfg(target_arch = "x86_64")]
    Avx512,
}

/// A type of values stored in columns.
pub trait Lane: Copy + PartialOrd {
    /// The least value.
    const LEAST: Self;
    /// The greatest value.
    const MOST: Self;
    /// Returns the value of a key. Keys are in the order of the values; the keys of whole numbers are the
    /// numbers.
    fn of(key: i64) -> Self;
    /// Returns the key of a value.
    fn key(self) -> i64;
}

impl SimdLevel {
    /// The instructions that every processor of this architecture has.
    pub const BASELINE: Self = Self(Instructions::Baseline);

    /// Returns the levels that this processor supports, the best last.
    pub fn all() -> Vec<Self> {
        #[allow(unused_mut, reason = "only some kinds of processors have more")]
        let mut levels = vec![Self::BASELINE];
        #[cfg(target_arch = "x86_64")]
        {
            use std::is_x86_feature_detected as has;
            let is_avx2 = has!("avx2") && has!("bmi1") && has!("bmi2") && has!("popcnt");
            if is_avx2 {
                levels.push(Self(Instructions::Avx2));
            }
            if is_avx2 && has!("avx512f") && has!("avx512bw") && has!("avx512vl") {
                levels.push(Self(Instructions::Avx512));
            }
        }
        levels
    }

    /// Returns the best level that this processor supports.
    pub fn best() -> Self {
        Self::all().pop().unwrap_or(Self::BASELINE)
    }

    /// Returns the name of the level.
    pub fn name(self) -> &'static str {
        match self.0 {
            Instructions::Baseline => "baseline",
            #[cfg(target_arch = "x86_64")]
            Instructions::Avx2 => "avx2",
            #[cfg(target_arch = "x86_64")]
            Instructions::Avx512 => "avx512",
        }
    }
}

/// Returns the rows of a block whose values are between two bounds, inclusive.
pub fn between<T: Lane>(level: SimdLevel, values: &[T], low: T, high: T) -> Bits {
    match level.0 {
        Instructions::Baseline => fill(values, low, high, gather),
        // SAFETY: this level is only created by `SimdLevel::all`, after detecting the instructions.
        #[cfg(target_arch = "x86_64")]
        Instructions::Avx2 => unsafe { x86::avx2(values, low, high) },
        // SAFETY: as above.
        #[cfg(target_arch = "x86_64")]
        Instructions::Avx512 => unsafe { x86::avx512(values, low, high) },
    }
}

/// Returns the open rows whose values have their bit in the set. Values are codes, starting at 0.
pub fn within<T: Lane>(values: &[T], set: &[u64], open: &Bits) -> Bits {
    /// From this many open rows in a word, testing every row is faster than finding the open ones.
    const MANY: u32 = 24;
    let has = |value: T| {
        let code = value.key() as usize;
        set.get(code / WORD).copied().unwrap_or(0) >> (code % WORD) & 1
    };
    let mut bits = NONE;
    for ((word, values), open) in bits.iter_mut().zip(values.chunks_exact(WORD)).zip(open) {
        if open.count_ones() >= MANY {
            let all = values.iter().rev().fold(0, |all, value| all << 1 | has(*value));
            *word = all & open;
            continue;
        }
        for row in ones(*open) {
            *word |= has(values[row]) << row;
        }
    }
    bits
}

/// Returns the indices of a word's one bits.
pub fn ones(word: u64) -> impl Iterator<Item = usize> {
    let mut rest = word;
    std::iter::from_fn(move || {
        let place = (rest != 0).then_some(rest.trailing_zeros() as usize);
        rest &= rest.wrapping_sub(1);
        place
    })
}

/// Returns the rows for which an operation on words produces a one.
#[inline(always)]
pub fn merge<const N: usize>(of: [&Bits; N], words: impl Fn([u64; N]) -> u64) -> Bits {
    let mut bits = NONE;
    // Indexing shows the compiler that all have the same length, so that it processes many words at once.
    #[allow(clippy::needless_range_loop, reason = "one index for all")]
    for word in 0..bits.len() {
        let mut each = [0; N];
        for (each, of) in each.iter_mut().zip(of) {
            *each = of[word];
        }
        bits[word] = words(each);
    }
    bits
}

/// Returns whether there are no rows.
pub fn is_none(bits: &Bits) -> bool {
    bits.iter().fold(0, |all, word| all | word) == 0
}

/// Returns the number of rows.
pub fn count(level: SimdLevel, bits: &Bits) -> u64 {
    match level.0 {
        Instructions::Baseline => ones_of(bits),
        // SAFETY: this level is only created by `SimdLevel::all`, after detecting the instructions.
        #[cfg(target_arch = "x86_64")]
        Instructions::Avx2 | Instructions::Avx512 => unsafe { x86::count(bits) },
    }
}

#[inline(always)]
fn ones_of(bits: &Bits) -> u64 {
    bits.iter().map(|word| u64::from(word.count_ones())).sum()
}

#[inline(always)]
fn fill<T: Lane>(values: &[T], low: T, high: T, gather: impl Fn(&[u8; WORD]) -> u64) -> Bits {
    if low <= T::LEAST {
        each(values, |value| value <= high, gather)
    } else if high >= T::MOST {
        each(values, |value| value >= low, gather)
    } else {
        each(values, |value| (value >= low) & (value <= high), gather)
    }
}

#[inline(always)]
fn each<T: Lane>(values: &[T], holds: impl Fn(T) -> bool, gather: impl Fn(&[u8; WORD]) -> u64) -> Bits {
    let mut bits = NONE;
    for (word, values) in bits.iter_mut().zip(values.chunks_exact(WORD)) {
        let mut bytes = [0; WORD];
        for (byte, value) in bytes.iter_mut().zip(values) {
            *byte = u8::from(holds(*value)).wrapping_neg();
        }
        *word = gather(&bytes);
    }
    bits
}

/// Returns one bit per byte; each byte must be all ones or all zeros.
#[inline(always)]
fn gather(bytes: &[u8; WORD]) -> u64 {
    let (eights, _) = bytes.as_chunks::<8>();
    eights.iter().rev().fold(0, |word, eight| {
        // Each byte keeps a different bit, and the highest byte of the product is their sum.
        let kept = u64::from_le_bytes(*eight) & 0x8040_2010_0804_0201;
        word << 8 | kept.wrapping_mul(0x0101_0101_0101_0101) >> 56
    })
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::x86_64::{
        _mm256_loadu_si256, _mm256_movemask_epi8, _mm512_loadu_epi8, _mm512_movepi8_mask,
    };

    use super::{Bits, Lane, WORD, fill, ones_of};

    #[target_feature(enable = "popcnt")]
    pub fn count(bits: &Bits) -> u64 {
        ones_of(bits)
    }

    #[target_feature(enable = "avx2,bmi1,bmi2")]
    pub fn avx2<T: Lane>(values: &[T], low: T, high: T) -> Bits {
        fill(values, low, high, |bytes: &[u8; WORD]| {
            let half = |at: usize| {
                // SAFETY: reads 32 of the 64 bytes, from the first or the 33rd.
                let vector = unsafe { _mm256_loadu_si256(bytes.as_ptr().add(at).cast()) };
                u64::from(_mm256_movemask_epi8(vector).cast_unsigned())
            };
            half(0) | half(WORD / 2) << (WORD / 2)
        })
    }

    #[target_feature(enable = "avx512f,avx512bw,avx512vl,bmi1,bmi2")]
    pub fn avx512<T: Lane>(values: &[T], low: T, high: T) -> Bits {
        fill(values, low, high, |bytes: &[u8; WORD]| {
            // SAFETY: reads exactly the 64 bytes.
            _mm512_movepi8_mask(unsafe { _mm512_loadu_epi8(bytes.as_ptr().cast()) })
        })
    }
}

macro_rules! whole_lanes {
    ($($lane:ty),*) => {$(
        impl Lane for $lane {
            const LEAST: Self = <$lane>::MIN;
            const MOST: Self = <$lane>::MAX;
            fn of(key: i64) -> Self {
                key as $lane
            }
            #[inline(always)]
            fn key(self) -> i64 {
                i64::from(self)
            }
        }
    )*};
}

whole_lanes!(u8, i16, i32, i64);

impl Lane for f64 {
    const LEAST: Self = f64::NEG_INFINITY;
    const MOST: Self = f64::INFINITY;

    fn of(key: i64) -> Self {
        f64::from_bits((key ^ ((key >> 63).cast_unsigned() >> 1).cast_signed()).cast_unsigned())
    }

    fn key(self) -> i64 {
        let bits = self.to_bits().cast_signed();
        bits ^ ((bits >> 63).cast_unsigned() >> 1).cast_signed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check<T: Lane + std::fmt::Debug>(values: &[T], bounds: &[(T, T)]) {
        for level in SimdLevel::all() {
            for (low, high) in bounds {
                let bits = between(level, values, *low, *high);
                for (row, value) in values.iter().enumerate() {
                    let found = bits[row / WORD] >> (row % WORD) & 1 == 1;
                    assert_eq!(
                        found,
                        *low <= *value && *value <= *high,
                        "{level:?} {low:?} {value:?} {high:?}"
                    );
                }
                assert_eq!(count(level, &bits), ones_of(&bits), "{level:?}");
            }
        }
    }

    #[test]
    fn every_level_finds_the_same_rows() {
        let spread = |row: usize| (row as i64).wrapping_mul(0x9E37_79B9_7F4A_7C15_u64.cast_signed());
        let of = |shift: u32| (0..ROWS).map(move |row| spread(row) >> shift);
        let bytes: Vec<u8> = of(56).map(|n| n as u8).collect();
        check(&bytes, &[(0, 100), (7, 7), (100, 255), (3, 200), (9, 8)]);
        let shorts: Vec<i16> = of(48).map(|n| n as i16).collect();
        check(&shorts, &[(i16::MIN, 100), (-5, i16::MAX), (-900, 1000), (5, 4)]);
        let ints: Vec<i32> = of(32).map(|n| n as i32).collect();
        check(&ints, &[(i32::MIN, -100), (0, i32::MAX), (-90_000_000, 100_000_000)]);
        let longs: Vec<i64> = of(0).collect();
        check(&longs, &[(i64::MIN, 0), (0, i64::MAX), (i64::MIN / 3, i64::MAX / 5), (0, -1)]);
        let floats: Vec<f64> = of(0).map(|n| n as f64 / 1e15).collect();
        check(&floats, &[(f64::NEG_INFINITY, 0.0), (0.0, f64::INFINITY), (-0.5, 3000.25), (1.0, -1.0)]);
    }

    #[test]
    fn sets_are_looked_up_on_open_rows_alone() {
        let values: Vec<i16> = (0..1024).map(|row| (row * 7 % 130) as i16).collect();
        let mut set = [0_u64; 3];
        for code in [0, 3, 64, 65, 129] {
            set[code / 64] |= 1 << (code % 64);
        }
        let mut open = NONE;
        open[0] = u64::MAX;
        open[2] = 0b1011;
        open[15] = 1 << 63;
        let bits = within(&values, &set, &open);
        for (row, value) in values.iter().enumerate() {
            let is_open = open[row / 64] >> (row % 64) & 1 == 1;
            let found = bits[row / 64] >> (row % 64) & 1 == 1;
            assert_eq!(found, is_open && [0, 3, 64, 65, 129].contains(value), "{row}");
        }
    }

    #[test]
    fn keys_of_floats_are_in_their_order() {
        let floats =
            [f64::NEG_INFINITY, -1e300, -1.5, -f64::MIN_POSITIVE, -0.0, 0.0, 5e-324, 1.0, f64::INFINITY];
        for pair in floats.windows(2) {
            assert!(pair[0].key() < pair[1].key(), "{pair:?}");
        }
        for float in floats {
            assert_eq!(f64::of(float.key()).to_bits(), float.to_bits());
        }
    }
}
