//! Panels: `details` elements whose content covers the page. Like menus, only one is open at a time, and it closes on Escape or
//! on a click elsewhere.

use leptos::prelude::document;
use leptos::wasm_bindgen::JsCast as _;
use web_sys::{Element, Event, HtmlElement};

use crate::islands::fields;

/// Selects the open panels.
const OPEN: &str = "details[open]:has(> .panel)";

/// Closes every panel that does not contain the click. Their input stays.
pub fn close_others(event: Event) -> Option<()> {
    let target: Element = event.target()?.dyn_into().ok()?;
    // The click replaced a part of the page, and removed elements belong to no panel.
    if !target.is_connected() {
        return None;
    }
    for panel in fields::all(None, OPEN).into_iter().filter(|panel| !panel.contains(Some(&target))) {
        panel.remove_attribute("open").ok()?;
    }
    Some(())
}

/// Closes the panel with the focus, or else the last open one, and focuses its button. Dialogs close themselves.
pub fn close_last(focused: &Element) -> Option<()> {
    if document().query_selector("dialog[open], :popover-open").ok()?.is_some() {
        return None;
    }
    let panel = focused.closest(OPEN).ok()?.or_else(|| fields::all(None, OPEN).pop())?;
    panel.remove_attribute("open").ok()?;
    panel.query_selector("summary").ok()??.dyn_into::<HtmlElement>().ok()?.focus().ok()
}
