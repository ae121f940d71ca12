//! Single keys for what a page can do.

use leptos::ev::{KeyboardEvent, keydown};
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast as _;
use leptos::web_sys::{Element, HtmlElement};

/// What takes keys itself.
const FIELDS: &str = "input, select, textarea, [contenteditable]";
/// What Enter belongs to where it has the focus.
const PRESSED_BY_ENTER: &str = "a, button, summary";

/// Presses the button or link of the page that names the key in its `data-key`; the first one of several. Keys typed into
/// fields stay there.
#[island]
pub fn Keys() -> impl IntoView {
    Effect::new(|_| {
        let listener = window_event_listener(keydown, |event| {
            if press(&event).is_some() {
                event.prevent_default();
            }
        });
        on_cleanup(move || listener.remove());
        // Whoever presses keys by program has to know from when on they are heard.
        if let Some(page) = document().document_element() {
            let _ = page.set_attribute("data-keys", "");
        }
    });
}

/// Does what the key says; `None` when it says nothing here.
fn press(event: &KeyboardEvent) -> Option<()> {
    if event.default_prevented() || event.repeat() || event.ctrl_key() || event.alt_key() || event.meta_key()
    {
        return None;
    }
    let page = document();
    let key = event.key().to_lowercase();
    let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    let within = |selector: &str| target.as_ref().and_then(|target| target.closest(selector).ok()?);
    if within(FIELDS).is_some() {
        return None;
    }
    // A person may have switched single keys off (WCAG 2.2, 2.1.4).
    if page.query_selector("dialog[open], [data-single-keys]").ok()?.is_some()
        || (key == "enter" && within(PRESSED_BY_ENTER).is_some())
    {
        return None;
    }
    // Whoever speaks to the computer has switched letters off (WCAG 2.1.4).
    if key.len() == 1 && page.query_selector("[data-single-keys]").ok()?.is_some() {
        return None;
    }
    // Keys that are named are letters, digits or words such as Enter; nothing else gets into the selector.
    let is_plain = key.chars().all(|c| c.is_ascii_alphanumeric());
    let selector = is_plain.then(|| format!("[data-key='{key}' i]"))?;
    let pressed = page.query_selector(&selector).ok()??.dyn_into::<HtmlElement>().ok()?;
    // Nobody presses what they do not see.
    (pressed.offset_height() > 0).then_some(())?;
    pressed.click();
    if pressed.tag_name() == "SUMMARY" {
        let first =
            pressed.closest("details[open]").ok()??.query_selector(".field:not([type=hidden])").ok()??;
        first.dyn_into::<HtmlElement>().ok()?.focus().ok()?;
    }
    Some(())
}
