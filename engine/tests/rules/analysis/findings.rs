//! Tests each kind of finding.

use std::collections::BTreeMap;

use chrono::DateTime;
use engine::rules::analysis::{Finding, FindingKind, InconclusiveReason};
use engine::rules::vector::{Columns, Lookups};
use engine::rules::{Inputs, Reading, RuleSet, RuleSetFile, Slot};
use engine::value::Value;

use super::{FIELDS, catalogue, compile};

/// Returns the findings, with a last rule that decides everything else, so that there is no gap.
fn found(conditions: &[&str]) -> Vec<String> {
    let rules: Vec<(&str, &str)> = conditions.iter().map(|when| (*when, "advance")).collect();
    let rules = compile(&rules);
    let findings = rules.analyse(&BTreeMap::new()).findings;
    let rule_findings = findings.iter().filter(|finding| finding.rule.is_some());
    rule_findings
        .map(|finding| {
            if let Some(witness) = &finding.witness {
                let verdict = witness.decide(&rules);
                assert!(!verdict.trace.is_empty(), "{finding:?}");
            }
            format!("r{}: {}", finding.rule.expect("a rule's"), finding.message())
        })
        .collect()
}

#[test]
fn a_contradiction_is_reported_with_its_parts() {
    for (when, parts) in [
        ("size > 10 && vip && size < 5", "`size > 10` and `size < 5` contradict each other"),
        ("size > 2 && size < 3", "`size > 2` and `size < 3` contradict each other"),
        (
            "source == 'web' && vip && source in ['chat', 'partner']",
            "`source == \"web\"` and `source in [\"chat\", \"partner\"]` contradict each other",
        ),
        ("vip && (size > 5 && !vip)", "`vip` and `!vip` contradict each other"),
        (
            "country == 'DE' && country > 'F'",
            "`country == \"DE\"` and `country > \"F\"` contradict each other",
        ),
        (
            "country in lists.tam && !(country in lists.tam)",
            "`country in lists.tam` and `!(country in lists.tam)` contradict each other",
        ),
        ("size < budget && size >= budget", "`size < budget` and `size >= budget` contradict each other"),
        ("!has(size) && size > 3", "`!has(size)` and `size > 3` contradict each other"),
        (
            "confidence(size) > 0.9 && confidence(size) < 0.5",
            "`confidence(size) > 0.9` and `confidence(size) < 0.5` contradict each other",
        ),
        (
            "(size < 5 || size > 10) && size in [6, 7]",
            "`size < 5 || size > 10` and `size in [6, 7]` contradict each other",
        ),
        ("vip == !vip", "`vip == !vip` is impossible"),
        ("size * 2 > 10 && !(size * 2 > 10)", "`size * 2 > 10` and `!(size * 2 > 10)` contradict each other"),
        ("false", "`false` is impossible"),
    ] {
        assert_eq!(found(&[when]), [format!("r0: This rule never applies: {parts}.")], "{when}");
    }
    for when in [
        "size > 2 && size < 4",
        "budget > 2 && budget < 3",
        "country > 'a' && country < 'b'",
        "has(size) && !vip",
        "seen < as_of && vip",
    ] {
        assert_eq!(found(&[when]), Vec::<String>::new(), "{when}");
    }
}

#[test]
fn an_unreachable_rule_is_reported_with_the_rules_that_cover_it() {
    let unreachable = |by: &str| vec![format!("r2: No lead reaches this rule: {by}.")];
    assert_eq!(found(&["vip", "size > 5", "size > 10 && !vip"]), unreachable("`r1` matches them all first"));
    assert_eq!(
        found(&["size > 5", "size <= 5", "size == 7 && vip"]),
        unreachable("`r0` matches them all first")
    );
    assert_eq!(
        found(&["size > 5", "size <= 5", "vip && source == 'web'"]),
        unreachable("`r0` and `r1` together match them all first")
    );
    assert_eq!(
        found(&["vip", "source == 'web' || !vip", "country == 'DE'"]),
        unreachable("`r0` and `r1` together match them all first")
    );
    assert_eq!(
        found(&["intent >= 0.5", "intent < 0.5", "budget > 5"]),
        unreachable("`r0` and `r1` together match them all first")
    );
    // With a different threshold, or one more country, leads do reach the rule.
    for rules in [
        ["size > 6", "size <= 5", "vip && source == 'web'"],
        ["vip && has(size)", "!vip", "source == 'web'"],
        ["country in ['DE', 'AT']", "country > 'DE'", "country == 'CH'"],
    ] {
        assert_eq!(found(&rules), Vec::<String>::new(), "{rules:?}");
    }
    // An unknown stops the scan, so nothing passes a test of a field that was not read.
    assert_eq!(
        found(&["size > 5", "!has(size)"]),
        ["r1: No lead reaches this rule: `r0` matches them all first."]
    );
    assert_eq!(found(&["has(size) && size > 5", "!has(size)"]), Vec::<String>::new());
}

#[test]
fn the_same_rule_twice_is_a_duplicate_or_a_contradiction() {
    let rules = compile(&[
        ("size > 5 && vip", "advance"),
        ("vip && size > 5", "advance"),
        ("!(size <= 5 || !vip)", "reject"),
        ("size >= 6 && vip", "advance"),
    ]);
    let findings = rules.analyse(&BTreeMap::new()).findings;
    let kinds: Vec<_> =
        findings.iter().filter(|finding| finding.rule.is_some()).map(|finding| &finding.kind).collect();
    assert_eq!(
        kinds,
        [
            &FindingKind::Duplicate { of: "r0".into() },
            &FindingKind::Contradicting { with: "r0".into() },
            &FindingKind::Duplicate { of: "r0".into() },
        ]
    );
    let witness = findings[0].witness.as_ref().expect("a lead");
    assert_eq!(witness.telling, ["size 6", "vip yes"]);
    assert_eq!(findings[0].example().as_deref(), Some("Example: size 6, vip yes."));
}

#[test]
fn constant_parts_and_empty_lists_are_reported_at_their_place() {
    let rules = compile(&[
        ("vip && intent >= 0", "advance"),
        ("intent > 1 || vip", "advance"),
        ("country in lists.tam", "advance"),
    ]);
    let findings = rules.analyse(&BTreeMap::from([("tam".to_owned(), 0)])).findings;
    let messages: Vec<String> = findings.iter().map(Finding::message).collect();
    assert_eq!(messages[0], "`intent >= 0` is true for every possible value, so it has no effect.");
    assert_eq!(findings[0].span.map(|span| (span.start, span.end)), Some((7, 18)));
    assert!(messages.contains(&"`intent > 1` is false for every possible value.".to_owned()), "{messages:?}");
    assert!(messages.contains(&"The list `tam` is empty, so nothing matches it.".to_owned()), "{messages:?}");
}

#[test]
fn a_gap_is_reported_with_an_example() {
    let rules = compile(&[("size >= 10", "advance"), ("size < 5 || vip", "reject")]);
    let findings = rules.analyse(&BTreeMap::new()).findings;
    assert_eq!(findings.len(), 1);
    let witness = findings[0].witness.as_ref().expect("a lead");
    assert_eq!(
        (findings[0].kind.clone(), &witness.telling[..]),
        (FindingKind::Gap, &["size 5".to_owned(), "vip no".to_owned()][..])
    );
    let verdict = witness.decide(&rules);
    assert_eq!((verdict.rule, verdict.held_by), (None, None));
    assert_eq!(
        compile(&[("size >= 10", "advance"), ("size < 10", "reject")]).analyse(&BTreeMap::new()).findings,
        []
    );
}

#[test]
fn undecided_rules_are_reported() {
    // The order of three fields is analysed only in pairs.
    let rules = compile(&[("size < budget && budget < intent && intent < size", "advance")]);
    let findings = rules.analyse(&BTreeMap::new()).findings;
    assert_eq!(findings[0].kind, FindingKind::NotDecided(InconclusiveReason::NotLookedInto));
    assert!(
        findings[0].message().starts_with("Could not determine whether this rule can apply: it depends on")
    );
}

#[test]
fn a_contradiction_is_reported_with_the_closest_lead() {
    let rules = compile(&[("vip && size > 10 && size < 5", "advance")]);
    let finding = &rules.analyse(&BTreeMap::new()).findings[0];
    assert_eq!(
        finding.example().as_deref(),
        Some("Example: size 11 satisfies everything except `size < 5`.")
    );
}

#[test]
fn leads_are_counted_for_findings_that_affect_them() {
    let rules = compile(&[("size > 5", "advance"), ("size > 10", "reject"), ("vip && !vip", "reject")]);
    let lead = |size: i64, vip: Option<bool>| {
        let reading = |value| Reading { value, confidence: 1.0 };
        let mut readings = BTreeMap::from([("size".to_owned(), reading(Value::Integer(size)))]);
        readings.extend(vip.map(|vip| ("vip".to_owned(), reading(Value::Bool(vip)))));
        readings
    };
    let leads = [lead(20, None), lead(7, None), lead(3, None), lead(3, Some(true))];
    let counted = |analysis: &engine::rules::Analysis| -> Vec<_> {
        analysis.findings.iter().map(|finding| (finding.rule, finding.leads)).collect()
    };
    let expected = [(Some(1), Some(1)), (Some(2), Some(1)), (None, Some(1))];

    let mut one_by_one = rules.analyse(&BTreeMap::new());
    for readings in &leads {
        let inputs = Inputs { readings, lists: &BTreeMap::new(), as_of: DateTime::UNIX_EPOCH };
        one_by_one.count(&rules, &inputs);
    }
    assert_eq!(counted(&one_by_one), expected);

    let fields = catalogue();
    let slots: Vec<Slot> = fields.0.iter().map(|(name, field)| Slot::new(name, field)).collect();
    let mut columns = Columns::builder(fields.0.iter().map(|(name, field)| (name.as_str(), field)));
    for readings in &leads {
        let cells: Vec<_> = slots.iter().map(|slot| slot.cell(readings.get(&slot.name))).collect();
        columns.push(&cells, 0);
    }
    let mut by_columns = rules.analyse(&BTreeMap::new());
    by_columns.count_columns(&rules, &columns.finish(), &mut Lookups::new(&BTreeMap::new()));
    assert_eq!(counted(&by_columns), expected);
}

/// Returns a table with this many distinct rows over five fields, and a rule after it.
pub fn table(rows: usize) -> RuleSet {
    let mut csv = String::from("id,source,country,size,intent,pool\n");
    for row in 0..rows {
        let source = ["chat", "web", "partner"][row % 3];
        let country = format!("C{:02}", row / 3 % 40);
        let low = row / 120 * 50;
        csv.push_str(&format!(
            "t{row},{source},{country},{low}..{},>= 0.{:02},p{}\n",
            low + 49,
            10 + row % 50,
            row % 7
        ));
    }
    let fields =
        engine::rules::yaml::read(&format!("{{{}}}", FIELDS.trim().replace('\n', ","))).expect("fields");
    let file = RuleSetFile::from_table("table", &csv, fields, BTreeMap::new()).expect("a table");
    file.compile().expect("rules")
}

#[test]
fn a_table_of_a_thousand_rows_is_decided() {
    let findings = table(1_000).analyse(&BTreeMap::new()).findings;
    assert_eq!(findings.len(), 1, "{:?}", findings.iter().map(Finding::message).collect::<Vec<_>>());
    assert_eq!(findings[0].kind, FindingKind::Gap);
}
