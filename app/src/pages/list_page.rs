//! Pages of lists. A [`ListPage`] says what a list has: filters, rows, columns and lines of a file. From it come the page with
//! its saved views, columns, order and keyset pages, and the rows as CSV.

use std::future::Future;
use std::pin::Pin;
use std::str::FromStr;

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use leptos_router::params::ParamsMap;
use store::Store;
use store::reads::keyset::{Beside, Cursor};
use store::refresh::Topic;

use super::frame::{Here, Page, page};
use super::list_tools::tools;
use super::places::Section;
use crate::context::Viewer;
use crate::error::{Error, Result};
use crate::flash::Flash;
use crate::lists::ListInfo;
use crate::ui::clock::Clock;
use crate::ui::filters::{Address, Chip, chips};
use crate::ui::refresh;
use crate::ui::table::{Count, Sorted, Table, pager};

/// A list with a page and a file.
pub trait ListPage: Sized + Send + Sync + 'static {
    /// A row.
    type Row: Send + Sync + 'static;
    /// Where a row stands in the order: a page begins beside one.
    type Place: FromStr + ToString + Copy + Send + Sync + 'static;
    /// What the page shows beside the rows themselves, such as names by id.
    type Extras: Send + Sync;

    /// Its page and file.
    const INFO: ListInfo;
    /// The names of its filters in the address.
    const FILTERS: &'static [&'static str];
    /// What one row is called, and several.
    const CALLED: (&'static str, &'static str);
    /// Rows of a page.
    const PAGE_ROWS: usize;
    /// The header of the file.
    const HEAD: &'static [&'static str];
    /// What the open page listens to, if it refreshes itself.
    const TOPIC: Option<Topic> = None;

    /// Its place in the menu and its title, which may depend on the filters.
    fn heading(address: &Address) -> (Section, &'static str);

    /// Reads what is asked for. What is not understood does not filter.
    ///
    /// # Errors
    /// When the database fails.
    fn read(store: &Store, asked: ListRequest) -> impl Future<Output = Result<Self>> + Send;

    /// The address that was read.
    fn address(&self) -> &Address;

    /// How the rows are sorted.
    fn sorted(&self) -> Sorted;

    /// Whether the rows are in the order of a name rather than of a time.
    fn is_by_name(&self) -> bool {
        false
    }

    /// Reads at most `limit` rows from a place on.
    ///
    /// # Errors
    /// When the database fails.
    fn rows(
        &self,
        store: &Store,
        cursor: Cursor<Self::Place>,
        limit: usize,
    ) -> impl Future<Output = Result<Rows<Self::Row, Self::Place>>> + Send;

    /// Reads what else the page shows.
    ///
    /// # Errors
    /// When the database fails.
    fn extras(
        &self,
        here: &Here,
        found: &Rows<Self::Row, Self::Place>,
    ) -> impl Future<Output = Result<Self::Extras>> + Send;

    /// The columns.
    fn table<'a>(&'a self, extras: &'a Self::Extras) -> Table<'a, Self::Row>;

    /// What stands around the rows.
    fn surroundings(
        &self,
        here: &Here,
        flash: &Flash,
        extras: &Self::Extras,
        found: &Rows<Self::Row, Self::Place>,
    ) -> ListSurroundings;

    /// What the page shows in place of everything below its heading, if there is nothing to list at all.
    fn instead(&self, _here: &Here, _extras: &Self::Extras) -> Option<AnyView> {
        None
    }

    /// What the page shows in place of the rows when there are none.
    fn empty(&self, extras: &Self::Extras, found: &Rows<Self::Row, Self::Place>) -> AnyView;

    /// The lines of the file.
    ///
    /// # Errors
    /// When the database fails.
    fn lines(
        &self,
        store: &Store,
        rows: Vec<Self::Row>,
    ) -> impl Future<Output = Result<Vec<Vec<String>>>> + Send;
}

/// A request for a list.
pub struct ListRequest {
    /// Filters, columns, order and place.
    pub address: Address,
    /// Everything after the question mark.
    pub query: ParamsMap,
    /// Where and when the viewer is.
    pub clock: Clock,
    /// Who reads it.
    pub viewer: Viewer,
}

impl ListRequest {
    /// Reads a query for a list.
    pub fn of<L: ListPage>(query: ParamsMap, clock: Clock, viewer: Viewer) -> Self {
        Self { address: address_of::<L>(&query), query, clock, viewer }
    }
}

/// Some rows of a list.
pub struct Rows<Row, Place> {
    /// The rows, in order.
    pub rows: Vec<Row>,
    /// The pages beside them.
    pub beside: Beside<Place>,
    /// The search was cut before the page was full.
    pub cut: bool,
    /// How many rows there are on all pages, where that is known.
    pub total: Option<i64>,
}

/// What stands around the rows of a list.
pub struct ListSurroundings {
    /// In the bar.
    pub bar: AnyView,
    /// The form of the filters.
    pub form: AnyView,
    /// The active filters.
    pub chips: Vec<Chip>,
    /// The address without filters.
    pub cleared: String,
    /// Beside the tools: ways to narrow the list with one click.
    pub tabs: AnyView,
    /// Between the tools and the rows.
    pub above: AnyView,
    /// Between the rows and the way to the next page.
    pub below: AnyView,
}

/// The address of a list, as a query has it.
fn address_of<L: ListPage>(query: &ParamsMap) -> Address {
    Address::of_list(L::INFO.path, query, L::FILTERS)
}

/// The page of a list.
pub fn list_page<L: ListPage>() -> impl IntoView {
    let query = use_query_map().get_untracked();
    let flash = use_context::<Flash>().unwrap_or_default();
    let (section, title) = L::heading(&address_of::<L>(&query));
    page(section, move |here| load::<L>(here, query, flash, title))
}

async fn load<L: ListPage>(here: Here, query: ParamsMap, flash: Flash, title: &'static str) -> Result<Page> {
    let store = &here.request.store;
    let viewer = here.request.viewer.clone().ok_or(Error::SignedOut)?;
    let list = L::read(store, ListRequest::of::<L>(query, here.clock, viewer)).await?;
    let cursor = cursor(list.address());
    let found = list.rows(store, cursor, L::PAGE_ROWS).await?;
    let extras = list.extras(&here, &found).await?;
    let around = list.surroundings(&here, &flash, &extras, &found);
    if let Some(body) = list.instead(&here, &extras) {
        return Ok(Page { title: title.into(), bar: around.bar, body });
    }
    let table = list.table(&extras);
    let tools = tools(&here, &flash, list.address(), &table, Some(L::INFO.csv)).await?;
    let shown = if found.rows.is_empty() {
        list.empty(&extras, &found)
    } else {
        let sorted = list.sorted();
        let count =
            Count { rows: found.rows.len(), called: L::CALLED, cut: found.cut, by_name: list.is_by_name() };
        let rows = table.view(&found.rows, list.address(), Some(sorted));
        let pages = pager(list.address(), sorted.order, &cursor, &count, found.beside);
        view! { {rows}{around.below}{pages} }.into_any()
    };
    let shown = match L::TOPIC {
        Some(topic) => view! { {refresh::part("list", topic, shown)}{refresh::hear(&[topic])} }.into_any(),
        None => shown,
    };
    let body = view! {
        <div class="filters">{around.form}{chips(around.chips, around.cleared)}</div>
        <div class="tabs-row">{around.tabs}{tools}</div>
        {around.above}
        {shown}
    };
    Ok(Page { title: title.into(), bar: around.bar, body: body.into_any() })
}

/// Where a page begins.
fn cursor<P: FromStr>(address: &Address) -> Cursor<P> {
    let before = address.parsed::<P>("before").map(Cursor::Before);
    let after = address.parsed::<P>("after").map(Cursor::After);
    before.or(after).unwrap_or_default()
}

/// A list page by itself, whatever its rows are.
#[derive(Clone, Copy)]
pub struct ListEntry {
    /// Its page and file.
    pub info: ListInfo,
    /// The header of the file.
    pub head: &'static [&'static str],
    /// The page.
    pub view: fn() -> AnyView,
    open: Open,
}

type Open = for<'a> fn(&'a Store, ParamsMap, Clock, Viewer) -> Reading<'a, Opened>;
type Reading<'a, T> = Pin<Box<dyn Future<Output = Result<T>> + Send + 'a>>;

/// The rows of a list from its first one, and the names of its filters.
pub type Opened = (Box<dyn ListFile>, Vec<&'static str>);

impl ListEntry {
    /// The entry of a list page.
    pub const fn of<L: ListPage>() -> Self {
        Self { info: L::INFO, head: L::HEAD, view: || list_page::<L>().into_any(), open: open::<L> }
    }

    /// Opens the list as a file.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn open(
        &self,
        store: &Store,
        query: ParamsMap,
        clock: Clock,
        viewer: Viewer,
    ) -> Result<Opened> {
        (self.open)(store, query, clock, viewer).await
    }
}

fn open<L: ListPage>(store: &Store, query: ParamsMap, clock: Clock, viewer: Viewer) -> Reading<'_, Opened> {
    Box::pin(async move {
        let asked = ListRequest::of::<L>(query, clock, viewer);
        let asked = ListRequest { address: asked.address.start(), ..asked };
        let filters = asked.address.names();
        let list = L::read(store, asked).await?;
        Ok((Box::new(Reader { list, cursor: Cursor::Start }) as Box<dyn ListFile>, filters))
    })
}

/// Lines of a file, and whether there are more.
pub type Batch = (Vec<Vec<String>>, bool);

/// A list that is read from its first row to its last.
pub trait ListFile: Send {
    /// Reads the next lines, at most `limit`.
    fn next<'a>(&'a mut self, store: &'a Store, limit: usize) -> Reading<'a, Batch>;
}

struct Reader<L: ListPage> {
    list: L,
    cursor: Cursor<L::Place>,
}

impl<L: ListPage> ListFile for Reader<L> {
    fn next<'a>(&'a mut self, store: &'a Store, limit: usize) -> Reading<'a, Batch> {
        Box::pin(async move {
            let found = self.list.rows(store, self.cursor, limit).await?;
            let on = found.beside.on(self.list.sorted().order);
            let has_more = on.is_some();
            self.cursor = on.unwrap_or_default();
            Ok((self.list.lines(store, found.rows).await?, has_more))
        })
    }
}
