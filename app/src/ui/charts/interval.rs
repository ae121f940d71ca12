//! Confidence intervals of shares.

/// The number of standard deviations that enclose 95 % of a normal distribution.
const Z: f64 = 1.959_964;

/// Returns the Wilson score interval of `hits` among `all` at 95 % (E. B. Wilson, JASA 22, 1927), which is also accurate for
/// few leads and for shares near 0 and 1. Returns `None` without leads.
pub fn wilson(hits: u64, all: u64) -> Option<(f64, f64)> {
    if all == 0 {
        return None;
    }
    let n = all as f64;
    let share = hits as f64 / n;
    let z2 = Z * Z;
    let middle = (share + z2 / (2.0 * n)) / (1.0 + z2 / n);
    let half = Z / (1.0 + z2 / n) * (share * (1.0 - share) / n + z2 / (4.0 * n * n)).sqrt();
    Some(((middle - half).max(0.0), (middle + half).min(1.0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_is_that_of_the_textbook() {
        let (low, high) = wilson(8, 10).unwrap();
        assert!((low - 0.4902).abs() < 1e-4 && (high - 0.9433).abs() < 1e-4, "{low} {high}");
        assert_eq!(wilson(0, 0), None);
        assert_eq!(wilson(0, 20).unwrap().0, 0.0);
        assert!(wilson(20, 20).unwrap().1 > 0.9999);
    }
}
