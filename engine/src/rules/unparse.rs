//! Trees into text: the one way a condition is written. `parse(unparse(tree))` is the tree again.

use std::fmt::Write as _;

use super::ast::{Expr, ExprKind};

/// The condition as text. A hole becomes `…`, which does not parse.
pub fn unparse(expr: &Expr) -> String {
    let mut out = String::new();
    write_expr(&mut out, expr);
    out
}

/// Text in quotes, so that it reads back as the same text.
pub fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    write_text(&mut out, text);
    out
}

fn write_expr(out: &mut String, expr: &Expr) {
    match &expr.kind {
        ExprKind::Hole => out.push('…'),
        ExprKind::Bool(value) => push(out, value),
        ExprKind::Integer(value) => push(out, value),
        // The debug form keeps the point (`2.0`), without which it would read back as a whole number.
        ExprKind::Float(value) => push(out, format_args!("{value:?}")),
        ExprKind::Text(text) => write_text(out, text),
        ExprKind::Name(name) => out.push_str(name),
        ExprKind::ListName(name) => push(out, format_args!("lists.{}", name.text)),
        ExprKind::Has(name) => push(out, format_args!("has({})", name.text)),
        ExprKind::Confidence(name) => push(out, format_args!("confidence({})", name.text)),
        ExprKind::List(items) => write_list(out, items),
        ExprKind::Not(operand) => {
            out.push('!');
            write_operand(out, operand, operand.is_compound());
        }
        ExprKind::All(items) => {
            write_chain(out, items, " && ", |kind| matches!(kind, ExprKind::All(_) | ExprKind::Any(_)))
        }
        ExprKind::Any(items) => write_chain(out, items, " || ", |kind| matches!(kind, ExprKind::Any(_))),
        ExprKind::Compare { op, left, right } => write_binary(out, left, op.symbol(), right),
        ExprKind::In { needle, list } => write_binary(out, needle, "in", list),
    }
}

fn write_binary(out: &mut String, left: &Expr, symbol: &str, right: &Expr) {
    write_operand(out, left, left.is_compound());
    push(out, format_args!(" {symbol} "));
    write_operand(out, right, right.is_compound());
}

fn write_operand(out: &mut String, operand: &Expr, parentheses: bool) {
    if parentheses {
        out.push('(');
    }
    write_expr(out, operand);
    if parentheses {
        out.push(')');
    }
}

fn write_chain(out: &mut String, items: &[Expr], joint: &str, parentheses: fn(&ExprKind) -> bool) {
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            out.push_str(joint);
        }
        write_operand(out, item, parentheses(&item.kind));
    }
}

fn write_list(out: &mut String, items: &[Expr]) {
    out.push('[');
    write_chain(out, items, ", ", |_| false);
    out.push(']');
}

fn write_text(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() => push(out, format_args!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
}

fn push(out: &mut String, piece: impl std::fmt::Display) {
    // Writing to a string cannot fail.
    let _ = write!(out, "{piece}");
}
