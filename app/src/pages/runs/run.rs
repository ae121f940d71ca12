//! One run: its progress, its result, and who started it.

use leptos::prelude::*;
use leptos::server_fn::ServerFn as _;
use leptos_router::hooks::use_params_map;
use store::reads::frame::names_of_actors;
use store::refresh::Topic;
use store::runs::{self, Run, RunState};
use uuid::Uuid;

use super::{result, state, title};
use crate::actions::runs::{CancelRun, RetryRun, may_own};
use crate::error::{Error, Missing, Result};
use crate::lists::RUNS;
use crate::pages::frame::{PageContent, PageContext, page};
use crate::pages::menu::Section;
use crate::texts::{part, texts};
use crate::ui::form::{ask, once};
use crate::ui::note::{Tone, note};
use crate::ui::progress::progress_with_text;
use crate::ui::{number, refresh, words};

/// Renders the page of a run.
#[component]
pub fn RunPage() -> impl IntoView {
    let id = use_params_map().read_untracked().get("id");
    page(Section::Runs, move |here| load(here, id))
}

async fn load(here: PageContext, id: Option<String>) -> Result<PageContent> {
    let id: Uuid = id.and_then(|id| id.parse().ok()).ok_or(Error::NotFound { what: Missing::Run })?;
    let run = runs::by_id(&here.request.store, id).await?;
    let title = title(&run);
    let bar = view! {
        <nav aria-label=texts().runs_breadcrumb()><a href=RUNS.path>{texts().runs_title()}</a><span aria-hidden="true">" /"</span></nav>
        <h1>{title.clone()}</h1>
    };
    let is_over = run.state()?.is_over();
    let (said, shown) = (result::one_line(&run), shown(&here, &run).await?);
    let part = if is_over {
        refresh::announced_part("run", Topic::Runs, said, shown).into_any()
    } else {
        // The run can finish before the browser subscribes, so the first refresh is due at once.
        refresh::part_due("run", Topic::Runs, shown).into_any()
    };
    let body = view! { {part}{refresh::subscribe(&[Topic::Runs, Topic::Sync])} };
    Ok(PageContent { title, bar: bar.into_any(), body: body.into_any() })
}

async fn shown(here: &PageContext, run: &Run) -> Result<AnyView> {
    let may = may_own(&here.request, run);
    let what = match run.state()? {
        RunState::Waiting | RunState::Running => under_way(run, may).into_any(),
        RunState::Done => result::result(here, run).await?,
        RunState::Failed => {
            let error = run.error.clone().unwrap_or_default();
            view! { {note(Tone::Bad, view! { <p>{error}</p> })}{may.then(|| retry(here, run))} }.into_any()
        }
        RunState::Cancelled => {
            view! { <p>{texts().runs_cancelled_explained()}</p>{may.then(|| retry(here, run))} }.into_any()
        }
    };
    let facts = facts(here, run).await?;
    Ok(view! { <section class="stacked-sections">{what}</section>{facts} }.into_any())
}

fn under_way(run: &Run, may: bool) -> impl IntoView + use<> {
    let cancel = (may && run.cancelled_by.is_none()).then(|| {
        let form = view! {
            <form method="post" action=CancelRun::PATH>
                <input type="hidden" name="run" value=run.id.to_string() />
                <p>{texts().runs_cancel_explained()}</p>
                <button class="btn danger">{texts().runs_cancel()}</button>
            </form>
        };
        ask(texts().runs_cancel(), false, form)
    });
    let done = u64::try_from(run.done).unwrap_or_default();
    let total = run.total.and_then(|total| u64::try_from(total).ok());
    view! {
        <div class="run-under-way">
            {progress_with_text(result::one_line(run), done, total, None)}
            <div class="row">
                <a class="btn" href=format!("/runs/{}", run.id)>{texts().runs_refresh()}</a>
                {cancel}
            </div>
            <p class="meta">{texts().runs_leave()}</p>
        </div>
    }
}

fn retry(here: &PageContext, run: &Run) -> impl IntoView + use<> {
    view! {
        <form method="post" action=RetryRun::PATH>
            {once(&here.request, "retry-run")}
            <input type="hidden" name="run" value=run.id.to_string() />
            <button class="btn">{texts().runs_retry()}</button>
        </form>
    }
}

async fn facts(here: &PageContext, run: &Run) -> Result<impl IntoView + use<>> {
    let clock = here.clock;
    let mut who = vec![run.created_by.clone()];
    who.extend(run.cancelled_by.clone());
    let names = names_of_actors(&here.request.store, &who).await?;
    let took = run.started_at.zip(run.finished_at).map(|(from, to)| {
        let took = number::duration((to - from).as_seconds_f64());
        view! { <div><dt>{texts().runs_fact_took()}</dt><dd>{took}</dd></div> }
    });
    let cancelled = run.cancelled_by.as_ref().zip(run.cancelled_at).map(|(by, at)| {
        let said = texts().runs_by_at(words::actor(by, &names));
        view! { <div><dt>{texts().runs_fact_cancelled_by()}</dt><dd>{part(said.s0)}{clock.stamp_in_sentence(at)}{part(said.s1)}</dd></div> }
    });
    let resumed = (run.attempts > 1).then(|| {
        let said = texts().runs_fact_resumed_times(i64::from(run.attempts) - 1);
        view! { <div><dt>{texts().runs_fact_resumed()}</dt><dd>{said}</dd></div> }
    });
    let started = texts().runs_by_at(words::actor(&run.created_by, &names));
    let process = run
        .runner
        .clone()
        .map(|runner| view! { <div><dt>{texts().runs_fact_process()}</dt><dd>{runner}</dd></div> });
    Ok(view! {
        <dl class="kv gap">
            <div><dt>{texts().runs_fact_state()}</dt><dd>{state(run)}</dd></div>
            <div><dt>{texts().runs_fact_started_by()}</dt><dd>{part(started.s0)}{clock.stamp_in_sentence(run.created_at)}{part(started.s1)}</dd></div>
            {took}{cancelled}{resumed}{process}
        </dl>
    })
}
