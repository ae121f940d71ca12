//! The list of unfinished effects, and retrying the failed ones.

mod file;
mod filter;
mod table;

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use engine::ids::EffectId;
use leptos::prelude::*;
use leptos::server_fn::ServerFn as _;
use store::Store;
use store::control::kill::kill_switches;
use store::reads::keyset::Order;
use store::refresh::Topic;
use store::sync::history::FinalState;
use store::sync::unfinished::{COUNTED_ROWS, PAGE_ROWS, UnfinishedCursor};
use store::sync::{
    DestinationRecord, OutboxCount, UnfinishedEffect, UnfinishedState, count_dead, destinations,
    open_breakers, outbox_counts, unfinished, untried,
};

use crate::actions::sync::{ReplayChosen, ReplayEffect, ReplayEffects, StopReplay};
use crate::error::Result;
use crate::flash::Flash;
use crate::lists::{EFFECTS, HISTORY, ListInfo};
use crate::pages::frame::{self, PageContext};
use crate::pages::list_page::{ListFrame, ListPage, ListRequest, ListRows};
use crate::pages::menu::Section;
use crate::texts::texts;
use crate::ui::filters::Address;
use crate::ui::form::{ask, once};
use crate::ui::icon::Icon;
use crate::ui::note::Tone;
use crate::ui::progress::progress;
use crate::ui::table::{ListOrder, Table};
use crate::ui::{note, number, refresh, titles};
use filter::{EffectListQuery, NAMES};

pub(super) use filter::state_name;

/// The list of unfinished effects.
pub struct EffectList {
    asked: EffectListQuery,
    destinations: Vec<DestinationRecord>,
    again: Option<Again>,
    /// Whether the boxes of all rows are ticked.
    is_all_chosen: bool,
    now: DateTime<Utc>,
}

/// Data that the page shows in addition to the rows.
pub struct EffectListExtras {
    /// External state that affects the rows.
    standing: table::EffectRowContext,
    counts: Vec<OutboxCount>,
    /// Number of failed effects that match the filter; 0 unless the failed tab is open and the viewer may retry them.
    failed: i64,
    /// Number of effects of the current replay that have not been retried yet.
    untried: u64,
    /// Whether the viewer may retry any of the rows.
    is_any_dead: bool,
}

impl ListPage for EffectList {
    type Row = UnfinishedEffect;
    type Place = EffectId;
    type Extras = EffectListExtras;

    const INFO: ListInfo = EFFECTS;
    const FILTERS: &'static [&'static str] = &NAMES;
    const PAGE_ROWS: usize = PAGE_ROWS;
    const HEAD: &'static [&'static str] = file::HEAD;
    const TOPIC: Option<Topic> = Some(Topic::Sync);

    fn heading(_address: &Address) -> (Section, String) {
        (Section::Outbox, texts().unfinished_title())
    }

    fn rows_said(rows: usize) -> String {
        texts().unfinished_rows(rows, number::count(rows as i64))
    }

    async fn read(store: &Store, asked: ListRequest) -> Result<Self> {
        let destinations = destinations(store).await?;
        let again = asked.query.get("again").and_then(|text| Again::read(&text));
        let is_all_chosen = asked.query.get("chosen").as_deref() == Some("all");
        let now = asked.clock.now;
        Ok(Self {
            asked: EffectListQuery::read(asked.address, &destinations),
            destinations,
            again,
            is_all_chosen,
            now,
        })
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
        cursor: UnfinishedCursor,
        limit: usize,
    ) -> Result<ListRows<UnfinishedEffect, EffectId>> {
        let (filter, order) = (&self.asked.filter, self.asked.sorted.order);
        let found = unfinished(store, filter, order, cursor, limit, self.now).await?;
        Ok(ListRows { rows: found.rows, beside: found.beside, cut: false, total: None })
    }

    async fn extras(
        &self,
        here: &PageContext,
        found: &ListRows<UnfinishedEffect, EffectId>,
    ) -> Result<EffectListExtras> {
        let store = &here.request.store;
        let failed = match (self.asked.filter.state, here.may::<ReplayEffects>()) {
            (Some(UnfinishedState::Dead), true) => count_dead(store, &self.asked.dead()).await?,
            _ => 0,
        };
        let untried = match self.again {
            Some(again) => untried(store, again.at).await?.max(0).unsigned_abs(),
            None => 0,
        };
        let standing = standing(here, &self.destinations).await?;
        let is_any_dead =
            standing.may_replay && found.rows.iter().any(|row| row.state == UnfinishedState::Dead);
        let counts = outbox_counts(store, here.clock.now).await?;
        Ok(EffectListExtras { standing, counts, failed, untried, is_any_dead })
    }

    fn table<'a>(&'a self, extras: &'a EffectListExtras) -> Table<'a, UnfinishedEffect, String> {
        table::table(&extras.standing, extras.is_any_dead, self.is_all_chosen)
    }

    fn surroundings(
        &self,
        here: &PageContext,
        _flash: &Flash,
        extras: &EffectListExtras,
        _found: &ListRows<UnfinishedEffect, EffectId>,
    ) -> ListFrame<String> {
        let asked = &self.asked;
        let order = match asked.sorted.order {
            Order::Newest => texts().unfinished_newest_first(),
            Order::Oldest => texts().unfinished_oldest_first(),
        };
        let bar = view! {
            <nav aria-label=texts().deliveries_breadcrumb()><a href="/sync">{texts().deliveries_title()}</a><span aria-hidden="true">" /"</span></nav>
            <h1>{texts().unfinished_title()}</h1>
            <span class="meta">{order}</span>
        };
        let tabs = view! {
            {refresh::part("by-state", Topic::Sync, by_state(asked, &extras.counts))}
            {(extras.failed > 0).then(|| try_all(here, asked, extras.failed).into_any())}
        };
        let progress = self.again.map(|again| progress_of(here, again, extras.untried, &asked.address));
        ListFrame {
            bar: bar.into_any(),
            form: filter::form(asked, &self.destinations).into_any(),
            chips: asked.chips(),
            cleared: asked.address.start().without(&NAMES[1..]).href(),
            tabs: tabs.into_any(),
            above: view! {
                {refresh::part("progress", Topic::Sync, progress)}
                {refresh::part("closed", Topic::Sync, closed(asked, &extras.counts))}
            }
            .into_any(),
            below: extras.is_any_dead.then(|| retry_chosen(here, asked, self.is_all_chosen)).into_any(),
        }
    }

    fn empty(&self, _extras: &EffectListExtras, _found: &ListRows<UnfinishedEffect, EffectId>) -> AnyView {
        empty(&self.asked).into_any()
    }

    async fn lines(&self, _store: &Store, rows: Vec<UnfinishedEffect>) -> Result<Vec<Vec<String>>> {
        Ok(rows.into_iter().map(file::line).collect())
    }
}

/// A replay whose progress the page shows: the number of effects, and their due time.
#[derive(Clone, Copy)]
struct Again {
    all: u64,
    at: DateTime<Utc>,
}

impl Again {
    fn read(text: &str) -> Option<Self> {
        let (all, at) = text.split_once('.')?;
        Some(Self { all: all.parse().ok()?, at: DateTime::from_timestamp_micros(at.parse().ok()?)? })
    }
}

/// Renders the progress of a replay; renders nothing once it is complete.
fn progress_of(here: &PageContext, again: Again, left: u64, address: &Address) -> AnyView {
    if left == 0 {
        return ().into_any();
    }
    let stop = here.may::<StopReplay>().then(|| {
        view! {
            <form method="post" action=StopReplay::PATH>
                <input type="hidden" name="at" value=again.at.timestamp_micros().to_string() />
                <input type="hidden" name="next" value=address.start().href() />
                <button class="btn">{texts().unfinished_stop_retrying()}</button>
            </form>
        }
        .into_any()
    });
    progress(&texts().unfinished_retried(), again.all.saturating_sub(left), again.all, stop).into_any()
}

/// Loads the external state that affects the rows.
async fn standing(here: &PageContext, destinations: &[DestinationRecord]) -> Result<table::EffectRowContext> {
    let store = &here.request.store;
    let switches = kill_switches(store).await?;
    let silent: BTreeSet<_> =
        open_breakers(store).await?.into_iter().map(|breaker| breaker.destination_id).collect();
    let names = destinations.iter().filter(|known| silent.contains(&known.id().0));
    Ok(table::EffectRowContext {
        is_all_stopped: switches.iter().any(|switch| switch.workflow_id.is_none()),
        stopped: switches.iter().filter_map(|switch| switch.workflow_id).collect(),
        silent: names.map(|known| known.name.clone()).collect(),
        may_replay: here.may::<ReplayEffect>(),
        path: frame::current_path(),
        clock: here.clock,
    })
}

/// Renders the form that retries the selected effects. It stays in view below the rows, however long the list is.
fn retry_chosen(here: &PageContext, asked: &EffectListQuery, is_all_chosen: bool) -> impl IntoView + use<> {
    let all = if is_all_chosen {
        view! { <a class="btn plain" href=asked.address.href()>{texts().unfinished_clear_selection()}</a> }
    } else {
        let sign = if asked.address.query().is_empty() { '?' } else { '&' };
        view! { <a class="btn plain" href=format!("{}{sign}chosen=all", asked.address.href())>{texts().unfinished_select_all()}</a> }
    };
    view! {
        <div class="list-foot chosen">
            <form id=table::CHOSEN class="row" method="post" action=ReplayChosen::PATH>
                {once(&here.request, "chosen")}
                <input type="hidden" name="next" value=asked.address.href() />
                <button class="btn primary">{texts().unfinished_retry_selected()}</button>
                {all}
            </form>
        </div>
    }
}

/// Renders the link to the actions that were closed as expired, which the list of unfinished ones no longer contains.
fn closed(asked: &EffectListQuery, counts: &[OutboxCount]) -> impl IntoView + use<> {
    let is_asked = matches!(asked.filter.state, None | Some(UnfinishedState::Expired));
    let of = |count: &&OutboxCount| asked.is_of(count.destination_id);
    let expired: i64 = counts.iter().filter(of).map(|count| count.expired).sum();
    (is_asked && expired > 0).then(|| {
        let state: &'static str = FinalState::Expired.into();
        let href = asked.address.on(HISTORY.path, &["destination"]).with("state", state).href();
        let text = texts().unfinished_closed(expired, number::count(expired));
        note::note(Tone::Warn, view! { <p>{text}" "<a href=href>{texts().unfinished_show_history()}</a></p> })
    })
}

/// Renders the number of effects in each state as a link that filters by it.
fn by_state(asked: &EffectListQuery, counts: &[OutboxCount]) -> impl IntoView + use<> {
    let address = asked.address.start();
    let is_meant = |count: &&OutboxCount| asked.is_of(count.destination_id);
    // The counts ignore the error text, because matching it would read every row.
    let is_counted = asked.filter.error.is_none();
    let sum = |of: fn(&OutboxCount) -> i64| counts.iter().filter(is_meant).map(of).sum::<i64>();
    let all = sum(OutboxCount::unfinished);
    let (ready, running, dead) = (sum(|c| c.ready), sum(|c| c.running), sum(|c| c.dead));
    let overdue = sum(|c| c.overdue);
    let history = asked.address.on(HISTORY.path, &["destination"]).href();
    let tab = |state: Option<UnfinishedState>, tone: Option<&'static str>, text: String, n: i64| {
        let href = match state {
            Some(state) => address.with("state", state_name(state)).href(),
            None => address.without(&["state"]).href(),
        };
        let current = (asked.filter.state == state).then_some("true");
        view! {
            <li data-a=tone>
                <a href=href aria-current=current>
                    {tone.map(|_| view! { <span class="dot"></span> })}{text}{is_counted.then(|| view! { <b>{number::count(n)}</b> })}
                </a>
            </li>
        }
    };
    view! {
        <nav aria-label=texts().unfinished_states()>
            <ul class="tabs">
                {tab(None, None, texts().unfinished_all(), all)}
                {tab(Some(UnfinishedState::Ready), Some("warn"), texts().unfinished_waiting(), ready)}
                {tab(Some(UnfinishedState::Running), Some("info"), texts().unfinished_sending(), running)}
                {tab(Some(UnfinishedState::Dead), Some("bad"), texts().unfinished_failed(), dead)}
                {tab(Some(UnfinishedState::Expired), Some("warn"), texts().unfinished_expired(), overdue)}
                <li><a href=history>{texts().unfinished_history()}</a></li>
            </ul>
        </nav>
    }
}

/// Renders the form that retries all matching effects, after it states their number.
fn try_all(here: &PageContext, asked: &EffectListQuery, count: i64) -> impl IntoView + use<> {
    let shown = number::count(count.min(COUNTED_ROWS));
    let (all, about) = if count > COUNTED_ROWS {
        (texts().unfinished_retry_all_more(&shown), texts().unfinished_retry_about_more(shown))
    } else {
        (texts().unfinished_retry_all(count, &shown), texts().unfinished_retry_about(count, shown))
    };
    let form = view! {
        <form method="post" action=ReplayEffects::PATH>
            {once(&here.request, "all")}
            <input type="hidden" name="destination" value=asked.destination.clone() />
            <input type="hidden" name="error" value=asked.filter.error.clone() />
            <p>{about}</p>
            <p class="meta">{texts().unfinished_retry_superseded()}</p>
            <button class="btn primary">{all.clone()}</button>
        </form>
    };
    ask(all, false, form)
}

fn empty(asked: &EffectListQuery) -> impl IntoView + use<> {
    let whole = view! { <a class="btn" href=EFFECTS.path>{texts().unfinished_show_all()}</a> };
    let is_further = asked.address.get("before").or(asked.address.get("after")).is_some();
    if asked.filter.error.is_some() || is_further {
        let steps = view! { <p>{texts().unfinished_none_match()}</p>{whole} };
        return note::empty(Icon::Search, texts().unfinished_none_match_title(), steps).into_any();
    }
    let (title, text) = match asked.filter.state {
        None => (texts().unfinished_none_title(), texts().unfinished_none()),
        Some(UnfinishedState::Ready) => {
            (texts().unfinished_none_waiting_title(), texts().unfinished_none_waiting())
        }
        Some(UnfinishedState::Running) => {
            (texts().unfinished_none_sending_title(), texts().unfinished_none_sending())
        }
        Some(UnfinishedState::Dead) => {
            (texts().unfinished_none_failed_title(), texts().unfinished_none_failed())
        }
        Some(UnfinishedState::Expired) => {
            (texts().unfinished_none_expired_title(), texts().unfinished_none_expired())
        }
    };
    let text = asked
        .destination
        .as_ref()
        .map_or(text, |name| texts().unfinished_none_destination(titles::destination(name)));
    let way_on = asked.filter.state.is_some().then_some(whole);
    note::empty(Icon::Check, title, view! { <p>{text}</p>{way_on} }).into_any()
}
