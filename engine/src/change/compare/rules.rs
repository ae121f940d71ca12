//! Compares two rule sets and determines whether the change affects who gets leads.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;
use similar::{Algorithm, DiffOp, capture_diff_slices};

use super::condition::{self, WORDING};
use super::{Comparison, Difference, inline};
use crate::action::{Action, Consequence};
use crate::rules::{RuleDefinition, RuleSetFile};

/// Compares two rule sets; `before` is `None` for the first version.
pub(in crate::change) fn compared(before: Option<&Json>, after: &Json) -> Comparison {
    let (old_file, new_file) = (file(before), file(Some(after)));
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
            || (!moved.is_empty() && reorders_an_assigning_rule(&old, &new));
    comparison
}

/// The name of a rule, which does not affect decisions.
const NAME: &str = "name";

/// Returns whether a rule that assigns leads swapped its order with another rule.
fn reorders_an_assigning_rule(old: &RuleSetFile, new: &RuleSetFile) -> bool {
    let places = |set: &RuleSetFile| -> BTreeMap<String, usize> {
        set.rules.iter().enumerate().map(|(place, rule)| (rule.id.clone(), place)).collect()
    };
    let (was, is) = (places(old), places(new));
    let both: Vec<(usize, usize)> = was.iter().filter_map(|(id, at)| Some((*at, *is.get(id)?))).collect();
    let handing_out = both.iter().filter(|(at, to)| hands_out(&old.rules[*at]) || hands_out(&new.rules[*to]));
    handing_out.into_iter().any(|one| both.iter().any(|other| (one.0 < other.0) != (one.1 < other.1)))
}

/// Returns the rows of a table whose ids, which are derived from their tests, are new, each with the row that
/// it replaces.
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

/// Returns the rule set of a version, or an empty one if there is no version.
pub(super) fn file(body: Option<&Json>) -> RuleSetFile {
    body.and_then(|body| serde_json::from_value(body.clone()).ok()).unwrap_or_else(|| RuleSetFile {
        rule_set: String::new(),
        fields: Default::default(),
        lists: BTreeMap::new(),
        rules: Vec::new(),
        default: Action::Hold,
    })
}

/// Returns the rules that moved relative to the rules around them.
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
    parts.extend(condition::parts(&was.when, &is.when));
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

/// Returns the action of a rule, its parameters and its tags.
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
fn subject(rule: &RuleDefinition) -> String {
    format!("Rule {}", rule.name.as_deref().unwrap_or(&rule.id))
}

fn hands_out(rule: &RuleDefinition) -> bool {
    let assigns = rule.then.iter().any(|consequence| {
        matches!(consequence, Consequence::Act { action: Action::Assign | Action::Escalate, .. })
    });
    assigns || rule.risk.iter().any(|tag| tag == "quota")
}
impl RuleSetFile {
    /// Returns whether any rule that uses this list assigns leads or counts towards a quota.
    pub fn assigns_by(&self, list: &str) -> bool {
        let asks = format!("lists.{list}");
        let is_end = |rest: &str| !rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
        self.written_out().rules.iter().any(|rule| {
            let mut found = rule.when.match_indices(&asks);
            found.any(|(at, asked)| is_end(&rule.when[at + asked.len()..])) && hands_out(rule)
        })
    }
}
