//! The content of a version in readable form.

use std::collections::BTreeMap;

use engine::action::{Action, Consequence};
use engine::catalogue::{Catalogue, FieldDefinition, MissingMeaning};
use engine::change::Kind;
use engine::content::MapFile;
use engine::content::map::MappedField;
use engine::rules::pick::Pool;
use engine::rules::{RuleDefinition, RuleSetFile};
use leptos::either::Either;
use leptos::prelude::*;
use serde::de::DeserializeOwned;
use serde_json::Value as Json;
use store::workflows::Version;

use crate::error::Result;
use crate::pages::changes::entries;
use crate::ui::chip::action_chip;
use crate::ui::form::ask;
use crate::ui::icon::{Icon, icon};
use crate::ui::{number, titles, words};
use service::change::{AssigneeNames, FoundEntries};

/// Entries of a list to show at once; the search finds the others.
pub const ENTRIES: usize = 500;

/// Renders the content of a version, followed by its source.
///
/// # Errors
/// Returns an error if the content does not match its kind.
pub fn content(
    kind: Kind,
    version: &Version,
    names: &AssigneeNames,
    editing: &ListEditing<'_>,
) -> Result<AnyView> {
    let said = match kind {
        Kind::RuleSet => rules(&typed::<RuleSetFile>(&version.body)?.written_out()).into_any(),
        Kind::Catalogue => fields(&typed(&version.body)?).into_any(),
        Kind::Map => map(&typed(&version.body)?).into_any(),
        Kind::Pool => pool(&typed(&version.body)?, names).into_any(),
        Kind::List => return Ok(list(version, editing).into_any()),
    };
    let text = service::change::text_of(version)?;
    Ok(view! {
        {said}
        <details class="fold gap"><summary>"YAML"</summary><pre class="code">{text}</pre></details>
    }
    .into_any())
}

fn typed<T: DeserializeOwned>(body: &Json) -> Result<T> {
    Ok(serde_json::from_value(body.clone()).map_err(store::Error::from)?)
}

fn rules(set: &RuleSetFile) -> impl IntoView + use<> {
    let rows = set.rules.iter().enumerate().map(|(index, one)| rule(index, one)).collect_view();
    view! {
        <ol class="rule-list">
            {rows}
            <li class="otherwise">
                <span class="num"></span>
                <div><p class="row"><b>"Otherwise"</b>{action_chip(set.default)}</p><p class="meta">"Also applies when a rule needs a field that is missing or uncertain."</p></div>
            </li>
        </ol>
    }
}

fn rule(index: usize, rule: &RuleDefinition) -> impl IntoView + use<> {
    let does = rule.then.iter().map(consequence).collect_view();
    let tags = rule.risk.iter().map(|tag| view! { <span class="tag">{tag.clone()}</span>" " }).collect_view();
    let sure: Vec<String> = rule
        .min_confidence
        .iter()
        .map(|(field, least)| format!("{} {}", titles::field(field), number::confidence(*least)))
        .collect();
    let sure = (!sure.is_empty())
        .then(|| view! { <p class="meta">{format!("Confidence needed: {}", sure.join(", "))}</p> });
    view! {
        <li id=format!("rule-{}", rule.id)>
            <span class="num">{index + 1}</span>
            <div>
                <p class="row"><b>{rule.name.clone().unwrap_or_else(|| rule.id.clone())}</b>{does}{tags}<code class="quiet push">{rule.id.clone()}</code></p>
                <code class="condition">{rule.when.clone()}</code>
                {sure}
            </div>
        </li>
    }
}

fn consequence(consequence: &Consequence) -> impl IntoView + use<> {
    match consequence {
        Consequence::Tag(tag) => Either::Left(view! { <span class="tag">{tag.clone()}</span> }),
        Consequence::Act { action, parameters } => {
            let pool =
                (*action == Action::Assign).then(|| parameters.get("pool").and_then(Json::as_str)).flatten();
            let to = pool.map(|pool| view! { " to "<a href=format!("{}/{pool}", Kind::Pool.spec().path)>{titles::pool(pool)}</a> });
            let rest: Vec<String> = parameters
                .iter()
                .filter(|(name, _)| name.as_str() != "pool")
                .map(|(name, value)| {
                    format!("{} {}", name, value.as_str().map_or_else(|| value.to_string(), str::to_owned))
                })
                .collect();
            let rest = (!rest.is_empty()).then(|| format!(", {}", rest.join(", ")));
            Either::Right(view! { <span>{action_chip(*action)}{to}{rest}</span> })
        }
    }
}

fn fields(catalogue: &Catalogue) -> impl IntoView + use<> {
    let rows = catalogue.0.iter().map(|(name, field)| field_row(name, field)).collect_view();
    view! {
        <table class="table stack">
            <caption class="sr">"Fields"</caption>
            <thead>
                <tr>
                    <th scope="col">"Field"</th><th scope="col">"Type"</th><th scope="col">"Values"</th><th scope="col">"When missing"</th>
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </table>
    }
}

fn field_row(name: &str, field: &FieldDefinition) -> impl IntoView + use<> {
    let title = field.title.clone().unwrap_or_else(|| words::sentence(name));
    let unit = field.unit.clone().map(|unit| format!(", {unit}"));
    let bounds = match (field.min, field.max) {
        (None, None) => String::new(),
        (Some(min), None) => format!("from {}", number::decimal(min, 3)),
        (None, Some(max)) => format!("up to {}", number::decimal(max, 3)),
        (Some(min), Some(max)) => format!("{} to {}", number::decimal(min, 3), number::decimal(max, 3)),
    };
    let values = if field.values.is_empty() { bounds } else { field.values.join(", ") };
    let missing = match &field.missing {
        MissingMeaning::Unknown => {
            Either::Left(view! { <span class="tone" data-a="unknown">"unknown"</span> })
        }
        MissingMeaning::Value(value) => Either::Right(format!(
            "counts as {}",
            value.as_str().map_or_else(|| value.to_string(), str::to_owned)
        )),
    };
    let personal = field.personal.then(|| view! { " "<span class="tag">"personal"</span> });
    view! {
        <tr>
            <th scope="row">{title}{personal}" "<small><code>{name.to_owned()}</code></small></th>
            <td class="first">{field.kind.to_string()}{unit}</td>
            <td class="wide">{values}</td>
            <td data-l="Missing">{missing}</td>
        </tr>
    }
}

fn map(map: &MapFile) -> impl IntoView + use<> {
    let rows = map.fields.iter().map(|(name, field)| mapped_row(name, field)).collect_view();
    view! {
        <table class="table stack">
            <caption class="sr">"Where fields are read"</caption>
            <thead>
                <tr>
                    <th scope="col">"Field"</th><th scope="col">"Read as"</th><th scope="col">"From"</th><th scope="col" class="num">"Confidence needed"</th>
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </table>
    }
}

fn mapped_row(name: &str, field: &MappedField) -> impl IntoView + use<> {
    let from = field.from.0.iter().map(|pointer| view! { <code>{pointer.clone()}</code>" " }).collect_view();
    let settings = settings(field);
    view! {
        <tr>
            <th scope="row">{titles::field(name)}" "<small><code>{name.to_owned()}</code></small></th>
            <td class="first">{field.extract.name()}</td>
            <td class="wide">{from}<small class="quiet">{settings}</small></td>
            <td class="num" data-l="Confidence needed">{field.min_confidence.map_or_else(|| "any".into(), number::confidence)}</td>
        </tr>
    }
}

/// Describes the settings of an extractor, apart from its source paths.
fn settings(field: &MappedField) -> String {
    let all: BTreeMap<String, Json> = serde_json::to_value(field)
        .ok()
        .and_then(|value| serde_json::from_value(value).ok())
        .unwrap_or_default();
    let rest = all.iter().filter(|(name, _)| !["from", "extract", "min_confidence"].contains(&name.as_str()));
    let count = |value: &Json| match value {
        Json::Array(all) => all
            .iter()
            .map(|one| one.as_str().map_or_else(|| one.to_string(), str::to_owned))
            .collect::<Vec<_>>()
            .join(", "),
        Json::Object(all) => all.keys().cloned().collect::<Vec<_>>().join(", "),
        Json::String(text) => text.clone(),
        other => other.to_string(),
    };
    rest.map(|(name, value)| format!("{}: {}", words::sentence(name), count(value)))
        .collect::<Vec<_>>()
        .join("; ")
}

fn pool(pool: &Pool, names: &AssigneeNames) -> impl IntoView + use<> {
    let total: u32 = pool.members.iter().map(|member| member.weight).sum();
    let rows = pool
        .members
        .iter()
        .map(|member| {
            let share = f64::from(member.weight) / f64::from(total.max(1));
            view! {
                <tr>
                    <th scope="row">{names.of(&member.person).to_owned()}</th>
                    <td class="num first">{member.weight}</td>
                    <td class="num" data-l="Share">{number::percent(share)}</td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <table class="table stack">
            <caption class="sr">"People of the pool"</caption>
            <thead><tr><th scope="col">"Person"</th><th scope="col" class="num">"Turns"</th><th scope="col" class="num">"Share of the leads"</th></tr></thead>
            <tbody>{rows}</tbody>
        </table>
    }
}

/// How the entries of a list are shown.
pub struct ListEditing<'a> {
    /// The text that entries are searched for.
    pub search: &'a str,
    /// The entries that contain it.
    pub entries: FoundEntries,
    /// Whether the viewer can add and remove entries: the page shows the newest version.
    pub may_edit: bool,
    /// The problem with the entries to add.
    pub error: Option<String>,
}

fn list(version: &Version, editing: &ListEditing<'_>) -> impl IntoView + use<> {
    let page = format!("{}/{}", Kind::List.spec().path, version.name);
    let file = entries::file_path(&version.name, version.version);
    let add = editing.may_edit.then(|| {
        let error = editing.error.clone();
        let form = entries::add_form(&version.name, None, error.clone());
        view! { {ask("Add entries", error.is_some(), form)} }
    });
    let entries = if editing.may_edit {
        entries::remove_form(&version.name, None, &page, &editing.entries, editing.search).into_any()
    } else {
        read_only(version, &page, &editing.entries, editing.search).into_any()
    };
    view! {
        <div class="row list-acts">
            <a class="btn" href=file download>{icon(Icon::Download)}"Download CSV"</a>
            {add}
        </div>
        {entries}
    }
}

fn read_only(version: &Version, page: &str, entries: &FoundEntries, search: &str) -> impl IntoView + use<> {
    let count = entries::counted(entries, !search.trim().is_empty());
    let rows = entries.shown.iter().map(|entry| view! { <li>{entry.clone()}</li> }).collect_view();
    let nothing = (entries.found == 0).then(|| view! { <p class="quiet">"No entry matches."</p> });
    view! {
        <form class="row search-line" method="get" action=page.to_owned() role="search" aria-label="Find an entry">
            <input type="hidden" name="version" value=version.version.to_string() />
            <input class="field" type="search" name="q" value=search.to_owned() placeholder="Find an entry" aria-label="Find an entry" maxlength="200" />
            <button class="btn">{icon(Icon::Search)}"Find"</button>
            <span class="meta">{count}</span>
        </form>
        {nothing}
        <ul class="entries">{rows}</ul>
    }
}
