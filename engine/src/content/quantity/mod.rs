//! Reads numbers, ranges and amounts in short texts, as found in forms.
//!
//! The text is split into [tokens](lex), and numbers are combined with their currencies and multipliers. The
//! words around them determine whether they are bounds, approximate, or irrelevant. Anything that does not fit
//! is not read.

mod context;
mod currency;
mod decimal;
mod lex;
mod lexicon;
mod numeral;
mod parts;

pub(super) use currency::CODES;
pub(super) use decimal::Decimal;
pub(super) use lexicon::{Unit, unit_of};

use super::confidence;
use super::map::DecimalSign;
use super::negation::Negation;
use super::source::SourceText;
use super::unread::UnreadReason;
use super::words::{PhraseMatch, Word};
use context::NumberContext;
use lex::QuantityTokenKind;
use lexicon::NumberModifier;
use parts::{QuantityPart, narrower, parts};

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
    /// The catalogue's unit in words, for an unknown unit.
    pub unit_words: Vec<String>,
    /// The meaning of a percentage.
    pub percent: Percent,
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
        [at] => single(&parts, at, style),
        [low, high] => pair(&parts, low, high, style),
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
fn single(parts: &[QuantityPart], at: usize, style: &NumberStyle) -> Result<Amount, UnreadReason> {
    let around = NumberContext::of(parts, at, at, style)?;
    let (lower, upper) = (around.at_least || around.from, around.at_most || around.until);
    if lower && upper {
        return Err(UnreadReason::Unclear);
    }
    let (low, sure) = parts[at].quantity().ok_or(UnreadReason::NoNumber)?.value(style)?;
    let open = if lower || upper { confidence::OPEN_RANGE } else { confidence::EXACT };
    Ok(Amount {
        low,
        high: None,
        confidence: least([sure, open, around.confidence]),
        span: around.span(parts, at, at),
    })
}

/// Reads two numbers as the ends of a range.
fn pair(
    parts: &[QuantityPart],
    low: usize,
    high: usize,
    style: &NumberStyle,
) -> Result<Amount, UnreadReason> {
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
    let around = NumberContext::of(parts, low, high, style)?;
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
    let about = between.iter().any(|part| part.role() == Some(NumberModifier::About));
    let doubt = match (shared, about) {
        (true, _) => confidence::SHARED_MULTIPLIER,
        (_, true) => confidence::APPROXIMATE,
        _ => confidence::CLOSED_RANGE,
    };
    let confidence = least([low_sure, high_sure, doubt, around.confidence]);
    Ok(Amount { low: low_value, high: Some(high_value), confidence, span: around.span(parts, low, high) })
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
