//! The read-out of a chart.

use leptos::ev::{FocusEvent, KeyboardEvent, PointerEvent};
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast as _;
use leptos::web_sys::{Element, Event, EventTarget};

/// Shows the data point under the pointer or the arrow keys beside the chart. The text is the `<title>` of each `[data-hit]`
/// element, numbered from 0.
#[island]
pub fn ChartHover(
    /// The chart.
    children: Children,
) -> impl IntoView {
    let (said, say) = signal(String::new());
    let current = StoredValue::new(None::<i32>);
    let show = move |chart: &Element, hit: Option<(i32, Element)>| {
        if let Some(old) = current.get_value().and_then(|at| strip(chart, at)) {
            let _ = old.remove_attribute("data-on");
        }
        if let Some((_, strip)) = &hit {
            let _ = strip.set_attribute("data-on", "");
        }
        current.set_value(hit.as_ref().map(|(at, _)| *at));
        say.set(
            hit.and_then(|(_, strip)| strip.query_selector("title").ok()??.text_content())
                .unwrap_or_default(),
        );
    };
    let over = move |event: PointerEvent| {
        let Some(chart) = chart_of(&event) else { return };
        let under = element(event.target()).and_then(|target| target.closest("[data-hit]").ok()?);
        show(&chart, under.and_then(|strip| Some((strip.get_attribute("data-hit")?.parse().ok()?, strip))));
    };
    let leave = move |event: PointerEvent| {
        if let Some(chart) = chart_of(&event) {
            show(&chart, None);
        }
    };
    let blur = move |event: FocusEvent| {
        if let Some(chart) = chart_of(&event) {
            show(&chart, None);
        }
    };
    let key = move |event: KeyboardEvent| {
        let step = match event.key().as_str() {
            "ArrowLeft" => -1,
            "ArrowRight" => 1,
            _ => return,
        };
        let Some(chart) = chart_of(&event) else { return };
        let next = current.get_value().map_or(0, |at| at + step);
        if let Some(strip) = strip(&chart, next) {
            event.prevent_default();
            show(&chart, Some((next, strip)));
        }
    };
    view! {
        <div class="hover" on:pointerover=over on:pointerleave=leave on:focusout=blur on:keydown=key>{children()}</div>
        <output class="readout">{said}</output>
    }
}

fn chart_of(event: &Event) -> Option<Element> {
    element(event.current_target())
}

fn element(target: Option<EventTarget>) -> Option<Element> {
    target?.dyn_into().ok()
}

fn strip(chart: &Element, at: i32) -> Option<Element> {
    chart.query_selector(&format!("[data-hit='{at}']")).ok()?
}
