//! Reference lists: companies, domains and other texts that rules look up.

use std::collections::BTreeSet;

use serde_json::{Value as Json, json};

use super::{
    BundleSlot, ItemNames, Kind, KindOrigin, KindSpec, Membership, PartForm, TextFormat, any_successor,
};
use crate::bundle::{Bundle, BundleSource};
use crate::change::{Comparison, Difference};
use crate::problem::Problem;
use crate::role::Role;
use crate::rules::ReferenceList;

pub(super) const SPEC: KindSpec = KindSpec {
    kind: Kind::List,
    path: "/lists",
    parts: ItemNames { key: Some("entries"), one: "entry", many: "entries", form: PartForm::Set },
    owner: Role::Revops,
    approvers: &[Role::Revops],
    origin: KindOrigin::People { separator: ('_', "underscores") },
    text: TextFormat::Lines,
    template: |_| String::new(),
    parse,
    write,
    compare,
    notes: None,
    assignees: None,
    place: Some(BundleSlot {
        put: |parts, name, version, body| parts.put_list(name, version, body),
        version: |source, name| source.lists.get(name).map(|(version, _)| *version),
        membership: Membership::Named(lists_of),
        pointers: None,
        succession: any_successor,
        hands_out,
    }),
};

fn lists_of(bundle: &Bundle) -> BTreeSet<String> {
    bundle.lists_used().into_iter().map(str::to_owned).collect()
}

fn hands_out(source: &BundleSource, name: &str) -> bool {
    source.rule_set.1.assigns_by(name)
}

fn parse(_: &str, text: &str) -> (Option<Json>, Vec<Problem>) {
    let (list, problems) = ReferenceList::from_csv(text.as_bytes());
    if list.excess().is_some() {
        return (None, problems);
    }
    let mut all: Vec<&str> = list.entries().collect();
    all.sort_unstable();
    (Some(json!({ "entries": all })), problems)
}

/// Writes one entry per line below a header, so that no entry is mistaken for a header.
fn write(body: &Json) -> Result<String, Problem> {
    let failed =
        |error: &dyn std::fmt::Display| Problem::at("", format!("The list could not be written: {error}."));
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(["value"]).map_err(|error| failed(&error))?;
    for entry in entries(Some(body)) {
        writer.write_record([entry]).map_err(|error| failed(&error))?;
    }
    let bytes = writer.into_inner().map_err(|error| failed(&error))?;
    String::from_utf8(bytes).map_err(|error| failed(&error))
}

fn compare(before: Option<&Json>, after: &Json) -> Comparison {
    let (was, is): (BTreeSet<&str>, BTreeSet<&str>) =
        (entries(before).collect(), entries(Some(after)).collect());
    let one = |entry: &str, is_new: bool| Difference {
        subject: entry.to_owned(),
        part: None,
        before: (!is_new).then(|| entry.to_owned()),
        after: is_new.then(|| entry.to_owned()),
    };
    let gone = was.difference(&is).map(|entry| one(entry, false));
    Comparison::counted(gone.chain(is.difference(&was).map(|entry| one(entry, true))))
}

fn entries(body: Option<&Json>) -> impl Iterator<Item = &str> {
    let all = body.and_then(|body| body.get("entries")).and_then(Json::as_array);
    all.into_iter().flatten().filter_map(Json::as_str)
}
