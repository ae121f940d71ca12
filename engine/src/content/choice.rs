//! The `enum` extractor, which reads one of the field's values by its name or a synonym.

use super::confidence;
use super::map::{EnumSettings, pointer};
use super::negation::Negation;
use super::reading::{ReadResult, TextReading};
use super::source::SourceText;
use super::titles;
use super::unread::UnreadReason;
use super::words::{PhraseMatch, Phrasebook, words_of};
use crate::catalogue::FieldDefinition;
use crate::limits;
use crate::problem::{Problem, nearest};
use crate::value::Value;

/// The words for each value of a field.
#[derive(Clone, Debug)]
pub(super) struct EnumReader {
    book: Phrasebook<Meaning>,
}

#[derive(Clone, Debug)]
struct Meaning {
    value: String,
    /// Whether the words are the value's own name.
    name: bool,
    /// Whether the words are a job title, which can be another person's.
    is_title: bool,
}

impl EnumReader {
    /// Compiles the words of the field `name` and adds any problems to `problems`.
    pub fn compile(
        settings: &EnumSettings,
        name: &str,
        field: &FieldDefinition,
        problems: &mut Vec<Problem>,
    ) -> Self {
        let mut book = Phrasebook::default();
        for value in &field.values {
            let meaning = Meaning { value: value.clone(), name: true, is_title: titles::is_title(value) };
            if let Some(other) = book.insert(&words_of(value), meaning) {
                let message =
                    format!("The values `{value}` and `{}` cannot be distinguished in a text.", other.value);
                problems.push(Problem::at(pointer(&["fields", name, "extract"]), message));
            }
        }
        for (value, synonyms) in &settings.synonyms {
            let at = pointer(&["fields", name, "synonyms", value]);
            if !field.values.contains(value) {
                let message = format!(
                    "`{value}` is not a value of this field; the values are {}.",
                    field.values.join(", ")
                );
                problems.push(
                    Problem::at(&at, message)
                        .suggest(nearest(value, field.values.iter().map(String::as_str))),
                );
                continue;
            }
            for (i, synonym) in synonyms.iter().enumerate() {
                let words = words_of(synonym);
                let is_title = titles::is_title(synonym);
                let wrong = match book.insert(&words, Meaning { value: value.clone(), name: false, is_title })
                {
                    _ if words.is_empty() || synonym.chars().count() > limits::NAME_CHARS => Some(format!(
                        "A synonym must contain letters or digits and have at most {} characters.",
                        limits::NAME_CHARS
                    )),
                    Some(other) if other.value != *value => Some(format!(
                        "`{synonym}` is already a word for `{}`; a synonym can have only one value.",
                        other.value
                    )),
                    _ => None,
                };
                problems.extend(wrong.map(|message| Problem::at(format!("{at}/{i}"), message)));
            }
        }
        Self { book }
    }

    /// Returns whether the whole text is a value or a synonym.
    pub fn recognises(&self, source: &SourceText) -> bool {
        self.book.exactly(&source.words).is_some()
    }

    /// Returns the value that the text names, if it names exactly one.
    pub fn read(&self, source: &SourceText) -> ReadResult {
        if source.cut {
            return Err(UnreadReason::TooLong);
        }
        let words = &source.words;
        if let Some(meaning) = self.book.exactly(words) {
            let confidence = if meaning.name { confidence::EXACT } else { confidence::SYNONYM };
            return Ok(TextReading::new(Value::Text(meaning.value.clone()), confidence, source.trimmed()));
        }
        let hits = self.book.find(words);
        let denied = Negation::of_all().denied(words, &hits);
        let of_another =
            |hit: &PhraseMatch<'_, Meaning>| hit.value.is_title && titles::is_attributed(words, hit);
        let mut counted = hits
            .iter()
            .zip(&denied)
            .filter(|(hit, denied)| !**denied && !of_another(hit))
            .map(|(hit, _)| hit);
        let Some(first) = counted.next() else {
            return Err(match hits.is_empty() {
                true => UnreadReason::NoMatch,
                false if denied.contains(&true) => UnreadReason::Denied,
                false => UnreadReason::Attributed,
            });
        };
        let mut values = vec![first.value.value.clone()];
        for hit in counted {
            if !values.contains(&hit.value.value) {
                values.push(hit.value.value.clone());
            }
        }
        if values.len() > 1 {
            return Err(UnreadReason::Ambiguous(values));
        }
        Ok(TextReading::new(
            Value::Text(first.value.value.clone()),
            confidence::WITHIN_TEXT,
            first.span(words),
        ))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;
    use crate::catalogue::FieldType;

    fn field(values: &[&str]) -> FieldDefinition {
        let values = values.iter().map(|value| (*value).to_owned()).collect();
        FieldDefinition { values, ..FieldDefinition::new(FieldType::Enum) }
    }

    fn settings(synonyms: Json) -> EnumSettings {
        serde_json::from_value(json!({ "synonyms": synonyms })).unwrap()
    }

    fn read(json: Json) -> Result<(String, f64, [usize; 2]), UnreadReason> {
        let settings = settings(
            json!({"analytics": ["dashboards", "reporting", "BI tool"], "security": ["sso", "Zugriffsschutz für alle"]}),
        );
        let mut problems = Vec::new();
        let choice = EnumReader::compile(
            &settings,
            "interest",
            &field(&["analytics", "security", "web_form", "c++", "c#", "1000+", "1000"]),
            &mut problems,
        );
        assert_eq!(problems, []);
        let reading = choice.read(&SourceText::at(&json, "").unwrap())?;
        Ok((reading.value.to_json().as_str().unwrap().to_owned(), reading.confidence, reading.span))
    }

    #[test]
    fn names_synonyms_and_texts() {
        for (text, value, confidence, span) in [
            ("analytics", "analytics", 0.99, [0, 9]),
            ("  ANALYTICS! ", "analytics", 0.99, [2, 12]),
            ("Web Form", "web_form", 0.99, [0, 8]),
            ("C++", "c++", 0.99, [0, 3]),
            ("c#", "c#", 0.99, [0, 2]),
            ("1000+", "1000+", 0.99, [0, 5]),
            ("1000", "1000", 0.99, [0, 4]),
            ("Dashboards", "analytics", 0.95, [0, 10]),
            ("bi-tool", "analytics", 0.95, [0, 7]),
            ("zugriffsschutz fur alle", "security", 0.95, [0, 23]),
            ("We need SSO for all", "security", 0.8, [8, 11]),
            ("reporting, dashboards and so on", "analytics", 0.8, [0, 9]),
            ("no dashboards but SSO", "security", 0.8, [18, 21]),
        ] {
            assert_eq!(read(json!(text)), Ok((value.into(), confidence, span)), "{text}");
        }
        assert_eq!(read(json!(["security"])), Ok(("security".into(), 0.99, [0, 12])));
        assert_eq!(read(json!(1000)), Ok(("1000".into(), 0.99, [0, 4])));
    }

    #[test]
    fn ambiguous_and_denied_values_are_not_read() {
        assert_eq!(read(json!("ssot")), Err(UnreadReason::NoMatch));
        assert_eq!(read(json!("something else")), Err(UnreadReason::NoMatch));
        assert_eq!(
            read(json!("Dashboards and SSO")),
            Err(UnreadReason::Ambiguous(vec!["analytics".into(), "security".into()]))
        );
        assert_eq!(
            read(json!(["analytics", "security"])),
            Err(UnreadReason::Ambiguous(vec!["analytics".into(), "security".into()]))
        );
        assert_eq!(read(json!("we have no dashboards")), Err(UnreadReason::Denied));
    }

    #[test]
    fn titles_of_other_people_are_not_the_authors() {
        let settings = settings(json!({"c_level": ["ceo", "cfo"], "staff": ["assistant", "analyst"]}));
        let choice = EnumReader::compile(&settings, "level", &field(&["c_level", "staff"]), &mut Vec::new());
        let read = |text: &str| {
            let json = json!(text);
            choice.read(&SourceText::at(&json, "").unwrap()).map(|reading| reading.value.to_json())
        };
        assert_eq!(read("Assistant to the CEO"), Ok(json!("staff")));
        assert_eq!(read("CEO and owner"), Ok(json!("c_level")));
        assert_eq!(read("I report to the CFO"), Err(UnreadReason::Attributed));
        assert_eq!(read("former CEO of Globex"), Err(UnreadReason::Attributed));
    }

    #[test]
    fn problems_of_a_map_are_reported() {
        let mut problems = Vec::new();
        let settings = settings(json!({"analitics": ["a"], "security": ["SSO", "Analytics!", "…", "sso"]}));
        EnumReader::compile(
            &settings,
            "interest",
            &field(&["analytics", "security", "Security!"]),
            &mut problems,
        );
        let found: Vec<_> = problems
            .iter()
            .map(|problem| (problem.pointer.as_str(), problem.suggestion.as_deref()))
            .collect();
        assert_eq!(
            found,
            [
                ("/fields/interest/extract", None),
                ("/fields/interest/synonyms/analitics", Some("analytics")),
                ("/fields/interest/synonyms/security/1", None),
                ("/fields/interest/synonyms/security/2", None),
            ]
        );
    }
}
