//! Values of fields.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize, Serializer};

use crate::catalogue::{FieldDefinition, FieldType};
use crate::time;

/// The value of a field. In JSON it is the plain value; the catalogue tells its type.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(untagged)]
pub enum Value {
    /// Yes or no.
    Bool(bool),
    /// A whole number.
    Integer(i64),
    /// A finite number.
    Number(f64),
    /// Text, or one of an enum's values.
    Text(String),
    /// An instant.
    Timestamp(DateTime<Utc>),
}

/// Why a JSON value is not a value of a field.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ValueError {
    /// The type is another one.
    #[error("{found} is no {expected}")]
    Type {
        /// What the catalogue asks for.
        expected: &'static str,
        /// What stands there.
        found: String,
    },
    /// An enum has no such value.
    #[error("`{found}` is none of {values}")]
    Enum {
        /// What stands there.
        found: String,
        /// The values there are, joined by commas.
        values: String,
    },
    /// The number is outside the field's range.
    #[error("{found} is outside {range}")]
    Range {
        /// What stands there.
        found: String,
        /// The range, for example `0 to 1`.
        range: String,
    },
}

impl Value {
    /// The value that `json` is for a field of this definition. A whole number is a number too; a number with
    /// no fraction is an integer.
    ///
    /// # Errors
    /// When type, enum value or range do not fit.
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

    /// Whether the value may stand in a field of this definition.
    ///
    /// # Errors
    /// When enum value or range do not fit.
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

    /// The value as JSON.
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
