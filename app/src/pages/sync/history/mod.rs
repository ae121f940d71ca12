//! The list of finished actions: what was delivered, and what was not sent and why.

mod file;
mod filter;

use engine::ids::DeliveryId;
use leptos::either::Either;
use leptos::prelude::*;
use store::Store;
use store::reads::keyset::Cursor as ListCursor;
use store::refresh::Topic;
use store::sync::history::{Cursor, FinalState, FinishedEffect, PAGE_ROWS, SEARCHED_ROWS, history};
use store::sync::{DestinationRecord, EffectState, destinations};
use strum::VariantArray as _;

use super::status::finished;
use crate::error::Result;
use crate::flash::Flash;
use crate::lists::{EFFECTS, HISTORY, ListInfo};
use crate::pages::frame::PageContext;
use crate::pages::list_page::{ListFrame, ListPage, ListRequest, ListRows};
use crate::pages::menu::Section;
use crate::texts::texts;
use crate::ui::chip::dotted;
use crate::ui::clock::Clock;
use crate::ui::filters::Address;
use crate::ui::icon::{Icon, icon};
use crate::ui::table::{Column, ListOrder, Table};
use crate::ui::{note, number, titles, words};
use filter::{Asked, NAMES};

/// The list of finished actions.
pub struct HistoryList {
    asked: Asked,
    destinations: Vec<DestinationRecord>,
    clock: Clock,
}

impl ListPage for HistoryList {
    type Row = FinishedEffect;
    type Place = DeliveryId;
    type Extras = ();

    const INFO: ListInfo = HISTORY;
    const FILTERS: &'static [&'static str] = &NAMES;
    const PAGE_ROWS: usize = PAGE_ROWS;
    const HEAD: &'static [&'static str] = file::HEAD;
    const TOPIC: Option<Topic> = Some(Topic::Sync);

    fn heading(_address: &Address) -> (Section, String) {
        (Section::Outbox, texts().history_title())
    }

    fn rows_said(rows: usize) -> String {
        texts().history_rows(rows, number::count(rows as i64))
    }

    async fn read(store: &Store, asked: ListRequest) -> Result<Self> {
        let destinations = destinations(store).await?;
        Ok(Self { asked: Asked::read(asked.address, &destinations), destinations, clock: asked.clock })
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
        cursor: Cursor,
        limit: usize,
    ) -> Result<ListRows<FinishedEffect, DeliveryId>> {
        let found = history(store, &self.asked.filter, self.asked.sorted.order, cursor, limit).await?;
        Ok(ListRows { rows: found.rows, beside: found.beside, cut: found.cut, total: None })
    }

    async fn extras(&self, _here: &PageContext, _found: &ListRows<FinishedEffect, DeliveryId>) -> Result<()> {
        Ok(())
    }

    fn table<'a>(&'a self, (): &'a ()) -> Table<'a, FinishedEffect, String> {
        table(self.clock)
    }

    fn surroundings(
        &self,
        _here: &PageContext,
        _flash: &Flash,
        (): &(),
        _found: &ListRows<FinishedEffect, DeliveryId>,
    ) -> ListFrame<String> {
        let asked = &self.asked;
        let bar = view! {
            <nav aria-label=texts().deliveries_breadcrumb()><a href="/sync">{texts().deliveries_title()}</a><span aria-hidden="true">" /"</span></nav>
            <h1>{texts().history_title()}</h1>
        };
        ListFrame {
            bar: bar.into_any(),
            form: filter::form(asked, &self.destinations).into_any(),
            chips: asked.chips(),
            cleared: asked.address.start().without(&NAMES[1..]).href(),
            tabs: by_state(asked).into_any(),
            above: ().into_any(),
            below: ().into_any(),
        }
    }

    fn empty(&self, (): &(), found: &ListRows<FinishedEffect, DeliveryId>) -> AnyView {
        empty(&self.asked, found)
    }

    async fn lines(&self, _store: &Store, rows: Vec<FinishedEffect>) -> Result<Vec<Vec<String>>> {
        Ok(rows.into_iter().map(file::line).collect())
    }
}

/// Returns the tone and the label of a final state.
fn label(state: FinalState) -> (&'static str, String) {
    finished(Some(match state {
        FinalState::Delivered => EffectState::Delivered,
        FinalState::Expired => EffectState::Expired,
        FinalState::Superseded => EffectState::Superseded,
        FinalState::Withdrawn => EffectState::Withdrawn,
    }))
}

/// Renders the links that filter by how an action ended. They have no counts: the history only grows.
fn by_state(asked: &Asked) -> impl IntoView + use<> {
    let address = asked.address.start();
    let tab = |state: Option<FinalState>| {
        let (tone, text) = match state.map(label) {
            Some((tone, text)) => (Some(tone), text),
            None => (None, texts().history_all()),
        };
        let href = match state {
            Some(state) => address.with("state", <&str>::from(state)).href(),
            None => address.without(&["state"]).href(),
        };
        let current = (asked.filter.state == state).then_some("true");
        view! {
            <li data-a=tone>
                <a href=href aria-current=current>{tone.map(|_| view! { <span class="dot"></span> })}{text}</a>
            </li>
        }
    };
    let states = FinalState::VARIANTS.iter().map(|state| tab(Some(*state))).collect_view();
    let unfinished = asked.address.on(EFFECTS.path, &["destination"]).href();
    view! {
        <nav aria-label=texts().history_results()>
            <ul class="tabs">{tab(None)}{states}<li><a href=unfinished>{texts().history_unfinished()}</a></li></ul>
        </nav>
    }
}

fn table(clock: Clock) -> Table<'static, FinishedEffect, String> {
    let columns = vec![
        Column::new("lead", texts().history_column_lead(), "", who),
        Column::new("action", texts().history_column_action(), "", |row: &FinishedEffect| {
            let href = format!("/sync/effects/{}", row.effect_id);
            view! { <a href=href>{words::effect(&row.kind)}</a> }
        }),
        Column::new("to", texts().history_column_destination(), "", |row: &FinishedEffect| {
            titles::destination(&row.destination)
        })
        .label(texts().history_column_destination()),
        Column::new("result", texts().history_column_result(), "first", |row: &FinishedEffect| {
            let (tone, text) = label(row.state);
            dotted(tone, text)
        }),
        Column::new("attempts", texts().history_column_attempts(), "num", |row: &FinishedEffect| {
            row.attempts
        })
        .label(texts().history_column_attempts()),
        Column::new("key", texts().history_column_key(), "mono", |row: &FinishedEffect| {
            let whole = hex(&row.effect_key);
            view! { <span title=whole.clone()>{whole.get(..SHORT_KEY).unwrap_or(&whole).to_owned()}</span> }
        })
        .label(texts().history_column_key()),
        Column::new("expires", texts().history_column_expires(), "num quiet", move |row: &FinishedEffect| {
            row.expires_at.map(|at| clock.stamp(at))
        })
        .extra()
        .label(texts().history_column_expires()),
        Column::new("decided", texts().history_column_decided(), "num quiet", move |row: &FinishedEffect| {
            clock.stamp(row.created_at)
        })
        .extra()
        .label(texts().history_column_decided()),
        Column::new("ended", texts().history_column_finished(), "num", move |row: &FinishedEffect| {
            clock.stamp_second(row.finished_at)
        })
        .label(texts().history_column_finished())
        .sort("ended"),
    ];
    Table { caption: texts().history_caption(), class: "unfinished", columns, choose: None }
}

/// Hexadecimal digits to show of a key; as many as the page of an action shows.
const SHORT_KEY: usize = 12;

/// Formats a key in hexadecimal digits.
fn hex(key: &[u8]) -> String {
    key.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn who(row: &FinishedEffect) -> impl IntoView + use<> {
    let href = format!("/leads/{}", row.lead_id);
    if row.erased_at.is_some() {
        return Either::Left(
            view! { <a class="who quiet" href=href><b class="pair">{icon(Icon::Eraser)}{texts().deliveries_erased_person()}</b></a> },
        );
    }
    let (first, rest) =
        words::lead(row.name.as_ref(), row.company.as_ref(), row.email.as_ref(), row.external_id.as_deref());
    Either::Right(view! { <a class="who" href=href><b>{first}</b>" "<span>{rest}</span></a> })
}

fn empty(asked: &Asked, found: &ListRows<FinishedEffect, DeliveryId>) -> AnyView {
    if let (true, Some(on)) = (found.cut, found.beside.on(asked.sorted.order)) {
        let bare = asked.address.start();
        let further = match on {
            ListCursor::Before(id) => bare.with("before", id.to_string()).href(),
            ListCursor::After(id) => bare.with("after", id.to_string()).href(),
            ListCursor::Start => bare.href(),
        };
        let steps = view! {
            <p>{texts().history_none_so_far(number::count(SEARCHED_ROWS))}</p>
            <a class="btn" href=further>{texts().history_search_further()}</a>
        };
        return note::empty(Icon::Search, texts().history_none_so_far_title(), steps).into_any();
    }
    if asked.address.start().without(&["sort", "cols"]).names().is_empty() {
        let text = view! { <p>{texts().history_none()}</p> };
        return note::empty(Icon::Send, texts().history_none_title(), text).into_any();
    }
    let steps = view! { <a class="btn" href=HISTORY.path>{texts().history_clear_filters()}</a> };
    note::empty(Icon::Search, texts().history_none_match_title(), steps).into_any()
}
