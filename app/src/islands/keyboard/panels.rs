//! Panels: a `details` element whose content lies over the page. One is open at a time, and it closes on Escape or on a click
//! elsewhere, as menus do.

use leptos::prelude::document;
use leptos::wasm_bindgen::JsCast as _;
use web_sys::{Element, Event, HtmlElement};

use crate::islands::fields;

/// The panels that are open.
const OPEN: &str = "details[open]:has(> .panel)";

/// Closes the panels that a click is not in. What was typed into one stays in it.
pub fn close_others(event: Event) -> Option<()> {
    let target: Element = event.target()?.dyn_into().ok()?;
    // A part of the page that was replaced by its own click is in no panel any more.
    if !target.is_connected() {
        return None;
    }
    for panel in fields::all(None, OPEN).into_iter().filter(|panel| !panel.contains(Some(&target))) {
        panel.remove_attribute("open").ok()?;
    }
    Some(())
}

/// Closes the panel that the focus is in, or else the last one that is open, and puts the focus on its button. A dialog closes
/// itself.
pub fn close_last(focused: &Element) -> Option<()> {
    if document().query_selector("dialog[open], :popover-open").ok()?.is_some() {
        return None;
    }
    let panel = focused.closest(OPEN).ok()?.or_else(|| fields::all(None, OPEN).pop())?;
    panel.remove_attribute("open").ok()?;
    panel.query_selector("summary").ok()??.dyn_into::<HtmlElement>().ok()?.focus().ok()
}
