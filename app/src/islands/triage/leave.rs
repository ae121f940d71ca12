//! Puts a claim back when a person leaves.

use std::cell::Cell;
use std::rc::Rc;

use leptos::prelude::{document, window};
use leptos::wasm_bindgen::JsCast as _;
use leptos::wasm_bindgen::closure::Closure;
use web_sys::{Element, Event, UrlSearchParams};

use crate::islands::fields;

/// Milliseconds in which leaving the page counts as caused by the click or form before it.
const OWN_MS: f64 = 5_000.0;

/// Puts back the claim on the open lead when the tab is closed, reloaded or navigated to another site. Links and forms of the
/// page keep the claim: a person who opens the lead's page, or decides it, is still working on it.
pub fn start() {
    let own_until = Rc::new(Cell::new(0.0));
    let own = own_until.clone();
    // The window's listeners run last, after everything that could have prevented the event.
    listen("click", move |event| {
        let link =
            event.target().and_then(|target| target.dyn_into::<Element>().ok()?.closest("a[href]").ok()?);
        if link.is_some() && !event.default_prevented() {
            own.set(event.time_stamp() + OWN_MS);
        }
    });
    let own = own_until.clone();
    listen("submit", move |event| own.set(event.time_stamp() + OWN_MS));
    listen("pagehide", move |event| {
        if event.time_stamp() > own_until.get() {
            put_back();
        }
    });
}

fn listen(name: &str, listener: impl Fn(Event) + 'static) {
    let closure = Closure::<dyn Fn(Event)>::new(listener);
    let _ = window().add_event_listener_with_callback(name, closure.as_ref().unchecked_ref());
    closure.forget();
}

/// Sends the form that puts the open lead back if the viewer has claimed it. The page is gone by the time of the response.
fn put_back() -> Option<()> {
    let form = document().query_selector("[data-claimed] form").ok()??;
    let params = UrlSearchParams::new().ok()?;
    for input in fields::all(Some(&form), "input[name]") {
        params.append(&input.get_attribute("name")?, &input.get_attribute("value").unwrap_or_default());
    }
    params.append("left", "true");
    let action = form.get_attribute("action")?;
    window().navigator().send_beacon_with_opt_url_search_params(&action, Some(&params)).ok().map(drop)
}
