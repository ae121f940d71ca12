//! Arithmetic with overflow checks.

use super::super::ast::ArithmeticOp;
use super::clock;
use super::run::{EvalResult, NoValue};
use super::value::Val;

/// Evaluates `a op b`.
pub fn combine<'a>(op: ArithmeticOp, a: Val<'a>, b: Val<'a>) -> EvalResult<Val<'a>> {
    match (a, b) {
        (Val::Int(a), Val::Int(b)) => whole(op, a, b).map(Val::Int),
        (Val::Double(a), Val::Double(b)) => broken(op, a, b).map(Val::Double),
        (Val::Timestamp(at), Val::Duration(span)) => match op {
            ArithmeticOp::Add => in_time(at.checked_add(span.into())).map(Val::Timestamp),
            ArithmeticOp::Subtract => in_time(at.checked_sub(span.into())).map(Val::Timestamp),
            _ => no_sense(op, &Val::Timestamp(at), &Val::Duration(span)),
        },
        (Val::Duration(span), Val::Timestamp(at)) if op == ArithmeticOp::Add => {
            in_time(at.checked_add(span.into())).map(Val::Timestamp)
        }
        (Val::Timestamp(a), Val::Timestamp(b)) if op == ArithmeticOp::Subtract => {
            span(i64::try_from(a - b).ok())
        }
        (Val::Duration(a), Val::Duration(b)) if op == ArithmeticOp::Add => span(a.checked_add(b)),
        (Val::Duration(a), Val::Duration(b)) if op == ArithmeticOp::Subtract => span(a.checked_sub(b)),
        (Val::Text(a), Val::Text(b)) if op == ArithmeticOp::Add => Ok(Val::text([&*a, &*b].concat())),
        (Val::List(a), Val::List(b)) if op == ArithmeticOp::Add => {
            Ok(Val::list(a.iter().chain(b.iter()).cloned()))
        }
        (a, b) => no_sense(op, &a, &b),
    }
}

/// Evaluates `-a`.
pub fn negative(value: Val<'_>) -> EvalResult<Val<'_>> {
    match value {
        Val::Int(n) => n.checked_neg().map_or_else(too_large, |n| Ok(Val::Int(n))),
        Val::Double(n) => Ok(Val::Double(-n)),
        other => NoValue::error(format!("`-` cannot be used with {}.", other.phrase())),
    }
}

fn whole(op: ArithmeticOp, a: i64, b: i64) -> EvalResult<i64> {
    let result = match op {
        ArithmeticOp::Divide | ArithmeticOp::Remainder if b == 0 => {
            return NoValue::error("A whole number is divided by zero.");
        }
        ArithmeticOp::Add => a.checked_add(b),
        ArithmeticOp::Subtract => a.checked_sub(b),
        ArithmeticOp::Multiply => a.checked_mul(b),
        ArithmeticOp::Divide => a.checked_div(b),
        ArithmeticOp::Remainder => a.checked_rem(b),
    };
    result.map_or_else(too_large, Ok)
}

fn broken(op: ArithmeticOp, a: f64, b: f64) -> EvalResult<f64> {
    Ok(match op {
        ArithmeticOp::Add => a + b,
        ArithmeticOp::Subtract => a - b,
        ArithmeticOp::Multiply => a * b,
        ArithmeticOp::Divide => a / b,
        ArithmeticOp::Remainder => return NoValue::error("`%` can be used only with whole numbers."),
    })
}

fn span<'a>(nanos: Option<i64>) -> EvalResult<Val<'a>> {
    match nanos {
        Some(nanos) => Ok(Val::Duration(nanos)),
        None => NoValue::error("The span of time is longer than 292 years."),
    }
}

fn too_large<T>() -> EvalResult<T> {
    NoValue::error("A whole number becomes larger than 64 bits hold.")
}

fn no_sense<T>(op: ArithmeticOp, a: &Val<'_>, b: &Val<'_>) -> EvalResult<T> {
    NoValue::error(format!("`{}` cannot be used with {} and {}.", op.symbol(), a.phrase(), b.phrase()))
}

/// Returns the point in time, if it is within CEL's range.
fn in_time(nanos: Option<i128>) -> EvalResult<i128> {
    match nanos.and_then(clock::in_range) {
        Some(nanos) => Ok(nanos),
        None => NoValue::error("The point in time is before the year 1 or after the year 9999."),
    }
}
