//! Tests the promise of three-valued rules for the whole language: a result that is known without some of the
//! fields stays the same whatever the values of these fields, as long as `has` and `confidence` do not change.
//!
//! `PROPTEST_CASES=1000000 cargo test -p engine --release --test rules unknowns` tries a million of each.

use std::collections::BTreeMap;

use chrono::DateTime;
use engine::action::{Action, Consequence};
use engine::catalogue::{Catalogue, FieldDefinition, FieldType};
use engine::decision::{Outcome3, UnknownReason};
use engine::problem::Problem;
use engine::rules::{
    Datum, Inputs, Numeric, Reading, Row, RowCell, RuleDefinition, RuleSet, RuleSetFile, ScanStop,
};
use engine::value::Value;
use proptest::prelude::*;

use crate::generate::{Leaves, Source, cases};

const BOOLS: [&str; 3] = ["a", "b", "c"];
const NEEDED: f64 = 0.5;

fn catalogue() -> Catalogue {
    let kinds = [("size", FieldType::Integer), ("days", FieldType::Integer), ("budget", FieldType::Number)];
    let kinds = kinds.into_iter().chain([("company", FieldType::String), ("at", FieldType::Timestamp)]);
    let all = kinds.chain(BOOLS.map(|name| (name, FieldType::Bool)));
    let field = |kind| FieldDefinition { min_confidence: Some(NEEDED), ..FieldDefinition::new(kind) };
    Catalogue(all.map(|(name, kind)| (name.to_owned(), field(kind))).collect())
}

/// Returns the rule set of one condition; `None` if the condition tests for an impossible confidence.
fn rules(when: &str) -> Option<RuleSet> {
    rule_set(catalogue(), &[when.to_owned()])
}

/// Returns the rule set of some conditions; `None` if one of them is rejected.
fn rule_set(fields: Catalogue, conditions: &[String]) -> Option<RuleSet> {
    let actions = [Action::Advance, Action::Reject, Action::Nurture, Action::Escalate];
    let rule = |(index, when): (usize, &String)| RuleDefinition {
        id: format!("r{index}"),
        name: None,
        when: when.clone(),
        then: vec![Consequence::Act { action: actions[index % 4], parameters: BTreeMap::new() }],
        min_confidence: BTreeMap::new(),
        risk: Vec::new(),
        table: None,
    };
    let file = RuleSetFile {
        rule_set: "generated".into(),
        fields,
        lists: BTreeMap::new(),
        rules: conditions.iter().enumerate().map(rule).collect(),
        default: Action::Hold,
    };
    match file.compile() {
        Ok(rules) => Some(rules),
        Err(problems) => {
            let is_expected = |problem: &Problem| {
                ["so it can never be", "is not a value of", "have no order"]
                    .iter()
                    .any(|part| problem.message.contains(part))
                    || problem.message.starts_with("This could take too long")
                    || problem.message == "The list is empty, so nothing can be in it."
            };
            assert!(problems.iter().all(is_expected), "{conditions:?}: {problems:?}");
            None
        }
    }
}

/// Returns the fields used in random conditions; `observed` contains the results of `has(size)` and
/// `confidence(budget)`.
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

/// For each field: the confidence if it was read, its value, and some other possible values.
fn lead() -> impl Strategy<Value = Lead> {
    let names: Vec<String> = catalogue().0.into_keys().collect();
    let confidence = prop::sample::select(vec![None, Some(0.2), Some(NEEDED), Some(1.0)]);
    let seen: Vec<_> = names
        .iter()
        .map(|name| (confidence.clone(), value(name), prop::collection::vec(value(name), 6)))
        .collect();
    seen.prop_map(move |seen| names.iter().cloned().zip(seen).collect())
}

/// Returns the lead as it is, or with values for its unknown fields.
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

fn decide(rules: &RuleSet, readings: &BTreeMap<String, Reading>) -> (Outcome3, Vec<UnknownReason>) {
    let as_of = DateTime::from_timestamp(1_780_000_000, 0).unwrap_or_default();
    let verdict = rules.decide(&Inputs { readings, lists: &BTreeMap::new(), as_of });
    (verdict.trace[0].result, verdict.because)
}

proptest! {
    #![proptest_config(cases(2_000))]

    #[test]
    fn known_results_never_change(seed in any::<u64>(), depth in 1_usize..6, lead in lead()) {
        let text = Source::new(seed, &leaves(None)).bool(depth);
        let Some(plain) = rules(&text) else { return Ok(()) };
        let (known, because) = decide(&plain, &readings(&lead, None));
        prop_assert_eq!(because.is_empty(), matches!(known, Outcome3::True | Outcome3::False), "{}", text);
        // An error never hides: with all fields known, the result is a value or an error, and nothing in
        // between.
        let observed = (lead["size"].0.is_some(), lead["budget"].0.unwrap_or(0.0));
        let Some(filled) = rules(&Source::new(seed, &leaves(Some(observed))).bool(depth)) else { return Ok(()) };
        for filling in 0..6 {
            let (outcome, _) = decide(&filled, &readings(&lead, Some(filling)));
            prop_assert_ne!(outcome, Outcome3::Unknown, "{}", text);
            if matches!(known, Outcome3::True | Outcome3::False) {
                prop_assert_eq!(outcome, known, "{}", text);
            }
        }
    }

    /// A condition has the same result when run by its atoms and by the evaluator of expressions.
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

/// Twelve fields, each with two values: flags, and every other kind of question.
const TWELVE: [(&str, FieldType, [Datum<'static>; 2]); 12] = {
    use FieldType::{Bool, Enum, Integer, Number, String, Timestamp};
    const fn whole(n: i64) -> Datum<'static> {
        Datum::Number(Numeric::Integer(n))
    }
    const fn number(n: f64) -> Datum<'static> {
        Datum::Number(Numeric::Float(n))
    }
    const FLAG: [Datum<'static>; 2] = [Datum::Bool(false), Datum::Bool(true)];
    [
        ("a", Bool, FLAG),
        ("b", Bool, FLAG),
        ("c", Bool, FLAG),
        ("d", Bool, FLAG),
        ("e", Bool, FLAG),
        ("days", Integer, [whole(0), whole(3)]),
        ("size", Integer, [whole(7), whole(i64::MAX)]),
        ("budget", Number, [number(0.0), number(1.5)]),
        ("score", Number, [number(-2.25), number(1e300)]),
        ("company", String, [Datum::Text("a"), Datum::Text("abc")]),
        ("source", Enum, [Datum::Code(0), Datum::Code(1)]),
        ("at", Timestamp, [Datum::Timestamp(0), Datum::Timestamp(1_769_902_200_000_000)]),
    ]
};

fn twelve() -> Catalogue {
    let field = |(name, kind, _): (&str, FieldType, _)| {
        let values = if kind == FieldType::Enum { vec!["a".into(), "abc".into()] } else { Vec::new() };
        (
            name.to_owned(),
            FieldDefinition { min_confidence: Some(NEEDED), values, ..FieldDefinition::new(kind) },
        )
    };
    Catalogue(TWELVE.map(field).into())
}

/// Returns the leaves of conditions; `observed` contains the results of `has(a)` and `confidence(budget)`.
fn leaves_of_twelve(observed: Option<(bool, f64)>) -> Leaves {
    let of = |kinds: &[FieldType]| {
        let named = TWELVE.iter().filter(|(_, kind, _)| kinds.contains(kind));
        named.map(|(name, ..)| (*name).to_owned()).collect::<Vec<_>>()
    };
    let (has, confidence) = match observed {
        None => ("has(a)".to_owned(), "confidence(budget)".to_owned()),
        Some((has, confidence)) => (has.to_string(), format!("{confidence:?}")),
    };
    Leaves {
        bools: of(&[FieldType::Bool]).into_iter().chain([has]).collect(),
        ints: of(&[FieldType::Integer]),
        doubles: of(&[FieldType::Number]).into_iter().chain([confidence]).collect(),
        texts: of(&[FieldType::String, FieldType::Enum]),
        times: of(&[FieldType::Timestamp]).into_iter().chain(["as_of".to_owned()]).collect(),
        is_common: false,
    }
}

/// Returns where the scan stops for a lead with these cells, by their index in [`TWELVE`].
fn stop(rules: &RuleSet, cells: &[RowCell<'static>; 12]) -> ScanStop {
    let place = |name: &str| TWELVE.iter().position(|(known, ..)| *known == name).unwrap_or_default();
    let cells: Vec<RowCell<'_>> = rules.slots().iter().map(|slot| cells[place(&slot.name)]).collect();
    rules.decide_row(&Row { cells: &cells, answers: &[], as_of: 1_780_000_000_000_000 })
}

proptest! {
    #![proptest_config(cases(400))]

    /// Tests rule sets over twelve fields of which any number is unknown: every decision must be the same for
    /// each combination of their values, all of which are tried.
    #[test]
    fn up_to_twelve_unknown_fields_in_all_their_values(
        seeds in prop::collection::vec(any::<u64>(), 1..5),
        depth in 1_usize..5,
        unknown in 0_usize..=12,
        first in 0_usize..12,
        unsure in 0_u32..4096,
        values in 0_u32..4096,
    ) {
        let conditions = |observed| -> Vec<String> {
            let leaves = leaves_of_twelve(observed);
            seeds.iter().map(|seed| Source::new(*seed, &leaves).bool(depth)).collect()
        };
        let Some(plain) = rule_set(twelve(), &conditions(None)) else { return Ok(()) };
        let bit = |bits: u32, place: usize| (bits >> place & 1) as usize;
        let open: Vec<usize> = (0..unknown).map(|index| (first + index) % 12).collect();
        let mut cells: [RowCell<'static>; 12] =
            std::array::from_fn(|place| RowCell::read(TWELVE[place].2[bit(values, place)], 1.0));
        for place in &open {
            cells[*place] = match bit(unsure, *place) {
                0 => RowCell::MISSING,
                _ => RowCell { confidence: 0.2, ..cells[*place] },
            };
        }
        let known = stop(&plain, &cells);
        if matches!(known, ScanStop::Held(_)) {
            return Ok(());
        }
        // The results of `has` and `confidence` must not change, so both are written as literals.
        let seen = (cells[0].is_read, cells[7].confidence);
        let Some(filled) = rule_set(twelve(), &conditions(Some(seen))) else { return Ok(()) };
        for bits in 0..1_u32 << unknown {
            for (index, place) in open.iter().enumerate() {
                cells[*place] = RowCell::read(TWELVE[*place].2[bit(bits, index)], 1.0);
            }
            prop_assert_eq!(stop(&filled, &cells), known, "{:?} {:?}", conditions(None), cells);
        }
    }
}
