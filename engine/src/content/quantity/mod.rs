//! Reads numbers, ranges and amounts in short texts, as found in forms.
//!
//! The text is split into [tokens](lex), and numbers are combined with their currencies and multipliers. The
//! words around them determine whether they are bounds, approximate, or irrelevant. Anything that does not fit
//! is not read.

mod context;
mod currency;
mod dates;
mod decimal;
mod lex;
mod lexicon;
mod numeral;
mod parts;
mod rates;
mod topic;

pub(super) use currency::CODES;
pub(super) use decimal::Decimal;
pub(super) use lexicon::{Period, Unit, unit_of};
pub(super) use rates::meaning_of;

use super::confidence;
use super::map::DecimalSign;
use super::negation::Negation;
use super::source::SourceText;
use super::unread::UnreadReason;
use super::words::{PhraseMatch, Word};
use context::NumberContext;
use lex::QuantityTokenKind;
use lexicon::NumberModifier;
use parts::{QuantityPart, QuantityPartKind, narrower, parts};

/// The settings for reading the numbers of a field.
#[derive(Clone, Debug, Default)]
pub(super) struct NumberStyle {
    /// The decimal sign, if the map sets it.
    pub decimal: Option<DecimalSign>,
    /// Whether the field holds whole numbers.
    pub whole: bool,
    /// The currencies that the map accepts; empty if the numbers are not money.
    pub currencies: Vec<String>,
    /// The unit that the field counts, if known.
    pub unit: Option<Unit>,
    /// Whether the catalogue gives the field a unit.
    pub has_unit: bool,
    /// The words of the field's unit, name and title, which can name what a number counts.
    pub names: Vec<String>,
    /// The span of time that the field's amounts are for, if known.
    pub period: Option<Period>,
    /// The largest number that is a count rather than an identifier, if there is one.
    pub largest: Option<u64>,
    /// The meaning of a percentage.
    pub percent: Percent,
}

impl NumberStyle {
    /// Returns whether the field holds money.
    fn is_money(&self) -> bool {
        !self.currencies.is_empty()
    }

    /// Returns whether it is unknown what the field's numbers count.
    fn knows_nothing(&self) -> bool {
        self.currencies.is_empty() && self.unit.is_none()
    }
}

/// The meaning of a percentage in a field.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Percent {
    /// A percentage is not a value of the field.
    #[default]
    Foreign,
    /// 85 % is read as 85.
    Whole,
    /// 85 % is read as 0.85.
    Share,
}

/// A number or a range of numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Amount {
    /// The lower end, or the single number.
    pub low: Decimal,
    /// The upper end of a range.
    pub high: Option<Decimal>,
    pub confidence: f64,
    pub span: [usize; 2],
}

/// Returns the number or range that the text is about.
///
/// # Errors
/// Returns the reason if there is no unambiguous number.
pub(super) fn read(source: &SourceText, style: &NumberStyle) -> Result<Amount, UnreadReason> {
    if source.cut {
        return Err(UnreadReason::TooLong);
    }
    let parts = parts(&source.chars, style)?;
    let numbers: Vec<usize> = (0..parts.len()).filter(|at| parts[*at].quantity().is_some()).collect();
    let amount = match numbers[..] {
        [] => one_person(source, style),
        [at] => single(&parts, at, &source.chars, style),
        [low, high] => pair(&parts, low, high, &source.chars, style),
        _ => Err(UnreadReason::SeveralNumbers),
    }?;
    if is_denied(&source.words, amount.span) { Err(UnreadReason::Denied) } else { Ok(amount) }
}

fn one_person(source: &SourceText, style: &NumberStyle) -> Result<Amount, UnreadReason> {
    let counts_people = style.unit.is_none_or(|unit| unit == Unit::People) && style.currencies.is_empty();
    let span = lexicon::one_person(&source.words).filter(|_| counts_people).ok_or(UnreadReason::NoNumber)?;
    Ok(Amount { low: Decimal::ONE, high: None, confidence: confidence::ONE_PERSON, span })
}

/// Reads one number with the words around it.
fn single(
    parts: &[QuantityPart],
    at: usize,
    chars: &[char],
    style: &NumberStyle,
) -> Result<Amount, UnreadReason> {
    let around = NumberContext::of(parts, at, at, chars, style)?;
    let (lower, upper) = (around.at_least || around.from, around.at_most || around.until);
    if lower && upper {
        return Err(UnreadReason::Unclear);
    }
    // The value is somewhere below, which no rule can compare with.
    if upper {
        return Err(UnreadReason::Bound);
    }
    let changed = parts.iter().find(|part| part.role() == Some(NumberModifier::Changed));
    if let Some(changed) = changed.filter(|_| !around.to) {
        return Err(UnreadReason::OtherFact(changed.text.clone()));
    }
    let quantity = parts[at].quantity().ok_or(UnreadReason::NoNumber)?;
    let (low, sure) = quantity.value(style)?;
    check_size(quantity, low, style)?;
    let open = if lower { confidence::OPEN_RANGE } else { confidence::EXACT };
    let (low, rate) = rates::convert(low, around.every, style)?;
    Ok(Amount {
        low,
        high: None,
        confidence: least([sure, open, rate, around.confidence]),
        span: around.span(parts, at, at),
    })
}

/// Rejects digits that are an identifier, a telephone number or the remains of one.
fn check_size(quantity: &parts::Quantity, value: Decimal, style: &NumberStyle) -> Result<(), UnreadReason> {
    const PHONE_DIGITS: u128 = 1_000_000_000;
    let is_count = style.largest.is_some_and(|largest| value.to_f64().is_some_and(|n| n > largest as f64));
    let plain = quantity.codes.is_none() && quantity.power == 0 && quantity.numeral.value.exponent == 0;
    let is_phone = style.is_money() && plain && quantity.numeral.value.digits >= PHONE_DIGITS;
    if is_count || is_phone { Err(UnreadReason::Identifier) } else { Ok(()) }
}

/// Reads two numbers as the ends of a range.
fn pair(
    parts: &[QuantityPart],
    low: usize,
    high: usize,
    chars: &[char],
    style: &NumberStyle,
) -> Result<Amount, UnreadReason> {
    if let Some(now) = changed(parts, low, high)? {
        let mut rest = parts.to_vec();
        rest[if now == low { high } else { low }].kind = QuantityPartKind::Date;
        return single(&rest, now, chars, style);
    }
    let between = &parts[low + 1..high];
    let announced = parts[..low].iter().any(|part| part.role() == Some(NumberModifier::Between));
    let (Some(mut first), Some(mut second)) =
        (parts[low].quantity().copied(), parts[high].quantity().copied())
    else {
        return Err(UnreadReason::NoNumber);
    };
    if !joins(between, announced) {
        return Err(UnreadReason::SeveralNumbers);
    }
    let around = NumberContext::of(parts, low, high, chars, style)?;
    if around.at_least || around.at_most {
        return Err(UnreadReason::Unclear);
    }
    // A multiplier, percent sign or currency at one end applies to both: `10-50k`, `10-20 %`, `€10-20`.
    let shared =
        first.power == 0 && second.power != 0 && first.numeral.value.to_f64() < second.numeral.value.to_f64();
    if shared {
        first.power = second.power;
    }
    first.percent |= second.percent;
    let codes = match (first.codes, second.codes) {
        (Some(one), Some(other)) => Some(narrower(one, other).ok_or(UnreadReason::Unclear)?),
        (one, other) => one.or(other),
    };
    (first.codes, second.codes) = (codes, codes);
    let ((low_value, low_sure), (high_value, high_sure)) = (first.value(style)?, second.value(style)?);
    if low_value.to_f64().ok_or(UnreadReason::TooLarge)?
        > high_value.to_f64().ok_or(UnreadReason::TooLarge)?
    {
        return Err(UnreadReason::Unclear);
    }
    check_size(&second, high_value, style)?;
    let (low_value, rate) = rates::convert(low_value, around.every, style)?;
    let (high_value, _) = rates::convert(high_value, around.every, style)?;
    let about = between.iter().any(|part| part.role() == Some(NumberModifier::About));
    let doubt = match (shared, about) {
        (true, _) => confidence::SHARED_MULTIPLIER,
        (_, true) => confidence::APPROXIMATE,
        _ => confidence::CLOSED_RANGE,
    };
    let confidence = least([low_sure, high_sure, doubt, rate, around.confidence]);
    Ok(Amount { low: low_value, high: Some(high_value), confidence, span: around.span(parts, low, high) })
}

/// Returns which of two numbers something has changed to: `from 50 to 80`, or `to 80 from 50`.
///
/// # Errors
/// Returns [`UnreadReason::Unclear`] if the text speaks of a change and neither number is clearly the present one.
fn changed(parts: &[QuantityPart], low: usize, high: usize) -> Result<Option<usize>, UnreadReason> {
    let is_changed = parts.iter().any(|part| part.role() == Some(NumberModifier::Changed));
    let is_to = |part: &QuantityPart| matches!(part.role(), Some(NumberModifier::To | NumberModifier::Until));
    let is_from = |part: &QuantityPart| {
        matches!(part.role(), Some(NumberModifier::From | NumberModifier::Of))
            || matches!(part.text.as_str(), "von" | "van")
    };
    // `auf`, `naar` and `para` join two states, never the ends of a range.
    let states =
        parts[low + 1..high].iter().any(|part| matches!(part.text.as_str(), "auf" | "naar" | "para"));
    if !is_changed {
        return if states { Err(UnreadReason::Unclear) } else { Ok(None) };
    }
    let before = |at: usize| at.checked_sub(1).map(|before| &parts[before]);
    match (before(low), before(high)) {
        (_, Some(to)) if is_to(to) => Ok(Some(high)),
        (Some(to), Some(from)) if is_to(to) && is_from(from) => Ok(Some(low)),
        _ => Err(UnreadReason::Unclear),
    }
}

fn least<const N: usize>(confidences: [f64; N]) -> f64 {
    confidences.into_iter().fold(1.0, f64::min)
}

/// Returns whether these parts join the ends of a range.
fn joins(between: &[QuantityPart], announced: bool) -> bool {
    let mut joints = 0;
    for part in between {
        match (part.other(), part.role()) {
            (Some(QuantityTokenKind::Dash | QuantityTokenKind::Hyphen), _)
            | (_, Some(NumberModifier::To | NumberModifier::Until)) => joints += 1,
            (_, Some(NumberModifier::And)) if announced => joints += 1,
            (_, Some(NumberModifier::Unit(_) | NumberModifier::About)) => {}
            _ => return false,
        }
    }
    joints == 1
}

/// Returns whether the text negates the number.
fn is_denied(words: &[Word], [start, end]: [usize; 2]) -> bool {
    let first = words.iter().position(|word| word.start >= start);
    let last = words.iter().rposition(|word| word.end <= end);
    match (first, last) {
        (Some(first), Some(last)) if first <= last => Negation::of_all()
            .denied(words, &[PhraseMatch { first, end: last + 1, value: &() }])
            .contains(&true),
        _ => false,
    }
}
