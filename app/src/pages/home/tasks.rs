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
use crate::texts::{part, texts};
use crate::ui::charts::bars::STACK;
use crate::ui::{number, refresh, series, titles, words};

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
    let nothing = lists.is_empty().then(|| view! { <p class="quiet">{texts().home_no_tasks()}</p> });
    let mine = loaded
        .is_ae
        .then(|| view! { <a class="btn plain push" href=my_leads(loaded)>{texts().home_my_leads()}</a> });
    let tasks = view! {
        <section aria-labelledby="h-wait">
            <div class="sec-head"><h2 id="h-wait">{texts().home_tasks()}</h2>{mine}</div>
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

fn list(title: String, href: &'static str, words: String, rows: Vec<AnyView>) -> AnyView {
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
                <div class="sec-head"><h3>{texts().home_to_approve()}</h3><a class="btn plain push" href="/changes">{texts().home_all_approvals()}</a></div>
                {rows}
            </div>
        }
        .into_any()
    })
}

fn asked(loaded: &HomeData, approval: &Approval) -> AnyView {
    let Approval { change, why, impact } = approval;
    let by = change.author_name.clone().unwrap_or_else(|| texts().changes_an_imported_file());
    let said = texts().home_approval(task_data::about(change), by);
    let page = format!("/changes/{}", change.number);
    let signed: Vec<&str> =
        change.signed.iter().filter_map(|role| role.parse().ok()).map(Role::title).collect();
    let signed = (!signed.is_empty()).then(|| {
        let said = texts().home_approved_by(series::all_of(&signed));
        view! { " "{said} }
    });
    let (approve, request) =
        (texts().home_approve_said(&change.title), texts().home_request_said(&change.title));
    let why = why
        .lines()
        .next()
        .filter(|line| !line.trim().is_empty())
        .map(|line| view! { <p class="quiet clip-2">{line.to_owned()}</p> });
    view! {
        <article class="ask-for">
            <div>
                <h4><a href=page.clone()>{change.title.clone()}</a></h4>
                <p>{part(said.s0)}{loaded.clock.stamp_in_sentence(change.at)}{part(said.s1)}{signed}</p>
                {why}
            </div>
            {figures(impact)}
            <div class="row">
                <a class="btn soft" href=format!("{page}#sign") aria-label=approve>{texts().home_approve()}</a>
                <a class="btn" href=format!("{page}#return") aria-label=request>{texts().home_request()}</a>
            </div>
        </article>
    }
    .into_any()
}

/// Renders how the decisions about the newest leads would change.
fn figures(impact: &ImpactFigures) -> AnyView {
    let impact = match impact {
        ImpactFigures::None => {
            return view! { <p class="quiet impact-said">{texts().home_impact_unused()}</p> }.into_any();
        }
        ImpactFigures::Computing => {
            return view! { <p class="quiet impact-said">{texts().home_impact_computing()}</p> }.into_any();
        }
        ImpactFigures::Known(impact) => impact,
    };
    let decided: usize = impact.workflows.iter().map(|of| of.decided).sum();
    let moved: usize = impact.workflows.iter().map(|of| of.moved).sum();
    let changes = changes_of(impact);
    let (many, shown) = (number::count(moved as i64), number::count(decided as i64));
    if moved == 0 || changes.is_empty() {
        let said = match (decided, moved) {
            (0, _) => texts().home_impact_no_leads(),
            (_, 0) => texts().home_impact_none(decided, shown),
            _ => texts().home_impact_detail(decided, many, shown),
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
    let label = texts().home_impact_label(decided, &shown);
    view! {
        <div class="impact-bars">
            <dl aria-label=label>{rows.collect_view()}</dl>
            <p class="meta">{texts().home_impact_share(decided, many, shown)}</p>
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
        let title = match &*change.title {
            "" => texts().home_draft(change.number.to_string()),
            title => title.to_owned(),
        };
        let ago = loaded.clock.ago(change.at);
        let (state, below) = match sent_back {
            Some((by, comment)) => (texts().home_returned(ago), texts().home_returned_comment(by, comment)),
            None => (texts().home_draft_saved(ago), task_data::about(change)),
        };
        let tone = if sent_back.is_some() { "bad" } else { "unknown" };
        view! {
            <li>
                <a class="q" href=format!("/changes/{}", change.number)>
                    <b>{title}</b>
                    <span class="pair tone" data-a=tone>{state}</span>
                    <small><span class="clip">{below}</span></small>
                </a>
            </li>
        }
        .into_any()
    };
    let rows: Vec<AnyView> = loaded.own.iter().map(row).collect();
    (!rows.is_empty()).then(|| list(texts().home_own(), "/changes?show=mine", texts().home_own_all(), rows))
}

/// Renders paused destinations with the actions that they hold back, for those who can resume them.
fn held(loaded: &HomeData) -> Option<AnyView> {
    let row = |held: &Held| {
        let waiting = match held.waiting {
            0 => texts().home_held_none(),
            n => texts().home_held(n, number::count(n)),
        };
        view! {
            <li>
                <a class="q" href="/sync">
                    <b>{titles::destination(&held.name)}</b>
                    <span class="pair tone" data-a="warn">{waiting}</span>
                    <small><span class="clip">{texts().home_held_reason(&held.reason)}</span></small>
                </a>
            </li>
        }
        .into_any()
    };
    let rows: Vec<AnyView> = loaded.held.iter().filter(|_| loaded.mends).map(row).collect();
    (!rows.is_empty()).then(|| list(texts().home_held_title(), "/sync", texts().home_deliveries(), rows))
}

fn releases(loaded: &HomeData) -> Option<AnyView> {
    let row = |release: &Release| {
        let below = texts().home_release(release.number.to_string(), &release.workflow_title);
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
    (!rows.is_empty()).then(|| list(texts().home_releases(), "/releases", texts().home_all_releases(), rows))
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
        let below = taken.map_or(about, |name| texts().home_claimed(name));
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
        .then(|| list(texts().home_queue(count(*total)), "/queue", texts().home_open_queue(), rows))
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
                <div class="sec-head"><h3>{texts().home_assigned()}</h3></div>
                <ul class="todo">{rows}</ul>
            </div>
        }
        .into_any()
    })
}

fn failed(loaded: &HomeData) -> Option<AnyView> {
    (loaded.mends && loaded.failed > 0).then(|| {
        let text = texts().home_failed(loaded.failed, number::count(loaded.failed));
        let row = view! { <li><a class="q" href="/sync/effects?state=failed"><b>{texts().home_failed_retry()}</b></a></li> };
        list(text, "/sync", texts().home_deliveries(), vec![row.into_any()])
    })
}

fn invited(loaded: &HomeData) -> Option<AnyView> {
    let row = |name: &String| {
        view! { <li><a class="q" href="/people"><b>{name.clone()}</b><small><span>{texts().home_invited_about()}</span></small></a></li> }
            .into_any()
    };
    let rows: Vec<AnyView> = loaded.invited.iter().take(super::load::ROWS).map(row).collect();
    (!rows.is_empty()).then(|| {
        let invited = loaded.invited.len();
        list(
            texts().home_invited(invited, number::count(invited as i64)),
            "/people",
            texts().home_people(),
            rows,
        )
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
