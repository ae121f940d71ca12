//! Compares two conditions.

use crate::rules::ast::{CompareOp, Expr, ExprKind};
use crate::rules::parse;

/// A difference in the wording of a condition that does not affect any decision.
pub(super) const WORDING: &str = "wording of the condition";

/// A part of a rule, with its old and new text.
pub(super) type RulePart = (String, Option<String>, Option<String>);

/// Compares two conditions: lists single thresholds and values if everything else is equal, and otherwise the
/// whole condition.
pub(super) fn parts(was: &str, is: &str) -> Vec<RulePart> {
    if was == is || with_plain_numbers(was) == with_plain_numbers(is) {
        return Vec::new();
    }
    let whole = |part: &str| vec![(part.to_owned(), Some(was.to_owned()), Some(is.to_owned()))];
    let ((Some(before), old_problems), (Some(after), new_problems)) = (parse(was), parse(is)) else {
        return whole("condition");
    };
    if !old_problems.is_empty() || !new_problems.is_empty() {
        return whole("condition");
    }
    let mut differing = Vec::new();
    if !same_but_values(&before, &after, &mut differing) {
        return whole("condition");
    }
    if differing.is_empty() {
        return whole(WORDING);
    }
    let piece = |text: &str, expr: &Expr| text.get(expr.span.start..expr.span.end).map(str::to_owned);
    let part = |(before, after): (&Expr, &Expr)| {
        let part = if is_threshold(before) { "threshold" } else { "condition" };
        (part.to_owned(), piece(was, before), piece(is, after))
    };
    differing.into_iter().map(part).collect()
}

/// Returns a condition with its numbers in the shortest spelling, since `0.60` and `0.6` are the same number. Leaves texts and
/// names as they are.
fn with_plain_numbers(condition: &str) -> String {
    let mut plain = String::with_capacity(condition.len());
    let mut rest = condition;
    let mut is_in_name = false;
    while let Some(first) = rest.chars().next() {
        let end = match first {
            '"' | '\'' => end_of_text(rest, first),
            '0'..='9' if !is_in_name => {
                let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
                // A number may be followed by an exponent or a unit, which is then part of a word that stays.
                let is_alone = !rest[end..].starts_with(|c: char| c.is_alphanumeric() || c == '_');
                // Longer ones would lose digits.
                let is_exact = is_alone && end <= 15;
                if let (true, Ok(number)) = (is_exact, rest[..end].parse::<f64>()) {
                    plain.push_str(&number.to_string());
                    rest = &rest[end..];
                    continue;
                }
                end
            }
            _ => first.len_utf8(),
        };
        is_in_name = first.is_alphanumeric() || first == '_';
        plain.push_str(&rest[..end]);
        rest = &rest[end..];
    }
    plain
}

/// Returns the length of the text literal at the start, with its quotes.
fn end_of_text(rest: &str, quote: char) -> usize {
    let mut is_escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            _ if c == quote => return at + c.len_utf8(),
            _ => {}
        }
    }
    rest.len()
}

/// Returns whether two conditions are equal except for the values they compare with, and collects the
/// comparisons that differ.
fn same_but_values<'e>(was: &'e Expr, is: &'e Expr, differing: &mut Vec<(&'e Expr, &'e Expr)>) -> bool {
    let is_value = |a: &Expr, b: &Expr| {
        std::mem::discriminant(&a.kind) == std::mem::discriminant(&b.kind) && a.is_literal()
    };
    match (&was.kind, &is.kind) {
        _ if was == is => true,
        (ExprKind::All(a), ExprKind::All(b)) | (ExprKind::Any(a), ExprKind::Any(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same_but_values(a, b, differing))
        }
        (ExprKind::Not(a), ExprKind::Not(b)) => same_but_values(a, b, differing),
        (
            ExprKind::Compare { op, left, right },
            ExprKind::Compare { op: new_op, left: new_left, right: new_right },
        ) if op == new_op => {
            let is_one_value = (left == new_left
                && (is_value(right, new_right) || both_numbers(right, new_right)))
                || (right == new_right && (is_value(left, new_left) || both_numbers(left, new_left)));
            differing.push((was, is));
            is_one_value
        }
        (ExprKind::In { needle, list }, ExprKind::In { needle: same, list: new_list }) => {
            let is_list = |list: &Expr| matches!(list.kind, ExprKind::List(_));
            differing.push((was, is));
            needle == same && is_list(list) && is_list(new_list)
        }
        _ => false,
    }
}

fn both_numbers(a: &Expr, b: &Expr) -> bool {
    let is_number = |expr: &Expr| matches!(expr.kind, ExprKind::Integer(_) | ExprKind::Float(_));
    is_number(a) && is_number(b)
}

fn is_threshold(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Compare { op, left, right } => {
            !matches!(op, CompareOp::Equal | CompareOp::NotEqual)
                && [left, right]
                    .iter()
                    .any(|side| matches!(side.kind, ExprKind::Integer(_) | ExprKind::Float(_)))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_spelling_of_a_number_is_no_difference() {
        for (was, is) in [
            ("intent > 0.60", "intent > 0.6"),
            ("size >= 50.0 && a", "size >= 50 && a"),
            ("x in [1.0, 2]", "x in [1, 2.00]"),
        ] {
            assert!(parts(was, is).is_empty(), "{was} and {is}");
        }
        for (was, is) in [
            ("intent > 0.60", "intent > 0.61"),
            ("name == \"0.60\"", "name == \"0.6\""),
            ("field10 > 1", "field1 > 1"),
            ("x == '1.0\\'0'", "x == '1\\'0'"),
            ("a1.0 > 1", "a1 > 1"),
            ("x > 9007199254740993", "x > 9007199254740992"),
        ] {
            assert!(!parts(was, is).is_empty(), "{was} and {is}");
        }
    }
}
