//! Every finding is true for every lead, and everything that is true for every lead is found.

use std::cell::RefCell;
use std::collections::BTreeMap;

use engine::decision::Outcome3;
use engine::rules::Reading;
use engine::rules::analysis::{Finding, FindingKind};
use engine::value::Value;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use super::{Lead, condition, decide, lead, rules_of};
use crate::generate::cases;

type Definition = (String, usize);

/// Returns the result of a rule by itself, treating an error as unknown.
fn outcome(rule: &Definition, lead: &Lead) -> Outcome3 {
    match decide(&rules_of(std::slice::from_ref(rule)), lead).trace[0].result {
        Outcome3::Error => Outcome3::Unknown,
        other => other,
    }
}

fn index(id: &str) -> usize {
    id[1..].parse().expect("an index")
}

/// Returns the name of a kind of finding, for counting.
fn name(kind: &FindingKind) -> &'static str {
    match kind {
        FindingKind::Unsatisfiable { .. } => "unsatisfiable",
        FindingKind::Unreachable { .. } => "unreachable",
        FindingKind::Duplicate { .. } => "duplicate",
        FindingKind::Contradicting { .. } => "contradicting",
        FindingKind::OutOfRange { .. } => "out of range",
        FindingKind::EmptyList { .. } => "empty list",
        FindingKind::Gap => "gap",
        FindingKind::NotDecided(_) => "not decided",
    }
}

/// Asserts that a finding's example demonstrates the finding.
fn assert_shown(definitions: &[Definition], finding: &Finding) -> Result<(), TestCaseError> {
    let Some(witness) = &finding.witness else { return Ok(()) };
    let Some(rule) = finding.rule else {
        let verdict = witness.decide(&rules_of(definitions));
        prop_assert!(verdict.rule.is_none() && verdict.held_by.is_none(), "{:?} {:?}", finding, verdict);
        return Ok(());
    };
    let alone = witness.decide(&rules_of(&definitions[rule..=rule])).trace[0].result;
    match finding.kind {
        // All of the parts except one hold.
        FindingKind::Unsatisfiable { .. } => prop_assert_ne!(alone, Outcome3::True, "{:?}", finding),
        // A lead for which the part or the list is evaluated; the condition as a whole can have any result.
        FindingKind::OutOfRange { .. } => {}
        FindingKind::EmptyList { ref list } => {
            prop_assert!(witness.lists.contains_key(list), "{:?}", finding);
        }
        _ => prop_assert_eq!(alone, Outcome3::True, "{:?}", finding),
    }
    Ok(())
}

/// Asserts that a finding about a rule is true for a lead.
fn assert_holds(definitions: &[Definition], finding: &Finding, lead: &Lead) -> Result<(), TestCaseError> {
    let Some(rule) = finding.rule else { return Ok(()) };
    let fires = |definitions: &[Definition], rule: usize| {
        let trace = decide(&rules_of(definitions), lead).trace;
        trace.iter().any(|entry| entry.rule_id == format!("r{rule}") && entry.result == Outcome3::True)
    };
    match &finding.kind {
        FindingKind::Unsatisfiable { .. } => {
            prop_assert_ne!(outcome(&definitions[rule], lead), Outcome3::True, "{:?} {:?}", finding, lead);
        }
        FindingKind::Unreachable { by } => {
            prop_assert!(!fires(definitions, rule), "{:?} {:?} {:?}", finding, lead, definitions);
            let mut few: Vec<_> = by.iter().map(|id| definitions[index(id)].clone()).collect();
            few.push(definitions[rule].clone());
            prop_assert!(!fires(&few, few.len() - 1), "{:?} {:?} {:?}", finding, lead, few);
        }
        FindingKind::Duplicate { of: other } | FindingKind::Contradicting { with: other } => {
            let is_tag = definitions[rule].1 == 0;
            prop_assert!(is_tag || !fires(definitions, rule), "{:?} {:?}", finding, lead);
            let others = outcome(&definitions[index(other)], lead);
            prop_assert_eq!(outcome(&definitions[rule], lead), others, "{:?} {:?}", finding, lead);
        }
        FindingKind::OutOfRange { part, holds } => {
            let never = if *holds { Outcome3::False } else { Outcome3::True };
            let part = (part.text.clone(), definitions[rule].1);
            prop_assert_ne!(outcome(&part, lead), never, "{:?} {:?}", finding, lead);
        }
        FindingKind::EmptyList { list } => {
            prop_assert!(definitions[rule].0.contains(&format!("lists.{list}")), "{:?}", finding);
        }
        FindingKind::Gap | FindingKind::NotDecided(_) => {}
    }
    Ok(())
}

/// Generates rules, some of which repeat the condition of an earlier one.
fn definitions() -> impl Strategy<Value = Vec<Definition>> {
    let repeated = prop::option::weighted(0.25, any::<prop::sample::Index>());
    prop::collection::vec((condition(), 0_usize..4, repeated), 1..7).prop_map(|all| {
        let when = |at: usize| match all[at].2 {
            Some(earlier) if at > 0 => all[earlier.index(at)].0.clone(),
            _ => all[at].0.clone(),
        };
        all.iter().enumerate().map(|(at, (_, kind, _))| (when(at), *kind)).collect()
    })
}

#[test]
fn findings_are_true_for_every_lead() {
    let met = RefCell::new(BTreeMap::<&str, u32>::new());
    let config = ProptestConfig { source_file: Some(file!()), ..cases(600) };
    let leads = prop::collection::vec(lead(), 40);
    let ran = TestRunner::new(config).run(&(definitions(), leads), |(definitions, leads)| {
        let rules = rules_of(&definitions);
        // An empty list where the set uses one; half of the sets are analysed with its size.
        let lists = if definitions.len() % 2 == 0 {
            BTreeMap::from([("tam".to_owned(), 0)])
        } else {
            BTreeMap::new()
        };
        let findings = rules.analyse(&lists).findings;
        for finding in &findings {
            *met.borrow_mut().entry(name(&finding.kind)).or_default() += 1;
            assert_shown(&definitions, finding)?;
        }
        let is_open = findings.iter().any(|finding| finding.rule.is_none());
        for lead in &leads {
            let verdict = decide(&rules, lead);
            let is_decided = verdict.rule.is_some() || verdict.held_by.is_some();
            prop_assert!(is_open || is_decided, "{:?} {:?}", lead, definitions);
            for finding in &findings {
                assert_holds(&definitions, finding, lead)?;
            }
        }
        Ok(())
    });
    ran.unwrap_or_else(|error| panic!("{error}"));
    let met = met.into_inner();
    let kinds = [
        "unsatisfiable",
        "unreachable",
        "duplicate",
        "contradicting",
        "out of range",
        "empty list",
        "gap",
        "not decided",
    ];
    assert!(kinds.iter().all(|kind| met.contains_key(kind)), "some of this was never met: {met:?}");
}

/// Generates conditions over three fields, all cases of which are in [`every_lead`].
fn small_condition() -> impl Strategy<Value = String> {
    prop::sample::select(vec![
        "vip",
        "size > 2",
        "size <= 2",
        "size == 3",
        "size >= 0",
        "size in [1, 3]",
        "size != 2",
        "source == 'chat'",
        "source in ['chat', 'web']",
        "source != 'partner'",
    ])
    .prop_map(str::to_owned)
    .prop_recursive(2, 6, 3, |inner| {
        prop_oneof![
            inner.clone().prop_map(|a| format!("!({a})")),
            prop::collection::vec(inner.clone(), 2..4).prop_map(|items| format!("({})", items.join(" && "))),
            prop::collection::vec(inner, 2..4).prop_map(|items| format!("({})", items.join(" || "))),
        ]
    })
}

/// Returns every combination of values that these conditions distinguish, including unknown.
fn every_lead() -> Vec<Lead> {
    let known = |values: Vec<Value>| values.into_iter().map(Some).chain([None]).collect::<Vec<_>>();
    let vip = known([false, true].map(Value::Bool).into());
    let size = known((0..5).map(Value::Integer).collect());
    let source = known(["chat", "web", "partner"].map(|text| Value::Text(text.into())).into());
    let mut all = Vec::new();
    for vip in &vip {
        for size in &size {
            for source in &source {
                let fields = [("vip", vip), ("size", size), ("source", source)];
                let read = fields.into_iter().filter_map(|(name, value)| {
                    Some((name.to_owned(), Reading { value: value.clone()?, confidence: 1.0 }))
                });
                all.push((read.collect(), false));
            }
        }
    }
    all
}

#[test]
fn unreachable_rules_and_undecided_leads_are_found() {
    let leads = every_lead();
    let met = RefCell::new((0, 0));
    let config = ProptestConfig { source_file: Some(file!()), ..cases(300) };
    let definitions = prop::collection::vec((small_condition(), 0_usize..4), 1..5);
    let ran = TestRunner::new(config).run(&definitions, |definitions| {
        let rules = rules_of(&definitions);
        let findings = rules.analyse(&BTreeMap::new()).findings;
        let verdicts: Vec<_> = leads.iter().map(|lead| decide(&rules, lead)).collect();
        for rule in 0..definitions.len() {
            let id = format!("r{rule}");
            let applies = verdicts.iter().any(|verdict| {
                verdict.trace.iter().any(|entry| entry.rule_id == id && entry.result == Outcome3::True)
            });
            let is_reported = findings.iter().any(|finding| {
                let never = ["unsatisfiable", "unreachable", "duplicate", "contradicting"];
                finding.rule == Some(rule) && never.contains(&name(&finding.kind))
            });
            met.borrow_mut().0 += u32::from(!applies);
            prop_assert!(applies || is_reported, "{} never applies: {:?} {:?}", id, definitions, findings);
        }
        let has_gap = verdicts.iter().any(|verdict| verdict.rule.is_none() && verdict.held_by.is_none());
        let is_reported = findings.iter().any(|finding| finding.kind == FindingKind::Gap);
        met.borrow_mut().1 += u32::from(has_gap);
        prop_assert_eq!(has_gap, is_reported, "{:?} {:?}", definitions, findings);
        Ok(())
    });
    ran.unwrap_or_else(|error| panic!("{error}"));
    let (never_apply, gaps) = met.into_inner();
    assert!(never_apply > 0 && gaps > 0, "never met: {never_apply} rules that never apply, {gaps} gaps");
}
