//! The control that stops a workflow, with its expected effect.

use leptos::prelude::*;
use leptos::server_fn::ServerFn as _;
use store::reads::home::{LOAD, LOAD_DAYS};

use super::load::HomeData;
use crate::actions::stop::{ALL, REASON_CHARS, StopWorkflow};
use crate::flash::Flash;
use crate::pages::frame::PageContext;
use crate::texts::{part, texts};
use crate::ui::form::ask_danger;
use crate::ui::icon::{Icon, icon};
use crate::ui::number;

/// Renders the button that unfolds the form; returns `None` if the viewer lacks the permission to stop workflows.
pub fn stop(here: &PageContext, loaded: &HomeData, flash: &Flash) -> impl IntoView + use<> {
    if !here.may::<StopWorkflow>() || loaded.workflows.is_empty() {
        return None;
    }
    let typed = flash.values.get("workflow").cloned();
    let error = flash.errors.get("reason").cloned().filter(|_| typed.is_some());
    let is_running =
        |id| !loaded.stops.iter().any(|(switch, _)| switch.workflow_id.is_none_or(|stopped| stopped == id));
    let running: Vec<_> = loaded.workflows.iter().filter(|workflow| is_running(workflow.id)).collect();
    let load = |id| loaded.today.load.iter().find(|(of, _)| *of == id).map_or(0.0, |(_, load)| *load);
    let options = running
        .iter()
        .map(|workflow| {
            let selected = typed.as_ref() == Some(&workflow.name);
            view! { <option value=workflow.name.clone() selected=selected>{workflow.title.clone()}</option> }
        })
        .collect_view();
    let effects = running
        .iter()
        .map(|workflow| {
            let said = texts().home_stop_effect(effect(load(workflow.id)));
            view! { <li>{part(said.s0)}<b>{workflow.title.clone()}</b>{part(said.s1)}</li> }
        })
        .collect_view();
    let (described, invalid) = (error.is_some().then_some("stop-error"), error.is_some().then_some("true"));
    let reason = flash.values.get("reason").cloned().filter(|_| typed.is_some());
    let is_open = error.is_some();
    let form = view! {
        <form method="post" action=StopWorkflow::PATH>
            <label class="label">{texts().home_workflow()}<select class="field" name="workflow">{options}<option value=ALL>{texts().home_stop_all()}</option></select></label>
            <div class="note" data-a="warn">
                {icon(Icon::Info)}
                <ul>{effects}</ul>
                <p class="meta">{texts().home_stop_about(LOAD_DAYS.to_string())}</p>
            </div>
            <label class="label">
                {texts().home_stop_reason()}
                <input
                    class="field" name="reason" required maxlength=REASON_CHARS.to_string() autocomplete="off" value=reason
                    aria-invalid=invalid aria-describedby=described
                />
            </label>
            {error.map(|error| view! { <p id="stop-error" class="tone" data-a="bad" role="alert">{error}</p> })}
            <button class="btn danger">{texts().home_stop_workflow()}</button>
        </form>
    };
    Some(
        view! { <div class="push">{ask_danger(view! { {icon(Icon::Stop)}{texts().home_stop()} }, is_open, form)}</div> },
    )
}

/// Describes how stopping the workflow affects the queue.
fn effect(load: f64) -> String {
    let most = LOAD as f64 / LOAD_DAYS as f64;
    match load {
        load if load >= most => texts().home_stop_most(number::decimal(most, 0)),
        0.0 => texts().home_stop_none(),
        load if load < 1.0 => texts().home_stop_few(),
        load => {
            let load = load.round() as i64;
            texts().home_stop_some(load, number::count(load))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_that_was_cut_is_shown_as_more() {
        assert_eq!(effect(0.0), "no recent leads");
        assert_eq!(effect(0.4), "less than one lead a day goes to the queue");
        assert_eq!(effect(12.6), "about 13\u{a0}leads a day go to the queue");
        assert_eq!(effect(LOAD as f64 / LOAD_DAYS as f64), "at least 2,857\u{a0}leads a day go to the queue");
    }
}
