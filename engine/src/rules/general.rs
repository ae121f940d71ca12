//! Compiles conditions that have no atom, with types from the fields of a workflow.

use std::sync::Arc;

use super::ast::{CompareOp, Expr, ExprKind, SpannedName};
use super::check::{AS_OF, Checker, ExprType as Plain};
use super::code::{FieldRead, Operation};
use super::numeric::Numeric;
use super::typed::check::{Environment, ResolvedName, Typer};
use super::typed::pattern::Pattern;
use super::typed::pattern_set::PatternError;
use super::typed::term::Term;
use super::typed::{Program, SizeBound, TermType};
use crate::catalogue::{FieldDefinition, FieldType};
use crate::limits;
use crate::problem::Problem;

impl Checker<'_, '_> {
    /// Compiles a condition of any form.
    pub fn general(&mut self, expr: &Expr) {
        let mut typer = Typer::new(self);
        let term = typer.whole_condition(expr);
        let (problems, work) = (typer.problems, typer.work);
        self.problems.extend(problems);
        self.atom(Operation::General(Box::new(Program::new(term, work))));
    }

    /// Returns the problems added by a check.
    fn found_by(&mut self, check: impl FnOnce(&mut Self)) -> Vec<Problem> {
        let before = self.problems.len();
        check(self);
        self.problems.split_off(before)
    }
}

impl Environment for Checker<'_, '_> {
    fn name(&mut self, path: &str) -> Option<ResolvedName> {
        if path == AS_OF {
            return Some(ResolvedName::Value(Term::AsOf, TermType::Timestamp, SizeBound::SCALAR));
        }
        let field = self.field_named(path)?;
        let (ty, size) = type_of(field.definition);
        Some(ResolvedName::Value(Term::Field(field.read), ty, size))
    }

    fn unknown(&mut self, name: &SpannedName) -> Problem {
        let found = self.found_by(|checker| checker.unknown_name(&name.text, name.span, None));
        found.into_iter().next().unwrap_or_else(|| Problem::spanned(name.span, "This field does not exist."))
    }

    fn has(&mut self, field: &SpannedName) -> Result<Term, Problem> {
        self.observed(field, |read| Term::Has(read.slot))
    }

    fn confidence(&mut self, field: &SpannedName) -> Result<Term, Problem> {
        self.observed(field, |read| Term::Confidence(read.slot))
    }

    fn listed(&mut self, needle: &Expr, list: &SpannedName) -> Result<Term, Vec<Problem>> {
        let nodes = self.nodes.len();
        let place = Expr::new(ExprKind::ListName(list.clone()), list.span);
        let problems = self.found_by(|checker| checker.membership(needle, &place));
        let node = self.nodes.drain(nodes..).next();
        match node.map(|node| node.kind) {
            Some(Operation::Listed { read, question }) if problems.is_empty() => {
                Ok(Term::Listed { read, question })
            }
            _ => Err(problems),
        }
    }

    fn pattern(&mut self, text: &str) -> Result<Arc<Pattern>, PatternError> {
        self.symbols.patterns.get(text)
    }

    fn check_literal(&mut self, side: &Expr, op: CompareOp, literal: &Expr) -> Vec<Problem> {
        let is_enum = self.type_of(side) == Some(Plain::Enum);
        self.found_by(|checker| match (&literal.kind, is_enum) {
            (ExprKind::Text(text), true) => {
                if let Some(field) = checker.field_of(side) {
                    checker.enum_value(field, text, literal.span);
                }
            }
            (ExprKind::Integer(n), false) => {
                checker.within_range(side, Numeric::Integer(*n), op.is_equality(), literal.span);
            }
            (ExprKind::Float(n), false) => {
                checker.within_range(side, Numeric::Float(*n), op.is_equality(), literal.span);
            }
            _ => {}
        })
    }
}

impl Checker<'_, '_> {
    fn observed(
        &mut self,
        name: &SpannedName,
        term: impl FnOnce(FieldRead) -> Term,
    ) -> Result<Term, Problem> {
        let mut found = None;
        let problems = self.found_by(|checker| found = checker.named_field(name).map(|field| field.read));
        match (found, problems.into_iter().next()) {
            (Some(read), _) => Ok(term(read)),
            (None, Some(problem)) => Err(problem),
            (None, None) => Err(Problem::spanned(name.span, "This field does not exist.")),
        }
    }
}

fn type_of(definition: &FieldDefinition) -> (TermType, SizeBound) {
    match definition.kind {
        FieldType::Bool => (TermType::Bool, SizeBound::SCALAR),
        FieldType::Integer => (TermType::Int, SizeBound::SCALAR),
        FieldType::Number => (TermType::Double, SizeBound::SCALAR),
        FieldType::Timestamp => (TermType::Timestamp, SizeBound::SCALAR),
        FieldType::Enum => (
            TermType::Text,
            SizeBound::text(definition.values.iter().map(String::len).max().unwrap_or(0) as u64),
        ),
        FieldType::String => (TermType::Text, SizeBound::text(limits::EVENT_BYTES as u64)),
    }
}
