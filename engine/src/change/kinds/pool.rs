//! Pools of people who take turns with leads.

use serde_json::Value as Json;

use super::{
    BundleSlot, ItemNames, Kind, KindOrigin, KindSpec, Membership, PartForm, TextFormat, any_successor,
    never, yaml_text,
};
use crate::bundle::Bundle;
use crate::change::compare::named;
use crate::change::{Assignee, Comparison};
use crate::problem::Problem;
use crate::role::Role;
use crate::rules::pick::Pool;

pub(super) const SPEC: KindSpec = KindSpec {
    kind: Kind::Pool,
    path: "/pools",
    parts: ItemNames {
        key: Some("members"),
        one: "person",
        many: "people",
        form: PartForm::Listed("person"),
    },
    owner: Role::Revops,
    approvers: &[Role::Revops],
    origin: KindOrigin::People { separator: ('-', "hyphens") },
    text: TextFormat::Yaml,
    template: |name| format!("name: {name}\nmembers: []\n"),
    parse,
    write: yaml_text::written::<Pool>,
    compare,
    notes: None,
    assignees: Some(assignees),
    place: Some(BundleSlot {
        put: |parts, name, version, body| parts.put_pool(name, version, body),
        version: |source, name| source.pools.get(name).map(|(version, _)| *version),
        membership: Membership::Named(Bundle::assigned_pools),
        pointers: None,
        succession: any_successor,
        hands_out: never,
    }),
};

fn parse(name: &str, text: &str) -> (Option<Json>, Vec<Problem>) {
    yaml_text::parsed::<Pool>(text, |pool| {
        let mut problems = yaml_text::named("/name", &pool.name, name);
        problems.extend(pool.check());
        problems
    })
}

fn compare(before: Option<&Json>, after: &Json) -> Comparison {
    let differences = named("Person", before.map(members).as_ref(), Some(&members(after)));
    Comparison { touches_assignment: !differences.is_empty(), differences, ..Comparison::default() }
}

fn assignees(body: &Json) -> Vec<Assignee> {
    let all = body.get("members").and_then(Json::as_array).into_iter().flatten().enumerate();
    let one = |(index, member): (usize, &Json)| {
        let email = member.get("person")?.as_str()?.to_owned();
        Some(Assignee { pointer: format!("/members/{index}/person"), email })
    };
    all.filter_map(one).collect()
}

/// Returns the members of a pool by e-mail address.
fn members(body: &Json) -> Json {
    let all = body.get("members").and_then(Json::as_array);
    let one = |member: &Json| Some((member.get("person")?.as_str()?.to_owned(), member.clone()));
    all.into_iter().flatten().filter_map(one).collect::<serde_json::Map<_, _>>().into()
}
