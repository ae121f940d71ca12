//! Single-key shortcuts of a page.

use leptos::ev::{KeyboardEvent, keydown};
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast as _;
use leptos::web_sys::{Element, HtmlElement};

/// Elements that consume keys.
const FIELDS: &str = "input, select, textarea, [contenteditable]";
/// Elements that handle Enter when they have the focus.
const PRESSED_BY_ENTER: &str = "a, button, summary";

/// Clicks the first button or link whose `data-key` names the pressed key. Keys typed into fields have no effect.
#[island]
pub fn Keys() -> impl IntoView {
    Effect::new(|_| {
        let listener = window_event_listener(keydown, |event| {
            if press(&event).is_some() {
                event.prevent_default();
            }
        });
        on_cleanup(move || listener.remove());
        // Signals to tests and other automation that shortcuts work from now on.
        if let Some(page) = document().document_element() {
            let _ = page.set_attribute("data-keys", "");
        }
    });
}

/// Handles a key. Returns `None` if the page has no use for it.
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
    // People can switch single-key shortcuts off (WCAG 2.2, 2.1.4).
    if page.query_selector("dialog[open], [data-single-keys]").ok()?.is_some()
        || (key == "enter" && within(PRESSED_BY_ENTER).is_some())
    {
        return None;
    }
    // People who use speech input switch letters off (WCAG 2.1.4).
    if key.len() == 1 && page.query_selector("[data-single-keys]").ok()?.is_some() {
        return None;
    }
    // Declared keys are letters, digits or words such as Enter; nothing else gets into the selector.
    let is_plain = key.chars().all(|c| c.is_ascii_alphanumeric());
    let selector = is_plain.then(|| format!("[data-key='{key}' i]"))?;
    let pressed = page.query_selector(&selector).ok()??.dyn_into::<HtmlElement>().ok()?;
    // Hidden elements cannot be pressed.
    (pressed.offset_height() > 0).then_some(())?;
    pressed.click();
    if pressed.tag_name() == "SUMMARY" {
        let first =
            pressed.closest("details[open]").ok()??.query_selector(".field:not([type=hidden])").ok()??;
        first.dyn_into::<HtmlElement>().ok()?.focus().ok()?;
    }
    Some(())
}
