use proptest::prelude::*;
use serde_json::json;

use super::*;

fn rules(rules: &[(&str, u32)]) -> Json {
    let rule = |(id, at): &(&str, u32)| json!({ "id": id, "name": id.to_uppercase(), "when": format!("size > {at}"), "then": ["advance"] });
    json!({ "rule_set": "r", "rules": rules.iter().map(rule).collect::<Vec<_>>(), "default": "hold" })
}

fn pool(members: &[(&str, u32)]) -> Json {
    let member = |(person, weight): &(&str, u32)| json!({ "person": person, "weight": weight });
    json!({ "name": "p", "members": members.iter().map(member).collect::<Vec<_>>() })
}

fn map(fields: &[(&str, u32)]) -> Json {
    let field = |(name, at): &(&str, u32)| {
        ((*name).to_owned(), json!({ "from": format!("/payload/{at}"), "extract": "text" }))
    };
    json!({ "map": "m", "fields": fields.iter().map(field).collect::<Map<_, _>>() })
}

fn list(entries: &[(&str, u32)]) -> Json {
    let mut all: Vec<&str> = entries.iter().map(|(entry, _)| *entry).collect();
    all.sort_unstable();
    json!({ "entries": all })
}

fn fields(fields: &[(&str, u32)]) -> Json {
    fields
        .iter()
        .map(|(name, at)| ((*name).to_owned(), json!({ "type": "number", "max": at })))
        .collect::<Map<_, _>>()
        .into()
}

/// Every kind, with a function that makes content of it from parts in order.
type Made = fn(&[(&str, u32)]) -> Json;
const KINDS: [(Kind, Made); 5] = [
    (Kind::RuleSet, rules),
    (Kind::Pool, pool),
    (Kind::Map, map),
    (Kind::List, list),
    (Kind::Catalogue, fields),
];

fn merged(kind: Kind, base: &Json, ours: &Json, theirs: &Json) -> (Json, Vec<String>) {
    let merged = merge(kind, Some(base), ours, theirs, &BTreeMap::new());
    (merged.body, merged.conflicts.into_iter().map(|conflict| conflict.key).collect())
}

#[test]
fn what_each_side_changed_is_kept() {
    let base = rules(&[("spam", 1), ("hot", 2), ("cold", 3)]);
    let ours = rules(&[("spam", 1), ("hot", 20), ("new", 5), ("cold", 3)]);
    let theirs = rules(&[("first", 0), ("spam", 1), ("hot", 2), ("cold", 30)]);
    let wanted = rules(&[("first", 0), ("spam", 1), ("hot", 20), ("new", 5), ("cold", 30)]);
    assert_eq!(merged(Kind::RuleSet, &base, &ours, &theirs), (wanted, vec![]));
    // One side removes a rule and moves another; the other side adds one.
    let ours = rules(&[("cold", 3), ("spam", 1)]);
    let theirs = rules(&[("spam", 1), ("hot", 2), ("late", 9), ("cold", 3)]);
    assert_eq!(
        merged(Kind::RuleSet, &base, &ours, &theirs),
        (rules(&[("cold", 3), ("spam", 1), ("late", 9)]), vec![])
    );
}

#[test]
fn what_both_changed_is_a_conflict_with_a_choice() {
    let base = rules(&[("spam", 1), ("hot", 2), ("cold", 3)]);
    let ours = rules(&[("spam", 1), ("hot", 20), ("cold", 3)]);
    let theirs = rules(&[("spam", 1), ("hot", 200), ("cold", 3)]);
    let found = merge(Kind::RuleSet, Some(&base), &ours, &theirs, &BTreeMap::new());
    let [conflict] = found.conflicts.as_slice() else { panic!("{found:?}") };
    assert_eq!((conflict.key.as_str(), conflict.subject.as_str()), ("rules/hot", "Rule HOT"));
    assert!(conflict.ours.as_deref().unwrap().contains("size > 20") && found.body == theirs);
    for (side, wanted) in [(MergeSide::Ours, &ours), (MergeSide::Theirs, &theirs)] {
        let choices = BTreeMap::from([("rules/hot".to_owned(), side)]);
        assert_eq!(&merge(Kind::RuleSet, Some(&base), &ours, &theirs, &choices).body, wanted);
    }
    // A rule that one side removed and the other changed, another default, and two other orders.
    let removed = rules(&[("spam", 1), ("cold", 3)]);
    assert_eq!(merged(Kind::RuleSet, &base, &removed, &theirs).1, ["rules/hot"]);
    let (mut ours, mut theirs) = (base.clone(), base.clone());
    ours["default"] = json!("nurture");
    theirs["default"] = json!("advance");
    assert_eq!(merged(Kind::RuleSet, &base, &ours, &theirs).1, ["default"]);
    let ours = rules(&[("hot", 2), ("spam", 1), ("cold", 3)]);
    let theirs = rules(&[("spam", 1), ("cold", 3), ("hot", 2)]);
    assert_eq!(merged(Kind::RuleSet, &base, &ours, &theirs).1, ["rules in order"]);
    let choices = BTreeMap::from([("rules in order".to_owned(), MergeSide::Ours)]);
    assert_eq!(merge(Kind::RuleSet, Some(&base), &ours, &theirs, &choices).body, ours);
}

#[test]
fn two_first_versions_are_merged() {
    let found = merge(Kind::List, None, &list(&[("b", 0)]), &list(&[("a", 0)]), &BTreeMap::new());
    assert_eq!((found.body, found.conflicts), (list(&[("a", 0), ("b", 0)]), vec![]));
}

#[test]
fn content_of_another_shape_is_one_conflict() {
    let twice = rules(&[("a", 1), ("a", 2)]);
    let (one, other) = (rules(&[("a", 1)]), rules(&[("b", 1)]));
    assert_eq!(merged(Kind::RuleSet, &one, &twice, &other).1, [""]);
    assert_eq!(merged(Kind::RuleSet, &one, &twice, &one), (twice.clone(), vec![]));
}

#[test]
fn a_merged_text_keeps_comments_where_lines_can_be_merged() {
    let text = |spam: u32, cold: u32| {
        format!(
            "rule_set: r # ours\nrules:\n# junk\n- id: spam\n  when: size > {spam}\n  then: [reject]\n\n\n\n- id: cold\n  when: size > {cold}\n  then: [nurture]\ndefault: hold\n"
        )
    };
    let body = |text: &str| (Kind::RuleSet.spec().parse)("r", text).0.unwrap();
    let texts = [text(1, 1), text(2, 1), text(1, 2)];
    let [base, ours, theirs] = texts.each_ref().map(String::as_str);
    let both = merge(Kind::RuleSet, Some(&body(base)), &body(ours), &body(theirs), &BTreeMap::new());
    assert_eq!(both.conflicts, []);
    assert_eq!(merged_text(Kind::RuleSet, "r", [base, ours, theirs], &both.body).unwrap(), text(2, 2));
    let other = [base, ours, "rule_set: r\nrules: []\ndefault: hold\n"];
    let written = merged_text(Kind::RuleSet, "r", other, &both.body).unwrap();
    assert_eq!(body(&written), both.body);
    assert!(!written.contains('#'));
    let list = merged_text(Kind::List, "r", ["", "a\n", "b\n"], &list(&[("a", 0), ("b", 0)])).unwrap();
    assert_eq!(list, "value\na\nb\n");
}

type PartsInOrder = Vec<(&'static str, u32)>;

fn some_parts() -> impl Strategy<Value = PartsInOrder> {
    let all = proptest::sample::subsequence(vec!["a", "b", "c", "d", "e", "f"], 0..=6).prop_shuffle();
    all.prop_flat_map(|ids| {
        let values = proptest::collection::vec(0_u32..3, ids.len());
        values.prop_map(move |values| ids.iter().copied().zip(values).collect())
    })
}

fn value_of(parts: &PartsInOrder, id: &str) -> Option<u32> {
    parts.iter().find(|(known, _)| *known == id).map(|(_, value)| *value)
}

proptest! {
    #[test]
    fn a_side_that_changed_nothing_changes_nothing(base in some_parts(), other in some_parts()) {
        for (kind, made) in KINDS {
            let (base, other) = (made(&base), made(&other));
            prop_assert_eq!(merged(kind, &base, &other, &base), (other.clone(), vec![]));
            prop_assert_eq!(merged(kind, &base, &base, &other), (other.clone(), vec![]));
            prop_assert_eq!(merged(kind, &base, &other, &other), (other.clone(), vec![]));
        }
    }

    /// No part that only the newer version changed goes back to what it was, and none that only the draft changed is lost.
    #[test]
    fn each_part_is_what_the_side_that_changed_it_says(base in some_parts(), ours in some_parts(), theirs in some_parts()) {
        for (kind, made) in KINDS {
            let has_values = kind != Kind::List;
            let found = merge(kind, Some(&made(&base)), &made(&ours), &made(&theirs), &BTreeMap::new());
            let mut wanted = Vec::new();
            for id in ["a", "b", "c", "d", "e", "f"] {
                let [was, our, their] = [&base, &ours, &theirs].map(|parts| {
                    value_of(parts, id).map(|value| if has_values { value } else { 0 })
                });
                let is_conflict = our != was && their != was && our != their;
                let is_said = found.conflicts.iter().any(|conflict| conflict.key.ends_with(&format!("/{id}")) || conflict.key == id);
                prop_assert_eq!(is_conflict, is_said, "{} {}: {:?}", kind, id, found);
                if let Some(value) = if their == was && !is_conflict { our } else { their } {
                    wanted.push((id, value));
                }
            }
            let in_some_order = |body: &Json| {
                let mut parts: Vec<String> = match kind.spec().parts.key {
                    Some(key) => match &body[key] {
                        Json::Array(all) => all.iter().map(ToString::to_string).collect(),
                        other => other.as_object().unwrap().iter().map(|part| format!("{part:?}")).collect(),
                    },
                    None => body.as_object().unwrap().iter().map(|part| format!("{part:?}")).collect(),
                };
                parts.sort_unstable();
                parts
            };
            prop_assert_eq!(in_some_order(&found.body), in_some_order(&made(&wanted)), "{}", kind);
        }
    }

    /// The sides may be swapped: the conflicts are the same, and the opposite choices lead to the same parts.
    #[test]
    fn a_merge_is_the_same_from_either_side(base in some_parts(), ours in some_parts(), theirs in some_parts()) {
        for (kind, made) in KINDS {
            let (base, ours, theirs) = (made(&base), made(&ours), made(&theirs));
            let one = merge(kind, Some(&base), &ours, &theirs, &BTreeMap::new());
            let keys = |merged: &Merged| merged.conflicts.iter().map(|conflict| conflict.key.clone()).collect::<BTreeSet<_>>();
            let choices = keys(&one).into_iter().map(|key| (key, MergeSide::Ours)).collect();
            let other = merge(kind, Some(&base), &theirs, &ours, &choices);
            prop_assert_eq!(keys(&one), keys(&other));
            let sorted = |body: &Json| {
                let mut letters: Vec<char> = body.to_string().chars().collect();
                letters.sort_unstable();
                letters
            };
            prop_assert_eq!(sorted(&one.body), sorted(&other.body), "{}", kind);
        }
    }

    /// Rules keep the relative order of a side that moved them.
    #[test]
    fn an_order_that_one_side_changed_is_kept(ids in Just(vec!["a", "b", "c", "d"]).prop_shuffle(), added in 0_u32..3) {
        let base = rules(&[("a", 1), ("b", 1), ("c", 1), ("d", 1)]);
        let ours: Vec<(&str, u32)> = ids.iter().map(|id| (*id, 1)).collect();
        let theirs = rules(&[("a", 1), ("b", added), ("x", 1), ("c", 1), ("d", 1)]);
        let (body, conflicts) = merged(Kind::RuleSet, &base, &rules(&ours), &theirs);
        let order: Vec<&str> = body["rules"].as_array().unwrap().iter().filter_map(|rule| rule["id"].as_str()).filter(|id| *id != "x").collect();
        prop_assert_eq!(conflicts, Vec::<String>::new());
        prop_assert_eq!(order, ids);
        prop_assert_eq!(body["rules"].as_array().unwrap().len(), 5);
    }
}
