//! A number as it was written, exactly.

/// `digits × 10^exponent`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) struct Decimal {
    pub negative: bool,
    pub digits: u128,
    pub exponent: i32,
}

impl Decimal {
    /// One more than none.
    pub const ONE: Self = Self { negative: false, digits: 1, exponent: 0 };

    /// The number times `10^power`.
    pub fn shifted(self, power: i32) -> Self {
        Self { exponent: self.exponent.saturating_add(power), ..self }
    }

    /// The nearest `f64`; `None` when the number is beyond all of them.
    pub fn to_f64(self) -> Option<f64> {
        let sign = if self.negative && self.digits > 0 { "-" } else { "" };
        format!("{sign}{}e{}", self.digits, self.exponent).parse().ok().filter(|n: &f64| n.is_finite())
    }

    /// The number if it is whole and an `i64` has room for it.
    pub fn to_i64(self) -> Option<i64> {
        let power = 10_u128.checked_pow(self.exponent.unsigned_abs());
        let size = match power {
            _ if self.digits == 0 => 0,
            Some(power) if self.exponent >= 0 => self.digits.checked_mul(power)?,
            Some(power) if self.digits.is_multiple_of(power) => self.digits / power,
            _ => return None,
        };
        let size = i128::try_from(size).ok()?;
        i64::try_from(if self.negative { -size } else { size }).ok()
    }

    /// Whether it has a fraction.
    pub fn is_whole(self) -> bool {
        self.exponent >= 0
            || self.digits == 0
            || 10_u128.checked_pow(self.exponent.unsigned_abs()).is_some_and(|power| self.digits.is_multiple_of(power))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decimal(digits: u128, exponent: i32) -> Decimal {
        Decimal { negative: false, digits, exponent }
    }

    #[test]
    fn whole_numbers_are_exact() {
        assert_eq!(decimal(15, 2).to_i64(), Some(1500));
        assert_eq!(decimal(1500, -2).to_i64(), Some(15));
        assert_eq!(decimal(15, -1).to_i64(), None);
        assert_eq!(decimal(0, -400).to_i64(), Some(0));
        assert_eq!(decimal(9_223_372_036_854_775_807, 0).to_i64(), Some(i64::MAX));
        assert_eq!(decimal(9_223_372_036_854_775_808, 0).to_i64(), None);
        assert_eq!(Decimal { negative: true, ..decimal(9_223_372_036_854_775_808, 0) }.to_i64(), Some(i64::MIN));
        assert_eq!(decimal(1, 39).to_i64(), None);
        assert_eq!(decimal(u128::MAX, 0).to_i64(), None);
    }

    #[test]
    fn fractions_are_nearest_and_finite() {
        assert_eq!(decimal(12345, -2).to_f64(), Some(123.45));
        assert_eq!(decimal(1, 400).to_f64(), None);
        assert_eq!(decimal(1, -400).to_f64(), Some(0.0));
        assert_eq!(Decimal { negative: true, ..decimal(0, 0) }.to_f64().map(f64::is_sign_negative), Some(false));
        assert!(decimal(150, -1).is_whole() && !decimal(15, -1).is_whole());
    }
}
