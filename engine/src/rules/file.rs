//! The rule file: a rule set in the format that people write, version in git and move between systems.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::lists::ReferenceList;
use super::rule_set::RuleSet;
use super::words::RESERVED;
use crate::action::{Action, Consequence};
use crate::catalogue::Catalogue;
use crate::limits;
use crate::problem::Problem;

/// A rule set as a file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RuleSetFile {
    /// The name of the rule set.
    pub rule_set: String,
    /// The fields that the rules can read; empty if the workflow's catalogue defines them.
    #[serde(default, skip_serializing_if = "no_fields")]
    pub fields: Catalogue,
    /// Reference lists by name, for a file used on its own.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub lists: BTreeMap<String, Vec<String>>,
    /// The rules, in scan order.
    pub rules: Vec<RuleDefinition>,
    /// The action if no rule matches: `hold` or `nurture`.
    pub default: Action,
}

/// A rule in a file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RuleDefinition {
    /// The ID: lower-case letters, digits and hyphens.
    pub id: String,
    /// The name shown to people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The condition, in CEL syntax.
    pub when: String,
    /// The consequences: at most one action, and any number of tags.
    pub then: Vec<Consequence>,
    /// The confidence that this rule requires of a field, if higher than the field's own threshold.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub min_confidence: BTreeMap<String, f64>,
    /// The risk tags of its decisions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub risk: Vec<String>,
    /// A decision table or territory table as CSV, whose rows are rules in place of this one: the condition of
    /// each is `when` and its own cells, and its consequences are `then` and those in its own cells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub table: Option<String>,
}

impl RuleSetFile {
    /// Returns the pools that the rules assign to.
    pub fn pools(&self) -> BTreeSet<String> {
        let (written, _) = self.written();
        let all = written.iter().flat_map(|written| &written.rule.then);
        let pool = |consequence: &Consequence| match consequence {
            Consequence::Act { action: Action::Assign, parameters } => {
                parameters.get("pool").and_then(Json::as_str).map(str::to_owned)
            }
            _ => None,
        };
        all.filter_map(pool).collect()
    }

    /// Checks the file except for its conditions and returns every problem.
    pub fn check(&self) -> Vec<Problem> {
        let mut problems = check_name("/rule_set", "A rule set's name", &self.rule_set);
        problems.extend(check_fields(&self.fields));
        problems.extend(check_lists(&self.lists));
        let (written, found) = self.written();
        problems.extend(found);
        if written.len() > limits::RULES {
            problems
                .push(Problem::at("/rules", format!("A rule set can have at most {} rules.", limits::RULES)));
        }
        let mut seen = BTreeSet::new();
        for written in written.iter().take(limits::RULES) {
            let rule = &written.rule;
            problems.extend(rule.check().into_iter().map(|problem| written.problem(problem)));
            if !seen.insert(&rule.id) {
                let message = format!("Another rule already has the ID `{}`.", rule.id);
                problems.push(written.problem(Problem::at("/id", message)));
            }
        }
        if !self.default.is_safe_default() {
            problems.push(Problem::at(
                "/default",
                format!("`{}` is not a safe default; use `hold` or `nurture`.", self.default),
            ));
        }
        problems
    }

    /// Returns the file's own lists, ready for look-ups.
    pub fn reference_lists(&self) -> BTreeMap<String, ReferenceList> {
        let lists = self
            .lists
            .iter()
            .map(|(name, entries)| (name.clone(), ReferenceList::new(entries.iter().cloned())));
        lists.collect()
    }

    /// Compiles a file used on its own.
    ///
    /// # Errors
    /// Returns every problem in the file.
    pub fn compile(&self) -> Result<RuleSet, Vec<Problem>> {
        let lists = self.lists.keys().cloned().collect();
        RuleSet::compile(self, &self.fields, &BTreeMap::new(), &lists)
    }
}

impl RuleDefinition {
    /// Checks the rule except for its condition and returns every problem, with pointers relative to the rule.
    pub fn check(&self) -> Vec<Problem> {
        let mut problems = self.check_id();
        if let Some(name) = &self.name {
            problems.extend(check_name("/name", "A rule's name", name));
        }
        problems.extend(self.check_then());
        for (field, confidence) in &self.min_confidence {
            if !(0.0..=1.0).contains(confidence) {
                problems.push(Problem::at(
                    format!("/min_confidence/{}", escaped(field)),
                    "A confidence must be between 0 and 1.",
                ));
            }
        }
        for (index, tag) in self.risk.iter().enumerate() {
            problems.extend(check_name(&format!("/risk/{index}"), "A risk tag", tag));
        }
        problems
    }

    fn check_id(&self) -> Vec<Problem> {
        let is_fine = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if self.id.is_empty() || self.id.len() > limits::NAME_CHARS || !self.id.chars().all(is_fine) {
            let message = format!(
                "A rule's ID must be 1 to {} lower-case letters, digits and hyphens.",
                limits::NAME_CHARS
            );
            return vec![Problem::at("/id", message)];
        }
        Vec::new()
    }

    fn check_then(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        if self.then.is_empty() {
            problems.push(Problem::at(
                "/then",
                "A rule needs a consequence: an action such as `advance`, or a tag.",
            ));
        }
        let mut acts = 0;
        for (index, consequence) in self.then.iter().enumerate() {
            let pointer = format!("/then/{index}");
            match consequence {
                Consequence::Tag(tag) => problems.extend(check_name(&pointer, "A tag", tag)),
                Consequence::Act { action, parameters } => {
                    acts += 1;
                    problems.extend(check_action(&pointer, *action, parameters));
                    if acts == 2 {
                        problems.push(Problem::at(
                            pointer,
                            "A rule can have only one action; move the second one to a separate rule.",
                        ));
                    }
                }
            }
        }
        problems
    }
}

/// Escapes a part of a JSON pointer.
pub(super) fn escaped(part: &str) -> String {
    part.replace('~', "~0").replace('/', "~1")
}

fn no_fields(fields: &Catalogue) -> bool {
    fields.0.is_empty()
}

fn check_action(pointer: &str, action: Action, parameters: &BTreeMap<String, Json>) -> Vec<Problem> {
    let pool = parameters.get("pool").and_then(Json::as_str).unwrap_or_default();
    if action == Action::Assign && pool.trim().is_empty() {
        let message = "`assign` needs the name of a pool, as in `{assign: {pool: enterprise-ae}}`.";
        return vec![Problem::at(pointer, message)];
    }
    Vec::new()
}

fn check_fields(fields: &Catalogue) -> Vec<Problem> {
    let mut problems = fields.check();
    for (name, field) in &fields.0 {
        let pointer = format!("/{}", escaped(name));
        if RESERVED.contains(&name.as_str()) {
            problems
                .push(Problem::at(&pointer, format!("`{name}` is a reserved word of the rule language.")));
        }
        if [field.min, field.max].into_iter().flatten().any(|bound| !bound.is_finite()) {
            problems.push(Problem::at(&pointer, "`min` and `max` must be finite numbers."));
        }
    }
    problems.into_iter().map(|problem| problem.under("/fields")).collect()
}

fn check_lists(lists: &BTreeMap<String, Vec<String>>) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (name, entries) in lists {
        let pointer = format!("/lists/{}", escaped(name));
        let is_fine = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        if !name.starts_with(|c: char| c.is_ascii_lowercase())
            || !name.chars().all(is_fine)
            || RESERVED.contains(&name.as_str())
        {
            let message = "A list's name must start with a letter, contain only lower-case letters, digits and underscores, and not be a reserved word.";
            problems.push(Problem::at(&pointer, message));
        }
        if entries.len() > limits::LIST_ENTRIES {
            problems.push(Problem::at(
                &pointer,
                format!("A list can have at most {} entries.", limits::LIST_ENTRIES),
            ));
        }
    }
    problems
}

fn check_name(pointer: &str, what: &str, name: &str) -> Vec<Problem> {
    if name.trim().is_empty()
        || name.chars().count() > limits::NAME_CHARS
        || name.chars().any(char::is_control)
    {
        return vec![Problem::at(
            pointer,
            format!("{what} must be 1 to {} characters on one line.", limits::NAME_CHARS),
        )];
    }
    Vec::new()
}
