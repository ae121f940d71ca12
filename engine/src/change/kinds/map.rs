//! Field extraction: where in an event each field is read, and how.

use serde_json::Value as Json;

use super::{
    BundleSlot, ItemNames, Kind, KindOrigin, KindSpec, Membership, PartForm, ProblemPointer, TextFormat,
    any_successor, never, yaml_text,
};
use crate::change::Comparison;
use crate::change::compare::named;
use crate::content::MapFile;
use crate::problem::Problem;
use crate::role::Role;
use crate::rules::yaml;

pub(super) const SPEC: KindSpec = KindSpec {
    kind: Kind::Map,
    path: "/maps",
    parts: ItemNames { key: Some("fields"), one: "field", many: "fields", form: PartForm::Named },
    owner: Role::Enablement,
    approvers: &[Role::Enablement, Role::RepLeader],
    origin: KindOrigin::Workflow,
    text: TextFormat::Yaml,
    template: |name| format!("map: {name}\nfields: {{}}\n"),
    parse,
    write: yaml_text::written::<MapFile>,
    compare,
    notes: None,
    assignees: None,
    place: Some(BundleSlot {
        put: |parts, name, version, body| parts.put_map(name, version, body),
        version: |source, _| Some(source.map.0),
        membership: Membership::One,
        pointers: Some(ProblemPointer { prefix: "/map", called: "The field extraction" }),
        succession: any_successor,
        hands_out: never,
    }),
};

fn parse(name: &str, text: &str) -> (Option<Json>, Vec<Problem>) {
    match yaml_text::parsed::<MapFile>(text, |map| yaml_text::named("/map", &map.map, name)) {
        // A map with an invalid format gets its problems field by field, each at its place.
        (None, problems) => (None, misread(text).unwrap_or(problems)),
        read => read,
    }
}

/// Returns the problems in the format of a map; `None` if the text is not even valid YAML.
fn misread(text: &str) -> Option<Vec<Problem>> {
    MapFile::from_json(&yaml::read::<Json>(text).ok()?).err()
}

fn compare(before: Option<&Json>, after: &Json) -> Comparison {
    let fields = |body: &Json| body.get("fields").cloned().unwrap_or_default();
    let differences = named("Field", before.map(fields).as_ref(), Some(&fields(after)));
    Comparison { differences, touches_assignment: false, ..Comparison::default() }
}
