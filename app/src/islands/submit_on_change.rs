//! Filters that apply as soon as they are chosen.

use leptos::prelude::*;

/// Submits a `form[data-submit-on-change]` when one of its selects changes. Without scripts, its button
/// does.
#[island]
pub fn SubmitOnChange() -> impl IntoView {
    #[cfg(feature = "hydrate")]
    browser::start();
}

#[cfg(feature = "hydrate")]
mod browser {
    use leptos::prelude::*;
    use leptos::wasm_bindgen::JsCast as _;
    use leptos::wasm_bindgen::prelude::Closure;
    use leptos::web_sys::{Element, Event};
    use web_sys::HtmlElement;

    pub fn start() {
        let on_change = Closure::<dyn Fn(Event)>::new(|event: Event| {
            let field = event.target().and_then(|target| target.dyn_into::<Element>().ok());
            let select = field.filter(|field| field.matches("select").unwrap_or(false));
            let form = select.and_then(|select| select.closest("form[data-submit-on-change]").ok().flatten());
            let button =
                form.and_then(|form| form.query_selector("button:not([type=button])").ok().flatten());
            if let Some(button) = button.and_then(|button| button.dyn_into::<HtmlElement>().ok()) {
                button.click();
            }
        });
        let _ = document().add_event_listener_with_callback("change", on_change.as_ref().unchecked_ref());
        on_change.forget();
    }
}
