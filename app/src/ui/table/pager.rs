//! Links to the neighbouring pages of a list.

use leptos::prelude::*;
use store::reads::keyset::{AdjacentPages, Cursor, Order};

use crate::texts::texts;
use crate::ui::filters::Address;

/// The rows of a page.
pub struct RowCount {
    /// The number of rows with their noun: `50 leads`.
    pub rows: String,
    /// Whether the search stopped before the page was full.
    pub cut: bool,
    /// Whether the rows are sorted by name.
    pub by_name: bool,
}

/// Renders the number of rows and the links to the neighbouring pages.
pub fn pager<P: ToString>(
    address: &Address,
    order: Order,
    cursor: &Cursor<P>,
    count: &RowCount,
    beside: AdjacentPages<P>,
) -> AnyView {
    let bare = address.start();
    let link = |at: Option<Cursor<P>>, words: String, rel: &'static str| {
        let href = match at? {
            Cursor::Before(place) => bare.with("before", place.to_string()).href(),
            Cursor::After(place) => bare.with("after", place.to_string()).href(),
            Cursor::Start => bare.href(),
        };
        Some(view! { <a class="btn" rel=rel href=href>{words}</a> })
    };
    let is_first = matches!(cursor, Cursor::Start);
    let has_more = beside.newer.is_some() || beside.older.is_some();
    let said = match (is_first && has_more, order) {
        (true, _) if count.by_name => texts().table_first_rows(&count.rows),
        (true, Order::Newest) => texts().table_newest_rows(&count.rows),
        (true, Order::Oldest) => texts().table_oldest_rows(&count.rows),
        (false, _) => count.rows.clone(),
    };
    let (back, on) = match order {
        Order::Newest => (beside.newer, beside.older),
        Order::Oldest => (beside.older, beside.newer),
    };
    let (back_words, on_words) = match order {
        _ if count.by_name => (texts().table_previous(), texts().table_next()),
        Order::Newest if count.cut => (texts().table_newer(), texts().table_search_older()),
        Order::Newest => (texts().table_newer(), texts().table_older()),
        Order::Oldest if count.cut => (texts().table_older(), texts().table_search_newer()),
        Order::Oldest => (texts().table_older(), texts().table_newer()),
    };
    view! {
        <nav class="pager" aria-label=texts().table_pages(&count.rows)>
            <span class="meta">{said}</span>
            <span class="row">{link(back, back_words, "prev")}{link(on, on_words, "next")}</span>
        </nav>
    }
    .into_any()
}
