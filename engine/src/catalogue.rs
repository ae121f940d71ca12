//! The field catalogue of a workflow: the fields that maps fill and rules read. A catalogue only grows; the
//! type of a field never changes.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::limits;
use crate::problem::Problem;
use crate::value::{Value, ValueError};

/// The fields of a workflow, sorted by name.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Catalogue(pub BTreeMap<String, FieldDefinition>);

/// The type of a field's value.
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
    /// True or false.
    Bool,
    /// A whole number.
    Integer,
    /// A finite number.
    Number,
    /// Free text.
    String,
    /// One of the field's `values`.
    Enum,
    /// A point in time, RFC 3339.
    Timestamp,
}

/// The definition of a field, independent of any lead.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FieldDefinition {
    /// The type of the value.
    #[serde(rename = "type")]
    pub kind: FieldType,
    /// The label shown to people, for example `Company size`; derived from the name by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The unit of a number, for example `employees` or `days`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// The smallest allowed number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<f64>,
    /// The largest allowed number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<f64>,
    /// The allowed values of an enum.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<String>,
    /// The value assumed when the field was not found.
    #[serde(default, skip_serializing_if = "MissingMeaning::is_unknown")]
    pub missing: MissingMeaning,
    /// The confidence below which the field counts as unknown, 0 to 1. A workflow sets it in the map; a rule
    /// file used on its own sets it here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_confidence: Option<f64>,
    /// Whether the text identifies a person. Such a field is left out of the columns that simulations run on.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub personal: bool,
}

/// The meaning of a missing field: unknown, or a fixed value.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(from = "serde_json::Value", into = "serde_json::Value")]
#[schemars(with = "serde_json::Value")]
#[schemars(rename = "Missing")]
pub enum MissingMeaning {
    /// The field is unknown, and so is every condition that depends on it.
    #[default]
    Unknown,
    /// The field has this value, with full confidence.
    Value(serde_json::Value),
}

impl MissingMeaning {
    fn is_unknown(&self) -> bool {
        *self == Self::Unknown
    }
}

impl From<serde_json::Value> for MissingMeaning {
    fn from(json: serde_json::Value) -> Self {
        match json.as_str() {
            Some("unknown") => Self::Unknown,
            _ => Self::Value(json),
        }
    }
}

impl From<MissingMeaning> for serde_json::Value {
    fn from(missing: MissingMeaning) -> Self {
        match missing {
            MissingMeaning::Unknown => "unknown".into(),
            MissingMeaning::Value(value) => value,
        }
    }
}

impl FieldDefinition {
    /// Creates a definition with this type and defaults for everything else.
    pub fn new(kind: FieldType) -> Self {
        Self {
            kind,
            title: None,
            unit: None,
            min: None,
            max: None,
            values: Vec::new(),
            missing: MissingMeaning::Unknown,
            min_confidence: None,
            personal: false,
        }
    }

    /// Returns the value assumed for a missing field, or `None` if it is unknown.
    pub fn missing_value(&self) -> Option<Value> {
        match &self.missing {
            MissingMeaning::Unknown => None,
            MissingMeaning::Value(json) => Value::from_json(json, self).ok(),
        }
    }

    /// Checks that the number is between `min` and `max`.
    ///
    /// # Errors
    /// Returns [`ValueError::Range`] if it is not.
    pub fn check_range(&self, n: f64) -> Result<(), ValueError> {
        if self.min.is_some_and(|min| n < min) || self.max.is_some_and(|max| n > max) {
            return Err(ValueError::Range { found: n.to_string(), range: self.range() });
        }
        Ok(())
    }

    fn range(&self) -> String {
        match (self.min, self.max) {
            (Some(min), Some(max)) => format!("{min} to {max}"),
            (Some(min), None) => format!("{min} or more"),
            (None, Some(max)) => format!("{max} or less"),
            (None, None) => "any number".into(),
        }
    }
}

impl Catalogue {
    /// Returns the definition of a field.
    pub fn get(&self, name: &str) -> Option<&FieldDefinition> {
        self.0.get(name)
    }

    /// Returns the names of all fields, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Returns the label of a field: its title, or else its name in words.
    pub fn title(&self, name: &str) -> String {
        if let Some(title) = self.get(name).and_then(|field| field.title.clone()) {
            return title;
        }
        let words = name.replace('_', " ");
        let mut chars = words.chars();
        chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
    }

    /// Checks the catalogue itself and returns every problem found, with pointers relative to the catalogue.
    pub fn check(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        if self.0.len() > limits::FIELDS {
            problems
                .push(Problem::at("", format!("A catalogue can have at most {} fields.", limits::FIELDS)));
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
                    "A field name must start with a lower-case letter, contain only lower-case letters, digits and underscores, and not be `lists` or `as_of`.",
                ));
            }
            if (field.kind == FieldType::Enum) == field.values.is_empty() {
                problems.push(Problem::at(&pointer, "An enum must list its `values`; other types must not."));
            }
            if field.min.zip(field.max).is_some_and(|(min, max)| min > max) {
                problems.push(Problem::at(&pointer, "`min` must not be greater than `max`."));
            }
            if field.min_confidence.is_some_and(|c| !(0.0..=1.0).contains(&c)) {
                problems.push(Problem::at(&pointer, "`min_confidence` must be between 0 and 1."));
            }
            if let MissingMeaning::Value(json) = &field.missing
                && let Err(error) = Value::from_json(json, field)
            {
                problems.push(Problem::at(format!("{pointer}/missing"), format!("{error}.")));
            }
        }
        problems
    }

    /// Returns a problem for each field of `earlier` that `self` removes, retypes, or reduces in its values.
    pub fn check_growth(&self, earlier: &Self) -> Vec<Problem> {
        let mut problems = Vec::new();
        for (name, before) in &earlier.0 {
            let pointer = format!("/{name}");
            match self.get(name) {
                None => problems.push(Problem::at(pointer, "Fields cannot be removed from a catalogue.")),
                Some(now) if now.kind != before.kind => problems.push(Problem::at(
                    pointer,
                    format!("The type of a field cannot change; this field is {}.", before.kind),
                )),
                Some(now) if !now.values.starts_with(&before.values) => {
                    problems.push(Problem::at(
                        pointer,
                        "The values of an enum must keep their order; add new values at the end.",
                    ));
                }
                Some(_) => {}
            }
        }
        problems
    }
}
