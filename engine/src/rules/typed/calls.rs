//! Types function calls: the functions, their arguments and their results.

use super::super::ast::{Expr, ExprKind, SpannedName};
use super::super::unparse::{quoted, unparse};
use super::super::words::{Macro, UnsupportedSyntax};
use super::check::{Environment, TypedTerm, Typer, scalar};
use super::clock::{self, TimePart};
use super::term::{CallStyle, Function, Term};
use super::types::{SizeBound, TermType};
use super::value::Val;
use crate::limits;
use crate::problem::{Problem, nearest};

/// The steps for compiling a pattern while a rule runs.
const PATTERN_STEPS: u64 = 5_000;

impl<E: Environment> Typer<'_, E> {
    pub(super) fn call(
        &mut self,
        whole: &Expr,
        of: Option<&Expr>,
        name: &SpannedName,
        arguments: &[Expr],
    ) -> TypedTerm {
        if of.is_none()
            && let Some(construct) = UnsupportedSyntax::function(&name.text)
        {
            return self.leave_out(construct, whole.span);
        }
        // The arguments of a misspelt macro cannot be typed yet.
        let Some((function, style, example)) = Function::find(&name.text) else {
            let problem = unknown(name, of);
            return self.refused(problem);
        };
        let typed: Vec<TypedTerm> =
            of.into_iter().chain(arguments).map(|argument| self.piece(argument)).collect();
        if style != CallStyle::Both && (style == CallStyle::Method) != of.is_some() {
            let message = format!("Call `{}` as in `{example}`.", name.text);
            return self.report(name.span, &message);
        }
        let types: Vec<&TermType> = typed.iter().map(|typed| &typed.ty).collect();
        let Some(ty) = result(function, &types) else {
            let phrases: Vec<_> = types.iter().map(|ty| ty.phrase()).collect();
            let given = match phrases.as_slice() {
                [] => "without arguments".to_owned(),
                phrases => format!("with {}", phrases.join(" and ")),
            };
            let message = format!("Call `{}` as in `{example}`, not {given}.", name.text);
            self.problem(whole.span, message);
            let terms = typed.into_iter().map(|typed| typed.term).collect();
            return scalar(Term::Call(function, terms), TermType::Any);
        };
        let expressions: Vec<&Expr> = of.into_iter().chain(arguments).collect();
        self.check_constants(function, &expressions);
        let size = self.weigh(function, &typed);
        let term = self.term(function, typed, &expressions);
        TypedTerm { term, ty, size }
    }

    /// Compiles literal patterns once.
    fn term(&mut self, function: Function, typed: Vec<TypedTerm>, expressions: &[&Expr]) -> Term {
        let mut terms: Vec<Term> = typed.into_iter().map(|typed| typed.term).collect();
        if let (Function::Matches, [_, Term::Value(Val::Text(text))]) = (function, terms.as_slice()) {
            match self.environment.pattern(text) {
                Ok(pattern) => {
                    let of = terms.swap_remove(0);
                    return Term::Matches(of.into(), pattern);
                }
                Err(error) => {
                    let span = expressions.last().map(|expr| expr.span).unwrap_or_default();
                    self.problem(span, error.to_string());
                }
            }
        }
        Term::Call(function, terms.into())
    }

    /// Reports literal texts that can never be converted.
    fn check_constants(&mut self, function: Function, arguments: &[&Expr]) {
        let Some(ExprKind::Text(text)) = arguments.last().map(|last| &last.kind) else { return };
        let span = arguments.last().map(|last| last.span).unwrap_or_default();
        let is_fine = match function {
            Function::Timestamp => clock::timestamp(text).is_some(),
            Function::Duration => clock::duration(text).is_some(),
            Function::Part(_) if arguments.len() == 2 => clock::is_zone(text),
            _ => return,
        };
        if is_fine {
            return;
        }
        let (message, suggestion) = match function {
            Function::Timestamp => (
                "Write a point in time as in `2026-01-31T09:30:00Z`.",
                Some(quoted(&format!("{}T00:00:00Z", text.trim())))
                    .filter(|_| clock::timestamp(&format!("{}T00:00:00Z", text.trim())).is_some()),
            ),
            Function::Duration => (
                "Write a span of time in hours, minutes and seconds, as in `36h` or `1h30m`.",
                days(text).map(|hours| quoted(&hours)),
            ),
            _ => (
                "Write a time zone as in `Europe/Berlin`, or as an offset such as `+02:00`.",
                nearest(text, chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name())).map(quoted),
            ),
        };
        self.problems.push(Problem::spanned(span, message).suggest(suggestion));
    }

    /// Returns the maximum size of the result, and counts the work.
    fn weigh(&mut self, function: Function, typed: &[TypedTerm]) -> SizeBound {
        let sizes: Vec<&SizeBound> = typed.iter().map(|typed| &typed.size).collect();
        let all = sizes.iter().map(|size| size.weight).fold(0, u64::saturating_add);
        let len = |at: usize| sizes.get(at).map_or(0, |size| size.len);
        self.cost(all);
        let size = match function {
            Function::LowerAscii
            | Function::UpperAscii
            | Function::Trim
            | Function::Reverse
            | Function::Substring => SizeBound::text(len(0)),
            Function::String => SizeBound::text(len(0).max(64)),
            Function::CharAt => SizeBound::text(4),
            Function::Replace => {
                SizeBound::text(len(0).saturating_add(1).saturating_mul(len(2).max(1)).saturating_add(len(0)))
            }
            Function::Split => {
                let text = sizes.first().copied().unwrap_or(&SizeBound::SCALAR);
                SizeBound::pieces(text.len.saturating_add(1).min(limits::PIECES as u64), text)
            }
            Function::Join => {
                let bytes = sizes.first().map_or(0, |size| size.bytes);
                SizeBound::text(bytes.saturating_add(len(0).saturating_mul(len(1))))
            }
            Function::Matches => {
                self.cost(all.saturating_mul(8));
                if !matches!(typed.get(1).map(|typed| &typed.term), Some(Term::Value(_))) {
                    self.cost(PATTERN_STEPS);
                }
                SizeBound::SCALAR
            }
            _ => SizeBound::SCALAR,
        };
        self.cost(size.weight);
        size
    }
}

fn unknown(name: &SpannedName, of: Option<&Expr>) -> Problem {
    use strum::VariantNames as _;
    let names = Function::names().chain(["has", "confidence"]).chain(Macro::VARIANTS.iter().copied());
    let suggestion = nearest(&name.text, names);
    let message = match of {
        Some(of) => {
            format!("Function `{}` does not exist, so it cannot be called on `{}`.", name.text, unparse(of))
        }
        None => format!("Function `{}` does not exist.", name.text),
    };
    Problem::spanned(name.span, message).suggest(suggestion)
}

/// Returns the type of a function's result for arguments of these types; `None` if it does not accept them.
fn result(function: Function, types: &[&TermType]) -> Option<TermType> {
    let is = |at: usize, wanted: &TermType| {
        types.get(at).is_some_and(|ty| {
            ty.meets(wanted) && (**ty == TermType::Any || !wanted.is_number() || **ty == *wanted)
        })
    };
    let texts = |count: usize| types.len() == count && (0..count).all(|at| is(at, &TermType::Text));
    let first = *types.first()?;
    let one = |wanted: &[TermType]| types.len() == 1 && (*first == TermType::Any || wanted.contains(first));
    let (takes, gives) = match function {
        Function::Size => {
            let has_size =
                matches!(first, TermType::Text | TermType::List(_) | TermType::Map(_) | TermType::Any);
            (types.len() == 1 && has_size, TermType::Int)
        }
        Function::Contains | Function::StartsWith | Function::EndsWith | Function::Matches => {
            (texts(2), TermType::Bool)
        }
        Function::LowerAscii | Function::UpperAscii | Function::Trim | Function::Reverse => {
            (texts(1), TermType::Text)
        }
        Function::CharAt => {
            (types.len() == 2 && is(0, &TermType::Text) && is(1, &TermType::Int), TermType::Text)
        }
        Function::IndexOf | Function::LastIndexOf => {
            let found = is(0, &TermType::Text) && is(1, &TermType::Text);
            (found && (types.len() == 2 || (types.len() == 3 && is(2, &TermType::Int))), TermType::Int)
        }
        Function::Substring => {
            let found = is(0, &TermType::Text) && is(1, &TermType::Int);
            (found && (types.len() == 2 || (types.len() == 3 && is(2, &TermType::Int))), TermType::Text)
        }
        Function::Replace => {
            let found = (0..3).all(|at| is(at, &TermType::Text));
            (found && (types.len() == 3 || (types.len() == 4 && is(3, &TermType::Int))), TermType::Text)
        }
        Function::Split => {
            let found = is(0, &TermType::Text) && is(1, &TermType::Text);
            (
                found && (types.len() == 2 || (types.len() == 3 && is(2, &TermType::Int))),
                TermType::list(TermType::Text),
            )
        }
        Function::Join => {
            let found = is(0, &TermType::list(TermType::Text));
            (found && (types.len() == 1 || (types.len() == 2 && is(1, &TermType::Text))), TermType::Text)
        }
        Function::Bool => (one(&[TermType::Bool, TermType::Text]), TermType::Bool),
        Function::Int => {
            (one(&[TermType::Int, TermType::Double, TermType::Text, TermType::Timestamp]), TermType::Int)
        }
        Function::Double => (one(&[TermType::Int, TermType::Double, TermType::Text]), TermType::Double),
        Function::String => {
            let is_plain = !matches!(first, TermType::List(_) | TermType::Map(_));
            (types.len() == 1 && is_plain, TermType::Text)
        }
        Function::Timestamp => {
            (one(&[TermType::Timestamp, TermType::Text, TermType::Int]), TermType::Timestamp)
        }
        Function::Duration => (one(&[TermType::Duration, TermType::Text]), TermType::Duration),
        Function::Part(part) => {
            let of_span = matches!(
                part,
                TimePart::Hours | TimePart::Minutes | TimePart::Seconds | TimePart::Milliseconds
            );
            let is_span = of_span && is(0, &TermType::Duration) && types.len() == 1;
            let is_point = is(0, &TermType::Timestamp)
                && (types.len() == 1 || (types.len() == 2 && is(1, &TermType::Text)));
            (is_span || is_point, TermType::Int)
        }
    };
    takes.then_some(gives)
}

/// Converts `1.5d` to `36h`; CEL has no days because they differ in length.
fn days(text: &str) -> Option<String> {
    let days: f64 = text.trim().strip_suffix('d')?.trim().parse().ok()?;
    let hours = format!("{}h", days * 24.0);
    clock::duration(&hours).map(|_| hours)
}
