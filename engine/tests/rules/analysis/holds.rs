//! What is found holds for every lead.

use std::collections::BTreeMap;

use engine::decision::Outcome3;
use engine::rules::analysis::FindingKind;
use proptest::prelude::*;

use super::{Lead, condition, decide, lead, rules_of};
use crate::generate::cases;

/// What a rule alone comes to, an error being as good as not known.
fn outcome(rule: &(String, usize), lead: &Lead) -> Outcome3 {
    match decide(&rules_of(std::slice::from_ref(rule)), lead).trace[0].result {
        Outcome3::Error => Outcome3::Unknown,
        told => told,
    }
}

proptest! {
    #![proptest_config(cases(600))]

    #[test]
    fn what_is_found_holds_for_every_lead(
        definitions in prop::collection::vec((condition(), 0_usize..4), 1..7),
        leads in prop::collection::vec(lead(), 40),
    ) {
        let rules = rules_of(&definitions);
        let findings = rules.analyse(&BTreeMap::new()).findings;
        let is_open = findings.iter().any(|finding| finding.rule.is_none());
        for finding in &findings {
            if let Some(witness) = &finding.witness {
                let verdict = witness.decide(&rules);
                match finding.rule {
                    None => prop_assert!(verdict.rule.is_none() && verdict.held_by.is_none(), "{:?} {:?}", finding, verdict),
                    // All but one of the parts hold, or it is a lead that a part is asked about.
                    Some(_) if matches!(finding.kind, FindingKind::Unsatisfiable { .. } | FindingKind::OutOfRange { .. }) => {}
                    Some(rule) => {
                        let alone = rules_of(&definitions[rule..=rule]);
                        prop_assert_eq!(witness.decide(&alone).trace[0].result, Outcome3::True, "{:?}", finding);
                    }
                }
            }
        }
        for lead in &leads {
            let verdict = decide(&rules, lead);
            let is_true = |rule: usize| {
                verdict.trace.iter().any(|entry| entry.rule_id == format!("r{rule}") && entry.result == Outcome3::True)
            };
            prop_assert!(is_open || verdict.rule.is_some() || verdict.held_by.is_some(), "{:?} {:?}", lead, definitions);
            for finding in &findings {
                let Some(rule) = finding.rule else { continue };
                let of = |id: &String| id[1..].parse::<usize>().expect("an index");
                match &finding.kind {
                    FindingKind::Unsatisfiable { .. } => prop_assert_ne!(outcome(&definitions[rule], lead), Outcome3::True),
                    FindingKind::Unreachable { by } => {
                        prop_assert!(!is_true(rule), "{:?} {:?} {:?}", finding, lead, definitions);
                        let mut few: Vec<_> = by.iter().map(|id| definitions[of(id)].clone()).collect();
                        few.push(definitions[rule].clone());
                        let last = format!("r{}", few.len() - 1);
                        let verdict = decide(&rules_of(&few), lead);
                        prop_assert!(!verdict.trace.iter().any(|entry| entry.rule_id == last && entry.result == Outcome3::True));
                    }
                    FindingKind::Duplicate { of: other } | FindingKind::Contradicting { with: other } => {
                        prop_assert!(definitions[rule].1 == 0 || !is_true(rule), "{:?} {:?}", finding, lead);
                        prop_assert_eq!(outcome(&definitions[rule], lead), outcome(&definitions[of(other)], lead), "{:?} {:?}", finding, lead);
                    }
                    _ => {}
                }
            }
        }
    }
}
