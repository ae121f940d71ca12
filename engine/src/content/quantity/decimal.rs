//! An exact decimal number.

/// The number `digits × 10^exponent`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) struct Decimal {
    pub negative: bool,
    pub digits: u128,
    pub exponent: i32,
}

impl Decimal {
    /// The number one.
    pub const ONE: Self = Self { negative: false, digits: 1, exponent: 0 };

    /// Returns the number times `10^power`.
    pub fn shifted(self, power: i32) -> Self {
        Self { exponent: self.exponent.saturating_add(power), ..self }
    }

    /// Converts the number to the nearest `f64`; returns `None` if it is out of range.
    pub fn to_f64(self) -> Option<f64> {
        let sign = if self.negative && self.digits > 0 { "-" } else { "" };
        format!("{sign}{}e{}", self.digits, self.exponent).parse().ok().filter(|n: &f64| n.is_finite())
    }

    /// Converts the number to an `i64`; returns `None` if it is not whole or out of range.
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

    /// Returns the number times a small one; `None` if it has too many digits.
    pub fn times(self, factor: u32) -> Option<Self> {
        Some(Self { digits: self.digits.checked_mul(factor.into())?, ..self })
    }

    /// Returns the number divided by a small one, exactly or rounded to hundredths; `None` if it has too many
    /// digits.
    pub fn divided(self, divisor: u32) -> Option<Self> {
        let divisor = u128::from(divisor.max(1));
        if self.digits.is_multiple_of(divisor) {
            return Some(Self { digits: self.digits / divisor, ..self });
        }
        let places = u32::try_from(self.exponent + 2).ok().filter(|places| *places < 30)?;
        let hundredths = self.digits.checked_mul(10_u128.checked_pow(places)?)?;
        Some(Self { digits: hundredths.checked_add(divisor / 2)? / divisor, exponent: -2, ..self })
    }

    /// Returns the mean of both; `None` if it has too many digits.
    pub fn middle(self, other: Self) -> Option<Self> {
        let exponent = self.exponent.min(other.exponent);
        let aligned = |number: Self| {
            let power = 10_i128.checked_pow(number.exponent.abs_diff(exponent))?;
            let size = i128::try_from(number.digits).ok()?.checked_mul(power)?;
            Some(if number.negative { -size } else { size })
        };
        // Half is five tenths.
        let tenths = aligned(self)?.checked_add(aligned(other)?)?.checked_mul(5)?;
        Some(Self { negative: tenths < 0, digits: tenths.unsigned_abs(), exponent: exponent.checked_sub(1)? })
    }

    /// Returns the nearest whole number, rounding halves up; `None` if it does not fit in an `i64`.
    pub fn round_half_up(self) -> Option<i64> {
        let power = 10_u128.checked_pow(self.exponent.unsigned_abs())?;
        if self.exponent >= 0 {
            return self.to_i64();
        }
        let size = i128::try_from(self.digits).ok()?;
        let power = i128::try_from(power).ok()?;
        let doubled = if self.negative { -size } else { size }.checked_mul(2)?.checked_add(power)?;
        i64::try_from(doubled.div_euclid(power.checked_mul(2)?)).ok()
    }

    /// Returns whether the number has no fraction.
    pub fn is_whole(self) -> bool {
        self.exponent >= 0
            || self.digits == 0
            || 10_u128
                .checked_pow(self.exponent.unsigned_abs())
                .is_some_and(|power| self.digits.is_multiple_of(power))
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
        assert_eq!(
            Decimal { negative: true, ..decimal(9_223_372_036_854_775_808, 0) }.to_i64(),
            Some(i64::MIN)
        );
        assert_eq!(decimal(1, 39).to_i64(), None);
        assert_eq!(decimal(u128::MAX, 0).to_i64(), None);
    }

    #[test]
    fn the_middle_is_exact_and_half_goes_up() {
        let middle = |a: Decimal, b: Decimal| a.middle(b).unwrap();
        assert_eq!(middle(decimal(11, -1), decimal(13, -1)).to_f64(), Some(1.2));
        assert_eq!(middle(decimal(1, 6), decimal(0, 0)).to_f64(), Some(500_000.0));
        assert_eq!(middle(decimal(51, 0), decimal(200, 0)).round_half_up(), Some(126));
        let below = |digits| Decimal { negative: true, ..decimal(digits, 0) };
        assert_eq!(middle(below(3), below(2)).round_half_up(), Some(-2));
        assert_eq!(middle(below(4), below(2)).round_half_up(), Some(-3));
        assert_eq!(decimal(149, -2).round_half_up(), Some(1));
        assert_eq!(decimal(15, 2).round_half_up(), Some(1500));
        assert_eq!(decimal(1, 0).middle(decimal(1, 300)), None);
    }

    #[test]
    fn fractions_are_nearest_and_finite() {
        assert_eq!(decimal(12345, -2).to_f64(), Some(123.45));
        assert_eq!(decimal(1, 400).to_f64(), None);
        assert_eq!(decimal(1, -400).to_f64(), Some(0.0));
        assert_eq!(
            Decimal { negative: true, ..decimal(0, 0) }.to_f64().map(f64::is_sign_negative),
            Some(false)
        );
        assert!(decimal(150, -1).is_whole() && !decimal(15, -1).is_whole());
    }
}
