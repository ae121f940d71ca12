//! The rule language: what people write, what they are told, and that trees survive the way to text and back.

use std::collections::BTreeSet;

use engine::catalogue::{Catalogue, FieldDefinition, FieldType};
use engine::problem::Span;
use engine::rules::ast::{CompareOp, Expr, ExprKind, Name};
use engine::rules::{check, parse, unparse};
use proptest::prelude::*;

fn catalogue() -> Catalogue {
    let field = FieldDefinition::new;
    let fields = [
        ("intent_confidence", FieldDefinition { min: Some(0.0), max: Some(1.0), ..field(FieldType::Number) }),
        ("company", field(FieldType::String)),
        ("domain", field(FieldType::String)),
        ("company_size", FieldDefinition { min: Some(1.0), ..field(FieldType::Integer) }),
        ("budget", field(FieldType::Number)),
        ("timeframe_days", field(FieldType::Integer)),
        ("decision_maker", field(FieldType::Bool)),
        ("created_at", field(FieldType::Timestamp)),
        ("source", FieldDefinition { values: ["chat", "web_form", "referral"].map(str::to_owned).into(), ..field(FieldType::Enum) }),
    ];
    Catalogue(fields.map(|(name, definition)| (name.to_owned(), definition)).into())
}

/// Everything wrong with a condition: the piece of the text it stands at, the message and the suggestion.
fn problems(text: &str) -> Vec<(String, String, Option<String>)> {
    let lists = BTreeSet::from(["tam".to_owned(), "competitors".to_owned()]);
    let (expr, mut problems) = parse(text);
    if let Some(expr) = expr {
        problems.extend(check(&expr, &catalogue(), &lists));
    }
    let place = |span: Option<Span>| span.map_or(String::new(), |span| text[span.start..span.end].to_owned());
    problems.into_iter().map(|problem| (place(problem.span), problem.message, problem.suggestion)).collect()
}

/// The only thing wrong with a condition.
#[track_caller]
fn assert_problem(text: &str, place: &str, message: &str, suggestion: Option<&str>) {
    let found = problems(text);
    let expected = vec![(place.to_owned(), message.to_owned(), suggestion.map(str::to_owned))];
    assert_eq!(found, expected, "{text}");
}

#[test]
fn conditions_that_are_fine() {
    for text in [
        "intent_confidence > 0.85 && company in lists.tam",
        "decision_maker && timeframe_days <= 90",
        "!decision_maker",
        "!(company_size < 10 || budget < 5000.5)",
        "source == \"referral\"",
        "'chat' != source",
        "source in ['chat', \"web_form\"]",
        "source in lists.competitors",
        "company in [\"Acme\", 'Globex']",
        "company_size in [1, 2, 3.0]",
        "company < domain",
        "source == company",
        "budget > company_size",
        "budget > -5",
        "0.5 <= confidence(budget)",
        "has(budget) && confidence(budget) > confidence(company)",
        "created_at < as_of",
        "decision_maker == true",
        "has(budget) != decision_maker",
        "(company_size > 3) == (budget > 5)",
        "true",
        "company == \"\\u00e4\\x41\\101\\n\"",
        "company == r'a\\b'",
        "company == '''a\n'b'''",
        "budget >= 1e3 // in euros",
        "company_size >= 0x10",
        "timeframe_days == 007",
        "budget > .5",
    ] {
        assert_eq!(problems(text), vec![], "{text}");
    }
}

#[test]
fn slips_of_writing() {
    let missing = "A field, a number or a text is missing here.";
    assert_problem("", "", "A condition is missing.", None);
    assert_problem("  // nothing", "  // nothing", "A condition is missing.", None);
    assert_problem("budget >", "", missing, None);
    assert_problem("budget > && decision_maker", "&&", missing, None);
    assert_problem("(budget > 5", "", "`)` is missing here.", None);
    assert_problem("budget > 5)", ")", "This does not belong here.", None);
    assert_problem("budget > 5 decision_maker", "decision_maker", "An operator such as `&&` or `==` is missing before this.", None);
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
    assert_problem("company == \"a\\qb\"", "\\q", "This escape is not known; a backslash itself is written `\\\\`.", None);
    assert_problem("company == \"\\ud800\"", "\\u", "This escape is not known; a backslash itself is written `\\\\`.", None);
    assert_problem("budget > 50k", "50k", "A number cannot run into letters.", Some("50"));
    assert_problem("budget > 50_000", "50_000", "Digits of a number are not grouped.", Some("50000"));
    assert_problem("budget > 1. ", "1.", "A digit is missing after the point.", Some("1.0"));
    assert_problem("budget > 99999999999999999999", "99999999999999999999", "This number is too large.", None);
    assert_problem("company_size > 9223372036854775808", "9223372036854775808", "This number is too large.", None);
    assert_problem("budget > 1e999", "1e999", "This number is too large.", None);
    assert_problem("budget @ 5", "@", "`@` means nothing here.", None);
    assert_problem("größe > 5", "größe", "Names are written with the letters a to z; text stands in quotes.", Some("\"größe\""));
    assert_problem("company == \"a\" \0", "\0", "The control character U+0000 cannot stand here.", None);
    assert_problem("company in lists", "lists", "A list is named as in `lists.tam`.", None);
    assert_problem("package == 1", "package", "`package` is a reserved word and cannot name a field.", None);
    assert_problem("has(1)", "has(1)", "`has` takes the name of one field, as in `has(company)`.", None);
    assert_problem("has(budget, company)", "has(budget, company)", "`has` takes the name of one field, as in `has(company)`.", None);
}

#[test]
fn what_cel_has_and_this_language_has_not_yet() {
    assert_problem("budget + 1 > 3", "+", "Arithmetic (`+`) is not supported yet.", None);
    assert_problem("budget + 1 - 2 + 3 > 3", "+", "Arithmetic (`+`) is not supported yet.", None);
    assert_problem("-budget > 3", "-", "Arithmetic (`-`) is not supported yet.", None);
    assert_problem("decision_maker ? true : false", "?", "A choice (`a ? b : c`) is not supported yet; write two rules.", None);
    assert_problem("size(company) > 3", "size", "Calling `size` is not supported yet.", None);
    assert_problem("company.startsWith('A')", "startsWith", "Calling `startsWith` is not supported yet.", None);
    assert_problem("[1].exists(x, x > 0)", "exists", "Calling `exists` is not supported yet.", None);
    assert_problem("company.name == 'A'", ".name", "A field has no parts; `.name` is not supported.", None);
    assert_problem("company[0] == 'A'", "[", "Picking from a list (`a[0]`) is not supported yet.", None);
    assert_problem("{'a': 1} == company", "{", "Maps (`{…}`) are not supported.", None);
    assert_problem("budget == null", "null", "There is no `null`; `has(field)` tells whether a field was read.", None);
    assert_problem("company == b'A'", "b'A'", "Bytes are not supported; write text in quotes.", None);
    assert_problem("budget > 5u", "5u", "Unsigned numbers are not supported; write it without the `u`.", Some("5"));
    assert_problem("confidense(budget) > 0.5", "confidense", "There is no function `confidense`; there are `has` and `confidence`.", Some("confidence"));
}

#[test]
fn names_that_do_not_exist() {
    assert_problem("company_sise > 5", "company_sise", "There is no field `company_sise`.", Some("company_size"));
    assert_problem("has(budgett)", "budgett", "There is no field `budgett`.", Some("budget"));
    assert_problem("confidence(budgett) > 0.5", "budgett", "There is no field `budgett`.", Some("budget"));
    assert_problem("has(as_of)", "as_of", "`as_of` is always known; only fields are asked for.", None);
    assert_problem("company in lists.tan", "tan", "There is no list `tan`.", Some("tam"));
    assert_problem("company in tam", "tam", "`tam` is a list; it is written `lists.tam`.", Some("lists.tam"));
    assert_problem("decision_maker == True", "True", "There is no field `True`.", Some("true"));
    assert_problem("created_at < now", "now", "There is no field `now`.", Some("as_of"));
    assert_problem("zzz", "zzz", "There is no field `zzz`.", None);
    assert_problem("source == referral", "referral", "There is no field `referral`; text stands in quotes.", Some("\"referral\""));
    assert_problem("source in [chat]", "chat", "There is no field `chat`; text stands in quotes.", Some("\"chat\""));
}

#[test]
fn values_that_cannot_be() {
    let values = "there are `chat`, `web_form`, `referral`.";
    assert_problem("source == \"refferal\"", "\"refferal\"", &format!("`refferal` is no value of `source`; {values}"), Some("\"referral\""));
    assert_problem("source in ['chat', 'mail']", "'mail'", &format!("`mail` is no value of `source`; {values}"), None);
    assert_problem("intent_confidence > 85", "85", "`intent_confidence` is 0 to 1, so it is never 85.", Some("0.85"));
    assert_problem("1.5 < intent_confidence", "1.5", "`intent_confidence` is 0 to 1, so it is never 1.5.", Some("0.015"));
    assert_problem("confidence(budget) >= 70", "70", "`confidence(budget)` is 0 to 1, so it is never 70.", Some("0.7"));
    assert_problem("intent_confidence in [0.5, 2]", "2", "`intent_confidence` is 0 to 1, so it is never 2.", Some("0.02"));
    assert_problem("company_size < -3", "-3", "`company_size` is 1 or more, so it is never -3.", None);
    assert_problem("company_size == 2.5", "2.5", "`company_size` is a whole number, so it is never 2.5.", None);
    assert_problem("company in []", "[]", "Nothing is in an empty list.", None);
}

#[test]
fn types_that_do_not_meet() {
    assert_problem("company_size > \"50\"", "\"50\"", "`company_size` is a whole number and cannot be compared with text.", Some("50"));
    assert_problem("company == 5", "5", "`company` is text and cannot be compared with a number.", Some("\"5\""));
    assert_problem("decision_maker == \"true\"", "\"true\"", "`decision_maker` is true or false and cannot be compared with text.", Some("true"));
    assert_problem(
        "created_at > \"2026-01-01\"",
        "\"2026-01-01\"",
        "`created_at` is a point in time and cannot be compared with text. It is compared with another point in time, such as `as_of`.",
        None,
    );
    assert_problem("company in ['a', 5]", "5", "`company` is text and cannot be compared with a number.", Some("\"5\""));
    assert_problem("company in [domain]", "domain", "The values of a list are written out: numbers or texts in quotes.", None);
    assert_problem("budget in lists.tam", "budget", "Only a field that is text can be looked up in a list.", None);
    assert_problem("'Acme' in lists.tam", "'Acme'", "Only a field that is text can be looked up in a list.", None);
    assert_problem("company in domain", "domain", "After `in` stands a list, as in `[\"a\", \"b\"]` or `lists.tam`.", None);
    assert_problem("company == lists.tam", "company == lists.tam", "A list is asked with `in`, as in `company in lists.tam`.", None);
    assert_problem("decision_maker < true", "decision_maker < true", "True and false have no order; they are compared with `==` and `!=`.", None);
    assert_problem("source > 'chat'", "source > 'chat'", "The values of `source` have no order; use `==`, `!=` or `in`.", None);
    assert_problem("decision_maker in [true]", "decision_maker", "`decision_maker` is true or false; `in` asks for text or numbers.", None);
    assert_problem("1 < budget < 5", "1 < budget < 5", "Comparisons do not chain; join them with `&&`.", Some("1 < budget && budget < 5"));
}

#[test]
fn a_condition_is_true_or_false() {
    assert_problem("budget", "budget", "A condition is true or false, but `budget` is a number; compare it with something.", None);
    assert_problem("decision_maker && company", "company", "A condition is true or false, but `company` is text; compare it with something.", None);
    assert_problem("!5", "5", "A condition is true or false, but `5` is a number; compare it with something.", None);
    assert_problem("lists.tam", "lists.tam", "A condition is true or false, but `lists.tam` is a list; compare it with something.", None);
}

#[test]
fn all_problems_of_a_text_are_told_in_order() {
    let places: Vec<_> = problems("bugdet > 5 && source == 'mail' || company_size = 'x' && size(company) > 3").into_iter().map(|p| p.0).collect();
    assert_eq!(places, ["=", "size", "bugdet", "'mail'", "'x'"]);
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
    for joint in [" < ", " in ", " == ", " + ", " && ", " || ", ".a", "?", ":", "["] {
        let text = format!("1{joint}").repeat(9_990 / (joint.len() + 1));
        assert!(problems(&text).len() <= 4_000, "{joint}");
    }
    assert_eq!(deep(64, "(").len(), 1, "one missing parenthesis is told for 64");
    let fine = format!("{}true{}", "(".repeat(64), ")".repeat(64));
    assert_eq!(problems(&fine), vec![]);
    let too_deep = format!("{}true{}", "(".repeat(65), ")".repeat(65));
    assert_eq!(problems(&too_deep)[0].1, "A condition is nested at most 64 deep.");
}

fn expr(kind: ExprKind) -> Expr {
    Expr::new(kind, Span::default())
}

fn name() -> impl Strategy<Value = String> {
    "[a-z][a-z0-9_]{0,8}".prop_filter("words with a meaning of their own", |word| {
        !engine::rules::RESERVED.contains(&word.as_str()) && !["lists", "r", "b", "br", "rb", "and", "or", "not"].contains(&word.as_str())
    })
}

fn any_expr() -> impl Strategy<Value = Expr> {
    let named = |text: String| Name { text, span: Span::default() };
    let leaf = prop_oneof![
        any::<bool>().prop_map(ExprKind::Bool),
        any::<i64>().prop_map(ExprKind::Integer),
        any::<f64>().prop_filter("finite", |n| n.is_finite()).prop_map(ExprKind::Float),
        any::<String>().prop_map(ExprKind::Text),
        name().prop_map(ExprKind::Name),
        name().prop_map(move |text| ExprKind::ListName(named(text))),
        name().prop_map(move |text| ExprKind::Has(named(text))),
        name().prop_map(move |text| ExprKind::Confidence(named(text))),
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
            (op, inner.clone(), inner.clone())
                .prop_map(|(op, left, right)| ExprKind::Compare { op, left: left.into(), right: right.into() }),
            (inner.clone(), inner).prop_map(|(needle, list)| ExprKind::In { needle: needle.into(), list: list.into() }),
        ]
        .prop_map(expr)
    })
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
    }

    #[test]
    fn no_row_of_tokens_does_either(words in prop::collection::vec(prop::sample::select(vec![
        "budget", "company", "source", "lists", ".", "tam", "in", "(", ")", "[", "]", "{", "}", ",", "&&", "||", "!", "==", "<", "-", "+",
        "?", ":", "5", "0.5", "'a'", "\"", "'''", "\\", "has", "confidence", "not", "and", "true", "null", "as_of", "=", "&", "“", "\0", "é",
    ]), 0..40), spaced in any::<bool>()) {
        problems(&words.join(if spaced { " " } else { "" }));
    }
}
