//! The nearest change that leads to another decision.

use std::collections::BTreeMap;

use chrono::DateTime;
use engine::action::Action;
use engine::decision::SnapshotList;
use engine::rules::analysis::Nearest;
use engine::rules::{Inputs, Reading, RuleSet};
use engine::value::Value;
use proptest::prelude::*;

use super::{catalogue, compile, condition, lead, rules_of};
use crate::generate::cases;

/// A lead with everything known but for what it is told.
fn lead_of(fields: &[(&str, Value)]) -> BTreeMap<String, Reading> {
    let reading = |(name, value): &(&str, Value)| {
        ((*name).to_owned(), Reading { value: value.clone(), confidence: 1.0 })
    };
    fields.iter().map(reading).collect()
}

fn nearest(
    rules: &RuleSet,
    lead: &BTreeMap<String, Reading>,
    is_listed: bool,
    wanted: Option<Action>,
) -> Result<(Vec<String>, Action), Box<Nearest>> {
    let by_field = BTreeMap::from([("country".to_owned(), is_listed)]);
    let lists = BTreeMap::from([("tam".to_owned(), SnapshotList { by_field, ..SnapshotList::default() })]);
    match rules.nearest_change(&Inputs { readings: lead, lists: &lists, as_of: DateTime::UNIX_EPOCH }, wanted)
    {
        Nearest::Found(found) => {
            Ok((found.moves.iter().map(|one| one.text()).collect(), found.verdict.action))
        }
        other => Err(Box::new(other)),
    }
}

#[test]
fn the_nearest_change_is_the_one_of_the_fewest_fields_and_the_smallest_move() {
    let rules = compile(&[
        ("vip && size > 200", "advance"),
        ("intent > 0.85", "advance"),
        ("size >= 1000", "reject"),
        ("country in lists.tam", "nurture"),
    ]);
    let lead = |size: i64, intent: f64| {
        lead_of(&[
            ("size", Value::Integer(size)),
            ("intent", Value::Number(intent)),
            ("vip", Value::Bool(false)),
            ("country", Value::Text("DE".into())),
        ])
    };
    let told = |moves: &[&str], action| Ok((moves.iter().map(|one| (*one).to_owned()).collect(), action));
    assert_eq!(nearest(&rules, &lead(100, 0.8), false, None), told(&["intent 0.8 → 0.86"], Action::Advance));
    assert_eq!(nearest(&rules, &lead(990, 0.2), false, None), told(&["size 990 → 1000"], Action::Reject));
    assert_eq!(
        nearest(&rules, &lead(990, 0.2), false, Some(Action::Nurture)),
        told(&["country in tam"], Action::Nurture)
    );
    assert_eq!(
        nearest(&rules, &lead(300, 0.8), true, Some(Action::Hold)),
        told(&["country not in tam"], Action::Hold)
    );
    assert_eq!(
        nearest(&rules, &lead(300, 0.8), true, Some(Action::Escalate)),
        Err(Box::new(Nearest::Nothing))
    );
    // What is not known is a change like any other.
    let mut unknown = lead(1200, 0.2);
    unknown.remove("vip");
    assert_eq!(
        nearest(&rules, &unknown, false, Some(Action::Advance)),
        told(&["vip not known → yes"], Action::Advance)
    );
    // Two fields where one does not do.
    let rules = compile(&[("vip && size > 200", "advance")]);
    assert_eq!(
        nearest(&rules, &lead(100, 0.8), false, None),
        told(&["size 100 → 201", "vip no → yes"], Action::Advance)
    );
}

/// Each field as it is, or as one of many other values that the catalogue allows.
fn values_of(name: &str) -> Vec<Value> {
    match name {
        "size" | "stated" => (0..7).map(Value::Integer).collect(),
        "budget" => (0..12).map(|n| Value::Number(f64::from(n) / 2.0)).collect(),
        "intent" => [0.0, 0.1, 0.3, 0.4, 0.5, 0.6, 0.9, 1.0].map(Value::Number).into(),
        "source" => ["chat", "web", "partner"].map(|text| Value::Text(text.into())).into(),
        "country" => ["acme", "zorg", "m"].map(|text| Value::Text(text.into())).into(),
        "vip" => vec![Value::Bool(false), Value::Bool(true)],
        _ => Vec::new(),
    }
}

proptest! {
    #![proptest_config(cases(300))]

    #[test]
    fn a_nearest_change_changes_the_decision_and_no_smaller_one_does(
        definitions in prop::collection::vec((condition(), 1_usize..3), 1..5),
        lead in lead(),
    ) {
        let rules = rules_of(&definitions);
        let (readings, is_listed) = &lead;
        let by_field: BTreeMap<String, bool> = readings.get("country").map(|_| ("country".to_owned(), *is_listed)).into_iter().collect();
        let lists = BTreeMap::from([("tam".to_owned(), SnapshotList { by_field, ..SnapshotList::default() })]);
        let inputs = Inputs { readings, lists: &lists, as_of: DateTime::UNIX_EPOCH };
        let now = rules.decide(&inputs);
        let found = rules.nearest_change(&inputs, None);
        prop_assert_eq!(&found, &rules.nearest_change(&inputs, None));
        let others = |name: &String| {
            let readings = readings.clone();
            let name = name.clone();
            values_of(&name).into_iter().map(move |value| {
                let mut changed = readings.clone();
                changed.insert(name.clone(), Reading { value, confidence: 1.0 });
                changed
            })
        };
        let one_field_does = catalogue().0.keys().filter(|name| !definitions.iter().any(|(when, _)| *name == "country" && when.contains("lists."))).any(|name| {
            others(name).any(|changed| {
                let verdict = rules.decide(&Inputs { readings: &changed, lists: &lists, as_of: DateTime::UNIX_EPOCH });
                verdict.action != now.action
            })
        });
        match found {
            Nearest::Found(found) => {
                prop_assert_ne!(found.verdict.action, now.action);
                prop_assert!(!found.is_nearest || found.moves.len() == 1 || !one_field_does, "{:?} {:?} {:?}", definitions, readings, found);
                let mut changed = readings.clone();
                for one in &found.moves {
                    changed.extend(one.to.clone().map(|to| (one.field.clone(), to)));
                    if let (Some(to), Some(definition)) = (&one.to, catalogue().get(&one.field)) {
                        prop_assert!(Value::from_json(&to.value.to_json(), definition).is_ok(), "{:?}", one);
                    }
                }
                if found.moves.iter().all(|one| one.list.is_none()) {
                    let again = rules.decide(&Inputs { readings: &changed, lists: &lists, as_of: DateTime::UNIX_EPOCH });
                    prop_assert_eq!(again.action, found.verdict.action);
                }
            }
            Nearest::Nothing => prop_assert!(!one_field_does, "{:?} {:?}", definitions, readings),
            Nearest::NotDecided { .. } => {}
        }
    }
}
