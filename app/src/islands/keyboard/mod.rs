//! Shortcuts that work on every page, the dialogs they open, and closing panels.

#[cfg(feature = "hydrate")]
mod browser;
#[cfg(feature = "hydrate")]
mod panels;

use leptos::prelude::*;

/// Opens the search on `/` and Ctrl+K, the list of shortcuts on `?`, and a page on `g` and its letter. The page already
/// contains the dialogs; shortcuts of the page itself come from `data-key` and `data-key-help`.
#[island]
pub fn Keyboard(
    /// The dialogs.
    children: Children,
) -> impl IntoView {
    #[cfg(feature = "hydrate")]
    browser::listen();
    view! { <div class="keyboard">{children()}</div> }
}
