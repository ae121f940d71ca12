//! One lead as the interpreter sees it: a cell for each field that the rules read.

use chrono::{DateTime, Utc};

use super::numeric::Numeric;
use crate::catalogue::{FieldDefinition, FieldType};
use crate::value::Value;

/// A field as it was read.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    /// The value.
    pub value: Value,
    /// How sure the reading is, 0 to 1.
    pub confidence: f64,
}

/// A field that the rules of a set read; its place in the set is the place of its cell in a [`Row`].
#[derive(Clone, Debug, PartialEq)]
pub struct Slot {
    /// The field's name.
    pub name: String,
    /// Its definition.
    pub definition: FieldDefinition,
    /// What it counts as when it was not found, if the definition states it.
    pub stated: Option<Value>,
}

/// One lead by slots. A row that is too short lacks the rest.
#[derive(Clone, Copy, Debug)]
pub struct Row<'a> {
    /// By slot, as [`Slot::cell`] makes them.
    pub cells: &'a [Cell<'a>],
    /// The answers of the lists, in the order of [`super::RuleSet::questions`]; `None` where nobody looked.
    pub answers: &'a [Option<bool>],
    /// `as_of` in microseconds, as [`instant`] makes it.
    pub as_of: i64,
}

/// What a row holds of one field.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cell<'a> {
    /// What the rules take the field for: the value read, or else the one stated for a missing field.
    pub datum: Datum<'a>,
    /// How sure that is; 1 for a stated value.
    pub confidence: f64,
    /// Whether the field was read, which is what `has` and `confidence` tell of.
    pub is_read: bool,
}

/// A value without its own storage.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Datum<'a> {
    /// Not known.
    Missing,
    /// Not of the field's type; a rule that asks for it comes to an error.
    Invalid,
    /// Yes or no.
    Bool(bool),
    /// A finite number.
    Number(Numeric),
    /// Text.
    Text(&'a str),
    /// One of an enum's values, by its place.
    Code(u32),
    /// An instant in microseconds, as [`instant`] makes it.
    Timestamp(i64),
}

/// An instant as rules compare it: microseconds since 1970.
pub fn instant(at: DateTime<Utc>) -> i64 {
    at.timestamp_micros()
}

impl Cell<'_> {
    /// The cell of a field of which nothing is known.
    pub const MISSING: Self = Cell { datum: Datum::Missing, confidence: 0.0, is_read: false };
}

impl<'a> Cell<'a> {
    /// The cell of a field that was read. A confidence outside 0 to 1 is brought inside; none counts as 0.
    pub fn read(datum: Datum<'a>, confidence: f64) -> Self {
        let confidence = if confidence.is_nan() { 0.0 } else { confidence.clamp(0.0, 1.0) };
        Self { datum, confidence, is_read: true }
    }
}

impl Slot {
    /// The slot of a field.
    pub fn new(name: &str, definition: &FieldDefinition) -> Self {
        Self { name: name.to_owned(), definition: definition.clone(), stated: definition.missing_value() }
    }

    /// The cell for a reading, or for a field that was not found.
    pub fn cell<'a>(&'a self, reading: Option<&'a Reading>) -> Cell<'a> {
        match (reading, &self.stated) {
            (Some(reading), _) => Cell::read(self.datum(&reading.value), reading.confidence),
            (None, Some(value)) => Cell { datum: self.datum(value), confidence: 1.0, is_read: false },
            (None, None) => Cell::MISSING,
        }
    }

    /// The value as a datum of this field; [`Datum::Invalid`] when the field is of another type.
    pub fn datum<'a>(&self, value: &'a Value) -> Datum<'a> {
        match (self.definition.kind, value) {
            (FieldType::Bool, Value::Bool(holds)) => Datum::Bool(*holds),
            (FieldType::Integer | FieldType::Number, Value::Integer(n)) => {
                Datum::Number(Numeric::Integer(*n))
            }
            (FieldType::Integer | FieldType::Number, Value::Number(n)) if n.is_finite() => {
                Datum::Number(Numeric::Float(*n))
            }
            (FieldType::String, Value::Text(text)) => Datum::Text(text),
            (FieldType::Enum, Value::Text(text)) => self.code(text).map_or(Datum::Invalid, Datum::Code),
            (FieldType::Timestamp, Value::Timestamp(at)) => Datum::Timestamp(instant(*at)),
            _ => Datum::Invalid,
        }
    }

    /// The code of an enum's value.
    pub fn code(&self, text: &str) -> Option<u32> {
        self.definition
            .values
            .iter()
            .position(|value| value == text)
            .and_then(|code| u32::try_from(code).ok())
    }

    /// The text of a datum of this field, if it has one.
    pub fn text<'a>(&'a self, datum: Datum<'a>) -> Option<&'a str> {
        match datum {
            Datum::Text(text) => Some(text),
            Datum::Code(code) => self.definition.values.get(code as usize).map(String::as_str),
            _ => None,
        }
    }
}
