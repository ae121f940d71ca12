//! Converts the tests in a table's cells to conditions.
//!
//! A cell contains a value (`DE`), several values (`DE, AT`), a comparison (`>= 200`, `!= DE`), a range that
//! includes its ends (`50..999`) or excludes one (`[50..1000)`), a list (`in lists.tam`, `not in lists.tam`),
//! or several of these, of which one must hold; `not(DE, AT)` negates them. `-` tests nothing. Words are texts,
//! numbers are numbers, and `true` and `false` are booleans; anything in quotes is a text.

use crate::catalogue::FieldType;
use crate::rules::ast::{CompareOp, Expr, ExprKind};
use crate::rules::unparse::{quoted, unparse};
use crate::rules::words::RESERVED;

/// Comparison operators, the longer ones first.
const COMPARISONS: [&str; 7] = [">=", "<=", "!=", "==", ">", "<", "="];

/// A test of a field.
enum Test {
    Value(String),
    Condition(String),
}

/// Returns the condition for a cell of a field; `None` if the cell tests nothing.
///
/// # Errors
/// Returns a sentence that says what is wrong.
pub fn condition(field: &str, cell: &str) -> Result<Option<String>, String> {
    let cell = cell.trim();
    if cell.is_empty() || cell == "-" {
        return Ok(None);
    }
    let condition = match cell.strip_prefix("not(").and_then(|rest| rest.strip_suffix(')')) {
        Some(inner) => negated(field, &any(field, inner)?),
        None => any(field, cell)?,
    };
    Ok(Some(condition))
}

/// Formats a text for a cell, in quotes if it would otherwise be read as something else.
pub fn word(text: &str) -> String {
    let is_plain = value(text).is_ok_and(|literal| literal == quoted(text))
        && !text.starts_with("in ")
        && !text.starts_with("not ")
        && !text.contains("..")
        && !text.contains(',')
        && text != "-"
        && !text.starts_with('\u{feff}');
    if is_plain { text.to_owned() } else { quoted(text) }
}

/// Returns the literal for a value in a cell.
///
/// # Errors
/// Returns an error if quotes are missing.
pub fn value(text: &str) -> Result<String, String> {
    let text = text.trim();
    if text.starts_with(['"', '\'']) {
        return match crate::rules::parse(text) {
            (Some(Expr { kind: ExprKind::Text(text), .. }), problems) if problems.is_empty() => {
                Ok(quoted(&text))
            }
            _ => Err(format!("`{text}` is not a valid text in quotes.")),
        };
    }
    if matches!(text, "true" | "false") {
        return Ok(text.to_owned());
    }
    let digits = text.strip_prefix('-').unwrap_or(text);
    if digits.starts_with(|c: char| c.is_ascii_digit())
        && digits.ends_with(|c: char| c.is_ascii_digit())
        && digits.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | 'e' | 'E' | '+' | '-'))
        && text.parse::<f64>().is_ok_and(f64::is_finite)
    {
        return Ok(text.to_owned());
    }
    if text.is_empty() {
        return Err("add a value.".to_owned());
    }
    if text.contains(['"', '\'', '(', ')', '[', ']', '<', '>', '=', '!'])
        || text.chars().any(char::is_control)
    {
        return Err(format!("`{text}` contains special characters; put it in quotes."));
    }
    Ok(quoted(text))
}

/// Returns the type of a field with these cells, which is the common type of their values.
pub fn kind(cells: &[&str]) -> FieldType {
    let mut kinds = cells.iter().filter_map(|cell| {
        let (Some(expr), _) = crate::rules::parse(&condition("x", cell).ok()??) else { return None };
        literal_kind(&expr)
    });
    match kinds.next() {
        Some(first) if kinds.all(|kind| kind == first) => first,
        _ => FieldType::String,
    }
}

fn literal_kind(expr: &Expr) -> Option<FieldType> {
    match &expr.kind {
        ExprKind::Name(_) => Some(FieldType::Bool),
        ExprKind::Text(_) | ExprKind::ListName(_) => Some(FieldType::String),
        ExprKind::Integer(_) | ExprKind::Float(_) => Some(FieldType::Number),
        ExprKind::Not(inner) => literal_kind(inner),
        ExprKind::All(items) | ExprKind::Any(items) | ExprKind::List(items) => literal_kind(items.first()?),
        ExprKind::Compare { right, .. } => literal_kind(right),
        ExprKind::In { list, .. } => literal_kind(list),
        _ => None,
    }
}

/// Returns the field and the cell for a condition, if a single cell can express it.
pub fn of(expr: &Expr) -> Option<(&str, String)> {
    match &expr.kind {
        ExprKind::Name(field) => field_name(field).map(|field| (field, "true".to_owned())),
        ExprKind::Not(inner) => match &inner.kind {
            ExprKind::Name(field) => field_name(field).map(|field| (field, "false".to_owned())),
            ExprKind::In { .. } => {
                let (field, cell) = of(inner)?;
                let opposite = match cell.strip_prefix("in lists.") {
                    Some(list) => format!("not in lists.{list}"),
                    None => format!("not({cell})"),
                };
                Some((field, opposite))
            }
            _ => None,
        },
        ExprKind::Compare { op, left, right } => comparison(*op, left, right),
        ExprKind::In { needle, list } => {
            let ExprKind::Name(field) = &needle.kind else { return None };
            let cell = match &list.kind {
                ExprKind::ListName(name) => format!("in lists.{}", name.text),
                // A single value would be read back as a comparison.
                ExprKind::List(items) if items.len() > 1 => {
                    items.iter().map(literal).collect::<Option<Vec<_>>>()?.join(", ")
                }
                _ => return None,
            };
            Some((field_name(field)?, cell))
        }
        ExprKind::All(items) => range(items),
        _ => None,
    }
}

/// Returns a condition like `x >= a && x <= b` as a range.
fn range(items: &[Expr]) -> Option<(&str, String)> {
    let [low, high] = items else { return None };
    let (field, from) = of(low)?;
    let (same, to) = of(high)?;
    let (open, from) = match from.strip_prefix(">= ") {
        Some(from) => ('[', from),
        None => ('(', from.strip_prefix("> ")?),
    };
    let (close, to) = match to.strip_prefix("<= ") {
        Some(to) => (']', to),
        None => (')', to.strip_prefix("< ")?),
    };
    (field == same && !from.contains('"') && !to.contains('"')).then(|| match (open, close) {
        ('[', ']') => (field, format!("{from}..{to}")),
        _ => (field, format!("{open}{from}..{to}{close}")),
    })
}

fn comparison<'e>(op: CompareOp, left: &'e Expr, right: &'e Expr) -> Option<(&'e str, String)> {
    let (field, op, literal_side) = match (&left.kind, &right.kind) {
        (ExprKind::Name(field), _) if right.is_literal() => (field, op, right),
        (_, ExprKind::Name(field)) if left.is_literal() => (field, op.flipped(), left),
        _ => return None,
    };
    // The cell `true` is the field itself, not a comparison with it.
    let value = literal(literal_side)?;
    let cell = if op == CompareOp::Equal { value } else { format!("{} {value}", op.symbol()) };
    Some((field_name(field)?, cell))
}

fn literal(expr: &Expr) -> Option<String> {
    match &expr.kind {
        ExprKind::Text(text) => Some(word(text)),
        ExprKind::Integer(_) => Some(unparse(expr)),
        ExprKind::Float(_) => Some(unparse(expr)).filter(|text| value(text).as_ref() == Ok(text)),
        _ => None,
    }
}

fn field_name(name: &str) -> Option<&str> {
    (!RESERVED.contains(&name) && name != crate::rules::AS_OF).then_some(name)
}

/// Returns a condition that holds if one of the tests does.
fn any(field: &str, text: &str) -> Result<String, String> {
    let mut values = Vec::new();
    let mut conditions = Vec::new();
    for test in split(text)? {
        match read(field, test.trim())? {
            Test::Value(value) => values.push(value),
            Test::Condition(condition) => conditions.push(condition),
        }
    }
    match values.as_slice() {
        [] => {}
        [value] if value == "true" => conditions.insert(0, field.to_owned()),
        [value] if value == "false" => conditions.insert(0, format!("!{field}")),
        [value] => conditions.insert(0, format!("{field} == {value}")),
        several => conditions.insert(0, format!("{field} in [{}]", several.join(", "))),
    }
    let is_alone = conditions.len() == 1;
    let pieces = conditions.into_iter().map(|condition| {
        if !is_alone && condition.contains("&&") { format!("({condition})") } else { condition }
    });
    Ok(pieces.collect::<Vec<_>>().join(" || "))
}

fn negated(field: &str, condition: &str) -> String {
    match condition.strip_prefix(&format!("{field} == ")) {
        Some(value) if !condition.contains("||") => format!("{field} != {value}"),
        _ if condition == field => format!("!{field}"),
        _ => format!("!({condition})"),
    }
}

fn read(field: &str, test: &str) -> Result<Test, String> {
    for symbol in COMPARISONS {
        if let Some(rest) = test.strip_prefix(symbol) {
            let op = if symbol == "=" { "==" } else { symbol };
            return Ok(Test::Condition(format!("{field} {op} {}", value(rest)?)));
        }
    }
    if let Some(list) = test.strip_prefix("in lists.") {
        return Ok(Test::Condition(format!("{field} in lists.{}", list_name(list)?)));
    }
    if let Some(list) = test.strip_prefix("not in lists.") {
        return Ok(Test::Condition(format!("!({field} in lists.{})", list_name(list)?)));
    }
    let is_quoted = test.starts_with(['"', '\'']);
    let opens = test.starts_with(['[', '(']);
    match test.split_once("..").filter(|_| !is_quoted) {
        Some((from, to)) if opens && to.ends_with([']', ')']) => {
            let at_least = if test.starts_with('[') { ">=" } else { ">" };
            let at_most = if test.ends_with(']') { "<=" } else { "<" };
            let (from, to) = (value(&from[1..])?, value(&to[..to.len() - 1])?);
            Ok(Test::Condition(format!("{field} {at_least} {from} && {field} {at_most} {to}")))
        }
        Some((from, to)) if !opens => {
            Ok(Test::Condition(format!("{field} >= {} && {field} <= {}", value(from)?, value(to)?)))
        }
        _ => value(test).map(Test::Value),
    }
}

fn list_name(text: &str) -> Result<&str, String> {
    let name = text.trim();
    if super::is_name(name) { Ok(name) } else { Err(format!("`{name}` is not a valid list name.")) }
}

/// Splits a cell at its commas, except those in quotes.
fn split(text: &str) -> Result<Vec<&str>, String> {
    let mut tests = Vec::new();
    let mut start = 0;
    let mut quote = None;
    let mut is_escaped = false;
    for (at, c) in text.char_indices() {
        match quote {
            Some(_) if is_escaped => is_escaped = false,
            Some(_) if c == '\\' => is_escaped = true,
            Some(open) if c == open => quote = None,
            Some(_) => {}
            // An apostrophe inside a word opens no text; the word is rejected later with a reason.
            None if matches!(c, '"' | '\'') && opens_text(&text[start..at]) => quote = Some(c),
            None if c == ',' => {
                tests.push(&text[start..at]);
                start = at + 1;
            }
            None => {}
        }
    }
    if quote.is_some() {
        return Err("a quote is not closed.".to_owned());
    }
    tests.push(&text[start..]);
    Ok(tests)
}

/// Returns whether a text in quotes can begin here.
fn opens_text(before: &str) -> bool {
    before.trim_end().is_empty() || before.trim_end().ends_with(['=', '<', '>', '(', '[', '.'])
}
