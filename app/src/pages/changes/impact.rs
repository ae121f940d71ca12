//! The projected impact of a change. A run computes it once for each saved text.

use std::time::Duration;

use engine::change::TextProblem;
use leptos::either::Either;
use leptos::prelude::*;
use leptos::server_fn::ServerFn as _;
use service::change::{ChangeImpact, WorkflowImpact};
use service::run::ensure_impact;
use store::Store;
use store::changes::{Change, ChangeState};
use store::refresh::Topic;
use store::runs::{self, Run, RunState};
use tokio::time::Instant;

use super::change::ChangeData;
use crate::actions::runs::{RetryRun, may_own};
use crate::error::Result;
use crate::ui::charts::bars::STACK;
use crate::ui::chip::action_chip;
use crate::ui::clock::Clock;
use crate::ui::code::findings;
use crate::ui::form::once;
use crate::ui::progress::progress_with_text;
use crate::ui::{number, refresh};

/// Maximum time to wait for the result before the page shows that the run is still computing.
const PATIENCE: Duration = Duration::from_millis(700);
/// Interval between two checks for the result.
const LOOK: Duration = Duration::from_millis(50);

/// The projected impact of a change, as far as it has been computed.
pub enum ImpactView {
    /// The change is closed or invalid, or no live workflow would use it.
    None,
    /// A run is computing the impact, or has failed.
    Run(Box<Run>),
    /// The run has finished.
    Known(Box<Run>, ChangeImpact),
}

/// Loads the impact of an open change, or the run that computes it.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn load(store: &Store, change: &Change) -> Result<ImpactView> {
    if !matches!(change.state, ChangeState::Draft | ChangeState::Submitted) {
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
        Some(impact) => ImpactView::Known(Box::new(run), impact),
        None => ImpactView::Run(Box::new(run)),
    })
}

/// Renders the findings about the rules and, for each workflow, how the newest leads would be decided with the change.
pub fn section(loaded: &ChangeData) -> impl IntoView + use<> {
    match &loaded.impact {
        ImpactView::None => ().into_any(),
        ImpactView::Run(run) => {
            let part = refresh::part_due("impact", Topic::Runs, computing(loaded, run));
            view! { {part}{refresh::subscribe(&[Topic::Runs])} }.into_any()
        }
        ImpactView::Known(run, impact) => {
            let known = known(&loaded.change.source, run, impact, loaded.clock);
            view! { <div id="impact">{known}</div> }.into_any()
        }
    }
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
                    <button class="btn">"Compute again"</button>
                </form>
            }
        });
        let said = run.error.clone().unwrap_or_else(|| "It was cancelled.".into());
        Either::Left(view! { <p class="tone" data-a="bad">{said}</p>{retry} })
    } else {
        let refresh = view! { <a class="btn" href=page>"Refresh"</a> }.into_any();
        Either::Right(progress_with_text("The impact is being computed".into(), 0, None, Some(refresh)))
    };
    view! { <section class="stacked-sections impact"><h2>"Projected impact"</h2>{body}</section> }
}

fn known(source: &str, run: &Run, impact: &ChangeImpact, clock: Clock) -> impl IntoView + use<> {
    let workflows: Vec<&WorkflowImpact> =
        impact.workflows.iter().filter(|impact| impact.decided > 0).collect();
    let as_of = run.finished_at.map(|at| {
        view! { <p class="meta">"Computed "{clock.stamp_in_sentence(at)}" from the newest leads at that time."</p> }
    });
    let section = (!workflows.is_empty()).then(|| {
        let all = workflows.into_iter().map(one).collect_view();
        view! { <section class="stacked-sections impact"><h2>"Projected impact"</h2>{all}{as_of}</section> }
    });
    view! { {found(source, &impact.findings)}{section} }
}

/// Renders the findings about the rules themselves, which apply to every workflow that uses them.
fn found(source: &str, marks: &[TextProblem]) -> impl IntoView + use<> {
    (!marks.is_empty()).then(|| {
        view! {
            <section class="stacked-sections" aria-labelledby="findings">
                <h2 id="findings">"Findings"</h2>
                <p class="meta">"Worth a look. None of them keeps it from being submitted."</p>
                {findings(source, marks)}
            </section>
        }
    })
}

fn one(impact: &WorkflowImpact) -> impl IntoView + use<> {
    let decided = number::plural(impact.decided as i64, "newest lead", "newest leads");
    if impact.moved == 0 {
        return Either::Left(
            view! { <p>{format!("None of the {decided} of {} would be decided differently.", impact.workflow)}</p> },
        );
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
    let examples = impact
        .examples
        .iter()
        .enumerate()
        .map(|(index, (lead, is, would))| {
            view! { <li class="row"><a href=format!("/leads/{lead}")>{format!("Lead {}", index + 1)}</a>{action_chip(*is)}<span class="quiet">"would be"</span>{action_chip(*would)}</li> }
        })
        .collect_view();
    Either::Right(view! {
        <p>
            <b>{format!("{} of the {decided}", number::count(impact.moved as i64))}</b>
            {format!(" of {} would be decided differently.", impact.workflow)}
        </p>
        <table class="table">
            <caption class="sr">{format!("Decisions in {} by what is live and with the change", impact.workflow)}</caption>
            <thead><tr><th scope="col">"Action"</th><th scope="col" class="num">"Live"</th><th scope="col" class="num">"With this change"</th><th scope="col" class="num">"Change"</th></tr></thead>
            <tbody>{rows}</tbody>
        </table>
        <details class="fold"><summary>"Some of them"</summary><ul class="plain-list">{examples}</ul></details>
    })
}

fn signed(change: i64) -> String {
    match change {
        0 => "0".to_owned(),
        more if more > 0 => format!("+{}", number::count(more)),
        less => number::count(less),
    }
}
