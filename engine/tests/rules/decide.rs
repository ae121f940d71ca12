//! Tests decisions: which rules match, which rules hold, and why.

use std::collections::BTreeMap;

use engine::action::Action;
use engine::decision::{Outcome3, UnknownReason};
use engine::rules::{ListLookup, Row, RuleSet, RuleSetFile, ScanStop};

use crate::leads::{FIELDS, Lead, at, compile, lead, single};

fn missing(field: &str) -> UnknownReason {
    UnknownReason::Missing { field: field.into() }
}

fn outcome(when: &str, lead: &Lead) -> Outcome3 {
    lead.decide(&single(when)).trace[0].result
}

#[test]
fn conditions_evaluate_as_written() {
    use Outcome3::{False, True, Unknown};
    let lead = lead()
        .with("a", true, 1.0)
        .with("size", 120_i64, 0.9)
        .with("budget", 5000.5, 0.8)
        .with("company", "Acme", 1.0)
        .with("source", "referral", 1.0)
        .with("region", "referral", 1.0)
        .with("seen_at", at("2026-11-22T08:59:59Z"), 1.0)
        .with("met_at", at("2026-11-22T08:59:59.000001Z"), 1.0)
        .listed("tam", "company", true)
        .listed("blocked", "company", false);
    for (when, expected) in [
        ("a", True),
        ("!a", False),
        ("a == true", True),
        ("a != (size > 100)", False),
        ("b", Unknown),
        ("b == b", Unknown),
        ("b || !b", Unknown),
        ("size > 100", True),
        ("100 < size", True),
        ("size >= 120.5", False),
        ("size == 120.0", True),
        ("size in [119, 120.0]", True),
        ("size in [119, 121]", False),
        ("size < budget", True),
        ("budget == 5000.5", True),
        ("budget != 5000.5", False),
        ("company == \"Acme\"", True),
        ("company < \"B\"", True),
        ("company >= \"Acmf\"", False),
        ("company in [\"Globex\", \"Acme\"]", True),
        ("company in [\"Globex\"]", False),
        ("company in lists.tam", True),
        ("company in lists.blocked", False),
        ("source == \"referral\"", True),
        ("source != \"referral\"", False),
        ("source in [\"chat\", \"web_form\"]", False),
        ("source == region", True),
        ("source == company", False),
        ("seen_at < as_of", True),
        ("seen_at < met_at", True),
        ("seen_at == as_of", False),
        ("has(size)", True),
        ("has(b)", False),
        ("confidence(size) >= 0.9", True),
        ("confidence(b) == 0", True),
        ("confidence(size) > confidence(budget)", True),
        ("confidence(size) in [0.9]", True),
        ("visits == 0", True),
        ("has(visits)", False),
        ("confidence(visits) == 0.0", True),
        ("true", True),
        ("false", False),
        ("1 < 2.5", True),
    ] {
        assert_eq!(outcome(when, &lead), expected, "{when}");
    }
}

#[test]
fn a_reading_that_is_not_sure_enough_is_unknown() {
    for (confidence, expected) in [(0.49, Outcome3::Unknown), (0.5, Outcome3::True)] {
        assert_eq!(outcome("budget > 5", &lead().with("budget", 9.0, confidence)), expected);
        // The assumed value applies to fields that were not found, not to those read with too little
        // confidence.
        assert_eq!(outcome("visits >= 0", &lead().with("visits", 9_i64, confidence)), expected);
        assert_eq!(outcome("has(budget)", &lead().with("budget", 9.0, confidence)), Outcome3::True);
    }
    let rules = compile(
        "  - {id: strict, when: 'budget > 5 && confidence(budget) < 0.9', then: [advance], min_confidence: {budget: 0.8}}",
    );
    let verdict = lead().with("budget", 9.0, 0.7).decide(&rules);
    let because = UnknownReason::LowConfidence { field: "budget".into(), confidence: 0.7, needed: 0.8 };
    assert_eq!((verdict.held_by.as_deref(), verdict.because), (Some("strict"), vec![because]));
}

#[test]
fn the_strictest_threshold_counts() {
    let yaml = format!(
        "rule_set: test\n{FIELDS}rules: [{{id: r, when: budget > 5, then: [advance], min_confidence: {{budget: 0.6}}}}]\ndefault: hold\n"
    );
    let file = RuleSetFile::from_yaml(&yaml).expect("a rule file");
    let lists = file.lists.keys().cloned().collect();
    for (map, confidence, held) in [(0.0, 0.59, true), (0.0, 0.6, false), (0.9, 0.6, true), (0.9, 0.9, false)]
    {
        let rules =
            RuleSet::compile(&file, &file.fields, &BTreeMap::from([("budget".to_owned(), map)]), &lists)
                .expect("it compiles");
        let verdict = lead().with("budget", 9.0, confidence).decide(&rules);
        assert_eq!(verdict.held_by.is_some(), held, "{map} {confidence}");
    }
}

#[test]
fn the_scan_stops_at_the_first_rule_that_is_not_false() {
    let rules = compile(
        "  - {id: first, when: a, then: [reject]}
  - {id: second, when: b, then: [{assign: {pool: ae}}], risk: [quota]}
  - {id: third, when: c, then: [advance]}",
    );
    let with = |a: bool, b: bool| lead().with("a", a, 1.0).with("b", b, 0.75);
    let fired = with(false, true).decide(&rules);
    assert_eq!(
        (fired.rule, fired.rule_id.as_deref(), fired.action),
        (Some(1), Some("second"), Action::Assign)
    );
    assert_eq!((fired.confidence, fired.tags, fired.held_by), (Some(0.75), vec!["quota".into()], None));
    assert_eq!(fired.parameters["pool"], "ae");
    assert_eq!(
        fired.trace.iter().map(|entry| entry.result).collect::<Vec<_>>(),
        [Outcome3::False, Outcome3::True]
    );

    let held = with(false, false).decide(&rules);
    assert_eq!((held.rule, held.rule_id, held.action, held.confidence), (None, None, Action::Nurture, None));
    assert_eq!((held.held_by.as_deref(), held.because), (Some("third"), vec![missing("c")]));

    let default = with(false, false).with("c", false, 1.0).decide(&rules);
    assert_eq!(
        (default.rule_id, default.held_by, default.action, default.confidence),
        (None, None, Action::Nurture, None)
    );
    assert_eq!(default.trace.len(), 3);
}

#[test]
fn rules_that_only_tag_never_stop_the_scan() {
    let rules = compile(
        "  - {id: t1, when: a, then: [{tag: hot}, {tag: vip}], risk: [quota]}
  - {id: t2, when: b, then: [{tag: unsure}]}
  - {id: t3, when: company in lists.tam, then: [{tag: listed}]}
  - {id: act, when: a, then: [advance, {tag: hot}, {tag: sent}]}",
    );
    let verdict = lead().with("a", true, 1.0).with("company", "Acme", 1.0).decide(&rules);
    assert_eq!(verdict.rule_id.as_deref(), Some("act"));
    assert_eq!(verdict.tags, ["quota", "hot", "vip", "sent"]);
    let trace: Vec<_> = verdict.trace.iter().map(|entry| entry.result).collect();
    assert_eq!(trace, [Outcome3::True, Outcome3::Unknown, Outcome3::Error, Outcome3::True]);
    assert!(verdict.because.is_empty());
}

#[test]
fn confidence_is_the_least_of_the_fields_read_as_values() {
    let rules = single("(a || b) && size > 5 && has(budget) && confidence(c) < 0.5 && visits == 0");
    let lead =
        lead().with("a", true, 0.9).with("size", 9_i64, 0.8).with("budget", 1.0, 0.1).with("c", true, 0.2);
    assert_eq!(
        lead.decide(&rules).confidence,
        Some(0.8),
        "b is not known, and budget and c are only looked at from outside"
    );
    assert_eq!(lead.decide(&single("has(a)")).confidence, Some(1.0));
    assert_eq!(lead.decide(&single("visits == 0")).confidence, Some(1.0), "a stated value is certain");
}

#[test]
fn because_names_the_fields_that_matter_and_no_others() {
    let because = |when: &str, lead: &Lead| lead.decide(&single(when)).because;
    let lead = lead().with("c", true, 1.0).with("size", 9_i64, 1.0);
    assert_eq!(because("a && b", &lead), [missing("a"), missing("b")]);
    assert_eq!(because("(a || c) && b", &lead), [missing("b")], "a is settled by c");
    assert_eq!(because("(a && !c) || b", &lead), [missing("b")]);
    assert_eq!(because("a || a && b", &lead), [missing("a")], "b is absorbed");
    assert_eq!(because("(a || b) && (a || !b)", &lead), [missing("a")], "it is a, whatever b is");
    assert_eq!(because("a || !a", &lead), [missing("a")], "always true, but not known to be");
    assert_eq!(because("a == b", &lead), [missing("a"), missing("b")]);
    assert_eq!(because("a != c", &lead), [missing("a")]);
    assert_eq!(because("size < budget", &lead), [missing("budget")]);
    assert_eq!(because("budget > 5 && budget < 9", &lead), [missing("budget")], "once");
    assert_eq!(
        because("company in lists.tam || source == \"chat\"", &lead),
        [missing("company"), missing("source")]
    );
    assert_eq!(because("!(a || size > 100)", &lead), [missing("a")]);
}

#[test]
fn errors_hold_and_are_reported() {
    let lead = lead().with("size", "many", 1.0).with("company", "Acme", 1.0).with("source", "fax", 1.0).with(
        "budget",
        f64::NAN,
        1.0,
    );
    let error = |message: &str| vec![UnknownReason::Error { message: message.into() }];
    for (when, message) in [
        ("size > 5", "The value of `size` is not of the type integer."),
        ("source == \"chat\"", "The value of `source` is not of the type enum."),
        ("budget > 5", "The value of `budget` is not of the type number."),
        ("company in lists.tam", "`company` was not looked up in the list."),
        ("a && size > 5", "The value of `size` is not of the type integer."),
    ] {
        let verdict = lead.decide(&single(when));
        assert_eq!(
            (verdict.held_by.as_deref(), verdict.trace[0].result),
            (Some("only"), Outcome3::Error),
            "{when}"
        );
        assert_eq!(verdict.because, error(message), "{when}");
    }
    assert_eq!(
        outcome("size > 5 || company == \"Acme\"", &lead),
        Outcome3::True,
        "what is certain is not undone by an error"
    );
    assert_eq!(outcome("company != \"Acme\" && size > 5", &lead), Outcome3::False);
}

#[test]
fn questions_are_asked_once_and_sorted() {
    let rules = compile(
        "  - {id: one, when: 'domain in lists.tam || company in lists.tam', then: [advance]}
  - {id: two, when: 'company in lists.tam && company in lists.blocked', then: [reject]}",
    );
    let question = |list: &str, field: &str| ListLookup { list: list.into(), field: field.into() };
    assert_eq!(
        rules.questions(),
        [question("blocked", "company"), question("tam", "company"), question("tam", "domain")]
    );
    let lead =
        lead().with("company", "Acme", 1.0).listed("tam", "domain", false).listed("tam", "company", true);
    assert_eq!(lead.decide(&rules).rule_id.as_deref(), Some("one"));
    let texts = rules.questions().iter().map(|question| rules.text_of(question, &lead.readings));
    assert_eq!(
        texts.collect::<Vec<_>>(),
        [Some("Acme"), Some("Acme"), Some("none.example")],
        "a stated value is looked up too"
    );
}

#[test]
fn a_row_decides_as_the_inputs_do() {
    let rules = compile("  - {id: one, when: 'size > 100 && company in lists.tam', then: [advance]}");
    let cases = [
        (
            lead().with("size", 120_i64, 1.0).with("company", "Acme", 1.0).listed("tam", "company", true),
            ScanStop::Fired(0),
        ),
        (lead().with("size", 120_i64, 1.0), ScanStop::Held(0)),
        (lead().with("size", 12_i64, 1.0), ScanStop::Default),
    ];
    for (lead, stop) in cases {
        let cells: Vec<_> =
            rules.slots().iter().map(|slot| slot.cell(lead.readings.get(&slot.name))).collect();
        let answers = [lead.lists.get("tam").and_then(|list| list.by_field.get("company")).copied()];
        let row = Row { cells: &cells, answers: &answers, as_of: 0 };
        assert_eq!(rules.decide_row(&row), stop);
        assert_eq!(rules.scan(&row, |_, _| {}), stop);
    }
    let empty = Row { cells: &[], answers: &[], as_of: 0 };
    assert_eq!(rules.decide_row(&empty), ScanStop::Held(0), "a row that is too short lacks the rest");
}

#[test]
fn rule_sets_are_shared_between_threads() {
    fn is_shared<T: Send + Sync>() {}
    is_shared::<RuleSet>();
}
