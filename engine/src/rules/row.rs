//! One lead in the form that the interpreter uses: a cell for each field that the rules read.

use chrono::{DateTime, Utc};

use super::numeric::Numeric;
use crate::catalogue::{FieldDefinition, FieldType};
use crate::value::Value;

/// A field as it was read.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    /// The value.
    pub value: Value,
    /// The confidence of the reading, 0 to 1.
    pub confidence: f64,
}

/// A field that the rules of a set read; its index in the set is the index of its cell in a [`Row`].
#[derive(Clone, Debug, PartialEq)]
pub struct Slot {
    /// The name of the field.
    pub name: String,
    /// The definition of the field.
    pub definition: FieldDefinition,
    /// The value assumed if the field was not found, if the definition sets one.
    pub stated: Option<Value>,
}

/// One lead by slots. Cells missing at the end of the row count as unknown.
#[derive(Clone, Copy, Debug)]
pub struct Row<'a> {
    /// The cells by slot, as created by [`Slot::cell`].
    pub cells: &'a [RowCell<'a>],
    /// The results of the lists, in the order of [`super::RuleSet::questions`]; `None` where none is available.
    pub answers: &'a [Option<bool>],
    /// `as_of` in microseconds, as returned by [`instant`].
    pub as_of: i64,
}

/// The content of a row for one field.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RowCell<'a> {
    /// The value that the rules use: the value read, or else the one assumed for a missing field.
    pub datum: Datum<'a>,
    /// The confidence of the value; 1 for an assumed value.
    pub confidence: f64,
    /// Whether the field was read, which determines the results of `has` and `confidence`.
    pub is_read: bool,
}

/// A value without its own storage.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Datum<'a> {
    /// Unknown.
    Missing,
    /// Not of the field's type; a rule that uses it has an error.
    Invalid,
    /// True or false.
    Bool(bool),
    /// A finite number.
    Number(Numeric),
    /// Text.
    Text(&'a str),
    /// An enum value, by index.
    Code(u32),
    /// A point in time in microseconds, as returned by [`instant`].
    Timestamp(i64),
}

/// Returns a timestamp in the form that rules compare: microseconds since 1970.
pub fn instant(at: DateTime<Utc>) -> i64 {
    at.timestamp_micros()
}

impl RowCell<'_> {
    /// The cell of an unknown field.
    pub const MISSING: Self = RowCell { datum: Datum::Missing, confidence: 0.0, is_read: false };
}

impl<'a> RowCell<'a> {
    /// Creates the cell of a field that was read. A confidence outside 0 to 1 is clamped; NaN counts as 0.
    pub fn read(datum: Datum<'a>, confidence: f64) -> Self {
        let confidence = if confidence.is_nan() { 0.0 } else { confidence.clamp(0.0, 1.0) };
        Self { datum, confidence, is_read: true }
    }
}

impl Slot {
    /// Creates the slot of a field.
    pub fn new(name: &str, definition: &FieldDefinition) -> Self {
        Self { name: name.to_owned(), definition: definition.clone(), stated: definition.missing_value() }
    }

    /// Creates the cell for a reading, or for a field that was not found.
    pub fn cell<'a>(&'a self, reading: Option<&'a Reading>) -> RowCell<'a> {
        match (reading, &self.stated) {
            (Some(reading), _) => RowCell::read(self.datum(&reading.value), reading.confidence),
            (None, Some(value)) => RowCell { datum: self.datum(value), confidence: 1.0, is_read: false },
            (None, None) => RowCell::MISSING,
        }
    }

    /// Converts a value to a datum of this field; returns [`Datum::Invalid`] if the field has another type.
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

    /// Returns the code of an enum value.
    pub fn code(&self, text: &str) -> Option<u32> {
        self.definition
            .values
            .iter()
            .position(|value| value == text)
            .and_then(|code| u32::try_from(code).ok())
    }

    /// Returns the text of a datum of this field, if it has one.
    pub fn text<'a>(&'a self, datum: Datum<'a>) -> Option<&'a str> {
        match datum {
            Datum::Text(text) => Some(text),
            Datum::Code(code) => self.definition.values.get(code as usize).map(String::as_str),
            _ => None,
        }
    }
}
