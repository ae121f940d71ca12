//! Converts amounts for one span of time to the one that the field is about.

use super::context::each;
use super::decimal::Decimal;
use super::lex::{QuantityToken, QuantityTokenKind, lex};
use super::lexicon::{NumberModifier, Period, Unit};
use super::{NumberStyle, topic};
use crate::content::confidence;
use crate::content::unread::UnreadReason;

/// What a unit such as `EUR per year`, or the name of a field, says about its amounts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in super::super) struct Meaning {
    /// The currency.
    pub currency: Option<&'static str>,
    /// The span of time.
    pub period: Option<Period>,
    /// The unit that is counted.
    pub unit: Option<Unit>,
}

/// Returns what the words of a unit or a name say.
pub(in super::super) fn meaning_of(words: &str) -> Meaning {
    let chars: Vec<char> = words.chars().collect();
    let tokens = lex(&chars, None, false);
    let mut meaning = Meaning::default();
    for (at, QuantityToken { kind, .. }) in tokens.iter().enumerate() {
        match kind {
            QuantityTokenKind::Currency { codes: [only], power: 0 } => {
                meaning.currency = meaning.currency.or(Some(only))
            }
            QuantityTokenKind::Role(NumberModifier::Every(period)) => meaning.period = Some(*period),
            QuantityTokenKind::Role(NumberModifier::Per) => {
                let next = tokens.get(at + 1).map(|token| (&token.kind, &chars[token.start..token.end]));
                meaning.period = next.and_then(|(kind, text)| match kind {
                    QuantityTokenKind::Role(NumberModifier::Unit(Unit::Years)) => Some(Period::Year),
                    QuantityTokenKind::Role(NumberModifier::Unit(Unit::Months)) => Some(Period::Month),
                    QuantityTokenKind::Role(NumberModifier::Unit(Unit::Weeks)) => Some(Period::Week),
                    QuantityTokenKind::Role(NumberModifier::Unit(Unit::Days)) => Some(Period::Day),
                    QuantityTokenKind::Role(NumberModifier::Unit(Unit::Hours)) => Some(Period::Hour),
                    _ => topic::period(&text.iter().collect::<String>().to_lowercase()),
                });
            }
            QuantityTokenKind::Role(NumberModifier::Unit(unit)) if !follows_per(&tokens, at) => {
                meaning.unit = meaning.unit.or(Some(*unit));
            }
            _ => {}
        }
    }
    meaning
}

fn follows_per(tokens: &[QuantityToken], at: usize) -> bool {
    at.checked_sub(1)
        .is_some_and(|before| tokens[before].kind == QuantityTokenKind::Role(NumberModifier::Per))
}

/// Converts an amount for a span of time to the field's own. Returns the confidence with it.
///
/// # Errors
/// Returns [`UnreadReason::Rate`] if the field is not about a span of time, or about one that cannot be converted.
pub(super) fn convert(
    amount: Decimal,
    every: Option<Period>,
    style: &NumberStyle,
) -> Result<(Decimal, f64), UnreadReason> {
    let Some(every) = every else { return Ok((amount, confidence::EXACT)) };
    let refused = || UnreadReason::Rate(each(every).into());
    match style.period {
        Some(period) if period == every => Ok((amount, confidence::EXACT)),
        // A budget without a span of time is one for a year, if the text says so.
        None if every == Period::Year && (style.is_money() || style.knows_nothing()) => {
            Ok((amount, confidence::YEARLY))
        }
        Some(period) => {
            let (theirs, ours) =
                (in_a_year(every).ok_or_else(refused)?, in_a_year(period).ok_or_else(refused)?);
            let converted =
                amount.times(theirs).and_then(|year| year.divided(ours)).ok_or(UnreadReason::TooLarge)?;
            Ok((converted, confidence::CONVERTED))
        }
        None => Err(refused()),
    }
}

/// Returns how many of these a year has; weeks and days do not divide it evenly.
fn in_a_year(period: Period) -> Option<u32> {
    match period {
        Period::Year => Some(1),
        Period::HalfYear => Some(2),
        Period::Quarter => Some(4),
        Period::Month => Some(12),
        Period::Week | Period::Day | Period::Hour => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_and_names_say_what_amounts_are_for() {
        for (words, currency, period) in [
            ("EUR", Some("EUR"), None),
            ("euro a year", Some("EUR"), Some(Period::Year)),
            ("EUR/year", Some("EUR"), Some(Period::Year)),
            ("EUR / Monat", Some("EUR"), Some(Period::Month)),
            ("GBP p.a.", Some("GBP"), Some(Period::Year)),
            ("€ per month", Some("EUR"), Some(Period::Month)),
            ("annual budget", None, Some(Period::Year)),
            ("monthly budget", None, Some(Period::Month)),
            ("leads per month", None, Some(Period::Month)),
            ("budget", None, None),
            ("dollars", None, None),
        ] {
            let meaning = meaning_of(words);
            assert_eq!((meaning.currency, meaning.period), (currency, period), "{words}");
        }
        assert_eq!(meaning_of("timeframe days").unit, Some(Unit::Days));
        assert_eq!(meaning_of("EUR per employee").unit, None);
    }
}
