//! Compiles trees to terms and types every expression. Problems are reported at their location, and the invalid
//! expression is kept in the term, where it evaluates to an error: a rule with a problem never runs, but CEL's
//! own test suite checks the result of such expressions next to others that determine the result.

use std::sync::Arc;

use super::super::ast::{CompareOp, Expr, ExprKind, SpannedName};
use super::super::unparse::unparse;
use super::super::words::UnsupportedSyntax;
use super::pattern::Pattern;
use super::pattern_set::PatternError;
use super::term::Term;
use super::types::{SizeBound, TermType};
use super::value::Val;
use crate::limits;
use crate::problem::{Problem, Span};

/// The meaning of names defined outside an expression.
pub trait Environment {
    /// Looks up a name, which can contain dots. Reports no problems.
    fn name(&mut self, path: &str) -> Option<ResolvedName>;
    /// Returns the problem for an undefined name.
    fn unknown(&mut self, name: &SpannedName) -> Problem;
    /// Compiles `has(field)`.
    fn has(&mut self, field: &SpannedName) -> Result<Term, Problem>;
    /// Compiles `confidence(field)`.
    fn confidence(&mut self, field: &SpannedName) -> Result<Term, Problem>;
    /// Compiles `needle in lists.name`.
    fn listed(&mut self, needle: &Expr, list: &SpannedName) -> Result<Term, Vec<Problem>>;
    /// Returns the problems with comparing a field, or its confidence, with a literal.
    fn check_literal(&mut self, side: &Expr, op: CompareOp, literal: &Expr) -> Vec<Problem>;
    /// Compiles a literal pattern.
    fn pattern(&mut self, text: &str) -> Result<Arc<Pattern>, PatternError> {
        Pattern::new(text).map(Arc::new).map_err(PatternError::Unreadable)
    }
}

/// The meaning of a name.
pub enum ResolvedName {
    /// A value.
    Value(Term, TermType, SizeBound),
    /// A construct that the language does not support.
    LeftOut(UnsupportedSyntax),
}

/// A term with its type.
#[derive(Clone, Debug)]
pub struct TypedTerm {
    pub term: Term,
    pub ty: TermType,
    pub size: SizeBound,
}

/// Types one expression and collects its problems.
pub struct Typer<'e, E: Environment> {
    pub environment: &'e mut E,
    pub problems: Vec<Problem>,
    /// The unsupported constructs, with their locations.
    pub left_out: Vec<(UnsupportedSyntax, Span)>,
    /// The worst-case steps of everything typed so far.
    pub work: u64,
    /// How many times the current expression is evaluated.
    pub(super) factor: u64,
    pub(super) locals: Vec<(String, TermType, SizeBound)>,
}

impl<'e, E: Environment> Typer<'e, E> {
    pub fn new(environment: &'e mut E) -> Self {
        Self {
            environment,
            problems: Vec::new(),
            left_out: Vec::new(),
            work: 0,
            factor: 1,
            locals: Vec::new(),
        }
    }

    /// Types a whole expression, and reports it if it could take too much work.
    pub fn whole(&mut self, expr: &Expr) -> TypedTerm {
        let typed = self.piece(expr);
        self.check_work(expr);
        typed
    }

    /// Types a whole expression that must be a boolean.
    pub fn whole_condition(&mut self, expr: &Expr) -> Term {
        let term = self.condition(expr);
        self.check_work(expr);
        term
    }

    fn check_work(&mut self, expr: &Expr) {
        if self.work > limits::EXPRESSION_WORK {
            let message =
                "This could take too long to evaluate: it iterates over too many values, too many times.";
            self.problem(expr.span, message);
        }
    }

    /// Types an expression that must be a boolean.
    pub fn condition(&mut self, expr: &Expr) -> Term {
        let typed = self.piece(expr);
        if !TermType::Bool.meets(&typed.ty) {
            self.problem(
                expr.span,
                format!(
                    "A condition must be true or false, but `{}` is {}; compare it with something.",
                    unparse(expr),
                    typed.ty.phrase()
                ),
            );
        }
        typed.term
    }

    pub(super) fn piece(&mut self, expr: &Expr) -> TypedTerm {
        self.cost(1);
        match &expr.kind {
            ExprKind::Hole => self.fault("This could not be parsed."),
            ExprKind::LeftOut { construct, .. } => self.leave_out(*construct, expr.span),
            ExprKind::Bool(holds) => literal(Val::Bool(*holds)),
            ExprKind::Integer(n) => literal(Val::Int(*n)),
            ExprKind::Float(n) => literal(Val::Double(*n)),
            ExprKind::Text(text) => literal(Val::text(text.as_str())),
            ExprKind::Name(_) | ExprKind::Root(_) => self.path(expr),
            ExprKind::ListName(_) => self.report(
                expr.span,
                "To test whether a value is in a list, use `in`, as in `company in lists.tam`.",
            ),
            ExprKind::Has(name) => {
                let found = self.environment.has(name);
                self.observed(found, TermType::Bool)
            }
            ExprKind::Confidence(name) => {
                let found = self.environment.confidence(name);
                self.observed(found, TermType::Double)
            }
            ExprKind::Not(operand) => {
                let operand = self.condition(operand);
                scalar(Term::Not(operand.into()), TermType::Bool)
            }
            ExprKind::All(items) => {
                let items = items.iter().map(|item| self.condition(item)).collect();
                scalar(Term::All(items), TermType::Bool)
            }
            ExprKind::Any(items) => {
                let items = items.iter().map(|item| self.condition(item)).collect();
                scalar(Term::Any(items), TermType::Bool)
            }
            ExprKind::Choice { condition, yes, no } => self.choice(expr, condition, yes, no),
            ExprKind::Compare { op, left, right } => self.compare(expr, *op, left, right),
            ExprKind::In { needle, list } => self.membership(needle, list),
            ExprKind::Arithmetic { op, left, right } => self.arithmetic(expr, *op, left, right),
            ExprKind::Negative(operand) => self.negative(operand),
            ExprKind::List(items) => self.list(expr, items),
            ExprKind::Map(entries) => self.map(expr, entries),
            ExprKind::Select { of, name } => self.selection(expr, of, name, false),
            ExprKind::HasKey { of, name } => self.selection(expr, of, name, true),
            ExprKind::Index { of, at } => self.index(of, at),
            ExprKind::Call { of, function, arguments } => self.call(expr, of.as_deref(), function, arguments),
            ExprKind::Macro { of, kind, variables, body } => self.macro_(*kind, of, variables, body),
        }
    }

    /// Types a name with its selections, as far as they belong to the name.
    fn path(&mut self, expr: &Expr) -> TypedTerm {
        let (name, is_root) = match &expr.kind {
            ExprKind::Name(text) => (SpannedName { text: text.clone(), span: expr.span }, false),
            ExprKind::Root(name) => (name.clone(), true),
            _ => return self.fault("This is not a name."),
        };
        if let Some(typed) = self.local(&name.text).filter(|_| !is_root) {
            return typed;
        }
        if let Some(found) = self.environment.name(&name.text) {
            return self.found(found, expr.span);
        }
        if let Some(construct) = UnsupportedSyntax::name(&name.text) {
            return self.leave_out(construct, expr.span);
        }
        let problem = self.environment.unknown(&name);
        self.refused(problem)
    }

    pub(super) fn local(&self, name: &str) -> Option<TypedTerm> {
        let level = self.locals.iter().rposition(|(local, ..)| local == name)?;
        let (_, ty, size) = &self.locals[level];
        Some(TypedTerm { term: Term::Local(level), ty: ty.clone(), size: size.clone() })
    }

    pub(super) fn found(&mut self, found: ResolvedName, span: Span) -> TypedTerm {
        match found {
            ResolvedName::Value(term, ty, size) => TypedTerm { term, ty, size },
            ResolvedName::LeftOut(construct) => self.leave_out(construct, span),
        }
    }

    fn observed(&mut self, found: Result<Term, Problem>, ty: TermType) -> TypedTerm {
        match found {
            Ok(term) => scalar(term, ty),
            Err(problem) => self.refused(problem),
        }
    }

    fn choice(&mut self, whole: &Expr, condition: &Expr, yes: &Expr, no: &Expr) -> TypedTerm {
        let condition = self.condition(condition);
        let (yes, no) = (self.piece(yes), self.piece(no));
        let ty = yes.ty.unify(&no.ty).unwrap_or_else(|| {
            self.problem(
                whole.span,
                format!(
                    "Both results of `? :` must have the same type, but one is {} and the other is {}.",
                    yes.ty.phrase(),
                    no.ty.phrase()
                ),
            );
            TermType::Any
        });
        let size = yes.size.or(&no.size);
        TypedTerm { term: Term::Choice([condition, yes.term, no.term].into()), ty, size }
    }

    /// Adds steps, multiplied by how many times the expression is evaluated.
    pub(super) fn cost(&mut self, steps: u64) {
        self.work = self.work.saturating_add(steps.saturating_mul(self.factor));
    }

    pub(super) fn leave_out(&mut self, construct: UnsupportedSyntax, span: Span) -> TypedTerm {
        self.left_out.push((construct, span));
        self.report(span, construct.advice())
    }

    pub(super) fn problem(&mut self, span: Span, message: impl Into<String>) {
        self.problems.push(Problem::spanned(span, message));
    }

    pub(super) fn report(&mut self, span: Span, message: &str) -> TypedTerm {
        self.refused(Problem::spanned(span, message))
    }

    pub(super) fn refused(&mut self, problem: Problem) -> TypedTerm {
        let fault = self.fault(&problem.message);
        self.problems.push(problem);
        fault
    }

    pub(super) fn fault(&mut self, message: &str) -> TypedTerm {
        scalar(Term::Fault(Arc::from(message)), TermType::Any)
    }
}

pub(super) fn scalar(term: Term, ty: TermType) -> TypedTerm {
    TypedTerm { term, ty, size: SizeBound::SCALAR }
}

fn literal(value: Val<'static>) -> TypedTerm {
    TypedTerm { ty: TermType::of(&value), size: SizeBound::of(&value), term: Term::Value(value) }
}
