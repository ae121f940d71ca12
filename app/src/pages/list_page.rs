//! List pages. A [`ListPage`] declares the filters, rows, columns and CSV columns of a list. This module
//! derives the page from it, with saved views, column selection, sorting and keyset pagination, and the CSV
//! export.

use std::future::Future;
use std::pin::Pin;
use std::str::FromStr;

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use leptos_router::params::ParamsMap;
use store::Store;
use store::reads::keyset::{AdjacentPages, Cursor};
use store::refresh::Topic;

use super::frame::{PageContent, PageContext, page};
use super::list_tools::tools;
use super::menu::Section;
use crate::context::Viewer;
use crate::error::{Error, Result};
use crate::flash::Flash;
use crate::lists::ListInfo;
use crate::ui::clock::Clock;
use crate::ui::filters::{Address, Chip, chips};
use crate::ui::table::{ListOrder, RowCount, Table, pager};
use crate::ui::{number, refresh};

/// A list with a page and a CSV export.
pub trait ListPage: Sized + Send + Sync + 'static {
    /// A row of the list.
    type Row: Send + Sync + 'static;
    /// The sort position of a row, which serves as the pagination cursor.
    type Place: FromStr + ToString + Copy + Send + Sync + 'static;
    /// Data that the page shows in addition to the rows, such as names by ID.
    type Extras: Send + Sync;

    /// Paths of the page and the export.
    const INFO: ListInfo;
    /// Query parameters that hold the filters.
    const FILTERS: &'static [&'static str];
    /// Singular and plural noun for rows, unless [`Self::rows_said`] is implemented.
    const CALLED: (&'static str, &'static str) = ("", "");
    /// Rows per page.
    const PAGE_ROWS: usize;
    /// Header of the export.
    const HEAD: &'static [&'static str];
    /// The topic that refreshes an open page, if any.
    const TOPIC: Option<Topic> = None;

    /// Returns the menu section and the title, which can depend on the filters.
    fn heading(address: &Address) -> (Section, impl Into<String>);

    /// Formats a number of rows with their noun: `50 leads`.
    fn rows_said(rows: usize) -> String {
        number::plural(rows as i64, Self::CALLED.0, Self::CALLED.1)
    }

    /// Parses the request. Invalid filters are ignored.
    ///
    /// # Errors
    /// Returns an error if the database fails.
    fn read(store: &Store, asked: ListRequest) -> impl Future<Output = Result<Self>> + Send;

    /// Returns the parsed URL.
    fn address(&self) -> &Address;

    /// Returns the sort order.
    fn sorted(&self) -> ListOrder;

    /// Returns whether the rows are sorted by name rather than by time.
    fn is_by_name(&self) -> bool {
        false
    }

    /// Reads at most `limit` rows from a cursor on.
    ///
    /// # Errors
    /// Returns an error if the database fails.
    fn rows(
        &self,
        store: &Store,
        cursor: Cursor<Self::Place>,
        limit: usize,
    ) -> impl Future<Output = Result<ListRows<Self::Row, Self::Place>>> + Send;

    /// Reads the additional data of the page.
    ///
    /// # Errors
    /// Returns an error if the database fails.
    fn extras(
        &self,
        here: &PageContext,
        found: &ListRows<Self::Row, Self::Place>,
    ) -> impl Future<Output = Result<Self::Extras>> + Send;

    /// Builds the table with its columns.
    fn table<'a>(&'a self, extras: &'a Self::Extras) -> Table<'a, Self::Row, impl Caption>;

    /// Renders everything around the rows.
    fn surroundings(
        &self,
        here: &PageContext,
        flash: &Flash,
        extras: &Self::Extras,
        found: &ListRows<Self::Row, Self::Place>,
    ) -> ListFrame<impl IntoView + 'static>;

    /// Returns the body to show instead of the list, if nothing exists to list.
    fn instead(&self, _here: &PageContext, _extras: &Self::Extras) -> Option<AnyView> {
        None
    }

    /// Renders the empty state for a page without rows.
    fn empty(&self, extras: &Self::Extras, found: &ListRows<Self::Row, Self::Place>) -> AnyView;

    /// Formats rows for the export.
    ///
    /// # Errors
    /// Returns an error if the database fails.
    fn lines(
        &self,
        store: &Store,
        rows: Vec<Self::Row>,
    ) -> impl Future<Output = Result<Vec<Vec<String>>>> + Send;
}

/// The caption of a list.
pub trait Caption: Clone + Into<Oco<'static, str>> + Send + Sync {}

impl<T: Clone + Into<Oco<'static, str>> + Send + Sync> Caption for T {}

/// A request for a list.
pub struct ListRequest {
    /// The URL, with filters, columns, sort order and cursor.
    pub address: Address,
    /// All query parameters.
    pub query: ParamsMap,
    /// The current time and the viewer's time zone.
    pub clock: Clock,
    /// The person who requests the list.
    pub viewer: Viewer,
}

impl ListRequest {
    /// Creates the request from query parameters.
    pub fn of<L: ListPage>(query: ParamsMap, clock: Clock, viewer: Viewer) -> Self {
        Self { address: address_of::<L>(&query), query, clock, viewer }
    }
}

/// One page of rows.
pub struct ListRows<Row, Place> {
    /// The rows in order.
    pub rows: Vec<Row>,
    /// Cursors of the adjacent pages.
    pub beside: AdjacentPages<Place>,
    /// Whether the search stopped before the page was full.
    pub cut: bool,
    /// Total number of rows on all pages, if known.
    pub total: Option<i64>,
}

/// The views around the rows of a list.
pub struct ListFrame<Name = &'static str> {
    /// Content of the top bar.
    pub bar: AnyView,
    /// The filter form.
    pub form: AnyView,
    /// The active filters.
    pub chips: Vec<Chip<Name>>,
    /// The URL without filters.
    pub cleared: String,
    /// Quick filters beside the tools.
    pub tabs: AnyView,
    /// Content between the tools and the rows.
    pub above: AnyView,
    /// Content between the rows and the pagination.
    pub below: AnyView,
}

/// Parses the URL of a list from query parameters.
fn address_of<L: ListPage>(query: &ParamsMap) -> Address {
    Address::of_list(L::INFO.path, query, L::FILTERS)
}

/// Renders the page of a list.
pub fn list_page<L: ListPage>() -> impl IntoView {
    let query = use_query_map().get_untracked();
    let flash = use_context::<Flash>().unwrap_or_default();
    let address = address_of::<L>(&query);
    let (section, title) = L::heading(&address);
    let title = title.into();
    page(section, move |here| load::<L>(here, query, flash, title))
}

async fn load<L: ListPage>(
    here: PageContext,
    query: ParamsMap,
    flash: Flash,
    title: String,
) -> Result<PageContent> {
    let store = &here.request.store;
    let viewer = here.request.viewer.clone().ok_or(Error::SignedOut)?;
    let list = L::read(store, ListRequest::of::<L>(query, here.clock, viewer)).await?;
    let cursor = cursor(list.address());
    let found = list.rows(store, cursor, L::PAGE_ROWS).await?;
    let extras = list.extras(&here, &found).await?;
    let around = list.surroundings(&here, &flash, &extras, &found);
    if let Some(body) = list.instead(&here, &extras) {
        return Ok(PageContent { title, bar: around.bar, body });
    }
    let table = list.table(&extras);
    let tools = tools(&here, &flash, list.address(), &table, Some(L::INFO.csv)).await?;
    let shown = if found.rows.is_empty() {
        list.empty(&extras, &found)
    } else {
        let sorted = list.sorted();
        let count =
            RowCount { rows: L::rows_said(found.rows.len()), cut: found.cut, by_name: list.is_by_name() };
        let rows = table.view(&found.rows, list.address(), Some(sorted));
        let pages = pager(list.address(), sorted.order, &cursor, &count, found.beside);
        view! { {rows}{around.below}{pages} }.into_any()
    };
    let shown = match L::TOPIC {
        Some(topic) => {
            view! { {refresh::part("list", topic, shown)}{refresh::subscribe(&[topic])} }.into_any()
        }
        None => shown,
    };
    let body = view! {
        <div class="filters">{around.form}{chips(around.chips, around.cleared)}</div>
        <div class="tabs-row">{around.tabs}{tools}</div>
        {around.above}
        {shown}
    };
    Ok(PageContent { title, bar: around.bar, body: body.into_any() })
}

/// Returns the cursor in the URL.
fn cursor<P: FromStr>(address: &Address) -> Cursor<P> {
    let before = address.parsed::<P>("before").map(Cursor::Before);
    let after = address.parsed::<P>("after").map(Cursor::After);
    before.or(after).unwrap_or_default()
}

/// A list page with its types erased.
#[derive(Clone, Copy)]
pub struct ListEntry {
    /// Paths of the page and the export.
    pub info: ListInfo,
    /// Header of the export.
    pub head: &'static [&'static str],
    /// Renders the page.
    pub view: fn() -> AnyView,
    open: Open,
}

type Open = for<'a> fn(&'a Store, ParamsMap, Clock, Viewer) -> Reading<'a, ListExport>;
type Reading<'a, T> = Pin<Box<dyn Future<Output = Result<T>> + Send + 'a>>;

/// A reader over all rows of a list, and the names of its active filters.
pub type ListExport = (Box<dyn ListFile>, Vec<&'static str>);

impl ListEntry {
    /// Creates the entry of a list page.
    pub const fn of<L: ListPage>() -> Self {
        Self { info: L::INFO, head: L::HEAD, view: || list_page::<L>().into_any(), open: open::<L> }
    }

    /// Opens the list for export.
    ///
    /// # Errors
    /// Returns an error if the database fails.
    pub async fn open(
        &self,
        store: &Store,
        query: ParamsMap,
        clock: Clock,
        viewer: Viewer,
    ) -> Result<ListExport> {
        (self.open)(store, query, clock, viewer).await
    }
}

fn open<L: ListPage>(
    store: &Store,
    query: ParamsMap,
    clock: Clock,
    viewer: Viewer,
) -> Reading<'_, ListExport> {
    Box::pin(async move {
        let asked = ListRequest::of::<L>(query, clock, viewer);
        let asked = ListRequest { address: asked.address.start(), ..asked };
        let filters = asked.address.names();
        let list = L::read(store, asked).await?;
        Ok((Box::new(Reader { list, cursor: Cursor::Start }) as Box<dyn ListFile>, filters))
    })
}

/// Rows of the export, and whether more follow.
pub type ExportBatch = (Vec<Vec<String>>, bool);

/// A list that is exported from its first row to its last.
pub trait ListFile: Send {
    /// Reads at most `limit` further rows.
    fn next<'a>(&'a mut self, store: &'a Store, limit: usize) -> Reading<'a, ExportBatch>;
}

struct Reader<L: ListPage> {
    list: L,
    cursor: Cursor<L::Place>,
}

impl<L: ListPage> ListFile for Reader<L> {
    fn next<'a>(&'a mut self, store: &'a Store, limit: usize) -> Reading<'a, ExportBatch> {
        Box::pin(async move {
            let found = self.list.rows(store, self.cursor, limit).await?;
            let on = found.beside.on(self.list.sorted().order);
            let has_more = on.is_some();
            self.cursor = on.unwrap_or_default();
            Ok((self.list.lines(store, found.rows).await?, has_more))
        })
    }
}
