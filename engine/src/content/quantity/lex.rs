//! Splits a text into numbers, currencies, words, and the signs that matter next to numbers.

use std::iter;

use super::currency::{self, CurrencyCodes};
use super::lexicon::{MULTIPLIERS, NumberModifier, ROLES};
use super::numeral::{self, Numeral};
use crate::content::map::DecimalSign;
use crate::content::words::{alone, fold_into};

/// A token of the text.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct QuantityToken {
    pub kind: QuantityTokenKind,
    /// The first character in the text.
    pub start: usize,
    /// The character after the last.
    pub end: usize,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum QuantityTokenKind {
    /// Digits.
    Number(Numeral),
    /// A power of ten after a number, `k` or `Mio.`. Multipliers of a single letter are `short`.
    Multiplier { power: i32, short: bool },
    /// A currency, with a power of ten if it includes one, as in `k€`.
    Currency { codes: CurrencyCodes, power: i32 },
    /// Words that modify a number.
    Role(NumberModifier),
    /// Any other word. `digits` is true if it contains digits, as in `B2B`.
    Word { digits: bool, letters: usize },
    /// A dash of any length.
    Dash,
    /// A minus sign, or a dash that could be one.
    Hyphen,
    /// `+`
    Plus,
    /// Another sign which shows that the number is not a plain amount.
    Sign(char),
    /// Something numeric that cannot be read.
    Unclear,
}

/// Splits a text into tokens, in order.
pub(super) fn lex(chars: &[char], sign: Option<DecimalSign>, whole: bool) -> Vec<QuantityToken> {
    let mut raw: Vec<Raw> = Vec::new();
    let mut at = 0;
    while let Some(&c) = chars.get(at) {
        let before = at.checked_sub(1).map(|before| chars[before]);
        let next_is_digit = chars.get(at + 1).is_some_and(|next| numeral::digit(*next).is_some());
        let leading_point = matches!(c, '.' | ',')
            && next_is_digit
            && before.is_none_or(|c| c.is_whitespace() || "-−(+$€£".contains(c));
        if numeral::digit(c).is_some() || leading_point {
            let (numeral, end) = numeral::read(chars, at, sign, whole);
            raw.push(Raw::new(
                numeral.map_or(QuantityTokenKind::Unclear, QuantityTokenKind::Number),
                at,
                end,
            ));
            at = end;
        } else if c.is_alphabetic() {
            let raw_word = word(chars, at);
            at = raw_word.end;
            raw.push(raw_word);
        } else {
            let (kind, end) = mark(chars, at);
            raw.extend(kind.map(|kind| Raw::new(kind, at, end)));
            at = end;
        }
    }
    name(&raw)
}

/// A token before its words are interpreted.
struct Raw {
    kind: QuantityTokenKind,
    start: usize,
    end: usize,
    /// The word in lower case and without accents; empty if the token is not a word.
    folded: String,
    capitals: bool,
}

impl Raw {
    fn new(kind: QuantityTokenKind, start: usize, end: usize) -> Self {
        Self { kind, start, end, folded: String::new(), capitals: false }
    }

    fn is_word(&self) -> bool {
        matches!(self.kind, QuantityTokenKind::Word { .. })
    }
}

/// Reads the word at `start`. Letters before digits are a separate word only if they name a currency, as in
/// `USD50`; otherwise the digits belong to the word.
fn word(chars: &[char], start: usize) -> Raw {
    let letters = |from: usize| chars[from..].iter().take_while(|c| is_letter(**c) && !alone(**c)).count();
    let fold = |end: usize| {
        let mut folded = String::new();
        chars[start..end].iter().for_each(|c| fold_into(*c, &mut folded));
        folded
    };
    let mut end = start + if alone(chars[start]) { 1 } else { letters(start).max(1) };
    let mut folded = fold(end);
    let capitals = chars[start..end].iter().all(|c| c.is_uppercase());
    let is_mark = |c: &&char| unicode_normalization::char::is_combining_mark(**c);
    let count = end - start - chars[start..end].iter().filter(is_mark).count();
    let mut digits = false;
    let names_currency =
        currency::of_word(&folded, capitals).is_some() || currency::of_scaled_word(&folded).is_some();
    if chars.get(end).is_some_and(|c| numeral::digit(*c).is_some()) && !alone(chars[start]) && !names_currency
    {
        digits = true;
        // For example `v2.0.1` or `Q3/2026`.
        while chars.get(end).is_some_and(|c| c.is_alphanumeric())
            || (chars.get(end).is_some_and(|c| ".,-–/:_".contains(*c))
                && chars.get(end + 1).is_some_and(|c| c.is_numeric()))
        {
            end += 1;
        }
        folded = fold(end);
    }
    Raw { kind: QuantityTokenKind::Word { digits, letters: count }, start, end, folded, capitals }
}

fn is_letter(c: char) -> bool {
    c.is_alphabetic() || unicode_normalization::char::is_combining_mark(c)
}

/// Returns the meaning of a character that is neither digit nor letter, and where it ends. Most have no
/// meaning.
fn mark(chars: &[char], at: usize) -> (Option<QuantityTokenKind>, usize) {
    let c = chars[at];
    let next = chars.get(at + 1).copied();
    let before_word = next.is_some_and(char::is_alphabetic);
    let per_word = || chars[at + 1..].iter().find(|c| **c != ' ').is_some_and(|c| c.is_alphabetic());
    let kind = match c {
        '.' if next == Some('.') => {
            let dots = chars[at..].iter().take_while(|c| **c == '.').count();
            return (Some(QuantityTokenKind::Dash), at + dots);
        }
        '…' | '–' | '—' | '‒' | '―' | '〜' | '～' | '⁓' => QuantityTokenKind::Dash,
        // For example `50-person` or `self-employed`.
        '-' | '‐' | '‑' if before_word => return (None, at + 1),
        '-' | '‐' | '‑' | '−' | '－' => QuantityTokenKind::Hyphen,
        '+' | '＋' => QuantityTokenKind::Plus,
        '~' | '∼' if at > 0 && numeral::digit(chars[at - 1]).is_some() => QuantityTokenKind::Dash,
        '~' | '≈' | '∼' | '±' => QuantityTokenKind::Role(NumberModifier::About),
        '<' | '>' | '＜' | '＞' if next == Some('=') => {
            return (Some(QuantityTokenKind::Role(bound(c))), at + 2);
        }
        '<' | '>' | '≤' | '≥' | '＜' | '＞' | '⩽' | '⩾' => QuantityTokenKind::Role(bound(c)),
        '%' | '％' => QuantityTokenKind::Role(NumberModifier::Percent),
        '/' if per_word() => QuantityTokenKind::Role(NumberModifier::Per),
        '/' | '#' | '*' | '×' | '^' | '=' | '(' | ')' | '°' | '‰' | '№' | ':' | '¢' | '©' => {
            QuantityTokenKind::Sign(c)
        }
        _ => match currency::of_sign(c) {
            Some(codes) => QuantityTokenKind::Currency { codes, power: 0 },
            None if c.is_numeric() => QuantityTokenKind::Unclear,
            None => return (None, at + 1),
        },
    };
    (Some(kind), at + 1)
}

fn bound(c: char) -> NumberModifier {
    if matches!(c, '<' | '≤' | '＜' | '⩽') { NumberModifier::AtMost } else { NumberModifier::AtLeast }
}

/// Interprets the words, trying the longest phrase first.
fn name(raw: &[Raw]) -> Vec<QuantityToken> {
    let mut tokens = Vec::with_capacity(raw.len());
    let mut at = 0;
    while let Some(piece) = raw.get(at) {
        let (kind, taken) = match &piece.kind {
            QuantityTokenKind::Word { .. } => named(&raw[at..]),
            other => (other.clone(), 1),
        };
        tokens.push(QuantityToken { kind, start: piece.start, end: raw[at + taken - 1].end });
        at += taken;
    }
    tokens
}

/// Returns the meaning of the first words, and how many tokens they span.
fn named(raw: &[Raw]) -> (QuantityTokenKind, usize) {
    let first = &raw[0];
    let folded = first.folded.as_str();
    // For example `US$` or `k€`.
    if let Some(Raw { kind: QuantityTokenKind::Currency { codes, .. }, start, .. }) = raw.get(1)
        && *start == first.end
    {
        if let Some(dollar) = currency::of_dollar(folded).filter(|_| codes.len() > 3) {
            return (QuantityTokenKind::Currency { codes: dollar, power: 0 }, 2);
        }
        let power = if folded == "t" {
            Some(3)
        } else {
            MULTIPLIERS.longest(iter::once(folded)).map(|(_, power)| *power)
        };
        if let Some(power) = power {
            return (QuantityTokenKind::Currency { codes, power }, 2);
        }
    }
    let words = || raw.iter().take_while(|piece| piece.is_word()).map(|piece| piece.folded.as_str());
    let multiplier = MULTIPLIERS.longest(words());
    let role = ROLES.longest(words());
    match (multiplier, role) {
        (Some((taken, power)), role) if role.is_none_or(|(other, _)| other <= taken) => (
            QuantityTokenKind::Multiplier {
                power: *power,
                short: first.end - first.start == 1 && first.folded.is_ascii(),
            },
            taken,
        ),
        (_, Some((taken, role))) => (QuantityTokenKind::Role(*role), taken),
        _ => {
            if let Some((power, codes)) = currency::of_scaled_word(folded) {
                return (QuantityTokenKind::Currency { codes, power }, 1);
            }
            match currency::of_word(folded, first.capitals) {
                Some(codes) => (QuantityTokenKind::Currency { codes, power: 0 }, 1),
                None => (first.kind.clone(), 1),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the kinds of the tokens in short form.
    fn kinds(text: &str) -> String {
        let chars: Vec<char> = text.chars().collect();
        let shown = lex(&chars, None, false).into_iter().map(|token| match token.kind {
            QuantityTokenKind::Number(numeral) => format!("{}", numeral.value.to_f64().unwrap()),
            QuantityTokenKind::Multiplier { power, .. } => format!("e{power}"),
            QuantityTokenKind::Currency { codes, power: 0 } => codes[0].to_owned(),
            QuantityTokenKind::Currency { codes, power } => format!("{}e{power}", codes[0]),
            QuantityTokenKind::Role(role) => format!("{role:?}"),
            QuantityTokenKind::Word { digits: false, .. } => "w".into(),
            QuantityTokenKind::Word { digits: true, .. } => "w2".into(),
            QuantityTokenKind::Dash | QuantityTokenKind::Hyphen => "-".into(),
            QuantityTokenKind::Plus => "+".into(),
            QuantityTokenKind::Sign(c) => c.into(),
            QuantityTokenKind::Unclear => "?".into(),
        });
        shown.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn pieces() {
        for (text, expected) in [
            ("51-200 employees", "51 - 200 Unit(People)"),
            ("10k–50k", "10 e3 - 50 e3"),
            ("US$1.5 Mio.", "USD 1.5 e6"),
            ("USD50, EUR5k", "USD 50 EUR 5 e3"),
            ("50 T€ / 5 TEUR / 5 k€", "50 EURe3 / 5 EURe3 / 5 EURe3"),
            ("B2B Q3/2026 v2.0.1, 5", "w2 w2 w2 5"),
            ("more than 50, or more", "AtLeast 50 OrMore"),
            ("up to <=10 >5", "AtMost AtMost 10 AtLeast 5"),
            ("51..200 … 5", "51 - 200 - 5"),
            ("½ of 10²", "? Of 10 ?"),
            ("12.05.2024", "?"),
            ("12/05/2024", "12 / ? / 2024"),
            ("50-person team", "50 Unit(People) w"),
            ("$5/month", "USD 5 Per Unit(Months)"),
            ("約50人以上", "About 50 OrMore"),
            ("50명 이상", "50 OrMore"),
            ("5万円", "5 e4 JPY"),
            ("2 mil millones", "2 e9"),
            ("-.5", "- 0.5"),
            ("10% or 10 per cent", "10 Percent w 10 Percent"),
        ] {
            assert_eq!(kinds(text), expected, "{text}");
        }
    }

    #[test]
    fn spans_cover_phrases() {
        let chars: Vec<char> = "at  least 50".chars().collect();
        let tokens = lex(&chars, None, false);
        assert_eq!(
            tokens.iter().map(|token| (token.start, token.end)).collect::<Vec<_>>(),
            [(0, 9), (10, 12)]
        );
    }
}
