//! Parses CEL literals, numbers and quoted texts, at the start of a text.

use crate::problem::{Problem, Span};

/// A parsed literal: the value, if it is valid, and the number of bytes it spans.
pub(super) struct ParsedLiteral<T> {
    pub value: Option<T>,
    pub len: usize,
}

/// A number without its sign; the sign is an operator.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum UnsignedLiteral {
    Integer(u64),
    Float(f64),
}

/// A CEL number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum NumberLiteral {
    /// A number that this language supports.
    Unsigned(UnsignedLiteral),
    /// A number with the suffix `u`.
    LeftOut,
}

/// Parses the number at the start of `rest`; `at` is its offset, for problems.
pub(super) fn number(rest: &str, at: usize, problems: &mut Vec<Problem>) -> ParsedLiteral<NumberLiteral> {
    let (digits, is_float) = number_extent(rest);
    let len = digits + count(&rest[digits..], |c| c.is_ascii_alphanumeric() || c == '_');
    let span = Span::new(at, at + len);
    let refused = |problems: &mut Vec<Problem>, message: &str, suggestion: Option<String>| {
        problems.push(Problem::spanned(span, message).suggest(suggestion));
        ParsedLiteral { value: None, len }
    };
    let (number, suffix) = (&rest[..digits], &rest[digits..len]);
    match suffix {
        "" if rest[len..].starts_with('.') && !rest[len + 1..].starts_with(is_word_start) => {
            problems.push(
                Problem::spanned(Span::new(at, at + len + 1), "Add a digit after the decimal point.")
                    .suggest(Some(format!("{number}.0"))),
            );
            ParsedLiteral { value: None, len: len + 1 }
        }
        "" => match value(number, is_float) {
            Some(value) => ParsedLiteral { value: Some(NumberLiteral::Unsigned(value)), len },
            None => refused(problems, "This number is too large.", None),
        },
        "u" | "U" if !is_float => ParsedLiteral { value: Some(NumberLiteral::LeftOut), len },
        _ if suffix.bytes().all(|b| b.is_ascii_digit() || b == b'_') => {
            refused(problems, "Numbers cannot contain `_`.", Some(rest[..len].replace('_', "")))
        }
        _ => refused(problems, "A number cannot be followed directly by letters.", Some(number.to_owned())),
    }
}

/// Parses the quoted text at the start of `rest`, including `prefix` bytes (`r`) before the quote.
pub(super) fn text(
    rest: &str,
    prefix: usize,
    at: usize,
    problems: &mut Vec<Problem>,
) -> ParsedLiteral<String> {
    let is_raw = rest[..prefix].contains(['r', 'R']);
    let quote = if rest[prefix..].starts_with('\'') { "'" } else { "\"" };
    let triple = quote.repeat(3);
    let is_triple = rest[prefix..].starts_with(&triple);
    let end = if is_triple { triple.as_str() } else { quote };
    let mut value = String::new();
    let mut len = prefix + end.len();
    loop {
        let tail = &rest[len..];
        if tail.starts_with(end) {
            return ParsedLiteral { value: Some(value), len: len + end.len() };
        }
        match tail.chars().next() {
            Some('\\') if !is_raw => match escape(&tail[1..]) {
                Some((c, taken)) => {
                    value.push(c);
                    len += 1 + taken;
                }
                None => {
                    let taken = 1 + tail[1..].chars().next().map_or(0, char::len_utf8);
                    problems.push(bad_escape(Span::new(at + len, at + len + taken)));
                    len += taken;
                }
            },
            Some(c) if is_triple || !matches!(c, '\n' | '\r') => {
                value.push(c);
                len += c.len_utf8();
            }
            _ => {
                problems.push(Problem::spanned(
                    Span::new(at, at + len),
                    format!("The text is not closed; add `{end}`."),
                ));
                return ParsedLiteral { value: Some(value), len };
            }
        }
    }
}

/// Returns whether a name can begin with the character.
pub(super) fn is_word_start(c: char) -> bool {
    c.is_ascii_alphabetic() || c == '_'
}

/// Returns the number of bytes at the start of `rest` that satisfy the test, which must accept only ASCII.
pub(super) fn count(rest: &str, test: impl Fn(char) -> bool) -> usize {
    rest.find(|c| !test(c)).unwrap_or(rest.len())
}

/// Returns the number of bytes in the number, and whether it has a decimal point or an exponent.
fn number_extent(rest: &str) -> (usize, bool) {
    if rest.starts_with("0x") || rest.starts_with("0X") {
        return (2 + count(&rest[2..], |c| c.is_ascii_hexdigit()), false);
    }
    let digits = |from: usize| count(&rest[from..], |c| c.is_ascii_digit());
    let mut len = digits(0);
    let mut is_float = false;
    if rest[len..].starts_with('.') && digits(len + 1) > 0 {
        len += 1 + digits(len + 1);
        is_float = true;
    }
    if rest[len..].starts_with(['e', 'E']) {
        let sign = usize::from(rest[len + 1..].starts_with(['+', '-']));
        let exponent = digits(len + 1 + sign);
        if exponent > 0 {
            len += 1 + sign + exponent;
            is_float = true;
        }
    }
    (len, is_float)
}

fn value(number: &str, is_float: bool) -> Option<UnsignedLiteral> {
    if is_float {
        return number.parse().ok().filter(|n: &f64| n.is_finite()).map(UnsignedLiteral::Float);
    }
    let hex = number.strip_prefix("0x").or_else(|| number.strip_prefix("0X"));
    hex.map_or_else(|| number.parse().ok(), |hex| u64::from_str_radix(hex, 16).ok())
        .map(UnsignedLiteral::Integer)
}

/// Returns the character for the escape after a backslash, and the bytes it spans.
fn escape(rest: &str) -> Option<(char, usize)> {
    let c = rest.chars().next()?;
    let simple = match c {
        'a' => '\u{7}',
        'b' => '\u{8}',
        'f' => '\u{c}',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'v' => '\u{b}',
        '\\' | '?' | '"' | '\'' | '`' => c,
        'x' | 'X' => return coded(rest, 1, 2, 16),
        'u' => return coded(rest, 1, 4, 16),
        'U' => return coded(rest, 1, 8, 16),
        '0'..='3' => return coded(rest, 0, 3, 8),
        _ => return None,
    };
    Some((simple, 1))
}

fn coded(rest: &str, from: usize, digits: usize, radix: u32) -> Option<(char, usize)> {
    let code = rest.get(from..from + digits).filter(|code| code.chars().all(|c| c.is_digit(radix)))?;
    let c = u32::from_str_radix(code, radix).ok().and_then(char::from_u32)?;
    Some((c, from + digits))
}

fn bad_escape(span: Span) -> Problem {
    Problem::spanned(span, "Unknown escape; write a backslash as `\\\\`.")
}
