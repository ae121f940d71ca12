//! Random choices that are reproducible by seed.

use std::time::Duration;

/// The SplitMix64 generator: small, and good enough for choosing what to break.
#[derive(Clone)]
pub struct Random(u64);

impl Random {
    /// Creates the generator of one chooser. Its choices depend only on seed and number, however threads are scheduled.
    pub fn new(seed: u64, number: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ number.wrapping_mul(0xD1B5_4A32_D192_ED03))
    }

    /// Returns any number.
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// Returns a number below `bound`, which must not be 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    /// Returns a duration in a range.
    pub fn between_ms(&mut self, from: u64, to: u64) -> Duration {
        Duration::from_millis(from + self.below(to - from + 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn choices_are_reproducible() {
        let chosen = |seed, number| {
            let mut random = Random::new(seed, number);
            [random.next(), random.next(), random.below(10)]
        };
        assert_eq!(chosen(7, 1), chosen(7, 1));
        assert_ne!(chosen(7, 1), chosen(7, 2));
        assert_ne!(chosen(7, 1), chosen(8, 1));
    }
}
