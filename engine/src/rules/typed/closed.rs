//! Evaluates expressions over given values, without fields. CEL's own test suite uses this.

use std::collections::BTreeMap;

use super::super::ast::{CompareOp, Expr, SpannedName};
use super::super::eval::EvalContext;
use super::super::parse::parse;
use super::super::row::Row;
use super::super::words::UnsupportedSyntax;
use super::check::{Environment, ResolvedName, Typer};
use super::run::{Evaluator, NoValue};
use super::term::Term;
use super::types::{SizeBound, TermType};
use super::value::Val;
use crate::problem::Problem;

/// The value of a variable.
#[derive(Clone, Debug, PartialEq)]
pub enum VariableValue {
    /// A value.
    Value(Val<'static>),
    /// A value of a type that the language does not support.
    LeftOut(UnsupportedSyntax),
}

/// The result of an expression.
#[derive(Clone, Debug, PartialEq)]
pub enum Evaluation {
    /// A value.
    Value(Val<'static>),
    /// An error, as a sentence.
    Error(String),
    /// The expression contains something that the language does not support.
    LeftOut(UnsupportedSyntax),
}

/// Evaluates an expression with these variables. Types are not checked beforehand, as in CEL without its
/// checker: an invalid expression is an error, which does not matter if others determine the result.
pub fn evaluate(text: &str, variables: &BTreeMap<String, VariableValue>) -> Evaluation {
    let (expr, problems) = parse(text);
    let mut environment = Variables(variables);
    let mut typer = Typer::new(&mut environment);
    let typed = expr.as_ref().map(|expr| typer.whole(expr));
    if let Some((construct, _)) = typer.left_out.first() {
        return Evaluation::LeftOut(*construct);
    }
    let is_heavy = typer.work > crate::limits::EXPRESSION_WORK;
    let Some(typed) = typed.filter(|_| problems.is_empty() && !is_heavy) else {
        let problem = problems.first().or(typer.problems.last());
        return Evaluation::Error(problem.map(ToString::to_string).unwrap_or_default());
    };
    let row = Row { cells: &[], answers: &[], as_of: 0 };
    let machine = EvalContext { slots: &[], row: &row };
    match Evaluator::new(machine).value(&typed.term) {
        Ok(value) => Evaluation::Value(owned(&value)),
        Err(NoValue::Error(message)) => Evaluation::Error(message.into_owned()),
        Err(NoValue::Unknown(_)) => Evaluation::Error("The value is unknown.".into()),
    }
}

/// Checks an expression with these variables, and returns its type and problems.
pub fn check(text: &str, variables: &BTreeMap<String, VariableValue>) -> (TermType, Vec<Problem>) {
    let (expr, mut problems) = parse(text);
    let mut environment = Variables(variables);
    let mut typer = Typer::new(&mut environment);
    let ty = expr.map_or(TermType::Any, |expr| typer.whole(&expr).ty);
    problems.extend(typer.problems);
    (ty, problems)
}

struct Variables<'v>(&'v BTreeMap<String, VariableValue>);

impl Environment for Variables<'_> {
    fn name(&mut self, path: &str) -> Option<ResolvedName> {
        Some(match self.0.get(path)? {
            VariableValue::Value(value) => {
                ResolvedName::Value(Term::Value(value.clone()), TermType::of(value), SizeBound::of(value))
            }
            VariableValue::LeftOut(construct) => ResolvedName::LeftOut(*construct),
        })
    }

    fn unknown(&mut self, name: &SpannedName) -> Problem {
        Problem::spanned(name.span, format!("Variable `{}` does not exist.", name.text))
    }

    fn has(&mut self, field: &SpannedName) -> Result<Term, Problem> {
        Err(Problem::spanned(
            field.span,
            "Fields are not available here; use `has` with a key, as in `has(a.b)`.",
        ))
    }

    fn confidence(&mut self, field: &SpannedName) -> Result<Term, Problem> {
        Err(Problem::spanned(field.span, "Fields are not available here."))
    }

    fn listed(&mut self, _: &Expr, list: &SpannedName) -> Result<Term, Vec<Problem>> {
        Err(vec![Problem::spanned(list.span, "Reference lists are not available here.")])
    }

    fn check_literal(&mut self, _: &Expr, _: CompareOp, _: &Expr) -> Vec<Problem> {
        Vec::new()
    }
}

fn owned(value: &Val<'_>) -> Val<'static> {
    match value {
        Val::Bool(holds) => Val::Bool(*holds),
        Val::Int(n) => Val::Int(*n),
        Val::Double(n) => Val::Double(*n),
        Val::Text(text) => Val::text(&**text),
        Val::Timestamp(at) => Val::Timestamp(*at),
        Val::Duration(span) => Val::Duration(*span),
        Val::List(items) => Val::list(items.iter().map(owned)),
        Val::Map(entries) => {
            let entry = |(key, value): (&super::value::MapKey<'_>, &Val<'_>)| {
                owned(&key.value()).key().map(|key| (key, owned(value)))
            };
            Val::Map(std::sync::Arc::new(entries.iter().filter_map(entry).collect()))
        }
    }
}
