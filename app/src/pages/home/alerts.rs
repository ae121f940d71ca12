//! Alerts: one line each with a remedy, shown only to people who can act on it.

use leptos::prelude::*;
use store::control::kill::KillSwitch;
use store::notices::Notice;
use store::sync::OutboxCount;

use super::load::{HomeData, TOO_LONG};
use crate::actions::queue::count;
use crate::actions::stop::{ALL, ResumeWorkflow};
use crate::actions::sync::{RunJob, resume_workflow_page};
use crate::pages::frame::PageContext;
use crate::ui::icon::{Icon, icon};
use crate::ui::{number, titles};

/// Renders all alerts; renders nothing if there are none.
pub fn alerts(here: &PageContext, loaded: &HomeData) -> impl IntoView + use<> {
    let mut burning: Vec<AnyView> =
        loaded.stops.iter().map(|(switch, by)| stopped(here, loaded, switch, by).into_any()).collect();
    burning.extend(loaded.resumed.iter().map(|(notice, by)| resumed(loaded, notice, by).into_any()));
    let mends = here.may::<RunJob>();
    if loaded.failed > 0 && mends {
        let text = if loaded.failed == 1 { "action failed." } else { "actions failed." };
        let text = format!("{} {text}", number::count(loaded.failed));
        burning.push(
            line(
                "bad",
                text,
                "They are not retried until you act.".to_owned(),
                ("/sync/effects?state=dead", "Review"),
            )
            .into_any(),
        );
    }
    burning.extend(loaded.outbox.iter().flat_map(held).map(IntoAny::into_any));
    for (open, destination) in loaded.breakers.iter().filter(|_| mends) {
        let text = format!("{} is unreachable.", titles::destination(destination));
        let more =
            format!("Next attempt {}. Its actions wait until then.", loaded.clock.until(open.open_until));
        burning.push(line("bad", text, more, ("/sync", "Deliveries")).into_any());
    }
    for job in loaded.jobs.iter().filter(|job| mends && job.succeeded == Some(false)) {
        let title = job
            .name
            .parse()
            .map_or_else(|_| job.name.clone(), |kind: store::sync::jobs::JobKind| kind.title().to_owned());
        let text = format!("“{title}” failed.");
        burning.push(
            line("bad", text, job.result.clone().unwrap_or_default(), ("/sync/jobs", "Jobs")).into_any(),
        );
    }
    if loaded.late > 0 && loaded.queue.is_some() {
        let waits = if loaded.late == 1 { "lead has" } else { "leads have" };
        let text = format!(
            "{} {waits} waited more than {} h in the queue.",
            count(loaded.late),
            TOO_LONG.num_hours()
        );
        burning.push(line("warn", text, String::new(), ("/queue", "Open queue")).into_any());
    }
    (!burning.is_empty()).then(|| view! { <section class="notes" aria-label="Alerts">{burning}</section> })
}

/// Renders the alerts about a destination whose actions expired or are held back.
fn held(count: &OutboxCount) -> impl Iterator<Item = impl IntoView + use<>> + use<> {
    let title = titles::destination(&count.destination);
    let expired = (count.not_sent() > 0).then(|| {
        let text = match count.not_sent() {
            1 => format!("1 action to {title} expired and was not sent."),
            many => format!("{} actions to {title} expired and were not sent.", number::count(many)),
        };
        line("warn", text, "They waited longer than they are of use.".to_owned(), ("/sync", "See expired"))
    });
    let paused = count.paused_reason.as_ref().filter(|_| count.ready > 0).map(|reason| {
        let waiting = match count.ready {
            1 => "1 action waits".to_owned(),
            many => format!("{} actions wait", number::count(many)),
        };
        line("warn", format!("{title} is paused, and {waiting}."), reason.clone(), ("/sync", "Deliveries"))
    });
    expired.into_iter().chain(paused)
}

fn line(
    tone: &'static str,
    text: String,
    more: String,
    (href, words): (&'static str, &'static str),
) -> impl IntoView + use<> {
    view! {
        <div class="note burn" data-a=tone>
            {icon(Icon::Alert)}
            <div><p><strong>{text}</strong></p>{(!more.is_empty()).then(|| view! { <p class="meta">{more}</p> })}</div>
            <a class="btn" href=href>{words}</a>
        </div>
    }
}

fn stopped(here: &PageContext, loaded: &HomeData, switch: &KillSwitch, by: &str) -> impl IntoView + use<> {
    let title = |id| loaded.workflows.iter().find(|known| known.id == id).map(|known| known.title.clone());
    let what =
        switch.workflow_id.map_or_else(|| Some("Every workflow".to_owned()), title).unwrap_or_default();
    let name = switch.workflow.clone().unwrap_or_else(|| ALL.to_owned());
    let resume = here
        .may::<ResumeWorkflow>()
        .then(|| view! { <a class="btn" href=resume_workflow_page(&name)>"Resume"</a> });
    view! {
        <div class="note burn" data-a="bad">
            {icon(Icon::Alert)}
            <div>
                <p><strong>{format!("{what} is stopped.")}</strong>" "{switch.reason.clone()}</p>
                <p class="meta">{format!("By {by}, ")}{loaded.clock.stamp_in_sentence(switch.killed_at)}". New leads go to the queue. Nothing is sent until someone resumes it."</p>
            </div>
            {resume}
        </div>
    }
}

/// Renders a resumed workflow, for people who were notified of the stop.
fn resumed(loaded: &HomeData, notice: &Notice, by: &str) -> impl IntoView + use<> {
    let what = notice.workflow.clone().unwrap_or_else(|| "Every workflow".to_owned());
    view! {
        <div class="note" data-a="good">
            {icon(Icon::Info)}
            <p><strong>{format!("{what} was resumed.")}</strong>" Reason: "{notice.reason.clone()}</p>
            <p class="meta">{format!("By {by}, ")}{loaded.clock.stamp_in_sentence(notice.at)}"."</p>
        </div>
    }
}
