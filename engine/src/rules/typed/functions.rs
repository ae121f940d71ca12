//! Implements the functions.

use super::clock;
use super::pattern::Pattern;
use super::run::{EvalResult, NoValue};
use super::term::Function;
use super::value::{SharedText, Val};
use crate::limits;

/// Calls a function; the receiver of a method is the first argument.
pub fn call<'a>(function: Function, arguments: &[Val<'a>]) -> EvalResult<Val<'a>> {
    match (function, arguments) {
        (Function::Size, [of]) => size(of),
        (Function::Bool, [of]) => to_bool(of),
        (Function::Int, [of]) => to_int(of),
        (Function::Double, [of]) => to_double(of),
        (Function::String, [of]) => to_text(of),
        (Function::Timestamp, [of]) => to_timestamp(of),
        (Function::Duration, [of]) => to_duration(of),
        (Function::Part(part), [Val::Duration(span)]) => match clock::part_of_duration(*span, part) {
            Some(part) => Ok(Val::Int(part)),
            None => no_sense(arguments),
        },
        (Function::Part(part), [Val::Timestamp(at), zone @ ..]) => match zone {
            [] => part_of(*at, part, None),
            [Val::Text(zone)] => part_of(*at, part, Some(zone)),
            _ => no_sense(arguments),
        },
        (Function::Join, [Val::List(items)]) => join(items, ""),
        (Function::Join, [Val::List(items), Val::Text(between)]) => join(items, between),
        (_, [Val::Text(text), rest @ ..]) => of_text(function, text, rest),
        _ => no_sense(arguments),
    }
}

fn of_text<'a>(function: Function, text: &SharedText<'a>, rest: &[Val<'a>]) -> EvalResult<Val<'a>> {
    let value = match (function, rest) {
        (Function::Contains, [Val::Text(other)]) => Val::Bool(text.contains(&**other)),
        (Function::StartsWith, [Val::Text(other)]) => Val::Bool(text.starts_with(&**other)),
        (Function::EndsWith, [Val::Text(other)]) => Val::Bool(text.ends_with(&**other)),
        (Function::Matches, [Val::Text(pattern)]) => match Pattern::new(pattern) {
            Ok(pattern) => Val::Bool(pattern.matches(text)),
            Err(message) => return NoValue::error(format!("The pattern cannot be read: {message}.")),
        },
        (Function::LowerAscii, []) => Val::text(text.to_ascii_lowercase()),
        (Function::UpperAscii, []) => Val::text(text.to_ascii_uppercase()),
        (Function::Trim, []) => Val::text(text.trim()),
        (Function::Reverse, []) => Val::text(text.chars().rev().collect::<String>()),
        (Function::CharAt, [Val::Int(at)]) => char_at(text, *at)?,
        (Function::IndexOf, [Val::Text(part)]) => Val::Int(found(text, text.find(&**part))),
        (Function::IndexOf, [Val::Text(part), Val::Int(from)]) => {
            let from = byte(text, *from)?;
            Val::Int(found(text, text[from..].find(&**part).map(|at| from + at)))
        }
        (Function::LastIndexOf, [Val::Text(part)]) => Val::Int(found(text, text.rfind(&**part))),
        (Function::LastIndexOf, [Val::Text(part), Val::Int(until)]) => {
            let end = text.floor_char_boundary(byte(text, *until)?.saturating_add(part.len()));
            Val::Int(found(text, text[..end].rfind(&**part)))
        }
        (Function::Substring, [Val::Int(from)]) => Val::text(&text[byte(text, *from)?..]),
        (Function::Substring, [Val::Int(from), Val::Int(to)]) => {
            let (from, to) = (byte(text, *from)?, byte(text, *to)?);
            match text.get(from..to) {
                Some(part) => Val::text(part),
                None => return NoValue::error("The end of a part of a text is before its start."),
            }
        }
        (Function::Replace, [Val::Text(from), Val::Text(to)]) => Val::text(text.replace(&**from, to)),
        (Function::Replace, [Val::Text(from), Val::Text(to), Val::Int(count)]) => {
            match usize::try_from(*count) {
                Ok(count) => Val::text(text.replacen(&**from, to, count)),
                Err(_) => Val::text(text.replace(&**from, to)),
            }
        }
        (Function::Split, [Val::Text(at)]) => split(text, at, -1)?,
        (Function::Split, [Val::Text(at), Val::Int(count)]) => split(text, at, *count)?,
        _ => return no_sense(rest),
    };
    Ok(value)
}

fn no_sense<T>(arguments: &[Val<'_>]) -> EvalResult<T> {
    let phrases: Vec<_> = arguments.iter().map(Val::phrase).collect();
    NoValue::error(format!("The function cannot be called with {}.", phrases.join(" and ")))
}

fn size<'a>(of: &Val<'_>) -> EvalResult<Val<'a>> {
    let size = match of {
        Val::Text(text) => text.chars().count(),
        Val::List(items) => items.len(),
        Val::Map(entries) => entries.len(),
        other => {
            return NoValue::error(format!(
                "`size` can be used only with text, lists and maps, not with {}.",
                other.phrase()
            ));
        }
    };
    Ok(Val::Int(i64::try_from(size).unwrap_or(i64::MAX)))
}

fn part_of<'a>(at: i128, part: clock::TimePart, zone: Option<&str>) -> EvalResult<Val<'a>> {
    match clock::part(at, part, zone) {
        Some(part) => Ok(Val::Int(part)),
        None => NoValue::error(format!("There is no time zone `{}`.", zone.unwrap_or_default())),
    }
}

/// Returns the number of characters before a byte, or -1.
fn found(text: &str, at: Option<usize>) -> i64 {
    at.and_then(|at| i64::try_from(text[..at].chars().count()).ok()).unwrap_or(-1)
}

/// Returns the byte offset of a character, or of the end.
fn byte(text: &str, at: i64) -> EvalResult<usize> {
    let starts = text.char_indices().map(|(byte, _)| byte).chain([text.len()]);
    let byte = usize::try_from(at).ok().and_then(|at| starts.into_iter().nth(at));
    byte.map_or_else(|| NoValue::error(format!("The text has no character {at}.")), Ok)
}

fn char_at<'a>(text: &str, at: i64) -> EvalResult<Val<'a>> {
    let from = byte(text, at)?;
    let len = text[from..].chars().next().map_or(0, char::len_utf8);
    Ok(Val::text(&text[from..from + len]))
}

fn split<'a>(text: &str, at: &str, count: i64) -> EvalResult<Val<'a>> {
    let most = usize::try_from(count).unwrap_or(usize::MAX);
    let bounded = most.min(limits::PIECES + 1);
    let pieces: Vec<&str> = if at.is_empty() {
        // Splits only between characters, whereas Rust's `split` also returns an empty text at both ends.
        let starts: Vec<usize> = text.char_indices().map(|(byte, _)| byte).take(bounded).collect();
        let ends = starts.iter().skip(1).copied().chain([text.len()]);
        starts.iter().zip(ends).map(|(from, to)| &text[*from..to]).collect()
    } else {
        text.splitn(bounded, at).collect()
    };
    if pieces.len() > limits::PIECES {
        return NoValue::error(format!("The text falls into more than {} pieces.", limits::PIECES));
    }
    Ok(Val::list(pieces.into_iter().map(Val::text)))
}

fn join<'a>(items: &[Val<'_>], between: &str) -> EvalResult<Val<'a>> {
    let mut out = String::new();
    for (index, item) in items.iter().enumerate() {
        let Val::Text(item) = item else {
            return NoValue::error(format!("Only texts can be joined, not {}.", item.phrase()));
        };
        if index > 0 {
            out.push_str(between);
        }
        out.push_str(item);
    }
    Ok(Val::text(out))
}

fn cannot_become<T>(value: &Val<'_>, what: &str) -> EvalResult<T> {
    NoValue::error(format!("{value} cannot be read as {what}."))
}

fn to_bool<'a>(of: &Val<'a>) -> EvalResult<Val<'a>> {
    match of {
        Val::Bool(_) => Ok(of.clone()),
        Val::Text(text) => match &**text {
            "1" | "t" | "T" | "true" | "True" | "TRUE" => Ok(Val::Bool(true)),
            "0" | "f" | "F" | "false" | "False" | "FALSE" => Ok(Val::Bool(false)),
            _ => cannot_become(of, "true or false"),
        },
        _ => cannot_become(of, "true or false"),
    }
}

/// 2⁶³, one more than the largest `i64`, which is exact as a floating-point number.
const TWO_POW_63: f64 = 9_223_372_036_854_775_808.0;

fn to_int<'a>(of: &Val<'a>) -> EvalResult<Val<'a>> {
    let whole = match of {
        Val::Int(n) => Some(*n),
        // The bounds themselves are rejected, as in CEL, because they may be the result of rounding.
        Val::Double(n) => (n.abs() < TWO_POW_63).then_some(*n as i64),
        Val::Text(text) => text.parse().ok(),
        Val::Timestamp(at) => Some(clock::seconds(*at)),
        _ => None,
    };
    whole.map_or_else(|| cannot_become(of, "a whole number"), |n| Ok(Val::Int(n)))
}

fn to_double<'a>(of: &Val<'a>) -> EvalResult<Val<'a>> {
    let number = match of {
        Val::Int(n) => Some(*n as f64),
        Val::Double(n) => Some(*n),
        Val::Text(text) => text
            .parse()
            .ok()
            .filter(|n: &f64| !n.is_infinite() || !text.contains(|c: char| c.is_ascii_digit())),
        _ => None,
    };
    number.map_or_else(|| cannot_become(of, "a number"), |n| Ok(Val::Double(n)))
}

fn to_text<'a>(of: &Val<'a>) -> EvalResult<Val<'a>> {
    Ok(match of {
        Val::Text(_) => of.clone(),
        Val::Bool(holds) => Val::text(holds.to_string()),
        Val::Int(n) => Val::text(n.to_string()),
        Val::Double(n) => Val::text(n.to_string()),
        Val::Timestamp(at) => Val::text(clock::timestamp_text(*at)),
        Val::Duration(span) => Val::text(clock::duration_text(*span)),
        Val::List(_) | Val::Map(_) => {
            return NoValue::error(format!("{} has no text.", capital(of.phrase())));
        }
    })
}

fn capital(phrase: &str) -> String {
    let mut chars = phrase.chars();
    chars.next().map(|first| first.to_ascii_uppercase().to_string() + chars.as_str()).unwrap_or_default()
}

fn to_timestamp<'a>(of: &Val<'a>) -> EvalResult<Val<'a>> {
    let at = match of {
        Val::Timestamp(at) => Some(*at),
        Val::Int(seconds) => clock::from_seconds(*seconds),
        Val::Text(text) => clock::timestamp(text),
        _ => None,
    };
    at.map_or_else(|| cannot_become(of, "a point in time"), |at| Ok(Val::Timestamp(at)))
}

fn to_duration<'a>(of: &Val<'a>) -> EvalResult<Val<'a>> {
    let span = match of {
        Val::Duration(span) => Some(*span),
        Val::Text(text) => clock::duration(text),
        _ => None,
    };
    span.map_or_else(|| cannot_become(of, "a span of time"), |span| Ok(Val::Duration(span)))
}
