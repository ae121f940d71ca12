//! The field catalogue of a workflow.

use super::{
    BundleSlot, ItemNames, Kind, KindOrigin, KindSpec, Membership, PartForm, ProblemPointer, TextFormat,
    never, yaml_text,
};
use crate::bundle::BundleSource;
use crate::catalogue::Catalogue;
use crate::change::Comparison;
use crate::change::compare::named;
use crate::problem::Problem;
use crate::role::Role;

pub(super) const SPEC: KindSpec = KindSpec {
    kind: Kind::Catalogue,
    path: "/fields",
    parts: ItemNames { key: None, one: "field", many: "fields", form: PartForm::Named },
    owner: Role::Enablement,
    approvers: &[Role::Enablement, Role::Revops],
    origin: KindOrigin::Workflow,
    text: TextFormat::Yaml,
    template: |_| "{}\n".to_owned(),
    parse: |_, text| yaml_text::parsed::<Catalogue>(text, Catalogue::check),
    write: yaml_text::written::<Catalogue>,
    compare: |before, after| Comparison {
        differences: named("Field", before, Some(after)),
        touches_assignment: false,
        ..Comparison::default()
    },
    notes: None,
    assignees: None,
    place: Some(BundleSlot {
        put: |parts, name, version, body| parts.put_catalogue(name, version, body),
        version: |source, _| Some(source.catalogue.0),
        membership: Membership::One,
        pointers: Some(ProblemPointer { prefix: "/fields", called: "The fields" }),
        succession: growth,
        hands_out: never,
    }),
};

/// Stored decisions are read with the current fields, so fields can be neither removed nor retyped.
fn growth(before: &BundleSource, after: &BundleSource) -> Vec<Problem> {
    after.catalogue.1.check_growth(&before.catalogue.1)
}
