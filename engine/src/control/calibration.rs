//! Measures whether decisions are correct as often as their confidence suggests, using bins of confidence and
//! the leads' outcomes.
//!
//! A decision was *right* if the lead's first verdict did not refuse it. The expected calibration error is the
//! mean difference between the confidence and the accuracy of each bin, weighted by the bin's size (Naeini,
//! Cooper, Hauskrecht, AAAI 2015).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The number of equally wide bins in a reliability curve.
pub const BINS: usize = 10;
/// The number of equally wide bins in a histogram of confidence.
pub const FINE_BINS: usize = 20;
/// The minimum number of judged decisions for an error to be reported; even with 50, chance alone moves it by
/// several points.
pub const ENOUGH: u64 = 50;

/// The decisions whose confidence is in one interval.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CalibrationBin {
    /// The number of judged decisions.
    pub count: u64,
    /// The sum of their confidence.
    pub confidence_sum: f64,
    /// The number of decisions that were right.
    pub right: u64,
}

impl CalibrationBin {
    /// Returns the mean confidence.
    pub fn confidence(&self) -> Option<f64> {
        (self.count > 0).then(|| self.confidence_sum / self.count as f64)
    }

    /// Returns the share of decisions that were right.
    pub fn accuracy(&self) -> Option<f64> {
        (self.count > 0).then(|| self.right as f64 / self.count as f64)
    }
}

/// The accuracy of decisions by their confidence.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Reliability {
    /// The bins, from the lowest to the highest confidence.
    pub bins: [CalibrationBin; BINS],
}

impl Reliability {
    /// Computes the reliability from single decisions: confidence, and whether each was right.
    pub fn of(decisions: impl IntoIterator<Item = (f64, bool)>) -> Self {
        let mut all = Self::default();
        for (confidence, is_right) in decisions {
            if let Some(bin) = all.bins.get_mut(bin_index(confidence, BINS)) {
                bin.count += 1;
                bin.confidence_sum += confidence;
                bin.right += u64::from(is_right);
            }
        }
        all
    }

    /// Returns the number of judged decisions.
    pub fn judged(&self) -> u64 {
        self.bins.iter().map(|bin| bin.count).sum()
    }

    /// Returns the expected calibration error, 0 to 1; `None` with fewer than [`ENOUGH`] judged decisions.
    pub fn error(&self) -> Option<f64> {
        let judged = self.judged();
        (judged >= ENOUGH).then(|| {
            let off = |bin: &CalibrationBin| (bin.right as f64 - bin.confidence_sum).abs();
            self.bins.iter().map(off).sum::<f64>() / judged as f64
        })
    }
}

/// Returns the bin, out of `bins`, for a confidence from 0 to 1; a confidence of 1 is in the last bin.
pub fn bin_index(confidence: f64, bins: usize) -> usize {
    // The cast saturates, so negative numbers and NaN are placed in the first bin.
    ((confidence * bins as f64).floor() as usize).min(bins.saturating_sub(1))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn repeated(confidence: f64, right: usize, of: usize) -> impl Iterator<Item = (f64, bool)> {
        (0..of).map(move |n| (confidence, n < right))
    }

    #[test]
    fn bins_take_their_lower_end_and_the_last_its_upper_one_too() {
        assert_eq!([0.0, 0.099, 0.1, 0.85, 0.999, 1.0].map(|at| bin_index(at, BINS)), [0, 0, 1, 8, 9, 9]);
        assert_eq!([-1.0, f64::NAN, 7.0].map(|at| bin_index(at, BINS)), [0, 0, 9]);
    }

    #[test]
    fn the_error_is_the_weighted_distance() {
        // 60 decisions at 0.9, 45 of them right (0.75), and 40 at 0.5, 20 of them right (0.5): 0.6 × 0.15.
        let all = Reliability::of(repeated(0.9, 45, 60).chain(repeated(0.5, 20, 40)));
        assert_eq!(all.judged(), 100);
        assert!((all.error().unwrap() - 0.09).abs() < 1e-9);
        assert_eq!(all.bins[5].accuracy(), Some(0.5));
        assert_eq!(all.bins[0].accuracy(), None);
    }

    #[test]
    fn too_few_have_no_error() {
        assert_eq!(Reliability::of(repeated(0.9, 9, 49)).error(), None);
        assert!(Reliability::of(repeated(0.9, 9, 50)).error().is_some());
        assert_eq!(Reliability::default().error(), None);
    }

    proptest! {
        #[test]
        fn nothing_is_lost_and_the_error_is_a_share(all in proptest::collection::vec((0.0..=1.0, any::<bool>()), 50..300)) {
            let reliability = Reliability::of(all.iter().copied());
            prop_assert_eq!(reliability.judged(), all.len() as u64);
            prop_assert_eq!(reliability.bins.iter().map(|bin| bin.right).sum::<u64>(), all.iter().filter(|(_, right)| *right).count() as u64);
            let error = reliability.error().unwrap();
            prop_assert!((0.0..=1.0).contains(&error));
            for (n, bin) in reliability.bins.iter().enumerate() {
                if let Some(mean) = bin.confidence() {
                    prop_assert!(mean >= n as f64 / 10.0 - 1e-9 && mean <= (n + 1) as f64 / 10.0 + 1e-9);
                }
            }
            // The result does not depend on the order of decisions.
            let back = Reliability::of(all.iter().rev().copied());
            prop_assert!((back.error().unwrap() - error).abs() < 1e-9);
        }

        #[test]
        fn decisions_as_accurate_as_confident_have_no_error(tenths in 1usize..10) {
            let sure = tenths as f64 / 10.0;
            prop_assert!(Reliability::of(repeated(sure, tenths * 10, 100)).error().unwrap() < 1e-9);
        }
    }
}
