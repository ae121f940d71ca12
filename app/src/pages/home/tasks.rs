//! The viewer's tasks: one list for each duty of their roles. Empty lists are hidden.

use engine::change::Kind;
use leptos::prelude::*;
use store::changes::ListedChange;
use store::queue::WaitingLead;
use store::refresh::Topic;
use store::releases::Release;

use super::load::HomeData;
use crate::actions::queue::{QueueFilter, count};
use crate::flash::Flash;
use crate::pages::lead::answer;
use crate::pages::queue::{priority, waited};
use crate::ui::{number, refresh, titles, words};

/// Renders the task lists.
pub fn tasks(loaded: &HomeData, flash: &Flash) -> impl IntoView + use<> {
    let lists: Vec<AnyView> = [
        approvals(loaded),
        releases(loaded),
        queue(loaded),
        assigned(loaded, flash),
        failed(loaded),
        invited(loaded),
    ]
    .into_iter()
    .flatten()
    .collect();
    let nothing = lists.is_empty().then(|| view! { <p class="quiet">"You\u{2019}re all caught up."</p> });
    let mine = loaded.is_ae.then(|| view! { <a class="btn plain push" href=my_leads(loaded)>"My leads"</a> });
    let tasks = view! {
        <section aria-labelledby="h-wait">
            <div class="sec-head"><h2 id="h-wait">"Your tasks"</h2>{mine}</div>
            {nothing}
            <div class="waits">{lists}</div>
        </section>
    };
    // Other people assign, claim and decide leads while the page is open.
    refresh::part("home-tasks", Topic::Queue, tasks)
}

/// Returns the URL of the leads assigned to the viewer.
fn my_leads(loaded: &HomeData) -> String {
    format!("/leads?assignee={}", loaded.viewer)
}

fn list(title: String, href: &'static str, words: &'static str, rows: Vec<AnyView>) -> AnyView {
    view! {
        <div>
            <div class="sec-head"><h3>{title}</h3><a class="btn plain push" href=href>{words}</a></div>
            <ul class="todo">{rows}</ul>
        </div>
    }
    .into_any()
}

fn approvals(loaded: &HomeData) -> Option<AnyView> {
    let row = |change: &ListedChange| {
        let by = change.author_name.clone().unwrap_or_else(|| "A file".into());
        let what = change
            .kind
            .parse()
            .map_or_else(|_| words::sentence(&change.name), |kind: Kind| titles::version(kind, &change.name));
        view! {
            <li>
                <a class="q" href=format!("/changes/{}", change.number)>
                    <b>{change.title.clone()}</b>
                    <span class="quiet">{loaded.clock.ago(change.at)}</span>
                    <small><span class="clip">{format!("{by}, {what}")}</span></small>
                </a>
            </li>
        }
        .into_any()
    };
    let rows: Vec<AnyView> = loaded.approvals.iter().map(row).collect();
    (!rows.is_empty()).then(|| list("To approve".into(), "/changes", "All approvals", rows))
}

fn releases(loaded: &HomeData) -> Option<AnyView> {
    let row = |release: &Release| {
        let below = format!("Release {}, {}", release.number, release.workflow_title);
        view! {
            <li>
                <a class="q" href=format!("/releases/{}", release.number)>
                    <b>{release.title().to_owned()}</b>
                    <span class="quiet">{loaded.clock.ago(release.built_at)}</span>
                    <small><span class="clip">{below}</span></small>
                </a>
            </li>
        }
        .into_any()
    };
    let rows: Vec<AnyView> = loaded.releases.iter().map(row).collect();
    (!rows.is_empty()).then(|| list("Releases for you".into(), "/releases", "All releases", rows))
}

fn queue(loaded: &HomeData) -> Option<AnyView> {
    let (rows, total) = loaded.queue.as_ref()?;
    let row = |row: &WaitingLead| {
        let (who, about) = words::lead(
            row.company.as_ref(),
            row.name.as_ref(),
            row.email.as_ref(),
            row.external_id.as_deref(),
        );
        let href = QueueFilter::default().href(Some((row.lead_id.into(), &row.workflow)));
        let taken = row.taken_name.clone().filter(|_| row.taken_by != Some(loaded.viewer));
        let below = taken.map_or(about, |name| format!("Claimed by {name}"));
        view! {
            <li>
                <a class="q" href=href>
                    {priority(row.priority)}
                    <b>{who}</b>
                    <span class="quiet">{waited(loaded.clock, row.queued_at)}</span>
                    <small><span class="clip">{below}</span></small>
                </a>
            </li>
        }
        .into_any()
    };
    let rows: Vec<AnyView> = rows.iter().map(row).collect();
    (!rows.is_empty())
        .then(|| list(format!("{}\u{a0}in the queue", count(*total)), "/queue", "Open the queue", rows))
}

fn assigned(loaded: &HomeData, flash: &Flash) -> Option<AnyView> {
    let rows: Vec<AnyView> = loaded
        .assigned
        .iter()
        .map(|lead| {
            let (who, about) = words::lead(
                lead.name.as_ref(),
                lead.company.as_ref(),
                lead.email.as_ref(),
                lead.external_id.as_deref(),
            );
            view! {
                <li class="answerable">
                    <a class="q" href=format!("/leads/{}", lead.lead_id)>
                        <b>{who}</b>
                        <span class="quiet">{answer::since(loaded.clock, lead.assigned_at)}</span>
                        <small><span class="clip">{about}</span></small>
                    </a>
                    {answer::forms(lead.lead_id.into(), "/", false, flash)}
                </li>
            }
            .into_any()
        })
        .collect();
    (!rows.is_empty()).then(|| {
        view! {
            <div>
                <div class="sec-head"><h3>"Waiting for your answer"</h3></div>
                <ul class="todo">{rows}</ul>
            </div>
        }
        .into_any()
    })
}

fn failed(loaded: &HomeData) -> Option<AnyView> {
    (loaded.mends && loaded.failed > 0).then(|| {
        let text = format!("{} failed", number::plural(loaded.failed, "action", "actions"));
        let row = view! { <li><a class="q" href="/sync/effects?state=dead"><b>"See the causes and retry"</b></a></li> };
        list(text, "/sync", "Deliveries", vec![row.into_any()])
    })
}

fn invited(loaded: &HomeData) -> Option<AnyView> {
    let row = |name: &String| {
        view! { <li><a class="q" href="/people"><b>{name.clone()}</b><small><span>"No password yet. The invite link is valid for a day."</span></small></a></li> }
            .into_any()
    };
    let rows: Vec<AnyView> = loaded.invited.iter().take(super::load::ROWS).map(row).collect();
    (!rows.is_empty()).then(|| {
        let title = format!("{} invited", number::plural(loaded.invited.len() as i64, "person", "people"));
        list(title, "/people", "People", rows)
    })
}
