//! The parts of a condition with their locations, from its tree and code side by side.

use super::ConditionPart;
use crate::problem::Span;
use crate::rules::ast::{Expr, ExprKind};
use crate::rules::code::{Node, Operation, atom, children};
use crate::rules::rule_set::Rule;
use crate::rules::unparse::unparse;

/// A part in both forms.
pub(super) struct Conjunct<'a> {
    pub expr: &'a Expr,
    pub code: &'a [Node],
}

impl Rule {
    /// Returns the parts that all have to hold.
    pub(super) fn conjuncts(&self) -> Vec<Conjunct<'_>> {
        let whole = Conjunct { expr: &self.expr, code: &self.code };
        let mut parts = Vec::new();
        flatten(whole, &mut parts);
        parts
    }

    /// Returns the single questions.
    pub(super) fn questions(&self) -> Vec<(&Expr, &Operation)> {
        let mut found = Vec::new();
        questions(&self.expr, &self.code, &mut found);
        found
    }
}

impl ConditionPart {
    pub(super) fn of(expr: &Expr) -> Self {
        let Span { start, end } = expr.span;
        Self { text: unparse(expr), span: Span::new(start, end) }
    }
}

fn flatten<'a>(piece: Conjunct<'a>, parts: &mut Vec<Conjunct<'a>>) {
    match (&piece.expr.kind, piece.code.first().map(|node| &node.kind)) {
        (ExprKind::All(items), Some(Operation::All)) if items.len() == children(piece.code).count() => {
            for (expr, code) in items.iter().zip(children(piece.code)) {
                flatten(Conjunct { expr, code }, parts);
            }
        }
        _ => parts.push(piece),
    }
}

fn questions<'a>(expr: &'a Expr, code: &'a [Node], found: &mut Vec<(&'a Expr, &'a Operation)>) {
    if let Some(kind) = atom(code) {
        return found.push((expr, kind));
    }
    let below: Vec<&Expr> = match &expr.kind {
        ExprKind::All(items) | ExprKind::Any(items) => items.iter().collect(),
        ExprKind::Not(inner) => vec![inner],
        ExprKind::Compare { left, right, .. } => vec![left, right],
        _ => Vec::new(),
    };
    // If tree and code differ in structure, the parts below are ignored.
    if below.len() == children(code).count() {
        for (expr, code) in below.into_iter().zip(children(code)) {
            questions(expr, code, found);
        }
    }
}
