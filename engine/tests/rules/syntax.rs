//! Tests the syntax of conditions: common mistakes, precedence, hostile texts, and round trips between trees
//! and text.

use std::collections::BTreeMap;

use engine::problem::Span;
use engine::rules::ast::{ArithmeticOp, CompareOp, Expr, ExprKind, SpannedName};
use engine::rules::typed::evaluate;
use engine::rules::{Macro, parse, unparse};
use proptest::prelude::*;

use crate::checker::{assert_problem, problems};
use crate::generate::{Leaves, Source};

#[test]
fn common_mistakes() {
    let missing = "Add a field, a number or a text here.";
    assert_problem("", "", "Enter a condition.", None);
    assert_problem("  // nothing", "  // nothing", "Enter a condition.", None);
    assert_problem("budget >", "", missing, None);
    assert_problem("budget > && decision_maker", "&&", missing, None);
    assert_problem("(budget > 5", "", "Add `)` here.", None);
    assert_problem("budget > 5)", ")", "This is unexpected here.", None);
    assert_problem(
        "budget > 5 decision_maker",
        "decision_maker",
        "Add an operator such as `&&` or `==` before this.",
        None,
    );
    assert_problem("budget = 5", "=", "Write `==` instead of `=`.", Some("=="));
    assert_problem("budget => 5", "=>", "Write `>=` instead of `=>`.", Some(">="));
    assert_problem("budget <> 5", "<>", "Write `!=` instead of `<>`.", Some("!="));
    assert_problem("budget ≥ 5", "≥", "Write `>=` instead of `≥`.", Some(">="));
    assert_problem("budget > 5 & decision_maker", "&", "Write `&&` instead of `&`.", Some("&&"));
    assert_problem("budget > 5 and decision_maker", "and", "Write `&&` instead.", Some("&&"));
    assert_problem("budget > 5 OR decision_maker", "OR", "Write `||` instead.", Some("||"));
    assert_problem("not decision_maker", "not", "Write `!` instead.", Some("!"));
    assert_problem("company not in lists.tam", "not", "Write `!(a in b)` instead of `a not in b`.", None);
    assert_problem("company == “Acme”", "“Acme”", "Use straight quotes for text.", Some("\"Acme\""));
    assert_problem("company == \"Acme", "\"Acme", "The text is not closed; add `\"`.", None);
    assert_problem("company == \"a\\qb\"", "\\q", "Unknown escape; write a backslash as `\\\\`.", None);
    assert_problem("company == \"\\ud800\"", "\\u", "Unknown escape; write a backslash as `\\\\`.", None);
    assert_problem("budget > 50k", "50k", "A number cannot be followed directly by letters.", Some("50"));
    assert_problem("budget > 50_000", "50_000", "Numbers cannot contain `_`.", Some("50000"));
    assert_problem("budget > 1. ", "1.", "Add a digit after the decimal point.", Some("1.0"));
    assert_problem(
        "budget > 99999999999999999999",
        "99999999999999999999",
        "This number is too large.",
        None,
    );
    assert_problem(
        "company_size > 9223372036854775808",
        "9223372036854775808",
        "This number is too large.",
        None,
    );
    assert_problem("budget > 1e999", "1e999", "This number is too large.", None);
    assert_problem("budget @ 5", "@", "`@` is unexpected here.", None);
    assert_problem(
        "größe > 5",
        "größe",
        "Names can contain only the letters a to z, digits and `_`; put text in quotes.",
        Some("\"größe\""),
    );
    assert_problem("company == \"a\" \0", "\0", "The control character U+0000 is not allowed here.", None);
    assert_problem("company in lists", "lists", "Refer to a list as in `lists.tam`.", None);
    assert_problem(
        "package == 1",
        "package",
        "`package` is a reserved word and cannot be used as a field name.",
        None,
    );
    assert_problem("has(1)", "has(1)", "`has` needs the name of one field, as in `has(company)`.", None);
    assert_problem(
        "has(budget, company)",
        "has(budget, company)",
        "`has` needs the name of one field, as in `has(company)`.",
        None,
    );
}

#[test]
fn unsupported_cel_constructs() {
    assert_problem("company.name == 'A'", ".name", "A field has no members; `.name` is not supported.", None);
    assert_problem(
        "budget == null",
        "null",
        "`null` is not supported; use `has(field)` to test whether a field was read.",
        None,
    );
    assert_problem("company == b'A'", "b'A'", "Bytes are not supported; write text in quotes.", None);
    let unsigned = "Unsigned numbers are not supported; remove the `u`.";
    assert_problem("budget > 5u", "5u", unsigned, None);
    assert_problem("uint(company_size) > 5", "uint(company_size)", unsigned, None);
    let typed = "Every value has a fixed type; remove `dyn`.";
    assert_problem("dyn(budget) > 5.0", "dyn(budget)", typed, None);
    let types = "Types cannot be used as values; a field always has the type of its definition.";
    assert_problem("type(budget) == 'x'", "type(budget)", types, None);
    assert_problem("double", "double", "Field `double` does not exist.", None);
    let mixed = "The values of a list must have the same type.";
    assert_problem("size([1, 'a']) > 1", "[1, 'a']", mixed, None);
    let mixed = "The keys of a map must have the same type, and so must its values.";
    assert_problem("{'a': 1, 'b': 'x'}.a > 0", "{'a': 1, 'b': 'x'}", mixed, None);
    assert_problem("Lead{size: 5} == 3", "Lead{size: 5}", "Messages (`Name{…}`) are not supported.", None);
}

#[test]
fn unsupported_constructs_are_written_unchanged() {
    for text in ["Lead{}", "Lead{size: 5, `a b`: [1]} == 3", "(Lead){} + .a", "a.b{c: 1u}", "b\"x\" == null"]
    {
        let (tree, problems) = parse(text);
        assert_eq!(problems, vec![], "{text}");
        assert_eq!(tree.as_ref().map(unparse).as_deref(), Some(text));
    }
}

#[test]
fn precedence_is_that_of_cel() {
    for (text, explicit) in [
        ("true || false && true", "true || (false && true)"),
        ("!true && false", "(!true) && false"),
        ("!decision_maker == true", "(!decision_maker) == true"),
        ("budget > 1 == decision_maker", "(budget > 1) == decision_maker"),
        ("true && budget > 1 || company in ['a']", "(true && (budget > 1)) || (company in ['a'])"),
    ] {
        assert_eq!(parse(text).0, parse(explicit).0, "{text}");
    }
    assert_ne!(parse("(true || false) && true").0, parse("true || false && true").0);
    assert_ne!(parse("true && (false && true)").0, parse("true && false && true").0);
}

#[test]
fn hostile_texts_are_refused_in_bounded_time_and_stack() {
    let deep = |count: usize, open: &str| problems(&format!("{}true", open.repeat(count)));
    assert!(deep(100_000, "(")[0].1.starts_with("A condition can have at most 10000 bytes"));
    for open in ["(", "!", "-", "[", "has(", "a[", "a.b(", "true ? ", "true == (", "1 < (2 in ("] {
        let found = deep(9_900 / open.len(), open);
        assert!(!found.is_empty() && found.len() <= 40, "{open}: {found:?}");
    }
    for joint in [
        " < ", " in ", " == ", " + ", " * ", " - -", " && ", " || ", ".a", ".a()", "?", ":", "[", "[0]", "{",
        "{1:",
    ] {
        let text = format!("1{joint}").repeat(9_990 / (joint.len() + 1));
        assert!(problems(&text).len() <= 4_000, "{joint}");
    }
    assert_eq!(deep(64, "(").len(), 1, "one missing parenthesis is reported for 64");
    let fine = format!("{}true{}", "(".repeat(64), ")".repeat(64));
    assert_eq!(problems(&fine), vec![]);
    let high = |count: usize| problems(&format!("{}1 == 1", "1 + ".repeat(count)));
    assert_eq!(high(190), vec![]);
    assert_eq!(high(300)[0].1, "A condition can nest at most 200 expressions.");
    let nested = format!("{}1{}", "[".repeat(60), "]".repeat(60));
    assert_eq!(problems(&format!("[{nested}, {nested}] == [{nested}]")), vec![]);
    for step in [".map(a, [a, a])", ".map(a, {a: a})", ".map(a, {\"a\": a, \"b\": a})"] {
        let found = problems(&format!("size([1]{}) > 0", step.repeat(60)));
        assert!(found.len() == 1 || found.len() == 20, "{step}: {found:?}");
    }
    let too_deep = format!("{}true{}", "(".repeat(65), ")".repeat(65));
    assert_eq!(problems(&too_deep)[0].1, "A condition can be nested at most 64 levels deep.");
}

fn expr(kind: ExprKind) -> Expr {
    Expr::new(kind, Span::default())
}

fn name() -> impl Strategy<Value = String> {
    "[a-z][a-z0-9_]{0,8}".prop_filter("words with a meaning of their own", |word| {
        !engine::rules::RESERVED.contains(&word.as_str())
            && !["lists", "r", "b", "br", "rb", "and", "or", "not"].contains(&word.as_str())
    })
}

fn any_expr() -> impl Strategy<Value = Expr> {
    let leaf = prop_oneof![
        any::<bool>().prop_map(ExprKind::Bool),
        any::<i64>().prop_map(ExprKind::Integer),
        any::<f64>().prop_filter("finite", |n| n.is_finite()).prop_map(ExprKind::Float),
        any::<String>().prop_map(ExprKind::Text),
        name().prop_map(ExprKind::Name),
        name().prop_map(|text| ExprKind::ListName(named(text))),
        name().prop_map(|text| ExprKind::Has(named(text))),
        name().prop_map(|text| ExprKind::Confidence(named(text))),
    ];
    leaf.prop_map(expr).prop_recursive(5, 40, 4, |inner| {
        let op = prop::sample::select(vec![
            CompareOp::Equal,
            CompareOp::NotEqual,
            CompareOp::Less,
            CompareOp::LessOrEqual,
            CompareOp::Greater,
            CompareOp::GreaterOrEqual,
        ]);
        prop_oneof![
            inner.clone().prop_map(|operand| ExprKind::Not(operand.into())),
            prop::collection::vec(inner.clone(), 2..4).prop_map(ExprKind::All),
            prop::collection::vec(inner.clone(), 2..4).prop_map(ExprKind::Any),
            prop::collection::vec(inner.clone(), 0..4).prop_map(ExprKind::List),
            (op, inner.clone(), inner.clone()).prop_map(|(op, left, right)| ExprKind::Compare {
                op,
                left: left.into(),
                right: right.into()
            }),
            (inner.clone(), inner.clone())
                .prop_map(|(needle, list)| ExprKind::In { needle: needle.into(), list: list.into() }),
            beyond_comparisons(inner),
        ]
        .prop_map(expr)
    })
}

fn named(text: String) -> SpannedName {
    SpannedName { text, span: Span::default() }
}

/// Generates expressions other than comparisons of fields.
fn beyond_comparisons(
    inner: impl Strategy<Value = Expr> + Clone + 'static,
) -> impl Strategy<Value = ExprKind> {
    use ArithmeticOp::{Add, Divide, Multiply, Remainder, Subtract};
    let op = prop::sample::select(vec![Add, Subtract, Multiply, Divide, Remainder]);
    let one = || inner.clone().prop_map(Box::new);
    let some = prop::collection::vec(inner.clone(), 0..3);
    let entries = prop::collection::vec((inner.clone(), inner.clone()), 0..3);
    let key = prop_oneof![name(), Just("as".to_owned()), Just("a-b".to_owned()), Just("in".to_owned())];
    let function = name().prop_filter("macros", |name| name.parse::<Macro>().is_err() && name != "has");
    let quantifier = prop::sample::select(vec![Macro::All, Macro::Exists, Macro::ExistsOne, Macro::Filter]);
    prop_oneof![
        (one(), one(), one()).prop_map(|(condition, yes, no)| ExprKind::Choice { condition, yes, no }),
        (op, one(), one()).prop_map(|(op, left, right)| ExprKind::Arithmetic { op, left, right }),
        one().prop_map(ExprKind::Negative),
        entries.prop_map(ExprKind::Map),
        (one(), key.clone()).prop_map(|(of, name)| ExprKind::Select { of, name: named(name) }),
        (one(), key).prop_map(|(of, name)| ExprKind::HasKey { of, name: named(name) }),
        (one(), one()).prop_map(|(of, at)| ExprKind::Index { of, at }),
        (prop::option::of(one()), function, some).prop_map(|(of, function, arguments)| ExprKind::Call {
            of,
            function: named(function),
            arguments
        }),
        (one(), quantifier, name(), inner).prop_map(|(of, kind, variable, body)| ExprKind::Macro {
            of,
            kind,
            variables: vec![named(variable)],
            body: vec![body],
        }),
    ]
}

proptest! {
    #[test]
    fn trees_round_trip_through_text(tree in any_expr()) {
        let text = unparse(&tree);
        prop_assume!(text.len() < 10_000);
        let (parsed, problems) = parse(&text);
        prop_assert_eq!(&problems, &vec![], "{}", text);
        prop_assert_eq!(parsed.as_ref(), Some(&tree), "{}", text);
        prop_assert_eq!(parsed.map(|tree| unparse(&tree)), Some(text));
    }

    #[test]
    fn the_parser_and_checker_never_panic_on_text(text in "\\PC{0,80}") {
        problems(&text);
        evaluate(&text, &BTreeMap::new());
    }

    #[test]
    fn the_parser_and_checker_never_panic_on_bytes(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let text = String::from_utf8_lossy(&bytes);
        problems(&text);
        evaluate(&text, &BTreeMap::new());
    }

    #[test]
    fn generated_conditions_round_trip_through_text(seed in any::<u64>(), depth in 0_usize..6) {
        let text = Source::new(seed, &Leaves::default()).bool(depth);
        prop_assume!(text.len() < 10_000);
        let (tree, problems) = parse(&text);
        prop_assert_eq!(&problems, &vec![], "{}", text);
        let written = tree.as_ref().map(unparse).unwrap_or_default();
        let (again, _) = parse(&written);
        prop_assert_eq!(&again, &tree, "{} {}", text, written);
        prop_assert_eq!(again.as_ref().map(unparse), Some(written));
    }

    #[test]
    fn the_parser_and_checker_never_panic_on_tokens(words in prop::collection::vec(prop::sample::select(vec![
        "budget", "company", "source", "lists", ".", "tam", "in", "(", ")", "[", "]", "{", "}", ",", "&&", "||", "!", "==", "<", "-", "+",
        "?", ":", "5", "0.5", "'a'", "\"", "'''", "\\", "has", "confidence", "not", "and", "true", "null", "as_of", "=", "&", "“", "\0", "é",
        "*", "/", "%", "`a b`", "b'x'", "1u", "size", "exists", "map", "x", "matches", "split", "timestamp", "duration", "'1h'",
    ]), 0..40), spaced in any::<bool>()) {
        let text = words.join(if spaced { " " } else { "" });
        problems(&text);
        evaluate(&text, &BTreeMap::new());
    }
}
