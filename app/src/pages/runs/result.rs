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
use crate::ui::icon::{Icon, icon};
use crate::ui::number;
use crate::ui::progress::progress;

/// URL of the failed deliveries.
const FAILED: &str = "/sync/effects?state=dead";

/// Describes the progress or the result of a run in one line.
pub fn one_line(run: &Run) -> String {
    let (Ok(kind), Ok(state)) = (run.kind.parse::<RunKind>(), run.state.parse::<RunState>()) else {
        return String::new();
    };
    match state {
        RunState::Waiting => "Waiting for a process".into(),
        RunState::Running => under_way(kind, run),
        RunState::Done => match kind {
            RunKind::ReplayDecisions => {
                read::<ReplayReport>(run).map_or_else(String::new, |report| replayed(&report))
            }
            RunKind::ReplayDeliveries => {
                read::<ReplayDeliveriesResult>(run).map_or_else(String::new, |replayed| queued(&replayed))
            }
            RunKind::ChangeImpact => "Computed".into(),
            RunKind::Import => {
                read::<ImportSummary>(run).map_or_else(String::new, |summary| imported(&summary))
            }
        },
        RunState::Failed => run.error.clone().unwrap_or_default(),
        RunState::Cancelled => "Cancelled".into(),
    }
}

fn under_way(kind: RunKind, run: &Run) -> String {
    let phase = if run.phase.is_empty() { "Starting".to_owned() } else { grouped(&run.phase) };
    match (run.total.filter(|total| *total > 0), kind) {
        (None, _) => phase,
        (Some(total), RunKind::Import) => {
            let share = i128::from(run.done) * 100 / i128::from(total);
            format!("{phase} ({share}\u{a0}%)")
        }
        (Some(total), _) => {
            format!("{phase}: {} of {}", number::count(run.done), number::count(total))
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
            view! { <p><a href=format!("/changes/{change}")>{format!("See it on change #{change}")}</a></p> }
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
    let checked = number::plural(report.checked() as i64, "decision", "decisions");
    let erased = match report.erased {
        0 => String::new(),
        many => format!(" {} cannot be compared, because the person was erased.", number::count(many as i64)),
    };
    match report.different {
        0 => format!("Compared {checked}: all come out the same.{erased}"),
        many => format!(
            "Compared {checked}: {}.{erased}",
            number::plural(many as i64, "comes out differently", "come out differently")
        ),
    }
}

fn differences(report: &ReplayReport) -> impl IntoView + use<> {
    (!report.differences.is_empty()).then(|| {
        let rows = report.differences.iter().map(|difference| {
            view! { <tr><th scope="row"><code>{difference.decision_id.to_string()}</code></th><td>{difference.part.clone()}</td></tr> }
        });
        view! {
            <table class="table">
                <caption class="sr">"The first decisions that come out differently"</caption>
                <thead><tr><th scope="col">"Decision"</th><th scope="col">"First part that differs"</th></tr></thead>
                <tbody>{rows.collect_view()}</tbody>
            </table>
            <p class="meta">"Run "<code>"meshline replay"</code>" with a decision’s id to see both sides."</p>
        }
    })
}

fn queued(replayed: &ReplayDeliveriesResult) -> String {
    let part =
        |count: u64, one: &str, many: &str| (count > 0).then(|| number::plural(count as i64, one, many));
    let parts: Vec<String> = [
        part(replayed.ready, "delivery is retried", "deliveries are retried"),
        part(
            replayed.superseded,
            "was closed because a later decision has been delivered",
            "were closed because later decisions have been delivered",
        ),
        part(replayed.overtaken, "waits for a later one under way", "wait for a later one under way"),
    ]
    .into_iter()
    .flatten()
    .collect();
    if parts.is_empty() {
        "No failed deliveries match any more.".into()
    } else {
        format!("{}.", parts.join(", "))
    }
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
                <button class="btn">"Stop retrying"</button>
            </form>
        }
        .into_any()
    });
    let progress =
        (left > 0).then(|| progress("Retried", replayed.ready.saturating_sub(left), replayed.ready, stop));
    Ok(view! { {progress}<p><a href=FAILED>"Failed deliveries"</a></p> })
}

fn imported(summary: &ImportSummary) -> String {
    let part = |count: u64, said: &str| match count {
        0 => String::new(),
        many => format!(", {} {said}", number::count(many as i64)),
    };
    format!(
        "{} imported{}{}",
        number::plural(summary.imported as i64, "lead event", "lead events"),
        part(summary.repeated, "imported before"),
        part(summary.rejected, "rejected"),
    )
}

fn import(here: &PageContext, run: &Run, summary: &ImportSummary) -> impl IntoView + use<> {
    let line = |title: &'static str, count: u64| {
        view! { <tr><th scope="row">{title}</th><td class="num">{number::count(count as i64)}</td></tr> }
    };
    let may = crate::actions::runs::may_own(&here.request, run);
    let rejects = match (summary.rejected + summary.outcomes_rejected, may) {
        (0, _) => None,
        (_, false) => Some(Either::Left(
            view! { <p class="meta">"RevOps and administrators can download the rejected rows."</p> },
        )),
        (_, true) => {
            let href = format!("/runs/{}/rejects.csv", run.id);
            Some(Either::Right(view! {
                <p>"Correct the rejected rows and import the file again. Rows that were imported are not imported twice."</p>
                <p class="row">
                    <a class="btn primary" href=href download>{icon(Icon::Download)}"Download rejected rows"</a>
                    <span class="meta">"With line, column and reason; kept for seven days"</span>
                </p>
            }))
        }
    };
    let outcomes_rejected =
        (summary.outcomes_rejected > 0).then(|| line("Outcomes rejected", summary.outcomes_rejected));
    let notes: Vec<_> = summary.notes.sentences().into_iter().map(|note| view! { <li>{note}</li> }).collect();
    view! {
        <table class="table import-counts">
            <caption class="sr">"Rows of the file"</caption>
            <tbody>
                {line("Rows", summary.rows)}
                {line("Imported", summary.imported)}
                {line("Imported before", summary.repeated)}
                {line("Rejected", summary.rejected)}
                {line("Outcomes recorded", summary.outcomes)}
                {outcomes_rejected}
            </tbody>
        </table>
        {(!notes.is_empty()).then(|| view! { <ul class="import-notes">{notes}</ul> })}
        {rejects}
        <p class="row"><a class="btn" href="/leads">"Show leads"</a><a class="btn" href="/import">"Import another file"</a></p>
    }
}
