//! What one version changes against another, in the words of its kind: this rule's condition, that entry.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;
use similar::{Algorithm, DiffOp, capture_diff_slices};

use super::Kind;
use crate::action::{Action, Consequence};
use crate::rules::{RuleDefinition, RuleSetFile, yaml};

/// Everything that differs between two versions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Comparison {
    /// The differences, in the order of the newer version, what is gone first.
    pub differences: Vec<Difference>,
    /// Whether it changes who gets leads or what counts for a quota.
    pub touches_assignment: bool,
}

/// One thing that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// What it is in, for example `Rule tam-high-intent`.
    pub subject: String,
    /// What of it, for example `condition`; `None` when all of it came or went.
    pub part: Option<String>,
    /// What it was; `None` when it is new.
    pub before: Option<String>,
    /// What it is; `None` when it is gone.
    pub after: Option<String>,
}

/// Compares two versions of a kind; `before` is `None` for the first one.
pub fn compare(kind: Kind, before: Option<&Json>, after: &Json) -> Comparison {
    match kind {
        Kind::RuleSet => rule_sets(before, after),
        Kind::Catalogue => {
            Comparison { differences: named("Field", before, Some(after)), touches_assignment: false }
        }
        Kind::Map => {
            let fields = |body: &Json| body.get("fields").cloned().unwrap_or_default();
            let differences = named("Field", before.map(fields).as_ref(), Some(&fields(after)));
            Comparison { differences, touches_assignment: false }
        }
        Kind::List => Comparison { differences: lists(before, after), touches_assignment: false },
        Kind::Pool => {
            let differences = named("Person", before.map(members).as_ref(), Some(&members(after)));
            Comparison { touches_assignment: !differences.is_empty(), differences }
        }
    }
}

impl RuleSetFile {
    /// Whether any rule that asks this list hands out leads or counts for a quota.
    pub fn hands_out_by(&self, list: &str) -> bool {
        let asks = format!("lists.{list}");
        let is_end = |rest: &str| !rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
        self.rules.iter().any(|rule| {
            let mut found = rule.when.match_indices(&asks);
            found.any(|(at, asked)| is_end(&rule.when[at + asked.len()..])) && hands_out(rule)
        })
    }
}

fn rule_sets(before: Option<&Json>, after: &Json) -> Comparison {
    let (old, new) = (rules(before), rules(Some(after)));
    let by_id = |set: &RuleSetFile| -> BTreeMap<String, RuleDefinition> {
        set.rules.iter().map(|rule| (rule.id.clone(), rule.clone())).collect()
    };
    let (was, is) = (by_id(&old), by_id(&new));
    let mut comparison = Comparison::default();
    let mut touched: BTreeSet<&str> = BTreeSet::new();
    for rule in old.rules.iter().filter(|rule| !is.contains_key(&rule.id)) {
        touched.insert(&rule.id);
        comparison.differences.push(Difference {
            subject: subject(rule),
            part: None,
            before: Some(rule.when.clone()),
            after: None,
        });
    }
    let moved = moved(&old, &new);
    for (place, rule) in new.rules.iter().enumerate() {
        let differences = match was.get(&rule.id) {
            None => vec![Difference {
                subject: subject(rule),
                part: None,
                before: None,
                after: Some(rule.when.clone()),
            }],
            Some(earlier) => {
                let mut found = rule_parts(earlier, rule);
                if moved.contains(&rule.id) {
                    let from = old.rules.iter().position(|other| other.id == rule.id).unwrap_or_default();
                    found.push(Difference {
                        subject: subject(rule),
                        part: Some("place".into()),
                        before: Some((from + 1).to_string()),
                        after: Some((place + 1).to_string()),
                    });
                }
                found
            }
        };
        if !differences.is_empty() {
            touched.insert(&rule.id);
        }
        comparison.differences.extend(differences);
    }
    if before.is_none() || old.default != new.default {
        comparison.differences.push(Difference {
            subject: "Otherwise".into(),
            part: Some("action".into()),
            before: before.map(|_| old.default.to_string()),
            after: Some(new.default.to_string()),
        });
    }
    comparison.touches_assignment =
        touched.iter().any(|id| [was.get(*id), is.get(*id)].into_iter().flatten().any(hands_out));
    comparison
}

fn rules(body: Option<&Json>) -> RuleSetFile {
    body.and_then(|body| serde_json::from_value(body.clone()).ok()).unwrap_or_else(|| RuleSetFile {
        rule_set: String::new(),
        fields: Default::default(),
        lists: BTreeMap::new(),
        rules: Vec::new(),
        default: Action::Hold,
    })
}

/// Rules that stand elsewhere in the order than those around them.
fn moved(old: &RuleSetFile, new: &RuleSetFile) -> BTreeSet<String> {
    let ids = |set: &RuleSetFile, other: &RuleSetFile| -> Vec<String> {
        let known: BTreeSet<&str> = other.rules.iter().map(|rule| rule.id.as_str()).collect();
        set.rules.iter().map(|rule| rule.id.clone()).filter(|id| known.contains(id.as_str())).collect()
    };
    let (was, is) = (ids(old, new), ids(new, old));
    capture_diff_slices(Algorithm::Myers, &was, &is)
        .iter()
        .filter(|op| !matches!(op, DiffOp::Equal { .. }))
        .flat_map(|op| is[op.new_range()].to_vec())
        .collect()
}

fn rule_parts(was: &RuleDefinition, is: &RuleDefinition) -> Vec<Difference> {
    let then = |rule: &RuleDefinition| inline(&serde_json::to_value(&rule.then).unwrap_or_default());
    let confidence =
        |rule: &RuleDefinition| inline(&serde_json::to_value(&rule.min_confidence).unwrap_or_default());
    let name = |rule: &RuleDefinition| rule.name.clone().unwrap_or_default();
    let parts = [
        ("name", name(was), name(is)),
        ("condition", was.when.clone(), is.when.clone()),
        ("actions", then(was), then(is)),
        ("minimum confidence", confidence(was), confidence(is)),
        ("risk", was.risk.join(", "), is.risk.join(", ")),
    ];
    let differing = parts.into_iter().filter(|(_, before, after)| before != after);
    differing
        .map(|(part, before, after)| Difference {
            subject: subject(is),
            part: Some(part.into()),
            before: Some(before),
            after: Some(after),
        })
        .collect()
}

fn subject(rule: &RuleDefinition) -> String {
    format!("Rule {}", rule.name.as_deref().unwrap_or(&rule.id))
}

fn hands_out(rule: &RuleDefinition) -> bool {
    let assigns = rule.then.iter().any(|consequence| {
        matches!(consequence, Consequence::Act { action: Action::Assign | Action::Escalate, .. })
    });
    assigns || rule.risk.iter().any(|tag| tag == "quota")
}

fn lists(before: Option<&Json>, after: &Json) -> Vec<Difference> {
    let entries = |body: Option<&Json>| -> BTreeSet<String> {
        let all = body.and_then(|body| body.get("entries")).and_then(Json::as_array);
        all.into_iter().flatten().filter_map(Json::as_str).map(str::to_owned).collect()
    };
    let (was, is) = (entries(before), entries(Some(after)));
    let one = |entry: &String, is_new: bool| Difference {
        subject: entry.clone(),
        part: None,
        before: (!is_new).then(|| entry.clone()),
        after: is_new.then(|| entry.clone()),
    };
    let gone = was.difference(&is).map(|entry| one(entry, false));
    gone.chain(is.difference(&was).map(|entry| one(entry, true))).collect()
}

/// The members of a pool by address.
fn members(body: &Json) -> Json {
    let all = body.get("members").and_then(Json::as_array);
    let one = |member: &Json| Some((member.get("person")?.as_str()?.to_owned(), member.clone()));
    all.into_iter().flatten().filter_map(one).collect::<serde_json::Map<_, _>>().into()
}

/// What differs between two objects of named things, setting by setting.
fn named(what: &str, before: Option<&Json>, after: Option<&Json>) -> Vec<Difference> {
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

/// What differs between two objects, down to single values; `within` is what they are settings of, if of anything.
fn settings(subject: &str, within: &str, before: &Json, after: &Json) -> Vec<Difference> {
    let (Some(was), Some(is)) = (before.as_object(), after.as_object()) else { return Vec::new() };
    let names: BTreeSet<&String> = was.keys().chain(is.keys()).collect();
    let differing = names.into_iter().filter(|name| was.get(*name) != is.get(*name));
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

/// A value on one line, as people would write it.
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

    fn set(rules: &str) -> Json {
        let file: RuleSetFile =
            yaml::read(&format!("{{rule_set: r, default: hold, rules: [{rules}]}}")).unwrap();
        serde_json::to_value(file).unwrap()
    }

    fn told(comparison: &Comparison) -> Vec<String> {
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
        assert_eq!(told(&found), ["Rule Hot condition: intent > 0.85 -> intent > 0.80"]);
        assert!(found.touches_assignment);
        assert_eq!(compare(Kind::RuleSet, Some(&after), &after), Comparison::default());
    }

    #[test]
    fn rules_come_go_and_move() {
        let before = set(&[SPAM, HOT, COLD].join(","));
        let after = set(&[COLD, SPAM, "{id: new, when: x, then: [advance]}"].join(","));
        let found = compare(Kind::RuleSet, Some(&before), &after);
        let told = told(&found);
        assert_eq!(told[0], "Rule Hot: intent > 0.85 -> -");
        assert!(told.contains(&"Rule new: - -> x".to_owned()), "{told:?}");
        assert_eq!(told.iter().filter(|line| line.contains(" place: ")).count(), 1, "{told:?}");
        assert!(found.touches_assignment, "a rule that assigned is gone");
        let calm =
            compare(Kind::RuleSet, Some(&before), &set(&[SPAM, HOT, &COLD.replace("0.2", "0.3")].join(",")));
        assert!(!calm.touches_assignment);
        let quota = set(&[SPAM, HOT, &COLD.replace("then:", "risk: [quota], then:")].join(","));
        assert!(compare(Kind::RuleSet, Some(&before), &quota).touches_assignment);
    }

    #[test]
    fn lists_maps_and_pools_are_told_in_their_own_words() {
        let list = |entries: &[&str]| json!({ "entries": entries });
        let found = compare(Kind::List, Some(&list(&["A", "B"])), &list(&["B", "C"]));
        assert_eq!(told(&found), ["A: A -> -", "C: - -> C"]);
        let pool =
            |weight: u32| json!({ "name": "aes", "members": [{"person": "a@b.example", "weight": weight}] });
        let found = compare(Kind::Pool, Some(&pool(1)), &pool(2));
        assert_eq!(told(&found), ["Person a@b.example weight: 1 -> 2"]);
        assert!(found.touches_assignment);
        let map = |at: f64| json!({ "map": "m", "fields": {"size": {"from": "/payload/size", "extract": "number", "min_confidence": at}} });
        assert_eq!(
            told(&compare(Kind::Map, Some(&map(0.5)), &map(0.75))),
            ["Field size min confidence: 0.5 -> 0.75"]
        );
        let phrases =
            |all: Json| json!({ "map": "m", "fields": {"intent": {"extract": "phrases", "phrases": all}} });
        let found = compare(
            Kind::Map,
            Some(&phrases(json!({"pilot": 0.4}))),
            &phrases(json!({"pilot": 0.4, "quote": 0.8})),
        );
        assert_eq!(told(&found), ["Field intent phrases: quote: - -> 0.8"]);
        assert_eq!(compare(Kind::List, None, &list(&["A"])).differences.len(), 1);
    }

    #[test]
    fn a_list_touches_assignment_where_a_rule_that_assigns_asks_it() {
        let rules = set(
            "{id: a, when: company in lists.tam_eu, then: [advance]}, {id: b, when: company in lists.tam, then: [{assign: {pool: p}}]}",
        );
        let rules = super::rules(Some(&rules));
        assert!(rules.hands_out_by("tam"));
        assert!(!rules.hands_out_by("tam_eu"));
        assert!(!rules.hands_out_by("ta"));
    }
}
