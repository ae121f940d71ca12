//! Combines numbers with their signs, currencies and multipliers.

use super::NumberStyle;
use super::Percent;
use super::currency::CurrencyCodes;
use super::dates::take_dates;
use super::decimal::Decimal;
use super::lex::{QuantityToken, QuantityTokenKind, lex};
use super::lexicon::{NumberModifier, Unit};
use super::numeral::Numeral;
use crate::content::confidence;
use crate::content::unread::UnreadReason;
use crate::content::words::fold_into;

/// A number with everything that belongs to it, or a piece of text between numbers.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct QuantityPart {
    pub kind: QuantityPartKind,
    pub start: usize,
    pub end: usize,
    /// The text in lower case and without accents.
    pub text: String,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum QuantityPartKind {
    Quantity(Quantity),
    /// A number that belongs to a date.
    Date,
    Other(QuantityTokenKind),
}

/// A number with its sign, currency and multiplier, such as `-€1.5k`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Quantity {
    pub numeral: Numeral,
    /// The combined power of ten of its multipliers.
    pub power: i32,
    pub codes: Option<CurrencyCodes>,
    pub percent: bool,
}

impl QuantityPart {
    pub fn quantity(&self) -> Option<&Quantity> {
        match &self.kind {
            QuantityPartKind::Quantity(quantity) => Some(quantity),
            QuantityPartKind::Other(_) | QuantityPartKind::Date => None,
        }
    }

    pub fn other(&self) -> Option<&QuantityTokenKind> {
        match &self.kind {
            QuantityPartKind::Quantity(_) | QuantityPartKind::Date => None,
            QuantityPartKind::Other(kind) => Some(kind),
        }
    }

    pub fn role(&self) -> Option<NumberModifier> {
        match self.kind {
            QuantityPartKind::Other(QuantityTokenKind::Role(role)) => Some(role),
            _ => None,
        }
    }
}

impl Quantity {
    /// Returns the number and its confidence, regardless of context.
    pub fn value(&self, style: &NumberStyle) -> Result<(Decimal, f64), UnreadReason> {
        let mut value = self.numeral.value.shifted(self.power);
        let mut sure = confidence::EXACT;
        if self.percent {
            match style.percent {
                Percent::Foreign => return Err(UnreadReason::Percentage),
                Percent::Whole => {}
                Percent::Share => value = value.shifted(-2),
            }
        }
        match self.codes {
            None if style.currencies.is_empty() => {}
            None => sure = sure.min(confidence::CURRENCY_OPEN),
            // Without a known unit, the field could well count money.
            Some(_) if style.currencies.is_empty() && style.unit.is_none() && !style.has_unit => {
                sure = sure.min(confidence::CURRENCY_OPEN);
            }
            Some(codes) if codes.iter().any(|code| style.currencies.iter().any(|taken| taken == code)) => {}
            Some([one, _, _, _, ..]) => return Err(UnreadReason::Currency(format!("{one} or similar"))),
            Some(codes) => return Err(UnreadReason::Currency(codes.join(" or "))),
        }
        // `1.234 million` differs by a factor of a thousand between countries.
        if self.numeral.open && self.power != 0 {
            return Err(UnreadReason::Unclear);
        }
        // Amounts of money never have three decimals.
        if self.numeral.open && self.codes.is_none() && style.currencies.is_empty() {
            sure = sure.min(confidence::SEPARATOR_OPEN);
        }
        Ok((value, sure))
    }
}

/// Returns the currencies that both can mean: the narrower of the two, if it refines the other.
pub(super) fn narrower(one: CurrencyCodes, other: CurrencyCodes) -> Option<CurrencyCodes> {
    let (narrow, wide) = if one.len() <= other.len() { (one, other) } else { (other, one) };
    narrow.iter().any(|code| wide.contains(code)).then_some(narrow)
}

/// Splits a text into parts.
///
/// # Errors
/// Returns [`UnreadReason::Unclear`] if the text contains something numeric that cannot be read.
pub(super) fn parts(chars: &[char], style: &NumberStyle) -> Result<Vec<QuantityPart>, UnreadReason> {
    // Counts of people have no decimals, whatever the field's type.
    let whole = style.whole || style.unit == Some(Unit::People);
    let tokens = lex(chars, style.decimal, whole);
    let mut parts: Vec<QuantityPart> = Vec::new();
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        let (part, next) = match &token.kind {
            QuantityTokenKind::Unclear => return Err(UnreadReason::Unclear),
            QuantityTokenKind::Number(_) if is_interval(token, chars) => return Err(UnreadReason::Unclear),
            QuantityTokenKind::Number(numeral) => quantity(*numeral, &tokens, at, &mut parts, chars)?,
            // A multiplier without a number: `several thousand`.
            QuantityTokenKind::Multiplier { short: false, .. } => return Err(UnreadReason::Unclear),
            QuantityTokenKind::Multiplier { short: true, .. } => {
                (other(QuantityTokenKind::Word { digits: false, letters: 1 }, token, chars), at + 1)
            }
            kind => (other(kind.clone(), token, chars), at + 1),
        };
        parts.push(part);
        at = next;
    }
    share_currency(&mut parts)?;
    take_dates(&mut parts, chars)?;
    Ok(parts)
}

/// Returns whether a number is an interval or a list in brackets: `[50,100]`.
fn is_interval(token: &QuantityToken, chars: &[char]) -> bool {
    let before = token.start.checked_sub(1).and_then(|at| chars.get(at));
    before.is_some_and(|c| "[({".contains(*c))
        && chars.get(token.end).is_some_and(|c| "])}".contains(*c))
        && chars[token.start..token.end].contains(&',')
}

fn other(kind: QuantityTokenKind, token: &QuantityToken, chars: &[char]) -> QuantityPart {
    QuantityPart {
        kind: QuantityPartKind::Other(kind),
        start: token.start,
        end: token.end,
        text: folded(&chars[token.start..token.end]),
    }
}

fn folded(chars: &[char]) -> String {
    let mut text = String::new();
    chars.iter().for_each(|c| fold_into(*c, &mut text));
    text
}

/// Reads the number at `at` together with the parts before it, which are removed from `earlier`, and the tokens
/// after it. Returns the number and the next token.
fn quantity(
    numeral: Numeral,
    tokens: &[QuantityToken],
    at: usize,
    earlier: &mut Vec<QuantityPart>,
    chars: &[char],
) -> Result<(QuantityPart, usize), UnreadReason> {
    let mut quantity = Quantity { numeral, power: 0, codes: None, percent: false };
    let mut start = tokens[at].start;
    take_before(&mut quantity, &mut start, earlier)?;
    let mut end = tokens[at].end;
    let mut next = at + 1;
    let mut multipliers = 0;
    while let Some(token) = tokens.get(next) {
        match token.kind {
            QuantityTokenKind::Multiplier { power, short } => {
                if short
                    && token.start > end
                    && chars[token.start..token.end] != ['k']
                    && !ends_amount(tokens.get(next + 1))
                {
                    return Err(UnreadReason::Unclear);
                }
                quantity.power += power;
                multipliers += 1;
            }
            QuantityTokenKind::Currency { codes, power } => {
                take_currency(&mut quantity, codes, power)?;
                multipliers += i32::from(power != 0);
            }
            QuantityTokenKind::Role(NumberModifier::Percent) if !quantity.percent => quantity.percent = true,
            _ => break,
        }
        // `2 hundred thousand` is a number, `2 k million` is not.
        if multipliers > 2 {
            return Err(UnreadReason::Unclear);
        }
        end = token.end;
        next += 1;
    }
    if tokens.get(next).is_some_and(|token| changes_meaning(token, end, chars)) {
        return Err(UnreadReason::Unclear);
    }
    let text = folded(&chars[start..end]);
    Ok((QuantityPart { kind: QuantityPartKind::Quantity(quantity), start, end, text }, next))
}

/// Returns whether a single letter after a space, as in `5 m`, is a multiplier rather than a unit or the
/// beginning of a word.
fn ends_amount(after: Option<&QuantityToken>) -> bool {
    let ends = |kind: &QuantityTokenKind| {
        matches!(
            kind,
            QuantityTokenKind::Currency { .. }
                | QuantityTokenKind::Role(_)
                | QuantityTokenKind::Dash
                | QuantityTokenKind::Hyphen
                | QuantityTokenKind::Plus
        )
    };
    after.is_none_or(|token| ends(&token.kind))
}

/// Takes the parts before a number, nearest first: `-€5`, `€-5`, `minus 5`.
fn take_before(
    quantity: &mut Quantity,
    start: &mut usize,
    earlier: &mut Vec<QuantityPart>,
) -> Result<(), UnreadReason> {
    for _ in 0..2 {
        let Some(last) = earlier.last() else { return Ok(()) };
        let after_number = earlier.len() > 1 && earlier[earlier.len() - 2].quantity().is_some();
        match last.other() {
            Some(QuantityTokenKind::Currency { codes, power }) if quantity.codes.is_none() => {
                take_currency(quantity, codes, *power)?
            }
            // For example `Oct-50`, which a spreadsheet makes of `10-50`.
            Some(QuantityTokenKind::Hyphen) if last.end == *start && is_month(earlier) => {
                return Err(UnreadReason::Date);
            }
            // For example `COVID-19`.
            Some(QuantityTokenKind::Hyphen) if last.end == *start && is_label(earlier) => {
                return Err(UnreadReason::Unclear);
            }
            Some(QuantityTokenKind::Hyphen) if last.end == *start && !after_number => {
                quantity.numeral.value.negative = true
            }
            Some(QuantityTokenKind::Role(NumberModifier::Minus)) if !after_number => {
                quantity.numeral.value.negative = true
            }
            Some(QuantityTokenKind::Plus) if last.end == *start && !after_number => {}
            _ => return Ok(()),
        }
        *start = last.start;
        earlier.pop();
    }
    Ok(())
}

/// Returns whether the last part, a hyphen, joins a word to a number.
fn is_label(earlier: &[QuantityPart]) -> bool {
    match earlier {
        [.., word, hyphen] => {
            word.end == hyphen.start && word.text.ends_with(char::is_alphabetic) && word.quantity().is_none()
        }
        _ => false,
    }
}

/// Returns whether the last part, a hyphen, joins a month to a number.
fn is_month(earlier: &[QuantityPart]) -> bool {
    let [.., month, _] = earlier else { return false };
    matches!(month.role(), Some(NumberModifier::CalendarMonth { .. }))
}

fn take_currency(quantity: &mut Quantity, codes: CurrencyCodes, power: i32) -> Result<(), UnreadReason> {
    let both = quantity.codes.map_or(Some(codes), |known| narrower(known, codes));
    quantity.codes = Some(both.ok_or(UnreadReason::Unclear)?);
    quantity.power += power;
    Ok(())
}

/// Returns whether the text after digits changes their meaning: `3rd`, `24h`, `10b2`, `10 l`, or a word in a
/// script for which not all words for thousands are known.
fn changes_meaning(token: &QuantityToken, end: usize, chars: &[char]) -> bool {
    let QuantityTokenKind::Word { digits, letters } = token.kind else { return false };
    let foreign = chars.get(token.start).is_some_and(|c| u32::from(*c) > 0x024F);
    foreign || letters < 2 || (token.start == end && (digits || letters < 3))
}

/// Gives numbers without a currency the one that the text names separately, as in `Budget in EUR: 50`.
fn share_currency(parts: &mut [QuantityPart]) -> Result<(), UnreadReason> {
    let mut named: Option<CurrencyCodes> = None;
    for part in parts.iter() {
        if let Some(QuantityTokenKind::Currency { codes, power }) = part.other() {
            // In `Budget (k€): 50`, the `k` could multiply or just repeat what `50` already means.
            if *power != 0 {
                return Err(UnreadReason::Unclear);
            }
            named = Some(
                named.map_or(Some(*codes), |known| narrower(known, codes)).ok_or(UnreadReason::Unclear)?,
            );
        }
    }
    for part in parts.iter_mut() {
        if let QuantityPartKind::Quantity(quantity) = &mut part.kind {
            quantity.codes = quantity.codes.or(named);
        }
    }
    Ok(())
}
