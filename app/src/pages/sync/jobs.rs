//! The background jobs.

use std::collections::BTreeMap;

use leptos::either::Either;
use leptos::prelude::*;
use leptos::server_fn::ServerFn as _;
use store::reads::frame::names_of_actors;
use store::refresh::Topic;
use store::sync::jobs::{self, Job, JobKind};

use crate::actions::sync::RunJob;
use crate::error::Result;
use crate::pages::frame::{PageContent, PageContext, page};
use crate::pages::menu::Section;
use crate::texts::texts;
use crate::ui::chip::dotted;
use crate::ui::clock::Clock;
use crate::ui::icon::Icon;
use crate::ui::{job_kinds, note, number, refresh, words};

/// Renders the jobs.
#[component]
pub fn Jobs() -> impl IntoView {
    page(Section::Jobs, load)
}

async fn load(here: PageContext) -> Result<PageContent> {
    let store = &here.request.store;
    let jobs = jobs::jobs(store).await?;
    let who: Vec<String> = jobs.iter().filter_map(|job| job.requested_by.clone()).collect();
    let names = names_of_actors(store, &who).await?;
    let bar = view! { <h1>{texts().jobs_title()}</h1><span class="meta">{texts().jobs_about()}</span> };
    let body = if jobs.is_empty() {
        let text = view! { <p>{texts().jobs_none()}</p> };
        Either::Left(note::empty(Icon::Clock, texts().jobs_none_title(), text))
    } else {
        Either::Right(table(&jobs, &names, here.may::<RunJob>(), here.clock))
    };
    let body = view! {
        {refresh::announced_part("jobs", Topic::Jobs, last_run(&jobs), body)}
        {refresh::subscribe(&[Topic::Jobs])}
    };
    Ok(PageContent { title: texts().jobs_title(), bar: bar.into_any(), body: body.into_any() })
}

/// Describes the result of the run that finished last.
fn last_run(jobs: &[Job]) -> String {
    let last = jobs.iter().filter(|job| !job.is_running).max_by_key(|job| job.finished_at);
    last.map(|job| {
        let title =
            job.name.parse().map_or_else(|_| job.name.clone(), |kind: JobKind| job_kinds::title(kind));
        match &job.result {
            Some(result) => texts().jobs_last_run_result(title, state(job).1, result),
            None => texts().jobs_last_run(title, state(job).1),
        }
    })
    .unwrap_or_default()
}

fn table(jobs: &[Job], names: &BTreeMap<String, String>, may: bool, clock: Clock) -> impl IntoView + use<> {
    let rows = jobs.iter().map(|job| row(job, names, may, clock)).collect_view();
    view! {
        <table class="table stack jobs">
            <caption class="sr">{texts().jobs_caption()}</caption>
            <thead>
                <tr>
                    <th scope="col">{texts().jobs_column_job()}</th>
                    <th scope="col">{texts().jobs_column_state()}</th>
                    <th scope="col">{texts().jobs_column_result()}</th>
                    <th scope="col" class="num">{texts().jobs_column_last_run()}</th>
                    <th scope="col" class="num">{texts().jobs_column_duration()}</th>
                    <th scope="col">{texts().jobs_column_process()}</th>
                    <th scope="col" class="num">{texts().jobs_column_next_run()}</th>
                    {may.then(|| view! { <th scope="col"><span class="sr">{texts().jobs_run_now()}</span></th> })}
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </table>
    }
}

fn row(job: &Job, names: &BTreeMap<String, String>, may: bool, clock: Clock) -> impl IntoView + use<> {
    let kind: Option<JobKind> = job.name.parse().ok();
    let title = kind.map_or_else(|| job.name.clone(), job_kinds::title);
    let about = kind.map_or_else(|| texts().jobs_other_version(), job_kinds::about);
    let (tone, word) = state(job);
    // While a job runs, its recorded end belongs to the previous run.
    let took = job
        .started_at
        .zip(job.finished_at)
        .filter(|(started, finished)| !job.is_running && finished >= started)
        .map(|(started, finished)| number::duration((finished - started).as_seconds_f64()));
    let asked = job
        .requested_by
        .as_ref()
        .map(|by| view! { <small>{texts().jobs_requested_by(words::actor(by, names))}</small> });
    let run = kind.map(|kind| {
        view! {
            <form method="post" action=RunJob::PATH>
                <input type="hidden" name="job" value=kind.to_string() />
                <button class="btn" aria-label=texts().jobs_run_job_now(job_kinds::title(kind))>{texts().jobs_run_now()}</button>
            </form>
        }
    });
    let next =
        if job.is_running && job.requested_by.is_none() { None } else { Some(clock.until(job.due_at)) };
    view! {
        <tr>
            <th scope="row">{title}<small>{about}</small></th>
            <td class="first">{dotted(tone, word)}</td>
            <td class="wide">{job.result.clone()}</td>
            <td class="num" data-l=texts().jobs_column_last_run()>{job.started_at.map(|at| clock.stamp(at))}</td>
            <td class="num" data-l=texts().jobs_column_duration()>{took}</td>
            <td class="quiet" data-l=texts().jobs_column_process()>{job.runner.clone()}</td>
            <td class="num" data-l=texts().jobs_column_next_run()><span title=clock.full(job.due_at)>{next}</span>{asked}</td>
            {may.then(|| view! { <td class="end">{run}</td> })}
        </tr>
    }
}

fn state(job: &Job) -> (&'static str, String) {
    match (job.is_running, job.succeeded) {
        (true, _) => ("info", texts().jobs_state_running()),
        (false, Some(true)) => ("good", texts().jobs_state_done()),
        (false, Some(false)) => ("bad", texts().jobs_state_failed()),
        (false, None) => ("info", texts().jobs_state_never_run()),
    }
}
