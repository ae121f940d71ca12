//! Tests the promise of three-valued rules on generated ones: a decision other than the default remains the
//! same when unknown values become known.

use std::collections::BTreeMap;

use chrono::DateTime;
use engine::action::{Action, Consequence};
use engine::catalogue::{Catalogue, FieldDefinition, FieldType};
use engine::decision::{Outcome3, SnapshotList, UnknownReason};
use engine::rules::{Inputs, Reading, RuleDefinition, RuleSet, RuleSetFile, Verdict};
use engine::value::Value;
use proptest::prelude::*;

const BOOLS: [&str; 6] = ["a", "b", "c", "d", "e", "f"];

/// A field of a generated lead: its reading, if any, whether its confidence suffices, and the value it could
/// have.
type Seen = (Option<f64>, Value, Value);

fn catalogue() -> Catalogue {
    let mut fields: BTreeMap<String, FieldDefinition> =
        BOOLS.map(|name| (name.to_owned(), FieldDefinition::new(FieldType::Bool))).into();
    fields.insert("size".into(), FieldDefinition::new(FieldType::Integer));
    fields.insert("budget".into(), FieldDefinition::new(FieldType::Number));
    fields.insert(
        "source".into(),
        FieldDefinition {
            values: ["x", "y", "z"].map(str::to_owned).into(),
            ..FieldDefinition::new(FieldType::Enum)
        },
    );
    fields.insert("company".into(), FieldDefinition::new(FieldType::String));
    for field in fields.values_mut() {
        field.min_confidence = Some(0.5);
    }
    Catalogue(fields)
}

fn file(conditions: &[String]) -> RuleSetFile {
    let act = |action| vec![Consequence::Act { action, parameters: BTreeMap::new() }];
    let rule = |(index, when): (usize, &String)| RuleDefinition {
        id: format!("r{index}"),
        name: None,
        when: when.clone(),
        then: if index % 3 == 2 { vec![Consequence::Tag(format!("t{index}"))] } else { act(Action::Advance) },
        min_confidence: BTreeMap::new(),
        risk: Vec::new(),
        table: None,
    };
    crate::generate::file(catalogue(), conditions.iter().enumerate().map(rule))
}

fn compile(conditions: &[String]) -> RuleSet {
    file(conditions).compile().unwrap_or_else(|problems| panic!("{conditions:?}: {problems:?}"))
}

fn condition() -> impl Strategy<Value = String> {
    let atoms = vec![
        "a",
        "b",
        "c",
        "d",
        "size > 2",
        "size <= 2",
        "size == 3",
        "size < budget",
        "budget >= 1.5",
        "size in [1, 3]",
        "source == 'x'",
        "source in ['x', 'y']",
        "source != 'z'",
        "company in lists.tam",
        "company < 'm'",
        "has(size)",
        "confidence(budget) > 0.4",
        "a == b",
        "true",
    ];
    prop::sample::select(atoms).prop_map(str::to_owned).prop_recursive(4, 12, 3, |inner| {
        prop_oneof![
            inner.clone().prop_map(|a| format!("!({a})")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a}) == ({b})")),
            prop::collection::vec(inner.clone(), 2..4).prop_map(|items| format!("({})", items.join(" && "))),
            prop::collection::vec(inner, 2..4).prop_map(|items| format!("({})", items.join(" || "))),
        ]
    })
}

fn value(name: &str) -> BoxedStrategy<Value> {
    match name {
        "size" => (0_i64..5).prop_map(Value::Integer).boxed(),
        "budget" => prop::sample::select(vec![0.5, 1.5, 2.0, 2.5, 4.0]).prop_map(Value::Number).boxed(),
        "source" => prop::sample::select(vec!["x", "y", "z"]).prop_map(|v| Value::Text(v.into())).boxed(),
        "company" => prop::sample::select(vec!["acme", "zorg"]).prop_map(|v| Value::Text(v.into())).boxed(),
        _ => any::<bool>().prop_map(Value::Bool).boxed(),
    }
}

fn lead() -> impl Strategy<Value = BTreeMap<String, Seen>> {
    let fields: Vec<_> = catalogue().0.into_keys().collect();
    let confidence = prop::sample::select(vec![None, Some(0.2), Some(0.45), Some(0.5), Some(1.0)]);
    let seen: Vec<_> = fields.iter().map(|name| (confidence.clone(), value(name), value(name))).collect();
    seen.prop_map(move |seen| fields.iter().cloned().zip(seen).collect())
}

/// Returns the verdict with the unknown fields as they are, or filled in. The results of `has` and `confidence`
/// do not change, so only values are filled in: a field that was not found is filled in with full confidence
/// under rules that never test whether it was read.
fn decide(rules: &RuleSet, lead: &BTreeMap<String, Seen>, is_filled: bool) -> Verdict {
    let mut readings = BTreeMap::new();
    for (name, (confidence, value, other)) in lead {
        let is_known = confidence.is_some_and(|confidence| confidence >= 0.5);
        let value = if is_known || !is_filled { value } else { other };
        let confidence = if is_filled { Some(confidence.unwrap_or(1.0).max(0.5)) } else { *confidence };
        if let Some(confidence) = confidence {
            readings.insert(name.clone(), Reading { value: value.clone(), confidence });
        }
    }
    let is_listed =
        matches!(&readings.get("company"), Some(Reading { value: Value::Text(text), .. }) if text == "acme");
    let by_field = readings.get("company").map(|_| ("company".to_owned(), is_listed)).into_iter().collect();
    let lists = BTreeMap::from([("tam".to_owned(), SnapshotList { by_field, ..SnapshotList::default() })]);
    rules.decide(&Inputs { readings: &readings, lists: &lists, as_of: DateTime::UNIX_EPOCH })
}

/// Returns the condition with `has` and `confidence` replaced by their results, which filling in must not
/// change.
fn observed(condition: &str, lead: &BTreeMap<String, Seen>) -> String {
    let has_size = lead["size"].0.is_some();
    let sure_budget = lead["budget"].0.unwrap_or(0.0) > 0.4;
    condition
        .replace("has(size)", &has_size.to_string())
        .replace("confidence(budget) > 0.4", &sure_budget.to_string())
}

fn bool_lead(bits: u32, known: u32) -> BTreeMap<String, Reading> {
    let known = BOOLS.iter().enumerate().filter(|(i, _)| known & (1 << i) != 0);
    known
        .map(|(i, name)| {
            ((*name).to_owned(), Reading { value: Value::Bool(bits & (1 << i) != 0), confidence: 1.0 })
        })
        .collect()
}

fn outcome(rules: &RuleSet, readings: &BTreeMap<String, Reading>) -> (Outcome3, Vec<UnknownReason>) {
    let verdict = rules.decide(&Inputs { readings, lists: &BTreeMap::new(), as_of: DateTime::UNIX_EPOCH });
    (verdict.trace[0].result, verdict.because)
}

fn bool_condition() -> impl Strategy<Value = String> {
    prop::sample::select(BOOLS.to_vec()).prop_map(str::to_owned).prop_recursive(4, 14, 3, |inner| {
        prop_oneof![
            inner.clone().prop_map(|a| format!("!({a})")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a}) != ({b})")),
            prop::collection::vec(inner.clone(), 2..4).prop_map(|items| format!("({})", items.join(" && "))),
            prop::collection::vec(inner, 2..4).prop_map(|items| format!("({})", items.join(" || "))),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn filling_in_never_changes_a_decision(conditions in prop::collection::vec(condition(), 1..5), lead in lead()) {
        let conditions: Vec<_> = conditions.iter().map(|when| observed(when, &lead)).collect();
        let rules = compile(&conditions);
        let before = decide(&rules, &lead, false);
        let after = decide(&rules, &lead, true);
        prop_assert!(after.held_by.is_none(), "all is known then");
        if before.held_by.is_none() {
            prop_assert_eq!(&before.rule, &after.rule);
            prop_assert_eq!(before.action, after.action);
        }
        for tag in &before.tags {
            prop_assert!(after.tags.contains(tag) || before.held_by.is_some());
        }
        prop_assert_eq!(before.held_by.is_some(), !before.because.is_empty());
    }

    /// Tests every combination of known, unknown and true for six fields.
    #[test]
    fn known_results_are_correct(condition in bool_condition(), known in 0_u32..64) {
        let rules = compile(&[condition]);
        for bits in (0..64).filter(|bits| bits & !known == 0) {
            let (known_outcome, because) = outcome(&rules, &bool_lead(bits, known));
            let full = |filled: u32| outcome(&rules, &bool_lead(bits | filled, 63)).0;
            let fillings: Vec<u32> = (0..64).filter(|filled| filled & known == 0).collect();
            if known_outcome != Outcome3::Unknown {
                prop_assert!(because.is_empty());
                prop_assert!(fillings.iter().all(|filled| full(*filled) == known_outcome));
                continue;
            }
            // A field is named exactly if, for some values of the others, it changes the result. If there is no
            // such field, all are named: the condition then has a constant result that Kleene's logic does not
            // recognise.
            let sways = |bit: usize| fillings.iter().any(|filled| full(*filled) != full(*filled ^ (1 << bit)));
            let named = |bit: usize| because.contains(&UnknownReason::Missing { field: BOOLS[bit].into() });
            let unknown = || (0..6).filter(|bit| known & (1 << bit) == 0);
            if unknown().any(sways) {
                for bit in unknown() {
                    prop_assert_eq!(named(bit), sways(bit), "{}", BOOLS[bit]);
                }
            } else {
                prop_assert!(!because.is_empty());
            }
        }
    }
}
