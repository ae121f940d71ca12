//! The viewer's tasks: one list for each duty of their roles. Empty lists are hidden.

use engine::action::Action;
use leptos::prelude::*;
use service::change::ChangeImpact;
use store::actor::Role;
use store::queue::WaitingLead;
use store::refresh::Topic;
use store::releases::Release;

use super::load::HomeData;
use super::task_data::{self, Approval, Held, ImpactFigures, OwnChange};
use crate::actions::queue::{QueueFilter, count};
use crate::flash::Flash;
use crate::pages::lead::answer;
use crate::pages::queue::{priority, waited};
use crate::ui::charts::bars::STACK;
use crate::ui::{number, refresh, titles, words};

/// Renders the task lists.
pub fn tasks(loaded: &HomeData, flash: &Flash) -> impl IntoView + use<> {
    let lists: Vec<AnyView> = [
        approvals(loaded),
        releases(loaded),
        assigned(loaded, flash),
        queue(loaded),
        failed(loaded),
        held(loaded),
        own(loaded),
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

/// Renders each approval with its impact in figures, so that most are decided here and opened only to be signed.
fn approvals(loaded: &HomeData) -> Option<AnyView> {
    let rows: Vec<AnyView> = loaded.approvals.iter().map(|approval| asked(loaded, approval)).collect();
    (!rows.is_empty()).then(|| {
        view! {
            <div class="asks">
                <div class="sec-head"><h3>"To approve"</h3><a class="btn plain push" href="/changes">"All approvals"</a></div>
                {rows}
            </div>
        }
        .into_any()
    })
}

fn asked(loaded: &HomeData, approval: &Approval) -> AnyView {
    let Approval { change, why, impact } = approval;
    let by = change.author_name.clone().unwrap_or_else(|| "A file".into());
    let page = format!("/changes/{}", change.number);
    let signed: Vec<&str> =
        change.signed.iter().filter_map(|role| role.parse().ok()).map(Role::title).collect();
    let signed = (!signed.is_empty()).then(|| format!(" Approved by {}.", signed.join(" and ")));
    let why = why
        .lines()
        .next()
        .filter(|line| !line.trim().is_empty())
        .map(|line| view! { <p class="quiet clip-2">{line.to_owned()}</p> });
    view! {
        <article class="ask-for">
            <div>
                <h4><a href=page.clone()>{change.title.clone()}</a></h4>
                <p>{format!("{}. Submitted by {by}, ", task_data::about(change))}{loaded.clock.stamp_in_sentence(change.at)}"."{signed}</p>
                {why}
            </div>
            {figures(impact)}
            <div class="row">
                <a class="btn soft" href=format!("{page}#sign")>"Approve"<span class="sr">{format!(" {}", change.title)}</span></a>
                <a class="btn" href=format!("{page}#return")>"Request changes"<span class="sr">{format!(" to {}", change.title)}</span></a>
            </div>
        </article>
    }
    .into_any()
}

/// Renders how the decisions about the newest leads would change.
fn figures(impact: &ImpactFigures) -> AnyView {
    let impact = match impact {
        ImpactFigures::None => {
            return view! { <p class="quiet impact-said">"Not used in a live workflow"</p> }.into_any();
        }
        ImpactFigures::Computing => {
            return view! { <p class="quiet impact-said">"The impact is being computed."</p> }.into_any();
        }
        ImpactFigures::Known(impact) => impact,
    };
    let decided: usize = impact.workflows.iter().map(|of| of.decided).sum();
    let moved: usize = impact.workflows.iter().map(|of| of.moved).sum();
    let changes = changes_of(impact);
    if moved == 0 || changes.is_empty() {
        let said = match (decided, moved) {
            (0, _) => "No leads to compare yet".to_owned(),
            (_, 0) => format!("No change for the last {}", number::plural(decided as i64, "lead", "leads")),
            (_, moved) => format!(
                "{} of the last {} change in detail",
                number::count(moved as i64),
                number::count(decided as i64)
            ),
        };
        return view! { <p class="quiet impact-said">{said}</p> }.into_any();
    }
    let most = changes.iter().map(|(_, change)| change.unsigned_abs()).max().unwrap_or(1).max(1) as f64;
    let rows = changes.iter().map(|(action, change)| {
        let width = change.unsigned_abs() as f64 / most * 48.0;
        let x = if *change < 0 { 50.0 - width } else { 50.0 };
        let sign = if *change > 0 { "+" } else { "" };
        view! {
            <dt>{words::action(*action)}</dt>
            <dd>
                <svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
                    <line x1="50" x2="50" y1="0" y2="8"></line>
                    <rect data-a=words::action_tone(*action) x=format!("{x:.1}") width=format!("{width:.1}") height="8"></rect>
                </svg>
            </dd>
            <dd class="num">{format!("{sign}{}", number::count(*change))}</dd>
        }
    });
    let label = format!("Change in decisions, last {}", number::plural(decided as i64, "lead", "leads"));
    view! {
        <div class="impact-bars">
            <dl aria-label=label>{rows.collect_view()}</dl>
            <p class="meta">{format!("{} of the last {}", number::count(moved as i64), number::plural(decided as i64, "lead", "leads"))}</p>
        </div>
    }
    .into_any()
}

/// Returns by how much the decisions with each action would change, over all workflows.
fn changes_of(impact: &ChangeImpact) -> Vec<(Action, i64)> {
    let change = |action: Action| {
        let of = impact.workflows.iter().filter_map(|of| of.actions.get(&action));
        of.map(|(is, would)| *would as i64 - *is as i64).sum::<i64>()
    };
    STACK.into_iter().map(|action| (action, change(action))).filter(|(_, change)| *change != 0).collect()
}

/// Renders the viewer's drafts, and changes that were sent back to them.
fn own(loaded: &HomeData) -> Option<AnyView> {
    let row = |own: &OwnChange| {
        let OwnChange { change, sent_back } = own;
        let title =
            if change.title.is_empty() { format!("Draft #{}", change.number) } else { change.title.clone() };
        let (state, below) = match sent_back {
            Some((by, comment)) => ("Sent back", format!("{by}: {comment}")),
            None => ("Draft", task_data::about(change)),
        };
        let tone = if sent_back.is_some() { "bad" } else { "unknown" };
        view! {
            <li>
                <a class="q" href=format!("/changes/{}", change.number)>
                    <b>{title}</b>
                    <span class="pair tone" data-a=tone>{state}", "{loaded.clock.ago(change.at)}</span>
                    <small><span class="clip">{below}</span></small>
                </a>
            </li>
        }
        .into_any()
    };
    let rows: Vec<AnyView> = loaded.own.iter().map(row).collect();
    (!rows.is_empty()).then(|| list("Your changes".into(), "/changes?show=mine", "All of mine", rows))
}

/// Renders paused destinations with the actions that they hold back, for those who can resume them.
fn held(loaded: &HomeData) -> Option<AnyView> {
    let row = |held: &Held| {
        let waiting = match held.waiting {
            0 => "Nothing waits".to_owned(),
            n => format!("{} held back", number::plural(n, "action", "actions")),
        };
        view! {
            <li>
                <a class="q" href="/sync">
                    <b>{titles::destination(&held.name)}</b>
                    <span class="pair tone" data-a="warn">{waiting}</span>
                    <small><span class="clip">{format!("Paused: {}", held.reason)}</span></small>
                </a>
            </li>
        }
        .into_any()
    };
    let rows: Vec<AnyView> = loaded.held.iter().filter(|_| loaded.mends).map(row).collect();
    (!rows.is_empty()).then(|| list("Paused destinations".into(), "/sync", "Deliveries", rows))
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

#[cfg(test)]
mod tests {
    use service::change::WorkflowImpact;

    use super::*;

    #[test]
    fn an_impact_adds_up_over_workflows_and_leaves_out_what_stays() {
        let of = |actions: [(Action, (usize, usize)); 2]| WorkflowImpact {
            workflow: "Inbound form".into(),
            decided: 100,
            actions: actions.into(),
            moved: 7,
            leads: Vec::new(),
        };
        let workflows = vec![
            of([(Action::Assign, (10, 17)), (Action::Hold, (30, 23))]),
            of([(Action::Assign, (5, 3)), (Action::Nurture, (8, 8))]),
        ];
        let impact = ChangeImpact { workflows, ..ChangeImpact::default() };
        assert_eq!(changes_of(&impact), [(Action::Assign, 5), (Action::Hold, -7)]);
        assert!(changes_of(&ChangeImpact::default()).is_empty());
    }
}
