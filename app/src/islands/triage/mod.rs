//! Working through the queue without loading the page for each lead.

#[cfg(feature = "hydrate")]
mod leave;
#[cfg(feature = "hydrate")]
mod swap;

use leptos::prelude::*;

/// Swaps the open lead when a person moves through the list by key, click or the browser's back button, and prefetches its
/// neighbours. Puts a claim back when the tab is closed. Without scripts, each move loads the page.
#[island]
pub fn Triage() -> impl IntoView {
    let (said, say) = signal(String::new());
    #[cfg(feature = "hydrate")]
    {
        swap::start(say);
        leave::start();
    }
    #[cfg(not(feature = "hydrate"))]
    let _ = say;
    view! { <output class="sr" aria-live="polite">{said}</output> }
}
