//! Explains in one sentence what determined the result of a rule, if it is not obvious.

use super::ast::{Expr, ExprKind};
use super::code::{Node, children};
use super::eval::EvalContext;
use super::explain::less;
use super::rule_set::Rule;
use super::unknown::{unknown_reasons, unread_reason};
use super::unparse::unparse;
use crate::decision::{Outcome3, UnknownReason};

/// Returns what determines the rule's result, or keeps it unknown. Returns `None` if every piece is known.
pub(super) fn why(machine: EvalContext<'_>, rule: &Rule) -> Option<String> {
    match machine.outcome(&rule.code) {
        Outcome3::Unknown => Some(hanging(&unknown_reasons(machine, &rule.code))),
        Outcome3::Error => unknown_reasons(machine, &rule.code).into_iter().find_map(|entry| match entry {
            UnknownReason::Error { message } => Some(message),
            _ => None,
        }),
        settled => indifferent(machine, rule, settled),
    }
}

/// Formats "Depends on company size (0.58 < 0.70) and budget (not found)."
fn hanging(entries: &[UnknownReason]) -> String {
    let fields = entries.iter().filter_map(|entry| match entry {
        UnknownReason::Missing { field } => Some(format!("{} (not found)", words(field))),
        UnknownReason::LowConfidence { field, confidence, needed } => {
            Some(format!("{} ({})", words(field), less(*confidence, *needed)))
        }
        UnknownReason::Error { .. } => None,
    });
    format!("Depends on {}.", joined(&fields.collect::<Vec<_>>()))
}

/// Formats "`company_size >= 2000` alone makes it false, so the missing budget does not matter."
fn indifferent(machine: EvalContext<'_>, rule: &Rule, settled: Outcome3) -> Option<String> {
    let mut fields: Vec<String> = Vec::new();
    for read in rule.reads.iter() {
        let field = match unread_reason(machine, *read) {
            Some(UnknownReason::Missing { field }) => format!("missing {}", words(&field)),
            Some(UnknownReason::LowConfidence { field, .. }) => format!("uncertain {}", words(&field)),
            _ => continue,
        };
        if !fields.contains(&field) {
            fields.push(field);
        }
    }
    if fields.is_empty() {
        return None;
    }
    let do_not = if fields.len() == 1 { "does not" } else { "do not" };
    let text = unparse(settling(machine, &rule.expr, &rule.code, settled));
    let fields = joined(&fields);
    if text == unparse(&rule.expr) {
        return Some(format!("The result is {settled} in any case; the {fields} {do_not} matter."));
    }
    Some(format!("`{text}` alone makes it {settled}, so the {fields} {do_not} matter."))
}

/// Returns the smallest piece that determines the result.
fn settling<'e>(machine: EvalContext<'_>, expr: &'e Expr, code: &[Node], outcome: Outcome3) -> &'e Expr {
    let items = match (&expr.kind, outcome) {
        (ExprKind::All(items), Outcome3::False) | (ExprKind::Any(items), Outcome3::True) => items,
        _ => return expr,
    };
    let found = items.iter().zip(children(code)).find(|(_, child)| machine.outcome(child) == outcome);
    found.map_or(expr, |(item, child)| settling(machine, item, child, outcome))
}

fn words(field: &str) -> String {
    field.replace('_', " ")
}

fn joined(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}
