//! What one version changes against another, in the words of its kind: this rule's condition, that entry.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;
use similar::{Algorithm, DiffOp, capture_diff_slices};

use super::Kind;
use crate::action::{Action, Consequence};
use crate::rules::ast::{CompareOp, Expr, ExprKind};
use crate::rules::{RuleDefinition, RuleSetFile, parse, yaml};

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
        self.written_out().rules.iter().any(|rule| {
            let mut found = rule.when.match_indices(&asks);
            found.any(|(at, asked)| is_end(&rule.when[at + asked.len()..])) && hands_out(rule)
        })
    }
}

fn rule_sets(before: Option<&Json>, after: &Json) -> Comparison {
    let (old_file, new_file) = (rules(before), rules(Some(after)));
    let (old, new) = (old_file.written_out(), new_file.written_out());
    let rewritten = rewritten(&old_file, &new_file);
    let by_id = |set: &RuleSetFile| -> BTreeMap<String, RuleDefinition> {
        set.rules.iter().map(|rule| (rule.id.clone(), rule.clone())).collect()
    };
    let (was, is) = (by_id(&old), by_id(&new));
    let mut comparison = Comparison::default();
    let mut touched: BTreeSet<&str> = BTreeSet::new();
    let is_gone = |rule: &&RuleDefinition| {
        !is.contains_key(&rule.id) && !rewritten.values().any(|before| *before == rule.id)
    };
    for rule in old.rules.iter().filter(is_gone) {
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
        let earlier = was.get(&rule.id).or_else(|| was.get(rewritten.get(&rule.id)?));
        let differences = match earlier {
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
        if differences.iter().any(|difference| !matches!(difference.part.as_deref(), Some(NAME | WORDING))) {
            touched.insert(&rule.id);
            touched.extend(earlier.map(|earlier| earlier.id.as_str()));
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
        touched.iter().any(|id| [was.get(*id), is.get(*id)].into_iter().flatten().any(hands_out))
            || (!moved.is_empty() && passes_a_handing_out(&old, &new));
    comparison
}

/// What a rule is called, which decides nothing.
const NAME: &str = "name";
/// Another way to write the same condition, which decides nothing.
const WORDING: &str = "wording of the condition";

/// Whether a rule that hands out leads stands before another one that it stood behind, or the other way round.
fn passes_a_handing_out(old: &RuleSetFile, new: &RuleSetFile) -> bool {
    let places = |set: &RuleSetFile| -> BTreeMap<String, usize> {
        set.rules.iter().enumerate().map(|(place, rule)| (rule.id.clone(), place)).collect()
    };
    let (was, is) = (places(old), places(new));
    let both: Vec<(usize, usize)> = was.iter().filter_map(|(id, at)| Some((*at, *is.get(id)?))).collect();
    let handing_out = both.iter().filter(|(at, to)| hands_out(&old.rules[*at]) || hands_out(&new.rules[*to]));
    handing_out.into_iter().any(|one| both.iter().any(|other| (one.0 < other.0) != (one.1 < other.1)))
}

/// Rows of one table whose ids, made of what they test, are new, with those of the rows whose place they take.
fn rewritten(old: &RuleSetFile, new: &RuleSetFile) -> BTreeMap<String, String> {
    let rows = |set: &RuleSetFile| -> Vec<(Option<String>, String)> {
        let id = |index: usize| set.rules.get(index).map(|rule| rule.id.clone());
        set.written().0.into_iter().map(|row| (row.table().and_then(id), row.rule.id)).collect()
    };
    let (was, is) = (rows(old), rows(new));
    let mut pairs = BTreeMap::new();
    for op in capture_diff_slices(Algorithm::Myers, &was, &is) {
        let DiffOp::Replace { .. } = op else { continue };
        for ((table, before), (same, after)) in was[op.old_range()].iter().zip(&is[op.new_range()]) {
            let is_known = is.iter().any(|(_, id)| id == before) || was.iter().any(|(_, id)| id == after);
            if table.is_some() && table == same && !is_known {
                pairs.insert(after.clone(), before.clone());
            }
        }
    }
    pairs
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
    let text = |json: &Json| Some(inline(json)).filter(|text| !text.is_empty());
    let words = |all: &[String]| Some(all.join(", ")).filter(|text| !text.is_empty());
    let mut parts = vec![(NAME.to_owned(), was.name.clone(), is.name.clone())];
    parts.extend(condition_parts(&was.when, &is.when));
    let ((action, parameters, tags), (new_action, new_parameters, new_tags)) = (then(was), then(is));
    parts.push(("action".into(), action, new_action));
    let names: BTreeSet<&String> = parameters.keys().chain(new_parameters.keys()).collect();
    for name in names {
        let value = |all: &BTreeMap<String, Json>| all.get(name).and_then(text);
        parts.push((name.replace('_', " "), value(&parameters), value(&new_parameters)));
    }
    parts.push(("tags".into(), words(&tags), words(&new_tags)));
    let fields: BTreeSet<&String> = was.min_confidence.keys().chain(is.min_confidence.keys()).collect();
    for field in fields {
        let least = |rule: &RuleDefinition| rule.min_confidence.get(field).map(f64::to_string);
        parts.push((format!("minimum confidence of {field}"), least(was), least(is)));
    }
    parts.push(("risk".into(), words(&was.risk), words(&is.risk)));
    let differing = parts.into_iter().filter(|(_, before, after)| before != after);
    differing
        .map(|(part, before, after)| Difference { subject: subject(is), part: Some(part), before, after })
        .collect()
}

/// The action of a rule, its parameters and its tags.
fn then(rule: &RuleDefinition) -> (Option<String>, BTreeMap<String, Json>, Vec<String>) {
    let mut all = (None, BTreeMap::new(), Vec::new());
    for consequence in &rule.then {
        match consequence {
            Consequence::Act { action, parameters } => {
                all.0 = Some(action.to_string());
                all.1.clone_from(parameters);
            }
            Consequence::Tag(tag) => all.2.push(tag.clone()),
        }
    }
    all
}

/// A part of a rule with what it was and what it is.
type Part = (String, Option<String>, Option<String>);

/// What differs between two conditions: single thresholds and values where all else is the same, else the whole.
fn condition_parts(was: &str, is: &str) -> Vec<Part> {
    if was == is {
        return Vec::new();
    }
    let whole = |part: &str| vec![(part.to_owned(), Some(was.to_owned()), Some(is.to_owned()))];
    let ((Some(before), old_problems), (Some(after), new_problems)) = (parse(was), parse(is)) else {
        return whole("condition");
    };
    if !old_problems.is_empty() || !new_problems.is_empty() {
        return whole("condition");
    }
    let mut differing = Vec::new();
    if !same_but_values(&before, &after, &mut differing) {
        return whole("condition");
    }
    if differing.is_empty() {
        return whole(WORDING);
    }
    let piece = |text: &str, expr: &Expr| text.get(expr.span.start..expr.span.end).map(str::to_owned);
    let part = |(before, after): (&Expr, &Expr)| {
        let part = if is_threshold(before) { "threshold" } else { "condition" };
        (part.to_owned(), piece(was, before), piece(is, after))
    };
    differing.into_iter().map(part).collect()
}

/// Whether two conditions say the same but for values that they compare with; the comparisons that differ.
fn same_but_values<'e>(was: &'e Expr, is: &'e Expr, differing: &mut Vec<(&'e Expr, &'e Expr)>) -> bool {
    let is_value = |a: &Expr, b: &Expr| {
        std::mem::discriminant(&a.kind) == std::mem::discriminant(&b.kind) && a.is_literal()
    };
    match (&was.kind, &is.kind) {
        _ if was == is => true,
        (ExprKind::All(a), ExprKind::All(b)) | (ExprKind::Any(a), ExprKind::Any(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same_but_values(a, b, differing))
        }
        (ExprKind::Not(a), ExprKind::Not(b)) => same_but_values(a, b, differing),
        (
            ExprKind::Compare { op, left, right },
            ExprKind::Compare { op: new_op, left: new_left, right: new_right },
        ) if op == new_op => {
            let is_one_value = (left == new_left
                && (is_value(right, new_right) || both_numbers(right, new_right)))
                || (right == new_right && (is_value(left, new_left) || both_numbers(left, new_left)));
            differing.push((was, is));
            is_one_value
        }
        (ExprKind::In { needle, list }, ExprKind::In { needle: same, list: new_list }) => {
            let is_list = |list: &Expr| matches!(list.kind, ExprKind::List(_));
            differing.push((was, is));
            needle == same && is_list(list) && is_list(new_list)
        }
        _ => false,
    }
}

fn both_numbers(a: &Expr, b: &Expr) -> bool {
    let is_number = |expr: &Expr| matches!(expr.kind, ExprKind::Integer(_) | ExprKind::Float(_));
    is_number(a) && is_number(b)
}

fn is_threshold(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Compare { op, left, right } => {
            !matches!(op, CompareOp::Equal | CompareOp::NotEqual)
                && [left, right]
                    .iter()
                    .any(|side| matches!(side.kind, ExprKind::Integer(_) | ExprKind::Float(_)))
        }
        _ => false,
    }
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
        assert_eq!(told(&found), ["Rule Hot threshold: intent > 0.85 -> intent > 0.80"]);
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

    fn changed(from: &str, to: &str) -> (Vec<String>, bool) {
        let found = compare(Kind::RuleSet, Some(&set(from)), &set(to));
        (told(&found), found.touches_assignment)
    }

    #[test]
    fn each_part_of_a_rule_is_told_by_itself() {
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
        let (told, _) =
            changed(rule, &rule.replace("assign: {pool: aes, meeting: intro}", "escalate: {meeting: intro}"));
        assert_eq!(told, ["Rule Hot action: assign -> escalate", "Rule Hot pool: aes -> -"]);
        let both = rule.replace("0.85", "0.9").replace("50", "60");
        let (told, _) = changed(rule, &both);
        assert_eq!(
            told,
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
    fn rows_of_a_table_are_told_as_rules() {
        let table = |rows: &str| {
            format!(r#"{{id: land, when: "true", then: [], table: "country,size,pool\n{rows}"}}"#)
        };
        let before = table(r"DE,>= 200,dach\nFR,>= 200,emea\n");
        let (told, touches) = changed(&before, &table(r"DE,>= 250,dach\nFR,>= 200,emea\n"));
        assert_eq!(told, [r#"Rule land-de-from-250 threshold: size >= 200 -> size >= 250"#]);
        assert!(touches);
        let (told, _) = changed(&before, &table(r"CH,>= 200,dach\nDE,>= 200,dach\nFR,>= 200,west\n"));
        assert_eq!(told[0], r#"Rule land-ch-from-200: - -> country == "CH" && size >= 200"#);
        assert_eq!(told[1..], ["Rule land-fr-from-200 pool: emea -> west"]);
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
