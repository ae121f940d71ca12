//! Tests the results of expressions beyond the examples in the language reference, and their explanations in
//! rules.

use std::collections::BTreeMap;

use engine::decision::{Outcome3, UnknownReason};
use engine::rules::typed::{Evaluation, Val, VariableValue, check_expression, evaluate};
use engine::rules::{Inputs, Reading, RuleSetFile, UnsupportedSyntax};
use engine::value::Value;

fn variables() -> BTreeMap<String, VariableValue> {
    let value = |value| VariableValue::Value(value);
    BTreeMap::from([
        ("x".to_owned(), value(Val::Int(3))),
        ("a.b".to_owned(), value(Val::text("whole"))),
        ("words".to_owned(), value(Val::list([Val::text("one"), Val::text("two")]))),
        ("n".to_owned(), VariableValue::LeftOut(UnsupportedSyntax::Null)),
    ])
}

fn result(text: &str) -> String {
    match evaluate(text, &variables()) {
        Evaluation::Value(value) => value.to_string(),
        Evaluation::Error(message) => format!("error: {message}"),
        Evaluation::LeftOut(construct) => format!("left out: {construct}"),
    }
}

#[test]
fn values() {
    for (text, value) in [
        ("a.b", "\"whole\""),
        ("[10].exists(x, x == 10) && x == 3", "true"),
        ("[10].map(x, x + .x)", "[13]"),
        ("words.map(w, size(w) > 0, w + '!')", "[\"one!\", \"two!\"]"),
        ("[[1], [2, 3]].map(l, l.size())", "[1, 2]"),
        ("[1, 2].map(x, [3, 4].map(y, x * y))", "[[3, 4], [6, 8]]"),
        ("{'a': [1]}.a[0] == 1", "true"),
        ("{1: 'a', 2: 'b'}.map(k, k)", "[1, 2]"),
        ("{1: 'a'}[1.0]", "\"a\""),
        ("true ? 1 : false ? 2 : 3", "1"),
        ("(false ? 1 : 2) + 1", "3"),
        ("!true == false", "true"),
        ("-2 - -2", "0"),
        ("2 - 3 - 4", "-5"),
        ("--3", "3"),
        ("0.0 / 0.0 == 0.0 / 0.0", "false"),
        ("0.0 / 0.0 < 1.0 || 0.0 / 0.0 >= 1.0", "false"),
        ("1.0 / 0.0 > 9223372036854775807", "true"),
        ("[1, 2] == [1.0, 2.0]", "true"),
        ("{'a': 1} != {'a': 2}", "true"),
        ("'\\u00e4' == 'a\\u0308'", "false"),
        ("'a' + r'\\n' + '\\n'", "\"a\\\\n\\n\""),
        ("'äöü'.substring(1, 2) + 'äöü'.charAt(2) + 'äöü'.charAt(3)", "\"öü\""),
        ("'bananananana'.lastIndexOf('nana', 7)", "6"),
        ("'abc'.split('')", "[\"a\", \"b\", \"c\"]"),
        ("'a,b,c'.split(',', 2)", "[\"a\", \"b,c\"]"),
        ("'abc'.reverse().upperAscii()", "\"CBA\""),
        ("timestamp('2024-02-29T12:00:00Z').getDayOfYear()", "59"),
        ("timestamp('2026-03-29T01:30:00Z').getHours('Europe/Berlin')", "3"),
        ("duration('1h') + timestamp('2026-01-01T00:00:00Z')", "timestamp(\"2026-01-01T01:00:00Z\")"),
        ("timestamp('2026-01-02T00:00:00Z') - timestamp('2026-01-01T00:00:00Z')", "duration(\"86400s\")"),
        ("int(double(9007199254740993))", "9007199254740992"),
        ("string(-0.0045)", "\"-0.0045\""),
        ("double('inf') > 1e308", "true"),
        ("has({'a': {'b': 1}}.a.b)", "true"),
        ("{'for': 1}.for + {'a-b': 2}.`a-b`", "3"),
    ] {
        assert_eq!(result(text), value, "{text}");
    }
}

#[test]
fn errors_and_operands_that_override_them() {
    for (text, start) in [
        ("y", "error: Variable `y` does not exist."),
        ("y || true", "true"),
        ("'text' && false", "false"),
        ("true || 32", "true"),
        ("1 / 0 == 1 || false", "error: A whole number is divided by zero."),
        ("[1, 0].all(v, 1 / v > 1)", "false"),
        ("[1, 0].exists(v, 1 / v > 1)", "error: A whole number is divided by zero."),
        ("[1, 0].exists_one(v, 1 / v == 1)", "error: A whole number is divided by zero."),
        ("[0, 1].filter(v, 1 / v == 1)", "error: A whole number is divided by zero."),
        ("[0, 1].map(v, 1 / v)", "error: A whole number is divided by zero."),
        ("(1 / 0 > 1 ? true : true) || true", "true"),
        ("-(-9223372036854775808)", "error: A whole number becomes larger than 64 bits hold."),
        ("-9223372036854775808 % -1", "error: A whole number becomes larger than 64 bits hold."),
        ("47.5 % 5.5", "error: `%` can be used only with whole numbers."),
        ("{1.5: 2}", "error: The key of a map cannot be a number."),
        ("[1] < [2]", "error: Cannot order a list and a list."),
        ("int(9223372036854775807.0)", "error: "),
        ("int('0x10')", "error: \"0x10\" cannot be read as a whole number."),
        ("double('1e999')", "error: "),
        ("bool('TrUe')", "error: "),
        ("timestamp(253402300800)", "error: 253402300800 cannot be read as a point in time."),
        ("timestamp('9999-12-31T23:59:59Z') + duration('1s')", "error: The point in time is before"),
        ("duration('2562047h') + duration('2562047h')", "error: The span of time is longer"),
        ("timestamp(0).getHours('Mars/Base')", "error: There is no time zone `Mars/Base`."),
        ("'a'.matches('(' + x)", "error: `+` cannot be used with text and a whole number."),
        ("'a'.matches('(' + 'b')", "error: The pattern cannot be read: unclosed group."),
        ("'abc'.substring(2, 1)", "error: The end of a part of a text is before its start."),
        ("'abc'.charAt(9)", "error: The text has no character 9."),
        ("n == x", "left out: null"),
        ("[n, x]", "left out: null"),
        ("[1, 'a']", "left out: mixed-type list"),
        ("{'a': 1, 'b': [1]}", "left out: mixed-type map"),
        ("google.protobuf.Int64Value{value: 1}", "left out: message"),
        ("b'a' + b\"b\"", "left out: bytes"),
        ("int", "left out: type()"),
    ] {
        assert!(result(text).starts_with(start), "{text}: {}", result(text));
    }
}

#[test]
fn types_are_found_before_anything_runs() {
    for (text, ty) in [
        ("1 + 1", "int"),
        ("[1.5].map(v, string(v))", "list(string)"),
        ("{'a': timestamp(0)}", "map(string, timestamp)"),
        ("timestamp(0) - timestamp(0)", "duration"),
        ("[]", "list(any)"),
        ("words.exists(w, w == 'one')", "bool"),
        ("{'a': 1}.transformMap(k, v, [v])", "map(string, list(int))"),
    ] {
        let (found, problems) = check_expression(text, &variables());
        assert_eq!((found.to_string().as_str(), problems), (ty, vec![]), "{text}");
    }
}

/// Returns the result of a condition, the reasons why it could not be evaluated, and the note of its
/// explanation.
fn explained(when: &str) -> (Outcome3, Vec<UnknownReason>, Option<String>, Option<String>) {
    let yaml = "rule_set: example\nfields: {company: {type: string}, size: {type: integer, unit: employees}, budget: {type: number}, \
                flag: {type: bool}}\nrules: [{id: r, when: 'true', then: [advance]}]\ndefault: hold\n";
    let mut file = RuleSetFile::from_yaml(yaml).expect("a rule file");
    file.rules[0].when = when.to_owned();
    let rules = file.compile().unwrap_or_else(|problems| panic!("{when}: {problems:?}"));
    let reading = |value| Reading { value, confidence: 1.0 };
    let readings = BTreeMap::from([
        ("company".to_owned(), reading(Value::Text("Acme".into()))),
        ("size".to_owned(), reading(Value::Integer(120))),
    ]);
    let inputs = Inputs { readings: &readings, lists: &BTreeMap::new(), as_of: chrono::DateTime::UNIX_EPOCH };
    let verdict = rules.decide(&inputs);
    let mut explained = rules.explain(&inputs).rules.remove(0);
    (verdict.trace[0].result, verdict.because, explained.condition.note.take(), explained.why)
}

#[test]
fn rules_report_the_fields_that_a_general_condition_depends_on() {
    let missing = |field: &str| UnknownReason::Missing { field: field.into() };
    let (outcome, because, note, why) = explained("double(size) * 2.0 > budget");
    assert_eq!((outcome, because), (Outcome3::Unknown, vec![missing("budget")]));
    assert_eq!(note.as_deref(), Some("size: 120 employees; budget: not found"));
    assert_eq!(why.as_deref(), Some("Depends on budget (not found)."));

    // The other branch is not evaluated.
    let (outcome, because, ..) = explained("(size > 100 ? flag : budget > 1.0) ? true : false");
    assert_eq!((outcome, because), (Outcome3::Unknown, vec![missing("flag")]));

    let (outcome, because, _, why) = explained("int(company) > 5 && budget > 1.0");
    let message = "\"Acme\" cannot be read as a whole number.".to_owned();
    assert_eq!(
        (outcome, because),
        (Outcome3::Error, vec![UnknownReason::Error { message: message.clone() }])
    );
    assert_eq!(why, Some(message));

    let (outcome, because, note, _) = explained("company.lowerAscii().startsWith(\"ac\")");
    assert_eq!((outcome, because, note.as_deref()), (Outcome3::True, vec![], Some("Acme")));
}
