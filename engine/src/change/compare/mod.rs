//! Compares two versions of a kind and describes what changed in terms of that kind, such as a rule's condition
//! or a list entry.

mod condition;
pub(super) mod rules;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use super::Kind;
use crate::rules::yaml;

/// The differences between two versions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Comparison {
    /// The differences, removed items first, then in the order of the newer version.
    pub differences: Vec<Difference>,
    /// The number of further differences, in the comparison of two long lists.
    pub more: OmittedDifferences,
    /// Whether the change affects who gets leads or what counts towards a quota.
    pub touches_assignment: bool,
}

/// The number of differences that are counted only.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OmittedDifferences {
    /// All of them.
    pub all: usize,
    /// Those that add an item.
    pub added: usize,
    /// Those that remove an item.
    pub removed: usize,
}

/// One difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The changed item, for example `Rule tam-high-intent`.
    pub subject: String,
    /// The changed part of it, for example `condition`; `None` if the whole item was added or removed.
    pub part: Option<String>,
    /// The old value; `None` if it was added.
    pub before: Option<String>,
    /// The new value; `None` if it was removed.
    pub after: Option<String>,
}

/// Compares two versions of a kind; `before` is `None` for the first version.
pub fn compare(kind: Kind, before: Option<&Json>, after: &Json) -> Comparison {
    (kind.spec().compare)(before, after)
}

/// Compares two objects of named items, setting by setting.
pub(super) fn named(what: &str, before: Option<&Json>, after: Option<&Json>) -> Vec<Difference> {
    let all = |body: Option<&Json>| -> BTreeMap<String, Json> {
        let entries = body.and_then(Json::as_object).into_iter().flatten();
        entries.map(|(name, value)| (name.clone(), value.clone())).collect()
    };
    let (was, is) = (all(before), all(after));
    let names: BTreeSet<&String> = was.keys().chain(is.keys()).collect();
    let mut differences = Vec::new();
    for name in names {
        let subject = format!("{what} {name}");
        match (was.get(name), is.get(name)) {
            (Some(before), Some(after)) => differences.extend(settings(&subject, "", before, after)),
            (before, after) => differences.push(Difference {
                subject,
                part: None,
                before: before.map(inline),
                after: after.map(inline),
            }),
        }
    }
    differences
}

/// Compares two objects down to single values; `within` is the path of the setting that contains them, if any.
fn settings(subject: &str, within: &str, before: &Json, after: &Json) -> Vec<Difference> {
    let (Some(was), Some(is)) = (before.as_object(), after.as_object()) else { return Vec::new() };
    let names: BTreeSet<&String> = was.keys().chain(is.keys()).collect();
    let same = |name: &String| match (was.get(name), is.get(name)) {
        // `1` and `1.0` are the same number.
        (Some(Json::Number(a)), Some(Json::Number(b))) => a.as_f64() == b.as_f64(),
        (a, b) => a == b,
    };
    let differing = names.into_iter().filter(|name| !same(name));
    differing
        .flat_map(|name| {
            let part = format!("{within}{}", name.replace('_', " "));
            match (was.get(name), is.get(name)) {
                (Some(before @ Json::Object(_)), Some(after @ Json::Object(_))) => {
                    settings(subject, &format!("{part}: "), before, after)
                }
                (before, after) => vec![Difference {
                    subject: subject.to_owned(),
                    part: Some(part),
                    before: before.map(inline),
                    after: after.map(inline),
                }],
            }
        })
        .collect()
}

/// Formats a value on one line, the way a person would write it.
fn inline(value: &Json) -> String {
    match value {
        Json::Null => String::new(),
        Json::String(text) => text.clone(),
        Json::Array(all) => all.iter().map(inline).collect::<Vec<_>>().join(", "),
        Json::Object(all) => {
            let pair = |(name, value): (&String, &Json)| match value {
                Json::Object(_) => format!("{name} ({})", inline(value)),
                _ => format!("{name}: {}", inline(value)),
            };
            all.iter().map(pair).collect::<Vec<_>>().join(", ")
        }
        other => yaml::write(other).map_or_else(|_| other.to_string(), |text| text.trim().to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::rules::RuleSetFile;

    fn set(rules: &str) -> Json {
        let file: RuleSetFile =
            yaml::read(&format!("{{rule_set: r, default: hold, rules: [{rules}]}}")).unwrap();
        serde_json::to_value(file).unwrap()
    }

    fn described(comparison: &Comparison) -> Vec<String> {
        let one = |d: &Difference| {
            let part = d.part.clone().map(|part| format!(" {part}")).unwrap_or_default();
            format!(
                "{}{part}: {} -> {}",
                d.subject,
                d.before.as_deref().unwrap_or("-"),
                d.after.as_deref().unwrap_or("-")
            )
        };
        comparison.differences.iter().map(one).collect()
    }

    const HOT: &str = "{id: hot, name: Hot, when: intent > 0.85, then: [{assign: {pool: aes}}]}";
    const COLD: &str = "{id: cold, when: intent < 0.2, then: [nurture]}";
    const SPAM: &str = "{id: spam, when: is_spam, then: [reject]}";

    #[test]
    fn a_moved_threshold_is_one_difference_that_touches_assignment() {
        let before = set(&[SPAM, HOT, COLD].join(","));
        let after = set(&[SPAM, &HOT.replace("0.85", "0.80"), COLD].join(","));
        let found = compare(Kind::RuleSet, Some(&before), &after);
        assert_eq!(described(&found), ["Rule Hot threshold: intent > 0.85 -> intent > 0.80"]);
        assert!(found.touches_assignment);
        assert_eq!(compare(Kind::RuleSet, Some(&after), &after), Comparison::default());
    }

    #[test]
    fn rules_come_go_and_move() {
        let before = set(&[SPAM, HOT, COLD].join(","));
        let after = set(&[COLD, SPAM, "{id: new, when: x, then: [advance]}"].join(","));
        let found = compare(Kind::RuleSet, Some(&before), &after);
        let lines = described(&found);
        assert_eq!(lines[0], "Rule Hot: intent > 0.85 -> -");
        assert!(lines.contains(&"Rule new: - -> x".to_owned()), "{lines:?}");
        assert_eq!(lines.iter().filter(|line| line.contains(" place: ")).count(), 1, "{lines:?}");
        assert!(found.touches_assignment, "a rule that assigned was removed");
        let calm =
            compare(Kind::RuleSet, Some(&before), &set(&[SPAM, HOT, &COLD.replace("0.2", "0.3")].join(",")));
        assert!(!calm.touches_assignment);
        let quota = set(&[SPAM, HOT, &COLD.replace("then:", "risk: [quota], then:")].join(","));
        assert!(compare(Kind::RuleSet, Some(&before), &quota).touches_assignment);
    }

    fn changed(from: &str, to: &str) -> (Vec<String>, bool) {
        let found = compare(Kind::RuleSet, Some(&set(from)), &set(to));
        (described(&found), found.touches_assignment)
    }

    #[test]
    fn each_part_of_a_rule_is_listed_separately() {
        let rule = "{id: hot, name: Hot, when: '(intent > 0.85 && size >= 50) || vip', then: [{assign: {pool: aes, meeting: intro}}, {tag: warm}]}";
        let cases = [
            ("0.85", "0.80", "Rule Hot threshold: intent > 0.85 -> intent > 0.80", true),
            ("pool: aes", "pool: smb", "Rule Hot pool: aes -> smb", true),
            ("meeting: intro", "meeting: demo", "Rule Hot meeting: intro -> demo", true),
            ("tag: warm", "tag: hot", "Rule Hot tags: warm -> hot", true),
            (
                "|| vip",
                "|| (vip)",
                "Rule Hot wording of the condition: (intent > 0.85 && size >= 50) || vip -> (intent > 0.85 && size >= 50) || (vip)",
                false,
            ),
            ("name: Hot", "name: Hotter", "Rule Hotter name: Hot -> Hotter", false),
            (
                "|| vip",
                "|| !vip",
                "Rule Hot condition: (intent > 0.85 && size >= 50) || vip -> (intent > 0.85 && size >= 50) || !vip",
                true,
            ),
        ];
        for (from, to, line, touches) in cases {
            assert_eq!(changed(rule, &rule.replace(from, to)), (vec![line.to_owned()], touches));
        }
        let (lines, _) =
            changed(rule, &rule.replace("assign: {pool: aes, meeting: intro}", "escalate: {meeting: intro}"));
        assert_eq!(lines, ["Rule Hot action: assign -> escalate", "Rule Hot pool: aes -> -"]);
        let both = rule.replace("0.85", "0.9").replace("50", "60");
        let (lines, _) = changed(rule, &both);
        assert_eq!(
            lines,
            [
                "Rule Hot threshold: intent > 0.85 -> intent > 0.9",
                "Rule Hot threshold: size >= 50 -> size >= 60"
            ]
        );
    }

    #[test]
    fn a_rule_that_passes_one_that_assigns_touches_assignment() {
        assert!(changed(&[SPAM, HOT, COLD].join(","), &[HOT, SPAM, COLD].join(",")).1);
        assert!(!changed(&[SPAM, COLD, HOT].join(","), &[COLD, SPAM, HOT].join(",")).1);
    }

    #[test]
    fn rows_of_a_table_are_compared_as_rules() {
        let table = |rows: &str| {
            format!(r#"{{id: land, when: "true", then: [], table: "country,size,pool\n{rows}"}}"#)
        };
        let before = table(r"DE,>= 200,dach\nFR,>= 200,emea\n");
        let (lines, touches) = changed(&before, &table(r"DE,>= 250,dach\nFR,>= 200,emea\n"));
        assert_eq!(lines, [r#"Rule land-de-from-250 threshold: size >= 200 -> size >= 250"#]);
        assert!(touches);
        let (lines, _) = changed(&before, &table(r"CH,>= 200,dach\nDE,>= 200,dach\nFR,>= 200,west\n"));
        assert_eq!(lines[0], r#"Rule land-ch-from-200: - -> country == "CH" && size >= 200"#);
        assert_eq!(lines[1..], ["Rule land-fr-from-200 pool: emea -> west"]);
    }

    #[test]
    fn lists_maps_and_pools_are_described_in_their_own_terms() {
        let list = |entries: &[&str]| json!({ "entries": entries });
        let found = compare(Kind::List, Some(&list(&["A", "B"])), &list(&["B", "C"]));
        assert_eq!(described(&found), ["A: A -> -", "C: - -> C"]);
        let pool =
            |weight: u32| json!({ "name": "aes", "members": [{"person": "a@b.example", "weight": weight}] });
        let found = compare(Kind::Pool, Some(&pool(1)), &pool(2));
        assert_eq!(described(&found), ["Person a@b.example weight: 1 -> 2"]);
        assert!(found.touches_assignment);
        let map = |at: f64| json!({ "map": "m", "fields": {"size": {"from": "/payload/size", "extract": "number", "min_confidence": at}} });
        assert_eq!(
            described(&compare(Kind::Map, Some(&map(0.5)), &map(0.75))),
            ["Field size min confidence: 0.5 -> 0.75"]
        );
        let phrases =
            |all: Json| json!({ "map": "m", "fields": {"intent": {"extract": "phrases", "phrases": all}} });
        let found = compare(
            Kind::Map,
            Some(&phrases(json!({"pilot": 0.4}))),
            &phrases(json!({"pilot": 0.4, "quote": 0.8})),
        );
        assert_eq!(described(&found), ["Field intent phrases: quote: - -> 0.8"]);
        assert_eq!(compare(Kind::List, None, &list(&["A"])).differences.len(), 1);
    }

    #[test]
    fn a_list_touches_assignment_if_a_rule_that_assigns_uses_it() {
        let rules = set(
            "{id: a, when: company in lists.tam_eu, then: [advance]}, {id: b, when: company in lists.tam, then: [{assign: {pool: p}}]}",
        );
        let rules = super::rules::file(Some(&rules));
        assert!(rules.assigns_by("tam"));
        assert!(!rules.assigns_by("tam_eu"));
        assert!(!rules.assigns_by("ta"));
    }
}
