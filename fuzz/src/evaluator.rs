//! Fuzzes valid rule sets with leads that have unknown fields: the decision must be made in bounded time, be
//! reproducible, and agree between the row engine, the vector engine, the explanation and the static analysis.

use std::collections::BTreeMap;

use arbitrary::Unstructured;
use bench_rules::differ;
use bench_rules::random::Case;
use chrono::DateTime;
use engine::action::Action;
use engine::catalogue::{Catalogue, FieldDefinition, FieldType, MissingMeaning};
use engine::decision::SnapshotList;
use engine::rules::analysis::{Analysis, FindingKind};
use engine::rules::{RowCell, Datum, Inputs, Numeric, Reading, RuleSet, RuleSetFile, Slot, ScanStop};
use engine::value::Value;

use crate::conditions::{TEXTS, act, below, condition, of, rule, workflow};
use crate::seeds;

const CONFIDENCES: [f64; 7] = [0.0, 0.2, 0.5, 0.695, 0.7, 0.705, 1.0];
const ACTIONS: [Action; 3] = [Action::Advance, Action::Reject, Action::Escalate];

/// Returns bytes to generate from.
pub fn seeds() -> Vec<Vec<u8>> {
    seeds::bytes()
}

/// Generates up to five rules, one of which is then changed, and up to twelve leads.
pub fn run(bytes: &[u8]) {
    let mut bytes = Unstructured::new(bytes);
    let mut file = workflow();
    for definition in file.fields.0.values_mut() {
        vary(&mut bytes, definition);
    }
    for index in 0..=below(&mut bytes, 5) {
        let when = condition(&mut bytes);
        let then = act(of(&mut bytes, &ACTIONS));
        let mut rule = rule(index, when, then);
        if below(&mut bytes, 4) == 3 {
            rule.min_confidence.insert("company".to_owned(), of(&mut bytes, &CONFIDENCES));
        }
        file.rules.push(rule);
    }
    let empty = RuleSetFile { rules: Vec::new(), ..file.clone() };
    file.rules.retain(|rule| RuleSetFile { rules: vec![rule.clone()], ..empty.clone() }.compile().is_ok());
    if file.rules.is_empty() {
        return;
    }
    let rules = file.compile().expect("each rule compiles by itself");
    let place = below(&mut bytes, file.rules.len());
    let mut other = file.clone();
    other.rules[place].when = condition(&mut bytes);
    let changed = other.compile().unwrap_or_else(|_| rules.clone());
    let leads = 1 + below(&mut bytes, 12);
    let leads = (0..leads).map(|_| lead(&mut bytes, &file.fields)).collect();
    let case = Case { catalogue: file.fields.clone(), lists: file.reference_lists(), rules, changed, leads };
    if let Err(difference) = differ::agree(&case) {
        panic!("{difference}\n{}\n{:?}", file.to_yaml().unwrap_or_default(), case.leads);
    }
    check_leads(&case, &file);
}

/// Changes the threshold, or the value assumed for a missing field.
fn vary(bytes: &mut Unstructured<'_>, definition: &mut FieldDefinition) {
    match below(bytes, 6) {
        1 => definition.min_confidence = Some(of(bytes, &CONFIDENCES)),
        2 => definition.min_confidence = None,
        3 => definition.missing = MissingMeaning::Unknown,
        4 => {
            definition.missing = MissingMeaning::Value(match definition.kind {
                FieldType::Bool => true.into(),
                FieldType::Integer => 7.into(),
                FieldType::Number => 0.5.into(),
                FieldType::String => of(bytes, &TEXTS).into(),
                FieldType::Enum => "chat".into(),
                FieldType::Timestamp => "1970-01-01T00:00:00Z".into(),
            });
        }
        _ => {}
    }
}

fn lead(bytes: &mut Unstructured<'_>, fields: &Catalogue) -> (Vec<RowCell<'static>>, i64) {
    let cells = fields.0.values().map(|definition| cell(bytes, definition)).collect();
    (cells, of(bytes, &[1_769_904_000_000_000, 0, 1_767_225_600_000_000, -1]))
}

/// Returns a cell that is missing, of another type, or a value, with any confidence.
fn cell(bytes: &mut Unstructured<'_>, definition: &FieldDefinition) -> RowCell<'static> {
    let datum = match (below(bytes, 16), definition.kind) {
        (0..3, _) => return RowCell::MISSING,
        (3, _) => Datum::Invalid,
        (_, FieldType::Bool) => Datum::Bool(below(bytes, 2) == 1),
        (_, FieldType::Integer) => Datum::Number(Numeric::Integer(match below(bytes, 4) {
            0 => of(bytes, &[i64::MIN, i64::MAX, 9_007_199_254_740_993, 0]),
            1 => bytes.arbitrary().unwrap_or_default(),
            _ => bytes.arbitrary::<u8>().unwrap_or_default().into(),
        })),
        (_, FieldType::Number) => Datum::Number(Numeric::Float(match below(bytes, 4) {
            0 => of(bytes, &[0.0, -0.0, 1e300, 5e-324, f64::MIN, 0.7]),
            1 => bytes.arbitrary().ok().filter(|number: &f64| number.is_finite()).unwrap_or_default(),
            _ => below(bytes, 101) as f64 / 100.0,
        })),
        (_, FieldType::String) => Datum::Text(of(bytes, &TEXTS)),
        (_, FieldType::Enum) => Datum::Code(below(bytes, definition.values.len()) as u32),
        (_, FieldType::Timestamp) => Datum::Timestamp(match below(bytes, 3) {
            0 => of(bytes, &[0, 1_767_225_600_000_000, -62_135_596_800_000_000, 253_402_300_799_999_999]),
            1 => 1_769_904_000_000_000 + i64::from(bytes.arbitrary::<i32>().unwrap_or_default()) * 1_000_000,
            _ => bytes.arbitrary().unwrap_or_default(),
        }),
    };
    let confidence = match below(bytes, 3) {
        0 => 1.0,
        1 => of(bytes, &CONFIDENCES),
        _ => below(bytes, 201) as f64 / 200.0,
    };
    RowCell::read(datum, confidence)
}

/// Tests each lead by the names of its fields.
fn check_leads(case: &Case<'_>, file: &RuleSetFile) {
    let sizes: BTreeMap<String, usize> =
        case.lists.iter().map(|(name, list)| (name.clone(), list.len())).collect();
    let analysis = case.rules.analyse(&sizes);
    let slots: Vec<Slot> =
        case.catalogue.0.iter().map(|(name, definition)| Slot::new(name, definition)).collect();
    for (cells, as_of) in &case.leads {
        let Some(as_of) = DateTime::from_timestamp_micros(*as_of) else { continue };
        let readings: BTreeMap<String, Reading> = slots
            .iter()
            .zip(cells)
            .filter_map(|(slot, cell)| Some((slot.name.clone(), reading(slot, cell)?)))
            .collect();
        let lists = answers(case, &readings);
        let inputs = Inputs { readings: &readings, lists: &lists, as_of };
        let verdict = case.rules.decide(&inputs);
        assert_eq!(verdict, case.rules.decide(&inputs), "decided differently: {file:?} {readings:?}");
        assert_eq!(
            verdict.held_by.is_some(),
            !verdict.because.is_empty(),
            "{verdict:?} {file:?} {readings:?}"
        );
        let explanation = case.rules.explain(&inputs);
        assert_eq!(explanation.is_default, verdict.rule.is_none(), "{file:?} {readings:?}");
        for (explained, entry) in explanation.rules.iter().zip(&verdict.trace) {
            assert_eq!(explained.state, entry.result.into(), "{file:?} {readings:?}");
        }
        let stop = match (verdict.rule, &verdict.held_by) {
            (Some(rule), _) => ScanStop::Fired(rule),
            (None, Some(held)) => {
                ScanStop::Held(case.rules.rules().iter().position(|rule| rule.id == *held).unwrap_or_default())
            }
            (None, None) => ScanStop::Default,
        };
        // The analysis covers only leads that the catalogue allows.
        let is_possible = slots.iter().all(|slot| {
            readings.get(&slot.name).is_none_or(|reading| reading.value.check(&slot.definition).is_ok())
        });
        if is_possible {
            sound(&analysis, &case.rules, stop, || {
                format!("{} {readings:?}", file.to_yaml().unwrap_or_default())
            });
        }
    }
}

/// Checks that rules reported as unreachable did not match, and that a lead without a rule was reported as
/// possible.
fn sound(analysis: &Analysis, rules: &RuleSet, stop: ScanStop, case: impl Fn() -> String) {
    for finding in &analysis.findings {
        let never = matches!(
            finding.kind,
            FindingKind::Unsatisfiable { .. }
                | FindingKind::Unreachable { .. }
                | FindingKind::Duplicate { .. }
                | FindingKind::Contradicting { .. }
        );
        if let Some(rule) = finding.rule.filter(|_| never) {
            assert_ne!(stop, ScanStop::Fired(rule), "{finding:?}\n{}", case());
        }
    }
    let is_open = analysis.findings.iter().any(|finding| {
        finding.rule.is_none() && matches!(finding.kind, FindingKind::Gap | FindingKind::NotDecided(_))
    });
    assert!(
        is_open || stop != ScanStop::Default,
        "no gap was found in {} rules\n{}",
        rules.rules().len(),
        case()
    );
}

/// Returns the reading for a cell.
fn reading(slot: &Slot, cell: &RowCell<'_>) -> Option<Reading> {
    let value = match cell.datum {
        Datum::Missing => return None,
        Datum::Invalid => match slot.definition.kind {
            FieldType::Bool => Value::Integer(1),
            _ => Value::Bool(true),
        },
        Datum::Bool(holds) => Value::Bool(holds),
        Datum::Number(Numeric::Integer(n)) => Value::Integer(n),
        Datum::Number(Numeric::Float(n)) => Value::Number(n),
        Datum::Text(text) => Value::Text(text.to_owned()),
        Datum::Code(code) => Value::Text(slot.definition.values.get(code as usize)?.clone()),
        Datum::Timestamp(at) => Value::Timestamp(DateTime::from_timestamp_micros(at)?),
    };
    Some(Reading { value, confidence: cell.confidence })
}

fn answers(case: &Case<'_>, readings: &BTreeMap<String, Reading>) -> BTreeMap<String, SnapshotList> {
    let mut answers: BTreeMap<String, SnapshotList> = BTreeMap::new();
    for question in case.rules.questions() {
        let text = case.rules.text_of(question, readings);
        if let (Some(text), Some(list)) = (text, case.lists.get(&question.list)) {
            let is_in = list.contains(text).is_some();
            answers.entry(question.list.clone()).or_default().by_field.insert(question.field.clone(), is_in);
        }
    }
    answers
}
