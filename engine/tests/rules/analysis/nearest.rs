//! Tests the search for the nearest change that leads to a different decision.

use std::collections::BTreeMap;

use chrono::DateTime;
use engine::action::Action;
use engine::decision::SnapshotList;
use engine::rules::analysis::NearestResult;
use engine::rules::{Inputs, Reading, RuleSet};
use engine::value::Value;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use super::{catalogue, compile, condition, lead, rules_of};
use crate::generate::cases;

/// Returns a lead with all fields known except those given otherwise.
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
) -> Result<(Vec<String>, Action), Box<NearestResult>> {
    let by_field = BTreeMap::from([("country".to_owned(), is_listed)]);
    let lists = BTreeMap::from([("tam".to_owned(), SnapshotList { by_field, ..SnapshotList::default() })]);
    match rules.nearest_change(&Inputs { readings: lead, lists: &lists, as_of: DateTime::UNIX_EPOCH }, wanted)
    {
        NearestResult::Found(found) => {
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
    let expected = |moves: &[&str], action| Ok((moves.iter().map(|one| (*one).to_owned()).collect(), action));
    assert_eq!(
        nearest(&rules, &lead(100, 0.8), false, None),
        expected(&["intent 0.8 → 0.86"], Action::Advance)
    );
    assert_eq!(nearest(&rules, &lead(990, 0.2), false, None), expected(&["size 990 → 1000"], Action::Reject));
    assert_eq!(
        nearest(&rules, &lead(990, 0.2), false, Some(Action::Nurture)),
        expected(&["country in tam"], Action::Nurture)
    );
    assert_eq!(
        nearest(&rules, &lead(300, 0.8), true, Some(Action::Hold)),
        expected(&["country not in tam"], Action::Hold)
    );
    assert_eq!(
        nearest(&rules, &lead(300, 0.8), true, Some(Action::Escalate)),
        Err(Box::new(NearestResult::Nothing))
    );
    // Setting an unknown field is a change like any other.
    let mut unknown = lead(1200, 0.2);
    unknown.remove("vip");
    assert_eq!(
        nearest(&rules, &unknown, false, Some(Action::Advance)),
        expected(&["vip unknown → yes"], Action::Advance)
    );
    // Two fields, where one is not enough.
    let rules = compile(&[("vip && size > 200", "advance")]);
    assert_eq!(
        nearest(&rules, &lead(100, 0.8), false, None),
        expected(&["size 100 → 201", "vip no → yes"], Action::Advance)
    );
}

/// Returns many values that the catalogue allows for each field.
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

/// Counts the outcomes of the search, since a property that never meets a case proves nothing about it.
#[derive(Default)]
struct Met {
    one_field: u32,
    several_fields: u32,
    nothing: u32,
    not_decided: u32,
}

/// Returns whether conditions compare fields with each other or compute with them, where the search is not
/// exhaustive.
fn is_computed(definitions: &[(String, usize)]) -> bool {
    let computed = [
        "size < budget",
        "==(",
        "== (",
        "seen",
        " * ",
        " + ",
        " / ",
        "size(",
        "startsWith",
        "int(",
        "exists(",
        "all(",
        "?",
    ];
    definitions
        .iter()
        .any(|(when, _)| computed.iter().any(|part| when.contains(part)) || when.contains("vip == has"))
}

/// A rule set and a lead, with the decisions for changed fields.
struct Case<'a> {
    rules: &'a RuleSet,
    definitions: &'a [(String, usize)],
    readings: &'a BTreeMap<String, Reading>,
    lists: &'a BTreeMap<String, SnapshotList>,
}

impl Case<'_> {
    fn decide(&self, readings: &BTreeMap<String, Reading>) -> Action {
        self.rules.decide(&Inputs { readings, lists: self.lists, as_of: DateTime::UNIX_EPOCH }).action
    }

    /// Returns the fields that can be changed here; the list membership of another text is unknown.
    fn fields(&self) -> Vec<String> {
        let is_looked_up = self.definitions.iter().any(|(when, _)| when.contains("lists."));
        catalogue().0.into_keys().filter(|name| name != "country" || !is_looked_up).collect()
    }

    /// Returns whether other values of these fields lead to a different decision.
    fn is_enough(&self, fields: &[&String], readings: &BTreeMap<String, Reading>, now: Action) -> bool {
        let Some((first, rest)) = fields.split_first() else { return self.decide(readings) != now };
        values_of(first).into_iter().any(|value| {
            let mut changed = readings.clone();
            changed.insert((*first).clone(), Reading { value, confidence: 1.0 });
            self.is_enough(rest, &changed, now)
        })
    }

    /// Returns whether another value of a single field leads to a different decision.
    fn one_field_does(&self, now: Action) -> bool {
        self.fields().iter().any(|field| self.is_enough(&[field], self.readings, now))
    }

    /// Returns whether other values of any two fields do.
    fn two_fields_do(&self, now: Action) -> bool {
        let fields = self.fields();
        fields.iter().enumerate().any(|(at, one)| {
            fields[at + 1..].iter().any(|other| self.is_enough(&[one, other], self.readings, now))
        })
    }

    /// Asserts that no value between the current and the new one leads to a different decision.
    fn assert_smallest(
        &self,
        field: &str,
        from: &Value,
        to: &Value,
        now: Action,
    ) -> Result<(), TestCaseError> {
        // Between two real numbers there is always another one; for integers, the nearest is exact.
        let number = |value: &Value| match value {
            Value::Integer(n) => Some(*n),
            _ => None,
        };
        let (Some(from), Some(to)) = (number(from), number(to)) else { return Ok(()) };
        for value in values_of(field) {
            let is_nearer = number(&value).is_some_and(|n| (n - from).abs() < (to - from).abs());
            if is_nearer {
                let reading = Reading { value: value.clone(), confidence: 1.0 };
                let mut changed = self.readings.clone();
                changed.insert(field.to_owned(), reading);
                prop_assert_eq!(
                    self.decide(&changed),
                    now,
                    "{} {:?} is nearer: {:?}",
                    field,
                    value,
                    self.definitions
                );
            }
        }
        Ok(())
    }
}

#[test]
fn a_nearest_change_changes_the_decision_and_no_smaller_one_does() {
    let met = std::cell::RefCell::new(Met::default());
    let definitions = prop::collection::vec((condition(), 1_usize..3), 1..5);
    let config = ProptestConfig { source_file: Some(file!()), ..cases(300) };
    let ran = TestRunner::new(config).run(&(definitions, lead()), |(definitions, (readings, is_listed))| {
        let rules = rules_of(&definitions);
        let by_field =
            readings.get("country").map(|_| ("country".to_owned(), is_listed)).into_iter().collect();
        let lists =
            BTreeMap::from([("tam".to_owned(), SnapshotList { by_field, ..SnapshotList::default() })]);
        let case = Case { rules: &rules, definitions: &definitions, readings: &readings, lists: &lists };
        let inputs = Inputs { readings: &readings, lists: &lists, as_of: DateTime::UNIX_EPOCH };
        let now = rules.decide(&inputs).action;
        let found = rules.nearest_change(&inputs, None);
        prop_assert_eq!(&found, &rules.nearest_change(&inputs, None));
        let mut met = met.borrow_mut();
        match found {
            NearestResult::Found(found) => {
                prop_assert_ne!(found.verdict.action, now);
                let (mut changed, mut answered) = (readings.clone(), lists.clone());
                for one in &found.moves {
                    changed.extend(one.to.clone().map(|to| (one.field.clone(), to)));
                    if let Some((list, is_in)) = &one.list {
                        answered.entry(list.clone()).or_default().by_field.insert(one.field.clone(), *is_in);
                    }
                    if let (Some(to), Some(definition)) = (&one.to, catalogue().get(&one.field)) {
                        prop_assert!(Value::from_json(&to.value.to_json(), definition).is_ok(), "{:?}", one);
                    }
                }
                let again = Inputs { readings: &changed, lists: &answered, as_of: DateTime::UNIX_EPOCH };
                prop_assert_eq!(rules.decide(&again).action, found.verdict.action, "{:?}", found);
                if !found.is_nearest {
                    prop_assert!(is_computed(&definitions), "{:?}", definitions);
                    return Ok(());
                }
                match &found.moves[..] {
                    [one] => {
                        met.one_field += 1;
                        if let (Some(from), Some(to)) = (&one.from, &one.to) {
                            case.assert_smallest(&one.field, &from.value, &to.value, now)?;
                        }
                    }
                    moves => {
                        met.several_fields += 1;
                        prop_assert!(
                            !case.one_field_does(now),
                            "{:?} {:?} {:?}",
                            definitions,
                            readings,
                            found
                        );
                        let fewer = moves.len() > 2 && case.two_fields_do(now);
                        prop_assert!(!fewer, "{:?} {:?} {:?}", definitions, readings, found);
                    }
                }
            }
            NearestResult::Nothing => {
                met.nothing += 1;
                prop_assert!(!case.one_field_does(now), "{:?} {:?}", definitions, readings);
                prop_assert!(!case.two_fields_do(now), "{:?} {:?}", definitions, readings);
            }
            NearestResult::NotDecided { .. } => {
                met.not_decided += 1;
                prop_assert!(is_computed(&definitions), "nothing here is hard: {:?}", definitions);
            }
        }
        Ok(())
    });
    ran.unwrap_or_else(|error| panic!("{error}"));
    let Met { one_field, several_fields, nothing, not_decided } = met.into_inner();
    let all = [
        ("one field", one_field),
        ("several", several_fields),
        ("nothing", nothing),
        ("not decided", not_decided),
    ];
    assert!(all.iter().all(|(_, times)| *times > 0), "some of this was never met: {all:?}");
}
