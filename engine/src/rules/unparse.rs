//! Formats trees as text, in the canonical way to write a condition. `parse(unparse(tree))` returns the same
//! tree.

use std::fmt::Write as _;

use super::ast::{Expr, ExprKind};
use super::literal::is_word_start;
use super::words::KEYWORDS;

/// Formats the condition as text. A hole becomes `…`, which does not parse.
pub fn unparse(expr: &Expr) -> String {
    let mut out = String::new();
    write_expr(&mut out, expr);
    out
}

/// Quotes a text so that it parses back to the same text.
pub fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    write_text(&mut out, text);
    out
}

/// How tightly an expression binds; one that binds more loosely than its position requires gets parentheses.
mod level {
    pub const CHOICE: u8 = 0;
    pub const ANY: u8 = 1;
    pub const ALL: u8 = 2;
    pub const COMPARE: u8 = 3;
    pub const SUM: u8 = 4;
    pub const PRODUCT: u8 = 5;
    pub const SIGN: u8 = 6;
    pub const NUMBER: u8 = 7;
    pub const PRIMARY: u8 = 8;
}

fn binding(kind: &ExprKind) -> u8 {
    match kind {
        ExprKind::Choice { .. } => level::CHOICE,
        ExprKind::Any(_) => level::ANY,
        ExprKind::All(_) => level::ALL,
        ExprKind::Compare { .. } | ExprKind::In { .. } => level::COMPARE,
        ExprKind::Arithmetic { op, .. } if op.is_strong() => level::PRODUCT,
        ExprKind::Arithmetic { .. } => level::SUM,
        ExprKind::Not(_) | ExprKind::Negative(_) => level::SIGN,
        ExprKind::Integer(n) if *n < 0 => level::SIGN,
        ExprKind::Float(n) if n.is_sign_negative() => level::SIGN,
        // A dot after a number would be read as part of it.
        ExprKind::Integer(_) | ExprKind::Float(_) => level::NUMBER,
        _ => level::PRIMARY,
    }
}

fn write_expr(out: &mut String, expr: &Expr) {
    match &expr.kind {
        ExprKind::Hole => out.push('…'),
        ExprKind::Bool(value) => push(out, value),
        ExprKind::Integer(value) => push(out, value),
        // The debug format keeps the decimal point (`2.0`), without which it would be read as a whole number.
        ExprKind::Float(value) => push(out, format_args!("{value:?}")),
        ExprKind::Text(text) => write_text(out, text),
        ExprKind::Name(name) => out.push_str(name),
        ExprKind::Root(name) => push(out, format_args!(".{}", name.text)),
        ExprKind::ListName(name) => push(out, format_args!("lists.{}", name.text)),
        ExprKind::Has(name) => push(out, format_args!("has({})", name.text)),
        ExprKind::Confidence(name) => push(out, format_args!("confidence({})", name.text)),
        ExprKind::LeftOut { text, .. } => out.push_str(text),
        ExprKind::List(items) => write_items(out, "[", items, "]"),
        ExprKind::Map(entries) => write_map(out, entries),
        ExprKind::Not(operand) => {
            out.push('!');
            let is_double = matches!(operand.kind, ExprKind::Not(_));
            write_at(out, operand, if is_double { level::SIGN } else { level::NUMBER });
        }
        ExprKind::Negative(operand) => write_negative(out, operand),
        ExprKind::All(items) => write_joined(out, items, " && ", level::COMPARE),
        ExprKind::Any(items) => write_joined(out, items, " || ", level::ALL),
        ExprKind::Compare { op, left, right } => {
            write_binary(out, (left, level::SUM), op.symbol(), (right, level::SUM));
        }
        ExprKind::In { needle, list } => write_binary(out, (needle, level::SUM), "in", (list, level::SUM)),
        ExprKind::Arithmetic { op, left, right } => {
            let own = binding(&expr.kind);
            write_binary(out, (left, own), op.symbol(), (right, own + 1));
        }
        ExprKind::Choice { condition, yes, no } => {
            write_binary(out, (condition, level::ANY), "?", (yes, level::ANY));
            out.push_str(" : ");
            write_at(out, no, level::CHOICE);
        }
        _ => write_member(out, expr),
    }
}

/// Writes an expression that is followed by a dot or a bracket.
fn write_member(out: &mut String, expr: &Expr) {
    match &expr.kind {
        ExprKind::Select { of, name } => write_selection(out, of, &name.text),
        ExprKind::HasKey { of, name } => {
            out.push_str("has(");
            write_selection(out, of, &name.text);
            out.push(')');
        }
        ExprKind::Index { of, at } => {
            write_at(out, of, level::PRIMARY);
            write_items(out, "[", std::slice::from_ref(at), "]");
        }
        ExprKind::Call { of, function, arguments } => {
            if let Some(of) = of {
                write_at(out, of, level::PRIMARY);
                out.push('.');
            }
            out.push_str(&function.text);
            write_items(out, "(", arguments, ")");
        }
        ExprKind::Macro { of, kind, variables, body } => {
            write_at(out, of, level::PRIMARY);
            push(out, format_args!(".{kind}("));
            for variable in variables {
                push(out, format_args!("{}, ", variable.text));
            }
            write_items(out, "", body, ")");
        }
        _ => {}
    }
}

fn write_at(out: &mut String, expr: &Expr, floor: u8) {
    let parentheses = binding(&expr.kind) < floor;
    if parentheses {
        out.push('(');
    }
    write_expr(out, expr);
    if parentheses {
        out.push(')');
    }
}

/// The number in `-(5)` keeps its parentheses, since `-5` is a literal.
fn write_negative(out: &mut String, operand: &Expr) {
    out.push('-');
    let floor = match operand.kind {
        ExprKind::Integer(_) | ExprKind::Float(_) if binding(&operand.kind) == level::NUMBER => {
            level::PRIMARY
        }
        ExprKind::Negative(_) | ExprKind::Integer(_) | ExprKind::Float(_) => level::SIGN,
        _ => level::PRIMARY,
    };
    write_at(out, operand, floor);
}

fn write_binary(out: &mut String, left: (&Expr, u8), symbol: &str, right: (&Expr, u8)) {
    write_at(out, left.0, left.1);
    push(out, format_args!(" {symbol} "));
    write_at(out, right.0, right.1);
}

fn write_joined(out: &mut String, items: &[Expr], joint: &str, floor: u8) {
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            out.push_str(joint);
        }
        write_at(out, item, floor);
    }
}

fn write_items(out: &mut String, open: &str, items: &[Expr], close: &str) {
    out.push_str(open);
    write_joined(out, items, ", ", level::CHOICE);
    out.push_str(close);
}

fn write_map(out: &mut String, entries: &[(Expr, Expr)]) {
    out.push('{');
    for (index, (key, value)) in entries.iter().enumerate() {
        if index > 0 {
            out.push_str(", ");
        }
        write_expr(out, key);
        out.push_str(": ");
        write_expr(out, value);
    }
    out.push('}');
}

fn write_selection(out: &mut String, of: &Expr, name: &str) {
    write_at(out, of, level::PRIMARY);
    let is_word =
        name.starts_with(is_word_start) && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if is_word && !KEYWORDS.contains(&name) {
        push(out, format_args!(".{name}"));
    } else {
        push(out, format_args!(".`{name}`"));
    }
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
