//! Today's decisions, the state of the layers, and the workflows.

use engine::change::Kind;
use leptos::either::Either;
use leptos::prelude::*;
use service::figures::DecidedToday;
use store::reads::home::WorkflowState;

use super::load::HomeData;
use crate::actions::stop::ResumeWorkflow;
use crate::actions::sync::resume_workflow_page;
use crate::pages::frame::PageContext;
use crate::texts::texts;
use crate::ui::charts::bars::STACK;
use crate::ui::chip::dotted;
use crate::ui::filters::Address;
use crate::ui::{number, words};

/// Renders today's decisions and the layers.
pub fn decided_today(loaded: &HomeData) -> impl IntoView + use<> {
    view! { <div class="now">{today(loaded)}{layers(loaded)}</div> }
}

fn today(loaded: &HomeData) -> impl IntoView + use<> {
    let DecidedToday { decided, is_cut, .. } = &*loaded.today;
    let of = |action| decided.iter().filter(|one| one.action == action).map(|one| one.count).sum::<i64>();
    let counts: Vec<_> =
        STACK.into_iter().map(|action| (action, of(action))).filter(|(_, count)| *count > 0).collect();
    let total: i64 = counts.iter().map(|(_, count)| count).sum();
    let said = match *is_cut {
        true => texts().home_decisions_or_more(number::count(total)),
        false => texts().home_decisions(total, number::count(total)),
    };
    let mut at = 0.0;
    let bars = counts.iter().map(|(action, count)| {
        let width = *count as f64 / total.max(1) as f64 * 100.0;
        let x = at;
        at += width;
        view! { <rect data-a=words::action_tone(*action) x=format!("{x:.2}") width=format!("{:.2}", (width - 0.5).max(0.3)) height="8"></rect> }
    });
    let bars = bars.collect_view();
    let legend = counts
        .iter()
        .map(|(action, count)| {
            let value: &str = action.into();
            let href = Address::new("/leads").with("action", value).href();
            view! { <li data-a=words::action_tone(*action)><span class="dot"></span><a href=href>{words::action(*action)}</a><b>{number::count(*count)}</b></li> }
        })
        .collect_view();
    let shown = if total == 0 {
        Either::Left(view! { <p class="quiet">{texts().home_no_decisions()}</p> })
    } else {
        Either::Right(view! {
            <svg class="split" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">{bars}</svg>
            <ul class="split-legend" aria-label=texts().home_decisions_by_action()>{legend}</ul>
        })
    };
    view! {
        <section aria-labelledby="h-now">
            <div class="sec-head"><h2 id="h-now">{texts().home_today()}</h2><span class="meta push">{said}</span></div>
            {shown}
        </section>
    }
}

fn layers(loaded: &HomeData) -> impl IntoView + use<> {
    let live = loaded.workflows.iter().filter(|workflow| workflow.version.is_some()).count();
    let shown = |count: usize| number::count(count as i64);
    let content = match live {
        0 => ("warn", texts().home_content_none()),
        live => ("good", texts().home_content_live(live, shown(live))),
    };
    let is_all_stopped = loaded.stops.iter().any(|(switch, _)| switch.workflow_id.is_none());
    let rules = match (loaded.stops.len(), live) {
        (0, 0) => ("warn", texts().home_rules_none()),
        (0, live) => ("good", texts().home_rules_live(live, shown(live))),
        _ if is_all_stopped => ("bad", texts().home_rules_all_stopped()),
        (stopped, _) => ("bad", texts().home_rules_stopped(stopped, shown(stopped))),
    };
    let sync = match (loaded.failed, loaded.breakers.len(), loaded.held.len()) {
        (failed @ 1.., ..) => ("bad", texts().home_sync_failed(failed, number::count(failed))),
        (_, open @ 1.., _) => ("bad", texts().home_sync_unreachable(open, shown(open))),
        (_, _, paused @ 1..) => ("warn", texts().home_sync_paused(paused, shown(paused))),
        _ => ("good", texts().home_sync_good()),
    };
    let broken = loaded.jobs.iter().filter(|job| job.succeeded == Some(false)).count();
    let last = loaded.jobs.iter().filter_map(|job| job.finished_at).max();
    let control = match (broken, last) {
        (1.., _) => ("bad", texts().home_control_failed(broken, shown(broken))),
        (0, Some(at)) => ("good", texts().home_control_good(loaded.clock.in_sentence(at))),
        (0, None) => ("warn", texts().home_control_none()),
    };
    let owners = &loaded.owners;
    let row = |(name, href): (String, &'static str),
               owner: &Option<String>,
               (tone, text): (&'static str, String)| {
        let owner = owner.clone().unwrap_or_else(|| texts().home_no_owner());
        view! { <li><span class="dot" data-a=tone></span><a href=href>{name}</a><span class="quiet">{owner}</span><small>{text}</small></li> }
    };
    view! {
        <section aria-labelledby="h-layers">
            <div class="sec-head"><h2 id="h-layers">{texts().home_layers()}</h2></div>
            <ul class="layers">
                {row((texts().home_content(), Kind::Map.spec().path), &owners.content, content)}
                {row((texts().home_rules(), Kind::RuleSet.spec().path), &owners.rules, rules)}
                {row((texts().home_sync(), "/sync"), &owners.sync, sync)}
                {row((texts().home_control(), "/sync/jobs"), &owners.control, control)}
            </ul>
        </section>
    }
}

/// Renders the workflows with their state.
pub fn workflows(here: &PageContext, loaded: &HomeData) -> impl IntoView + use<> {
    let may = here.may::<ResumeWorkflow>();
    let rows = loaded.workflows.iter().map(|workflow| row(loaded, workflow, may)).collect_view();
    view! {
        <section aria-labelledby="h-wf">
            <div class="sec-head"><h2 id="h-wf">{texts().home_workflows()}</h2></div>
            <table class="table stack">
                <caption class="sr">{texts().home_workflows_caption()}</caption>
                <thead>
                    <tr>
                        <th scope="col">{texts().home_workflow()}</th>
                        <th scope="col">{texts().home_live_version()}</th>
                        <th scope="col" class="num">{texts().home_decided_today()}</th>
                        <th scope="col">{texts().home_state()}</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </section>
    }
}

fn row(loaded: &HomeData, workflow: &WorkflowState, may: bool) -> impl IntoView + use<> {
    let today: i64 =
        loaded.today.decided.iter().filter(|one| one.workflow == workflow.id).map(|one| one.count).sum();
    let stop = loaded.stops.iter().find(|(switch, _)| switch.workflow_id.is_none_or(|id| id == workflow.id));
    let state = match (stop, workflow.version) {
        (Some((switch, _)), _) => {
            let own = switch.workflow_id.is_some() && may;
            let resume = own.then(|| {
                view! { <a class="btn plain" href=resume_workflow_page(&workflow.name)>{texts().home_resume()}</a> }
            });
            view! { <span class="row">{dotted("bad", texts().home_state_stopped())}{resume}</span> }
                .into_any()
        }
        (None, Some(_)) => dotted("good", texts().home_state_running()).into_any(),
        (None, None) => dotted("warn", texts().home_state_not_live()).into_any(),
    };
    let version = match (workflow.version, &workflow.rule_set) {
        (Some(version), Some(name)) => {
            let href = format!("{}/{name}", Kind::RuleSet.spec().path);
            Either::Left(view! { <a href=href>{texts().home_version(version.to_string())}</a> })
        }
        _ => Either::Right(texts().home_no_version()),
    };
    view! {
        <tr>
            <th scope="row"><a href=format!("/leads?workflow={}", workflow.name)>{workflow.title.clone()}</a></th>
            <td data-l=texts().home_live_version()>{version}</td>
            <td class="num" data-l=texts().home_decided_today()>{number::count(today)}</td>
            <td class="first">{state}</td>
        </tr>
    }
}
