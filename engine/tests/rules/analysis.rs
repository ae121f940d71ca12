//! What is said about rule sets before any lead comes, and that it holds for the leads that come.

use std::collections::BTreeMap;

use chrono::DateTime;
use engine::action::{Action, Consequence};
use engine::catalogue::{Catalogue, FieldDefinition, FieldType, Missing};
use engine::decision::{Outcome3, SnapshotList};
use engine::rules::analysis::{Finding, FindingKind, Nearest, NotDecided};
use engine::rules::{Inputs, Reading, RuleDefinition, RuleSet, RuleSetFile, Verdict};
use engine::value::Value;
use proptest::prelude::*;
use serde_json::json;

use crate::generate::cases;

const FIELDS: &str = "
  intent: {type: number, min: 0, max: 1}
  size: {type: integer, min: 0}
  budget: {type: number}
  country: {type: string}
  source: {type: enum, values: [chat, web, partner]}
  vip: {type: bool}
  seen: {type: timestamp}
";

fn compile(rules: &[(&str, &str)]) -> RuleSet {
    let rules: Vec<String> = rules
        .iter()
        .enumerate()
        .map(|(index, (when, then))| format!("  - {{id: r{index}, when: {}, then: [{then}]}}\n", json!(when)))
        .collect();
    let yaml = format!(
        "rule_set: r\nfields:{FIELDS}lists: {{tam: [Acme]}}\nrules:\n{}default: hold\n",
        rules.concat()
    );
    let file = RuleSetFile::from_yaml(&yaml).unwrap_or_else(|problems| panic!("{yaml}{problems:?}"));
    file.compile().unwrap_or_else(|problems| panic!("{yaml}{problems:?}"))
}

/// What is found, with a last rule that decides everything left, so that there is no gap.
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
fn a_rule_that_contradicts_itself_is_told_with_the_parts() {
    for (when, parts) in [
        ("size > 10 && vip && size < 5", "`size > 10` and `size < 5` cannot hold together"),
        ("size > 2 && size < 3", "`size > 2` and `size < 3` cannot hold together"),
        (
            "source == 'web' && vip && source in ['chat', 'partner']",
            "`source == \"web\"` and `source in [\"chat\", \"partner\"]` cannot hold together",
        ),
        ("vip && (size > 5 && !vip)", "`vip` and `!vip` cannot hold together"),
        (
            "country == 'DE' && country > 'F'",
            "`country == \"DE\"` and `country > \"F\"` cannot hold together",
        ),
        (
            "country in lists.tam && !(country in lists.tam)",
            "`country in lists.tam` and `!(country in lists.tam)` cannot hold together",
        ),
        ("size < budget && size >= budget", "`size < budget` and `size >= budget` cannot hold together"),
        ("!has(size) && size > 3", "`!has(size)` and `size > 3` cannot hold together"),
        (
            "confidence(size) > 0.9 && confidence(size) < 0.5",
            "`confidence(size) > 0.9` and `confidence(size) < 0.5` cannot hold together",
        ),
        (
            "(size < 5 || size > 10) && size in [6, 7]",
            "`size < 5 || size > 10` and `size in [6, 7]` cannot hold together",
        ),
        ("vip == !vip", "`vip == !vip` cannot be"),
        ("size * 2 > 10 && !(size * 2 > 10)", "`size * 2 > 10` and `!(size * 2 > 10)` cannot hold together"),
        ("false", "`false` cannot be"),
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
fn a_rule_behind_others_that_take_all_of_it_is_told_with_them() {
    let told = |by: &str| vec![format!("r2: No lead gets to this rule: {by}.")];
    assert_eq!(found(&["vip", "size > 5", "size > 10 && !vip"]), told("`r1` takes them all before"));
    assert_eq!(found(&["size > 5", "size <= 5", "size == 7 && vip"]), told("`r0` takes them all before"));
    assert_eq!(
        found(&["size > 5", "size <= 5", "vip && source == 'web'"]),
        told("`r0` and `r1` together take them all before")
    );
    assert_eq!(
        found(&["vip", "source == 'web' || !vip", "country == 'DE'"]),
        told("`r0` and `r1` together take them all before")
    );
    assert_eq!(
        found(&["intent >= 0.5", "intent < 0.5", "budget > 5"]),
        told("`r0` and `r1` together take them all before")
    );
    // With a threshold apart, one that is asked for, or one more country, leads do come.
    for rules in [
        ["size > 6", "size <= 5", "vip && source == 'web'"],
        ["vip && has(size)", "!vip", "source == 'web'"],
        ["country in ['DE', 'AT']", "country > 'DE'", "country == 'CH'"],
    ] {
        assert_eq!(found(&rules), Vec::<String>::new(), "{rules:?}");
    }
    // What is not known stops the scan: nothing gets past a question about a field that was not read.
    assert_eq!(
        found(&["size > 5", "!has(size)"]),
        ["r1: No lead gets to this rule: `r0` takes them all before."]
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
    let told: Vec<_> =
        findings.iter().filter(|finding| finding.rule.is_some()).map(|finding| &finding.kind).collect();
    assert_eq!(
        told,
        [
            &FindingKind::Duplicate { of: "r0".into() },
            &FindingKind::Contradicting { with: "r0".into() },
            &FindingKind::Duplicate { of: "r0".into() },
        ]
    );
    let witness = findings[0].witness.as_ref().expect("a lead");
    assert_eq!(witness.telling, ["size 6", "vip yes"]);
    assert_eq!(findings[0].example().as_deref(), Some("For example size 6, vip yes."));
}

#[test]
fn idle_parts_and_empty_lists_are_told_at_their_place() {
    let rules = compile(&[
        ("vip && intent >= 0", "advance"),
        ("intent > 1 || vip", "advance"),
        ("country in lists.tam", "advance"),
    ]);
    let findings = rules.analyse(&BTreeMap::from([("tam".to_owned(), 0)])).findings;
    let told: Vec<String> = findings.iter().map(Finding::message).collect();
    assert_eq!(told[0], "`intent >= 0` holds for every value there can be, so it asks nothing.");
    assert_eq!(findings[0].span.map(|span| (span.start, span.end)), Some((7, 18)));
    assert!(told.contains(&"`intent > 1` holds for no value there can be.".to_owned()), "{told:?}");
    assert!(told.contains(&"The list `tam` has no entries, so nothing is in it.".to_owned()), "{told:?}");
}

#[test]
fn a_gap_is_told_with_a_lead_in_it() {
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
fn what_is_not_decided_is_said() {
    // How three fields compare is not looked into beyond pairs.
    let rules = compile(&[("size < budget && budget < intent && intent < size", "advance")]);
    let findings = rules.analyse(&BTreeMap::new()).findings;
    assert_eq!(findings[0].kind, FindingKind::NotDecided(NotDecided::NotLookedInto));
    assert!(
        findings[0].message().starts_with("It was not decided whether this rule can ever apply: it hangs on")
    );
}

#[test]
fn leads_are_counted_where_a_finding_concerns_them() {
    let rules = compile(&[("size > 5", "advance"), ("size > 10", "reject"), ("vip && !vip", "reject")]);
    let mut analysis = rules.analyse(&BTreeMap::new());
    let lead = |size: i64, vip: Option<bool>| {
        let reading = |value| Reading { value, confidence: 1.0 };
        let mut readings = BTreeMap::from([("size".to_owned(), reading(Value::Integer(size)))]);
        readings.extend(vip.map(|vip| ("vip".to_owned(), reading(Value::Bool(vip)))));
        readings
    };
    for readings in [lead(20, None), lead(7, None), lead(3, None), lead(3, Some(true))] {
        analysis.count(
            &rules,
            &Inputs { readings: &readings, lists: &BTreeMap::new(), as_of: DateTime::UNIX_EPOCH },
        );
    }
    let told: Vec<_> = analysis.findings.iter().map(|finding| (finding.rule, finding.leads)).collect();
    assert_eq!(told, [(Some(1), Some(1)), (Some(2), Some(1)), (None, Some(1))]);
}

/// A table of this many rows over five fields, none like another, and a rule behind it.
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

fn catalogue() -> Catalogue {
    let mut fields: Catalogue =
        engine::rules::yaml::read(&format!("{{{}}}", FIELDS.trim().replace('\n', ","))).expect("fields");
    for field in fields.0.values_mut() {
        field.min_confidence = Some(0.5);
    }
    fields.0.insert(
        "stated".into(),
        FieldDefinition { missing: Missing::Value(json!(3)), ..FieldDefinition::new(FieldType::Integer) },
    );
    fields
}

fn file(rules: &[(String, usize)]) -> RuleSetFile {
    let rule = |(index, (when, kind)): (usize, &(String, usize))| RuleDefinition {
        id: format!("r{index}"),
        name: None,
        when: when.clone(),
        then: match kind {
            0 => vec![Consequence::Tag("t".into())],
            1 => vec![Consequence::Act { action: Action::Advance, parameters: BTreeMap::new() }],
            _ => vec![Consequence::Act { action: Action::Reject, parameters: BTreeMap::new() }],
        },
        min_confidence: if *kind == 3 { BTreeMap::from([("size".into(), 0.9)]) } else { BTreeMap::new() },
        risk: Vec::new(),
        table: None,
    };
    RuleSetFile {
        rule_set: "generated".into(),
        fields: catalogue(),
        lists: BTreeMap::from([("tam".into(), Vec::new())]),
        rules: rules.iter().enumerate().map(rule).collect(),
        default: Action::Hold,
    }
}

fn rules_of(rules: &[(String, usize)]) -> RuleSet {
    file(rules).compile().unwrap_or_else(|problems| panic!("{rules:?}: {problems:?}"))
}

fn condition() -> impl Strategy<Value = String> {
    let atoms = vec![
        "vip",
        "vip",
        "size > 2",
        "size <= 2",
        "size == 3",
        "size < budget",
        "size >= 0",
        "budget >= 1.5",
        "size in [1, 3]",
        "size != 2",
        "intent < 0.5",
        "intent >= 0.5",
        "source == 'chat'",
        "source in ['chat', 'web']",
        "source != 'partner'",
        "country in lists.tam",
        "country < 'm'",
        "country == 'acme'",
        "country in ['acme', 'zorg']",
        "has(size)",
        "has(country)",
        "confidence(budget) > 0.4",
        "confidence(size) >= 0.9",
        "vip == has(size)",
        "seen < as_of",
        "seen >= as_of",
        "stated > 2",
        "has(stated)",
        "true",
    ];
    // Conditions that no question of its own is made for, some of them errors for some leads.
    let general = vec![
        "size * 2 > 5",
        "size * 2 > 5",
        "size + stated == 3",
        "10 / size > 3",
        "budget / 2.0 > 0.9",
        "size(country) > 3",
        "country.startsWith('a')",
        "int(country) > 1",
        "[1, 2].exists(v, v == size)",
        "[1, 2].all(v, v < size)",
        "(vip ? size : 0) > 1",
        "has(size) ? vip : false",
        "confidence(size) > 0.5 ? vip : true",
        "(country in lists.tam ? intent : 0.0) >= 0.5",
        "seen + duration('1s') > as_of",
    ];
    prop_oneof![3 => prop::sample::select(atoms), 1 => prop::sample::select(general)]
        .prop_map(str::to_owned)
        .prop_recursive(3, 8, 3, |inner| {
            prop_oneof![
                inner.clone().prop_map(|a| format!("!({a})")),
                (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a}) == ({b})")),
                prop::collection::vec(inner.clone(), 2..4)
                    .prop_map(|items| format!("({})", items.join(" && "))),
                prop::collection::vec(inner, 2..4).prop_map(|items| format!("({})", items.join(" || "))),
            ]
        })
}

fn value(name: &str) -> BoxedStrategy<Value> {
    match name {
        "size" | "stated" => (0_i64..5).prop_map(Value::Integer).boxed(),
        "budget" => prop::sample::select(vec![0.5, 1.5, 2.0, 2.5, 4.0]).prop_map(Value::Number).boxed(),
        "intent" => prop::sample::select(vec![0.0, 0.25, 0.5, 1.0]).prop_map(Value::Number).boxed(),
        "source" => {
            prop::sample::select(vec!["chat", "web", "partner"]).prop_map(|v| Value::Text(v.into())).boxed()
        }
        "country" => {
            prop::sample::select(vec!["acme", "zorg", "b", "m"]).prop_map(|v| Value::Text(v.into())).boxed()
        }
        "seen" => prop::sample::select(vec![-1_i64, 0, 1])
            .prop_map(|s| Value::Timestamp(DateTime::from_timestamp(s, 0).expect("a time")))
            .boxed(),
        _ => any::<bool>().prop_map(Value::Bool).boxed(),
    }
}

type Lead = (BTreeMap<String, Reading>, bool);

fn lead() -> impl Strategy<Value = Lead> {
    let names: Vec<String> = catalogue().0.into_keys().collect();
    let confidence = || {
        prop::sample::select(vec![
            None,
            Some(0.2),
            Some(0.45),
            Some(0.5),
            Some(0.95),
            Some(1.0),
            Some(1.0),
            Some(1.0),
        ])
    };
    let seen: Vec<_> = names.iter().map(|name| (confidence(), value(name))).collect();
    (seen, any::<bool>()).prop_map(move |(seen, is_listed)| {
        let read = names.iter().zip(seen).filter_map(|(name, (confidence, value))| {
            Some((name.clone(), Reading { value, confidence: confidence? }))
        });
        (read.collect(), is_listed)
    })
}

fn decide(rules: &RuleSet, (readings, is_listed): &Lead) -> Verdict {
    let by_field = readings.get("country").map(|_| ("country".to_owned(), *is_listed)).into_iter().collect();
    let lists = BTreeMap::from([("tam".to_owned(), SnapshotList { by_field, ..SnapshotList::default() })]);
    rules.decide(&Inputs { readings, lists: &lists, as_of: DateTime::UNIX_EPOCH })
}

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
                prop_assert!(found.moves.len() == 1 || !one_field_does, "{:?} {:?} {:?}", definitions, readings, found);
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
