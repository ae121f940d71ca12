//! The file format of extraction maps.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value as Json;

use crate::problem::{Problem, nearest};
use crate::rules::yaml;

/// An extraction map: defines where each field of the catalogue is found, and how it is read.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MapFile {
    /// The name of the map.
    pub map: String,
    /// The fields that the map fills, by their names in the catalogue.
    pub fields: BTreeMap<String, MappedField>,
}

/// Where one field is read, and how.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[schemars(extend("unevaluatedProperties" = false))]
pub struct MappedField {
    /// JSON pointers into the event `{"kind": …, "source": …, "lead": {…}, "payload": {…}}`, for example
    /// `/payload/company_size`. The first pointer with a value wins; `phrases` reads all of them together.
    pub from: Pointers,
    /// The extractor that reads the field, with its settings beside it.
    #[serde(flatten)]
    pub extract: Extractor,
    /// The confidence below which rules treat the field as unknown, 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_confidence: Option<f64>,
    /// Texts that count as missing, in addition to `n/a`, `-`, `select` and similar ones.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<String>,
    /// How many days back (1 to 365) the lead's earlier events of this workflow are read, newest first and at
    /// most 50, if the event itself does not have the field. By default, every event is read by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub earlier_days: Option<u16>,
}

/// One or more JSON pointers; in a file, a single one is written without brackets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(from = "OneOrMany", into = "OneOrMany")]
#[schemars(with = "OneOrMany")]
pub struct Pointers(pub Vec<String>);

/// How a text is converted to a value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "extract", rename_all = "lowercase")]
pub enum Extractor {
    /// The text itself, for a field of type `string`.
    Text(NoSettings),
    /// One number, for `integer` and `number`.
    Number(NumberSettings),
    /// A number or a range of numbers, for `integer` and `number`.
    Range(RangeSettings),
    /// One of the field's values, for `enum`.
    Enum(EnumSettings),
    /// Yes or no, for `bool`.
    Boolean(BooleanSettings),
    /// The strength of intent phrases, 0 to 1, for `number`.
    Phrases(PhrasesSettings),
    /// A date or time in ISO format, for `timestamp`.
    Timestamp(NoSettings),
}

/// The names of all extractors.
pub const EXTRACTORS: [&str; 7] = ["text", "number", "range", "enum", "boolean", "phrases", "timestamp"];

impl Extractor {
    /// Returns the name of the extractor as written in a file.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Text(_) => "text",
            Self::Number(_) => "number",
            Self::Range(_) => "range",
            Self::Enum(_) => "enum",
            Self::Boolean(_) => "boolean",
            Self::Phrases(_) => "phrases",
            Self::Timestamp(_) => "timestamp",
        }
    }
}

/// No settings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NoSettings {}

/// The settings of `number`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NumberSettings {
    /// The currencies to accept, as ISO 4217 codes. Amounts are not converted; amounts in other currencies are
    /// not read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub currency: Vec<String>,
    /// The decimal sign, if the form always writes numbers the same way. By default, each number is judged
    /// individually, and `1.234` is read as thousands with lower confidence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decimal: Option<DecimalSign>,
}

/// The settings of `range`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RangeSettings {
    /// The number of a range to use as the value.
    #[serde(default, skip_serializing_if = "is_default")]
    pub take: Take,
    /// The currencies to accept, as ISO 4217 codes. Amounts are not converted; amounts in other currencies are
    /// not read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub currency: Vec<String>,
    /// The decimal sign, if the form always writes numbers the same way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decimal: Option<DecimalSign>,
}

/// The number of a range to use as the value. A range that is open at the top has its lower end as the value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Take {
    /// The lower end.
    Low,
    /// The mean of both ends; halves are rounded up in a field of whole numbers.
    #[default]
    Middle,
    /// The upper end.
    High,
}

/// The sign before decimals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum DecimalSign {
    /// As in 1,234.56.
    Point,
    /// As in 1.234,56.
    Comma,
}

/// The settings of `enum`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EnumSettings {
    /// Synonyms for each value of the field, in addition to the value itself.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub synonyms: BTreeMap<String, Vec<String>>,
}

/// The settings of `boolean`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BooleanSettings {
    /// Words that mean yes anywhere in the text. `yes`, `true`, `1`, `on` and similar ones always do if they
    /// are the whole text.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub yes: Vec<String>,
    /// Words that mean no anywhere in the text.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub no: Vec<String>,
}

/// The settings of `phrases`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PhrasesSettings {
    /// The phrases with their weights, 0 to 1. Several phrases combine to 1 − Π(1 − weight).
    pub phrases: BTreeMap<String, f64>,
    /// The languages of the phrases: `en`, `de`, `fr`, `es`, `it`, `pt`, `nl`. Texts in other languages are not
    /// read.
    #[serde(default = "english", skip_serializing_if = "is_english")]
    pub languages: Vec<String>,
}

impl Default for PhrasesSettings {
    fn default() -> Self {
        Self { phrases: BTreeMap::new(), languages: english() }
    }
}

impl MapFile {
    /// Parses a map from JSON and reports each problem at its field.
    ///
    /// # Errors
    /// Returns every problem in the format of the map. Use
    /// [`ExtractionMap::compile`](super::ExtractionMap::compile) to check it against a catalogue.
    pub fn from_json(json: &Json) -> Result<Self, Vec<Problem>> {
        let Some(object) = json.as_object() else {
            return Err(vec![Problem::at("", "A map must be an object with `map` and `fields`.")]);
        };
        let mut problems = Vec::new();
        for key in object.keys().filter(|key| *key != "map" && *key != "fields") {
            let problem = Problem::at(pointer(&[key]), "A map can have only `map`, its name, and `fields`.");
            problems.push(problem.suggest(nearest(key, ["map", "fields"])));
        }
        let name = object.get("map").and_then(Json::as_str);
        if name.is_none() {
            problems.push(Problem::at("/map", "The map has no name; set it in `map`."));
        }
        let mut fields = BTreeMap::new();
        match object.get("fields").and_then(Json::as_object) {
            None => problems.push(Problem::at("/fields", "The map has no `fields`.")),
            Some(entries) => {
                for (field, json) in entries {
                    match MappedField::deserialize(json) {
                        Ok(mapped) => drop(fields.insert(field.clone(), mapped)),
                        Err(error) => problems.push(misread(field, json, &error)),
                    }
                }
            }
        }
        if problems.is_empty() {
            Ok(Self { map: name.unwrap_or_default().to_owned(), fields })
        } else {
            Err(problems)
        }
    }
}

/// Returns the problem of a field with an invalid format.
fn misread(field: &str, json: &Json, error: &serde_json::Error) -> Problem {
    let at = pointer(&["fields", field, "extract"]);
    match json.get("extract").map(Json::as_str) {
        None if json.is_object() => Problem::at(
            at,
            format!("The field has no extractor; set `extract` to one of {}.", EXTRACTORS.join(", ")),
        ),
        Some(Some(name)) if !EXTRACTORS.contains(&name) => {
            let meant = match name {
                "integer" | "int" | "float" | "currency" | "money" => Some("number"),
                "string" => Some("text"),
                "bool" => Some("boolean"),
                "date" | "datetime" | "time" => Some("timestamp"),
                "choice" | "select" => Some("enum"),
                _ => nearest(name, EXTRACTORS),
            };
            Problem::at(at, format!("`{name}` is not an extractor; use one of {}.", EXTRACTORS.join(", ")))
                .suggest(meant)
        }
        _ => {
            let error = error.to_string();
            let message = format!("The field is invalid: {}", yaml::sentence(&error));
            Problem::at(pointer(&["fields", field]), message).suggest(yaml::meant(&error))
        }
    }
}

/// Builds a JSON pointer from keys.
pub(super) fn pointer(keys: &[&str]) -> String {
    keys.iter().map(|key| format!("/{}", key.replace('~', "~0").replace('/', "~1"))).collect()
}

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl From<OneOrMany> for Pointers {
    fn from(pointers: OneOrMany) -> Self {
        match pointers {
            OneOrMany::One(pointer) => Self(vec![pointer]),
            OneOrMany::Many(pointers) => Self(pointers),
        }
    }
}

impl From<Pointers> for OneOrMany {
    fn from(Pointers(mut pointers): Pointers) -> Self {
        match (pointers.pop(), pointers.is_empty()) {
            (Some(only), true) => Self::One(only),
            (last, _) => {
                pointers.extend(last);
                Self::Many(pointers)
            }
        }
    }
}

/// Implemented by hand, because `flatten` and `deny_unknown_fields` cannot be combined in serde: keys that are
/// not common to all extractors are passed to the named extractor, which rejects those it does not support.
impl<'de> Deserialize<'de> for MappedField {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Common {
            from: Pointers,
            #[serde(default)]
            min_confidence: Option<f64>,
            #[serde(default)]
            missing: Vec<String>,
            #[serde(default)]
            earlier_days: Option<u16>,
        }
        let mut own = serde_json::Map::deserialize(deserializer)?;
        let keys = ["from", "min_confidence", "missing", "earlier_days"];
        let common = keys.iter().filter_map(|key| own.remove_entry(*key)).collect();
        let Common { from, min_confidence, missing, earlier_days } =
            serde_json::from_value(Json::Object(common)).map_err(serde::de::Error::custom)?;
        let extract = serde_json::from_value(Json::Object(own)).map_err(serde::de::Error::custom)?;
        Ok(Self { from, extract, min_confidence, missing, earlier_days })
    }
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

fn english() -> Vec<String> {
    vec!["en".into()]
}

fn is_english(languages: &[String]) -> bool {
    languages == ["en"]
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn example() -> Json {
        json!({"map": "inbound-form", "fields": {
            "budget": {"from": "/payload/budget", "extract": "number", "currency": ["EUR", "USD"]},
            "company": {"from": ["/payload/company", "/lead/company"], "extract": "text", "missing": ["test"]},
            "company_size": {"from": "/payload/company_size", "extract": "range", "take": "low", "min_confidence": 0.8},
            "decision_maker": {"from": "/payload/role", "extract": "boolean", "yes": ["ceo"], "no": ["intern"]},
            "intent_confidence": {"from": "/payload/message", "extract": "phrases", "phrases": {"book a demo": 0.9}, "languages": ["en", "de"]},
            "interest": {"from": "/payload/interest", "extract": "enum", "synonyms": {"security": ["sso"]}},
            "since": {"from": "/payload/since", "extract": "timestamp"},
        }})
    }

    #[test]
    fn a_file_comes_back_as_it_was() {
        let file = MapFile::from_json(&example()).unwrap();
        assert_eq!(serde_json::to_value(&file).unwrap(), example());
        assert_eq!(serde_json::from_value::<MapFile>(example()).unwrap(), file);
        for (field, (_, expected)) in file.fields.values().zip(example()["fields"].as_object().unwrap()) {
            assert_eq!(field.extract.name(), expected["extract"]);
        }
    }

    #[test]
    fn yaml_with_its_words_for_yes_and_no() {
        let file: MapFile = yaml_serde::from_str(
            "map: inbound-form\n\
             fields:\n  \
               company: {from: [/payload/company, /lead/company], extract: text}\n  \
               decision_maker: {from: /payload/role, extract: boolean, yes: [ceo, on], no: [intern, off]}\n  \
               intent_confidence:\n    from: /payload/message\n    extract: phrases\n    \
                 phrases: {\"book a demo\": 1, pricing: 0.6}\n",
        )
        .unwrap();
        let answers =
            BooleanSettings { yes: vec!["ceo".into(), "on".into()], no: vec!["intern".into(), "off".into()] };
        assert_eq!(file.fields["decision_maker"].extract, Extractor::Boolean(answers));
        assert_eq!(file.fields["company"].from.0.len(), 2);
        assert!(
            yaml_serde::from_str::<MapFile>(
                "map: a\nfields: {b: {from: /payload/c, extract: text, take: low}}"
            )
            .is_err()
        );
    }

    #[test]
    fn defaults_are_not_written() {
        let field: MappedField =
            serde_json::from_value(json!({"from": "/payload/a", "extract": "phrases", "phrases": {"a": 1}}))
                .unwrap();
        assert_eq!(
            field.extract,
            Extractor::Phrases(PhrasesSettings {
                phrases: [("a".to_owned(), 1.0)].into(),
                ..Default::default()
            })
        );
        assert_eq!(
            serde_json::to_value(&field).unwrap(),
            json!({"from": "/payload/a", "extract": "phrases", "phrases": {"a": 1.0}})
        );
    }

    #[test]
    fn every_problem_is_reported_at_its_field() {
        let problems = MapFile::from_json(&json!({"mp": "x", "fields": {
            "a": {"from": "/payload/a", "extract": "rang"},
            "b": {"from": "/payload/b"},
            "c": {"from": "/payload/c", "extract": "text", "take": "low"},
            "d": {"extract": "text"},
            "e/f": {"from": "/payload/c", "extract": "integer"},
            "g": {"from": "/payload/c", "extract": "range", "take": "lowest"},
            "h": 3,
        }}))
        .unwrap_err();
        let found: Vec<_> = problems
            .iter()
            .map(|problem| (problem.pointer.as_str(), problem.suggestion.as_deref()))
            .collect();
        assert_eq!(
            found,
            [
                ("/mp", Some("map")),
                ("/map", None),
                ("/fields/a/extract", Some("range")),
                ("/fields/b/extract", None),
                ("/fields/c", None),
                ("/fields/d", None),
                ("/fields/e~1f/extract", Some("number")),
                ("/fields/g", None),
                ("/fields/h", None),
            ]
        );
        assert!(problems[4].message.contains("unknown key `take`"), "{}", problems[4]);
        assert!(MapFile::from_json(&json!([])).is_err());
    }

    #[test]
    fn the_schema_has_each_extractor_and_nothing_else() {
        let schema = serde_json::to_value(schemars::schema_for!(MapFile)).unwrap();
        let field = schema["$defs"]["MappedField"].to_string();
        for name in EXTRACTORS {
            assert!(field.contains(&format!("{name:?}")), "{name}: {field}");
        }
        assert_eq!(schema["$defs"]["MappedField"]["unevaluatedProperties"], false);
    }
}
