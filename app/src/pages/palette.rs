//! The search dialog and the keyboard shortcuts dialog. An island opens them; without scripts, the search is
//! a separate page.

use leptos::prelude::*;

use super::menu::pages;
use crate::context::Viewer;
use crate::islands::Keyboard;
use crate::texts::texts;
use crate::ui::icon::{Icon, icon};

/// The key before the key of a page.
const GO_KEY: char = 'g';
/// The key that opens the search together with Ctrl.
const SEARCH_KEY: char = 'K';

/// Renders the link to the search.
pub fn search_link() -> impl IntoView {
    view! {
        <a class="find" href="/search" data-palette="" aria-keyshortcuts="/ Control+K">{icon(Icon::Search)}<span>{texts().palette_search()}</span><kbd class="with-scripts">"/"</kbd></a>
    }
}

/// Renders the dialogs and the island that opens them.
pub fn palette(viewer: &Viewer) -> impl IntoView + use<> {
    let off = (!viewer.single_keys).then_some("off");
    let dialogs = (search_dialog(), keys_dialog(viewer));
    view! { <Keyboard>{dialogs}<span hidden data-single-keys=off></span></Keyboard> }
}

/// Renders a combobox that follows the ARIA Authoring Practices: the focus stays in the input while the
/// arrow keys move through the results.
fn search_dialog() -> impl IntoView {
    view! {
        <dialog id="palette" aria-label=texts().palette_search()>
            <form method="get" action="/search" role="search">
                {icon(Icon::Search)}
                <input
                    id="palette-q" type="text" name="q" maxlength="200" placeholder=texts().palette_placeholder() autocomplete="off" spellcheck="false"
                    autofocus role="combobox" aria-label=texts().palette_search() aria-autocomplete="list" aria-expanded="true" aria-controls="palette-list"
                />
                <kbd aria-hidden="true">{texts().palette_key_escape()}</kbd>
            </form>
            <div id="palette-found" tabindex="0"><div id="palette-list" role="listbox" aria-label=texts().palette_results()></div></div>
            <p class="sr" role="status" id="palette-said"></p>
        </dialog>
    }
}

fn keys_dialog(viewer: &Viewer) -> impl IntoView + use<> {
    let go = |place: &super::menu::MenuPage| {
        let key = place.go.to_string();
        let shown = key.to_uppercase();
        view! {
            <li><a href=place.href data-go=key>{place.title()}</a><span><kbd>{GO_KEY.to_ascii_uppercase()}</kbd>" "<kbd>{shown}</kbd></span></li>
        }
    };
    let single = viewer.single_keys.then(|| {
        view! {
            <li>{texts().palette_show_shortcuts()}<span><kbd>"?"</kbd></span></li>
        }
    });
    view! {
        <dialog id="keys" aria-labelledby="keys-h">
            <form method="dialog" class="row"><h2 id="keys-h">{texts().palette_shortcuts()}</h2><button class="btn push" autofocus>{texts().palette_close()}</button></form>
            <div class="columns">
                <section aria-labelledby="keys-here-h" id="keys-here" hidden>
                    <h3 id="keys-here-h">{texts().palette_on_this_page()}</h3>
                    <ul></ul>
                </section>
                <section aria-labelledby="keys-all-h">
                    <h3 id="keys-all-h">{texts().palette_everywhere()}</h3>
                    <ul><li>{texts().palette_search()}<span>{viewer.single_keys.then(|| view! { <kbd>"/"</kbd>" / " })}<kbd>{texts().palette_key_control()}</kbd>" "<kbd>{SEARCH_KEY}</kbd></span></li>{single}<li>{texts().palette_close_panel()}<span><kbd>{texts().palette_key_escape()}</kbd></span></li></ul>
                </section>
                <section aria-labelledby="keys-go-h" class="wide go">
                    <h3 id="keys-go-h">{texts().palette_go_to()}</h3>
                    <ul>{pages(viewer).map(go).collect_view()}</ul>
                </section>
                <section aria-labelledby="keys-help-h" class="wide"><h3 id="keys-help-h">{texts().palette_about_page()}</h3><div id="keys-help"></div></section>
            </div>
        </dialog>
    }
}
