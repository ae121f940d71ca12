//! The list of leads.

mod empty;
mod filter;
mod table;

use std::collections::BTreeMap;

use engine::action::Action;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use store::reads::frame::{live_rules, names_of, workflow_names};
use store::reads::leads_list::{self, COUNTED_ROWS, Cursor};

use super::filters::{Address, chips};
use super::frame::{Here, Page, Section, page};
use crate::error::Result;
use crate::ui::bars::STACK;
use crate::ui::{number, words};
use filter::{Asked, NAMES};

/// The list of leads.
#[component]
pub fn Leads() -> impl IntoView {
    let query = use_query_map().get_untracked();
    let address = Address::read("/leads", &query, &NAMES);
    page(Section::Leads, move |here| load(here, address))
}

async fn load(here: Here, address: Address) -> Result<Page> {
    let store = &here.request.store;
    let (workflows, rules) = (workflow_names(store).await?, live_rules(store).await?);
    let asked = Asked::read(address, here.clock, &workflows);
    let found = leads_list::page(store, &asked.filter, asked.cursor).await?;
    let counts = leads_list::counts(store, &asked.filter).await?;
    let nothing_at_all = found.rows.is_empty() && leads_list::is_empty(store).await?;
    let order = if asked.filter.has_period() {
        "Those decided first most lately come first"
    } else {
        "The last decision in each workflow, the newest first"
    };
    let heading = view! { <h1>"Leads"</h1><span class="meta">{order}</span> };
    if nothing_at_all {
        let body = empty::no_leads(&workflows, &here.request.origin());
        return Ok(Page { title: "Leads".into(), bar: heading.into_any(), body: body.into_any() });
    }
    let decisions: Vec<_> = found.rows.iter().map(|row| row.last_decision_id).collect();
    let rule_names = leads_list::rules_of(store, &decisions)
        .await?
        .into_iter()
        .map(|rule| (rule.decision_id, rule))
        .collect();
    let assignees: Vec<String> = found.rows.iter().filter_map(|row| row.assignee.clone()).collect();
    let people = names_of(store, &assignees).await?;
    let is_empty = found.rows.is_empty();
    let list = if is_empty {
        empty::no_match(&asked, &found).into_any()
    } else {
        let known = table::Known { workflows: &workflows, rules: rule_names, people, clock: here.clock };
        view! { {table::table(&found.rows, &known).into_any()}{pager(&asked, &found).into_any()} }.into_any()
    };
    let body = view! {
        <div class="filters">
            {filter::form(&asked, &workflows, &rules).into_any()}
            {chips(asked.chips(&workflows, &rules), Address::new("/leads").href())}
        </div>
        {by_action(&asked, counts).into_any()}
        {list}
    };
    Ok(Page { title: "Leads".into(), bar: heading.into_any(), body: body.into_any() })
}

/// How many leads were decided how, each a way to see only those.
fn by_action(asked: &Asked, counts: Option<(Vec<(Action, usize)>, bool)>) -> impl IntoView + use<> {
    let address = asked.address.without(&["before", "after"]);
    let is_counted = counts.is_some();
    let (counts, more) = counts.unwrap_or_default();
    let total: usize = counts.iter().map(|(_, count)| count).sum();
    let shown = move |count: usize| {
        let count = number::count(count.min(COUNTED_ROWS) as i64);
        is_counted.then(|| view! { <b>{if more { format!("{count}+") } else { count }}</b> })
    };
    let all = view! {
        <li>
            <a href=address.without(&["action"]).href() aria-current=asked.filter.action.is_none().then_some("true")>"All"{shown(total)}</a>
        </li>
    };
    let one = |action: &Action| {
        let count = counts.iter().find(|(known, _)| known == action).map_or(0, |(_, count)| *count);
        let current = asked.filter.action == Some(*action);
        let href = address.with("action", <&str>::from(*action)).href();
        // What was counted and is not there is no choice, unless it is the one that was made.
        (current || count > 0 || more || !is_counted).then(|| {
            view! {
                <li data-a=words::action_tone(*action)>
                    <a href=href aria-current=current.then_some("true")><span class="dot"></span>{words::action(*action)}{shown(count)}</a>
                </li>
            }
        })
    };
    let ones = STACK.iter().map(one).collect_view();
    view! { <nav aria-label="By decision"><ul class="tabs">{all}{ones}</ul></nav> }
}

fn pager(asked: &Asked, found: &leads_list::Page) -> impl IntoView + use<> {
    let at = |cursor: Cursor| {
        let bare = asked.address.without(&["before", "after"]);
        match cursor {
            Cursor::Before(place) => bare.with("before", place.to_string()).href(),
            Cursor::After(place) => bare.with("after", place.to_string()).href(),
            Cursor::Start => bare.href(),
        }
    };
    let is_first = found.newer.is_none() && asked.cursor == Cursor::Start;
    let shown = number::plural(found.rows.len() as i64, "row", "rows");
    let count = match (is_first, found.older.is_some()) {
        (true, false) => format!("{shown}, that is all"),
        (true, true) => format!("The newest {shown}"),
        (false, _) => shown,
    };
    let newer = found.newer.map(|cursor| view! { <a class="btn" rel="prev" href=at(cursor)>"Newer"</a> });
    let older_words = if found.cut { "Search further back" } else { "Older" };
    let older =
        found.older.map(|cursor| view! { <a class="btn" rel="next" href=at(cursor)>{older_words}</a> });
    view! {
        <nav class="pager" aria-label="Pages">
            <span class="meta">{count}</span>
            <span class="row">{newer}{older}</span>
        </nav>
    }
}

/// Names by id, for what a page shows more than once.
pub(super) type ById<T> = BTreeMap<uuid::Uuid, T>;
