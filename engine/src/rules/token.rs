//! Splits text into tokens. Invalid characters are reported, and then either read as the intended token or
//! replaced by [`Token::Broken`], so that each mistake causes only one problem.

use super::ast::{ArithmeticOp, CompareOp};
use super::literal::{self, NumberLiteral, UnsignedLiteral, count, is_word_start};
use super::words::UnsupportedSyntax;
use crate::problem::{Problem, Span};

/// A token with its location.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct SpannedToken<'t> {
    pub token: Token<'t>,
    pub span: Span,
}

/// The smallest unit of a condition.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token<'t> {
    Number(UnsignedLiteral),
    Text(String),
    Name(&'t str),
    /// A name in backticks.
    Quoted(&'t str),
    /// An unsupported part of CEL.
    LeftOut(UnsupportedSyntax, &'t str),
    Operator(Operator),
    Not,
    Open,
    Close,
    OpenList,
    CloseList,
    OpenMap,
    CloseMap,
    Comma,
    Dot,
    Question,
    Colon,
    /// A token that has been reported.
    Broken,
    End,
}

/// An operator between two operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    Any,
    All,
    Compare(CompareOp),
    In,
    Arithmetic(ArithmeticOp),
    /// An operator that has been reported.
    Unknown,
}

/// Returns all tokens of the text, followed by [`Token::End`].
pub(super) fn tokens<'t>(text: &'t str, problems: &mut Vec<Problem>) -> Vec<SpannedToken<'t>> {
    let mut tokens = Vec::new();
    let mut at = 0;
    loop {
        at += blank(&text[at..]);
        let rest = &text[at..];
        if rest.is_empty() {
            tokens.push(SpannedToken { token: Token::End, span: Span::new(at, at) });
            return tokens;
        }
        let (token, len) = next(rest, at, problems);
        tokens.push(SpannedToken { token, span: Span::new(at, at + len) });
        at += len;
    }
}

/// Returns the number of bytes of white space and comments.
fn blank(rest: &str) -> usize {
    let mut len = 0;
    loop {
        len += count(&rest[len..], |c| matches!(c, ' ' | '\t' | '\n' | '\r' | '\u{c}'));
        if !rest[len..].starts_with("//") {
            return len;
        }
        len += rest[len..].find('\n').unwrap_or(rest.len() - len);
    }
}

fn next<'t>(rest: &'t str, at: usize, problems: &mut Vec<Problem>) -> (Token<'t>, usize) {
    let first = rest.chars().next().unwrap_or_default();
    if first.is_ascii_digit() || (first == '.' && rest[1..].starts_with(|c: char| c.is_ascii_digit())) {
        let read = literal::number(rest, at, problems);
        return match read.value {
            Some(NumberLiteral::Unsigned(number)) => (Token::Number(number), read.len),
            Some(NumberLiteral::LeftOut) => {
                (Token::LeftOut(UnsupportedSyntax::Uint, &rest[..read.len]), read.len)
            }
            None => (Token::Broken, read.len),
        };
    }
    if first == '`' {
        return backticks(rest, at, problems);
    }
    if matches!(first, '"' | '\'') {
        return text_token(rest, 0, at, problems);
    }
    if is_word_start(first) || first.is_alphabetic() {
        return word(rest, at, problems);
    }
    symbol(rest).unwrap_or_else(|| slip(rest, at, problems))
}

fn text_token<'t>(
    rest: &'t str,
    prefix: usize,
    at: usize,
    problems: &mut Vec<Problem>,
) -> (Token<'t>, usize) {
    let read = literal::text(rest, prefix, at, problems);
    (read.value.map_or(Token::Broken, Token::Text), read.len)
}

fn word<'t>(rest: &'t str, at: usize, problems: &mut Vec<Problem>) -> (Token<'t>, usize) {
    let len = count(rest, |c| c.is_ascii_alphanumeric() || c == '_');
    let whole = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
    if whole > len {
        let message = "Names can contain only the letters a to z, digits and `_`; put text in quotes.";
        problems.push(
            Problem::spanned(Span::new(at, at + whole), message)
                .suggest(Some(super::unparse::quoted(&rest[..whole]))),
        );
        return (Token::Broken, whole);
    }
    let name = &rest[..len];
    let is_prefix = rest[len..].starts_with(['"', '\'']);
    match name.to_ascii_lowercase().as_str() {
        "r" if is_prefix => text_token(rest, len, at, problems),
        "b" | "br" | "rb" if is_prefix => {
            let (_, len) = text_token(rest, len, at, problems);
            (Token::LeftOut(UnsupportedSyntax::Bytes, &rest[..len]), len)
        }
        _ if name == "in" => (Token::Operator(Operator::In), len),
        _ => (Token::Name(name), len),
    }
}

/// Parses a name in backticks, which can contain dots, hyphens and slashes.
fn backticks<'t>(rest: &'t str, at: usize, problems: &mut Vec<Problem>) -> (Token<'t>, usize) {
    let inner = count(&rest[1..], |c| c.is_ascii_alphanumeric() || "_.-/ ".contains(c));
    let is_closed = rest[1 + inner..].starts_with('`');
    let len = 1 + inner + usize::from(is_closed);
    if is_closed && inner > 0 {
        return (Token::Quoted(&rest[1..=inner]), len);
    }
    let message = "Backticks must enclose a name of letters, digits, `_`, `.`, `-`, `/` and spaces.";
    problems.push(Problem::spanned(Span::new(at, at + len), message));
    (Token::Broken, len)
}

fn symbol<'t>(rest: &str) -> Option<(Token<'t>, usize)> {
    use CompareOp::{Equal, Greater, GreaterOrEqual, Less, LessOrEqual, NotEqual};
    let compare = |op| Token::Operator(Operator::Compare(op));
    let doubled = match rest.get(..2) {
        Some("&&") => Some(Token::Operator(Operator::All)),
        Some("||") => Some(Token::Operator(Operator::Any)),
        Some("==") => Some(compare(Equal)),
        Some("!=") => Some(compare(NotEqual)),
        Some("<=") => Some(compare(LessOrEqual)),
        Some(">=") => Some(compare(GreaterOrEqual)),
        // Common mistakes, which `slip` reports.
        Some("=>" | "=<" | "<>") => return None,
        _ => None,
    };
    if let Some(token) = doubled {
        return Some((token, 2));
    }
    let token = match rest.chars().next()? {
        '<' => compare(Less),
        '>' => compare(Greater),
        '!' => Token::Not,
        '(' => Token::Open,
        ')' => Token::Close,
        '[' => Token::OpenList,
        ']' => Token::CloseList,
        '{' => Token::OpenMap,
        '}' => Token::CloseMap,
        ',' => Token::Comma,
        '.' => Token::Dot,
        '?' => Token::Question,
        ':' => Token::Colon,
        '+' => Token::Operator(Operator::Arithmetic(ArithmeticOp::Add)),
        '-' => Token::Operator(Operator::Arithmetic(ArithmeticOp::Subtract)),
        '*' => Token::Operator(Operator::Arithmetic(ArithmeticOp::Multiply)),
        '/' => Token::Operator(Operator::Arithmetic(ArithmeticOp::Divide)),
        '%' => Token::Operator(Operator::Arithmetic(ArithmeticOp::Remainder)),
        _ => return None,
    };
    Some((token, 1))
}

/// Operators of other languages, and their equivalents here.
const NEAR_MISSES: [(&str, Operator, &str); 9] = [
    ("=>", Operator::Compare(CompareOp::GreaterOrEqual), ">="),
    ("=<", Operator::Compare(CompareOp::LessOrEqual), "<="),
    ("<>", Operator::Compare(CompareOp::NotEqual), "!="),
    ("=", Operator::Compare(CompareOp::Equal), "=="),
    ("&", Operator::All, "&&"),
    ("|", Operator::Any, "||"),
    ("≥", Operator::Compare(CompareOp::GreaterOrEqual), ">="),
    ("≤", Operator::Compare(CompareOp::LessOrEqual), "<="),
    ("≠", Operator::Compare(CompareOp::NotEqual), "!="),
];

/// Handles text that is not a token, and reads it as the intended token if that is clear.
fn slip<'t>(rest: &'t str, at: usize, problems: &mut Vec<Problem>) -> (Token<'t>, usize) {
    if let Some((wrong, operator, right)) = NEAR_MISSES.iter().find(|(wrong, ..)| rest.starts_with(wrong)) {
        let span = Span::new(at, at + wrong.len());
        problems.push(
            Problem::spanned(span, format!("Write `{right}` instead of `{wrong}`.")).suggest(Some(*right)),
        );
        return (Token::Operator(*operator), wrong.len());
    }
    if rest.starts_with(['“', '”', '„', '‘', '’', '«', '»']) {
        return curly(rest, at, problems);
    }
    let len = rest
        .find(|c: char| c.is_ascii() && c != '\0' && (c.is_ascii_whitespace() || symbol_or_word(c)))
        .unwrap_or(rest.len());
    let len = len.max(rest.chars().next().map_or(0, char::len_utf8));
    let span = Span::new(at, at + len);
    problems.push(Problem::spanned(span, unreadable(&rest[..len])));
    (Token::Broken, len)
}

fn symbol_or_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || "_()[]{},.<>!=&|'\"`+-*/%?:".contains(c)
}

fn unreadable(piece: &str) -> String {
    match piece.chars().next() {
        Some(c) if c.is_control() => {
            format!("The control character U+{:04X} is not allowed here.", u32::from(c))
        }
        Some(c) => format!("`{c}` is unexpected here."),
        None => String::new(),
    }
}

/// Reads a text in typographic quotes.
fn curly<'t>(rest: &'t str, at: usize, problems: &mut Vec<Problem>) -> (Token<'t>, usize) {
    let open = rest.chars().next().map_or(0, char::len_utf8);
    let body = &rest[open..];
    let inner = body.find(['“', '”', '‘', '’', '«', '»', '"', '\'', '\n']).unwrap_or(body.len());
    let close = body[inner..].chars().next().filter(|c| *c != '\n').map_or(0, char::len_utf8);
    let text = &body[..inner];
    let len = open + inner + close;
    let problem = Problem::spanned(Span::new(at, at + len), "Use straight quotes for text.");
    problems.push(problem.suggest(Some(super::unparse::quoted(text))));
    (Token::Text(text.to_owned()), len)
}
