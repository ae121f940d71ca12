//! The list of leads.

mod empty;
pub(crate) mod filter;
mod table;

use std::collections::BTreeMap;

use engine::action::Action;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use store::reads::frame::{live_rules, names_of, workflow_names};
use store::reads::keyset::Order;
use store::reads::leads_list::{self, COUNTED_ROWS, PAGE_ROWS};
use store::refresh::Topic;

use super::frame::{Here, Page, page};
use super::places::Section;
use crate::error::Result;
use crate::flash::Flash;
use crate::pages::list_tools::tools;
use crate::ui::charts::bars::STACK;
use crate::ui::filters::{Address, chips};
use crate::ui::table::{Count, pager};
use crate::ui::{number, refresh, words};
use filter::{Asked, NAMES};

/// The list of leads.
#[component]
pub fn Leads() -> impl IntoView {
    let query = use_query_map().get_untracked();
    let address = Address::of_list("/leads", &query, &NAMES);
    let flash = use_context::<Flash>().unwrap_or_default();
    page(Section::Leads, move |here| load(here, address, flash))
}

async fn load(here: Here, address: Address, flash: Flash) -> Result<Page> {
    let store = &here.request.store;
    let (workflows, rules) = (workflow_names(store).await?, live_rules(store).await?);
    let asked = Asked::read(address, here.clock, &workflows);
    let found = leads_list::page(store, &asked.filter, asked.sort, asked.cursor, PAGE_ROWS).await?;
    let counts = leads_list::counts(store, &asked.filter).await?;
    let nothing_at_all = found.rows.is_empty() && leads_list::is_empty(store).await?;
    let heading = view! { <h1>"Leads"</h1><span class="meta">{order(&asked)}</span> };
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
    let known = table::Known { workflows: &workflows, rules: rule_names, people, clock: here.clock };
    let table = table::table(&known);
    let tools = tools(&here, &flash, &asked.address, &table, Some("/leads.csv")).await?;
    let list = if found.rows.is_empty() {
        empty::no_match(&asked, &found).into_any()
    } else {
        let count = Count { rows: found.rows.len(), called: ("row", "rows"), cut: found.cut, by_name: false };
        let rows = table.view(&found.rows, &asked.address, Some(asked.sorted));
        view! { {rows}{pager(&asked.address, asked.sort.order, &asked.cursor, &count, found.beside)} }
            .into_any()
    };
    let body = view! {
        <div class="filters">
            {filter::form(&asked, &workflows, &rules).into_any()}
            {chips(asked.chips(&workflows, &rules), Address::new("/leads").href())}
        </div>
        <div class="tabs-row">{by_action(&asked, counts).into_any()}{tools}</div>
        {refresh::part("list", Topic::Leads, list)}
        {refresh::hear(&[Topic::Leads])}
    };
    Ok(Page { title: "Leads".into(), bar: heading.into_any(), body: body.into_any() })
}

fn order(asked: &Asked) -> &'static str {
    match (asked.sort.by_first, asked.sort.order) {
        (true, Order::Newest) => "Those decided first most lately come first",
        (true, Order::Oldest) => "Those decided first longest ago come first",
        (false, Order::Newest) => "The last decision in each workflow, the newest first",
        (false, Order::Oldest) => "The last decision in each workflow, the oldest first",
    }
}

/// How many leads were decided how, each a way to see only those.
fn by_action(asked: &Asked, counts: Option<(Vec<(Action, usize)>, bool)>) -> impl IntoView + use<> {
    let address = asked.address.start();
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

/// Names by id, for what a page shows more than once.
pub(super) type ById<T> = BTreeMap<uuid::Uuid, T>;
