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
use crate::texts::{part, texts};
use crate::ui::chip::action_chip;
use crate::ui::form::ask;
use crate::ui::icon::{Icon, icon};
use crate::ui::{number, series, titles, words};
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
        <details class="fold gap"><summary>{texts().versions_yaml()}</summary><pre class="code">{text}</pre></details>
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
                <div><p class="row"><b>{texts().versions_default()}</b>{action_chip(set.default)}</p><p class="meta">{texts().versions_default_about()}</p></div>
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
        .map(|(field, least)| {
            texts().versions_field_confidence(titles::field(field), number::confidence(*least))
        })
        .collect();
    let sure = (!sure.is_empty())
        .then(|| view! { <p class="meta">{texts().versions_confidence_needed(series::list(sure))}</p> });
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
            let said = match pool {
                Some(pool) => {
                    let href = format!("{}/{pool}", Kind::Pool.spec().path);
                    let said = texts().versions_action_to();
                    Either::Left(
                        view! { {part(said.s0)}{action_chip(*action)}{part(said.s1)}<a href=href>{titles::pool(pool)}</a>{part(said.s2)} },
                    )
                }
                None => Either::Right(action_chip(*action)),
            };
            let rest: Vec<String> = parameters
                .iter()
                .filter(|(name, _)| name.as_str() != "pool")
                .map(|(name, value)| {
                    let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                    texts().versions_parameter(name, value)
                })
                .collect();
            let rest = (!rest.is_empty()).then(|| texts().versions_parameters(series::list(rest)));
            Either::Right(view! { <span>{said}{rest}</span> })
        }
    }
}

fn fields(catalogue: &Catalogue) -> impl IntoView + use<> {
    let rows = catalogue.0.iter().map(|(name, field)| field_row(name, field)).collect_view();
    view! {
        <table class="table stack">
            <caption class="sr">{texts().versions_fields()}</caption>
            <thead>
                <tr>
                    <th scope="col">{texts().versions_field()}</th><th scope="col">{texts().versions_field_type()}</th><th scope="col">{texts().versions_field_values()}</th><th scope="col">{texts().versions_field_missing()}</th>
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </table>
    }
}

fn field_row(name: &str, field: &FieldDefinition) -> impl IntoView + use<> {
    let title = field.title.clone().unwrap_or_else(|| words::sentence(name));
    let kind = match &field.unit {
        Some(unit) => texts().versions_field_type_unit(field.kind.to_string(), unit),
        None => field.kind.to_string(),
    };
    let bounds = match (field.min, field.max) {
        (None, None) => String::new(),
        (Some(min), None) => texts().versions_values_from(number::decimal(min, 3)),
        (None, Some(max)) => texts().versions_values_up_to(number::decimal(max, 3)),
        (Some(min), Some(max)) => {
            texts().versions_values_between(number::decimal(min, 3), number::decimal(max, 3))
        }
    };
    let values = if field.values.is_empty() { bounds } else { series::list(field.values.iter().cloned()) };
    let missing = match &field.missing {
        MissingMeaning::Unknown => Either::Left(
            view! { <span class="tone" data-a="unknown">{texts().versions_missing_unknown()}</span> },
        ),
        MissingMeaning::Value(value) => Either::Right(
            texts().versions_missing_value(value.as_str().map_or_else(|| value.to_string(), str::to_owned)),
        ),
    };
    let personal =
        field.personal.then(|| view! { " "<span class="tag">{texts().versions_personal()}</span> });
    view! {
        <tr>
            <th scope="row">{title}{personal}" "<small><code>{name.to_owned()}</code></small></th>
            <td class="first">{kind}</td>
            <td class="wide">{values}</td>
            <td data-l=texts().versions_field_missing()>{missing}</td>
        </tr>
    }
}

fn map(map: &MapFile) -> impl IntoView + use<> {
    let rows = map.fields.iter().map(|(name, field)| mapped_row(name, field)).collect_view();
    view! {
        <table class="table stack">
            <caption class="sr">{texts().versions_map_caption()}</caption>
            <thead>
                <tr>
                    <th scope="col">{texts().versions_field()}</th><th scope="col">{texts().versions_map_extractor()}</th><th scope="col">{texts().versions_map_from()}</th><th scope="col" class="num">{texts().versions_map_confidence()}</th>
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
            <td class="num" data-l=texts().versions_map_confidence()>{field.min_confidence.map_or_else(|| texts().versions_map_confidence_any(), number::confidence)}</td>
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
        Json::Array(all) => {
            series::list(all.iter().map(|one| one.as_str().map_or_else(|| one.to_string(), str::to_owned)))
        }
        Json::Object(all) => series::list(all.keys().cloned()),
        Json::String(text) => text.clone(),
        other => other.to_string(),
    };
    rest.map(|(name, value)| texts().versions_map_setting(words::sentence(name), count(value)))
        .reduce(|settings, next| texts().versions_map_settings(settings, next))
        .unwrap_or_default()
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
                    <td class="num" data-l=texts().versions_pool_share()>{number::percent(share)}</td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <table class="table stack">
            <caption class="sr">{texts().versions_pool_caption()}</caption>
            <thead><tr><th scope="col">{texts().versions_pool_person()}</th><th scope="col" class="num">{texts().versions_pool_weight()}</th><th scope="col" class="num">{texts().versions_pool_share()}</th></tr></thead>
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
        view! { {ask(texts().versions_add_entries(), error.is_some(), form)} }
    });
    let entries = if editing.may_edit {
        entries::remove_form(&version.name, None, &page, &editing.entries, editing.search).into_any()
    } else {
        read_only(version, &page, &editing.entries, editing.search).into_any()
    };
    view! {
        <div class="row list-acts">
            <a class="btn" href=file download>{icon(Icon::Download)}{texts().versions_download()}</a>
            {add}
        </div>
        {entries}
    }
}

fn read_only(version: &Version, page: &str, entries: &FoundEntries, search: &str) -> impl IntoView + use<> {
    let count = entries::counted(entries, !search.trim().is_empty());
    let rows = entries.shown.iter().map(|entry| view! { <li>{entry.clone()}</li> }).collect_view();
    let nothing = (entries.found == 0).then(|| view! { <p class="quiet">{texts().versions_no_entry()}</p> });
    view! {
        <form class="row search-line" method="get" action=page.to_owned() role="search" aria-label=texts().versions_find_entry()>
            <input type="hidden" name="version" value=version.version.to_string() />
            <input class="field" type="search" name="q" value=search.to_owned() placeholder=texts().versions_find_entry() aria-label=texts().versions_find_entry() maxlength="200" />
            <button class="btn">{icon(Icon::Search)}{texts().versions_find()}</button>
            <span class="meta">{count}</span>
        </form>
        {nothing}
        <ul class="entries">{rows}</ul>
    }
}
