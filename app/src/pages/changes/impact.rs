//! The projected impact of a change. A run computes it once for each saved text.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use engine::change::Kind;
use engine::ids::LeadId;
use engine::rules::pick::Pool;
use leptos::either::Either;
use leptos::prelude::*;
use leptos::server_fn::ServerFn as _;
use service::change::{ChangeImpact, ChangeView, MovedLead, WorkflowImpact};
use service::run::ensure_impact;
use store::actor::Role;
use store::changes::{ChangeHead, ChangeState};
use store::leads::{self, NamedLead};
use store::reads::frame::names_of;
use store::refresh::Topic;
use store::runs::{self, Run, RunState};
use store::{Store, availability, people};
use tokio::time::Instant;

use super::change::ChangeData;
use crate::actions::runs::{RetryRun, may_own};
use crate::error::Result;
use crate::texts::texts;
use crate::ui::charts::bars::STACK;
use crate::ui::chip::action_chip;
use crate::ui::code::findings;
use crate::ui::form::once;
use crate::ui::progress::progress_with_text;
use crate::ui::{number, refresh, words};

/// Maximum time to wait for the result before the page shows that the run is still computing.
const PATIENCE: Duration = Duration::from_millis(700);
/// Interval between two checks for the result.
const LOOK: Duration = Duration::from_millis(50);

/// The projected impact of a change, as far as it has been computed.
pub enum ImpactView {
    /// The change is closed, outdated or invalid, or no live workflow would use it.
    None,
    /// A run is computing the impact, or has failed.
    Run(Box<Run>),
    /// The run has finished. The names are those of the leads that would be decided differently.
    Known(Box<Run>, ChangeImpact, HashMap<LeadId, NamedLead>),
}

/// Loads the impact of an open change, or the run that computes it.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn load(store: &Store, change: &ChangeHead) -> Result<ImpactView> {
    if !matches!(change.state, ChangeState::Draft | ChangeState::Submitted) || change.is_outdated() {
        return Ok(ImpactView::None);
    }
    let Some(mut run) = ensure_impact(store, change).await? else { return Ok(ImpactView::None) };
    let until = Instant::now() + PATIENCE;
    while !run.state()?.is_over() && Instant::now() < until {
        tokio::time::sleep(LOOK).await;
        run = runs::by_id(store, run.id).await?;
    }
    let known = run.result.clone().and_then(|result| serde_json::from_value(result).ok());
    Ok(match known {
        Some(impact) => {
            let impact: ChangeImpact = impact;
            let moved = impact.workflows.iter().flat_map(|workflow| &workflow.leads);
            let moved: Vec<LeadId> = moved.map(|moved| moved.lead).collect();
            let names = leads::names(store, &moved).await?;
            ImpactView::Known(Box::new(run), impact, names)
        }
        None => ImpactView::Run(Box::new(run)),
    })
}

/// Renders how the newest leads of each workflow would be decided with the change, and how a pool would share them out.
pub fn section(loaded: &ChangeData) -> impl IntoView + use<> {
    let pool = loaded.pool.as_ref().map(|shares| shares.view(loaded).into_any());
    let decisions = match &loaded.impact {
        // It would be set against what is live, and the differences against what is not any more.
        _ if loaded.change.is_outdated() => view! { <section class="stacked-sections impact"><h2>{texts().changes_impact()}</h2><p class="quiet">{texts().changes_impact_outdated()}</p></section> }.into_any(),
        ImpactView::None => ().into_any(),
        ImpactView::Run(run) => {
            let part = refresh::part_due("impact", Topic::Runs, computing(loaded, run));
            view! { {part}{refresh::subscribe(&[Topic::Runs])} }.into_any()
        }
        ImpactView::Known(run, impact, names) => {
            let known = known(loaded, run, impact, names);
            view! { <div id="impact">{known}</div> }.into_any()
        }
    };
    view! { {pool}{decisions} }
}

/// Renders the findings about the rules themselves, which apply to every workflow that uses them. They come last on the page.
pub fn findings_section(loaded: &ChangeData) -> Option<AnyView> {
    let ImpactView::Known(_, impact, _) = &loaded.impact else { return None };
    let notes = &impact.findings;
    let new = notes.iter().filter(|note| note.is_new).count();
    let about = match new {
        0 => texts().changes_warnings_old(),
        _ => texts().changes_warnings_new(new, number::count(new as i64)),
    };
    (!notes.is_empty()).then(|| {
        view! {
            <section class="stacked-sections" aria-labelledby="findings">
                <h2 id="findings">{texts().changes_warnings()}</h2>
                <p class="meta">{about}</p>
                {findings(&loaded.view.source, notes)}
            </section>
        }
        .into_any()
    })
}

/// Each person's share of a pool's leads.
pub struct PoolShares {
    /// Name, share in the version that the change starts from, and share with the change.
    rows: Vec<(String, Option<f64>, Option<f64>)>,
    /// The people who can be in a pool: name and address.
    able: Vec<(String, String)>,
}

impl PoolShares {
    /// Loads the shares if the change is about a pool.
    ///
    /// # Errors
    /// Returns an error if the database fails.
    pub async fn load(store: &Store, change: &ChangeHead, view: &ChangeView) -> Result<Option<Self>> {
        if change.kind != Kind::Pool {
            return Ok(None);
        }
        let weights: BTreeMap<String, u32> = availability::of_pool(store, &change.name)
            .await?
            .into_iter()
            .filter_map(|set| Some((set.person, u32::try_from(set.weight?).ok()?)))
            .collect();
        let weighted = |pool: &Option<Pool>| pool.as_ref().map(|pool| pool.weighted(&weights).into_owned());
        let [before, after] = view.pools.each_ref().map(weighted);
        let was = before.as_ref().map(Pool::shares).unwrap_or_default();
        let would = after.as_ref().map(Pool::shares).unwrap_or_default();
        let emails: BTreeSet<&str> = was.keys().chain(would.keys()).copied().collect();
        let able = people::holders(store, Role::Ae).await?;
        let known: Vec<String> = emails.iter().map(|email| (*email).to_owned()).collect();
        let names = names_of(store, &known).await?;
        let mut rows: Vec<_> = emails
            .into_iter()
            .map(|email| {
                let name = names.get(email).cloned().unwrap_or_else(|| email.to_owned());
                (name, was.get(email).copied(), would.get(email).copied())
            })
            .collect();
        rows.sort_by(|one, other| one.0.cmp(&other.0));
        let able = able.into_iter().map(|person| (person.name, person.email)).collect();
        Ok(after.is_some().then_some(Self { rows, able }))
    }

    fn view(&self, loaded: &ChangeData) -> impl IntoView + use<> {
        let share = |share: Option<f64>| share.map_or_else(|| "\u{2013}".to_owned(), number::percent);
        let before = match loaded.change.base_version {
            0 => texts().changes_shares_now(),
            version => texts().changes_version_title(version.to_string()),
        };
        let rows = self
            .rows
            .iter()
            .map(|(name, was, would)| {
                let is_same = was == would;
                view! {
                    <tr>
                        <th scope="row">{name.clone()}</th>
                        <td class="num first" data-l=before.clone()>{share(*was)}</td>
                        <td class="num" data-l=texts().changes_impact_with() class:quiet=is_same>{share(*would)}</td>
                    </tr>
                }
            })
            .collect_view();

        view! {
            <section class="stacked-sections impact" aria-labelledby="shares">
                <h2 id="shares">{texts().changes_shares()}</h2>
                <table class="table">
                    <caption class="sr">{texts().changes_shares_caption()}</caption>
                    <thead><tr><th scope="col">{texts().changes_shares_person()}</th><th scope="col" class="num">{before}</th><th scope="col" class="num">{texts().changes_impact_with()}</th></tr></thead>
                    <tbody>{rows}</tbody>
                </table>
                <p class="meta">{texts().changes_shares_about()}</p>
            </section>
        }
    }
}

/// Renders who can be in a pool, with the addresses that its text needs.
pub fn assignees_help(loaded: &ChangeData) -> Option<AnyView> {
    if loaded.change.kind != Kind::Pool {
        return None;
    }
    let able = loaded.pool.as_ref().map(|shares| shares.able.as_slice()).unwrap_or_default();
    let rows = able
        .iter()
        .map(|(name, email)| view! { <li class="row"><b>{name.clone()}</b><code>{email.clone()}</code></li> })
        .collect_view();
    (!able.is_empty()).then(|| {
        view! { <details class="fold"><summary>{texts().changes_assignees()}</summary><ul class="plain-list">{rows}</ul></details> }.into_any()
    })
}

fn computing(loaded: &ChangeData, run: &Run) -> impl IntoView + use<> {
    let page = format!("/changes/{}", loaded.change.number);
    let is_failed = matches!(run.state(), Ok(RunState::Failed | RunState::Cancelled));
    let body = if is_failed {
        let retry = may_own(&loaded.request, run).then(|| {
            view! {
                <form method="post" action=RetryRun::PATH>
                    {once(&loaded.request, "retry-run")}
                    <input type="hidden" name="run" value=run.id.to_string() />
                    <input type="hidden" name="next" value=page />
                    <button class="btn">{texts().changes_impact_retry()}</button>
                </form>
            }
        });
        let said = run.error.clone().unwrap_or_else(|| texts().changes_impact_cancelled());
        Either::Left(view! { <p class="tone" data-a="bad">{said}</p>{retry} })
    } else {
        let refresh = view! { <a class="btn" href=page>{texts().changes_impact_refresh()}</a> }.into_any();
        Either::Right(progress_with_text(texts().changes_impact_computing(), 0, None, Some(refresh)))
    };
    view! { <section class="stacked-sections impact"><h2>{texts().changes_impact()}</h2>{body}</section> }
}

fn known(
    loaded: &ChangeData,
    run: &Run,
    impact: &ChangeImpact,
    names: &HashMap<LeadId, NamedLead>,
) -> impl IntoView + use<> {
    let workflows: Vec<&WorkflowImpact> =
        impact.workflows.iter().filter(|impact| impact.decided > 0).collect();
    let clock = loaded.clock;
    let as_of = run.finished_at.map(|at| {
        let said = texts().changes_impact_computed();
        view! { <p class="meta">{said.s0}{clock.stamp_in_sentence(at)}{said.s1}</p> }
    });
    let is_pool = loaded.change.kind == Kind::Pool;
    (!workflows.is_empty()).then(|| {
        let all = workflows.into_iter().map(|impact| one(impact, names, is_pool)).collect_view();
        view! { <section class="stacked-sections impact"><h2>{texts().changes_impact()}</h2>{all}{as_of}</section> }
    })
}

fn one(impact: &WorkflowImpact, names: &HashMap<LeadId, NamedLead>, is_pool: bool) -> impl IntoView + use<> {
    let decided = number::count(impact.decided as i64);
    if impact.moved == 0 {
        let said = match is_pool {
            true => texts().changes_impact_pool_same(&impact.workflow),
            false => texts().changes_impact_none(impact.decided, &impact.workflow, decided),
        };
        return Either::Left(view! { <p>{said}</p> });
    }
    let rows = STACK
        .iter()
        .filter_map(|action| Some((*action, impact.actions.get(action)?)))
        .map(|(action, (is, would))| {
            let change = *would as i64 - *is as i64;
            view! {
                <tr>
                    <th scope="row">{action_chip(action)}</th>
                    <td class="num">{number::count(*is as i64)}</td>
                    <td class="num">{number::count(*would as i64)}</td>
                    <td class="num"><b>{signed(change)}</b></td>
                </tr>
            }
        })
        .collect_view();
    let leads = impact.leads.iter().map(|moved| moved_lead(moved, names)).collect_view();
    let show = texts().changes_impact_show(impact.leads.len(), number::count(impact.leads.len() as i64));
    let share = texts().changes_impact_share(number::count(impact.moved as i64), impact.decided, decided);
    let said = texts().changes_impact_some(&impact.workflow);
    Either::Right(view! {
        <p>{said.s0}<b>{share}</b>{said.s1}</p>
        <table class="table">
            <caption class="sr">{texts().changes_impact_caption(&impact.workflow)}</caption>
            <thead><tr><th scope="col">{texts().changes_impact_action()}</th><th scope="col" class="num">{texts().changes_impact_live()}</th><th scope="col" class="num">{texts().changes_impact_with()}</th><th scope="col" class="num">{texts().changes_impact_difference()}</th></tr></thead>
            <tbody>{rows}</tbody>
        </table>
        <details class="fold"><summary>{show}</summary><ul class="plain-list moved-leads">{leads}</ul></details>
    })
}

fn moved_lead(moved: &MovedLead, names: &HashMap<LeadId, NamedLead>) -> impl IntoView + use<> {
    let (name, about) = match names.get(&moved.lead) {
        Some(lead) => words::lead(
            lead.name.as_ref(),
            lead.company.as_ref(),
            None,
            lead.external_id.as_deref().or(lead.email.as_deref()),
        ),
        None => words::lead(None, None, None, None),
    };
    view! {
        <li>
            <span class="row"><a href=format!("/leads/{}", moved.lead)>{name}</a><span class="quiet">{about}</span></span>
            <span class="row">{action_chip(moved.is)}<span class="quiet" aria-hidden="true">"→"</span><span class="sr">{texts().changes_impact_would_be()}</span>{action_chip(moved.would)}</span>
        </li>
    }
}

fn signed(change: i64) -> String {
    match change {
        0 => "0".to_owned(),
        more if more > 0 => format!("+{}", number::count(more)),
        less => number::count(less),
    }
}
