//! Types comparisons, `in` and arithmetic.

use super::super::ast::{ArithmeticOp, CompareOp, Expr, ExprKind};
use super::super::unparse::{quoted, unparse};
use super::check::{Environment, TypedTerm, Typer, scalar};
use super::term::Term;
use super::types::{SizeBound, TermType};
use crate::problem::Problem;

impl<E: Environment> Typer<'_, E> {
    pub(super) fn compare(&mut self, whole: &Expr, op: CompareOp, left: &Expr, right: &Expr) -> TypedTerm {
        let (a, b) = (self.piece(left), self.piece(right));
        self.cost(a.size.weight.min(b.size.weight));
        if !a.ty.meets(&b.ty) {
            self.mismatch((left, &a.ty), (right, &b.ty));
        } else if !(op.is_equality() || a.ty.is_ordered() && b.ty.is_ordered()) {
            self.problem(whole.span, "Lists and maps have no order; use `==` or `!=`.");
        }
        self.check_literal((left, &a.term), op, right);
        self.check_literal((right, &b.term), op.flipped(), left);
        scalar(Term::Compare(op, [a.term, b.term].into()), TermType::Bool)
    }

    fn check_literal(&mut self, (side, term): (&Expr, &Term), op: CompareOp, literal: &Expr) {
        if matches!(term, Term::Field(_) | Term::Confidence(_)) && literal.is_literal() {
            self.problems.extend(self.environment.check_literal(side, op, literal));
        }
    }

    /// Reports two values that can never be equal.
    fn mismatch(&mut self, left: (&Expr, &TermType), right: (&Expr, &TermType)) {
        let (subject, other) = if left.0.is_literal() { (right, left) } else { (left, right) };
        let message = format!(
            "`{}` is {} and cannot be compared with {}.",
            unparse(subject.0),
            subject.1.phrase(),
            other.1.phrase()
        );
        let suggestion = match (&other.0.kind, subject.1) {
            (ExprKind::Text(text), TermType::Timestamp) => Some(format!("timestamp({})", quoted(text))),
            (ExprKind::Text(text), TermType::Duration) => Some(format!("duration({})", quoted(text))),
            (ExprKind::Text(text), TermType::Int | TermType::Double) => {
                text.trim().parse::<f64>().ok().filter(|n| n.is_finite()).map(|_| text.trim().to_owned())
            }
            _ => None,
        };
        self.problems.push(Problem::spanned(other.0.span, message).suggest(suggestion));
    }

    pub(super) fn membership(&mut self, needle: &Expr, list: &Expr) -> TypedTerm {
        if let ExprKind::ListName(name) = &list.kind {
            let is_local = matches!(&needle.kind, ExprKind::Name(name) if self.local(name).is_some());
            let listed = if is_local { None } else { Some(self.environment.listed(needle, name)) };
            return match listed {
                Some(Ok(term)) => scalar(term, TermType::Bool),
                Some(Err(problems)) => {
                    self.problems.extend(problems);
                    self.fault("This look-up is invalid.")
                }
                None => self.report(needle.span, "Only a text field can be looked up in a list."),
            };
        }
        let (a, b) = (self.piece(needle), self.piece(list));
        self.cost(b.size.weight);
        match &b.ty {
            TermType::List(item) if !a.ty.meets(item) => {
                let message = format!(
                    "`{}` is {}, so it can never be in a list of which each value is {}.",
                    unparse(needle),
                    a.ty.phrase(),
                    item.phrase()
                );
                self.problem(list.span, message);
            }
            TermType::Map(entry) if !a.ty.meets(&entry.0) => {
                let message = format!(
                    "`{}` is {}, so it can never be a key of a map of which each key is {}.",
                    unparse(needle),
                    a.ty.phrase(),
                    entry.0.phrase()
                );
                self.problem(list.span, message);
            }
            TermType::List(_) | TermType::Map(_) | TermType::Any => {}
            other => {
                let message = format!(
                    "`in` needs a list or a map on its right, but `{}` is {}.",
                    unparse(list),
                    other.phrase()
                );
                self.problem(list.span, message);
            }
        }
        if let ExprKind::List(items) = &list.kind {
            items.iter().for_each(|item| self.check_literal((needle, &a.term), CompareOp::Equal, item));
        }
        scalar(Term::In([a.term, b.term].into()), TermType::Bool)
    }

    pub(super) fn arithmetic(
        &mut self,
        whole: &Expr,
        op: ArithmeticOp,
        left: &Expr,
        right: &Expr,
    ) -> TypedTerm {
        use ArithmeticOp::{Add, Divide, Multiply, Remainder, Subtract};
        let (a, b) = (self.piece(left), self.piece(right));
        let mut size = SizeBound::SCALAR;
        let ty = match (op, &a.ty, &b.ty) {
            (Add | Subtract | Multiply | Divide | Remainder, TermType::Int, TermType::Int) => TermType::Int,
            (Add | Subtract | Multiply | Divide, TermType::Double, TermType::Double) => TermType::Double,
            (Add | Subtract, TermType::Timestamp, TermType::Duration)
            | (Add, TermType::Duration, TermType::Timestamp) => TermType::Timestamp,
            (Add | Subtract, TermType::Duration, TermType::Duration)
            | (Subtract, TermType::Timestamp, TermType::Timestamp) => TermType::Duration,
            (Add, TermType::Text, TermType::Text) => {
                size = SizeBound::text(a.size.len.saturating_add(b.size.len));
                TermType::Text
            }
            (Add, TermType::List(_), TermType::List(_)) => {
                size = a.size.then(&b.size);
                a.ty.unify(&b.ty).unwrap_or_else(|| {
                    self.problem(whole.span, "Lists can be joined only if their values have the same type.");
                    TermType::list(TermType::Any)
                })
            }
            (_, TermType::Any, _) | (_, _, TermType::Any) => {
                size = a.size.then(&b.size);
                TermType::Any
            }
            _ => {
                self.no_sense(whole, op, (left, &a.ty), (right, &b.ty));
                TermType::Any
            }
        };
        self.cost(size.weight);
        TypedTerm { term: Term::Arithmetic(op, [a.term, b.term].into()), ty, size }
    }

    fn no_sense(
        &mut self,
        whole: &Expr,
        op: ArithmeticOp,
        left: (&Expr, &TermType),
        right: (&Expr, &TermType),
    ) {
        let symbol = op.symbol();
        let whole_side = match (left.1, right.1) {
            (TermType::Int, TermType::Double) => Some(left.0),
            (TermType::Double, TermType::Int) => Some(right.0),
            _ => None,
        };
        if let Some(side) = whole_side.filter(|_| op != ArithmeticOp::Remainder) {
            let message = format!("`{symbol}` cannot mix whole numbers with other numbers.");
            let suggestion = match &side.kind {
                ExprKind::Integer(n) => format!("{n}.0"),
                _ => format!("double({})", unparse(side)),
            };
            self.problems.push(Problem::spanned(side.span, message).suggest(Some(suggestion)));
            return;
        }
        let hint = match (op, left.1, right.1) {
            (ArithmeticOp::Remainder, ..) => " It works only with whole numbers.",
            (ArithmeticOp::Add, TermType::Text, _) | (ArithmeticOp::Add, _, TermType::Text) => {
                " Text can be joined only with text; convert other values with `string(…)`."
            }
            (_, TermType::Timestamp, TermType::Int | TermType::Double | TermType::Text) => {
                " Write a span of time as in `duration(\"24h\")`."
            }
            _ => "",
        };
        let message =
            format!("`{symbol}` cannot be used with {} and {}.{hint}", left.1.phrase(), right.1.phrase());
        self.problem(whole.span, message);
    }

    pub(super) fn negative(&mut self, operand: &Expr) -> TypedTerm {
        let typed = self.piece(operand);
        if !matches!(typed.ty, TermType::Int | TermType::Double | TermType::Any) {
            let message =
                format!("`-` works only with numbers, but `{}` is {}.", unparse(operand), typed.ty.phrase());
            self.problem(operand.span, message);
        }
        scalar(Term::Negative(typed.term.into()), typed.ty)
    }
}
