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
    let said = format!(
        "{}{}",
        number::plural(total, "decision", "decisions"),
        if *is_cut { " or more" } else { "" }
    );
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
        Either::Left(view! { <p class="quiet">"No decisions yet today."</p> })
    } else {
        Either::Right(view! {
            <svg class="split" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">{bars}</svg>
            <ul class="split-legend" aria-label="Decisions today by action">{legend}</ul>
        })
    };
    view! {
        <section aria-labelledby="h-now">
            <div class="sec-head"><h2 id="h-now">"Today"</h2><span class="meta push">{said}</span></div>
            {shown}
        </section>
    }
}

fn layers(loaded: &HomeData) -> impl IntoView + use<> {
    let live = loaded.workflows.iter().filter(|workflow| workflow.version.is_some()).count();
    let content = if live == 0 {
        ("warn", "No field extraction is live".to_owned())
    } else {
        ("good", format!("Live in {}", number::plural(live as i64, "workflow", "workflows")))
    };
    let stopped = loaded.stops.len();
    let rules = match (stopped, live) {
        (0, 0) => ("warn", "No workflow is live".to_owned()),
        (0, live) => ("good", number::plural(live as i64, "live workflow", "live workflows")),
        (stopped, _) => {
            ("bad", format!("{} stopped", number::plural(stopped as i64, "workflow", "workflows")))
        }
    };
    let sync = match (loaded.failed, loaded.breakers.len(), loaded.held.len()) {
        (failed @ 1.., ..) => ("bad", format!("{} failed", number::plural(failed, "action", "actions"))),
        (_, open @ 1.., _) => {
            ("bad", format!("{} unreachable", number::plural(open as i64, "destination", "destinations")))
        }
        (_, _, paused @ 1..) => {
            ("warn", format!("{} paused", number::plural(paused as i64, "destination", "destinations")))
        }
        _ => ("good", "No delivery problems".to_owned()),
    };
    let broken = loaded.jobs.iter().filter(|job| job.succeeded == Some(false)).count();
    let last = loaded.jobs.iter().filter_map(|job| job.finished_at).max();
    let control = match (broken, last) {
        (1.., _) => ("bad", format!("{} failed", number::plural(broken as i64, "job", "jobs"))),
        (0, Some(at)) => ("good", format!("Jobs running, last {}", loaded.clock.in_sentence(at))),
        (0, None) => ("warn", "No job has run yet".to_owned()),
    };
    let owners = &loaded.owners;
    let row = |(name, href): (&'static str, &'static str),
               owner: &Option<String>,
               (tone, text): (&'static str, String)| {
        let owner = owner.clone().unwrap_or_else(|| "No owner".into());
        view! { <li><span class="dot" data-a=tone></span><a href=href>{name}</a><span class="quiet">{owner}</span><small>{text}</small></li> }
    };
    view! {
        <section aria-labelledby="h-layers">
            <div class="sec-head"><h2 id="h-layers">"Layers"</h2></div>
            <ul class="layers">
                {row(("Content", Kind::Map.spec().path), &owners.content, content)}
                {row(("Rules", Kind::RuleSet.spec().path), &owners.rules, rules)}
                {row(("Execution & sync", "/sync"), &owners.sync, sync)}
                {row(("Control", "/sync/jobs"), &owners.control, control)}
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
            <div class="sec-head"><h2 id="h-wf">"Workflows"</h2></div>
            <table class="table stack">
                <caption class="sr">"Workflows and their state today"</caption>
                <thead>
                    <tr>
                        <th scope="col">"Workflow"</th>
                        <th scope="col">"Live"</th>
                        <th scope="col" class="num">"Decided today"</th>
                        <th scope="col">"State"</th>
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
                view! { <a class="btn plain" href=resume_workflow_page(&workflow.name)>"Resume"</a> }
            });
            view! { <span class="row">{dotted("bad", "Stopped")}{resume}</span> }.into_any()
        }
        (None, Some(_)) => dotted("good", "Running").into_any(),
        (None, None) => dotted("warn", "Not live").into_any(),
    };
    let version = match (workflow.version, &workflow.rule_set) {
        (Some(version), Some(name)) => {
            let href = format!("{}/{name}", Kind::RuleSet.spec().path);
            Either::Left(view! { <a href=href>{format!("v{version}")}</a> })
        }
        _ => Either::Right("none"),
    };
    view! {
        <tr>
            <th scope="row"><a href=format!("/leads?workflow={}", workflow.name)>{workflow.title.clone()}</a></th>
            <td data-l="Live version">{version}</td>
            <td class="num" data-l="Decided today">{number::count(today)}</td>
            <td class="first">{state}</td>
        </tr>
    }
}
