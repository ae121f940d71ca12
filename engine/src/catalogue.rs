//! The field catalogue of a workflow: the fields maps fill and rules read. It only grows; a field's type
//! never changes.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::limits;
use crate::problem::Problem;
use crate::value::{Value, ValueError};

/// The fields of a workflow by name, in the order of their names.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Catalogue(pub BTreeMap<String, FieldDefinition>);

/// What kind of value a field has.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    Serialize,
    Deserialize,
    JsonSchema,
    strum::IntoStaticStr,
    strum::Display,
)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum FieldType {
    /// Yes or no.
    Bool,
    /// A whole number.
    Integer,
    /// A finite number.
    Number,
    /// Free text.
    String,
    /// One of the field's `values`.
    Enum,
    /// An instant, RFC 3339.
    Timestamp,
}

/// What is known of a field before any lead is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FieldDefinition {
    /// What kind of value it has.
    #[serde(rename = "type")]
    pub kind: FieldType,
    /// What the reader calls it, for example `Company size`; by default made from the name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Unit of a number, for example `employees` or `days`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// Smallest number allowed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<f64>,
    /// Largest number allowed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<f64>,
    /// The values of an enum.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<String>,
    /// What it means when the field was not found.
    #[serde(default, skip_serializing_if = "Missing::is_unknown")]
    pub missing: Missing,
    /// Confidence below which the field is unknown, 0 to 1. In a workflow the map says it; a rule file that
    /// stands alone says it here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_confidence: Option<f64>,
    /// The text tells who somebody is. Such a field never enters the columns that simulations run on.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub personal: bool,
}

/// What a missing field means: nothing can be said, or a stated value.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(from = "serde_json::Value", into = "serde_json::Value")]
#[schemars(with = "serde_json::Value")]
pub enum Missing {
    /// It is unknown, and so is every condition that hangs on it.
    #[default]
    Unknown,
    /// It counts as this value, for certain.
    Value(serde_json::Value),
}

impl Missing {
    fn is_unknown(&self) -> bool {
        *self == Self::Unknown
    }
}

impl From<serde_json::Value> for Missing {
    fn from(json: serde_json::Value) -> Self {
        match json.as_str() {
            Some("unknown") => Self::Unknown,
            _ => Self::Value(json),
        }
    }
}

impl From<Missing> for serde_json::Value {
    fn from(missing: Missing) -> Self {
        match missing {
            Missing::Unknown => "unknown".into(),
            Missing::Value(value) => value,
        }
    }
}

impl FieldDefinition {
    /// A definition of this type and nothing else.
    pub fn new(kind: FieldType) -> Self {
        Self {
            kind,
            title: None,
            unit: None,
            min: None,
            max: None,
            values: Vec::new(),
            missing: Missing::Unknown,
            min_confidence: None,
            personal: false,
        }
    }

    /// The value a missing field counts as, or `None` for unknown.
    pub fn missing_value(&self) -> Option<Value> {
        match &self.missing {
            Missing::Unknown => None,
            Missing::Value(json) => Value::from_json(json, self).ok(),
        }
    }

    /// Whether the number is within `min` and `max`.
    ///
    /// # Errors
    /// [`ValueError::Range`] when it is not.
    pub fn check_range(&self, n: f64) -> Result<(), ValueError> {
        if self.min.is_some_and(|min| n < min) || self.max.is_some_and(|max| n > max) {
            return Err(ValueError::Range { found: n.to_string(), range: self.range() });
        }
        Ok(())
    }

    fn range(&self) -> String {
        match (self.min, self.max) {
            (Some(min), Some(max)) => format!("{min} to {max}"),
            (Some(min), None) => format!("{min} and more"),
            (None, Some(max)) => format!("{max} and less"),
            (None, None) => "every number".into(),
        }
    }
}

impl Catalogue {
    /// The definition of a field.
    pub fn get(&self, name: &str) -> Option<&FieldDefinition> {
        self.0.get(name)
    }

    /// The names of all fields, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// What the reader calls a field: its title, or its name in words.
    pub fn title(&self, name: &str) -> String {
        if let Some(title) = self.get(name).and_then(|field| field.title.clone()) {
            return title;
        }
        let words = name.replace('_', " ");
        let mut chars = words.chars();
        chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
    }

    /// Everything that is wrong with the catalogue itself; pointers are relative to it.
    pub fn check(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        if self.0.len() > limits::FIELDS {
            problems.push(Problem::at("", format!("A catalogue has at most {} fields.", limits::FIELDS)));
        }
        for (name, field) in &self.0 {
            let pointer = format!("/{name}");
            let mut chars = name.chars();
            let starts = chars.next().is_some_and(|c| c.is_ascii_lowercase());
            if !starts
                || !chars.all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
                || name == "lists"
                || name == "as_of"
            {
                problems.push(Problem::at(
                    &pointer,
                    "A field's name is lower-case letters, digits and underscores, begins with a letter, and is not `lists` or `as_of`.",
                ));
            }
            if (field.kind == FieldType::Enum) == field.values.is_empty() {
                problems.push(Problem::at(&pointer, "An enum lists its `values`; no other type does."));
            }
            if field.min.zip(field.max).is_some_and(|(min, max)| min > max) {
                problems.push(Problem::at(&pointer, "`min` is above `max`."));
            }
            if field.min_confidence.is_some_and(|c| !(0.0..=1.0).contains(&c)) {
                problems.push(Problem::at(&pointer, "`min_confidence` is between 0 and 1."));
            }
            if let Missing::Value(json) = &field.missing
                && let Err(error) = Value::from_json(json, field)
            {
                problems.push(Problem::at(format!("{pointer}/missing"), format!("{error}.")));
            }
        }
        problems
    }

    /// What forbids that `self` follows `earlier`: a field that is gone or has another type or fewer values.
    pub fn check_growth(&self, earlier: &Self) -> Vec<Problem> {
        let mut problems = Vec::new();
        for (name, before) in &earlier.0 {
            let pointer = format!("/{name}");
            match self.get(name) {
                None => problems
                    .push(Problem::at(pointer, "A catalogue only grows; this field cannot be taken away.")),
                Some(now) if now.kind != before.kind => problems.push(Problem::at(
                    pointer,
                    format!("A field's type never changes; this one is {}.", before.kind),
                )),
                Some(now) if !now.values.starts_with(&before.values) => {
                    problems.push(Problem::at(
                        pointer,
                        "An enum's values stay in their order; add new ones at the end.",
                    ));
                }
                Some(_) => {}
            }
        }
        problems
    }
}
