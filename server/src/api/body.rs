//! Reads request bodies strictly and within size limits, and reports the position of errors.

use std::fmt;

use axum::body::Body;
use axum::http::{HeaderMap, header};
use engine::limits;
use serde::de::{DeserializeOwned, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};
use serde_path_to_error::{Path, Segment};

use crate::http::body::read;
use crate::http::{Failure, FailureKind};

/// Reads a JSON body.
///
/// # Errors
/// Returns 415 if the request declares another media type. Otherwise the same as [`parse`].
pub(super) async fn json<T: DeserializeOwned>(
    body: Body,
    headers: &HeaderMap,
    limit: usize,
) -> Result<T, Failure> {
    let bytes = read(body, headers, limit).await?;
    match media_type(headers) {
        Some("application/json") => parse(&bytes),
        _ => Err(Failure::new(
            FailureKind::UnsupportedMediaType,
            "Send JSON with `Content-Type: application/json`.",
        )),
    }
}

/// Returns the media type of a body without its parameters, if the request declares one.
pub(super) fn media_type(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::CONTENT_TYPE)?.to_str().ok()?.split(';').next().map(str::trim)
}

/// Parses a value from JSON text in two steps, to distinguish invalid JSON (400) from JSON that does not match the type (422).
///
/// # Errors
/// Returns 400 or 422 with the position of the error.
pub(super) fn parse<T: DeserializeOwned>(text: &[u8]) -> Result<T, Failure> {
    let mut reader = serde_json::Deserializer::from_slice(text);
    let strict: Result<Strict, _> = serde_path_to_error::deserialize(&mut reader);
    let strict = strict.map_err(|error| {
        let pointer = pointer(error.path());
        Failure::new(FailureKind::Malformed, "The body is not valid JSON.")
            .at(pointer, sentence(&error.into_inner()))
    })?;
    reader.end().map_err(|error| {
        Failure::new(FailureKind::Malformed, "The body is not valid JSON.").at("", sentence(&error))
    })?;
    if let Some(pointer) = nul(&strict.0) {
        let detail = "This contains a NUL character.";
        return Err(Failure::new(FailureKind::Invalid, "Some parts of the request are not valid.")
            .at(pointer, detail));
    }
    read_value(strict.0)
}

/// Returns the position of the first text or name with a NUL character, which no part of Meshline can store.
fn nul(json: &Json) -> Option<String> {
    match json {
        Json::String(text) => text.contains('\0').then(String::new),
        Json::Array(items) => {
            items.iter().enumerate().find_map(|(place, item)| Some(format!("/{place}{}", nul(item)?)))
        }
        Json::Object(members) => members.iter().find_map(|(name, value)| {
            if name.contains('\0') {
                return Some(String::new());
            }
            Some(format!("/{}{}", escape(name), nul(value)?))
        }),
        _ => None,
    }
}

/// Converts JSON to a value.
///
/// # Errors
/// Returns 422 with the position of the error.
pub(super) fn read_value<T: DeserializeOwned>(json: Json) -> Result<T, Failure> {
    serde_path_to_error::deserialize(json).map_err(|error| {
        let place = pointer(error.path());
        let message = sentence(&error.into_inner());
        let place = match missing(&message) {
            Some(name) => format!("{place}/{}", escape(name)),
            None => place,
        };
        Failure::new(FailureKind::Invalid, "Some parts of the request are not valid.").at(place, message)
    })
}

/// Returns the name in serde's message "missing field `name`".
fn missing(message: &str) -> Option<&str> {
    message.strip_prefix("Missing field `")?.split('`').next()
}

fn sentence(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| {
        format!("{}{}.", first.to_uppercase(), letters.as_str().trim_end_matches('.'))
    })
}

fn pointer(path: &Path) -> String {
    path.iter()
        .map(|segment| match segment {
            Segment::Seq { index } => format!("/{index}"),
            Segment::Map { key } => format!("/{}", escape(key)),
            Segment::Enum { .. } | Segment::Unknown => String::new(),
        })
        .collect()
}

/// Escapes a name as a step of a JSON pointer (RFC 6901).
fn escape(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

/// JSON without duplicate names, which parsers resolve differently, and without excessive nesting.
struct Strict(Json);

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(StrictVisitor).map(Self)
    }
}

struct StrictVisitor;

impl<'de> Visitor<'de> for StrictVisitor {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Json, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Json, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Json, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Json, E> {
        Ok(value.into())
    }

    fn visit_string<E>(self, value: String) -> Result<Json, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Json, A::Error> {
        let mut array = Vec::new();
        while let Some(Strict(item)) = items.next_element()? {
            array.push(item);
        }
        Ok(array.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Json, A::Error> {
        let mut object = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            if object.contains_key(&name) {
                return Err(A::Error::custom(format!("the name `{name}` appears twice in one object")));
            }
            let Strict(value) = members.next_value()?;
            object.insert(name, value);
        }
        Ok(object.into())
    }
}

/// Returns the value of the `Idempotency-Key` header.
///
/// # Errors
/// Returns 400 if the header is missing, duplicated, or invalid.
pub(super) fn idempotency_key(headers: &HeaderMap) -> Result<String, Failure> {
    const NAME: &str = "Idempotency-Key";
    let refuse = |detail: String| Failure::new(FailureKind::Malformed, detail.clone()).at(NAME, detail);
    let mut values = headers.get_all(NAME).iter();
    let value = values.next().ok_or_else(|| {
        refuse("Send an `Idempotency-Key`: sent again with it, the request does nothing twice.".into())
    })?;
    if values.next().is_some() {
        return Err(refuse("Send one `Idempotency-Key`.".into()));
    }
    value.to_str().ok().and_then(checked_key).ok_or_else(|| refuse(key_rule()))
}

/// Returns the key if it is valid: not empty, not too long, and without control characters.
pub(super) fn checked_key(key: &str) -> Option<String> {
    let fits =
        !key.trim().is_empty() && key.chars().count() <= limits::KEY_CHARS && !key.contains(char::is_control);
    fits.then(|| key.to_owned())
}

/// Returns the rule that [`checked_key`] enforces, as a sentence.
pub(super) fn key_rule() -> String {
    format!("An idempotency key is 1 to {} characters, none of them a control character.", limits::KEY_CHARS)
}

/// Serializes a value as a line of NDJSON.
pub(super) fn line<T: Serialize>(value: &T) -> Result<Vec<u8>, serde_json::Error> {
    let mut text = serde_json::to_vec(value)?;
    text.push(b'\n');
    Ok(text)
}

#[cfg(test)]
mod tests {
    use engine::event::EventRequest;

    use super::*;

    fn refusal(text: &str) -> (u16, String, String) {
        let problem = parse::<EventRequest>(text.as_bytes()).unwrap_err().problem("x");
        (problem.status, problem.errors[0].pointer.clone(), problem.errors[0].detail.clone())
    }

    #[test]
    fn a_text_that_is_no_json_is_told_from_json_that_is_not_wanted() {
        assert_eq!(refusal("").0, 400);
        assert_eq!(refusal("{\"kind\": }").0, 400);
        assert_eq!(refusal("{} {}").0, 400);
        assert_eq!(refusal("\u{feff}{}").0, 400);
        assert_eq!(refusal("[]").0, 422);
        let event = r#"{"kind":"form","source":"web","payload":{}}"#;
        assert!(parse::<EventRequest>(event.as_bytes()).is_ok());
    }

    #[test]
    fn every_mistake_has_its_place() {
        let (status, pointer, detail) = refusal(r#"{"kind":"fax","source":"web","payload":{}}"#);
        assert_eq!((status, pointer.as_str()), (422, "/kind"));
        assert!(detail.starts_with("Unknown variant `fax`"), "{detail}");
        assert_eq!(refusal(r#"{"kind":"form","source":"web"}"#).1, "/payload");
        assert_eq!(refusal(r#"{"kind":"form","source":7,"payload":{}}"#).1, "/source");
        assert_eq!(
            refusal(r#"{"kind":"form","source":"web","payload":{},"lead":{"email":[]}}"#).1,
            "/lead/email"
        );
        assert_eq!(
            refusal(r#"{"kind":"form","source":"web","payload":{},"lead":{"mail":"x"}}"#).1,
            "/lead/mail"
        );
        assert_eq!(
            refusal(r#"{"kind":"form","source":"web","payload":{},"occurred_at":"soon"}"#).1,
            "/occurred_at"
        );
    }

    #[test]
    fn a_name_that_stands_twice_is_refused_where_it_stands() {
        let (status, pointer, detail) = refusal(r#"{"payload":{"a~/b":[1,{"x":1,"x":2}]}}"#);
        assert_eq!((status, pointer.as_str()), (400, "/payload/a~0~1b/1"));
        assert!(detail.starts_with("The name `x` appears twice in one object"), "{detail}");
    }

    #[test]
    fn deep_nesting_is_refused_at_once() {
        let deep = format!("{}{}", "[".repeat(200_000), "]".repeat(200_000));
        assert_eq!(refusal(&deep).0, 400);
        let numbers = "[".repeat(100) + "1e400" + &"]".repeat(100);
        assert_eq!(refusal(&numbers).0, 400);
    }

    #[test]
    fn a_nul_character_is_refused_where_it_stands() {
        for (text, place) in [
            (r#"{"payload":{"a":[1,"\u0000"]}}"#, "/payload/a/1"),
            (r#"{"payload":{"a\u0000":1}}"#, "/payload"),
            (r#"{"source":"\u0000"}"#, "/source"),
        ] {
            let (status, pointer, detail) = refusal(text);
            assert_eq!(
                (status, pointer.as_str(), detail.as_str()),
                (422, place, "This contains a NUL character.")
            );
        }
    }

    #[test]
    fn a_key_has_bounds() {
        assert_eq!(checked_key("a b").as_deref(), Some("a b"));
        assert_eq!(checked_key(&"x".repeat(200)).map(|key| key.len()), Some(200));
        for bad in ["", "  ", "a\tb", &"x".repeat(201)] {
            assert_eq!(checked_key(bad), None, "{bad:?}");
        }
    }
}
