//! Comparisons, `in`, and what is picked from lists and maps.

use std::sync::Arc;

use super::super::ast::CompareOp;
use super::super::code::Accepted;
use super::run::{Answer, Stop};
use super::value::{Key, Text, Val};

pub fn compare<'a>(op: CompareOp, a: &Val<'_>, b: &Val<'_>) -> Answer<Val<'a>> {
    use CompareOp::{Equal, Greater, GreaterOrEqual, Less, LessOrEqual, NotEqual};
    let holds = match op {
        Equal => a.equals(b),
        NotEqual => !a.equals(b),
        Less | LessOrEqual | Greater | GreaterOrEqual => {
            let is_number = |value: &Val<'_>| matches!(value, Val::Int(_) | Val::Double(_));
            match a.order(b) {
                Some(order) => Accepted::by(op).accepts(order),
                // NaN.
                None if is_number(a) && is_number(b) => false,
                None => {
                    return Stop::error(format!(
                        "There is no order between {} and {}.",
                        a.phrase(),
                        b.phrase()
                    ));
                }
            }
        }
    };
    Ok(Val::Bool(holds))
}

pub fn is_in<'a>(needle: &Val<'_>, list: &Val<'_>) -> Answer<Val<'a>> {
    match list {
        Val::List(items) => Ok(Val::Bool(items.iter().any(|item| needle.equals(item)))),
        Val::Map(entries) => Ok(Val::Bool(needle.key().is_some_and(|key| entries.contains_key(&key)))),
        other => Stop::error(format!("After `in` stands a list or a map, not {}.", other.phrase())),
    }
}

pub fn select<'a>(of: &Val<'a>, key: &Arc<str>, is_test: bool) -> Answer<Val<'a>> {
    let Val::Map(entries) = of else {
        return Stop::error(format!("Only a map has parts; `.{key}` is asked of {}.", of.phrase()));
    };
    let found = entries.get(&Key::Text(Text::Shared(key.clone())));
    if is_test {
        return Ok(Val::Bool(found.is_some()));
    }
    found.cloned().map_or_else(|| Stop::error(format!("The map has no key `{key}`.")), Ok)
}

pub fn index<'a>(of: &Val<'a>, at: &Val<'_>) -> Answer<Val<'a>> {
    match of {
        Val::List(items) => {
            let Some(place) = at.whole() else {
                return Stop::error(format!("The place in a list is a whole number, not {at}."));
            };
            let item = usize::try_from(place).ok().and_then(|place| items.get(place));
            let message = || format!("The list has no place {place}; it has {} values.", items.len());
            item.cloned().map_or_else(|| Stop::error(message()), Ok)
        }
        Val::Map(entries) => {
            let found = at.key().and_then(|key| entries.get(&key));
            found.cloned().map_or_else(|| Stop::error(format!("The map has no key {at}.")), Ok)
        }
        other => Stop::error(format!("Only a list or a map is asked for parts, not {}.", other.phrase())),
    }
}
