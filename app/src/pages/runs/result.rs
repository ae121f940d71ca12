//! The progress and results of runs, in words.

use leptos::either::Either;
use leptos::prelude::*;
use leptos::server_fn::ServerFn as _;
use serde::de::DeserializeOwned;
use service::decide::ReplayReport;
use service::import::ImportSummary;
use service::run::{ReplayDeliveriesResult, RunKind};
use store::runs::{Run, RunState};
use store::sync::untried;

use crate::actions::sync::StopReplay;
use crate::error::Result;
use crate::pages::frame::PageContext;
use crate::texts::{part, texts};
use crate::ui::icon::{Icon, icon};
use crate::ui::number;
use crate::ui::progress::progress;

/// URL of the failed deliveries.
const FAILED: &str = "/sync/effects?state=failed";

/// Describes the progress or the result of a run in one line.
pub fn one_line(run: &Run) -> String {
    let (Ok(kind), Ok(state)) = (run.kind.parse::<RunKind>(), run.state.parse::<RunState>()) else {
        return String::new();
    };
    match state {
        RunState::Waiting => texts().runs_waiting(),
        RunState::Running => under_way(kind, run),
        RunState::Done => match kind {
            RunKind::ReplayDecisions => {
                read::<ReplayReport>(run).map_or_else(String::new, |report| replayed(&report))
            }
            RunKind::ReplayDeliveries => {
                read::<ReplayDeliveriesResult>(run).map_or_else(String::new, |replayed| queued(&replayed))
            }
            RunKind::ChangeImpact => texts().runs_computed(),
            RunKind::Import => {
                read::<ImportSummary>(run).map_or_else(String::new, |summary| imported(&summary))
            }
        },
        RunState::Failed => run.error.clone().unwrap_or_default(),
        RunState::Cancelled => texts().runs_cancelled(),
    }
}

fn under_way(kind: RunKind, run: &Run) -> String {
    let phase = if run.phase.is_empty() { texts().runs_starting() } else { grouped(&run.phase) };
    match (run.total.filter(|total| *total > 0), kind) {
        (None, _) => phase,
        (Some(total), RunKind::Import) => {
            let share = i128::from(run.done) * 100 / i128::from(total);
            texts().runs_under_way_percent(phase, share.to_string())
        }
        (Some(total), _) => {
            texts().runs_under_way_count(phase, number::count(run.done), number::count(total))
        }
    }
}

/// Formats the numbers in a text for the viewer's locale.
fn grouped(text: &str) -> String {
    let words = text.split(' ').map(|word| {
        let (digits, rest) =
            word.split_at(word.len() - word.trim_start_matches(|letter: char| letter.is_ascii_digit()).len());
        digits.parse::<i64>().map_or_else(|_| word.to_owned(), |count| number::count(count) + rest)
    });
    words.collect::<Vec<_>>().join(" ")
}

/// Renders the full result of a run.
pub async fn result(here: &PageContext, run: &Run) -> Result<AnyView> {
    let line = view! { <p class="answer-line">{one_line(run)}</p> };
    let Ok(kind) = run.kind.parse::<RunKind>() else { return Ok(().into_any()) };
    Ok(match kind {
        RunKind::ReplayDecisions => {
            let report = read::<ReplayReport>(run).unwrap_or_default();
            view! { {line}{differences(&report)} }.into_any()
        }
        RunKind::ReplayDeliveries => {
            let replayed = read::<ReplayDeliveriesResult>(run).unwrap_or_default();
            let sending = sending(here, run, &replayed).await?;
            view! { {line}{sending} }.into_any()
        }
        RunKind::ChangeImpact => {
            let change = run.input.get("change").and_then(serde_json::Value::as_i64).unwrap_or_default();
            view! { <p><a href=format!("/changes/{change}")>{texts().runs_to_change(change.to_string())}</a></p> }
                .into_any()
        }
        RunKind::Import => {
            let summary = read::<ImportSummary>(run).unwrap_or_default();
            view! { {line}{import(here, run, &summary)} }.into_any()
        }
    })
}

fn read<T: DeserializeOwned>(run: &Run) -> Option<T> {
    serde_json::from_value(run.result.clone()?).ok()
}

fn replayed(report: &ReplayReport) -> String {
    let compared = (report.same + report.different) as i64;
    let shown = number::count(compared);
    let result = match report.different as i64 {
        0 => texts().runs_replayed_same(compared, shown),
        many => texts().runs_replayed_different(many, shown, number::count(many)),
    };
    match report.erased as i64 {
        0 => result,
        many => format!("{result} {}", texts().runs_replayed_erased(many, number::count(many))),
    }
}

fn differences(report: &ReplayReport) -> impl IntoView + use<> {
    (!report.differences.is_empty()).then(|| {
        let next = texts().runs_differences_next();
        let rows = report.differences.iter().map(|difference| {
            view! { <tr><th scope="row"><code>{difference.decision_id.to_string()}</code></th><td>{difference.part.clone()}</td></tr> }
        });
        view! {
            <table class="table">
                <caption class="sr">{texts().runs_differences_caption()}</caption>
                <thead><tr><th scope="col">{texts().runs_differences_decision()}</th><th scope="col">{texts().runs_differences_part()}</th></tr></thead>
                <tbody>{rows.collect_view()}</tbody>
            </table>
            <p class="meta">{part(next.s0)}<code>"meshline replay"</code>{part(next.s1)}</p>
        }
    })
}

fn queued(replayed: &ReplayDeliveriesResult) -> String {
    let part = |count: u64, said: &dyn Fn(i64, String) -> String| {
        (count > 0).then(|| said(count as i64, number::count(count as i64)))
    };
    let parts: Vec<String> = [
        part(replayed.ready, &|count, shown| texts().runs_deliveries_retried(count, shown)),
        part(replayed.superseded, &|count, shown| texts().runs_deliveries_superseded(count, shown)),
        part(replayed.overtaken, &|count, shown| texts().runs_deliveries_overtaken(count, shown)),
    ]
    .into_iter()
    .flatten()
    .collect();
    if parts.is_empty() { texts().runs_no_deliveries() } else { parts.join(" ") }
}

/// Renders how many of the queued deliveries have not been retried yet, and the button that stops them.
async fn sending(
    here: &PageContext,
    run: &Run,
    replayed: &ReplayDeliveriesResult,
) -> Result<impl IntoView + use<>> {
    let left = untried(&here.request.store, replayed.due_at).await?.max(0).unsigned_abs();
    let here_again = format!("/runs/{}", run.id);
    let stop = here.may::<StopReplay>().then(|| {
        view! {
            <form method="post" action=StopReplay::PATH>
                <input type="hidden" name="at" value=replayed.due_at.timestamp_micros().to_string() />
                <input type="hidden" name="next" value=here_again />
                <button class="btn">{texts().runs_stop_retrying()}</button>
            </form>
        }
        .into_any()
    });
    let done = replayed.ready.saturating_sub(left);
    let progress = (left > 0).then(|| progress(&texts().runs_retried(), done, replayed.ready, stop));
    Ok(view! { {progress}<p><a href=FAILED>{texts().runs_failed_deliveries()}</a></p> })
}

fn imported(summary: &ImportSummary) -> String {
    let shown = |count: u64| number::count(count as i64);
    let mut parts = vec![texts().runs_imported(summary.imported as i64, shown(summary.imported))];
    if summary.repeated > 0 {
        parts.push(texts().runs_imported_before(shown(summary.repeated)));
    }
    if summary.rejected > 0 {
        parts.push(texts().runs_imported_rejected(shown(summary.rejected)));
    }
    parts.join(", ")
}

fn import(here: &PageContext, run: &Run, summary: &ImportSummary) -> impl IntoView + use<> {
    let line = |title: String, count: u64| {
        view! { <tr><th scope="row">{title}</th><td class="num">{number::count(count as i64)}</td></tr> }
    };
    let may = crate::actions::runs::may_own(&here.request, run);
    let rejects = match (summary.rejected + summary.outcomes_rejected, may) {
        (0, _) => None,
        (_, false) => Some(Either::Left(view! { <p class="meta">{texts().runs_rejects_others()}</p> })),
        (_, true) => {
            let href = format!("/runs/{}/rejects.csv", run.id);
            Some(Either::Right(view! {
                <p>{texts().runs_rejects_next()}</p>
                <p class="row">
                    <a class="btn primary" href=href download>{icon(Icon::Download)}{texts().runs_rejects_download()}</a>
                    <span class="meta">{texts().runs_rejects_about()}</span>
                </p>
            }))
        }
    };
    let outcomes_rejected = (summary.outcomes_rejected > 0)
        .then(|| line(texts().runs_file_outcomes_rejected(), summary.outcomes_rejected));
    let notes: Vec<_> = summary.notes.sentences().into_iter().map(|note| view! { <li>{note}</li> }).collect();
    view! {
        <table class="table import-counts">
            <caption class="sr">{texts().runs_file_caption()}</caption>
            <tbody>
                {line(texts().runs_file_rows(), summary.rows)}
                {line(texts().runs_file_imported(), summary.imported)}
                {line(texts().runs_file_repeated(), summary.repeated)}
                {line(texts().runs_file_rejected(), summary.rejected)}
                {line(texts().runs_file_outcomes(), summary.outcomes)}
                {outcomes_rejected}
            </tbody>
        </table>
        {(!notes.is_empty()).then(|| view! { <ul class="import-notes">{notes}</ul> })}
        {rejects}
        <p class="row"><a class="btn" href="/leads">{texts().runs_show_leads()}</a><a class="btn" href="/import">{texts().runs_import_another()}</a></p>
    }
}
