//! Numbers put together with their signs, currencies and multipliers.

use super::Percent;
use super::Style;
use super::currency::Codes;
use super::decimal::Decimal;
use super::lex::{Kind, Token, lex};
use super::lexicon::{Role, Unit};
use super::numeral::Numeral;
use crate::content::confidence;
use crate::content::why::Why;
use crate::content::words::fold_into;

/// A number with all that belongs to it, or a piece of the text between numbers.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Part {
    pub kind: PartKind,
    pub start: usize,
    pub end: usize,
    /// In lower case and without accents.
    pub text: String,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum PartKind {
    Quantity(Quantity),
    Other(Kind),
}

/// `-€1.5k`
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Quantity {
    pub numeral: Numeral,
    /// The power of ten that its multipliers come to.
    pub power: i32,
    pub codes: Option<Codes>,
    pub percent: bool,
}

impl Part {
    pub fn quantity(&self) -> Option<&Quantity> {
        match &self.kind {
            PartKind::Quantity(quantity) => Some(quantity),
            PartKind::Other(_) => None,
        }
    }

    pub fn other(&self) -> Option<&Kind> {
        match &self.kind {
            PartKind::Quantity(_) => None,
            PartKind::Other(kind) => Some(kind),
        }
    }

    pub fn role(&self) -> Option<Role> {
        match self.kind {
            PartKind::Other(Kind::Role(role)) => Some(role),
            _ => None,
        }
    }
}

impl Quantity {
    /// The number, and how sure that is, by itself.
    pub fn value(&self, style: &Style) -> Result<(Decimal, f64), Why> {
        let mut value = self.numeral.value.shifted(self.power);
        let mut sure = confidence::EXACT;
        if self.percent {
            match style.percent {
                Percent::Foreign => return Err(Why::Percentage),
                Percent::Whole => {}
                Percent::Share => value = value.shifted(-2),
            }
        }
        match self.codes {
            None if style.currencies.is_empty() => {}
            None => sure = sure.min(confidence::CURRENCY_OPEN),
            // Nothing says what the field counts, so money is as likely as anything.
            Some(_) if style.currencies.is_empty() && style.unit.is_none() && style.unit_words.is_empty() => {
                sure = sure.min(confidence::CURRENCY_OPEN);
            }
            Some(codes) if codes.iter().any(|code| style.currencies.iter().any(|taken| taken == code)) => {}
            Some([one, _, _, _, ..]) => return Err(Why::Currency(format!("{one} or the like"))),
            Some(codes) => return Err(Why::Currency(codes.join(" or "))),
        }
        // `1.234 million` is a thousand times as much in one country as in the next.
        if self.numeral.open && self.power != 0 {
            return Err(Why::Unclear);
        }
        // Of money nobody writes three decimals.
        if self.numeral.open && self.codes.is_none() && style.currencies.is_empty() {
            sure = sure.min(confidence::SEPARATOR_OPEN);
        }
        Ok((value, sure))
    }
}

/// What both may mean: the narrower of two, if one says more of what the other says.
pub(super) fn narrower(one: Codes, other: Codes) -> Option<Codes> {
    let (narrow, wide) = if one.len() <= other.len() { (one, other) } else { (other, one) };
    narrow.iter().any(|code| wide.contains(code)).then_some(narrow)
}

/// The parts of a text.
///
/// # Errors
/// [`Why::Unclear`] when something numeric is in it that cannot be read.
pub(super) fn parts(chars: &[char], style: &Style) -> Result<Vec<Part>, Why> {
    // People have no decimals, whatever the field's type.
    let whole = style.whole || style.unit == Some(Unit::People);
    let tokens = lex(chars, style.decimal, whole);
    let mut parts: Vec<Part> = Vec::new();
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        let (part, next) = match &token.kind {
            Kind::Unclear => return Err(Why::Unclear),
            Kind::Number(numeral) => quantity(*numeral, &tokens, at, &mut parts, chars)?,
            // A multiplier without its number: `several thousand`.
            Kind::Multiplier { short: false, .. } => return Err(Why::Unclear),
            Kind::Multiplier { short: true, .. } => {
                (other(Kind::Word { digits: false, letters: 1 }, token, chars), at + 1)
            }
            kind => (other(kind.clone(), token, chars), at + 1),
        };
        parts.push(part);
        at = next;
    }
    share_currency(&mut parts)?;
    Ok(parts)
}

fn other(kind: Kind, token: &Token, chars: &[char]) -> Part {
    Part {
        kind: PartKind::Other(kind),
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

/// The number at `at` with what stands before it, which is taken out of `earlier`, and after it. Gives the token
/// after all that too.
fn quantity(
    numeral: Numeral,
    tokens: &[Token],
    at: usize,
    earlier: &mut Vec<Part>,
    chars: &[char],
) -> Result<(Part, usize), Why> {
    let mut quantity = Quantity { numeral, power: 0, codes: None, percent: false };
    let mut start = tokens[at].start;
    take_before(&mut quantity, &mut start, earlier)?;
    let mut end = tokens[at].end;
    let mut next = at + 1;
    let mut multipliers = 0;
    while let Some(token) = tokens.get(next) {
        match token.kind {
            Kind::Multiplier { power, short } => {
                if short
                    && token.start > end
                    && chars[token.start..token.end] != ['k']
                    && !ends_amount(tokens.get(next + 1))
                {
                    return Err(Why::Unclear);
                }
                quantity.power += power;
                multipliers += 1;
            }
            Kind::Currency { codes, power } => {
                take_currency(&mut quantity, codes, power)?;
                multipliers += i32::from(power != 0);
            }
            Kind::Role(Role::Percent) if !quantity.percent => quantity.percent = true,
            _ => break,
        }
        // `2 hundred thousand` is one, `2 k million` is none.
        if multipliers > 2 {
            return Err(Why::Unclear);
        }
        end = token.end;
        next += 1;
    }
    if tokens.get(next).is_some_and(|token| changes_meaning(token, end, chars)) {
        return Err(Why::Unclear);
    }
    let text = folded(&chars[start..end]);
    Ok((Part { kind: PartKind::Quantity(quantity), start, end, text }, next))
}

/// Whether a single letter with a space before it, `5 m`, is a multiplier here and not the beginning of a word
/// or a unit.
fn ends_amount(after: Option<&Token>) -> bool {
    let ends = |kind: &Kind| {
        matches!(kind, Kind::Currency { .. } | Kind::Role(_) | Kind::Dash | Kind::Hyphen | Kind::Plus)
    };
    after.is_none_or(|token| ends(&token.kind))
}

/// Takes what stands before a number, nearest first: `-€5`, `€-5`, `minus 5`.
fn take_before(quantity: &mut Quantity, start: &mut usize, earlier: &mut Vec<Part>) -> Result<(), Why> {
    for _ in 0..2 {
        let Some(last) = earlier.last() else { return Ok(()) };
        let after_number = earlier.len() > 1 && earlier[earlier.len() - 2].quantity().is_some();
        match last.other() {
            Some(Kind::Currency { codes, power }) if quantity.codes.is_none() => {
                take_currency(quantity, codes, *power)?
            }
            // `COVID-19`
            Some(Kind::Hyphen) if last.end == *start && is_label(earlier) => return Err(Why::Unclear),
            Some(Kind::Hyphen) if last.end == *start && !after_number => {
                quantity.numeral.value.negative = true
            }
            Some(Kind::Role(Role::Minus)) if !after_number => quantity.numeral.value.negative = true,
            Some(Kind::Plus) if last.end == *start && !after_number => {}
            _ => return Ok(()),
        }
        *start = last.start;
        earlier.pop();
    }
    Ok(())
}

/// Whether the last part, a hyphen, joins a word to a number.
fn is_label(earlier: &[Part]) -> bool {
    match earlier {
        [.., word, hyphen] => {
            word.end == hyphen.start && word.text.ends_with(char::is_alphabetic) && word.quantity().is_none()
        }
        _ => false,
    }
}

fn take_currency(quantity: &mut Quantity, codes: Codes, power: i32) -> Result<(), Why> {
    let both = quantity.codes.map_or(Some(codes), |known| narrower(known, codes));
    quantity.codes = Some(both.ok_or(Why::Unclear)?);
    quantity.power += power;
    Ok(())
}

/// Whether what follows digits makes something else of them: `3rd`, `24h`, `10b2`, `10 l`, or a word in a script
/// whose words for thousands are not all known.
fn changes_meaning(token: &Token, end: usize, chars: &[char]) -> bool {
    let Kind::Word { digits, letters } = token.kind else { return false };
    let foreign = chars.get(token.start).is_some_and(|c| u32::from(*c) > 0x024F);
    foreign || letters < 2 || (token.start == end && (digits || letters < 3))
}

/// Gives the numbers without a currency the one that the text names apart from them, `Budget in EUR: 50`.
fn share_currency(parts: &mut [Part]) -> Result<(), Why> {
    let mut named: Option<Codes> = None;
    for part in parts.iter() {
        if let Some(Kind::Currency { codes, power }) = part.other() {
            // `Budget (k€): 50` multiplies, or repeats what `50` already means.
            if *power != 0 {
                return Err(Why::Unclear);
            }
            named = Some(named.map_or(Some(*codes), |known| narrower(known, codes)).ok_or(Why::Unclear)?);
        }
    }
    for part in parts.iter_mut() {
        if let PartKind::Quantity(quantity) = &mut part.kind {
            quantity.codes = quantity.codes.or(named);
        }
    }
    Ok(())
}
