//! The keys that work on every page, the dialogs that they open, and closing panels.

#[cfg(feature = "hydrate")]
mod browser;
#[cfg(feature = "hydrate")]
mod panels;

use leptos::prelude::*;

/// Opens the search on `/` and Ctrl+K, the map of keys on `?`, and goes to a page on `g` and its letter. The dialogs stand
/// in the page already; keys of the page itself are read from `data-key` and `data-key-help`.
#[island]
pub fn Keyboard(
    /// The dialogs.
    children: Children,
) -> impl IntoView {
    #[cfg(feature = "hydrate")]
    browser::listen();
    view! { <div class="keyboard">{children()}</div> }
}
