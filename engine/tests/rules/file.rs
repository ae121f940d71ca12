//! Tests the rule file: valid and invalid files, the location of problems, and lossless writing.

use std::collections::BTreeMap;

use engine::action::{Action, Consequence};
use engine::catalogue::{Catalogue, FieldDefinition, FieldType, MissingMeaning};
use engine::problem::Problem;
use engine::rules::{RuleDefinition, RuleSetFile};
use proptest::prelude::*;
use serde_json::json;

const EXAMPLE: &str = r#"
rule_set: inbound-form
fields: {intent_confidence: {type: number, min: 0, max: 1}, company: {type: string}, company_size: {type: integer, unit: employees},
         source: {type: enum, values: [chat, web_form, referral]}, timeframe_days: {type: integer, missing: unknown}}
lists: {tam: [Initech, Globex]}
rules:
  - {id: tam-high-intent, when: 'intent_confidence > 0.85 && company in lists.tam', then: [{assign: {pool: enterprise-ae, meeting: intro}}]}
  - {id: referral, when: 'source == "referral"', then: [advance], min_confidence: {source: 0.8}, risk: [quota]}
default: hold
"#;

fn shown(problems: &[Problem]) -> Vec<String> {
    problems.iter().map(Problem::to_string).collect()
}

/// Returns the problems of the example with one piece of it replaced.
fn problems_with(piece: &str, replacement: &str) -> Vec<String> {
    assert!(EXAMPLE.contains(piece), "{piece}");
    match RuleSetFile::from_yaml(&EXAMPLE.replace(piece, replacement)) {
        Ok(file) => shown(&file.compile().err().unwrap_or_default()),
        Err(problems) => shown(&problems),
    }
}

#[test]
fn the_example_is_read() {
    let file = RuleSetFile::from_yaml(EXAMPLE).expect("the example is a rule file");
    assert_eq!(file.rule_set, "inbound-form");
    assert_eq!(file.fields.0.len(), 5);
    assert_eq!(file.lists["tam"], ["Initech", "Globex"]);
    assert_eq!(file.rules[1].risk, ["quota"]);
    assert_eq!(file.default, Action::Hold);
    let parameters =
        BTreeMap::from([("pool".into(), json!("enterprise-ae")), ("meeting".into(), json!("intro"))]);
    assert_eq!(file.rules[0].then, [Consequence::Act { action: Action::Assign, parameters }]);
    assert_eq!(file.check(), vec![]);
    assert!(file.compile().is_ok());
}

#[test]
fn invalid_rule_files_are_rejected_with_line_and_column() {
    for (piece, replacement, problem) in [
        (
            "default: hold",
            "default: [",
            "Line 10, column 1: a value is missing here, or a bracket is not closed.",
        ),
        (
            "default: hold",
            "default: maybe",
            "Line 9, column 10: default: unknown value `maybe`, expected one of `advance`, `nurture`, `reject`, `assign`, `hold`, `escalate`.",
        ),
        ("default: hold", "", "Line 2, column 1: missing key `default`."),
        (
            "default: hold",
            "default: hold\ndefault: nurture",
            "Line 10, column 1: `default` is given twice, first on line 9. Remove one of them.",
        ),
        (
            "lists: {tam: [Initech, Globex]}",
            "lists: {tam: [Initech], tam: [Globex]}",
            "Line 5, column 25: `tam` is given twice, first on line 5. Remove one of them.",
        ),
        (
            "when: 'source",
            "whn: 'source",
            "Line 8, column 20: rules[1]: unknown key `whn`, expected one of `id`, `name`, `when`, `then`, `min_confidence`, `risk`, `table`. Did you mean `when`?",
        ),
        (
            "then: [advance]",
            "then: [advanse]",
            "Line 8, column 56: rules[1].then: `advanse` is not an action; use advance, nurture, reject, assign, hold, escalate or tag.",
        ),
        (
            "then: [advance]",
            "then: [{assign: team}]",
            "Line 8, column 56: rules[1].then: the parameters of `assign` must be named, as in `{assign: {key: value}}`, not `\"team\"`.",
        ),
        (
            "type: string",
            "type: text",
            "Line 3, column 77: fields.company.type: unknown value `text`, expected one of `bool`, `integer`, `number`, `string`, `enum`, `timestamp`.",
        ),
        (
            "unit: employees",
            "unite: employees",
            "Line 3, column 116: fields.company_size: unknown key `unite`, expected one of `type`, `title`, `unit`, `min`, `max`, `values`, `missing`, `min_confidence`, `personal`. Did you mean `unit`?",
        ),
        (
            "[Initech, Globex]",
            "!list [Initech]",
            "Line 5, column 14: lists.tam: tags (`!name`) are not supported.",
        ),
    ] {
        assert_eq!(problems_with(piece, replacement), [problem], "{replacement}");
    }
    assert_eq!(
        shown(&RuleSetFile::from_yaml("").unwrap_err()),
        ["Line 1, column 1: missing key `rule_set`."]
    );
}

#[test]
fn impossible_content_is_rejected_at_its_place() {
    for (piece, replacement, problem) in [
        (
            "default: hold",
            "default: advance",
            "/default: `advance` is not a safe default; use `hold` or `nurture`.",
        ),
        (
            "id: referral",
            "id: Referral",
            "/rules/1/id: A rule's ID must be 1 to 100 lower-case letters, digits and hyphens.",
        ),
        (
            "id: referral",
            "id: tam-high-intent",
            "/rules/1/id: Another rule already has the ID `tam-high-intent`.",
        ),
        (
            "then: [advance]",
            "then: []",
            "/rules/1/then: A rule needs a consequence: an action such as `advance`, or a tag.",
        ),
        (
            "then: [advance]",
            "then: [advance, {tag: hot}, nurture]",
            "/rules/1/then/2: A rule can have only one action; move the second one to a separate rule.",
        ),
        (
            "then: [advance]",
            "then: [assign]",
            "/rules/1/then/0: `assign` needs the name of a pool, as in `{assign: {pool: enterprise-ae}}`.",
        ),
        (
            "then: [advance]",
            "then: [{assign: {pool: ''}}]",
            "/rules/1/then/0: `assign` needs the name of a pool, as in `{assign: {pool: enterprise-ae}}`.",
        ),
        (
            "then: [advance]",
            "then: [{tag: ''}]",
            "/rules/1/then/0: A tag must be 1 to 100 characters on one line.",
        ),
        (
            "{source: 0.8}",
            "{source: 80}",
            "/rules/1/min_confidence/source: A confidence must be between 0 and 1.",
        ),
        (
            "{source: 0.8}",
            "{source: .nan}",
            "/rules/1/min_confidence/source: A confidence must be between 0 and 1.",
        ),
        (
            "{source: 0.8}",
            "{sourse: 0.8}",
            "/rules/1/min_confidence/sourse: Field `sourse` does not exist. Did you mean `source`?",
        ),
        (
            "rule_set: inbound-form",
            "rule_set: ''",
            "/rule_set: A rule set's name must be 1 to 100 characters on one line.",
        ),
        ("min: 0", "min: -.inf", "/fields/intent_confidence: `min` and `max` must be finite numbers."),
        (
            "company: {type: string}",
            "company: {type: string}, package: {type: string}",
            "/fields/package: `package` is a reserved word of the rule language.",
        ),
        (
            "source: {type: enum, values: [chat, web_form, referral]}",
            "source: {type: enum}",
            "/fields/source: An enum must list its `values`; other types must not.",
        ),
        (
            "lists: {tam: [Initech, Globex]}",
            "lists: {tam: [], tam-2: []}",
            "/lists/tam-2: A list's name must start with a letter, contain only lower-case letters, digits and underscores, and not be a reserved word.",
        ),
        (
            "intent_confidence > 0.85",
            "intent_confidence > 85",
            "/rules/0/when at 21: `intent_confidence` is between 0 and 1, so it can never be 85. Did you mean `0.85`?",
        ),
        (
            "== \"referral\"",
            "= \"referral\"",
            "/rules/1/when at 8: Write `==` instead of `=`. Did you mean `==`?",
        ),
        ("lists.tam'", "lists.tan'", "/rules/0/when at 46: List `tan` does not exist. Did you mean `tam`?"),
    ] {
        let found = problems_with(piece, replacement);
        assert!(found.contains(&problem.to_owned()), "{replacement}: {found:?}");
        let follows =
            found.iter().filter(|found| *found != problem && !found.contains("of the values")).count();
        assert!(follows <= 1, "{replacement}: {found:?}");
    }
}

#[test]
fn aliases_cannot_exhaust_memory() {
    let mut bomb = "rule_set: &a [x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 'b'..='k' {
        let before = (level as u8 - 1) as char;
        bomb += &format!("{level}: &{level} [{}]\n", vec![format!("*{before}"); 9].join(", "));
    }
    let message = |text: &str| RuleSetFile::from_yaml(text).unwrap_err()[0].message.clone();
    assert!(message(&bomb).contains("too large after expanding its aliases"), "{}", message(&bomb));
    // One long list, repeated many times: few aliases, but a billion entries.
    let wide = format!("fields: &a [{}]\nlists: [{}]\n", "x, ".repeat(30_000), "*a, ".repeat(30_000));
    assert!(message(&wide).contains("expanding its aliases"), "{}", message(&wide));
    let text = format!("fields: &a '{}'\nlists: [{}]\n", "x".repeat(100_000), "*a, ".repeat(30_000));
    assert!(message(&text).contains("expanding its aliases"), "{}", message(&text));
    assert!(message(&"[".repeat(8_000_000)).contains("Brackets are nested more than"));
    assert!(message(&"a: ".repeat(1_000_000)).starts_with("Line 1"), "{}", message(&"a: ".repeat(1_000_000)));
    assert!(message(&"- ".repeat(1_000_000)).starts_with("Line 1"));
    assert!(message(&"x".repeat(1_000_000)).len() < 400, "the message does not quote all of it");
    assert!(message(&"x".repeat(9_000_000)).starts_with("A file can have at most 8388608 bytes"));
}

#[test]
fn reasonable_aliases_are_accepted() {
    let text =
        EXAMPLE.replace("{type: string}", "&text {type: string}").replace("rules:", "# shared\nrules:");
    let text = text.replace(
        "company_size: {type: integer, unit: employees}",
        "domain: *text, company_size: {type: integer, unit: employees}",
    );
    let file = RuleSetFile::from_yaml(&text).expect("an alias is fine");
    assert_eq!(file.fields.get("domain"), file.fields.get("company"));
}

#[test]
fn too_many_rules_are_refused() {
    let mut file = RuleSetFile::from_yaml(EXAMPLE).expect("the example is a rule file");
    file.rules =
        (0..2_001).map(|i| RuleDefinition { id: format!("r{i}"), ..file.rules[1].clone() }).collect();
    assert_eq!(shown(&file.compile().unwrap_err()), ["/rules: A rule set can have at most 2000 rules."]);
}

#[test]
fn the_schema_names_every_key() {
    let schema = serde_json::to_value(schemars::schema_for!(RuleSetFile)).expect("a schema is JSON");
    for key in ["rule_set", "fields", "lists", "rules", "default"] {
        assert!(schema["properties"][key].is_object(), "{key}");
    }
    assert_eq!(schema["additionalProperties"], json!(false));
}

fn definition() -> impl Strategy<Value = FieldDefinition> {
    let missing = prop_oneof![
        Just(MissingMeaning::Unknown),
        any::<bool>().prop_map(|value| MissingMeaning::Value(json!(value))),
        any::<i32>().prop_map(|value| MissingMeaning::Value(json!(value))),
        any::<f64>()
            .prop_filter("finite", |n| n.is_finite())
            .prop_map(|value| MissingMeaning::Value(json!(value))),
        any::<String>()
            .prop_filter("not the word for unknown", |text| text != "unknown")
            .prop_map(|value| MissingMeaning::Value(json!(value))),
    ];
    let kind = prop::sample::select(vec![
        FieldType::Bool,
        FieldType::Integer,
        FieldType::Number,
        FieldType::String,
        FieldType::Enum,
        FieldType::Timestamp,
    ]);
    let number = || proptest::option::of(any::<f64>().prop_filter("finite", |n| n.is_finite()));
    (
        kind,
        proptest::option::of(any::<String>()),
        number(),
        number(),
        prop::collection::vec(any::<String>(), 0..3),
        missing,
        any::<bool>(),
    )
        .prop_map(|(kind, unit, min, max, values, missing, personal)| FieldDefinition {
            unit,
            min,
            max,
            values,
            missing,
            personal,
            ..FieldDefinition::new(kind)
        })
}

fn consequence() -> impl Strategy<Value = Consequence> {
    let action = prop::sample::select(vec![
        Action::Advance,
        Action::Nurture,
        Action::Reject,
        Action::Assign,
        Action::Hold,
        Action::Escalate,
    ]);
    let json = prop_oneof![
        Just(json!(null)),
        any::<bool>().prop_map(|v| json!(v)),
        any::<i64>().prop_map(|v| json!(v)),
        any::<String>().prop_map(|v| json!(v)),
        Just(json!({"b": [1, "x"], "a": {}}))
    ];
    prop_oneof![
        any::<String>().prop_map(Consequence::Tag),
        (action, prop::collection::btree_map(any::<String>(), json, 0..3))
            .prop_map(|(action, parameters)| Consequence::Act { action, parameters }),
    ]
}

fn rule() -> impl Strategy<Value = RuleDefinition> {
    let confidence = prop::collection::btree_map(any::<String>(), 0.0..=1.0, 0..3);
    (
        any::<String>(),
        proptest::option::of(any::<String>()),
        any::<String>(),
        prop::collection::vec(consequence(), 0..3),
        confidence,
        prop::collection::vec(any::<String>(), 0..3),
        proptest::option::of(any::<String>()),
    )
        .prop_map(|(id, name, when, then, min_confidence, risk, table)| RuleDefinition {
            id,
            name,
            when,
            then,
            min_confidence,
            risk,
            table,
        })
}

fn file() -> impl Strategy<Value = RuleSetFile> {
    (
        any::<String>(),
        prop::collection::btree_map(any::<String>(), definition(), 0..3),
        prop::collection::btree_map(any::<String>(), prop::collection::vec(any::<String>(), 0..3), 0..3),
        prop::collection::vec(rule(), 0..3),
    )
        .prop_map(|(rule_set, fields, lists, rules)| RuleSetFile {
            rule_set,
            fields: Catalogue(fields),
            lists,
            rules,
            default: Action::Nurture,
        })
}

proptest! {
    #[test]
    fn writing_loses_nothing(file in file()) {
        let yaml = file.to_yaml().expect("every file can be written");
        let read = RuleSetFile::from_yaml(&yaml);
        // Files that people write are composed as they are read.
        prop_assume!(unicode_normalization::is_nfc(&yaml));
        prop_assert_eq!(read.as_ref(), Ok(&file), "{}", yaml);
        prop_assert_eq!(read.expect("was compared").to_yaml(), Ok(yaml));
    }

    #[test]
    fn no_text_makes_the_reader_panic(text in "\\PC{0,200}", at in 0..EXAMPLE.len()) {
        let _ = RuleSetFile::from_yaml(&text);
        let mut spoiled = EXAMPLE.to_owned();
        spoiled.insert_str(at, &text.chars().take(3).collect::<String>());
        if let Ok(file) = RuleSetFile::from_yaml(&spoiled) {
            let _ = file.compile();
        }
    }
}

#[test]
fn patterns_are_limited_for_the_whole_rule_set() {
    let set = |patterns: &[String]| {
        let rule = |(n, pattern): (usize, &String)| {
            format!("- {{id: r{n}, when: 'company.matches(\"{pattern}\")', then: [advance]}}\n")
        };
        let rules: String = patterns.iter().enumerate().map(rule).collect();
        let text =
            format!("rule_set: r\nfields: {{company: {{type: string}}}}\nrules:\n{rules}default: hold\n");
        engine::rules::yaml::read::<RuleSetFile>(&text).unwrap().compile()
    };
    let heavy = |n: usize| format!("(a{{1,50}}){{1,50}}{n}");
    // As many rules as a set can have, with one pattern between them.
    assert!(set(&vec![heavy(0); 2_000]).is_ok());
    let many: Vec<String> = (0..1_900).map(heavy).collect();
    let problems = set(&many).unwrap_err();
    let first = problems.first().unwrap();
    assert!(first.message.starts_with("The patterns of this rule set are too large together"), "{first:?}");
    let (before, at) = first.pointer.rsplit_once("/rules/").unwrap();
    let index: usize = at.strip_suffix("/when").unwrap().parse().unwrap();
    assert_eq!(before, "");
    assert!(set(&many[..index]).is_ok());
    assert!(first.span.is_some(), "the problem is at the pattern");
}
