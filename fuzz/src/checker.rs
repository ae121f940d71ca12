//! Fuzzes one condition, generated or mutated, before it is saved: problems must be located, valid conditions
//! must compile, and static analysis must be correct.

use std::collections::{BTreeMap, BTreeSet};

use arbitrary::Unstructured;
use engine::action::Action;
use engine::decision::Outcome3;
use engine::rules::analysis::FindingKind;
use engine::rules::typed::{Evaluation, TermType, check_expression, evaluate};
use engine::rules::{RuleSet, RuleSetFile, check, parse, unparse};

use crate::conditions::{self, condition, rule, workflow};
use crate::{places, seeds};

/// The first byte of inputs that are text; conditions are generated from all others.
const TEXT: u8 = b't';

/// Returns every text written in the language, and bytes to generate from.
pub fn seeds() -> Vec<Vec<u8>> {
    let texts = seeds::conditions();
    texts.iter().map(|text| seeds::prefixed(TEXT, text)).chain(seeds::bytes()).collect()
}

/// Tests two conditions per set: the lines of a text input.
pub fn run(bytes: &[u8]) {
    let (first, second) = if let [TEXT, text @ ..] = bytes {
        let Ok(text) = std::str::from_utf8(text) else { return };
        let (first, second) = text.split_once("\n\n").unwrap_or((text, "vip"));
        (first.to_owned(), second.to_owned())
    } else {
        let mut bytes = Unstructured::new(bytes);
        (condition(&mut bytes), condition(&mut bytes))
    };
    closed(&first);
    let mut file = workflow();
    for (index, when) in [first, second].into_iter().enumerate() {
        if is_right(&file, &when) {
            file.rules.push(rule(index, when, conditions::act([Action::Advance, Action::Reject][index])));
        }
    }
    if let Ok(rules) = file.compile() {
        analysis(&file, &rules);
    }
}

/// Tests an expression by itself, as in CEL's own test suite: a valid one must have the reported type.
fn closed(text: &str) {
    let none = BTreeMap::new();
    let (ty, problems) = check_expression(text, &none);
    places::assert_located(text, &problems);
    let found = evaluate(text, &none);
    assert_eq!(evaluated(&found), evaluated(&evaluate(text, &none)), "{text:?} has two results");
    if problems.is_empty() {
        match &found {
            Evaluation::Value(value) => {
                let is = TermType::of(value);
                assert!(is.meets(&ty), "{text:?} is {value} ({is:?}), not {ty:?}");
            }
            Evaluation::Error(message) => assert!(!message.is_empty(), "{text:?}"),
            Evaluation::LeftOut(construct) => panic!("{text:?} is valid, but contains {construct}"),
        }
    }
}

fn evaluated(evaluation: &Evaluation) -> String {
    match evaluation {
        Evaluation::Value(value) => value.to_string(),
        other => format!("{other:?}"),
    }
}

/// Returns whether the condition is valid in a rule. Checker and compiler must agree on it and on its canonical
/// form.
fn is_right(file: &RuleSetFile, when: &str) -> bool {
    let (tree, slips) = parse(when);
    places::assert_located(when, &slips);
    let lists: BTreeSet<String> = file.lists.keys().cloned().collect();
    let problems = tree.as_ref().map(|tree| check(tree, &file.fields, &lists)).unwrap_or_default();
    places::assert_located(when, &problems);
    let is_right = tree.is_some() && slips.is_empty() && problems.is_empty();
    let compiled = alone(file, when).compile();
    assert_eq!(compiled.is_ok(), is_right, "{when:?}: {slips:?} {problems:?} {:?}", compiled.err());
    if let Some(written) = tree.as_ref().filter(|_| is_right).map(unparse)
        && written.len() <= engine::limits::EXPRESSION_BYTES
    {
        let again = alone(file, &written).compile();
        assert!(again.is_ok(), "{when:?} was written as {written:?}: {:?}", again.err());
    }
    is_right
}

fn alone(file: &RuleSetFile, when: &str) -> RuleSetFile {
    RuleSetFile { rules: vec![rule(0, when.to_owned(), conditions::act(Action::Advance))], ..file.clone() }
}

/// Checks that the example of a finding demonstrates it.
fn analysis(file: &RuleSetFile, rules: &RuleSet) {
    let sizes: BTreeMap<String, usize> =
        file.lists.iter().map(|(name, list)| (name.clone(), list.len())).collect();
    let found = rules.analyse(&sizes);
    assert_eq!(found, rules.analyse(&sizes), "{file:?} has two analyses");
    for finding in &found.findings {
        assert!(!finding.message().is_empty());
        if let (Some(rule), Some(span)) = (finding.rule, finding.span) {
            assert!(file.rules[rule].when.get(span.start..span.end).is_some(), "{finding:?} {file:?}");
        }
        let Some(witness) = &finding.witness else { continue };
        match finding.rule {
            None => {
                let verdict = witness.decide(rules);
                assert!(verdict.rule.is_none() && verdict.held_by.is_none(), "{finding:?} {file:?}");
            }
            Some(rule) => {
                let comes_to = |when: &str| {
                    let alone = alone(file, when).compile().expect("it was valid before");
                    witness.decide(&alone).trace[0].result
                };
                match &finding.kind {
                    FindingKind::Unsatisfiable { parts } => {
                        for part in parts.iter().rev().skip(1) {
                            assert_eq!(comes_to(&part.text), Outcome3::True, "{part:?} {finding:?} {file:?}");
                        }
                    }
                    FindingKind::OutOfRange { part, holds: false } => {
                        assert_eq!(comes_to(&part.text), Outcome3::False, "{finding:?} {file:?}");
                    }
                    FindingKind::EmptyList { .. } => drop(comes_to(&file.rules[rule].when)),
                    _ => assert_eq!(comes_to(&file.rules[rule].when), Outcome3::True, "{finding:?} {file:?}"),
                }
            }
        }
    }
}
