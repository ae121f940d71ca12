//! Alerts: one line each with a remedy, shown only to people who can act on it.

use leptos::prelude::*;
use store::control::kill::KillSwitch;
use store::notices::Notice;
use store::sync::OutboxCount;

use super::accounts::account_notice;
use super::load::{HomeData, TOO_LONG};
use crate::actions::queue::count;
use crate::actions::stop::{ALL, ResumeWorkflow};
use crate::actions::sync::{RunJob, resume_workflow_page};
use crate::pages::frame::PageContext;
use crate::texts::{part, texts};
use crate::ui::icon::{Icon, icon};
use crate::ui::{job_kinds, number, titles};

/// Renders all alerts; renders nothing if there are none.
pub fn alerts(here: &PageContext, loaded: &HomeData) -> impl IntoView + use<> {
    let mut burning: Vec<AnyView> =
        loaded.stops.iter().map(|(switch, by)| stopped(here, loaded, switch, by).into_any()).collect();
    burning.extend(loaded.resumed.iter().map(|(notice, by)| resumed(loaded, notice, by).into_any()));
    burning.extend(loaded.accounts.iter().map(|notice| account_notice(notice, loaded.clock).into_any()));
    let mends = here.may::<RunJob>();
    if loaded.failed > 0 && mends {
        let text = texts().home_actions_failed(loaded.failed, number::count(loaded.failed));
        let review = ("/sync/effects?state=failed", texts().home_review());
        burning.push(line("bad", text, texts().home_actions_failed_about(), review).into_any());
    }
    burning.extend(loaded.outbox.iter().flat_map(held).map(IntoAny::into_any));
    for (open, destination) in loaded.breakers.iter().filter(|_| mends) {
        let text = texts().home_unreachable(titles::destination(destination));
        let more = texts().home_unreachable_about(loaded.clock.until(open.open_until));
        burning.push(line("bad", text, more, ("/sync", texts().home_deliveries())).into_any());
    }
    for job in loaded.jobs.iter().filter(|job| mends && job.succeeded == Some(false)) {
        let title = job
            .name
            .parse()
            .map_or_else(|_| job.name.clone(), |kind: store::sync::jobs::JobKind| job_kinds::title(kind));
        let text = texts().home_job_failed(title);
        let jobs = ("/sync/jobs", texts().home_jobs());
        burning.push(line("bad", text, job.result.clone().unwrap_or_default(), jobs).into_any());
    }
    if loaded.late > 0 && loaded.queue.is_some() {
        let hours = TOO_LONG.num_hours().to_string();
        let text = texts().home_late(loaded.late, count(loaded.late), hours);
        burning.push(line("warn", text, String::new(), ("/queue", texts().home_open_queue())).into_any());
    }
    (!burning.is_empty())
        .then(|| view! { <section class="notes" aria-label=texts().home_alerts()>{burning}</section> })
}

/// Renders the alerts about a destination whose actions expired or are held back.
fn held(count: &OutboxCount) -> impl Iterator<Item = impl IntoView + use<>> + use<> {
    let title = titles::destination(&count.destination);
    let expired = (count.not_sent() > 0).then(|| {
        let text = texts().home_expired(count.not_sent(), number::count(count.not_sent()), &title);
        line("warn", text, texts().home_expired_about(), ("/sync", texts().home_see_expired()))
    });
    let paused = count.paused_reason.as_ref().filter(|_| count.ready > 0).map(|reason| {
        let text = texts().home_paused(count.ready, &title, number::count(count.ready));
        line("warn", text, reason.clone(), ("/sync", texts().home_deliveries()))
    });
    expired.into_iter().chain(paused)
}

fn line(
    tone: &'static str,
    text: String,
    more: String,
    (href, words): (&'static str, String),
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
    let (what, (before, after)) = match switch.workflow_id {
        Some(id) => {
            let about = texts().home_stopped_about(by);
            (texts().home_stopped(title(id).unwrap_or_default()), (part(about.s0), part(about.s1)))
        }
        None => {
            let about = texts().home_stopped_all_about(by);
            (texts().home_stopped_all(), (part(about.s0), part(about.s1)))
        }
    };
    let name = switch.workflow.clone().unwrap_or_else(|| ALL.to_owned());
    let resume = here
        .may::<ResumeWorkflow>()
        .then(|| view! { <a class="btn" href=resume_workflow_page(&name)>{texts().home_resume()}</a> });
    view! {
        <div class="note burn" data-a="bad">
            {icon(Icon::Alert)}
            <div>
                <p><strong>{what}</strong>" "{switch.reason.clone()}</p>
                <p class="meta">{before}{loaded.clock.stamp_in_sentence(switch.killed_at)}{after}</p>
            </div>
            {resume}
        </div>
    }
}

/// Renders a resumed workflow, for people who were notified of the stop.
fn resumed(loaded: &HomeData, notice: &Notice, by: &str) -> impl IntoView + use<> {
    let what = notice
        .workflow
        .as_ref()
        .map_or_else(|| texts().home_resumed_all(), |workflow| texts().home_resumed(workflow));
    let about = texts().home_resumed_by(by);
    view! {
        <div class="note" data-a="good">
            {icon(Icon::Info)}
            <p><strong>{what}</strong>" "{texts().home_resumed_reason(&notice.reason)}</p>
            <p class="meta">{part(about.s0)}{loaded.clock.stamp_in_sentence(notice.at)}{part(about.s1)}</p>
        </div>
    }
}
