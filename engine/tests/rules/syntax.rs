//! How conditions are written: slips, precedence, hostile texts, and that trees survive the way to text and back.

use std::collections::BTreeMap;

use engine::problem::Span;
use engine::rules::ast::{ArithmeticOp, CompareOp, Expr, ExprKind, Name};
use engine::rules::typed::evaluate;
use engine::rules::{Macro, parse, unparse};
use proptest::prelude::*;

use crate::checker::{assert_problem, problems};
use crate::generate::{Leaves, Source};

#[test]
fn slips_of_writing() {
    let missing = "A field, a number or a text is missing here.";
    assert_problem("", "", "A condition is missing.", None);
    assert_problem("  // nothing", "  // nothing", "A condition is missing.", None);
    assert_problem("budget >", "", missing, None);
    assert_problem("budget > && decision_maker", "&&", missing, None);
    assert_problem("(budget > 5", "", "`)` is missing here.", None);
    assert_problem("budget > 5)", ")", "This does not belong here.", None);
    assert_problem(
        "budget > 5 decision_maker",
        "decision_maker",
        "An operator such as `&&` or `==` is missing before this.",
        None,
    );
    assert_problem("budget = 5", "=", "`=` is written `==`.", Some("=="));
    assert_problem("budget => 5", "=>", "`=>` is written `>=`.", Some(">="));
    assert_problem("budget <> 5", "<>", "`<>` is written `!=`.", Some("!="));
    assert_problem("budget ≥ 5", "≥", "`≥` is written `>=`.", Some(">="));
    assert_problem("budget > 5 & decision_maker", "&", "`&` is written `&&`.", Some("&&"));
    assert_problem("budget > 5 and decision_maker", "and", "This is written `&&`.", Some("&&"));
    assert_problem("budget > 5 OR decision_maker", "OR", "This is written `||`.", Some("||"));
    assert_problem("not decision_maker", "not", "This is written `!`.", Some("!"));
    assert_problem("company not in lists.tam", "not", "`a not in b` is written `!(a in b)`.", None);
    assert_problem("company == “Acme”", "“Acme”", "Text stands in straight quotes.", Some("\"Acme\""));
    assert_problem("company == \"Acme", "\"Acme", "The text is not closed; `\"` is missing.", None);
    assert_problem(
        "company == \"a\\qb\"",
        "\\q",
        "This escape is not known; a backslash itself is written `\\\\`.",
        None,
    );
    assert_problem(
        "company == \"\\ud800\"",
        "\\u",
        "This escape is not known; a backslash itself is written `\\\\`.",
        None,
    );
    assert_problem("budget > 50k", "50k", "A number cannot run into letters.", Some("50"));
    assert_problem("budget > 50_000", "50_000", "Digits of a number are not grouped.", Some("50000"));
    assert_problem("budget > 1. ", "1.", "A digit is missing after the point.", Some("1.0"));
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
    assert_problem("budget @ 5", "@", "`@` means nothing here.", None);
    assert_problem(
        "größe > 5",
        "größe",
        "Names are written with the letters a to z; text stands in quotes.",
        Some("\"größe\""),
    );
    assert_problem("company == \"a\" \0", "\0", "The control character U+0000 cannot stand here.", None);
    assert_problem("company in lists", "lists", "A list is named as in `lists.tam`.", None);
    assert_problem("package == 1", "package", "`package` is a reserved word and cannot name a field.", None);
    assert_problem("has(1)", "has(1)", "`has` takes the name of one field, as in `has(company)`.", None);
    assert_problem(
        "has(budget, company)",
        "has(budget, company)",
        "`has` takes the name of one field, as in `has(company)`.",
        None,
    );
}

#[test]
fn what_of_cel_is_left_out() {
    assert_problem("company.name == 'A'", ".name", "A field has no parts; `.name` is not supported.", None);
    assert_problem(
        "budget == null",
        "null",
        "There is no `null`; `has(field)` tells whether a field was read.",
        None,
    );
    assert_problem("company == b'A'", "b'A'", "Bytes are not supported; write text in quotes.", None);
    let unsigned = "Unsigned numbers are not supported; write it without the `u`.";
    assert_problem("budget > 5u", "5u", unsigned, None);
    assert_problem("uint(company_size) > 5", "uint(company_size)", unsigned, None);
    let typed = "Every value has a type here; leave `dyn` away.";
    assert_problem("dyn(budget) > 5.0", "dyn(budget)", typed, None);
    let types = "Types are no values here; a field always has the type of its definition.";
    assert_problem("type(budget) == 'x'", "type(budget)", types, None);
    assert_problem("double", "double", "There is no field `double`.", None);
    let mixed = "The values of a list are all of one type.";
    assert_problem("size([1, 'a']) > 1", "[1, 'a']", mixed, None);
    let mixed = "The keys of a map are all of one type, and so are its values.";
    assert_problem("{'a': 1, 'b': 'x'}.a > 0", "{'a': 1, 'b': 'x'}", mixed, None);
    assert_problem("Lead{size: 5} == 3", "Lead{size: 5}", "Messages (`Name{…}`) are not supported.", None);
}

#[test]
fn what_is_left_out_is_written_as_it_was() {
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
    assert!(deep(100_000, "(")[0].1.starts_with("A condition has at most 10000 bytes"));
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
    assert_eq!(deep(64, "(").len(), 1, "one missing parenthesis is told for 64");
    let fine = format!("{}true{}", "(".repeat(64), ")".repeat(64));
    assert_eq!(problems(&fine), vec![]);
    let high = |count: usize| problems(&format!("{}1 == 1", "1 + ".repeat(count)));
    assert_eq!(high(190), vec![]);
    assert_eq!(high(300)[0].1, "A condition has at most 200 pieces inside each other.");
    let nested = format!("{}1{}", "[".repeat(60), "]".repeat(60));
    assert_eq!(problems(&format!("[{nested}, {nested}] == [{nested}]")), vec![]);
    for step in [".map(a, [a, a])", ".map(a, {a: a})", ".map(a, {\"a\": a, \"b\": a})"] {
        let found = problems(&format!("size([1]{}) > 0", step.repeat(60)));
        assert!(found.len() == 1 || found.len() == 20, "{step}: {found:?}");
    }
    let too_deep = format!("{}true{}", "(".repeat(65), ")".repeat(65));
    assert_eq!(problems(&too_deep)[0].1, "A condition is nested at most 64 deep.");
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

fn named(text: String) -> Name {
    Name { text, span: Span::default() }
}

/// Pieces that are more than comparisons of fields.
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
    fn a_tree_survives_the_way_to_text_and_back(tree in any_expr()) {
        let text = unparse(&tree);
        prop_assume!(text.len() < 10_000);
        let (parsed, problems) = parse(&text);
        prop_assert_eq!(&problems, &vec![], "{}", text);
        prop_assert_eq!(parsed.as_ref(), Some(&tree), "{}", text);
        prop_assert_eq!(parsed.map(|tree| unparse(&tree)), Some(text));
    }

    #[test]
    fn no_text_makes_the_parser_or_the_checker_panic(text in "\\PC{0,80}") {
        problems(&text);
        evaluate(&text, &BTreeMap::new());
    }

    #[test]
    fn no_bytes_do_either(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let text = String::from_utf8_lossy(&bytes);
        problems(&text);
        evaluate(&text, &BTreeMap::new());
    }

    #[test]
    fn drawn_conditions_survive_the_way_to_text_and_back(seed in any::<u64>(), depth in 0_usize..6) {
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
    fn no_row_of_tokens_makes_them_panic_either(words in prop::collection::vec(prop::sample::select(vec![
        "budget", "company", "source", "lists", ".", "tam", "in", "(", ")", "[", "]", "{", "}", ",", "&&", "||", "!", "==", "<", "-", "+",
        "?", ":", "5", "0.5", "'a'", "\"", "'''", "\\", "has", "confidence", "not", "and", "true", "null", "as_of", "=", "&", "“", "\0", "é",
        "*", "/", "%", "`a b`", "b'x'", "1u", "size", "exists", "map", "x", "matches", "split", "timestamp", "duration", "'1h'",
    ]), 0..40), spaced in any::<bool>()) {
        let text = words.join(if spaced { " " } else { "" });
        problems(&text);
        evaluate(&text, &BTreeMap::new());
    }
}
