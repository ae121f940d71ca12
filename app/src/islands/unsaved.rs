//! Protects unsaved input.

use leptos::prelude::*;

/// Asks for confirmation before the page closes while a field of a `form[data-unsaved]` differs from its initial value.
/// Submitting that form does not ask; submitting another form of the page does.
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
    use leptos::web_sys::{Element, Event};

    use crate::islands::fields;

    pub fn start() {
        let is_sent = Rc::new(Cell::new(false));
        let sent = is_sent.clone();
        // Sending another form of the page would lose the input too.
        let on_submit = Closure::<dyn Fn(Event)>::new(move |event: Event| {
            let form = event.target().and_then(|form| form.dyn_into::<Element>().ok());
            if form.is_some_and(|form| form.has_attribute("data-unsaved")) {
                sent.set(true);
            }
        });
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
        let changed = "form[data-unsaved] :is(input:not([type=hidden]), textarea, option)";
        fields::is_any_changed(fields::all(None, changed))
    }
}
