//! Runs the examples of the language reference.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use engine::decision::SnapshotList;
use engine::rules::typed::{Evaluation, evaluate};
use engine::rules::{Inputs, Reading, RuleSetFile, UnsupportedSyntax, parse, unparse};
use engine::value::Value;
use strum::IntoEnumIterator as _;

const REFERENCE: &str = include_str!("../../../docs/language.md");

/// Returns the lines of all blocks of a kind, each as an example and its result.
fn examples(kind: &str) -> Vec<(&'static str, &'static str)> {
    let blocks = REFERENCE.split("\n```").filter_map(|block| block.strip_prefix(kind)?.strip_prefix('\n'));
    let lines = blocks.flat_map(str::lines).filter(|line| !line.trim().is_empty());
    let pair = |line: &'static str| {
        let (text, result) = line.split_once(" // => ").unwrap_or_else(|| panic!("no result: {line}"));
        (text.trim(), result.trim())
    };
    let found: Vec<_> = lines.map(pair).collect();
    assert!(!found.is_empty(), "no examples of {kind}");
    found
}

fn file(when: &str) -> RuleSetFile {
    let yaml = REFERENCE
        .split("\n```yaml\n")
        .nth(1)
        .and_then(|rest| rest.split("\n```").next())
        .expect("the example");
    let mut file = RuleSetFile::from_yaml(yaml).expect("the example is a rule file");
    file.rules[0].when = when.to_owned();
    file
}

fn at(text: &str) -> DateTime<Utc> {
    text.parse().expect("an instant")
}

fn outcome(when: &str) -> String {
    let reading = |value, confidence| Reading { value, confidence };
    let text = |text: &str| reading(Value::Text(text.to_owned()), 1.0);
    let readings = BTreeMap::from([
        ("company".to_owned(), text("Acme")),
        ("domain".to_owned(), text("acme.example")),
        ("source".to_owned(), text("chat")),
        ("company_size".to_owned(), reading(Value::Integer(120), 1.0)),
        ("last_seen".to_owned(), reading(Value::Timestamp(at("2026-01-30T09:00:00Z")), 1.0)),
        ("intent".to_owned(), reading(Value::Number(0.9), 0.5)),
    ]);
    let by_field = BTreeMap::from([("company".to_owned(), true)]);
    let lists = BTreeMap::from([("tam".to_owned(), SnapshotList { by_field, ..SnapshotList::default() })]);
    let rules = file(when).compile().unwrap_or_else(|problems| panic!("{when}: {problems:?}"));
    let inputs = Inputs { readings: &readings, lists: &lists, as_of: at("2026-02-01T00:00:00Z") };
    rules.decide(&inputs).trace[0].result.to_string()
}

#[test]
fn expressions_have_the_documented_results() {
    for (text, result) in examples("cel") {
        let found = match evaluate(text, &BTreeMap::new()) {
            Evaluation::Value(value) => value.to_string(),
            Evaluation::Error(message) => format!("error: {message}"),
            Evaluation::LeftOut(construct) => construct.to_string(),
        };
        assert_eq!(found, result, "{text}");
        let is_checked = engine::rules::typed::check_expression(text, &BTreeMap::new()).1;
        assert_eq!(is_checked, vec![], "{text}");
        let written = parse(text).0.map(|tree| unparse(&tree)).unwrap_or_default();
        assert_eq!(parse(&written).0, parse(text).0, "{text}");
    }
}

#[test]
fn conditions_have_the_documented_results_for_the_lead() {
    for (text, result) in examples("rule") {
        assert_eq!(outcome(text), result, "{text}");
    }
}

#[test]
fn invalid_conditions_have_the_documented_problems() {
    for (text, expected) in examples("refused") {
        let found = match file(text).compile() {
            Ok(_) => panic!("{text} is fine"),
            Err(problems) => problems
                .into_iter()
                .map(|problem| engine::problem::Problem { pointer: String::new(), ..problem }.to_string())
                .collect::<Vec<_>>(),
        };
        assert_eq!(found, [expected], "{text}");
    }
}

#[test]
fn every_unsupported_construct_has_a_documented_reason() {
    let table = REFERENCE.split("## What of CEL is left out").nth(1).expect("the section is there");
    for construct in UnsupportedSyntax::iter() {
        assert!(table.contains(&format!("\n| {construct}")), "{construct}");
    }
}
