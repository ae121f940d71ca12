//! The compact row of a decision's inputs, with coded values and one confidence byte per field, for simulations
//! over columns.
//!
//! Layout 1 is the byte 1, followed by each field of the catalogue in the order of names. A field starts with a
//! confidence byte: 255 if it was not read, otherwise the confidence in steps of 1/200, so that thresholds with
//! two decimals stay exact. If the field was read, its value follows: a bool as one byte, a number as eight
//! bytes (IEEE 754, little endian), an integer or an instant (microseconds) as a zigzag varint, and the index
//! of an enum value or the code of a text as a varint.

use std::collections::BTreeMap;

use chrono::DateTime;

use crate::catalogue::{Catalogue, FieldDefinition, FieldType};
use crate::decision::SnapshotField;
use crate::rules::Reading;
use crate::value::Value;

const LAYOUT: u8 = 1;
const NOT_READ: u8 = 255;
const STEPS: f64 = 200.0;

/// The error returned when bytes are not a feature row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the bytes are not a feature row of this catalogue")]
pub struct InvalidFeatureRow;

/// Returns the texts of a snapshot that need a code, as (field, text), for free-text fields that are not
/// personal.
pub fn texts<'a>(
    catalogue: &'a Catalogue,
    fields: &'a BTreeMap<String, SnapshotField>,
) -> impl Iterator<Item = (&'a str, &'a str)> {
    fields.iter().filter_map(|(name, field)| {
        let definition = catalogue.get(name)?;
        (definition.kind == FieldType::String && !definition.personal)
            .then(|| field.value.as_str().map(|text| (name.as_str(), text)))
            .flatten()
    })
}

/// Encodes the fields of a snapshot as a row. `code` returns the code of a text; a text without one is left
/// out, as personal texts are.
pub fn encode(
    catalogue: &Catalogue,
    fields: &BTreeMap<String, SnapshotField>,
    code: impl Fn(&str, &str) -> Option<u32>,
) -> Vec<u8> {
    let mut row = vec![LAYOUT];
    for (name, definition) in &catalogue.0 {
        let cell = fields.get(name).and_then(|field| {
            let value = Value::from_json(&field.value, definition).ok()?;
            let mut bytes = vec![(field.confidence.clamp(0.0, 1.0) * STEPS).round() as u8];
            put(&mut bytes, &value, definition, |text| code(name, text))?;
            Some(bytes)
        });
        match cell {
            Some(bytes) => row.extend(bytes),
            None => row.push(NOT_READ),
        }
    }
    row
}

/// Decodes the readings of a row. `text` returns the text for a code.
///
/// # Errors
/// Returns [`InvalidFeatureRow`] if the bytes do not match the catalogue.
pub fn decode(
    catalogue: &Catalogue,
    row: &[u8],
    text: impl Fn(&str, u32) -> Option<String>,
) -> Result<BTreeMap<String, Reading>, InvalidFeatureRow> {
    let (layout, mut rest) = row.split_first().ok_or(InvalidFeatureRow)?;
    if *layout != LAYOUT {
        return Err(InvalidFeatureRow);
    }
    let mut readings = BTreeMap::new();
    for (name, definition) in &catalogue.0 {
        let (confidence, tail) = rest.split_first().ok_or(InvalidFeatureRow)?;
        rest = tail;
        if *confidence != NOT_READ {
            let value = take(&mut rest, definition, |code| text(name, code)).ok_or(InvalidFeatureRow)?;
            readings.insert(name.clone(), Reading { value, confidence: f64::from(*confidence) / STEPS });
        }
    }
    if rest.is_empty() { Ok(readings) } else { Err(InvalidFeatureRow) }
}

fn put(
    bytes: &mut Vec<u8>,
    value: &Value,
    definition: &FieldDefinition,
    code: impl Fn(&str) -> Option<u32>,
) -> Option<()> {
    match value {
        Value::Bool(b) => bytes.push(u8::from(*b)),
        Value::Integer(n) => put_varint(bytes, zigzag(*n)),
        Value::Number(n) => bytes.extend(n.to_le_bytes()),
        Value::Timestamp(at) => put_varint(bytes, zigzag(at.timestamp_micros())),
        Value::Text(text) if definition.kind == FieldType::Enum => {
            put_varint(bytes, definition.values.iter().position(|v| v == text)? as u64)
        }
        Value::Text(_) if definition.personal => return None,
        Value::Text(text) => put_varint(bytes, u64::from(code(text)?)),
    }
    Some(())
}

fn take(
    rest: &mut &[u8],
    definition: &FieldDefinition,
    text: impl Fn(u32) -> Option<String>,
) -> Option<Value> {
    Some(match definition.kind {
        FieldType::Bool => Value::Bool(take_bytes::<1>(rest)?[0] != 0),
        FieldType::Integer => Value::Integer(unzigzag(take_varint(rest)?)),
        FieldType::Number => Value::Number(f64::from_le_bytes(take_bytes::<8>(rest)?)),
        FieldType::Timestamp => {
            Value::Timestamp(DateTime::from_timestamp_micros(unzigzag(take_varint(rest)?))?)
        }
        FieldType::Enum => {
            Value::Text(definition.values.get(usize::try_from(take_varint(rest)?).ok()?)?.clone())
        }
        FieldType::String => Value::Text(text(u32::try_from(take_varint(rest)?).ok()?)?),
    })
}

fn zigzag(n: i64) -> u64 {
    ((n << 1) ^ (n >> 63)) as u64
}

fn unzigzag(n: u64) -> i64 {
    (n >> 1) as i64 ^ -((n & 1) as i64)
}

fn put_varint(bytes: &mut Vec<u8>, mut n: u64) {
    while n >= 0x80 {
        bytes.push(n as u8 | 0x80);
        n >>= 7;
    }
    bytes.push(n as u8);
}

fn take_varint(rest: &mut &[u8]) -> Option<u64> {
    let mut n = 0;
    for shift in (0..64).step_by(7) {
        let [byte] = take_bytes::<1>(rest)?;
        n |= u64::from(byte & 0x7F) << shift;
        if byte < 0x80 {
            return Some(n);
        }
    }
    None
}

fn take_bytes<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (bytes, tail) = rest.split_first_chunk::<N>()?;
    *rest = tail;
    Some(*bytes)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn catalogue() -> Catalogue {
        let field = FieldDefinition::new;
        Catalogue(BTreeMap::from([
            ("at".into(), field(FieldType::Timestamp)),
            ("company".into(), field(FieldType::String)),
            ("maker".into(), field(FieldType::Bool)),
            ("person".into(), FieldDefinition { personal: true, ..field(FieldType::String) }),
            ("score".into(), field(FieldType::Number)),
            ("size".into(), field(FieldType::Integer)),
            (
                "source".into(),
                FieldDefinition { values: vec!["chat".into(), "web".into()], ..field(FieldType::Enum) },
            ),
        ]))
    }

    fn field(value: impl Into<serde_json::Value>, confidence: f64) -> SnapshotField {
        SnapshotField {
            value: value.into(),
            confidence,
            evidence: Vec::new(),
            extractor: "text".into(),
            map_version: 1,
        }
    }

    proptest! {
        #[test]
        fn a_row_reads_back(maker: bool, score in -1e12f64..1e12, size in -9_000_000_000_000_000i64..9_000_000_000_000_000, step in 0u8..=200, micros in 0i64..4_000_000_000_000_000) {
            let at = DateTime::from_timestamp_micros(micros).unwrap();
            let confidence = f64::from(step) / 200.0;
            let fields = BTreeMap::from([
                ("at".to_owned(), field(crate::time::stamp(at), confidence)),
                ("company".to_owned(), field("Initech", confidence)),
                ("maker".to_owned(), field(maker, confidence)),
                ("person".to_owned(), field("Ana", 1.0)),
                ("score".to_owned(), field(score, confidence)),
                ("size".to_owned(), field(size, confidence)),
                ("source".to_owned(), field("web", confidence)),
            ]);
            let row = encode(&catalogue(), &fields, |_, text| (text == "Initech").then_some(300));
            let readings = decode(&catalogue(), &row, |_, code| (code == 300).then(|| "Initech".to_owned())).unwrap();
            prop_assert!(!readings.contains_key("person"), "a personal text has no code");
            for (name, reading) in &readings {
                let expected = Value::from_json(&fields[name].value, catalogue().get(name).unwrap()).unwrap();
                prop_assert_eq!(&reading.value, &expected);
                prop_assert!((reading.confidence - confidence).abs() < 1e-9);
            }
            prop_assert_eq!(readings.len(), 6);
            prop_assert!(row.len() <= 64);
        }

        #[test]
        fn any_bytes_are_refused_or_read(row: Vec<u8>) {
            decode(&catalogue(), &row, |_, _| None).ok();
        }
    }
}
