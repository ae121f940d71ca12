//! The values of fields.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize, Serializer};

use crate::catalogue::{FieldDefinition, FieldType};
use crate::time;

/// The value of a field. In JSON it is a plain value; the catalogue defines its type.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(untagged)]
pub enum Value {
    /// True or false.
    Bool(bool),
    /// A whole number.
    Integer(i64),
    /// A finite number.
    Number(f64),
    /// Text, or one of an enum's values.
    Text(String),
    /// A point in time.
    Timestamp(DateTime<Utc>),
}

/// The error returned when a JSON value is not a valid value for a field.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ValueError {
    /// The value has the wrong type.
    #[error("{found} is not of type {expected}")]
    Type {
        /// The type that the catalogue requires.
        expected: &'static str,
        /// The value found.
        found: String,
    },
    /// The enum does not include the value.
    #[error("`{found}` is not one of {values}")]
    Enum {
        /// The value found.
        found: String,
        /// The allowed values, separated by commas.
        values: String,
    },
    /// The number is outside the field's range.
    #[error("{found} is out of range ({range})")]
    Range {
        /// The value found.
        found: String,
        /// The range, for example `0 to 1`.
        range: String,
    },
}

impl Value {
    /// Converts a JSON value to a value of the field. An integer is accepted as a number, and a number without
    /// a fraction as an integer.
    ///
    /// # Errors
    /// Returns a [`ValueError`] if the type, enum value or range does not match.
    pub fn from_json(json: &serde_json::Value, field: &FieldDefinition) -> Result<Self, ValueError> {
        let wrong = || ValueError::Type { expected: field.kind.into(), found: json.to_string() };
        let value = match field.kind {
            FieldType::Bool => Self::Bool(json.as_bool().ok_or_else(wrong)?),
            FieldType::Integer => {
                let whole = |n: f64| (n.fract() == 0.0 && n.abs() <= 9e15).then_some(n as i64);
                Self::Integer(json.as_i64().or_else(|| json.as_f64().and_then(whole)).ok_or_else(wrong)?)
            }
            FieldType::Number => Self::Number(json.as_f64().filter(|n| n.is_finite()).ok_or_else(wrong)?),
            FieldType::String | FieldType::Enum => Self::Text(json.as_str().ok_or_else(wrong)?.to_owned()),
            FieldType::Timestamp => {
                let at = json
                    .as_str()
                    .and_then(|text| DateTime::parse_from_rfc3339(text).ok())
                    .ok_or_else(wrong)?;
                Self::Timestamp(time::cut(at.to_utc()))
            }
        };
        value.check(field)?;
        Ok(value)
    }

    /// Checks that the value is valid for the field.
    ///
    /// # Errors
    /// Returns a [`ValueError`] if the enum value or range does not match.
    pub fn check(&self, field: &FieldDefinition) -> Result<(), ValueError> {
        match self {
            Self::Text(text) if field.kind == FieldType::Enum && !field.values.contains(text) => {
                Err(ValueError::Enum { found: text.clone(), values: field.values.join(", ") })
            }
            Self::Integer(n) => field.check_range(*n as f64),
            Self::Number(n) => field.check_range(*n),
            _ => Ok(()),
        }
    }

    /// Converts the value to JSON.
    pub fn to_json(&self) -> serde_json::Value {
        match self {
            Self::Bool(b) => (*b).into(),
            Self::Integer(n) => (*n).into(),
            Self::Number(n) => (*n).into(),
            Self::Text(text) => text.as_str().into(),
            Self::Timestamp(at) => time::stamp(*at).into(),
        }
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.to_json().serialize(serializer)
    }
}
