//! Checks a map against its catalogue.

use std::collections::BTreeMap;

use chrono::TimeDelta;

use super::boolean::BooleanReader;
use super::choice::EnumReader;
use super::extract::{CompiledExtractor, CompiledField, ExtractionMap};
use super::map::{Extractor, MapFile, MappedField, pointer};
use super::missing::{MissingTexts, holds_places};
use super::number::NumberReader;
use super::phrases::PhraseReader;
use super::words::words_of;
use crate::catalogue::{Catalogue, FieldDefinition, FieldType};
use crate::limits;
use crate::problem::{Problem, nearest};

/// The top-level parts of an event that a path can start with.
const PARTS: [&str; 4] = ["kind", "source", "lead", "payload"];
/// The lead's identifying fields.
const LEAD: [&str; 5] = ["email", "external_id", "name", "company", "domain"];

pub(super) fn compile(file: &MapFile, catalogue: &Catalogue) -> Result<ExtractionMap, Vec<Problem>> {
    let mut problems = Vec::new();
    if file.map.trim().is_empty() || file.map.chars().count() > limits::NAME_CHARS {
        problems.push(Problem::at(
            "/map",
            format!("A map's name must have 1 to {} characters.", limits::NAME_CHARS),
        ));
    }
    if file.fields.is_empty() {
        problems.push(Problem::at("/fields", "A map must fill at least one field."));
    }
    let mut fields = BTreeMap::new();
    for (name, mapped) in &file.fields {
        match catalogue.get(name) {
            Some(definition) => {
                drop(fields.insert(name.clone(), field(name, mapped, definition, &mut problems)))
            }
            None => {
                let problem = Problem::at(
                    pointer(&["fields", name]),
                    format!("Field `{name}` is not in the catalogue."),
                );
                problems.push(problem.suggest(nearest(name, catalogue.names())));
            }
        }
    }
    if problems.is_empty() { Ok(ExtractionMap { name: file.map.clone(), fields }) } else { Err(problems) }
}

fn field(
    name: &str,
    mapped: &MappedField,
    definition: &FieldDefinition,
    problems: &mut Vec<Problem>,
) -> CompiledField {
    check_paths(name, &mapped.from.0, problems);
    check_type(name, &mapped.extract, definition.kind, problems);
    if mapped.min_confidence.is_some_and(|least| !(0.0..=1.0).contains(&least)) {
        let at = pointer(&["fields", name, "min_confidence"]);
        problems.push(Problem::at(at, "A confidence must be between 0 and 1."));
    }
    if mapped.earlier_days.is_some_and(|days| !(1..=limits::EARLIER_DAYS).contains(&days)) {
        let at = pointer(&["fields", name, "earlier_days"]);
        let message = format!("A field can look back over 1 to {} days.", limits::EARLIER_DAYS);
        problems.push(Problem::at(at, message));
    }
    for (i, text) in mapped.missing.iter().enumerate() {
        if words_of(text).is_empty() || text.chars().count() > limits::NAME_CHARS {
            let at = pointer(&["fields", name, "missing", &i.to_string()]);
            let message = format!(
                "A text must contain letters or digits and have at most {} characters; a single dash always counts as missing.",
                limits::NAME_CHARS
            );
            problems.push(Problem::at(at, message));
        }
    }
    let reader = match &mapped.extract {
        Extractor::Text(_) => CompiledExtractor::Text,
        Extractor::Timestamp(_) => CompiledExtractor::Timestamp,
        Extractor::Number(settings) => {
            CompiledExtractor::Number(Box::new(NumberReader::one(settings, name, definition, problems)))
        }
        Extractor::Range(settings) => {
            CompiledExtractor::Number(Box::new(NumberReader::range(settings, name, definition, problems)))
        }
        Extractor::Enum(settings) => {
            CompiledExtractor::Enum(EnumReader::compile(settings, name, definition, problems))
        }
        Extractor::Boolean(settings) => {
            CompiledExtractor::Boolean(BooleanReader::compile(settings, name, problems))
        }
        Extractor::Phrases(settings) => {
            CompiledExtractor::Phrases(PhraseReader::compile(settings, name, problems))
        }
    };
    CompiledField {
        definition: definition.clone(),
        paths: mapped.from.0.clone(),
        min_confidence: mapped.min_confidence,
        earlier: mapped.earlier_days.map(|days| TimeDelta::days(days.into())),
        missing: MissingTexts::of(&mapped.missing),
        places: holds_places(
            [name]
                .into_iter()
                .chain(definition.title.as_deref())
                .chain(mapped.from.0.iter().map(String::as_str)),
        ),
        extractor: mapped.extract.name(),
        reader,
    }
}

fn check_type(name: &str, extractor: &Extractor, kind: FieldType, problems: &mut Vec<Problem>) {
    let (fits, usual) = match kind {
        FieldType::String => (matches!(extractor, Extractor::Text(_)), "text"),
        FieldType::Integer => (matches!(extractor, Extractor::Number(_) | Extractor::Range(_)), "number"),
        FieldType::Number => (
            matches!(extractor, Extractor::Number(_) | Extractor::Range(_) | Extractor::Phrases(_)),
            "number",
        ),
        FieldType::Enum => (matches!(extractor, Extractor::Enum(_)), "enum"),
        FieldType::Bool => (matches!(extractor, Extractor::Boolean(_)), "boolean"),
        FieldType::Timestamp => (matches!(extractor, Extractor::Timestamp(_)), "timestamp"),
    };
    if !fits {
        let message =
            format!("`{}` cannot be used here because the field has type {kind}.", extractor.name());
        problems.push(Problem::at(pointer(&["fields", name, "extract"]), message).suggest(Some(usual)));
    }
}

fn check_paths(name: &str, paths: &[String], problems: &mut Vec<Problem>) {
    let at = pointer(&["fields", name, "from"]);
    if paths.is_empty() {
        problems
            .push(Problem::at(&at, "Add at least one path into the event, for example /payload/company."));
    }
    for (i, path) in paths.iter().enumerate() {
        // A single path is written without brackets.
        let at = if paths.len() == 1 { at.clone() } else { format!("{at}/{i}") };
        if let Err((message, suggestion)) = check_path(path) {
            problems.push(Problem::at(at, message).suggest(suggestion));
        } else if paths[..i].contains(path) {
            problems.push(Problem::at(at, format!("`{path}` is listed twice.")));
        }
    }
}

fn check_path(path: &str) -> Result<(), (String, Option<String>)> {
    let Some(inner) = path.strip_prefix('/') else {
        let dotted = path.trim_start_matches("$.").replace('.', "/");
        return Err((
            format!("A path must be a JSON pointer that starts with /, unlike `{path}`."),
            Some(format!("/{dotted}")),
        ));
    };
    let escaped = |key: &str| key.split('~').skip(1).all(|rest| rest.starts_with(['0', '1']));
    if path.chars().count() > limits::KEY_CHARS || !inner.split('/').all(escaped) {
        let message =
            format!("A path can have at most {} characters; write ~ as ~0 and / as ~1.", limits::KEY_CHARS);
        return Err((message, None));
    }
    let (part, rest) = inner.split_once('/').map_or((inner, None), |(part, rest)| (part, Some(rest)));
    let meant = |word: &str, known: &[&'static str], before: &str, after: Option<&str>| {
        let nearest = nearest(word, known.iter().copied())?;
        Some(format!("{before}/{nearest}{}", after.map(|rest| format!("/{rest}")).unwrap_or_default()))
    };
    match (part, rest) {
        ("kind" | "source", None) | ("payload", Some(_)) => Ok(()),
        ("lead", Some(key)) if LEAD.contains(&key) => Ok(()),
        ("lead", Some(key)) => {
            Err((format!("The fields of a lead are {}.", LEAD.join(", ")), meant(key, &LEAD, "/lead", None)))
        }
        ("lead" | "payload", None) => {
            Err((format!("The path ends at `{part}`; add the value to read within it."), None))
        }
        ("kind" | "source", Some(_)) => {
            Err((format!("`{part}` is a text, so the path must end there."), Some(format!("/{part}"))))
        }
        _ => Err((
            format!("A path must start with one of {}.", PARTS.join(", ")),
            meant(part, &PARTS, "", rest),
        )),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;

    fn catalogue() -> Catalogue {
        serde_json::from_value(json!({
            "budget": {"type": "number", "unit": "EUR"},
            "company": {"type": "string"},
            "company_size": {"type": "integer", "unit": "employees"},
            "decision_maker": {"type": "bool"},
            "intent_confidence": {"type": "number", "min": 0, "max": 1},
            "product_interest": {"type": "enum", "values": ["analytics", "security"]},
            "since": {"type": "timestamp"},
        }))
        .unwrap()
    }

    fn problems(fields: Json) -> Vec<(String, Option<String>)> {
        let file = MapFile::from_json(&json!({"map": "m", "fields": fields})).unwrap();
        let problems =
            ExtractionMap::compile(&file, &catalogue()).map(|_| ()).expect_err("the map is invalid");
        problems.into_iter().map(|problem| (problem.pointer, problem.suggestion)).collect()
    }

    fn one(field: &str, settings: Json) -> (String, Option<String>) {
        let mut all = problems(json!({ field: settings }));
        assert_eq!(all.len(), 1, "{all:?}");
        all.remove(0)
    }

    #[test]
    fn every_extractor_fits_its_types_and_no_other() {
        let extractors = [
            (json!({"extract": "text"}), "company", "text"),
            (json!({"extract": "number"}), "budget company_size intent_confidence", "number"),
            (json!({"extract": "range"}), "budget company_size intent_confidence", "range"),
            (json!({"extract": "enum"}), "product_interest", "enum"),
            (json!({"extract": "boolean"}), "decision_maker", "boolean"),
            (json!({"extract": "phrases", "phrases": {"a": 0.5}}), "budget intent_confidence", "phrases"),
            (json!({"extract": "timestamp"}), "since", "timestamp"),
        ];
        for (extractor, fits, name) in extractors {
            for field in catalogue().names() {
                let mut mapped = extractor.clone();
                mapped["from"] = "/payload/a".into();
                let file = MapFile::from_json(&json!({"map": "m", "fields": {field: mapped}})).unwrap();
                let compiled = ExtractionMap::compile(&file, &catalogue());
                if fits.split(' ').any(|fitting| fitting == field) {
                    assert!(compiled.is_ok(), "{name} {field}");
                } else {
                    let pointers: Vec<_> =
                        compiled.unwrap_err().into_iter().map(|problem| problem.pointer).collect();
                    assert!(
                        pointers.contains(&format!("/fields/{field}/extract")),
                        "{name} {field} {pointers:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn misspelt_names_get_a_suggestion() {
        assert_eq!(
            one("compny", json!({"from": "/payload/a", "extract": "text"})),
            ("/fields/compny".into(), Some("company".into()))
        );
        assert_eq!(
            one("company", json!({"from": "/payload/a", "extract": "enum"})),
            ("/fields/company/extract".into(), Some("text".into()))
        );
        assert_eq!(
            one("budget", json!({"from": "/payload/a", "extract": "number", "currency": ["EUR", "eur"]})),
            ("/fields/budget/currency/1".into(), Some("EUR".into()))
        );
    }

    #[test]
    fn paths() {
        let path = |path: &str| one("company", json!({"from": path, "extract": "text"}));
        let from = || "/fields/company/from".to_owned();
        assert_eq!(path("payload.company"), (from(), Some("/payload/company".into())));
        assert_eq!(path("/pyload/company/a"), (from(), Some("/payload/company/a".into())));
        assert_eq!(path("/lead/compny"), (from(), Some("/lead/company".into())));
        assert_eq!(path("/lead/company/name").0, from());
        assert_eq!(path("/payload"), (from(), None));
        assert_eq!(path("/source/a"), (from(), Some("/source".into())));
        assert_eq!(path("/payload/a~2b"), (from(), None));
        assert_eq!(path(""), (from(), Some("/".into())));
        assert_eq!(path(&format!("/payload/{}", "a".repeat(300))), (from(), None));
        assert_eq!(one("company", json!({"from": [], "extract": "text"})), (from(), None));
        let twice = one("company", json!({"from": ["/payload/a~1b", "/payload/a~1b"], "extract": "text"}));
        assert_eq!(twice, (from() + "/1", None));
    }

    #[test]
    fn the_rest() {
        let confidence = json!({"from": "/source", "extract": "text", "min_confidence": 1.5});
        assert_eq!(one("company", confidence).0, "/fields/company/min_confidence");
        let missing = json!({"from": "/source", "extract": "text", "missing": ["test", "-"]});
        assert_eq!(one("company", missing).0, "/fields/company/missing/1");
        assert_eq!(problems(json!({})), [("/fields".into(), None)]);
        let nameless = MapFile { map: " ".into(), ..MapFile::default() };
        assert_eq!(ExtractionMap::compile(&nameless, &catalogue()).unwrap_err().len(), 2);
    }
}
