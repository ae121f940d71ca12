//! The promise of three-valued rules, over everything that the language has: what is told without some of the
//! fields stays so whatever these fields are, as long as what `has` and `confidence` see stays the same.
//!
//! `PROPTEST_CASES=1000000 cargo test -p engine --release --test rules unknowns` tries a million of each.

use std::collections::BTreeMap;

use chrono::DateTime;
use engine::action::{Action, Consequence};
use engine::catalogue::{Catalogue, FieldDefinition, FieldType};
use engine::decision::{Because, Outcome3};
use engine::problem::Problem;
use engine::rules::{Inputs, Reading, RuleDefinition, RuleSet, RuleSetFile};
use engine::value::Value;
use proptest::prelude::*;

use crate::generate::{Leaves, Source, cases};

const BOOLS: [&str; 12] = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"];
const NEEDED: f64 = 0.5;

fn catalogue() -> Catalogue {
    let kinds = [("size", FieldType::Integer), ("days", FieldType::Integer), ("budget", FieldType::Number)];
    let kinds = kinds.into_iter().chain([("company", FieldType::String), ("at", FieldType::Timestamp)]);
    let all = kinds.chain(BOOLS.map(|name| (name, FieldType::Bool)));
    let field = |kind| FieldDefinition { min_confidence: Some(NEEDED), ..FieldDefinition::new(kind) };
    Catalogue(all.map(|(name, kind)| (name.to_owned(), field(kind))).collect())
}

/// The rule set of one condition; `None` if the condition asks for a confidence that can never be.
fn rules(when: &str) -> Option<RuleSet> {
    let rule = RuleDefinition {
        id: "r".into(),
        name: None,
        when: when.to_owned(),
        then: vec![Consequence::Act { action: Action::Advance, parameters: BTreeMap::new() }],
        min_confidence: BTreeMap::new(),
        risk: Vec::new(),
        table: None,
    };
    let file = RuleSetFile {
        rule_set: "generated".into(),
        fields: catalogue(),
        lists: BTreeMap::new(),
        rules: vec![rule],
        default: Action::Hold,
    };
    match file.compile() {
        Ok(rules) => Some(rules),
        Err(problems) => {
            let is_expected = |problem: &Problem| {
                problem.message.contains("so it is never")
                    || problem.message.starts_with("This could take too much")
                    || problem.message == "Nothing is in an empty list."
            };
            assert!(problems.iter().all(is_expected), "{when}: {problems:?}");
            None
        }
    }
}

/// The fields that random conditions speak of; `observed` says what `has(size)` and `confidence(budget)` are.
fn leaves(observed: Option<(bool, f64)>) -> Leaves {
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
    let (has, confidence) = match observed {
        None => ("has(size)".to_owned(), "confidence(budget)".to_owned()),
        Some((has, confidence)) => (has.to_string(), format!("{confidence:?}")),
    };
    Leaves {
        bools: ["a", "b", "c"].map(str::to_owned).into_iter().chain([has]).collect(),
        ints: words(&["size", "days"]),
        doubles: vec!["budget".into(), confidence],
        texts: words(&["company"]),
        times: words(&["at", "as_of"]),
        is_common: false,
    }
}

fn value(name: &str) -> BoxedStrategy<Value> {
    match name {
        "size" | "days" => {
            prop::sample::select(vec![0, 1, 2, 3, 7, -5, i64::MAX, i64::MIN]).prop_map(Value::Integer).boxed()
        }
        "budget" => prop::sample::select(vec![0.0, 1.5, -2.25, 1e300]).prop_map(Value::Number).boxed(),
        "company" => prop::sample::select(vec!["", "a", "abc", "äb", "bcb"])
            .prop_map(|v| Value::Text(v.into()))
            .boxed(),
        "at" => prop::sample::select(vec![0, 1_769_902_200, 253_402_300_799])
            .prop_map(|at| Value::Timestamp(DateTime::from_timestamp(at, 0).unwrap_or_default()))
            .boxed(),
        _ => any::<bool>().prop_map(Value::Bool).boxed(),
    }
}

type Lead = BTreeMap<String, (Option<f64>, Value, Vec<Value>)>;

/// For each field: how surely it was read, if at all, its value, and some that it might have.
fn lead() -> impl Strategy<Value = Lead> {
    let names: Vec<String> = catalogue().0.into_keys().collect();
    let confidence = prop::sample::select(vec![None, Some(0.2), Some(NEEDED), Some(1.0)]);
    let seen: Vec<_> = names
        .iter()
        .map(|name| (confidence.clone(), value(name), prop::collection::vec(value(name), 6)))
        .collect();
    seen.prop_map(move |seen| names.iter().cloned().zip(seen).collect())
}

/// The lead as it is, or with values in place of what is not known.
fn readings(lead: &Lead, filling: Option<usize>) -> BTreeMap<String, Reading> {
    let reading = |(name, (confidence, value, others)): (&String, &(Option<f64>, Value, Vec<Value>))| {
        let is_known = confidence.is_some_and(|confidence| confidence >= NEEDED);
        let (value, confidence) = match filling {
            Some(index) if !is_known => (others[index].clone(), Some(1.0)),
            _ => (value.clone(), *confidence),
        };
        Some((name.clone(), Reading { value, confidence: confidence? }))
    };
    lead.iter().filter_map(reading).collect()
}

fn decide(rules: &RuleSet, readings: &BTreeMap<String, Reading>) -> (Outcome3, Vec<Because>) {
    let as_of = DateTime::from_timestamp(1_780_000_000, 0).unwrap_or_default();
    let verdict = rules.decide(&Inputs { readings, lists: &BTreeMap::new(), as_of });
    (verdict.trace[0].result, verdict.because)
}

fn bool_readings(bits: u32, known: u32) -> BTreeMap<String, Reading> {
    let fields = BOOLS.iter().enumerate().filter(|(at, _)| known & (1 << at) != 0);
    let reading = |at: usize| Reading { value: Value::Bool(bits & (1 << at) != 0), confidence: 1.0 };
    fields.map(|(at, name)| ((*name).to_owned(), reading(at))).collect()
}

proptest! {
    #![proptest_config(cases(2_000))]

    #[test]
    fn what_is_told_stays_told(seed in any::<u64>(), depth in 1_usize..6, lead in lead()) {
        let text = Source::new(seed, &leaves(None)).bool(depth);
        let Some(plain) = rules(&text) else { return Ok(()) };
        let (told, because) = decide(&plain, &readings(&lead, None));
        prop_assert_eq!(because.is_empty(), matches!(told, Outcome3::True | Outcome3::False), "{}", text);
        // An error is one and never hides: with all fields known there is a value or an error, nothing between.
        let observed = (lead["size"].0.is_some(), lead["budget"].0.unwrap_or(0.0));
        let Some(filled) = rules(&Source::new(seed, &leaves(Some(observed))).bool(depth)) else { return Ok(()) };
        for filling in 0..6 {
            let (outcome, _) = decide(&filled, &readings(&lead, Some(filling)));
            prop_assert_ne!(outcome, Outcome3::Unknown, "{}", text);
            if matches!(told, Outcome3::True | Outcome3::False) {
                prop_assert_eq!(outcome, told, "{}", text);
            }
        }
    }

    /// A condition comes to the same by its own atoms and by the evaluator of expressions.
    #[test]
    fn both_ways_of_running_agree(seed in any::<u64>(), depth in 1_usize..5, lead in lead()) {
        let text = Source::new(seed, &leaves(None)).bool(depth);
        let readings = readings(&lead, None);
        let (Some(plain), Some(wrapped)) = (rules(&text), rules(&format!("({text}) ? true : false"))) else {
            return Ok(());
        };
        let (plain, _) = decide(&plain, &readings);
        let (wrapped, because) = decide(&wrapped, &readings);
        prop_assert_eq!(plain, wrapped, "{} {:?}", text, because);
    }
}

proptest! {
    #![proptest_config(cases(60))]

    /// Every value of up to twelve unknown fields.
    #[test]
    fn twelve_unknown_fields_in_all_their_values(seed in any::<u64>(), depth in 1_usize..6, known in 0_u32..4096, bits in 0_u32..4096) {
        let leaves = Leaves { bools: BOOLS.map(str::to_owned).into(), ..Leaves::default() };
        let text = Source::new(seed, &leaves).bool(depth);
        let Some(rules) = rules(&text) else { return Ok(()) };
        let (told, _) = decide(&rules, &bool_readings(bits, known));
        if matches!(told, Outcome3::True | Outcome3::False) {
            for filled in (0..4096_u32).filter(|filled| filled & known == 0) {
                let (outcome, _) = decide(&rules, &bool_readings(bits & known | filled, 4095));
                prop_assert_eq!(outcome, told, "{} {:b}", text, filled);
            }
        }
    }
}
