//! Numbers that are compared by value across types, without any loss of precision.

use std::cmp::Ordering;
use std::fmt;

/// A finite number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Numeric {
    /// A whole number.
    Integer(i64),
    /// A finite number.
    Float(f64),
}

impl Numeric {
    /// Compares two numbers by their mathematical value.
    #[inline]
    pub fn order(self, other: Self) -> Ordering {
        match (self, other) {
            (Self::Integer(a), Self::Integer(b)) => a.cmp(&b),
            (Self::Float(a), Self::Float(b)) => a.partial_cmp(&b).unwrap_or(Ordering::Equal),
            (Self::Integer(a), Self::Float(b)) => mixed(a, b),
            (Self::Float(a), Self::Integer(b)) => mixed(b, a).reverse(),
        }
    }

    /// Converts the value to the other type if that is exact, so that equal types are compared, which is
    /// fastest.
    pub fn recast(self, is_whole: bool) -> Self {
        let other = match self {
            Self::Integer(n) if !is_whole => Self::Float(n as f64),
            Self::Float(n) if is_whole => Self::Integer(n as i64),
            same => same,
        };
        if other.order(self) == Ordering::Equal { other } else { self }
    }

    /// Returns the nearest floating-point number, for ranges and messages.
    pub fn to_f64(self) -> f64 {
        match self {
            Self::Integer(n) => n as f64,
            Self::Float(n) => n,
        }
    }

    /// Returns whether the number has no fraction.
    pub fn is_whole(self) -> bool {
        match self {
            Self::Integer(_) => true,
            Self::Float(n) => n.fract() == 0.0,
        }
    }
}

impl fmt::Display for Numeric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Integer(n) => n.fmt(f),
            Self::Float(n) => n.fmt(f),
        }
    }
}

/// 2⁶³, one more than the largest `i64`, which is exact as a floating-point number.
const TWO_POW_63: f64 = 9_223_372_036_854_775_808.0;

#[inline(never)]
fn mixed(whole: i64, float: f64) -> Ordering {
    if float >= TWO_POW_63 {
        return Ordering::Less;
    }
    if float < -TWO_POW_63 {
        return Ordering::Greater;
    }
    // Within these bounds, the truncated number is an exact `i64`.
    whole
        .cmp(&(float.trunc() as i64))
        .then_with(|| 0.0.partial_cmp(&float.fract()).unwrap_or(Ordering::Equal))
}

#[cfg(test)]
mod tests {
    use std::cmp::Ordering::{Equal, Greater, Less};

    use super::*;

    #[test]
    fn recasting_keeps_the_value() {
        assert_eq!(Numeric::Integer(1000).recast(false), Numeric::Float(1000.0));
        assert_eq!(Numeric::Float(90.0).recast(true), Numeric::Integer(90));
        for kept in [Numeric::Integer(i64::MAX), Numeric::Integer(9_007_199_254_740_993)] {
            assert_eq!(kept.recast(false), kept);
        }
        for kept in [Numeric::Float(0.5), Numeric::Float(TWO_POW_63), Numeric::Float(-1e300)] {
            assert_eq!(kept.recast(true), kept);
        }
    }

    #[test]
    fn whole_and_broken_numbers_compare_exactly() {
        let cases = [
            (0, 0.0, Equal),
            (0, -0.0, Equal),
            (1, 1.5, Less),
            (-1, -1.5, Greater),
            (2, 1.5, Greater),
            (i64::MAX, TWO_POW_63, Less),
            (i64::MIN, -TWO_POW_63, Equal),
            (i64::MIN, -9.3e18, Greater),
            (i64::MIN, f64::MAX, Less),
            // 2⁵³ + 1 is not a floating-point number; a cast would make the two equal.
            (9_007_199_254_740_993, 9_007_199_254_740_992.0, Greater),
            (0, f64::MIN_POSITIVE, Less),
            (0, -f64::MIN_POSITIVE, Greater),
        ];
        for (whole, float, order) in cases {
            assert_eq!(Numeric::Integer(whole).order(Numeric::Float(float)), order, "{whole} {float}");
            assert_eq!(
                Numeric::Float(float).order(Numeric::Integer(whole)),
                order.reverse(),
                "{float} {whole}"
            );
        }
    }
}
