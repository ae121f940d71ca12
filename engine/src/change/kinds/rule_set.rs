//! Rule sets: ordered rules, of which the first that is true decides.

use serde_json::Value as Json;

use super::{
    BundleSlot, ItemNames, Kind, KindOrigin, KindSpec, Membership, PartForm, ProblemPointer, TextFormat,
    any_successor, never, yaml_text,
};
use crate::change::compare::rules;
use crate::change::{Note, notes};
use crate::problem::Problem;
use crate::role::Role;
use crate::rules::{Analysis, RuleSetFile};

pub(super) const SPEC: KindSpec = KindSpec {
    kind: Kind::RuleSet,
    path: "/rules",
    parts: ItemNames { key: Some("rules"), one: "rule", many: "rules", form: PartForm::Listed("id") },
    owner: Role::Revops,
    approvers: &[Role::Revops],
    origin: KindOrigin::Workflow,
    text: TextFormat::Yaml,
    template: |name| format!("rule_set: {name}\nrules: []\ndefault: hold\n"),
    parse,
    write: yaml_text::written::<RuleSetFile>,
    compare: rules::compared,
    notes: Some(findings),
    assignees: None,
    place: Some(BundleSlot {
        put: |parts, name, version, body| parts.put_rule_set(name, version, body),
        version: |source, _| Some(source.rule_set.0),
        membership: Membership::One,
        // A pointer that belongs to no other part points into the rules.
        pointers: Some(ProblemPointer { prefix: "", called: "The rules" }),
        succession: any_successor,
        hands_out: never,
    }),
};

fn parse(name: &str, text: &str) -> (Option<Json>, Vec<Problem>) {
    yaml_text::parsed::<RuleSetFile>(text, |set| {
        let mut problems = yaml_text::named("/rule_set", &set.rule_set, name);
        // Within a workflow, these are defined by the workflow; defining them here would duplicate them.
        if !set.fields.0.is_empty() {
            problems.push(Problem::at("/fields", "Define fields in the workflow's catalogue, not here."));
        }
        if !set.lists.is_empty() {
            problems.push(Problem::at(
                "/lists",
                "Reference lists have separate versions; remove them from here.",
            ));
        }
        problems.extend(set.check());
        problems
    })
}

fn findings(text: &str, body: &Json, analysis: &Analysis, live: &Analysis, decided: usize) -> Vec<Note> {
    serde_json::from_value(body.clone())
        .map(|file| notes::notes(text, &file, analysis, live, decided))
        .unwrap_or_default()
}
