//! Tests the static analysis of rule sets, and that its findings are true for the leads that follow.

mod findings;
mod holds;
mod nearest;

use std::collections::BTreeMap;

use chrono::DateTime;
use engine::action::{Action, Consequence};
use engine::catalogue::{Catalogue, FieldDefinition, FieldType, MissingMeaning};
use engine::decision::SnapshotList;
use engine::rules::{Inputs, Reading, RuleDefinition, RuleSet, RuleSetFile, Verdict};
use engine::value::Value;
use proptest::prelude::*;
use serde_json::json;

const FIELDS: &str = "
  intent: {type: number, min: 0, max: 1}
  size: {type: integer, min: 0}
  budget: {type: number}
  country: {type: string}
  source: {type: enum, values: [chat, web, partner]}
  vip: {type: bool}
  seen: {type: timestamp}
";

fn compile(rules: &[(&str, &str)]) -> RuleSet {
    let rules: Vec<String> = rules
        .iter()
        .enumerate()
        .map(|(index, (when, then))| format!("  - {{id: r{index}, when: {}, then: [{then}]}}\n", json!(when)))
        .collect();
    let yaml = format!(
        "rule_set: r\nfields:{FIELDS}lists: {{tam: [Acme]}}\nrules:\n{}default: hold\n",
        rules.concat()
    );
    let file = RuleSetFile::from_yaml(&yaml).unwrap_or_else(|problems| panic!("{yaml}{problems:?}"));
    file.compile().unwrap_or_else(|problems| panic!("{yaml}{problems:?}"))
}

fn catalogue() -> Catalogue {
    let mut fields: Catalogue =
        engine::rules::yaml::read(&format!("{{{}}}", FIELDS.trim().replace('\n', ","))).expect("fields");
    for field in fields.0.values_mut() {
        field.min_confidence = Some(0.5);
    }
    fields.0.insert(
        "stated".into(),
        FieldDefinition {
            missing: MissingMeaning::Value(json!(3)),
            ..FieldDefinition::new(FieldType::Integer)
        },
    );
    fields
}

fn file(rules: &[(String, usize)]) -> RuleSetFile {
    let rule = |(index, (when, kind)): (usize, &(String, usize))| RuleDefinition {
        id: format!("r{index}"),
        name: None,
        when: when.clone(),
        then: match kind {
            0 => vec![Consequence::Tag("t".into())],
            1 => vec![Consequence::Act { action: Action::Advance, parameters: BTreeMap::new() }],
            _ => vec![Consequence::Act { action: Action::Reject, parameters: BTreeMap::new() }],
        },
        min_confidence: if *kind == 3 { BTreeMap::from([("size".into(), 0.9)]) } else { BTreeMap::new() },
        risk: Vec::new(),
        table: None,
    };
    crate::generate::file(catalogue(), rules.iter().enumerate().map(rule))
}

fn rules_of(rules: &[(String, usize)]) -> RuleSet {
    file(rules).compile().unwrap_or_else(|problems| panic!("{rules:?}: {problems:?}"))
}

fn condition() -> impl Strategy<Value = String> {
    let atoms = vec![
        "vip",
        "vip",
        "size > 2",
        "size <= 2",
        "size == 3",
        "size < budget",
        "size >= 0",
        "budget >= 1.5",
        "size in [1, 3]",
        "size != 2",
        "intent < 0.5",
        "intent >= 0.5",
        "source == 'chat'",
        "source in ['chat', 'web']",
        "source != 'partner'",
        "country in lists.tam",
        "country < 'm'",
        "country == 'acme'",
        "country in ['acme', 'zorg']",
        "has(size)",
        "has(country)",
        "confidence(budget) > 0.4",
        "confidence(size) >= 0.9",
        "vip == has(size)",
        "seen < as_of",
        "seen >= as_of",
        "stated > 2",
        "has(stated)",
        "true",
    ];
    // Conditions without an atom, some of which are errors for some leads.
    let general = vec![
        "size * 2 > 5",
        "size * 2 > 5",
        "size + stated == 3",
        "10 / size > 3",
        "budget / 2.0 > 0.9",
        "size(country) > 3",
        "country.startsWith('a')",
        "int(country) > 1",
        "[1, 2].exists(v, v == size)",
        "[1, 2].all(v, v < size)",
        "(vip ? size : 0) > 1",
        "has(size) ? vip : false",
        "confidence(size) > 0.5 ? vip : true",
        "(country in lists.tam ? intent : 0.0) >= 0.5",
        "seen + duration('1s') > as_of",
    ];
    prop_oneof![3 => prop::sample::select(atoms), 1 => prop::sample::select(general)]
        .prop_map(str::to_owned)
        .prop_recursive(3, 8, 3, |inner| {
            prop_oneof![
                inner.clone().prop_map(|a| format!("!({a})")),
                (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a}) == ({b})")),
                prop::collection::vec(inner.clone(), 2..4)
                    .prop_map(|items| format!("({})", items.join(" && "))),
                prop::collection::vec(inner, 2..4).prop_map(|items| format!("({})", items.join(" || "))),
            ]
        })
}

fn value(name: &str) -> BoxedStrategy<Value> {
    match name {
        "size" | "stated" => (0_i64..5).prop_map(Value::Integer).boxed(),
        "budget" => prop::sample::select(vec![0.5, 1.5, 2.0, 2.5, 4.0]).prop_map(Value::Number).boxed(),
        "intent" => prop::sample::select(vec![0.0, 0.25, 0.5, 1.0]).prop_map(Value::Number).boxed(),
        "source" => {
            prop::sample::select(vec!["chat", "web", "partner"]).prop_map(|v| Value::Text(v.into())).boxed()
        }
        "country" => {
            prop::sample::select(vec!["acme", "zorg", "b", "m"]).prop_map(|v| Value::Text(v.into())).boxed()
        }
        "seen" => prop::sample::select(vec![-1_i64, 0, 1])
            .prop_map(|s| Value::Timestamp(DateTime::from_timestamp(s, 0).expect("a time")))
            .boxed(),
        _ => any::<bool>().prop_map(Value::Bool).boxed(),
    }
}

type Lead = (BTreeMap<String, Reading>, bool);

fn lead() -> impl Strategy<Value = Lead> {
    let names: Vec<String> = catalogue().0.into_keys().collect();
    let confidence = || {
        prop::sample::select(vec![
            None,
            Some(0.2),
            Some(0.45),
            Some(0.5),
            Some(0.95),
            Some(1.0),
            Some(1.0),
            Some(1.0),
        ])
    };
    let seen: Vec<_> = names.iter().map(|name| (confidence(), value(name))).collect();
    (seen, any::<bool>()).prop_map(move |(seen, is_listed)| {
        let read = names.iter().zip(seen).filter_map(|(name, (confidence, value))| {
            Some((name.clone(), Reading { value, confidence: confidence? }))
        });
        (read.collect(), is_listed)
    })
}

fn decide(rules: &RuleSet, (readings, is_listed): &Lead) -> Verdict {
    let by_field = readings.get("country").map(|_| ("country".to_owned(), *is_listed)).into_iter().collect();
    let lists = BTreeMap::from([("tam".to_owned(), SnapshotList { by_field, ..SnapshotList::default() })]);
    rules.decide(&Inputs { readings, lists: &lists, as_of: DateTime::UNIX_EPOCH })
}
