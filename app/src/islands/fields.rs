//! Form fields that changed since the page loaded.

use leptos::prelude::document;
use leptos::wasm_bindgen::JsCast as _;
use leptos::web_sys::{Element, HtmlInputElement};
use web_sys::{HtmlOptionElement, HtmlTextAreaElement};

/// Returns whether any of these fields differs from its initial value.
pub fn is_any_changed(fields: impl IntoIterator<Item = Element>) -> bool {
    fields.into_iter().any(|field| is_changed(&field))
}

/// Returns the elements that match a selector, in the page or in a part of it.
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
        // A select without a default shows its first option.
        return option.selected() && !option.default_selected() && option.index() > 0;
    }
    field.dyn_ref::<HtmlInputElement>().is_some_and(|input| {
        input.value() != input.default_value() || input.checked() != input.default_checked()
    })
}
