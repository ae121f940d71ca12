//! The list of leads.

mod empty;
mod file;
mod filter;
mod table;

use std::collections::BTreeMap;

use engine::action::Action;
use leptos::prelude::*;
use store::Store;
use store::actor::Role;
use store::people::{self, Person};
use store::reads::frame::{RuleName, WorkflowName, live_rules, names_of, workflow_names};
use store::reads::keyset::Order;
use store::reads::leads_list::{self, COUNTED_ROWS, LeadListCursor, LeadListPosition, LeadListRow};
use store::refresh::Topic;

use super::frame::PageContext;
use super::list_page::{ListFrame, ListPage, ListRequest, ListRows};
use super::menu::Section;
use crate::actions::runs::StartImport;
use crate::error::Result;
use crate::flash::Flash;
use crate::islands::SubmitOnChange;
use crate::lists::{LEADS, ListInfo};
use crate::texts::texts;
use crate::ui::charts::bars::STACK;
use crate::ui::filters::Address;
use crate::ui::table::{ListOrder, Table};
use crate::ui::{number, words};
use filter::LeadListQuery;

/// The list of leads.
pub struct LeadList {
    asked: LeadListQuery,
    workflows: Vec<WorkflowName>,
    /// All AEs, including deactivated ones, because leads can still be assigned to them.
    assignees: Vec<Person>,
}

/// Data that the page shows in addition to the rows.
pub struct LeadListExtras {
    /// Names used in the rows.
    names: table::LeadRowContext,
    /// The rules of the live workflows.
    rules: Vec<RuleName>,
    /// The sources that leads came from.
    sources: Vec<String>,
    /// Number of leads by the action that counts for them, and whether there are more.
    counts: (Vec<(Action, usize)>, bool),
    /// Whether no lead exists at all.
    is_bare: bool,
}

impl ListPage for LeadList {
    type Row = LeadListRow;
    type Place = LeadListPosition;
    type Extras = LeadListExtras;

    const INFO: ListInfo = LEADS;
    const FILTERS: &'static [&'static str] = &filter::NAMES;
    const PAGE_ROWS: usize = leads_list::PAGE_ROWS;
    const HEAD: &'static [&'static str] = file::HEAD;
    const TOPIC: Option<Topic> = Some(Topic::Leads);

    fn heading(_address: &Address) -> (Section, String) {
        (Section::Leads, texts().leads_title())
    }

    fn rows_said(rows: usize) -> String {
        texts().leads_rows(rows, number::count(rows as i64))
    }

    async fn read(store: &Store, asked: ListRequest) -> Result<Self> {
        let (workflows, mut assignees) = tokio::try_join!(workflow_names(store), people::all(store))?;
        assignees.retain(|person| person.roles.contains(&Role::Ae));
        let asked = LeadListQuery::read(asked.address, asked.clock, &workflows, &assignees);
        Ok(Self { asked, workflows, assignees })
    }

    fn address(&self) -> &Address {
        &self.asked.address
    }

    fn sorted(&self) -> ListOrder {
        self.asked.sorted
    }

    async fn rows(
        &self,
        store: &Store,
        cursor: LeadListCursor,
        limit: usize,
    ) -> Result<ListRows<LeadListRow, LeadListPosition>> {
        let found = leads_list::page(store, &self.asked.filter, self.asked.sort, cursor, limit).await?;
        Ok(ListRows { rows: found.rows, beside: found.beside, cut: found.cut, total: None })
    }

    async fn extras(
        &self,
        here: &PageContext,
        found: &ListRows<LeadListRow, LeadListPosition>,
    ) -> Result<LeadListExtras> {
        let store = &here.request.store;
        let decisions: Vec<_> = found.rows.iter().map(|row| row.last_decision_id).collect();
        let rules = leads_list::rules_of(store, &decisions).await?;
        let assignees: Vec<String> = found.rows.iter().filter_map(|row| row.assignee.clone()).collect();
        let names = table::LeadRowContext {
            rules: rules.into_iter().map(|rule| (rule.decision_id, rule)).collect(),
            people: names_of(store, &assignees).await?,
            clock: here.clock,
        };
        Ok(LeadListExtras {
            names,
            rules: live_rules(store).await?,
            sources: leads_list::sources(store).await?,
            counts: leads_list::counts(store, &self.asked.filter).await?,
            is_bare: found.rows.is_empty() && leads_list::is_empty(store).await?,
        })
    }

    fn table<'a>(&'a self, extras: &'a LeadListExtras) -> Table<'a, LeadListRow, String> {
        table::table(&self.workflows, &extras.names)
    }

    fn surroundings(
        &self,
        here: &PageContext,
        _flash: &Flash,
        extras: &LeadListExtras,
        _found: &ListRows<LeadListRow, LeadListPosition>,
    ) -> ListFrame<String> {
        let Self { asked, workflows, assignees } = self;
        let import = here
            .may::<StartImport>()
            .then(|| view! { <a class="btn push" href="/import">{texts().leads_import()}</a> });
        ListFrame {
            bar: view! { <h1>{texts().leads_title()}</h1><span class="meta">{total(asked, &extras.counts)}" "{order(asked)}</span>{import} }.into_any(),
            form: filter::form(asked, workflows, &extras.rules, assignees, &extras.sources).into_any(),
            chips: asked.chips(workflows, &extras.rules, assignees),
            cleared: Address::new(LEADS.path).href(),
            tabs: by_action(asked, &extras.counts).into_any(),
            above: view! { <SubmitOnChange /> }.into_any(),
            below: ().into_any(),
        }
    }

    fn instead(&self, here: &PageContext, extras: &LeadListExtras) -> Option<AnyView> {
        extras.is_bare.then(|| empty::no_leads(&self.workflows, &here.request.origin()).into_any())
    }

    fn empty(&self, _extras: &LeadListExtras, found: &ListRows<LeadListRow, LeadListPosition>) -> AnyView {
        empty::no_match(&self.asked, found).into_any()
    }

    async fn lines(&self, _store: &Store, rows: Vec<LeadListRow>) -> Result<Vec<Vec<String>>> {
        Ok(rows.into_iter().map(|row| file::line(row, &self.workflows)).collect())
    }
}

/// Says how many leads match.
fn total(asked: &LeadListQuery, (counts, more): &(Vec<(Action, usize)>, bool)) -> String {
    let is_meant = |action: Action| asked.filter.action.is_none_or(|asked| asked == action);
    let count: usize = counts.iter().filter(|(action, _)| is_meant(*action)).map(|(_, count)| count).sum();
    texts().leads_total(count, shown(count, *more))
}

/// Formats a count; a `+` marks one that stopped at a limit.
fn shown(count: usize, more: bool) -> String {
    let count = number::count(count.min(COUNTED_ROWS) as i64);
    if more { texts().leads_count_or_more(count) } else { count }
}

fn order(asked: &LeadListQuery) -> String {
    match (asked.sort.by_first, asked.sort.order) {
        (true, Order::Newest) => texts().leads_by_first_newest(),
        (true, Order::Oldest) => texts().leads_by_first_oldest(),
        (false, Order::Newest) => texts().leads_by_latest_newest(),
        (false, Order::Oldest) => texts().leads_by_latest_oldest(),
    }
}

/// Renders the number of leads for each decision as a link that filters by it.
fn by_action(asked: &LeadListQuery, (counts, more): &(Vec<(Action, usize)>, bool)) -> impl IntoView + use<> {
    let address = asked.address.start();
    let more = *more;
    let total: usize = counts.iter().map(|(_, count)| count).sum();
    let shown = move |count: usize| view! { <b>{shown(count, more)}</b> };
    let all = view! {
        <li>
            <a href=address.without(&["action"]).href() aria-current=asked.filter.action.is_none().then_some("true")>{texts().leads_all()}{shown(total)}</a>
        </li>
    };
    let one = |action: &Action| {
        let count = counts.iter().find(|(known, _)| known == action).map_or(0, |(_, count)| *count);
        let current = asked.filter.action == Some(*action);
        let href = address.with("action", <&str>::from(*action)).href();
        // Actions known to have no leads are hidden, except for the active one.
        (current || count > 0 || more).then(|| {
            view! {
                <li data-a=words::action_tone(*action)>
                    <a href=href aria-current=current.then_some("true")><span class="dot"></span>{words::action(*action)}{shown(count)}</a>
                </li>
            }
        })
    };
    let ones = STACK.iter().map(one).collect_view();
    view! { <nav aria-label=texts().leads_by_decision()><ul class="tabs">{all}{ones}</ul></nav> }
}

/// Names by ID.
pub(super) type ById<T> = BTreeMap<uuid::Uuid, T>;
