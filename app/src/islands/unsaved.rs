//! Asks before what was typed is lost.

use leptos::prelude::*;

/// Asks before the page is left while a field of a `form[data-unsaved]` differs from what it was when the page came. Sending
/// the form is no leaving.
#[island]
pub fn Unsaved() -> impl IntoView {
    #[cfg(feature = "hydrate")]
    browser::start();
}

#[cfg(feature = "hydrate")]
mod browser {
    use std::cell::Cell;
    use std::rc::Rc;

    use leptos::prelude::*;
    use leptos::wasm_bindgen::JsCast as _;
    use leptos::wasm_bindgen::prelude::Closure;
    use leptos::web_sys::{Element, Event, HtmlInputElement};
    use web_sys::{HtmlOptionElement, HtmlTextAreaElement};

    pub fn start() {
        let is_sent = Rc::new(Cell::new(false));
        let sent = is_sent.clone();
        let on_submit = Closure::<dyn Fn()>::new(move || sent.set(true));
        let on_leave = Closure::<dyn Fn(Event)>::new(move |event: Event| {
            if !is_sent.get() && is_changed() {
                event.prevent_default();
            }
        });
        let _ = document().add_event_listener_with_callback("submit", on_submit.as_ref().unchecked_ref());
        let _ = window().add_event_listener_with_callback("beforeunload", on_leave.as_ref().unchecked_ref());
        on_submit.forget();
        on_leave.forget();
    }

    fn is_changed() -> bool {
        let fields = "form[data-unsaved] :is(input:not([type=hidden]), textarea, option)";
        let Ok(all) = document().query_selector_all(fields) else { return false };
        (0..all.length())
            .filter_map(|at| all.get(at)?.dyn_into::<Element>().ok())
            .any(|field| differs(&field))
    }

    fn differs(field: &Element) -> bool {
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
}
