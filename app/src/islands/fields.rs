//! Fields that somebody has changed since the page came.

use leptos::prelude::document;
use leptos::wasm_bindgen::JsCast as _;
use leptos::web_sys::{Element, HtmlInputElement};
use web_sys::{HtmlOptionElement, HtmlTextAreaElement};

/// Whether any of these fields holds something else than what it came with.
pub fn is_any_changed(fields: impl IntoIterator<Item = Element>) -> bool {
    fields.into_iter().any(|field| is_changed(&field))
}

/// The elements of the page, or of a part of it, that match a selector.
pub fn all(within: Option<&Element>, selector: &str) -> Vec<Element> {
    let found = match within {
        Some(part) => part.query_selector_all(selector),
        None => document().query_selector_all(selector),
    };
    let Ok(found) = found else { return Vec::new() };
    (0..found.length()).filter_map(|at| found.get(at)?.dyn_into::<Element>().ok()).collect()
}

fn is_changed(field: &Element) -> bool {
    if let Some(text) = field.dyn_ref::<HtmlTextAreaElement>() {
        return text.default_value().is_ok_and(|before| before != text.value());
    }
    if let Some(option) = field.dyn_ref::<HtmlOptionElement>() {
        // A select that names no default shows its first option.
        return option.selected() && !option.default_selected() && option.index() > 0;
    }
    field.dyn_ref::<HtmlInputElement>().is_some_and(|input| {
        input.value() != input.default_value() || input.checked() != input.default_checked()
    })
}
