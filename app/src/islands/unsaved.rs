//! Protects unsaved input.

use leptos::prelude::*;

/// Asks for confirmation before the page closes while a field of a `form[data-unsaved]` differs from its initial value.
/// Submitting the form does not ask.
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
    use leptos::web_sys::Event;

    use crate::islands::fields;

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
        let changed = "form[data-unsaved] :is(input:not([type=hidden]), textarea, option)";
        fields::is_any_changed(fields::all(None, changed))
    }
}
