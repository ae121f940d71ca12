//! Tests explanations: every piece of every rule, and what determines its result.

use engine::action::Action;
use engine::decision::Outcome3;
use engine::rules::explain::{ExplainedCondition, RuleState};

use crate::leads::{Lead, at, compile, lead, single};

fn texts(piece: &ExplainedCondition) -> Vec<(String, Outcome3, Option<String>)> {
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
    assert_eq!(
        (big.state, look.state, last.state),
        (RuleState::False, RuleState::Unknown, RuleState::NotReached)
    );
    assert_eq!(
        (big.name.as_deref(), big.action, big.tags.as_slice()),
        (Some("Big ones"), Some(Action::Advance), ["quota".to_owned()].as_slice())
    );
    let note = |text: &str| Some(text.to_owned());
    assert_eq!(
        texts(&big.condition),
        [
            (
                "size >= 2000 && (budget > 5 || !(company in lists.tam)) && seen_at < as_of".into(),
                False,
                None
            ),
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
    assert_eq!(
        big.why.as_deref(),
        Some("`size >= 2000` alone makes it false, so the uncertain budget does not matter.")
    );
    assert_eq!(look.why.as_deref(), Some("Depends on budget (0.496 < 0.500)."));
    assert_eq!(last.why, None);
}

#[test]
fn an_explanation_names_irrelevant_fields() {
    let why = |when: &str, lead: &Lead| lead.explain(&single(when)).rules[0].why.clone().unwrap_or_default();
    let lead = lead().with("a", true, 1.0).with("size", 120_i64, 1.0).with("source", "fax", 1.0);
    assert_eq!(
        why("size >= 2000 && budget > 5", &lead),
        "`size >= 2000` alone makes it false, so the missing budget does not matter."
    );
    assert_eq!(
        why("b || c || a", &lead),
        "`a` alone makes it true, so the missing b and missing c do not matter."
    );
    assert_eq!(
        why("(a || b) && (size > 5 || c)", &lead),
        "The result is true in any case; the missing b and missing c do not matter."
    );
    assert_eq!(why("a && b && met_at < as_of", &lead), "Depends on b (not found) and met at (not found).");
    assert_eq!(why("source == \"chat\"", &lead), "The value of `source` is not of the type enum.");
    assert_eq!(why("a", &lead), "");
}
