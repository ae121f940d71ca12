//! Links to the neighbouring pages of a list.

use leptos::prelude::*;
use store::reads::keyset::{AdjacentPages, Cursor, Order};

use crate::ui::filters::Address;
use crate::ui::number;

/// The rows of a page.
pub struct RowCount {
    pub rows: usize,
    /// The noun for the rows: singular and plural.
    pub called: (&'static str, &'static str),
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
    let link = |at: Option<Cursor<P>>, words: &'static str, rel: &'static str| {
        let href = match at? {
            Cursor::Before(place) => bare.with("before", place.to_string()).href(),
            Cursor::After(place) => bare.with("after", place.to_string()).href(),
            Cursor::Start => bare.href(),
        };
        Some(view! { <a class="btn" rel=rel href=href>{words}</a> })
    };
    let shown = number::plural(count.rows as i64, count.called.0, count.called.1);
    let is_first = matches!(cursor, Cursor::Start);
    let has_more = beside.newer.is_some() || beside.older.is_some();
    let said = match (is_first, has_more, order) {
        (true, true, _) if count.by_name => format!("The first {shown}"),
        (true, true, Order::Newest) => format!("The newest {shown}"),
        (true, true, Order::Oldest) => format!("The oldest {shown}"),
        (true, false, _) | (false, ..) => shown,
    };
    let (back, on) = match order {
        Order::Newest if count.by_name => {
            (link(beside.newer, "Back", "prev"), link(beside.older, "More", "next"))
        }
        Order::Oldest if count.by_name => {
            (link(beside.older, "Back", "prev"), link(beside.newer, "More", "next"))
        }
        Order::Newest => {
            let words = if count.cut { "Search further back" } else { "Older" };
            (link(beside.newer, "Newer", "prev"), link(beside.older, words, "next"))
        }
        Order::Oldest => {
            let words = if count.cut { "Search further on" } else { "Newer" };
            (link(beside.older, "Older", "prev"), link(beside.newer, words, "next"))
        }
    };
    view! {
        <nav class="pager" aria-label=format!("Pages of {}", count.called.1)>
            <span class="meta">{said}</span>
            <span class="row">{back}{on}</span>
        </nav>
    }
    .into_any()
}
