//! Evaluates comparisons, `in`, and selections from lists and maps.

use std::sync::Arc;

use super::super::ast::CompareOp;
use super::super::code::AcceptedOrderings;
use super::run::{EvalResult, NoValue};
use super::value::{MapKey, SharedText, Val};

pub fn compare<'a>(op: CompareOp, a: &Val<'_>, b: &Val<'_>) -> EvalResult<Val<'a>> {
    use CompareOp::{Equal, Greater, GreaterOrEqual, Less, LessOrEqual, NotEqual};
    let holds = match op {
        Equal => a.equals(b),
        NotEqual => !a.equals(b),
        Less | LessOrEqual | Greater | GreaterOrEqual => {
            let is_number = |value: &Val<'_>| matches!(value, Val::Int(_) | Val::Double(_));
            match a.order(b) {
                Some(order) => AcceptedOrderings::by(op).accepts(order),
                // NaN.
                None if is_number(a) && is_number(b) => false,
                None => {
                    return NoValue::error(format!("Cannot order {} and {}.", a.phrase(), b.phrase()));
                }
            }
        }
    };
    Ok(Val::Bool(holds))
}

pub fn is_in<'a>(needle: &Val<'_>, list: &Val<'_>) -> EvalResult<Val<'a>> {
    match list {
        Val::List(items) => Ok(Val::Bool(items.iter().any(|item| needle.equals(item)))),
        Val::Map(entries) => Ok(Val::Bool(needle.key().is_some_and(|key| entries.contains_key(&key)))),
        other => NoValue::error(format!("`in` needs a list or a map on its right, not {}.", other.phrase())),
    }
}

pub fn select<'a>(of: &Val<'a>, key: &Arc<str>, is_test: bool) -> EvalResult<Val<'a>> {
    let Val::Map(entries) = of else {
        return NoValue::error(format!("Only a map has members, but `.{key}` is used with {}.", of.phrase()));
    };
    let found = entries.get(&MapKey::Text(SharedText::Shared(key.clone())));
    if is_test {
        return Ok(Val::Bool(found.is_some()));
    }
    found.cloned().map_or_else(|| NoValue::error(format!("The map has no key `{key}`.")), Ok)
}

pub fn index<'a>(of: &Val<'a>, at: &Val<'_>) -> EvalResult<Val<'a>> {
    match of {
        Val::List(items) => {
            let Some(place) = at.whole() else {
                return NoValue::error(format!("The index of a list must be a whole number, not {at}."));
            };
            let item = usize::try_from(place).ok().and_then(|place| items.get(place));
            let noun = if items.len() == 1 { "item" } else { "items" };
            let message = || format!("Index {place} is out of range (the list has {} {noun}).", items.len());
            item.cloned().map_or_else(|| NoValue::error(message()), Ok)
        }
        Val::Map(entries) => {
            let found = at.key().and_then(|key| entries.get(&key));
            found.cloned().map_or_else(|| NoValue::error(format!("The map has no key {at}.")), Ok)
        }
        other => NoValue::error(format!("Only a list or a map can be indexed, not {}.", other.phrase())),
    }
}
