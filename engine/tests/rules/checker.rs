//! Tests which conditions are valid, and the messages for those that are not.

use std::collections::BTreeSet;

use engine::catalogue::{Catalogue, FieldDefinition, FieldType};
use engine::problem::Span;
use engine::rules::{check, parse};

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
        (
            "source",
            FieldDefinition {
                values: ["chat", "web_form", "referral"].map(str::to_owned).into(),
                ..field(FieldType::Enum)
            },
        ),
    ];
    Catalogue(fields.map(|(name, definition)| (name.to_owned(), definition)).into())
}

/// Returns all problems of a condition: the affected text, the message and the suggestion.
pub fn problems(text: &str) -> Vec<(String, String, Option<String>)> {
    let lists = BTreeSet::from(["tam".to_owned(), "competitors".to_owned()]);
    let (expr, mut problems) = parse(text);
    if let Some(expr) = expr {
        problems.extend(check(&expr, &catalogue(), &lists));
    }
    let place = |span: Option<Span>| span.map_or(String::new(), |span| text[span.start..span.end].to_owned());
    problems.into_iter().map(|problem| (place(problem.span), problem.message, problem.suggestion)).collect()
}

/// Asserts that a condition has exactly one problem.
#[track_caller]
pub fn assert_problem(text: &str, place: &str, message: &str, suggestion: Option<&str>) {
    let found = problems(text);
    let expected = vec![(place.to_owned(), message.to_owned(), suggestion.map(str::to_owned))];
    assert_eq!(found, expected, "{text}");
}

#[test]
fn valid_conditions() {
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
fn names_that_do_not_exist() {
    assert_problem(
        "company_sise > 5",
        "company_sise",
        "Field `company_sise` does not exist.",
        Some("company_size"),
    );
    assert_problem("has(budgett)", "budgett", "Field `budgett` does not exist.", Some("budget"));
    assert_problem("confidence(budgett) > 0.5", "budgett", "Field `budgett` does not exist.", Some("budget"));
    assert_problem("has(as_of)", "as_of", "`as_of` is always known; use the name of a field.", None);
    assert_problem("company in lists.tan", "tan", "List `tan` does not exist.", Some("tam"));
    assert_problem("company in tam", "tam", "`tam` is a list; write `lists.tam`.", Some("lists.tam"));
    assert_problem("decision_maker == True", "True", "Field `True` does not exist.", Some("true"));
    assert_problem("created_at < now", "now", "Field `now` does not exist.", Some("as_of"));
    assert_problem("zzz", "zzz", "Field `zzz` does not exist.", None);
    assert_problem(
        "source == referral",
        "referral",
        "Field `referral` does not exist; put text in quotes.",
        Some("\"referral\""),
    );
    assert_problem(
        "source in [chat]",
        "chat",
        "Field `chat` does not exist; put text in quotes.",
        Some("\"chat\""),
    );
}

#[test]
fn impossible_values() {
    let values = "the values are `chat`, `web_form`, `referral`.";
    assert_problem(
        "source == \"refferal\"",
        "\"refferal\"",
        &format!("`refferal` is not a value of `source`; {values}"),
        Some("\"referral\""),
    );
    assert_problem(
        "source in ['chat', 'mail']",
        "'mail'",
        &format!("`mail` is not a value of `source`; {values}"),
        None,
    );
    assert_problem(
        "intent_confidence > 85",
        "85",
        "`intent_confidence` is between 0 and 1, so it can never be 85.",
        Some("0.85"),
    );
    assert_problem(
        "1.5 < intent_confidence",
        "1.5",
        "`intent_confidence` is between 0 and 1, so it can never be 1.5.",
        Some("0.015"),
    );
    assert_problem(
        "confidence(budget) >= 70",
        "70",
        "`confidence(budget)` is between 0 and 1, so it can never be 70.",
        Some("0.7"),
    );
    assert_problem(
        "intent_confidence in [0.5, 2]",
        "2",
        "`intent_confidence` is between 0 and 1, so it can never be 2.",
        Some("0.02"),
    );
    assert_problem("company_size < -3", "-3", "`company_size` is 1 or more, so it can never be -3.", None);
    assert_problem(
        "company_size == 2.5",
        "2.5",
        "`company_size` is a whole number, so it can never be 2.5.",
        None,
    );
    assert_problem("company in []", "[]", "The list is empty, so nothing can be in it.", None);
}

#[test]
fn incompatible_types() {
    assert_problem(
        "company_size > \"50\"",
        "\"50\"",
        "`company_size` is a whole number and cannot be compared with text.",
        Some("50"),
    );
    assert_problem(
        "company == 5",
        "5",
        "`company` is text and cannot be compared with a number.",
        Some("\"5\""),
    );
    assert_problem(
        "decision_maker == \"true\"",
        "\"true\"",
        "`decision_maker` is true or false and cannot be compared with text.",
        Some("true"),
    );
    assert_problem(
        "created_at > \"2026-01-01\"",
        "\"2026-01-01\"",
        "`created_at` is a point in time and cannot be compared with text. Compare it with another point in time, such as `as_of`.",
        None,
    );
    assert_problem(
        "company in ['a', 5]",
        "5",
        "`company` is text and cannot be compared with a number.",
        Some("\"5\""),
    );
    assert_problem("budget in lists.tam", "budget", "Only a text field can be looked up in a list.", None);
    assert_problem("'Acme' in lists.tam", "'Acme'", "Only a text field can be looked up in a list.", None);
    assert_problem(
        "company in domain",
        "domain",
        "`in` needs a list on its right, as in `[\"a\", \"b\"]` or `lists.tam`.",
        None,
    );
    assert_problem(
        "company == lists.tam",
        "company == lists.tam",
        "To test whether a value is in a list, use `in`, as in `company in lists.tam`.",
        None,
    );
    assert_problem(
        "decision_maker < true",
        "decision_maker < true",
        "True and false have no order; use `==` or `!=`.",
        None,
    );
    assert_problem(
        "source > 'chat'",
        "source > 'chat'",
        "The values of `source` have no order; use `==`, `!=` or `in`.",
        None,
    );
    assert_problem(
        "decision_maker in [true]",
        "decision_maker",
        "`decision_maker` is true or false; `in` works only with text and numbers.",
        None,
    );
    assert_problem(
        "1 < budget < 5",
        "1 < budget < 5",
        "Comparisons cannot be chained; join them with `&&`.",
        Some("1 < budget && budget < 5"),
    );
}

#[test]
fn a_condition_is_true_or_false() {
    assert_problem(
        "budget",
        "budget",
        "A condition must be true or false, but `budget` is a number; compare it with something.",
        None,
    );
    assert_problem(
        "decision_maker && company",
        "company",
        "A condition must be true or false, but `company` is text; compare it with something.",
        None,
    );
    assert_problem(
        "!5",
        "5",
        "A condition must be true or false, but `5` is a number; compare it with something.",
        None,
    );
    assert_problem(
        "lists.tam",
        "lists.tam",
        "A condition must be true or false, but `lists.tam` is a list; compare it with something.",
        None,
    );
}

#[test]
fn all_problems_of_a_text_are_reported_in_order() {
    let places: Vec<_> =
        problems("bugdet > 5 && source == 'mail' || company_size = 'x' && sise(company) > 3")
            .into_iter()
            .map(|p| p.0)
            .collect();
    assert_eq!(places, ["=", "bugdet", "'mail'", "'x'", "sise"]);
}
