//! Decisions: what fires, what holds and why, and that nothing but the default hangs on what is not known.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use engine::action::Action;
use engine::decision::{Because, Outcome3, SnapshotList};
use engine::rules::explain::{Explained, RuleState};
use engine::rules::{Explanation, Inputs, Question, Reading, RuleSet, RuleSetFile, Stop, Verdict};
use engine::value::Value;

const FIELDS: &str = "
fields:
  a: {type: bool}
  b: {type: bool}
  c: {type: bool}
  size: {type: integer, unit: employees}
  budget: {type: number, min_confidence: 0.5}
  visits: {type: integer, missing: 0, min_confidence: 0.5}
  company: {type: string}
  domain: {type: string, missing: none.example}
  source: {type: enum, values: [chat, web_form, referral]}
  region: {type: enum, values: [referral, EU]}
  seen_at: {type: timestamp}
  met_at: {type: timestamp}
lists: {tam: [Acme], blocked: [Evil]}
";

fn compile(rules: &str) -> RuleSet {
    let yaml = format!("rule_set: test\n{FIELDS}rules:\n{rules}\ndefault: nurture\n");
    let file = RuleSetFile::from_yaml(&yaml).unwrap_or_else(|problems| panic!("{problems:?}"));
    file.compile().unwrap_or_else(|problems| panic!("{problems:?}"))
}

/// A rule set of one rule that advances.
fn single(when: &str) -> RuleSet {
    compile(&format!("  - {{id: only, when: '{}', then: [advance]}}", when.replace('\'', "''")))
}

#[derive(Clone, Default)]
struct Lead {
    readings: BTreeMap<String, Reading>,
    lists: BTreeMap<String, SnapshotList>,
}

impl Lead {
    fn with(mut self, field: &str, value: impl Into<Val>, confidence: f64) -> Self {
        self.readings.insert(field.into(), Reading { value: value.into().0, confidence });
        self
    }

    fn listed(mut self, list: &str, field: &str, contains: bool) -> Self {
        self.lists.entry(list.into()).or_default().by_field.insert(field.into(), contains);
        self
    }

    fn inputs(&self) -> Inputs<'_> {
        Inputs { readings: &self.readings, lists: &self.lists, as_of: at("2026-11-22T09:00:00Z") }
    }

    fn decide(&self, rules: &RuleSet) -> Verdict {
        rules.decide(&self.inputs())
    }

    fn explain(&self, rules: &RuleSet) -> Explanation {
        rules.explain(&self.inputs())
    }
}

struct Val(Value);

impl From<bool> for Val {
    fn from(value: bool) -> Self {
        Self(Value::Bool(value))
    }
}

impl From<i64> for Val {
    fn from(value: i64) -> Self {
        Self(Value::Integer(value))
    }
}

impl From<f64> for Val {
    fn from(value: f64) -> Self {
        Self(Value::Number(value))
    }
}

impl From<&str> for Val {
    fn from(value: &str) -> Self {
        Self(Value::Text(value.into()))
    }
}

impl From<DateTime<Utc>> for Val {
    fn from(value: DateTime<Utc>) -> Self {
        Self(Value::Timestamp(value))
    }
}

fn lead() -> Lead {
    Lead::default()
}

fn at(text: &str) -> DateTime<Utc> {
    text.parse().expect("an instant")
}

fn missing(field: &str) -> Because {
    Because::Missing { field: field.into() }
}

fn outcome(when: &str, lead: &Lead) -> Outcome3 {
    lead.decide(&single(when)).trace[0].result
}

#[test]
fn conditions_come_to_what_they_say() {
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
        // A stated value is for fields that were not found, not for those that were read badly.
        assert_eq!(outcome("visits >= 0", &lead().with("visits", 9_i64, confidence)), expected);
        assert_eq!(outcome("has(budget)", &lead().with("budget", 9.0, confidence)), Outcome3::True);
    }
    let rules = compile("  - {id: strict, when: 'budget > 5 && confidence(budget) < 0.9', then: [advance], min_confidence: {budget: 0.8}}");
    let verdict = lead().with("budget", 9.0, 0.7).decide(&rules);
    let because = Because::LowConfidence { field: "budget".into(), confidence: 0.7, needed: 0.8 };
    assert_eq!((verdict.held_by.as_deref(), verdict.because), (Some("strict"), vec![because]));
}

#[test]
fn the_strictest_threshold_counts() {
    let yaml = format!("rule_set: test\n{FIELDS}rules: [{{id: r, when: budget > 5, then: [advance], min_confidence: {{budget: 0.6}}}}]\ndefault: hold\n");
    let file = RuleSetFile::from_yaml(&yaml).expect("a rule file");
    let lists = file.lists.keys().cloned().collect();
    for (map, confidence, held) in [(0.0, 0.59, true), (0.0, 0.6, false), (0.9, 0.6, true), (0.9, 0.9, false)] {
        let rules = RuleSet::compile(&file, &file.fields, &BTreeMap::from([("budget".to_owned(), map)]), &lists).expect("it compiles");
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
    assert_eq!((fired.rule, fired.rule_id.as_deref(), fired.action), (Some(1), Some("second"), Action::Assign));
    assert_eq!((fired.confidence, fired.tags, fired.held_by), (Some(0.75), vec!["quota".into()], None));
    assert_eq!(fired.parameters["pool"], "ae");
    assert_eq!(fired.trace.iter().map(|entry| entry.result).collect::<Vec<_>>(), [Outcome3::False, Outcome3::True]);

    let held = with(false, false).decide(&rules);
    assert_eq!((held.rule, held.rule_id, held.action, held.confidence), (None, None, Action::Nurture, None));
    assert_eq!((held.held_by.as_deref(), held.because), (Some("third"), vec![missing("c")]));

    let default = with(false, false).with("c", false, 1.0).decide(&rules);
    assert_eq!((default.rule_id, default.held_by, default.action, default.confidence), (None, None, Action::Nurture, None));
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
    let lead = lead().with("a", true, 0.9).with("size", 9_i64, 0.8).with("budget", 1.0, 0.1).with("c", true, 0.2);
    assert_eq!(lead.decide(&rules).confidence, Some(0.8), "b is not known, and budget and c are only looked at from outside");
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
    assert_eq!(because("company in lists.tam || source == \"chat\"", &lead), [missing("company"), missing("source")]);
    assert_eq!(because("!(a || size > 100)", &lead), [missing("a")]);
}

#[test]
fn errors_hold_and_are_told() {
    let lead = lead().with("size", "many", 1.0).with("company", "Acme", 1.0).with("source", "fax", 1.0).with("budget", f64::NAN, 1.0);
    let error = |message: &str| vec![Because::Error { message: message.into() }];
    for (when, message) in [
        ("size > 5", "The value of `size` is not of the type integer."),
        ("source == \"chat\"", "The value of `source` is not of the type enum."),
        ("budget > 5", "The value of `budget` is not of the type number."),
        ("company in lists.tam", "`company` was not looked up in the list."),
        ("a && size > 5", "The value of `size` is not of the type integer."),
    ] {
        let verdict = lead.decide(&single(when));
        assert_eq!((verdict.held_by.as_deref(), verdict.trace[0].result), (Some("only"), Outcome3::Error), "{when}");
        assert_eq!(verdict.because, error(message), "{when}");
    }
    assert_eq!(outcome("size > 5 || company == \"Acme\"", &lead), Outcome3::True, "what is certain is not undone by an error");
    assert_eq!(outcome("company != \"Acme\" && size > 5", &lead), Outcome3::False);
}

#[test]
fn questions_are_asked_once_and_sorted() {
    let rules = compile(
        "  - {id: one, when: 'domain in lists.tam || company in lists.tam', then: [advance]}
  - {id: two, when: 'company in lists.tam && company in lists.blocked', then: [reject]}",
    );
    let question = |list: &str, field: &str| Question { list: list.into(), field: field.into() };
    assert_eq!(rules.questions(), [question("blocked", "company"), question("tam", "company"), question("tam", "domain")]);
    let lead = lead().with("company", "Acme", 1.0).listed("tam", "domain", false).listed("tam", "company", true);
    assert_eq!(lead.decide(&rules).rule_id.as_deref(), Some("one"));
    let texts = rules.questions().iter().map(|question| rules.text_of(question, &lead.readings));
    assert_eq!(texts.collect::<Vec<_>>(), [Some("Acme"), Some("Acme"), Some("none.example")], "a stated value is looked up too");
}

#[test]
fn a_row_decides_as_the_inputs_do() {
    let rules = compile("  - {id: one, when: 'size > 100 && company in lists.tam', then: [advance]}");
    let cases = [
        (lead().with("size", 120_i64, 1.0).with("company", "Acme", 1.0).listed("tam", "company", true), Stop::Fired(0)),
        (lead().with("size", 120_i64, 1.0), Stop::Held(0)),
        (lead().with("size", 12_i64, 1.0), Stop::Default),
    ];
    for (lead, stop) in cases {
        let cells: Vec<_> = rules.slots().iter().map(|slot| slot.cell(lead.readings.get(&slot.name))).collect();
        let answers = [lead.lists.get("tam").and_then(|list| list.by_field.get("company")).copied()];
        let row = engine::rules::Row { cells: &cells, answers: &answers, as_of: 0 };
        assert_eq!(rules.decide_row(&row), stop);
        assert_eq!(rules.scan(&row, |_, _| {}), stop);
    }
    let empty = engine::rules::Row { cells: &[], answers: &[], as_of: 0 };
    assert_eq!(rules.decide_row(&empty), Stop::Held(0), "a row that is too short lacks the rest");
}

#[test]
fn rule_sets_are_shared_between_threads() {
    fn is_shared<T: Send + Sync>() {}
    is_shared::<RuleSet>();
}

fn texts(piece: &Explained) -> Vec<(String, Outcome3, Option<String>)> {
    let own = (piece.text.clone(), piece.state, piece.note.clone());
    std::iter::once(own).chain(piece.children.iter().flat_map(texts)).collect()
}

#[test]
fn an_explanation_shows_every_piece_with_its_value() {
    use Outcome3::{False, True, Unknown};
    let rules = compile(
        "  - {id: big, name: Big ones, when: 'size >= 2000 && (budget > 5 || !(company in lists.tam)) && seen_at < as_of', then: [advance], risk: [quota]}
  - {id: look, when: 'has(size) && confidence(budget) < 0.7 && size < budget && visits == 0', then: [reject]}
  - {id: last, when: 'source == \"chat\"', then: [escalate]}",
    );
    let lead = lead()
        .with("size", 120_i64, 1.0)
        .with("budget", 9.0, 0.496)
        .with("company", "Acme", 1.0)
        .with("seen_at", at("2026-01-02T03:04:05Z"), 1.0)
        .with("source", "referral", 1.0)
        .listed("tam", "company", true);
    let explanation = lead.explain(&rules);
    assert!(explanation.is_default);
    let [big, look, last] = explanation.rules.as_slice() else { panic!("three rules") };
    assert_eq!((big.state, look.state, last.state), (RuleState::False, RuleState::Unknown, RuleState::NotReached));
    assert_eq!((big.name.as_deref(), big.action, big.tags.as_slice()), (Some("Big ones"), Some(Action::Advance), ["quota".to_owned()].as_slice()));
    let note = |text: &str| Some(text.to_owned());
    assert_eq!(
        texts(&big.condition),
        [
            ("size >= 2000 && (budget > 5 || !(company in lists.tam)) && seen_at < as_of".into(), False, None),
            ("size >= 2000".into(), False, note("120 employees")),
            ("budget > 5 || !(company in lists.tam)".into(), Unknown, None),
            ("budget > 5".into(), Unknown, note("0.496 < 0.500")),
            ("!(company in lists.tam)".into(), False, None),
            ("company in lists.tam".into(), True, note("Acme, on the list")),
            ("seen_at < as_of".into(), True, note("2026-01-02T03:04:05.000000Z")),
        ]
    );
    assert_eq!(
        texts(&look.condition)[1..],
        [
            ("has(size)".into(), True, note("found")),
            ("confidence(budget) < 0.7".into(), True, note("confidence 0.496")),
            ("size < budget".into(), Unknown, note("size: 120 employees; budget: 0.496 < 0.500")),
            ("visits == 0".into(), True, note("not found, counts as 0")),
        ]
    );
    assert_eq!(texts(&last.condition), [("source == \"chat\"".into(), False, note("referral"))]);
    assert_eq!(big.why.as_deref(), Some("`size >= 2000` alone makes it false, so the unsure budget does not matter."));
    assert_eq!(look.why.as_deref(), Some("It hangs on budget (0.496 < 0.500)."));
    assert_eq!(last.why, None);
}

#[test]
fn an_explanation_says_what_does_not_matter() {
    let why = |when: &str, lead: &Lead| lead.explain(&single(when)).rules[0].why.clone().unwrap_or_default();
    let lead = lead().with("a", true, 1.0).with("size", 120_i64, 1.0).with("source", "fax", 1.0);
    assert_eq!(why("size >= 2000 && budget > 5", &lead), "`size >= 2000` alone makes it false, so the missing budget does not matter.");
    assert_eq!(why("b || c || a", &lead), "`a` alone makes it true, so the missing b and missing c do not matter.");
    assert_eq!(why("(a || b) && (size > 5 || c)", &lead), "It is true all the same; the missing b and missing c do not matter.");
    assert_eq!(why("a && b && met_at < as_of", &lead), "It hangs on b (not found) and met at (not found).");
    assert_eq!(why("source == \"chat\"", &lead), "The value of `source` is not of the type enum.");
    assert_eq!(why("a", &lead), "");
}

/// The twelve rules of the reference workload, which the engine is measured on.
#[test]
fn the_reference_workload_compiles_and_decides() {
    let conditions = [
        "intent_confidence > 0.85 && company in lists.tam",
        "decision_maker && timeframe_days <= 90",
        "usage_delta > 0.3 && recent_days <= 14",
        "intent_confidence < 0.05",
        "source == \"purchased_list\" && budget < 1000",
        "company_size >= 1000 && budget >= 100000",
        "region in [\"EU\",\"UK\"] && company_size >= 200 && product_interest == \"security\"",
        "product_interest in [\"analytics\",\"automation\",\"integrations\"] && intent_confidence >= 0.6 && budget >= 20000",
        "source in [\"referral\",\"partner\"] && intent_confidence >= 0.4",
        "company_size < 10 && budget < 5000 && !decision_maker",
        "region == \"APAC\" && timeframe_days > 180",
        "intent_confidence >= 0.5 && intent_confidence < 0.6 && usage_delta > 0.1 && company_size >= 50",
    ];
    let rules: String = conditions.iter().enumerate().map(|(i, when)| format!("  - {{id: r{i}, when: '{when}', then: [advance]}}\n")).collect();
    let yaml = format!(
        "rule_set: reference
fields:
  intent_confidence: {{type: number}}
  company: {{type: string}}
  company_size: {{type: integer}}
  budget: {{type: number}}
  timeframe_days: {{type: integer}}
  decision_maker: {{type: bool}}
  usage_delta: {{type: number}}
  recent_days: {{type: integer}}
  product_interest: {{type: enum, values: [analytics, automation, integrations, security, billing, support, mobile, platform]}}
  region: {{type: enum, values: [NA, EU, UK, APAC, LATAM, MEA]}}
  source: {{type: enum, values: [chat, web_form, referral, partner, purchased_list]}}
lists: {{tam: [Acme]}}
rules:
{rules}default: hold
"
    );
    let rules = RuleSetFile::from_yaml(&yaml).and_then(|file| file.compile()).unwrap_or_else(|problems| panic!("{problems:?}"));
    let base = lead()
        .with("intent_confidence", 0.5, 1.0)
        .with("company", "Globex", 1.0)
        .listed("tam", "company", false)
        .with("company_size", 500_i64, 1.0)
        .with("budget", 50_000.0, 1.0)
        .with("timeframe_days", 200_i64, 1.0)
        .with("decision_maker", false, 1.0)
        .with("usage_delta", 0.0, 1.0)
        .with("recent_days", 30_i64, 1.0)
        .with("product_interest", "billing", 1.0)
        .with("region", "NA", 1.0)
        .with("source", "chat", 1.0);
    let fired = |lead: Lead| lead.decide(&rules).rule;
    assert_eq!(fired(base.clone()), None);
    assert_eq!(fired(base.clone().with("intent_confidence", 0.9, 1.0).listed("tam", "company", true)), Some(0));
    assert_eq!(fired(base.clone().with("decision_maker", true, 1.0).with("timeframe_days", 90_i64, 1.0)), Some(1));
    assert_eq!(fired(base.clone().with("intent_confidence", 0.01, 1.0)), Some(3));
    assert_eq!(fired(base.clone().with("region", "UK", 1.0).with("product_interest", "security", 1.0)), Some(6));
    assert_eq!(fired(base.clone().with("source", "partner", 1.0)), Some(8));
    assert_eq!(fired(base.clone().with("region", "APAC", 1.0)), Some(10));
    assert_eq!(fired(base.with("usage_delta", 0.2, 1.0)), Some(11));
}
